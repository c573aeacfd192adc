"""Segments that may have a finding, of connections that are still open: kept until hindsight can judge them.

A finding needs its connection to its end (`judgement.in_hindsight`). Where rows are not kept, the few segments of
which a fact may be a finding are, as `Suspect`s: what `judgement` looks at, and no more. When connections leave the
table theirs are judged, by the same function in its compiled form.

Memory is bounded: when MOST are kept, all are judged by what is known by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.columns import I64, U8, U16, U32, columns, enlarged, instances, to_columns
from inspector.compiled import compilable, compiled
from inspector.tcp.judgement import TELLING, in_hindsight

if TYPE_CHECKING:
    import numpy as np

__all__ = ["MOST", "Suspect", "Suspects", "gather", "judge_all"]

MOST = 1 << 20
_FIRST_ROOM = 256


@dataclass(slots=True)
class Suspect:
    """A row and its trace in one, as far as findings look at them; named as there."""

    frame: I64 = 0
    flags: U16 = 0
    seq: U32 = 0
    ack: U32 = 0
    payload_len: U32 = 0
    checksum: U16 = 0
    side: U8 = 0
    facts: I64 = 0
    expected_seq: I64 = -1
    expected_ack: I64 = -1
    place: I64 = 0
    """Of its connection in the table."""
    ordinal: I64 = 0


@compilable
def judge_all(suspects: Any, count: int, ends: Any) -> None:
    """Replace the facts of each of `suspects[:count]` by what they are in hindsight."""
    for i in range(count):
        suspect = suspects[i]
        me = 2 * suspect.place + suspect.side
        suspect.facts = in_hindsight(suspect, suspect.facts, ends[me], ends[me ^ 1])


@compilable
def gather(  # noqa: PLR0913 - numba takes arrays one by one
    rows: Any, traces: Any, first: int, last: int, ordinal: int, suspects: Any, count: int
) -> int:
    """Add to `suspects[:count]` those of `rows[first:last]` that are suspect; how many there are then.

    `ordinal` is that of `rows[first]`.
    """
    for i in range(first, last):
        trace = traces[i]
        if trace.facts & TELLING:
            row, suspect = rows[i], suspects[count]
            suspect.frame, suspect.flags, suspect.seq, suspect.ack = row.frame, row.flags, row.seq, row.ack
            suspect.payload_len, suspect.checksum = row.payload_len, row.checksum
            suspect.side, suspect.facts, suspect.place = trace.side, trace.facts, trace.pair
            suspect.expected_seq, suspect.expected_ack = trace.expected_seq, trace.expected_ack
            suspect.ordinal = ordinal + i - first
            count += 1
    return count


class Suspects:
    """Those that wait for their judgement, in capture order."""

    def __init__(self) -> None:
        self._kept: Any = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, rows: Any, traces: Any, first: int, last: int, ordinal: int) -> None:
        """Keep those of `rows[first:last]` that are suspect; `ordinal` is that of `rows[first]`."""
        if isinstance(rows, list):
            found = instances(Suspect, last - first)
            count = gather(rows, traces, first, last, ordinal, found, 0)
            if count:
                self._enlarge(self._count + count)
                self._kept[self._count : self._count + count] = to_columns(Suspect, found[:count], count)
                self._count += count
        else:
            self._enlarge(self._count + last - first)
            self._count = compiled(gather)(rows, traces, first, last, ordinal, self._kept, self._count)

    def judged(self, over: np.ndarray[Any, Any], taken: np.ndarray[Any, Any], ends: Any) -> np.ndarray[Any, Any]:
        """Those of the connections marked in `over` that have a finding, no longer kept here.

        A row of which the ordinal is in `taken` proved to begin another connection, and is no suspect.
        """
        import numpy as np

        if not self._count:
            return columns(Suspect, 0)
        kept = self._kept[: self._count]
        due = over[kept["place"]]
        told = kept[due & ~np.isin(kept["ordinal"], taken)]
        stay = kept[~due]
        self._kept[: len(stay)] = stay
        self._count = len(stay)
        compiled(judge_all)(told, len(told), ends)
        guilty: np.ndarray[Any, Any] = told[(told["facts"] & TELLING) != 0]
        return guilty

    def moved(self, places: np.ndarray[Any, Any]) -> None:
        """Connections were moved in the table: `places[old]` is where each is now."""
        if self._count:
            kept = self._kept[: self._count]
            kept["place"] = places[kept["place"]]

    def _enlarge(self, count: int) -> None:
        if self._kept is None:
            self._kept = columns(Suspect, max(count, _FIRST_ROOM))
        elif count > len(self._kept):
            self._kept = enlarged(Suspect, self._kept, 2 * count)
