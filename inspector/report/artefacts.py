"""What the capturing did to a capture, told apart from what the protocol did: counted, and named.

* a clock that steps back: a frame whose time is before that of the frame before it (several queues, or a clock set);
* segments longer than their receiver's MSS: seen before the network card cut them, or after it had joined them;
* checksums, where asked for: *partial* ones were left for the network card to finish, *wrong* ones are real damage.

What was sent and not captured is a finding of its segment (`tcp/judgement.py`). Copies of a frame, frames cut by a
snaplen, drops and damaged bytes are counted where they are found (`CaptureSummary`). Segments are counted while they
are kept, as all that is said of single segments.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from inspector.wire.row import NO_TIME, Checksum

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.tcp.model import Connection, TracedSegment
    from inspector.wire.batch import Batch

__all__ = ["Artefacts"]

_VERDICTS = {
    Checksum.CORRECT: "correct",
    Checksum.PARTIAL: "partial, left for the network card to finish",
    Checksum.WRONG: "wrong",
}


class Artefacts:
    """Fed with every batch; tells at the end."""

    def __init__(self) -> None:
        self.checksums: Counter[int] = Counter()
        self.steps_back = 0
        self._latest = NO_TIME

    def feed(self, batch: Batch) -> None:
        """Count what the rows of a batch show."""
        if batch.columnar:
            self._feed_columns(batch.rows[: batch.count])
            return
        for row in batch.rows[: batch.count]:
            self.checksums[row.checksum_verdict] += 1
            if row.time_ns != NO_TIME:
                self.steps_back += row.time_ns < self._latest
                self._latest = row.time_ns

    def _feed_columns(self, rows: Any) -> None:
        import numpy as np

        for verdict, number in enumerate(np.bincount(rows["checksum_verdict"]).tolist()):
            self.checksums[verdict] += number
        times = rows["time_ns"][rows["time_ns"] != NO_TIME]
        if len(times):
            self.steps_back += int((np.diff(times) < 0).sum()) + int(times[0] < self._latest)
            self._latest = int(times[-1])

    def told(self, connections: Iterable[Connection]) -> tuple[tuple[str, int], ...]:
        """Words and counts, those that are not zero: `(what, how many)`."""
        over_mss = sum(_is_over_mss(each, segment) for each in connections for segment in each.segments)
        counted = (
            ("of a time before that of the frame before: the clock steps back", self.steps_back),
            ("longer than the receiver's MSS: cut or joined by the network card (offload)", over_mss),
            *((f"of a checksum that is {words}", self.checksums[verdict]) for verdict, words in _VERDICTS.items()),
        )
        return tuple((words, number) for words, number in counted if number)


def _is_over_mss(connection: Connection, segment: TracedSegment) -> bool:
    mss = connection.end(segment.sender.other).mss
    return mss is not None and segment.row.payload_len > mss
