"""A hash table of endpoint pairs: who talks with whom, whichever of the two speaks. Compilable.

The table is open addressing with linear probing: `index` is a list (or array) of a power of two of entry
numbers, EMPTY where a slot is free, and at most half full, so that a probe always ends. An entry is a
record that begins with a `PairRecord`.

The hash is symmetric by construction, so both directions probe alike, and seeded, so that a
hostile capture cannot aim all its pairs at one slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.columns import I32, I64, U8, U16, U32
from inspector.compiled import compilable, compilable_as
from inspector.wire.row import NO_TIME

if TYPE_CHECKING:
    from inspector.wire.row import Row

__all__ = [
    "BOTH",
    "EMPTY",
    "FORWARD",
    "NEITHER",
    "NO_ROOM",
    "REVERSE",
    "PairRecord",
    "PairTable",
    "find_slot",
    "hash_pair",
    "latest_of",
    "open_pair",
    "reindex",
    "renew",
    "renew_from_blank",
    "side_of",
]

EMPTY = -1
NO_ROOM = -2
"""In place of the number of an entry: the table is full."""

FORWARD = 0
"""The row goes from the entry's originator to its responder."""
REVERSE = 1
BOTH = 2
"""Both endpoints are the same: a connection with itself."""
NEITHER = 3

_MASK = 0xFFFF_FFFF
# An odd multiplier below 2^31 keeps every product of 32 bits by it inside a signed 64-bit integer.
_MULTIPLIER = 0x45D9_F3B7


@dataclass(slots=True)
class PairRecord:
    """A pair of endpoints: who spoke first, and with whom. What more is known of it, a fold adds."""

    version: U8 = 0
    tunnel: U8 = 0
    """What carried its first row."""
    orig_hi: I64 = 0
    orig_lo: I64 = 0
    orig_port: U16 = 0
    resp_hi: I64 = 0
    resp_lo: I64 = 0
    resp_port: U16 = 0
    pair_hash: U32 = 0
    superseded: U8 = 0
    """Not 0: the table holds, or held, a later incarnation of the same pair; a fold may say why."""
    previous: I32 = -1
    """The incarnation before this one, by its place in the table at that time; -1 if none was known."""
    first_frame: I64 = 0
    first_ns: I64 = NO_TIME
    last_ns: I64 = NO_TIME


@dataclass(slots=True)
class PairTable:
    """The one header of a table of pairs."""

    count: I64 = 0
    capacity: I64 = 0
    index_mask: I64 = 0
    seed: U32 = 0
    latest: I64 = -1
    """The entry of the row before, where its place is known."""
    blank: I64 = 0
    """The place of a record in its default state, for `renew`."""


@compilable
def renew_from_blank(records: Any, place: int, blank: int) -> None:
    """As `renew`, where records beyond those in use hold anything."""
    records[place] = records[blank]


@compilable_as(renew_from_blank)
def renew(records: Any, place: int, blank: int) -> None:
    """Bring the record at `place`, which was not in use, into its default state: that of the record at `blank`.

    In the plain form a record that was not in use is always a fresh one.
    """


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
def side_of(row: Row, entry: PairRecord) -> int:
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


@compilable
def latest_of(row: Row, index: Any, entries: Any, table: PairTable) -> int:
    """The latest incarnation of the row's pair, or EMPTY. Rows come in trains: that of the row before comes first."""
    latest = int(table.latest)
    if latest >= 0 and side_of(row, entries[latest]) != NEITHER:
        return latest
    return int(index[find_slot(row, index, table.index_mask, entries, table.seed)])


@compilable
def open_pair(row: Row, entry: PairRecord, seed: int, answers: int) -> None:
    """Begin an entry with its first row: its sender is the originator, unless the row `answers` one not seen."""
    entry.version = row.version
    entry.tunnel = row.tunnel
    entry.pair_hash = hash_pair(row, seed)
    entry.first_frame = row.frame
    entry.first_ns = row.time_ns
    if answers:
        entry.orig_hi, entry.orig_lo, entry.orig_port = row.dst_hi, row.dst_lo, row.dst_port
        entry.resp_hi, entry.resp_lo, entry.resp_port = row.src_hi, row.src_lo, row.src_port
    else:
        entry.orig_hi, entry.orig_lo, entry.orig_port = row.src_hi, row.src_lo, row.src_port
        entry.resp_hi, entry.resp_lo, entry.resp_port = row.dst_hi, row.dst_lo, row.dst_port


@compilable
def reindex(index: Any, entries: Any, count: int, mask: int) -> None:
    """Put the latest incarnation of every pair into an `index` that is all EMPTY, after it was enlarged."""
    for number in range(count):
        if not entries[number].superseded:
            slot = entries[number].pair_hash & mask
            while index[slot] != EMPTY:
                slot = (slot + 1) & mask
            index[slot] = number
