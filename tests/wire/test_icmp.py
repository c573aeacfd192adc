"""ICMP: errors are tied to the datagram that they quote; all else is none of our business."""

from __future__ import annotations

import pytest

from inspector.wire import Fragment, Option, Protocol, Row
from inspector.wire.row import address_text
from inspector.wire.undecoded import Reason, is_fault
from tests.wire.frames import DST_4, DST_6, SRC_4, SRC_6, decoded, icmp, ipv4, ipv6, tcp, udp

ROUTER = bytes([192, 0, 2, 1])


def reported(message: bytes, *, control: int = 0) -> bytes:
    """A datagram from 192.0.2.1 to 10.0.0.1 with an ICMP message."""
    data = ipv4(message, 1, ttl=9, control=control)
    return data[:12] + ROUTER + data[12:16] + data[20:]


def reporter(row: Row) -> str:
    return address_text(row.version, row.reporter_hi, row.reporter_lo)


ERRORS_4 = [(3, code) for code in range(16)] + [(4, 0), (5, 1), (11, 0), (11, 1), (12, 0)]
ERRORS_6 = [(1, code) for code in range(8)] + [(2, 0), (3, 0), (3, 1), (4, 1)]


@pytest.mark.parametrize(("kind", "code"), ERRORS_4)
def test_an_error_holds_the_endpoints_of_the_quoted_udp_datagram(kind: int, code: int) -> None:
    row = decoded(reported(icmp(kind, code, ipv4(udp(b"hello"), 17, ttl=1))))

    assert (row.undecoded, row.protocol, row.icmp_type, row.icmp_code) == (0, Protocol.ICMP, kind, code)
    assert row.quoted_protocol == Protocol.UDP
    assert (str(row.source), str(row.destination)) == (f"{SRC_4}:12345", f"{DST_4}:53")
    assert (row.payload_len, reporter(row), row.ttl) == (5, "192.0.2.1", 9)


@pytest.mark.parametrize(("kind", "code"), ERRORS_6)
def test_an_error_of_icmpv6_does_too(kind: int, code: int) -> None:
    row = decoded(ipv6(icmp(kind, code, ipv6(udp(b"hello"), 17)), 58))

    assert (row.undecoded, row.protocol, row.icmp_type, row.icmp_code) == (0, Protocol.ICMPV6, kind, code)
    assert row.quoted_protocol == Protocol.UDP
    assert (str(row.source), str(row.destination)) == (f"[{SRC_6}]:12345", f"[{DST_6}]:53")
    assert (row.payload_len, reporter(row)) == (5, SRC_6)


def test_a_quoted_segment_gives_its_numbers() -> None:
    row = decoded(reported(icmp(3, 1, ipv4(tcp(b"hello", flags=0x002)))))

    assert (row.undecoded, row.quoted_protocol) == (0, Protocol.TCP)
    assert (row.src_port, row.dst_port, row.seq, row.flags, row.payload_len) == (12345, 80, 1000, 0x002, 5)


@pytest.mark.parametrize("kept", [8, 9, 13])
def test_eight_bytes_of_a_segment_give_ports_and_sequence_number(kept: int) -> None:
    row = decoded(reported(icmp(11, 0, ipv4(tcp(b"hello"))[: 20 + kept])))

    assert (row.undecoded, row.quoted_protocol) == (0, Protocol.TCP)
    assert (row.src_port, row.dst_port, row.seq, row.flags) == (12345, 80, 1000, 0)
    assert row.options == Option.CUT


def test_eight_bytes_of_a_udp_datagram_give_its_length() -> None:
    row = decoded(reported(icmp(3, 3, ipv4(udp(bytes(700)), 17)[:28])))

    assert (row.undecoded, row.payload_len, row.captured_len) == (0, 700, 0)


def test_extensions_after_a_quote_are_no_part_of_it() -> None:
    """RFC 4884: a length of 32 words, padded with zeros, then an object."""
    quote = ipv4(udp(bytes(700)), 17)[:128]
    with_extension = icmp(11, 0, quote + bytes.fromhex("2000dfff00080101") + bytes(4), rest=bytes([0, 32, 0, 0]))
    row = decoded(reported(with_extension))

    assert (row.payload_len, row.captured_len) == (700, 100)


@pytest.mark.parametrize(
    "quoted", [b"", ipv4(udp(), 17)[:19], b"\x50" + bytes(30), ipv4(udp(), 17)[:27], ipv4(tcp())[:27]]
)
def test_a_broken_quote_is_a_fault_and_leaves_no_ports(quoted: bytes) -> None:
    row = decoded(reported(icmp(3, 3, quoted)))

    assert row.undecoded == Reason.BAD_QUOTE
    assert is_fault(row.undecoded)
    assert (row.src_port, row.dst_port) == (0, 0)


def test_a_quote_that_cannot_be_read_leaves_the_reporters_own_addresses() -> None:
    row = decoded(reported(icmp(3, 3, ipv4(udp(), 17)[:19])))

    assert (row.source.address, row.destination.address) == ("192.0.2.1", SRC_4)
    assert row.quoted_protocol == 0


def test_a_quoted_later_fragment_has_no_ports() -> None:
    row = decoded(reported(icmp(11, 1, ipv4(bytes(64), 17, control=5))))

    assert (row.undecoded, row.fragment) == (Reason.LATER_FRAGMENT, Fragment.WHOLE)


def test_a_quoted_datagram_of_another_protocol_is_no_fault() -> None:
    row = decoded(reported(icmp(3, 2, ipv4(bytes(64), 132))))

    assert (row.undecoded, row.quoted_protocol) == (Reason.OTHER_PROTOCOL, 132)


@pytest.mark.parametrize("kind", [0, 8, 9, 10, 13, 14])
def test_a_message_that_is_no_error_keeps_its_own_addresses(kind: int) -> None:
    row = decoded(reported(icmp(kind, 0, bytes(56))))

    assert (row.undecoded, row.protocol, row.quoted_protocol) == (Reason.ICMP_MESSAGE, Protocol.ICMP, 0)
    assert (row.source.address, row.destination.address) == ("192.0.2.1", SRC_4)
    assert not is_fault(row.undecoded)


@pytest.mark.parametrize("kind", [0, 100, 128, 129, 133, 135, 137])
def test_a_message_of_icmpv6_that_is_no_error_is_no_fault(kind: int) -> None:
    assert decoded(ipv6(icmp(kind, 0, bytes(56)), 58)).undecoded == Reason.ICMP_MESSAGE


def test_a_message_that_is_too_short_and_one_that_is_cut_are_told_apart() -> None:
    assert decoded(ipv4(bytes(7), 1)).undecoded == Reason.ICMP_SHORT
    assert decoded(ipv4(bytes(8), 1)[:27], wire_len=28).undecoded == Reason.ICMP_CUT
