"""What the capturing did to a capture, told apart from what the protocol did: counted, and named.

* a clock that steps back: a frame whose time is before that of the frame before it (several queues, or a clock set);
* segments longer than their receiver's MSS: seen before the network card cut them, or after it had joined them;
* checksums, where asked for: *partial* ones were left for the network card to finish, *wrong* ones are real damage.

What was sent and not captured is a finding of its segment (`tcp/judgement.py`). Copies of a frame, frames cut by a
snaplen, drops and damaged bytes are counted where they are found (`CaptureSummary`). Segments are counted while they
are kept, as all that is said of single segments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.language import marked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.tcp.model import Connection, TracedSegment
    from inspector.wire.survey import Totals

__all__ = ["artefacts_of"]


def artefacts_of(totals: Totals, connections: Iterable[Connection]) -> tuple[tuple[str, int], ...]:
    """Words and counts, those that are not zero: `(what, how many)`."""
    over_mss = sum(_is_over_mss(each, segment) for each in connections for segment in each.segments)
    counted = (
        (marked("of a time before that of the frame before: the clock steps back"), totals.steps_back),
        (marked("longer than the receiver's MSS: cut or joined by the network card (offload)"), over_mss),
        (marked("of a checksum that is correct"), totals.correct),
        (marked("of a checksum that is partial, left for the network card to finish"), totals.partial),
        (marked("of a checksum that is wrong"), totals.wrong),
    )
    return tuple((words, number) for words, number in counted if number)


def _is_over_mss(connection: Connection, segment: TracedSegment) -> bool:
    mss = connection.end(segment.sender.other).mss
    return mss is not None and segment.row.payload_len > mss
