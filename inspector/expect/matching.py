"""The cheapest alignment of a sequence with what happened.

Every way to read the automaton is tried against every event, by dynamic programming over (event, position): a line
may match an event, differ from it, be missing, or two neighbours may have been swapped; an event may be passed over
(tolerated, or within `...`) or be extra. Among ways of equal price the one that matches more lines wins, then the one
written first.

Symbols make the price depend on the way taken. So each cell keeps several hypotheses, the cheapest for each set of
bindings that still matters there. Where a number is wrong, one hypothesis is that *this* number is wrong, another
that the symbol was bound by a wrong number before; the lines that follow decide between them.

Cost: O(events x steps x hypotheses), `steps` being the moves between positions. Search goes by growing budgets (nothing
wrong; little wrong; anything), and only the last visits all cells, so what matches takes time that follows its length.
At most `MOST_CELLS` events x steps, a clear error above; hypotheses are bounded by WIDTH, the one way in which the
result can be less than the best.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from inspector.errors import ExpectationError
from inspector.expect.automaton import START
from inspector.expect.evaluation import (
    EXTRA,
    IMPOSSIBLE,
    MISSING,
    NUMBER,
    SWAPPED,
    UNKNOWN,
    evaluate,
    prepare,
    solve,
    unknown,
)
from inspector.expect.notation import Relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.expect.automaton import Automaton
    from inspector.expect.evaluation import Bindings, Prepared
    from inspector.expect.subject import Event

__all__ = ["MOST_CELLS", "Matcher", "Move", "Step"]

MOST_CELLS = 4_000_000

_BUDGETS = (0, 15, 60, IMPOSSIBLE)
_WIDTH_EXACT = 64
_WIDTH = 6
_ONE = 1 << 24
"""A cost of one, in a number whose low digits count lines that did not match: one comparison orders both."""


class Move:
    """What a step of the alignment did (plain strings, they are only compared)."""

    MATCH = "match"
    MISSING = "missing"
    EXTRA = "extra"
    SWAP_FIRST = "swap-first"
    SWAP_SECOND = "swap-second"
    FREE = "free"
    """The way entered a `...`: the events up to the next step are its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the alignment, `position` being where it leads and `event` an index, or -1."""

    move: str
    position: int
    event: int
    forget: int = 0


_Trace = tuple["_Trace | None", Step]


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    """A way so far: its price, where it stands, what its symbols are, and its steps (linked backwards)."""

    cost: int
    position: int
    bindings: Bindings
    trace: _Trace | None


_Cells = dict[int, list[_Hypothesis]]
"""Hypotheses that await the events from an index on."""


class Matcher:
    """An automaton made ready to be aligned with any number of subjects."""

    def __init__(self, automaton: Automaton, peers: tuple[str, str], *, strict: bool, name: str) -> None:
        index = {symbol: place for place, symbol in enumerate(automaton.symbols)}
        self.automaton = automaton
        self.name = name
        self.strict = strict
        self.lines: tuple[Prepared | None, ...] = tuple(
            None if line is None else prepare(line, peers, index) for line in automaton.lines
        )
        self._live = tuple(tuple(place for place in range(len(index)) if mask >> place & 1) for mask in automaton.live)

    def align(self, events: tuple[Event, ...]) -> list[Step]:
        """The steps of the cheapest alignment, in order.

        ExpectationError where the work would pass `MOST_CELLS`.
        """
        if len(events) * self.automaton.steps > MOST_CELLS:
            raise ExpectationError(
                self.name,
                f"found {len(events):,} events against {self.automaton.steps:,} steps of the sequence, "
                f"expected at most {MOST_CELLS:,} for their product: describe a part, or shorten the capture",
            )
        for budget in _BUDGETS:
            found = _Search(self, events, budget).run()
            if found is not None:
                return _steps(found.trace)
        raise AssertionError("an unlimited search always ends: all may be missing and all extra")

    def relevant(self, position: int, bindings: Bindings) -> Bindings:
        """The bindings that lines after `position` still use."""
        return tuple(bindings[place] for place in self._live[position])


def _steps(trace: _Trace | None) -> list[Step]:
    steps = []
    while trace is not None:
        before, step = trace
        steps.append(step)
        trace = before
    return steps[::-1]


class _Search:
    """One pass over the events under a budget."""

    def __init__(self, matcher: Matcher, events: tuple[Event, ...], budget: int) -> None:
        self.matcher = matcher
        self.events = events
        self.budget = (budget + 1) * _ONE
        self.exact = budget == 0
        self.width = _WIDTH_EXACT if self.exact else _WIDTH
        self.waiting: dict[int, list[_Hypothesis]] = {}
        self.tolerated = [bool(event.tolerated) and not matcher.strict for event in events]
        self.after = _next_that_counts(self.tolerated)

    def run(self) -> _Hypothesis | None:
        """The cheapest whole way, or None within this budget."""
        start = _Hypothesis(_ONE // 2, START, (None,) * len(self.matcher.automaton.symbols), None)
        self.waiting[0] = [start]
        for index in range(len(self.events)):
            cells = self._settle(self.waiting.pop(index, []))
            for hypotheses in cells.values():
                for hypothesis in hypotheses:
                    self._consume(hypothesis, index)
            if not self.waiting:
                return None
        accepting = self.matcher.automaton.accepting
        ends = [
            hypothesis
            for position, hypotheses in self._settle(self.waiting.pop(len(self.events), [])).items()
            if position in accepting
            for hypothesis in hypotheses
        ]
        return min(ends, key=lambda hypothesis: hypothesis.cost, default=None)

    def _wait(self, index: int, hypothesis: _Hypothesis) -> None:
        if hypothesis.cost < self.budget:
            self.waiting.setdefault(index, []).append(hypothesis)

    def _settle(self, arrived: list[_Hypothesis]) -> _Cells:
        """All that is reached without an event (lines may be missing), the cheapest for each set of bindings."""
        order = count()
        heap = [(hypothesis.cost, next(order), hypothesis) for hypothesis in arrived]
        heapify(heap)
        cells: _Cells = {}
        seen: set[tuple[int, Bindings]] = set()
        while heap:
            cost, _, hypothesis = heappop(heap)
            position = hypothesis.position
            key = (position, self.matcher.relevant(position, hypothesis.bindings))
            kept = cells.setdefault(position, [])
            if key in seen or len(kept) >= self.width:
                continue
            seen.add(key)
            kept.append(hypothesis)
            if self.exact or cost + MISSING * _ONE >= self.budget:
                continue
            for missing in self._missing(hypothesis):
                heappush(heap, (missing.cost, next(order), missing))
        return cells

    def _missing(self, hypothesis: _Hypothesis) -> Iterator[_Hypothesis]:
        for successor, forget in self.matcher.automaton.follow[hypothesis.position]:
            if self.matcher.lines[successor] is not None:
                yield _Hypothesis(
                    hypothesis.cost + MISSING * _ONE,
                    successor,
                    _forgotten(hypothesis.bindings, forget),
                    (hypothesis.trace, Step(Move.MISSING, successor, -1, forget)),
                )

    def _consume(self, hypothesis: _Hypothesis, index: int) -> None:
        """What `hypothesis` may make of the event at `index`."""
        event = self.events[index]
        for successor, forget in self.matcher.automaton.follow[hypothesis.position]:
            bindings = _forgotten(hypothesis.bindings, forget) if forget else hypothesis.bindings
            line = self.matcher.lines[successor]
            if line is None:
                self._wait(index + 1, self._freed(hypothesis, successor, bindings, index, forget))
                continue
            for cost, bound in self._ways(line, event, bindings):
                trace = (hypothesis.trace, Step(Move.MATCH, successor, index, forget))
                self._wait(index + 1, _Hypothesis(hypothesis.cost + cost * _ONE - 1, successor, bound, trace))
            if not self.exact:
                self._swap(hypothesis, successor, forget, bindings, index)
        if self.tolerated[index]:
            self._wait(index + 1, hypothesis)
        elif not self.exact:
            trace = (hypothesis.trace, Step(Move.EXTRA, hypothesis.position, index))
            cost = hypothesis.cost + EXTRA * _ONE
            self._wait(index + 1, _Hypothesis(cost, hypothesis.position, hypothesis.bindings, trace))

    @staticmethod
    def _freed(hypothesis: _Hypothesis, successor: int, bindings: Bindings, index: int, forget: int) -> _Hypothesis:
        """The event falls into a `...`, which leaves no step but the one that entered it."""
        if successor == hypothesis.position:
            return hypothesis
        trace = (hypothesis.trace, Step(Move.FREE, successor, index, forget))
        return _Hypothesis(hypothesis.cost, successor, bindings, trace)

    def _ways(self, line: Prepared, event: Event, bindings: Bindings) -> Iterator[tuple[int, Bindings]]:
        """`(cost, bindings)` of taking `event` for `line`; a number is wrong, or tells of a wrong one before."""
        cost, bound, wrong = evaluate(line, event, bindings)
        if self.exact:
            if cost == 0:
                yield cost, bound
            return
        if cost >= MISSING + EXTRA:
            return
        yield cost + UNKNOWN * unknown(line, bound), bound
        for check in wrong[:2]:
            actual = event.value(check.name)
            if check.relation is not Relation.EQUAL or actual is None:
                continue
            for symbol, _ in check.low[1]:
                value = solve(check, symbol, actual, bound)
                if value is not None:
                    rebound = (*bindings[:symbol], value, *bindings[symbol + 1 :])
                    again, after, _ = evaluate(line, event, rebound)
                    yield NUMBER + again + UNKNOWN * unknown(line, after), after

    def _swap(self, hypothesis: _Hypothesis, first: int, forget: int, bindings: Bindings, index: int) -> None:
        """The line `first` may be the event after this one, and the line after it this one."""
        later = self.after[index]
        line = self.matcher.lines[first]
        if later >= len(self.events) or line is None or self.tolerated[index]:
            return
        cost, bound, _ = evaluate(line, self.events[later], bindings)
        if cost:
            return
        for second, forget_more in self.matcher.automaton.follow[first]:
            other = self.matcher.lines[second]
            if other is None:
                continue
            more, after, _ = evaluate(other, self.events[index], _forgotten(bound, forget_more))
            if more:
                continue
            trace: _Trace = (hypothesis.trace, Step(Move.SWAP_FIRST, first, later, forget))
            trace = (trace, Step(Move.SWAP_SECOND, second, index, forget_more))
            price = hypothesis.cost + SWAPPED * _ONE - 2
            self._wait(later + 1, _Hypothesis(price, second, after, trace))


def _forgotten(bindings: Bindings, forget: int) -> Bindings:
    if not forget:
        return bindings
    return tuple(None if forget >> place & 1 else value for place, value in enumerate(bindings))


def _next_that_counts(tolerated: list[bool]) -> list[int]:
    """For each event the next one that may not be passed over; their number where there is none."""
    after = [len(tolerated)] * len(tolerated)
    for index in range(len(tolerated) - 2, -1, -1):
        after[index] = after[index + 1] if tolerated[index + 1] else index + 1
    return after
