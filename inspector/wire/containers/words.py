"""Words of either byte order, read from a buffer: what all containers are made of.

The caller has checked that the bytes are there: an index past the end would raise when plain and read
foreign memory when compiled. Two lines here are for numba and cost nothing:

* `+ 0` makes of a byte a signed number; a shifted byte would be uint64, which mixed with a signed one becomes a float;
* an offset below zero, which never happens, is asked for, which spares numba the wrap-around of every index,
  so that four loads become one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.compiled import Constants, compilable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MAX_RECORD", "Stop", "word16", "word32"]

MAX_RECORD = 1 << 24
"""The longest record or block that is believed, 16 MiB, as in Wireshark (pcapng blocks). It bounds memory."""


class Stop(Constants):
    """Why an index loop stopped, at the position that it returns with it."""

    FULL = 0
    """No room for another frame: come again."""
    MORE = 1
    """The bytes end before the record or block at this position does, or just where it would begin."""
    BLOCK = 2
    """A block is here that only Python reads (a section header, an interface, statistics)."""

    # Damage: what stands here cannot be a record.
    TOO_LONG = 16
    TOO_SHORT = 17
    LENGTHS_DIFFER = 18
    NO_INTERFACE = 19
    OVERRUN = 20


@compilable
def word16(buffer: Sequence[int], at: int, big_endian: int) -> int:
    """The 16 bits at `at`."""
    if at < 0:
        return 0
    if big_endian:
        return (buffer[at] + 0) << 8 | (buffer[at + 1] + 0)
    return (buffer[at] + 0) | (buffer[at + 1] + 0) << 8


@compilable
def word32(buffer: Sequence[int], at: int, big_endian: int) -> int:
    """The 32 bits at `at`."""
    if at < 0:
        return 0
    if big_endian:
        high = (buffer[at] + 0) << 24 | (buffer[at + 1] + 0) << 16
        return high | (buffer[at + 2] + 0) << 8 | (buffer[at + 3] + 0)
    low = (buffer[at] + 0) | (buffer[at + 1] + 0) << 8
    return low | (buffer[at + 2] + 0) << 16 | (buffer[at + 3] + 0) << 24
