"""TCP and UDP headers: whole, cut, and wrong."""

from __future__ import annotations

import pytest

from inspector.wire import Option, Protocol, undecoded_of
from inspector.wire.undecoded import Reason
from tests.wire.frames import ETHERNET, decoded, ethernet, ipv4, ipv6, tcp, udp

TIMESTAMPS = bytes.fromhex("0101080a0000000500000006")


def test_the_fields_of_tcp() -> None:
    data = ethernet(ipv4(tcp(b"hello", flags=0x1FF, options=TIMESTAMPS)))
    row = decoded(data, ETHERNET)

    assert (row.protocol, row.src_port, row.dst_port) == (Protocol.TCP, 12345, 80)
    assert (row.seq, row.ack, row.flags) == (1000, 2000, 0x1FF)
    assert (row.window, row.checksum, row.urgent, row.header_len) == (500, 0xABCD, 9, 32)
    assert (row.payload_at, row.payload_len, row.captured_len) == (66, 5, 5)
    assert data[row.payload_at :] == b"hello"


def test_reserved_bits_are_no_flags() -> None:
    assert decoded(ipv4(tcp(flags=0xE10))).flags == 0x010


@pytest.mark.parametrize(("offset", "payload"), [(0, 0), (4, 100), (6, 0), (15, 39)])
def test_a_header_length_below_20_or_past_the_datagram_is_a_fault(offset: int, payload: int) -> None:
    row = decoded(ipv4(tcp(bytes(payload), offset=offset)))

    assert row.undecoded == Reason.BAD_TCP_HEADER_LENGTH
    assert str(undecoded_of(row)).startswith("TCP at byte 20: ")
    assert (row.src_port, row.seq) == (0, 0)


def test_a_datagram_too_short_for_a_header_is_its_senders_fault_and_a_snaplen_the_captures() -> None:
    short = ipv4(tcp()[:19])

    assert decoded(short).undecoded == Reason.TCP_SHORT
    assert decoded(ipv4(tcp())[:33], wire_len=40).undecoded == Reason.TCP_CUT


def test_of_a_cut_header_what_is_there_is_used_and_the_cut_is_said() -> None:
    whole = ipv4(tcp(b"hello", options=TIMESTAMPS))
    for length in range(34, 52):
        row = decoded(whole[:length], wire_len=len(whole))

        assert (row.undecoded, row.seq, row.ack, row.flags) == (0, 1000, 2000, 0x018), length
        assert (row.header_len, row.payload_len, row.captured_len) == (32, 5, 0), length
        assert row.options & Option.CUT, length
        assert row.window == (500 if length >= 40 else 0xFFFF), length
    assert decoded(whole[:52], wire_len=len(whole)).options == Option.TIMESTAMPS


def test_no_receiver_is_called_full_because_its_window_was_not_captured() -> None:
    assert decoded(ipv4(tcp())[:34], wire_len=40).window != 0


def test_the_fields_of_udp() -> None:
    data = ethernet(ipv6(udp(b"hello"), 17), 0x86DD)
    row = decoded(data, ETHERNET)

    assert (row.protocol, row.src_port, row.dst_port) == (Protocol.UDP, 12345, 53)
    assert (row.checksum, row.header_len) == (0x1234, 8)
    assert (row.payload_at, row.payload_len, row.captured_len) == (62, 5, 5)
    assert data[row.payload_at :] == b"hello"


@pytest.mark.parametrize(
    ("length", "expected"),
    [(13, 5), (8, 0), (10, 2), (14, 5), (65535, 5), (0, 5)],
    ids=["right", "empty", "shorter than IP says", "longer", "much longer", "none, as in a jumbogram"],
)
def test_a_udp_payload_is_what_udp_says_and_never_more_than_ip_says(length: int, expected: int) -> None:
    assert decoded(ipv4(udp(b"hello", length=length), 17)).payload_len == expected


@pytest.mark.parametrize(
    ("data", "wire_len", "reason"),
    [
        (ipv4(udp(length=7), 17), 0, Reason.BAD_UDP_LENGTH),
        (ipv4(udp()[:7], 17), 0, Reason.UDP_SHORT),
        (ipv4(udp(), 17)[:27], 28, Reason.UDP_CUT),
    ],
)
def test_what_is_wrong_with_udp(data: bytes, wire_len: int, reason: int) -> None:
    row = decoded(data, wire_len=wire_len)

    assert (row.undecoded, row.undecoded_at) == (reason, 20)
    assert row.src_port == 0
