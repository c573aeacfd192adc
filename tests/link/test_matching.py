"""Which rule acts on which frame: kinds, senders, counts."""

from __future__ import annotations

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6MLReport2, ICMPv6ND_NS, IPv6, IPv6ExtHdrHopByHop
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw

from inspector.link.matching import Matcher, Watch, is_infrastructure
from inspector.link.script import Kind, What, parse_script
from inspector.wire import Frame

CLIENT, SERVER = ("10.0.0.1", 40000), ("10.0.0.2", 80)


def frame(packet: Packet) -> Frame:
    data = bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet)
    return Frame(1, 0, data, len(data), 1)


def segment(flags: str, seq: int = 0, ack: int = 0, data: bytes = b"", *, back: bool = False) -> Frame:
    source, destination = (SERVER, CLIENT) if back else (CLIENT, SERVER)
    tcp = TCP(sport=source[1], dport=destination[1], flags=flags, seq=seq, ack=ack)
    packet = IP(src=source[0], dst=destination[0]) / tcp
    return frame(packet / Raw(data) if data else packet)


CONVERSATION = [
    ("client", segment("S", 100), Kind.SYN),
    ("server", segment("SA", 500, 101, back=True), Kind.SYN_ACK),
    ("client", segment("A", 101, 501), Kind.ACK_OF_SYN),
    ("client", segment("PA", 101, 501, b"abc"), Kind.DATA),
    ("server", segment("A", 501, 104, back=True), Kind.ACK_OF_DATA),
    ("client", segment("A", 104, 501), Kind.ACK),  # says nothing new, and completes nothing
    ("client", segment("FA", 104, 501), Kind.FIN),
    ("server", segment("A", 501, 105, back=True), Kind.ACK_OF_FIN),
    ("server", segment("FA", 501, 105, back=True), Kind.FIN),
    ("client", segment("A", 105, 502), Kind.ACK_OF_FIN),
    ("client", segment("R", 105), Kind.RST),
]


def kinds_of_conversation(kind: Kind) -> list[int]:
    """Where in the conversation a frame of `kind` stands."""
    matcher = Matcher(parse_script(""))
    return [i for i, (sender, each, _) in enumerate(CONVERSATION) if kind in matcher.see(each, sender)[0].kinds]


@pytest.mark.parametrize("kind", sorted({kind for _, _, kind in CONVERSATION} - {Kind.ACK}))
def test_a_segment_is_what_its_flags_and_numbers_make_it_and_nothing_else(kind: Kind) -> None:
    assert kinds_of_conversation(kind) == [i for i, (_, _, each) in enumerate(CONVERSATION) if each is kind]


def test_a_bare_acknowledgment_is_one_whatever_it_acknowledges() -> None:
    bare = {Kind.ACK, Kind.ACK_OF_SYN, Kind.ACK_OF_DATA, Kind.ACK_OF_FIN}

    assert kinds_of_conversation(Kind.ACK) == [i for i, (_, _, kind) in enumerate(CONVERSATION) if kind in bare]


def test_every_segment_is_a_segment() -> None:
    assert kinds_of_conversation(Kind.SEGMENT) == list(range(len(CONVERSATION)))
    assert kinds_of_conversation(Kind.DATAGRAM) == []


@pytest.mark.parametrize(
    ("script", "hit"),
    [
        ("drop FIN once", [6]),
        ("drop FIN twice", [6, 8]),
        ("drop 2nd FIN", [8]),
        ("drop FIN from server", [8]),
        ("drop ACK of FIN always", [7, 9]),
        ("drop ACK of FIN from client once", [9]),
        ("drop 2nd segment twice", [1, 2]),
        ("drop segment always; drop FIN", list(range(11))),
    ],
)
def test_a_rule_acts_on_the_matches_that_it_counts(script: str, hit: list[int]) -> None:
    matcher = Matcher(parse_script(script))

    assert [i for i, (sender, each, _) in enumerate(CONVERSATION) if matcher.see(each, sender)[1]] == hit


def test_the_first_rule_whose_turn_it_is_acts_and_the_others_count_all_the_same() -> None:
    matcher = Matcher(parse_script("drop 2nd FIN; delay FIN by 1ms; hold FIN 2 times until RST"))
    acting = [matcher.see(each, sender)[1] for sender, each, kind in CONVERSATION if kind is Kind.FIN]

    assert [str(rule) for rule in acting] == ["delay FIN once by 1ms", "drop 2nd FIN"]


def test_where_both_ends_are_on_one_host_the_client_is_who_spoke_first() -> None:
    matcher = Matcher(parse_script("drop data from client; drop FIN from server"))
    hit = [i for i, (_, each, _) in enumerate(CONVERSATION) if matcher.see(each, "")[1]]

    assert hit == [3, 8]


def test_datagrams_errors_and_fragments_are_told_apart() -> None:
    ip = IP(src=CLIENT[0], dst=SERVER[0])
    matcher = Matcher(parse_script(""))
    datagram = ip / UDP(sport=1, dport=2) / b"word"
    error = IP(src=SERVER[0], dst=CLIENT[0]) / ICMP(type=3, code=3) / datagram
    first = IP(src=CLIENT[0], dst=SERVER[0], flags="MF") / UDP(sport=1, dport=2, len=2000) / Raw(bytes(1000))

    assert matcher.see(frame(datagram), "client")[0].kinds == {Kind.ANYTHING, Kind.DATAGRAM}
    assert matcher.see(frame(error), "server")[0].kinds == {Kind.ANYTHING, Kind.ICMP}
    assert Kind.FRAGMENT in matcher.see(frame(first), "client")[0].kinds


def test_a_held_frame_waits_for_the_other_end_unless_a_sender_is_named() -> None:
    matcher = Matcher(parse_script(""))
    mine = matcher.see(CONVERSATION[6][1], "client")[0]
    theirs = matcher.see(CONVERSATION[8][1], "server")[0]

    assert not Watch(What(Kind.FIN), "client", 1).is_over(mine)
    assert Watch(What(Kind.FIN), "client", 1).is_over(theirs)
    assert Watch(What(Kind.FIN, "client"), "client", 1).is_over(mine)


@pytest.mark.parametrize(
    "packet",
    [
        ARP(pdst="10.0.0.2"),
        IPv6(dst="fe80::1") / ICMPv6ND_NS(tgt="fe80::1"),
        IPv6(dst="ff02::16") / IPv6ExtHdrHopByHop() / ICMPv6MLReport2(),
    ],
)
def test_what_hosts_tell_their_neighbours_is_none_of_the_programs(packet: Packet) -> None:
    assert is_infrastructure(frame(packet).data)


@pytest.mark.parametrize("packet", [IP() / TCP(), IP() / UDP(), IPv6() / TCP(), IPv6() / UDP(), IP() / ICMP()])
def test_what_the_programs_say_is(packet: Packet) -> None:
    assert not is_infrastructure(frame(packet).data)


@pytest.mark.parametrize("length", range(60))
def test_a_cut_frame_is_told_from_its_first_bytes(length: int) -> None:
    is_infrastructure(frame(IPv6() / TCP()).data[:length])
