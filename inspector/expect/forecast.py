"""What the rest of an alignment must cost at least, told backwards and without symbols.

For every event and every position of the automaton: the cheapest way from there to the end, counting missing and
extra segments, wrong flags and swapped neighbours, and taking all numbers to be right. It is exact for the structure
and never above the true price, which is what `matching` needs to leave hopeless ways alone.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.expect.evaluation import EXTRA, IMPOSSIBLE, MISSING, SWAPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.expect.automaton import Automaton

__all__ = ["Forecast", "forecast"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """`rest[event][position]`: the least that events from `event` on can still cost, standing at `position`."""

    rest: list[array[int]]
    neighbours: list[tuple[int, ...]]
    """For each event those that may have been swapped with it: the next one, and the next that must be expected."""
    carried: Sequence[Sequence[int]]

    def swappable(self, index: int, first: int) -> list[int]:
        """The events after this one which the line `first` could be."""
        return [later for later in self.neighbours[index] if not self.carried[later][first]]


def forecast(automaton: Automaton, carried: Sequence[Sequence[int]], tolerated: Sequence[bool]) -> Forecast:
    """The forecast for events whose structural costs, by position, are `carried`."""
    count = len(carried)
    positions = range(len(automaton.lines))
    follow = [[successor for successor, _ in successors] for successors in automaton.follow]
    onward = [
        [successor for successor in successors if automaton.lines[successor] is not None] for successors in follow
    ]
    result = Forecast([array("q")] * (count + 1), _neighbours(tolerated), carried)
    last = [0 if position in automaton.accepting else IMPOSSIBLE for position in positions]
    _let_lines_be_missing(last, onward)
    result.rest[count] = array("q", last)
    for index in range(count - 1, -1, -1):
        later, prices = result.rest[index + 1], carried[index]
        passed = 0 if tolerated[index] else EXTRA
        taken = [price + rest for price, rest in zip(prices, later, strict=True)]
        here = [
            min([later[position] + passed, *[taken[successor] for successor in follow[position]]])
            for position in positions
        ]
        _let_neighbours_be_swapped(here, onward, result, index)
        _let_lines_be_missing(here, onward)
        result.rest[index] = array("q", here)
    return result


def _let_lines_be_missing(here: list[int], onward: list[list[int]]) -> None:
    """Lower each price to that of a successor whose line is missing, until nothing changes."""
    changed = True
    while changed:
        changed = False
        for position in range(len(here) - 1, -1, -1):
            if onward[position]:
                other = min([here[successor] for successor in onward[position]]) + MISSING
                if other < here[position]:
                    here[position] = other
                    changed = True


def _let_neighbours_be_swapped(here: list[int], onward: list[list[int]], known: Forecast, index: int) -> None:
    """Lower each price to that of its next two lines in the other order, if both fit."""
    fits = [price == 0 for price in known.carried[index]]
    for later in known.neighbours[index]:
        rest, prices = known.rest[later + 1], known.carried[later]
        for position, firsts in enumerate(onward):
            for first in firsts:
                if prices[first]:
                    continue
                for second in onward[first]:
                    if fits[second]:
                        here[position] = min(here[position], SWAPPED + rest[second])


def _neighbours(tolerated: Sequence[bool]) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = [()] * len(tolerated)
    counted: tuple[int, ...] = ()
    for index in range(len(tolerated) - 1, -1, -1):
        next_one = (index + 1,) if index + 1 < len(tolerated) else ()
        found[index] = next_one if next_one == counted else next_one + counted
        if not tolerated[index]:
            counted = (index,)
    return found
