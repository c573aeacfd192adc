"""Where two words differ: a segment as both read it, and what both read before it in the same connection.

What a rule may ask about the past is asked here, and only where something differs: nothing of this runs on what agrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.tcp.sequence import ahead, plus
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.referee.opinion import Opinion
    from inspector.tcp.model import TracedSegment
    from inspector.wire.row import Row

__all__ = ["Pair", "Place", "end_of"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A segment and what tshark says of it."""

    traced: TracedSegment
    opinion: Opinion | None
    """None where tshark has no such segment."""

    @property
    def row(self) -> Row:
        """The segment as we decoded it."""
        return self.traced.row


@dataclass(frozen=True, slots=True)
class Place:
    """A label that only one of both gives a segment."""

    label: str
    theirs: bool
    """Whether it is tshark that gives it."""
    pair: Pair
    opinion: Opinion
    before: Sequence[Pair]
    """Earlier segments of our connection, in the order of the capture."""
    after: Sequence[Pair]
    """Later ones: tshark reads a capture twice, and knows of them."""
    is_grouped_apart: bool
    """Whether tshark's stream and our connection do not hold the same frames."""
    misses_segments: bool
    """Whether tshark reads segments in this stream that we do not."""

    @property
    def row(self) -> Row:
        """The segment as we decoded it."""
        return self.pair.row

    @property
    def facts(self) -> int:
        """Our facts about it."""
        return self.pair.traced.facts

    def mine(self) -> Iterator[Pair]:
        """Earlier segments of the same sender, the latest first."""
        return (pair for pair in reversed(self.before) if pair.traced.sender is self.pair.traced.sender)

    def peers(self) -> Iterator[Pair]:
        """Earlier segments of the other end, the latest first."""
        return (pair for pair in reversed(self.before) if pair.traced.sender is not self.pair.traced.sender)

    def ends(self) -> list[int]:
        """The number after each of them, the latest first, but for resets."""
        return [end_of(pair.row) for pair in self.mine() if not pair.row.flags & Flag.RST]

    def holes(self) -> Iterator[int]:
        """Where a gap in what the peer was seen to send begins, for each that the row's acknowledgment is beyond."""
        seen: int | None = None
        for pair in reversed(list(self.peers())):
            if seen is not None and ahead(pair.row.seq, seen) > 0 and ahead(self.row.ack, seen) > 0:
                yield seen
            if not pair.row.flags & Flag.RST:
                seen = end_of(pair.row) if seen is None or ahead(end_of(pair.row), seen) > 0 else seen


def end_of(row: Row) -> int:
    """The number after a segment's last."""
    return plus(row.seq, row.payload_len + (row.flags & Flag.SYN > 0) + (row.flags & Flag.FIN > 0))
