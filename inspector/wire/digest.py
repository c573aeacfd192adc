"""A hash of a datagram's captured bytes, by which two copies of one frame are known, though a router came between.

Only equality is ever asked of it (a capture duplicate equals an earlier frame in all but its TTL), so it
need not resist an adversary; it must be cheap on 40 bytes as on 64,000, in both speeds, and of one value.
Hence the simplest number that depends on every byte and on its place: the bytes, a 1 before them for
their count, read as one big-endian integer, modulo the Mersenne prime 2^61 - 1. Plain Python divides
the big integer at once. Machine code goes word by word: times a power of two is a rotation of 61 bits.
"""

from __future__ import annotations

from typing import Any

from inspector.compiled import compilable, compilable_as
from inspector.wire.octets import u8, u32

__all__ = ["MODULUS", "digest", "digest_by_words", "digest_of", "times_2_32", "times_64", "times_256"]

MODULUS = (1 << 61) - 1
_OF_HEAD, _OF_SECOND, _OF_SEAL = 0xB873593, 0xCC9E2D5, 0x85EBCA7
"""Any odd numbers of 28 bits: what is multiplied with them cancels no counter among the bytes, and no sum of it
leaves 63 bits."""


@compilable
def digest_by_words(frame: Any, start: int, end: int) -> int:
    """As `digest`, without big integers."""
    # Four words a turn, each its own sum, so that they need not wait for each other; 2^128 is 2^6 here.
    a = b = c = end - end
    d = a + 1
    at = start
    while at + 16 <= end:
        a = times_64(a) + u32(frame, at)
        b = times_64(b) + u32(frame, at + 4)
        c = times_64(c) + u32(frame, at + 8)
        d = times_64(d) + u32(frame, at + 12)
        at += 16
    total = times_2_32(times_2_32(times_2_32(a) + b) + c) + d
    while at + 4 <= end:
        total = times_2_32(total) + u32(frame, at)
        at += 4
    while at < end:
        total = times_256(total) + u8(frame, at)
        at += 1
    return total % MODULUS


@compilable
def times_64(value: int) -> int:
    """Modulo 2^61 - 1, as its kin: what is pushed out above comes in below. Stays below 2^62."""
    return ((value << 6) & MODULUS) + (value >> 55)


@compilable
def times_256(value: int) -> int:
    """`value` times 256."""
    return ((value << 8) & MODULUS) + (value >> 53)


@compilable
def times_2_32(value: int) -> int:
    """`value` times 2^32."""
    return ((value << 32) & MODULUS) + (value >> 29)


@compilable_as(digest_by_words)
def digest(frame: Any, start: int, end: int) -> int:
    """A hash of `frame[start:end]`: not negative, below 2^61 - 1."""
    return int.from_bytes(b"\x01" + bytes(frame[start:end]), "big") % MODULUS


@compilable
def digest_of(frame: Any, ip_at: int, end: int) -> int:
    """A hash of the datagram whose header begins at `ip_at`, the same before and after a router.

    That takes one from the TTL and adds it to IPv4's checksum (RFC 1624): their sum stays, modulo 65,535.
    """
    head, second = u32(frame, ip_at) * _OF_HEAD, u32(frame, ip_at + 4)
    if u8(frame, ip_at) >> 4 == 6:
        return (digest(frame, ip_at + 8, end) + head + (second >> 8) * _OF_SECOND) % MODULUS
    third = u32(frame, ip_at + 8)
    seal = (third & 0xFFFF) + (third >> 24 << 8)
    return (digest(frame, ip_at + 12, end) + head + second * _OF_SECOND + seal % 0xFFFF * _OF_SEAL) % MODULUS
