"""IP: where a datagram ends, what its extension headers hide, and how deep tunnels go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inspector.wire import Fragment, Protocol, Row, undecoded_of
from inspector.wire.undecoded import Reason, is_fault
from tests.wire.frames import DST_4, DST_6, ETHERNET, SRC_4, SRC_6, decoded, ethernet, ipv4, ipv6, tcp, udp

if TYPE_CHECKING:
    from collections.abc import Callable

SEGMENT = tcp(b"hello")
HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, NO_NEXT, DESTINATION = 0, 43, 44, 51, 59, 60


def is_the_segment(row: Row) -> bool:
    return (row.undecoded, row.protocol, row.src_port, row.seq, row.payload_len) == (0, Protocol.TCP, 12345, 1000, 5)


def extension(following: int, size: int = 8) -> bytes:
    return bytes([following, size // 8 - 1]) + bytes(size - 2)


def test_the_fields_of_ipv4() -> None:
    row = decoded(ipv4(SEGMENT, ttl=3))

    assert (row.version, row.ttl, row.ip_id) == (4, 3, 7)
    assert (str(row.source), str(row.destination)) == (f"{SRC_4}:12345", f"{DST_4}:80")


def test_the_fields_of_ipv6() -> None:
    row = decoded(ipv6(SEGMENT))

    assert (row.version, row.ttl, row.ip_id) == (6, 63, -1)
    assert (str(row.source), str(row.destination)) == (f"[{SRC_6}]:12345", f"[{DST_6}]:80")


def test_ipv4_options_are_stepped_over() -> None:
    assert is_the_segment(decoded(ipv4(SEGMENT, options=b"\x01" * 40)))


def changed(datagram: bytes, at: int, value: int) -> bytes:
    return datagram[:at] + bytes([value]) + datagram[at + 1 :]


@pytest.mark.parametrize("checksum", [0, 1, 0x1234, 0xFEFE, 0xFEFF, 0xFFFE, 0xFFFF])
@pytest.mark.parametrize("hops", [1, 2, 63])
def test_a_router_changes_no_digest(checksum: int, hops: int) -> None:
    """It takes one from the TTL, and adds to the checksum what keeps the header's sum (RFC 1624)."""
    before = changed(changed(ipv4(SEGMENT, ttl=64), 10, checksum >> 8), 11, checksum & 0xFF)
    sum_after = checksum + (hops << 8)
    sum_after = (sum_after & 0xFFFF) + (sum_after >> 16)
    after = changed(changed(changed(before, 8, 64 - hops), 10, sum_after >> 8), 11, sum_after & 0xFF)

    assert decoded(after).digest == decoded(before).digest
    assert decoded(changed(ipv6(SEGMENT), 7, 63 - hops)).digest == decoded(ipv6(SEGMENT)).digest


def test_all_else_changes_it() -> None:
    four, six = ipv4(SEGMENT, ttl=64), ipv6(SEGMENT)
    of_four = {decoded(changed(four, place, four[place] ^ 1)).digest for place in (1, 4, 5, *range(10, len(four)))}
    of_six = {decoded(changed(six, place, six[place] ^ 1)).digest for place in (1, 2, 3, *range(8, len(six)))}
    pieces = {decoded(ipv4(bytes(16), control=place)).digest for place in range(100)}

    assert len(of_four | {decoded(four).digest}) == len(four) - 10 + 3 + 1
    assert len(of_six | {decoded(six).digest}) == len(six) - 8 + 3 + 1
    assert len(pieces) == 100


def test_ethernet_padding_is_no_payload() -> None:
    padded = decoded(ethernet(ipv4(tcp()) + bytes(6)), ETHERNET)
    bare = decoded(ipv4(tcp()))

    assert (padded.payload_len, padded.captured_len) == (0, 0)
    assert padded.digest == bare.digest


def test_the_payload_is_what_ip_says_though_the_capture_holds_less() -> None:
    whole = ipv4(tcp(bytes(1000)))
    row = decoded(whole[:90], wire_len=len(whole))

    assert (row.undecoded, row.payload_len, row.captured_len) == (0, 1000, 50)


def test_the_payload_is_what_ip_says_though_the_frame_was_chopped_and_does_not_tell() -> None:
    whole = ipv4(tcp(bytes(1000)))
    row = decoded(whole[:90])

    assert (row.undecoded, row.payload_len, row.captured_len) == (0, 1000, 50)


@pytest.mark.parametrize("whole", [ipv4(tcp(bytes(3000)), total_len=0), ipv6(tcp(bytes(3000)), payload_len=0)])
def test_a_length_of_zero_is_segmentation_offload_and_yields_to_the_frame(whole: bytes) -> None:
    assert decoded(whole).payload_len == 3000
    assert decoded(whole[:100], wire_len=len(whole)).payload_len == 3000


def test_a_jumbogram_has_its_length_in_an_option() -> None:
    payload = bytes(70_000)
    jumbo = bytes([Protocol.TCP, 0, 0xC2, 4]) + (8 + 20 + len(payload)).to_bytes(4, "big")
    row = decoded(ipv6(jumbo + tcp(payload), HOP_BY_HOP, payload_len=0))

    assert (row.undecoded, row.payload_len, row.captured_len) == (0, 70_000, 70_000)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"", Reason.IP_CUT),
        (ipv4(SEGMENT)[:19], Reason.IP_CUT),
        (ipv6(SEGMENT)[:39], Reason.IP_CUT),
        (b"\x50" + bytes(40), Reason.BAD_IP_VERSION),
        (ipv4(SEGMENT, header_len=16), Reason.BAD_IP_HEADER_LENGTH),
        (ipv4(SEGMENT, total_len=19), Reason.BAD_IP_LENGTH),
        (ipv4(SEGMENT, total_len=20), Reason.TCP_SHORT),
        (ipv4(SEGMENT, options=bytes(40))[:59], Reason.TCP_CUT),
        (ipv6(extension(6, 16)[:8], DESTINATION), Reason.EXTENSION_CUT),
        (ipv6(b"", DESTINATION), Reason.EXTENSION_CUT),
    ],
)
def test_what_is_wrong_with_ip_is_said_where_it_is(bad: bytes, reason: int) -> None:
    row = decoded(ethernet(bad), ETHERNET)

    assert row.undecoded == reason
    assert is_fault(row.undecoded)
    assert row.undecoded_at >= 14


@pytest.mark.parametrize(
    ("first", "headers"),
    [
        (HOP_BY_HOP, extension(6)),
        (ROUTING, extension(6, 24)),
        (DESTINATION, extension(6, 16)),
        (AUTHENTICATION, bytes([6, 4]) + bytes(22)),
        (135, extension(6)),
        (139, extension(6, 40)),
        (140, extension(6)),
        (FRAGMENT, bytes([6, 0, 0, 0]) + bytes(4)),
        (HOP_BY_HOP, extension(DESTINATION) + extension(ROUTING, 24) + extension(FRAGMENT, 24) + bytes([6]) + bytes(7)),
    ],
    ids=["hop by hop", "routing", "destination", "AH", "mobility", "HIP", "shim6", "atomic fragment", "a chain"],
)
def test_extension_headers_are_stepped_over(first: int, headers: bytes) -> None:
    row = decoded(ipv6(headers + SEGMENT, first))

    assert is_the_segment(row)
    assert row.fragment == Fragment.WHOLE


def test_an_authentication_header_is_stepped_over_in_ipv4() -> None:
    assert is_the_segment(decoded(ipv4(bytes([6, 4]) + bytes(22) + SEGMENT, AUTHENTICATION)))


@pytest.mark.parametrize(
    ("data", "reason", "protocol"),
    [
        (ipv6(b"", NO_NEXT), Reason.NO_NEXT_HEADER, 59),
        (ipv4(bytes(12), 132), Reason.OTHER_PROTOCOL, 132),
        (ipv4(bytes(12), 50), Reason.OTHER_PROTOCOL, 50),
        (ipv4(bytes(8), 2), Reason.OTHER_PROTOCOL, 2),
    ],
    ids=["no next header", "SCTP", "ESP", "IGMP"],
)
def test_other_protocols_are_no_fault(data: bytes, reason: int, protocol: int) -> None:
    row = decoded(data)

    assert (row.undecoded, row.protocol) == (reason, protocol)
    assert not is_fault(row.undecoded)


def test_another_protocol_is_named_by_its_number() -> None:
    fault = undecoded_of(decoded(ipv4(bytes(12), 132)))

    assert str(fault) == "IP at byte 20: a protocol other than TCP, UDP and ICMP (number 132)"


def test_the_first_fragment_is_decoded_and_marked() -> None:
    row = decoded(ipv4(tcp(bytes(100)), control=0x2000))

    assert (row.undecoded, row.fragment, row.payload_len) == (0, Fragment.FIRST, 100)


@pytest.mark.parametrize(
    "data", [ipv4(bytes(100), control=0x0005), ipv6(bytes([6, 0, 0, 8, 0, 0, 0, 9]) + bytes(100), FRAGMENT)]
)
def test_a_later_fragment_has_a_protocol_and_no_ports(data: bytes) -> None:
    row = decoded(data)

    assert (row.undecoded, row.fragment, row.protocol) == (Reason.LATER_FRAGMENT, Fragment.LATER, Protocol.TCP)
    assert (row.src_port, row.seq, row.payload_len) == (0, 0, 0)


def test_the_identification_of_an_ipv6_fragment_is_a_signed_number() -> None:
    row = decoded(ipv6(bytes([6, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFE]) + SEGMENT, FRAGMENT))

    assert (row.fragment, row.ip_id) == (Fragment.FIRST, -2)


GRE = {
    "plain": bytes.fromhex("00000800"),
    "with checksum, key and sequence number": bytes.fromhex("b0000800") + bytes(12),
    "bridged Ethernet": bytes.fromhex("00006558") + bytes(12) + b"\x08\x00",
    "PPTP": bytes.fromhex("3081880b") + bytes(12) + bytes.fromhex("ff030021"),
    "WCCP version 1": bytes.fromhex("0000883e"),
    "WCCP version 2": bytes.fromhex("0000883e") + bytes(4),
    "ERSPAN type I": bytes.fromhex("000088be") + bytes(12) + b"\x08\x00",
    "ERSPAN type II": bytes.fromhex("100088be") + bytes(4) + bytes(8) + bytes(12) + b"\x08\x00",
}


@pytest.mark.parametrize("header", GRE.values(), ids=GRE)
def test_gre_is_unwrapped(header: bytes) -> None:
    row = decoded(ipv4(header + ipv4(SEGMENT), 47))

    assert is_the_segment(row)
    assert row.tunnels == 1


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (lambda inside: ipv4(inside, 4), ipv4(SEGMENT)),
        (lambda inside: ipv4(inside, 41), ipv6(SEGMENT)),
        (lambda inside: ipv6(inside, 4), ipv4(SEGMENT)),
        (lambda inside: ipv6(inside, 41), ipv6(SEGMENT)),
        (lambda inside: ipv6(extension(41) + inside, DESTINATION), ipv6(SEGMENT)),
    ],
    ids=["IP in IP", "6in4", "4in6", "6in6", "6in6 behind options"],
)
def test_ip_in_ip_is_unwrapped(outer: Callable[[bytes], bytes], inner: bytes) -> None:
    row = decoded(outer(inner))
    bare = decoded(inner)

    assert is_the_segment(row)
    assert (row.tunnels, row.version, row.digest) == (1, bare.version, bare.digest)


def test_padding_outside_a_tunnel_is_no_payload_inside() -> None:
    inner = ipv4(tcp(bytes(3000)), total_len=0)
    row = decoded(ethernet(ipv4(inner, 4) + bytes(6)), ETHERNET)

    assert row.payload_len == row.captured_len == 3000


def test_tunnels_are_unwrapped_to_a_depth_and_no_further() -> None:
    def nested(depth: int) -> Row:
        data = ipv4(SEGMENT)
        for _ in range(depth):
            data = ipv4(data, 4)
        return decoded(data)

    assert is_the_segment(nested(8))
    assert nested(8).tunnels == 8
    assert nested(9).undecoded == Reason.TUNNELS_TOO_DEEP


def test_a_fragment_of_a_tunnel_stays_a_fragment() -> None:
    row = decoded(ipv4(ipv4(udp(bytes(50))), 4, control=0x2000))

    assert row.fragment == Fragment.FIRST


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"\x00\x00\x08", Reason.TUNNEL_CUT),
        (bytes.fromhex("00020800"), Reason.BAD_TUNNEL),
        (bytes.fromhex("40000800"), Reason.BAD_TUNNEL),
        (bytes.fromhex("00000000"), Reason.OTHER_PROTOCOL),
        (bytes.fromhex("2081880b") + bytes(8), Reason.OTHER_PROTOCOL),
        (bytes.fromhex("00000806"), Reason.ARP),
    ],
    ids=["cut", "version 2", "source routing", "keep-alive", "PPTP's acknowledgment", "ARP"],
)
def test_gre_that_carries_no_ip(header: bytes, reason: int) -> None:
    assert decoded(ipv4(header, 47)).undecoded == reason
