"""What is surely the same segment in both captures: fixed points between which there is little left to align.

A segment that is there once in each, all of it alike, is an anchor; the longest run of them that stands in one order
in both is kept (patience, as in comparing texts). First with what tells a segment from its repetition, though no
sequence can say it: the identification of its IP datagram, and its TCP timestamps. Then without, for the way may have
changed these.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

__all__ = ["Gap", "anchors_of", "gaps_of"]

Gap = tuple[range, range]
"""What lies between two anchors, in A and in B."""


def anchors_of(ones: Sequence[Sequence[Hashable]], others: Sequence[Sequence[Hashable]]) -> list[tuple[int, int]]:
    """Places of the same segment in both; each is given by its keys, the strictest first."""
    anchors: list[tuple[int, int]] = []
    for strictness in range(len(ones[0]) if ones else 0):
        found = list(anchors)
        for mine, theirs in gaps_of(anchors, len(ones), len(others)):
            found += _once_in_each(
                [ones[i][strictness] for i in mine], [others[j][strictness] for j in theirs], mine, theirs
            )
        anchors = sorted(found)
    return anchors


def gaps_of(anchors: list[tuple[int, int]], ones: int, others: int) -> Iterator[Gap]:
    """What lies between them; nowhere is nothing on both sides."""
    i = j = 0
    for one, other in [*anchors, (ones, others)]:
        if i < one or j < other:
            yield range(i, one), range(j, other)
        i, j = one + 1, other + 1


def _once_in_each(ones: list[Hashable], others: list[Hashable], mine: range, theirs: range) -> list[tuple[int, int]]:
    counted, their_count = Counter(ones), Counter(others)
    places = {key: place for place, key in zip(theirs, others, strict=True) if their_count[key] == 1}
    pairs = [(place, places[key]) for place, key in zip(mine, ones, strict=True) if counted[key] == 1 and key in places]
    return _in_one_order(pairs)


def _in_one_order(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run in which both places grow."""
    ends: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(pairs):
        pile = bisect_left(ends, place)
        before.append(piles[pile - 1] if pile else -1)
        ends[pile : pile + 1] = [place]
        piles[pile : pile + 1] = [index]
    index = piles[-1] if piles else -1
    run = []
    while index >= 0:
        run.append(pairs[index])
        index = before[index]
    return run[::-1]
