"""What of a connection is told turn by turn, and which runs are told at once.

Plain are data and acknowledgments that do nothing else: no state moves, nothing is found, no fact is true of them. The
first data and the first acknowledgment of it are told; later runs of more than _LONGEST plain segments become one
turn. Should the turns still be too many, the middle of them becomes one. Copies made by the capture are no turns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tcp.facts import Fact
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.tcp.model import TracedSegment

__all__ = ["copies_among", "turns"]

_LONGEST = 3
_MOST = 100
_KEPT = 40
"""Turns kept at either end, where there are too many."""


def turns(segments: Sequence[TracedSegment]) -> list[tuple[int, ...]]:
    """The places of the segments of each turn."""
    found = list(_turns(segments))
    if len(found) <= _MOST:
        return found
    middle = tuple(place for turn in found[_KEPT:-_KEPT] for place in turn)
    return [*found[:_KEPT], middle, *found[-_KEPT:]]


def copies_among(segments: Sequence[TracedSegment]) -> int:
    """How many are copies made by the capture."""
    return sum(bool(each.facts & Fact.DUPLICATE) for each in segments)


def _turns(segments: Sequence[TracedSegment]) -> Iterator[tuple[int, ...]]:
    run: list[int] = []
    told = set()
    before = None
    for place, each in enumerate(segments):
        if each.facts & Fact.DUPLICATE:
            continue
        kind = (each.sender, bool(each.row.payload_len))
        is_plain = each.states == before and _is_plain(each)
        is_first = kind not in told
        if is_plain or each.row.payload_len:
            told.add(kind)
        before = each.states
        if is_plain and not is_first:
            run.append(place)
            continue
        yield from _of_run(run)
        run = []
        yield (place,)
    yield from _of_run(run)


def _is_plain(traced: TracedSegment) -> bool:
    return not (traced.facts or traced.findings or traced.lost or traced.row.flags & ~(Flag.ACK | Flag.PSH))


def _of_run(run: list[int]) -> Iterator[tuple[int, ...]]:
    if len(run) > _LONGEST:
        yield tuple(run)
    else:
        yield from ((place,) for place in run)
