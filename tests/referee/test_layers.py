"""From a dissector's layers to a row, by the laws of our own decoder."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.referee.layers import Dissected, Icmp, Ip, Layer, Tcp, Udp, row_of
from inspector.wire import Fragment, Option, Protocol, Row, Tunnel
from inspector.wire.undecoded import Reason


def ip(source: str = "10.0.0.1", destination: str = "10.0.0.2", **fields: Any) -> Ip:
    name = "ipv6" if ":" in source else "ip"
    return Ip(name, source=source, destination=destination, **{"protocol": 6, "ttl": 64, **fields})


def tcp(**fields: Any) -> Tcp:
    known: dict[str, Any] = {"ack": 2, "flags": 0x18, "window": 500, "header_len": 20, "payload_len": 0}
    return Tcp("tcp", **{"source": 40000, "destination": 80, "seq": 1, **known, **fields})


def row(*layers: Layer, **told: Any) -> Row:
    return row_of(Dissected(number=7, layers=layers, **told))


def test_a_segment() -> None:
    told = Dissected(7, time_ns=5, wire_len=60, captured_len=60, layers=[ip(), tcp(payload_len=5, payload=b"hello")])
    made = row_of(told)

    assert (str(made.source), str(made.destination)) == ("10.0.0.1:40000", "10.0.0.2:80")
    assert (made.frame, made.time_ns, made.undecoded, made.protocol) == (7, 5, 0, Protocol.TCP)
    assert (made.payload_len, made.captured_len, told.payload) == (5, 5, b"hello")


def test_options_are_read_from_their_bytes() -> None:
    made = row(ip(), tcp(header_len=24, options=bytes.fromhex("020405b4")))

    assert (made.options, made.mss) == (Option.MSS, 1460)


def test_options_that_the_capture_cuts_are_said_to_be_cut() -> None:
    assert row(ip(), tcp(header_len=24, options=None)).options == Option.CUT


def test_a_datagram_ends_where_its_header_says_and_not_the_frame() -> None:
    assert row(ip(payload_len=1480), tcp(payload_len=60)).payload_len == 1460


def test_padding_is_no_payload() -> None:
    told = Dissected(1, layers=[ip(payload_len=22), tcp(payload=b"hi\0\0\0\0")])
    made = row_of(told)

    assert (made.payload_len, told.payload) == (2, b"hi")


@pytest.mark.parametrize(
    ("between", "tunnel"),
    [
        ([Layer("gre")], Tunnel.GRE),
        ([Layer("gre"), Layer("mpls")], Tunnel.GRE),
        ([Udp("udp", 1, 4789, 60), Layer("vxlan"), Layer("eth")], Tunnel.VXLAN),
        ([], Tunnel.IP_IN_IP),
        ([Layer("ah")], Tunnel.IP_IN_IP),
        ([Layer("nobody's")], Tunnel.NONE),
    ],
    ids=["gre", "mpls in gre", "vxlan", "ipip", "ah", "unknown"],
)
def test_the_innermost_datagram_counts_and_its_tunnel_is_named(between: list[Layer], tunnel: int) -> None:
    made = row(ip("192.0.2.1", "192.0.2.2"), *between, ip(), tcp())

    assert (str(made.source), made.tunnels, made.tunnel) == ("10.0.0.1:40000", 1, tunnel)


def test_6in4_is_told_from_ip_in_ip() -> None:
    assert row(ip("192.0.2.1", "192.0.2.2"), ip("2001:db8::1", "2001:db8::2"), tcp()).tunnel == Tunnel.SIX_IN_FOUR


def test_labels_on_a_link_are_no_tunnel() -> None:
    made = row(Layer("eth"), Layer("mpls"), ip(), tcp())

    assert (made.tunnels, made.tunnel) == (0, Tunnel.NONE)


def test_what_looks_like_ip_behind_tcp_is_its_payload() -> None:
    assert str(row(ip(), tcp(), ip("192.0.2.1", "192.0.2.2"), tcp(source=1)).source) == "10.0.0.1:40000"


def test_what_a_sampler_samples_was_not_sent_here() -> None:
    sampler = Udp("udp", 5000, 6343, 100)
    made = row(ip(protocol=17), sampler, Layer("sflow"), Layer("eth"), ip("192.0.2.1", "192.0.2.2"), tcp())

    assert (made.protocol, str(made.source), made.tunnels) == (Protocol.UDP, "10.0.0.1:5000", 0)


def test_an_icmp_error_speaks_of_the_datagram_that_it_quotes() -> None:
    quoted = ip("10.0.0.9", "10.0.0.1", protocol=17, ttl=3)
    made = row(ip(protocol=1, ip_id=5), Icmp("icmp", 3, 3), quoted, Udp("udp", 4000, 53, 20))

    assert (made.undecoded, made.protocol, made.quoted_protocol) == (0, Protocol.ICMP, Protocol.UDP)
    assert (str(made.source), made.payload_len, made.ttl, made.ip_id) == ("10.0.0.9:4000", 12, 64, 5)
    assert made.reporter_lo & 0xFFFFFFFF == 0x0A000001


def test_a_quoted_segment_may_end_behind_its_sequence_number() -> None:
    made = row(ip(protocol=1), Icmp("icmp", 11, 0), ip("10.0.0.9", "10.0.0.1"), tcp(flags=None, ack=None))

    assert (made.undecoded, made.seq, made.options) == (0, 1, Option.CUT)


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ([Layer("eth"), Layer("arp")], Reason.ARP),
        ([Layer("eth"), Layer("stp")], Reason.NOT_IP),
        ([ip(protocol=132), Layer("sctp")], Reason.OTHER_PROTOCOL),
        ([ip(protocol=1), Icmp("icmp", 8, 0)], Reason.ICMP_MESSAGE),
        ([ip(protocol=1), Icmp("icmp", 3, 3)], Reason.BAD_QUOTE),
        ([ip(offset=64)], Reason.LATER_FRAGMENT),
        ([ip(more=True)], Reason.FIRST_FRAGMENT),
        ([ip(payload_len=-4), tcp()], Reason.BAD_IP_LENGTH),
        ([ip(), tcp(header_len=8)], Reason.BAD_TCP_HEADER_LENGTH),
        ([ip(), tcp(flags=None)], Reason.TCP_CUT),
        ([ip(), Layer("data")], Reason.DISSECTOR),
        ([ip(protocol=17), Udp("udp", 1, 2, 5)], Reason.BAD_UDP_LENGTH),
    ],
    ids=lambda value: None if isinstance(value, list) else str(value),
)
def test_what_is_no_segment_has_a_reason(layers: list[Layer], reason: int) -> None:
    assert row(*layers).undecoded == reason


def test_a_transport_that_the_capture_cuts_off_is_cut_and_not_malformed() -> None:
    assert row(ip(), Layer("data"), captured_len=48, wire_len=74).undecoded == Reason.TCP_CUT


def test_a_frame_that_is_malformed_is_no_healthy_one_of_another_kind() -> None:
    assert row(Layer("eth"), malformed=True).undecoded == Reason.DISSECTOR


def test_the_frame_that_completes_a_datagram_has_its_segment() -> None:
    made = row(ip(offset=185), Udp("udp", 1, 2, 3008, payload=bytes(3000)), joined=True)

    assert (made.undecoded, made.fragment, made.payload_len) == (0, Fragment.REASSEMBLED, 3000)


def test_two_frames_that_are_told_alike_are_one_captured_twice_and_others_are_not() -> None:
    one, same, other = row(ip(), tcp()), row(ip(), tcp()), row(ip(), tcp(seq=2))

    assert one.digest == same.digest != other.digest
    assert 0 <= one.digest < 1 << 61
