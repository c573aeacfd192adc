"""Numbers in network byte order, read from a buffer of bytes: the decoder's only way to its input.

`buffer` is anything that yields an integer per index: bytes, a memoryview, or an array of uint8.
The caller has checked that the octets are there: an index past the end is not caught in machine code.
An offset below zero, which never happens, reads as 0 and not from the buffer's end. The test costs nothing:
it spares numba the wrap-around of every index, so that four loads become one.
Sums and products instead of shifts and ors, on purpose: numba makes a shifted uint8 a uint64, which
mixed with a signed number would become a float (see `inspector.columns`).
"""

from __future__ import annotations

from typing import Any

from inspector.compiled import compilable

__all__ = ["i64", "u8", "u16", "u32"]


@compilable
def u8(buffer: Any, at: int) -> int:
    """One octet, as a signed 64-bit integer that may be shifted and multiplied."""
    if at < 0:
        return 0
    return int(buffer[at] + 0)


@compilable
def u16(buffer: Any, at: int) -> int:
    """Two octets."""
    if at < 0:
        return 0
    return int(buffer[at] * 0x100 + buffer[at + 1])


@compilable
def u32(buffer: Any, at: int) -> int:
    """Four octets."""
    if at < 0:
        return 0
    return int(buffer[at] * 0x100_0000 + buffer[at + 1] * 0x1_0000 + buffer[at + 2] * 0x100 + buffer[at + 3])


@compilable
def i64(buffer: Any, at: int) -> int:
    """Eight octets as a signed number: half of an IPv6 address, as `Row` holds it."""
    high = u32(buffer, at)
    return (high - ((high & 0x8000_0000) << 1)) * 0x1_0000_0000 + u32(buffer, at + 4)
