"""A hash of a datagram's captured bytes, by which two copies of one frame are known, though a router came between.

Only equality is ever asked of it (a capture duplicate equals an earlier frame in all that routers leave alone), so it
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
_SPREAD = 0x1B873593
"""Any odd number of 29 bits: what it is multiplied with shall not cancel a counter among the bytes."""


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
    """A hash of the datagram whose header begins at `ip_at`, without what routers change: TTL, DSCP, the checksum.

    Of IPv4 that is the identification with the fragment's place, and all from the addresses on; of IPv6 the latter.
    """
    if u8(frame, ip_at) >> 4 == 4:
        return (digest(frame, ip_at + 12, end) + u32(frame, ip_at + 4) * _SPREAD) % MODULUS
    return digest(frame, ip_at + 8, end)
