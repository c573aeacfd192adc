"""A hash table of endpoint pairs: who talks with whom, whichever of the two speaks.

Shared by the TCP and the UDP fold; compilable (see `inspector.compiled`). The table is open
addressing with linear probing: `index` is a list (or array) of a power of two of entry numbers, EMPTY
where a slot is free, and at most half full, so that a probe always ends. An *entry* is any record
that has the fields `orig_hi orig_lo orig_port resp_hi resp_lo resp_port`.

The hash is symmetric by construction, so both directions probe alike, and seeded, so that a
hostile capture cannot aim all its pairs at one slot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.compiled import compilable

if TYPE_CHECKING:
    from inspector.wire.row import Row

__all__ = ["BOTH", "EMPTY", "FORWARD", "NEITHER", "REVERSE", "find_slot", "hash_pair", "side_of"]

EMPTY = -1

FORWARD = 0
"""The row goes from the entry's originator to its responder."""
REVERSE = 1
BOTH = 2
"""Both endpoints are the same: a connection with itself."""
NEITHER = 3

_MASK = 0xFFFF_FFFF
# An odd multiplier below 2^31 keeps every product of 32 bits by it inside a signed 64-bit integer.
_MULTIPLIER = 0x45D9_F3B7


@compilable
def _mix(value: int) -> int:
    value = ((value ^ (value >> 16)) & _MASK) * _MULTIPLIER & _MASK
    return value ^ (value >> 15)


@compilable
def _hash_endpoint(high: int, low: int, port: int, seed: int) -> int:
    mixed = _mix((low & _MASK) ^ seed)
    mixed = _mix(mixed + ((low >> 32) & _MASK) + (port << 8))
    return _mix(mixed + (high & _MASK) + ((high >> 32) & _MASK))


@compilable
def hash_pair(row: Row, seed: int) -> int:
    """A hash of a row's two endpoints, the same for both directions; 0 <= hash < 2^32."""
    one = _hash_endpoint(row.src_hi, row.src_lo, row.src_port, seed)
    two = _hash_endpoint(row.dst_hi, row.dst_lo, row.dst_port, seed)
    return _mix(one + two)


@compilable
def side_of(row: Row, entry: Any) -> int:
    """Whether `row` goes FORWARD, REVERSE, BOTH or NEITHER way between the endpoints of `entry`."""
    forward = (
        row.src_lo == entry.orig_lo
        and row.dst_lo == entry.resp_lo
        and row.src_port == entry.orig_port
        and row.dst_port == entry.resp_port
        and row.src_hi == entry.orig_hi
        and row.dst_hi == entry.resp_hi
    )
    reverse = (
        row.src_lo == entry.resp_lo
        and row.dst_lo == entry.orig_lo
        and row.src_port == entry.resp_port
        and row.dst_port == entry.orig_port
        and row.src_hi == entry.resp_hi
        and row.dst_hi == entry.orig_hi
    )
    if forward:
        return BOTH if reverse else FORWARD
    return REVERSE if reverse else NEITHER


@compilable
def find_slot(row: Row, index: Any, mask: int, entries: Any, seed: int) -> int:
    """The slot of `index` that holds the pair of `row`, or the free one where it belongs."""
    slot = hash_pair(row, seed) & mask
    while index[slot] != EMPTY:
        if side_of(row, entries[index[slot]]) != NEITHER:
            return slot
        slot = (slot + 1) & mask
    return slot
