"""What of a connection is drawn, and what is folded into one line.

Open stay the segments that a lesson or a diagnosis needs: those with SYN, FIN or RST, those that move a
state, those that a difference, a finding or a program of a demo says something of. Runs of the rest
(data and its ACKs) are folded when they are long. Nothing is left out unsaid: a fold counts its segments,
bytes and findings.

Two runs deep: should the open ones still be too many (a storm of resets, thousands of losses), the middle
of them is folded too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.language import shown, shown_n
from inspector.report.words import listed
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.tcp.model import TracedSegment

__all__ = ["LONGEST_OPEN_RUN", "MOST_OPEN", "Fold", "Shown", "folded"]

LONGEST_OPEN_RUN = 12
MOST_OPEN = 80
_ENDS_KEPT = 24
_EDGE = 2
"""Segments that stay open at either end of a folded run: the reader sees it start and end."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A segment to draw, and the time of the one before it."""

    segment: TracedSegment
    index: int


@dataclass(frozen=True, slots=True)
class Fold:
    """A run of segments that one line stands for."""

    segments: tuple[TracedSegment, ...]

    @property
    def frames(self) -> str:
        """`5-184`."""
        return f"{self.segments[0].row.frame}-{self.segments[-1].row.frame}"

    def summary(self) -> str:
        """`120 segments of data, 173,760 bytes, 60 ACKs, 2 retransmissions of data`."""
        carrying = [traced for traced in self.segments if traced.row.payload_len]
        bare = sum(1 for traced in self.segments if _is_bare_ack(traced))
        other = len(self.segments) - len(carrying) - bare
        parts = []
        if carrying:
            parts.append(shown_n("{n:,} segment of data", "{n:,} segments of data", len(carrying)))
            parts.append(shown_n("{n:,} byte", "{n:,} bytes", sum(traced.row.payload_len for traced in carrying)))
        if bare:
            parts.append(shown_n("{n:,} ACK", "{n:,} ACKs", bare))
        if other:
            parts.append(shown_n("{n:,} other segment", "{n:,} other segments", other))
        notable = self._notable()
        if notable:
            parts.append(shown("among them {what}", what=listed(notable)))
        return listed(parts)

    def _notable(self) -> list[str]:
        labels = Counter(traced.label for traced in self.segments)
        special = [(label, number) for label, number in labels.most_common() if label not in {"data", "ACK"}]
        found = Counter(finding.kind for traced in self.segments for finding in traced.findings)
        notable = [shown("{number:,} x {label}", number=number, label=shown(label)) for label, number in special[:4]]
        return notable + [
            shown_n("{n:,} finding {kind}", "{n:,} findings {kind}", number, kind=kind)
            for kind, number in found.most_common()
        ]


def folded(segments: Sequence[TracedSegment], pointed_at: frozenset[int], *, verbose: bool) -> list[Shown | Fold]:
    """`segments` as what is drawn, in order; `pointed_at` are frames that something is said about."""
    if verbose:
        return [Shown(segment, index) for index, segment in enumerate(segments)]
    must_show = [_is_open(segments, index, pointed_at) for index in range(len(segments))]
    items = _without_long_runs(segments, must_show)
    if sum(isinstance(item, Shown) for item in items) > MOST_OPEN:
        items = _without_middle(items)
    return items


def _is_open(segments: Sequence[TracedSegment], index: int, pointed_at: frozenset[int]) -> bool:
    traced = segments[index]
    before = segments[index - 1].states if index else None
    return bool(
        traced.row.flags & (Flag.SYN | Flag.FIN | Flag.RST)
        or traced.states != before
        or traced.findings
        or traced.row.frame in pointed_at
    )


def _is_bare_ack(traced: TracedSegment) -> bool:
    return not traced.row.payload_len and not traced.row.flags & (Flag.SYN | Flag.FIN | Flag.RST)


def _without_long_runs(segments: Sequence[TracedSegment], must_show: Sequence[bool]) -> list[Shown | Fold]:
    items: list[Shown | Fold] = []
    start = 0
    while start < len(segments):
        end = start + 1
        while end < len(segments) and must_show[end] == must_show[start]:
            end += 1
        run = [Shown(segments[index], index) for index in range(start, end)]
        if must_show[start] or len(run) <= LONGEST_OPEN_RUN:
            items += run
        else:
            items += run[:_EDGE]
            items.append(Fold(tuple(segments[start + _EDGE : end - _EDGE])))
            items += run[-_EDGE:]
        start = end
    return items


def _without_middle(items: list[Shown | Fold]) -> list[Shown | Fold]:
    middle: list[TracedSegment] = []
    for item in items[_ENDS_KEPT:-_ENDS_KEPT]:
        middle += item.segments if isinstance(item, Fold) else (item.segment,)
    return [*items[:_ENDS_KEPT], Fold(tuple(middle)), *items[-_ENDS_KEPT:]]
