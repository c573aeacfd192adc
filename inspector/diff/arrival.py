"""What one capture has and the other has not: lost on the way, or only not captured there.

A segment that takes numbers (data, SYN, FIN) did pass the other's place where that capture has an acknowledgment of
them and never the numbers themselves: whoever acknowledged them had got them, and not by a repetition that was seen.
Nothing can be said of a plain acknowledgment.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from inspector.expect.flags import ACK, RST
from inspector.findings import Side
from inspector.tcp.sequence import ahead

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.expect.subject import Event

__all__ = ["Arrivals"]


class Arrivals:
    """What one capture of a connection says of the numbers of both ends."""

    def __init__(self, events: Iterable[Event]) -> None:
        segments = [each for each in events if each.is_segment and not each.flags & RST]
        self._of = {side: _Numbers(segments, side) for side in Side}

    def tell_of(self, event: Event) -> bool:
        """Whether a segment that this capture has not, though the other one has it, did pass its place."""
        if not event.is_segment or not event.seg_len or event.flags & RST:
            return False
        return self._of[event.sender].are_acknowledged_unseen(event.value("seq") or 0, event.seg_len)


class _Numbers:
    """Those of one end, counted from the first that was seen: which were sent, and how far they are acknowledged."""

    def __init__(self, segments: list[Event], side: Side) -> None:
        sent = [(each.value("seq") or 0, each.seg_len) for each in segments if each.sender is side]
        acknowledged = [each.value("ack") or 0 for each in segments if each.sender is side.other and each.flags & ACK]
        self._base = sent[0][0] if sent else acknowledged[0] if acknowledged else 0
        self._acknowledged = max((ahead(ack, self._base) for ack in acknowledged), default=None)
        spans = sorted((ahead(seq, self._base), length) for seq, length in sent if length)
        self._begins = [begin for begin, _ in spans]
        self._reach = list(accumulate((begin + length for begin, length in spans), max))
        """How far those go that begin no later."""

    def are_acknowledged_unseen(self, seq: int, length: int) -> bool:
        """Whether these are acknowledged, though none of them was seen."""
        begin = ahead(seq, self._base)
        if self._acknowledged is None or self._acknowledged < begin + length:
            return False
        earlier = bisect_left(self._begins, begin + length)
        return not earlier or self._reach[earlier - 1] <= begin
