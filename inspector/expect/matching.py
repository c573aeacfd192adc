"""The cheapest alignment of a sequence with what happened.

Every way to read the automaton is tried against every event: a line may match an event, differ from it, be missing, or
two neighbours may have been swapped; an event may be passed over (tolerated, or within `...`) or be extra. Among ways
of equal price the one wins that keeps more of the times, silences and states between lines (`timing`), then the one
that has more lines matched, then the one written first.

What a teacher would mark, which the prices of `evaluation` bring about (`tests/expect/test_teacher.py` has the cases):

* A segment in its place stays that segment, with whatever is wrong in it, each wrong field named.
* One wrong number is better than a missing segment, a missing one better than two wrong numbers in two segments, and
  two neighbours in the other order better than both, also if one of their numbers is wrong.
* A segment that some line expects is rather that than one too many: of a repeated request and answer without the answer
  the answer is missing. But one that is there twice in a row is one too many.
* Which number is wrong is put to the vote of all that use it (`reading`), so the mistake is at its source.
* What follows from a mistake is none (`consequences`): states, times, acknowledgments of what was sent wrongly.
* Where the first segment leaves open who the originator is, the casting with fewer differences counts (`comparison`).

1. A search that allows nothing wrong. What matches ends here, in time that follows its length.
2. `forecast`: for every event and position, what the rest must cost at least, by structure alone (senders, flags, data
   or none; no numbers). Backwards, no symbols, so exact: O(events x steps), `steps` being the moves between positions.
3. Searches with the numbers, forwards, under growing budgets above what the structure costs. The forecast keeps them
   near the cheapest ways; with the last budget nothing is left out.

Symbols make the price depend on the way taken. So each cell (event, position) keeps several hypotheses, the cheapest
for each set of bindings that still matters there. Where a number is wrong, one hypothesis is that *this* number is
wrong, another that the symbol was bound by a wrong number before; the lines that follow decide between them.

Bounds, with a clear error above them: `MOST_CELLS` events x steps where something is wrong, `MOST_WORK` moves in all
searches with the numbers, and as many in the first. A cell keeps at most `_WIDTH` hypotheses, which is the one way in
which the result can be less than the best. Measured on 10,000 segments, in processor seconds of a busy machine: 0.7
where all is as expected, 3 with one difference, 7 to 10 with three hundred; the worst hostile sequence found took 17.
"""

from __future__ import annotations

from dataclasses import replace
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, NoReturn

from inspector.errors import ExpectationError
from inspector.expect.alignment import Alignment, Move, Step, steps_of
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
    structural_cost,
)
from inspector.expect.forecast import forecast
from inspector.expect.timing import Timing, writes_times
from inspector.expect.ways import (
    FREE_OF_COST,
    LATE,
    ONE,
    OWED,
    Hypothesis,
    agreeing,
    forgotten,
    only_bound,
    owed,
    rank_by,
    used_after,
)
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.expect.alignment import Trace
    from inspector.expect.automaton import Automaton
    from inspector.expect.evaluation import Bindings, Prepared
    from inspector.expect.forecast import Forecast
    from inspector.expect.subject import Event

__all__ = ["MOST_CELLS", "MOST_WORK", "Matcher"]

MOST_CELLS = 5_000_000
MOST_WORK = 1_500_000

_BUDGETS = (0, 15, 60, 240, 960, IMPOSSIBLE)
"""Above what the structure alone costs."""

_WIDTH_EXACT = 16
_WIDTH = 6
_HALF = 1 << 31
_DOUBLED = 2
"""What is seen twice in a row is too many, rather than one of two between which something is missing: more than the one
line more that would match then."""

_Way = tuple[int, "Bindings", tuple[int, ...]]
"""A price, the bindings after it, and the uses of each symbol."""

_Cells = dict[int, list[Hypothesis]]
"""Hypotheses by the position where they stand."""


class Matcher:
    """An automaton made ready to be aligned with any number of subjects."""

    def __init__(self, automaton: Automaton, peers: tuple[str, str], *, strict: bool, name: str) -> None:
        index = {symbol: place for place, symbol in enumerate(automaton.symbols)}
        self.automaton = automaton
        self.peers = peers
        self.name = name
        self.strict = strict
        self.lines: tuple[Prepared | None, ...] = tuple(
            None if line is None else prepare(line, peers, index) for line in automaton.lines
        )
        self._live = tuple(tuple(place for place in range(len(index)) if mask >> place & 1) for mask in automaton.live)
        self._carried: dict[object, tuple[int, ...]] = {}
        self.writes_times = writes_times(automaton)
        self.rank = rank_by(automaton)

    def align(self, events: tuple[Event, ...]) -> Alignment:
        """The cheapest alignment.

        ExpectationError where the work would pass `MOST_CELLS` or `MOST_WORK`.
        """
        tolerated = self._tolerated(events)
        carried = [self.carried(event) for event in events]
        found = _Search(self, events, tolerated, carried, None, 0).run()
        if found is None:
            if len(events) * self.automaton.steps > MOST_CELLS:
                self._refuse(events, said("expected at most {most:,} for their product", most=MOST_CELLS))
            ahead = forecast(self.automaton, carried, tolerated)
            work = 0
            for budget in _BUDGETS:
                search = _Search(self, events, tolerated, carried, ahead, budget)
                search.work = work
                found, work = search.run(), search.work
                if found is not None:
                    break
        if found is None:
            raise AssertionError("an unlimited search always ends: all may be missing and all extra")
        return Alignment(steps_of(found.trace), found.bindings, found.cost // ONE)

    def fits(self, events: tuple[Event, ...]) -> bool:
        """Whether there is a way with nothing wrong: what `align` asks first."""
        carried = [self.carried(event) for event in events]
        return _Search(self, events, self._tolerated(events), carried, None, 0).run() is not None

    def _tolerated(self, events: tuple[Event, ...]) -> list[bool]:
        return [bool(event.tolerated) and not self.strict for event in events]

    def refuse_work(self, events: Sequence[Event]) -> NoReturn:
        """Complain that there are too many ways."""
        self._refuse(events, said("expected at most {most:,} moves in all their ways", most=MOST_WORK))

    def _refuse(self, events: Sequence[Event], expected: str) -> NoReturn:
        raise ExpectationError(
            self.name,
            said(
                "does not match, and {events:,} events against {steps:,} steps of the sequence are too many to find the"
                " nearest way, {expected}: describe a part, or compare a shorter capture",
                events=len(events),
                steps=self.automaton.steps,
                expected=expected,
            ),
        )

    def carried(self, event: Event) -> tuple[int, ...]:
        """What it costs structurally to take `event` for the line of each position."""
        shape = event.shape
        if shape not in self._carried:
            self._carried[shape] = tuple(0 if line is None else structural_cost(line, event) for line in self.lines)
        return self._carried[shape]

    def relevant(self, position: int, bindings: Bindings) -> Bindings:
        """The bindings that lines after `position` still use."""
        return tuple([bindings[place] for place in self._live[position]])


class _Search:
    """One pass over the events under a budget; without a forecast, for a way with nothing wrong."""

    def __init__(  # noqa: PLR0913 - what every pass shares, and the two things in which they differ
        self,
        matcher: Matcher,
        events: tuple[Event, ...],
        tolerated: list[bool],
        carried: list[tuple[int, ...]],
        forecast: Forecast | None,
        budget: int,
    ) -> None:
        self.matcher = matcher
        self.events = events
        self.tolerated = tolerated
        self.carried = carried
        self.ahead = forecast
        self.exact = forecast is None
        least = 0 if forecast is None else forecast.rest[0][START]
        self.budget = (least + budget + 1) * ONE
        self.width = _WIDTH_EXACT if self.exact else _WIDTH
        self.waiting: dict[int, list[Hypothesis]] = {}
        self.work = 0
        self.timing: Timing | None = None
        if matcher.writes_times:
            self.timing = Timing(matcher.automaton, events, tolerated, matcher.peers)

    def run(self) -> Hypothesis | None:
        """The cheapest whole way, or None within this budget."""
        count = len(self.matcher.automaton.symbols)
        start = Hypothesis(FREE_OF_COST, START, (None,) * count, (0,) * count, None)
        self.waiting[0] = [start]
        for index in range(len(self.events)):
            if not self.waiting:
                return None
            for hypotheses in self._settle(self.waiting.pop(index, []), index).values():
                for hypothesis in hypotheses:
                    self._consume(hypothesis, index)
        accepting = self.matcher.automaton.accepting
        last = len(self.events)
        ends = [
            hypothesis
            for position, hypotheses in self._settle(self.waiting.pop(last, []), last).items()
            if position in accepting
            for hypothesis in hypotheses
        ]
        return min(ends, key=self._at_end, default=None)

    def _at_end(self, hypothesis: Hypothesis) -> int:
        broken = 0 if self.timing is None else self.timing.at_end(hypothesis.position, hypothesis.last)
        return hypothesis.cost + broken * LATE

    def _affords(self, cost: int, index: int, position: int) -> bool:
        """Whether a way at this price, before the event at `index`, may still end within the budget."""
        if self.ahead is not None:
            cost += self.ahead.rest[index][position] * ONE
        return cost < self.budget

    def _wait(self, index: int, hypothesis: Hypothesis) -> None:
        if self._affords(hypothesis.cost, index, hypothesis.position):
            self.waiting.setdefault(index, []).append(hypothesis)

    def _settle(self, arrived: list[Hypothesis], index: int) -> _Cells:
        """All that is reached without an event (lines may be missing), the cheapest for each set of bindings."""
        order = count()
        rank = self.matcher.rank
        heap = [(rank(hypothesis), next(order), hypothesis) for hypothesis in arrived]
        heapify(heap)
        cells: _Cells = {}
        seen: set[tuple[int, Bindings]] = set()
        while heap:
            _, _, hypothesis = heappop(heap)
            position = hypothesis.position
            key = (position, self.matcher.relevant(position, hypothesis.bindings))
            kept = cells.setdefault(position, [])
            if key in seen or len(kept) >= self.width:
                continue
            seen.add(key)
            kept.append(hypothesis)
            if not self.exact:
                self._count(position)
                for missing in self._missing(hypothesis, index):
                    heappush(heap, (rank(missing), next(order), missing))
        return cells

    def _count(self, position: int) -> None:
        """The moves from a position, counted against the bound."""
        self.work += len(self.matcher.automaton.follow[position])
        if self.work > MOST_WORK:
            self.matcher.refuse_work(self.events)

    def _missing(self, hypothesis: Hypothesis, index: int) -> Iterator[Hypothesis]:
        cost = hypothesis.cost + MISSING * ONE
        for successor, forget in self.matcher.automaton.follow[hypothesis.position]:
            if self.matcher.lines[successor] is not None and self._affords(cost, index, successor):
                bindings = forgotten(hypothesis.bindings, forget)
                trace = (hypothesis.trace, Step(Move.MISSING, successor, -1, forget))
                uses = owed(self.matcher.lines[successor], bindings, hypothesis.uses)
                late = self._late(hypothesis, successor)
                yield Hypothesis(cost + late, successor, bindings, uses, trace)

    def _late(self, hypothesis: Hypothesis, successor: int) -> int:
        """What a move to a line that is missing, or to a `...`, breaks of the marks between."""
        if self.timing is None:
            return 0
        return self.timing.of_move(hypothesis.position, successor, hypothesis.last, -1) * LATE

    def _consume(self, hypothesis: Hypothesis, index: int) -> None:
        """What `hypothesis` may make of the event at `index`."""
        carried = self.carried[index]
        self._count(hypothesis.position)
        most = 0 if self.exact else MISSING + EXTRA - 1
        for successor, forget in self.matcher.automaton.follow[hypothesis.position]:
            if self.matcher.lines[successor] is None:
                self._free(hypothesis, successor, index, forget)
                continue
            if carried[successor] <= most:
                self._match(hypothesis, successor, index, forget)
            if self.ahead is not None:
                for later in self.ahead.swappable(index, successor):
                    self._swap(hypothesis, successor, (index, later), forget)
        if self.tolerated[index]:
            self._wait(index + 1, hypothesis)
        elif not self.exact:
            trace = (hypothesis.trace, Step(Move.EXTRA, hypothesis.position, index))
            cost = hypothesis.cost + EXTRA * ONE - _DOUBLED * self._is_doubled(index)
            self._wait(index + 1, replace(hypothesis, cost=cost, trace=trace))

    def _is_doubled(self, index: int) -> bool:
        """Whether an event is the segment before it once more."""
        one, two = self.events[max(index - 1, 0)], self.events[index]
        same = (one.sender, one.flags, one.numbers) == (two.sender, two.flags, two.numbers)
        return index > 0 and two.is_segment and same

    def _free(self, hypothesis: Hypothesis, successor: int, index: int, forget: int) -> None:
        """The event falls into a `...`, which leaves no step but the one that entered it."""
        if successor != hypothesis.position:
            trace = (hypothesis.trace, Step(Move.FREE, successor, index, forget))
            bindings = forgotten(hypothesis.bindings, forget)
            cost = hypothesis.cost + self._late(hypothesis, successor)
            hypothesis = replace(hypothesis, cost=cost, position=successor, bindings=bindings, trace=trace)
        self._wait(index + 1, hypothesis)

    def _match(self, hypothesis: Hypothesis, successor: int, index: int, forget: int) -> None:
        carried = self.carried[index][successor]
        if not self._affords(hypothesis.cost + carried * ONE - 1, index + 1, successor):
            return
        line = self.matcher.lines[successor]
        if line is None:
            return
        bindings = forgotten(hypothesis.bindings, forget)
        trace = (hypothesis.trace, Step(Move.MATCH, successor, index, forget))
        uses = hypothesis.uses if bindings is hypothesis.bindings else only_bound(hypothesis.uses, bindings)
        so_far = hypothesis.cost - 1
        if self.timing is not None:
            so_far += self.timing.of_line(hypothesis.position, successor, hypothesis.last, index) * LATE
        for cost, bound, used in self._ways(line, self.events[index], bindings, uses):
            price = so_far + (carried + cost) * ONE
            self._wait(index + 1, Hypothesis(price, successor, bound, used, trace, index))

    def _ways(self, line: Prepared, event: Event, bindings: Bindings, uses: tuple[int, ...]) -> Iterator[_Way]:
        """What the numbers may cost: one is wrong, or tells that those were wrong which bound its symbol before."""
        found = evaluate(line, event, bindings)
        if self.exact:
            if found.cost == 0:
                yield 0, found.bindings, uses
            return
        empty = OWED in uses and any(
            use == OWED and value is not None and not 0 < value < _HALF
            for use, value in zip(uses, found.bindings, strict=True)
        )
        yield found.cost + UNKNOWN * found.unknown + NUMBER * empty, found.bindings, used_after(line, found, uses)
        for check in found.wrong[:2]:
            actual = event.numbers[check.index]
            if not check.equation or actual is None:
                continue
            for symbol, _ in check.low[1]:
                value = solve(check, symbol, actual, found.bindings)
                if value is not None:
                    again = evaluate(line, event, (*bindings[:symbol], value, *bindings[symbol + 1 :]))
                    cost = NUMBER * max(uses[symbol], 0) + again.cost + UNKNOWN * again.unknown
                    anew = (*uses[:symbol], 0, *uses[symbol + 1 :])
                    yield cost, again.bindings, used_after(line, again, anew)

    def _swap(self, hypothesis: Hypothesis, first: int, pair: tuple[int, int], forget: int) -> None:
        """The line `first` is the later event of the pair, the line after it the earlier.

        One number may be wrong, if another speaks for them.
        """
        index, later = pair
        line = self.matcher.lines[first]
        if line is None:
            return
        before = forgotten(hypothesis.bindings, forget)
        found = evaluate(line, self.events[later], before)
        if len(found.wrong) > 1:
            return
        for second, forget_more in self.matcher.automaton.follow[first]:
            other = self.matcher.lines[second]
            if other is None or self.carried[index][second]:
                continue
            between = forgotten(found.bindings, forget_more)
            more = evaluate(other, self.events[index], between)
            wrong = len(found.wrong) + len(more.wrong)
            if wrong > 1 or (wrong and not agreeing(line, found, before) + agreeing(other, more, between)):
                continue
            trace: Trace = (hypothesis.trace, Step(Move.SWAP_FIRST, first, later, forget))
            trace = (trace, Step(Move.SWAP_SECOND, second, index, forget_more))
            uses = used_after(other, more, used_after(line, found, hypothesis.uses))
            # Their states are no longer those of the order that is written.
            cost = hypothesis.cost + (SWAPPED + found.cost + more.cost) * ONE - 2
            self._wait(later + 1, Hypothesis(cost, second, more.bindings, uses, trace))
