"""What a whole capture shows frame by frame, added up: what was cut, not decoded, damaged, or out of time order.

Fed with every batch; the same sums in the plain and in the column form. A frame costs a few comparisons, and only
those that were not decoded cost more: they are counted by what is said of them (`wire.undecoded`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.columns import I64, instances, to_columns, to_instance
from inspector.compiled import compilable, compiled
from inspector.language import said
from inspector.wire.row import NO_TIME, Checksum
from inspector.wire.undecoded import is_fault, undecoded_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.wire.batch import Batch
    from inspector.wire.row import Row

__all__ = ["Survey", "Totals", "add_up"]


@dataclass(slots=True)
class Totals:
    """The sums of all frames."""

    truncated: I64 = 0
    """Frames of which the capture holds less than was on the wire."""
    undecoded: I64 = 0
    """With a `Reason`, be it a fault or not."""
    steps_back: I64 = 0
    """Frames of a time before that of the frame before."""
    latest_ns: I64 = NO_TIME
    correct: I64 = 0
    partial: I64 = 0
    wrong: I64 = 0
    """By the verdict on their checksum, where one was asked for."""


@compilable
def add_up(rows: Any, refs: Any, count: int, sums: Any) -> int:
    """Add `rows[:count]` and their `refs` to `sums[0]`; how many of them were not decoded."""
    totals = sums[0]
    undecoded = 0
    for i in range(count):
        row = rows[i]
        if refs[i].captured_len < refs[i].wire_len:
            totals.truncated += 1
        if row.undecoded:
            undecoded += 1
        if row.time_ns != NO_TIME:
            if row.time_ns < totals.latest_ns:
                totals.steps_back += 1
            totals.latest_ns = row.time_ns
        if row.checksum_verdict == Checksum.CORRECT:
            totals.correct += 1
        elif row.checksum_verdict == Checksum.PARTIAL:
            totals.partial += 1
        elif row.checksum_verdict == Checksum.WRONG:
            totals.wrong += 1
    totals.undecoded += undecoded
    return undecoded


class Survey:
    """The sums of a capture, and its frames that were not decoded by what is said of them."""

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        """Broken, cut, or of a kind that nobody here can read: `layer: reason`."""
        self.passed_over: Counter[str] = Counter()
        """Healthy, and of no interest here."""
        self.frames = 0
        self._plain = instances(Totals, 1)
        self._columns: Any = None

    def feed(self, batch: Batch) -> None:
        """Take a batch in."""
        self.frames += batch.count
        if batch.columnar and self._columns is None:
            self._columns = to_columns(Totals, self._plain, 1)
        if self._columns is None:
            undecoded = add_up(batch.rows, batch.refs, batch.count, self._plain)
        elif batch.columnar:
            undecoded = compiled(add_up)(batch.rows, batch.refs, batch.count, self._columns)
        else:
            self._plain = [self.totals]
            self._columns = None
            undecoded = add_up(batch.rows, batch.refs, batch.count, self._plain)
        if undecoded:
            for row, number in _examples(batch):
                self._count(row, number)

    @property
    def totals(self) -> Totals:
        """The sums so far."""
        totals: Totals = self._plain[0] if self._columns is None else to_instance(Totals, self._columns, 0)
        return totals

    def _count(self, row: Row, number: int) -> None:
        told = undecoded_of(row)
        if told is not None:
            words = said("{layer}: {reason}", layer=told.layer, reason=told.reason)
            (self.faults if is_fault(row.undecoded) else self.passed_over)[words] += number


def _examples(batch: Batch) -> Iterator[tuple[Row, int]]:
    """A row that was not decoded for each way in which they differ, and how many there are of it."""
    if not batch.columnar:
        for row in batch.rows[: batch.count]:
            if row.undecoded:
                yield row, 1
        return
    import numpy as np

    rows = batch.rows[: batch.count]
    places = rows["undecoded"].nonzero()[0]
    told = rows[places]
    # All that `undecoded_of` looks at.
    key = told["undecoded"].astype(np.int64) | told["link_type"].astype(np.int64) << 8
    key |= told["protocol"].astype(np.int64) << 24 | told["quoted_protocol"].astype(np.int64) << 32
    key |= (told["undecoded_at"] > 0).astype(np.int64) << 40
    _, first, counts = np.unique(key, return_index=True, return_counts=True)
    for place, number in zip(places[first].tolist(), counts.tolist(), strict=True):
        yield batch.row(place), number
