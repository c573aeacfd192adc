"""What both ends of a connection said, in the order in which each had said all that came before.

Capture duplicates say nothing twice, and a SYN that looked stray says nothing here. A segment that the capture says was
lost on its way was said all the same.
"""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING, NamedTuple

from inspector.findings import Side
from inspector.tcp.facts import Fact
from inspector.tcp.stream import Hole, Piece, Stream
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.tcp.watch import Pick

__all__ = ["Said", "Talk"]


class Said(NamedTuple):
    """A piece of the talk, or a hole in it."""

    side: Side
    what: Piece | Hole


class Talk:
    """The talk of one connection; of each end `limit` bytes are kept."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._streams = (Stream(limit), Stream(limit))
        self._heard = 0

    def hear(self, pick: Pick, payload: bytes) -> None:
        """Take a segment, in capture order, with what was captured of its payload."""
        row, facts = pick.row, pick.trace.facts
        if facts & (Fact.DUPLICATE | Fact.SYN_IN_CONNECTION):
            return
        if pick.takes >= 0:
            # Its SYN was shown to the connection before; its answer tells where the stream begins.
            self._streams[Side(pick.trace.side).other].add(row.ack - 1, b"", 0, 0, syn=True)
        self._heard += 1
        stream = self._streams[pick.trace.side]
        syn = bool(row.flags & Flag.SYN)
        stream.add(row.seq, payload, row.frame, self._heard, size=row.payload_len, syn=syn)

    def goes_on(self, side: Side) -> bool:
        """Whether this end said more than is kept."""
        return self._streams[side].beyond

    def said(self) -> Iterator[Said]:
        """All that is kept, in turn."""
        yield from merge(*(self._said_by(side) for side in Side), key=lambda each: each.what.order)

    def _said_by(self, side: Side) -> Iterator[Said]:
        return (Said(side, what) for what in self._streams[side].said())
