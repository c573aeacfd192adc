"""Checksums: correct, partial and wrong are three verdicts, and none is one too; sums are the same in both speeds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.compiled import compiled
from inspector.wire import Checksum
from inspector.wire.checksum import folded_sum, folded_sum_by_words
from inspector.wire.digest import digest, digest_by_words
from tests.wire.frames import decoded, ethernet, ipv4, ipv6, tcp, udp


def ones_complement(data: bytes) -> int:
    """RFC 1071, as slowly as it is written there."""
    total = sum(int.from_bytes(data[at : at + 2].ljust(2, b"\x00"), "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def pseudo_header(datagram: bytes, protocol: int, length: int) -> bytes:
    addresses = datagram[12:20] if datagram[0] >> 4 == 4 else datagram[8:40]
    return addresses + length.to_bytes(4, "big") + protocol.to_bytes(4, "big")


def filled(datagram: bytes, at: int, protocol: int, field: int, *, partial: bool = False) -> bytes:
    """`datagram` with the checksum that its sender, or its sender's card, would have put in."""
    zeroed = datagram[: at + field] + b"\x00\x00" + datagram[at + field + 2 :]
    pseudo = pseudo_header(datagram, protocol, len(datagram) - at)
    number = ones_complement(pseudo) if partial else ~ones_complement(pseudo + zeroed[at:]) & 0xFFFF
    return datagram[: at + field] + number.to_bytes(2, "big") + datagram[at + field + 2 :]


DATAGRAMS = {
    "TCP in IPv4": (ipv4(tcp(b"hello")), 20, 6, 16),
    "TCP in IPv6": (ipv6(tcp(b"hello")), 40, 6, 16),
    "UDP in IPv4": (ipv4(udp(b"hello!"), 17), 20, 17, 6),
    "UDP in IPv6": (ipv6(udp(b"hello!"), 17), 40, 17, 6),
}


@pytest.mark.parametrize(("datagram", "at", "protocol", "field"), DATAGRAMS.values(), ids=DATAGRAMS)
class TestVerdict:
    def test_a_full_checksum_is_correct(self, datagram: bytes, at: int, protocol: int, field: int) -> None:
        assert decoded(filled(datagram, at, protocol, field), verify=True).checksum_verdict == Checksum.CORRECT

    def test_the_pseudo_headers_sum_is_partial(self, datagram: bytes, at: int, protocol: int, field: int) -> None:
        data = filled(datagram, at, protocol, field, partial=True)

        assert decoded(data, verify=True).checksum_verdict == Checksum.PARTIAL

    def test_any_other_is_wrong(self, datagram: bytes, at: int, protocol: int, field: int) -> None:
        data = bytearray(filled(datagram, at, protocol, field))
        data[-1] ^= 1

        assert decoded(bytes(data), verify=True).checksum_verdict == Checksum.WRONG

    def test_nothing_is_verified_unasked(self, datagram: bytes, at: int, protocol: int, field: int) -> None:
        assert decoded(filled(datagram, at, protocol, field)).checksum_verdict == Checksum.UNVERIFIED

    def test_what_is_not_all_there_is_not_verified(self, datagram: bytes, at: int, protocol: int, field: int) -> None:
        data = filled(datagram, at, protocol, field)

        assert decoded(data[:-1], wire_len=len(data), verify=True).checksum_verdict == Checksum.UNVERIFIED

    def test_padding_is_not_summed(self, datagram: bytes, at: int, protocol: int, field: int) -> None:
        kind = 0x0800 if datagram[0] >> 4 == 4 else 0x86DD
        row = decoded(ethernet(filled(datagram, at, protocol, field), kind) + b"\xff" * 8, 1, verify=True)

        assert row.checksum_verdict == Checksum.CORRECT


@pytest.mark.parametrize(("length", "expected"), [(40, 0xFE30), (32, 0xFE28), (62, 0xFE46)])
def test_the_partial_checksums_of_linux_loopback(length: int, expected: int) -> None:
    """Measured: between 127.0.0.1 and itself the field holds 0xfe08 plus the TCP length."""
    data = bytearray(ipv4(tcp(bytes(length - 20), checksum=expected)))
    data[12:20] = bytes([127, 0, 0, 1] * 2)

    assert decoded(bytes(data), verify=True).checksum_verdict == Checksum.PARTIAL


def test_udp_without_a_checksum_is_not_verified_in_ipv4_and_wrong_in_ipv6() -> None:
    assert decoded(ipv4(udp(b"x", checksum=0), 17), verify=True).checksum_verdict == Checksum.UNVERIFIED
    assert decoded(ipv6(udp(b"x", checksum=0), 17), verify=True).checksum_verdict == Checksum.WRONG


def test_a_loopback_adapter_that_fills_in_nothing_is_not_wrong() -> None:
    """Npcap's, whose frames are of link type NULL."""
    data = ipv4(tcp(b"x", checksum=0))

    assert decoded(b"\x02\0\0\0" + data, 0, verify=True).checksum_verdict == Checksum.UNVERIFIED
    assert decoded(data, verify=True).checksum_verdict == Checksum.WRONG


def test_a_first_fragment_is_not_verified() -> None:
    assert decoded(ipv4(tcp(bytes(64)), control=0x2000), verify=True).checksum_verdict == Checksum.UNVERIFIED


def test_behind_a_routing_header_the_last_stop_is_summed() -> None:
    last_stop = bytes.fromhex("20010db8000000000000000000000099")
    routing = bytes([6, 2, 0, 1]) + bytes(4) + last_stop
    data = ipv6(routing + tcp(b"hello"), 43)
    as_if_there = data[:24] + last_stop + data[40:]
    number = ~ones_complement(pseudo_header(as_if_there, 6, 25) + tcp(b"hello", checksum=0)) & 0xFFFF

    row = decoded(ipv6(routing + tcp(b"hello", checksum=number), 43), verify=True)

    assert row.checksum_verdict == Checksum.CORRECT


@given(st.binary(max_size=100), st.integers(0, 50), st.integers(0, 0x1FFFF))
def test_a_sum_is_the_same_in_plain_python_by_words_and_compiled(data: bytes, start: int, total: int) -> None:
    import numpy as np

    start = min(start, len(data))
    plain = folded_sum(data, start, len(data), total)

    assert plain == folded_sum_by_words(data, start, len(data), total)
    assert plain == compiled(folded_sum_by_words)(np.frombuffer(data, np.uint8), start, len(data), total)
    assert plain == ones_complement(total.to_bytes(4, "big") + data[start:])


@given(st.one_of(st.binary(max_size=100), st.integers(0, 100).map(lambda n: b"\xff" * n)), st.integers(0, 50))
def test_a_digest_is_the_same_in_plain_python_by_words_and_compiled(data: bytes, start: int) -> None:
    import numpy as np

    start = min(start, len(data))
    plain = digest(data, start, len(data))

    assert plain == digest_by_words(data, start, len(data))
    assert plain == compiled(digest_by_words)(np.frombuffer(data, np.uint8), start, len(data))
    assert 0 <= plain < 1 << 61


@given(st.binary(min_size=1, max_size=200), st.data())
def test_a_digest_depends_on_every_bit_and_on_the_length(data: bytes, draw: st.DataObject) -> None:
    bit = draw.draw(st.integers(0, 8 * len(data) - 1))
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8

    assert digest(data, 0, len(data)) != digest(changed, 0, len(data))
    assert digest(data, 0, len(data)) != digest(data + b"\x00", 0, len(data) + 1)
    assert digest(data, 0, len(data)) != digest(b"\x00" + data, 0, len(data) + 1)
