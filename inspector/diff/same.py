"""One conversation, seen at two places: numbers are compared as they are, and each direction by itself.

By itself, because segments that cross on their way stand in another order at each end, which is no difference. What one
end sent stands in one order at both, unless the path changed it. The windows and options are compared too, the states
are not: they are what an observer thinks, and follow from the segments.

What is surely the same (`anchors`) is taken as such; what lies between is aligned by `expect.matching`, and told by
`expect.differences`, as by `check`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.diff.anchors import anchors_of, gaps_of
from inspector.errors import ExpectationError
from inspector.expect.alignment import Alignment, Move, Step
from inspector.expect.automaton import MOST_POSITIONS, build, chain
from inspector.expect.comparison import told
from inspector.expect.evaluation import EXTRA
from inspector.expect.matching import Matcher
from inspector.expect.model import Kind
from inspector.findings import Side
from inspector.language import said
from inspector.record.lines import PEERS, lines_of_events
from inspector.record.streams import Names, RawNumbers
from inspector.record.wish import Detail, Level, Wish

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from inspector.expect.model import Comparison, Difference
    from inspector.expect.notation import Line
    from inspector.expect.subject import Event, Subject
    from inspector.wire.row import Row

__all__ = ["compare_same"]

_WISH = Wish(Level.EXACT, without=frozenset({Detail.STATES}))


def compare_same(
    mine: Subject, theirs: Subject, rows: tuple[list[Row], list[Row]], name: str
) -> tuple[Comparison, list[Event]]:
    """The comparison, and the events of A in the order in which it counts lines.

    `rows` are what the events of both were made from. ExpectationError where too much lies between two anchors.
    """
    lines = tuple(
        lines_of_events(mine.events, mine.transport, (RawNumbers(), RawNumbers()), Names(lengths=False), _WISH)
    )
    alignment = _Alignment(name, mine, theirs, lines, rows)
    for side in Side:
        alignment.of_one_direction(side)
    steps, order = alignment.steps()
    matcher = Matcher(chain(lines), PEERS, strict=True, name=name)
    comparison = told(matcher, Alignment(steps, (), alignment.cost), theirs, PEERS, name)
    found = tuple(alignment.with_reordered(comparison.differences, order))
    return replace(comparison, differences=found), [mine.events[index] for index in order]


class _Alignment:
    """What became of each line, and which events nobody expected."""

    def __init__(
        self, name: str, mine: Subject, theirs: Subject, lines: tuple[Line, ...], rows: tuple[list[Row], list[Row]]
    ) -> None:
        self.name = name
        self.mine = mine
        self.theirs = theirs
        self.lines = lines
        self.rows = rows
        self.found: dict[int, list[tuple[str, int, int]]] = {}
        """For each line, or the first of two that were swapped: `(move, line, event)`."""
        self.extra: list[int] = []
        self.cost = 0
        """As of `matching.Alignment`."""

    def of_one_direction(self, side: Side) -> None:
        """Align what `side` sent."""
        mine = [index for index, event in enumerate(self.mine.events) if event.sender is side]
        theirs = [index for index, event in enumerate(self.theirs.events) if event.sender is side]
        anchors = anchors_of(
            [_keys(self.mine.events[i], self.rows[0][i]) for i in mine],
            [_keys(self.theirs.events[j], self.rows[1][j]) for j in theirs],
        )
        for i, j in anchors:
            self.found[mine[i]] = [(Move.MATCH, mine[i], theirs[j])]
        for some, others in gaps_of(anchors, len(mine), len(theirs)):
            self._gap([mine[i] for i in some], [theirs[j] for j in others])

    def _gap(self, mine: list[int], theirs: list[int]) -> None:
        """Align what lies between two anchors."""
        if not mine:
            self.extra += theirs
            self.cost += EXTRA * len(theirs)
            return
        if len(mine) > MOST_POSITIONS:
            reason = said(
                "{found:,} segments in a row look like each other or like none of B, expected at most {most:,}",
                found=len(mine),
                most=MOST_POSITIONS,
            )
            raise ExpectationError(self.name, reason)
        matcher = Matcher(build([self.lines[i] for i in mine], self.name), PEERS, strict=True, name=self.name)
        first = -1
        alignment = matcher.align(tuple(self.theirs.events[j] for j in theirs))
        self.cost += alignment.cost
        for step in alignment.steps:
            event = theirs[step.event] if step.event >= 0 else -1
            if step.move == Move.EXTRA:
                self.extra.append(event)
                continue
            line = mine[step.position - 1]
            if step.move == Move.SWAP_SECOND:
                self.found[first].append((step.move, line, event))
            else:
                first = line
                self.found[line] = [(step.move, line, event)]

    def steps(self) -> tuple[list[Step], list[int]]:
        """As an alignment of all lines, and the order in which it has them: two that were swapped stand together."""
        moves = [move for _, those in sorted(self.found.items()) for move in those]
        steps = [Step(move, line + 1, event) for move, line, event in moves]
        steps += [Step(Move.EXTRA, 0, event) for event in sorted(self.extra)]
        return steps, [line for _, line, _ in moves]

    def with_reordered(self, found: tuple[Difference, ...], order: list[int]) -> Iterator[Difference]:
        """The differences, but that what is missing in one place and extra in another was moved, and is no loss."""
        place = {event.frame: index for index, event in enumerate(self.theirs.events)}
        extra: dict[Hashable, list[Difference]] = defaultdict(list)
        for each in found:
            if each.kind is Kind.EXTRA and each.frame is not None:
                index = place[each.frame]
                extra[_keys(self.theirs.events[index], self.rows[1][index])[0]].append(each)
        moved: dict[int, Difference] = {}
        for each in found:
            if each.kind is Kind.MISSING and each.line is not None:
                index = order[each.line - 1]
                those = extra[_keys(self.mine.events[index], self.rows[0][index])[0]]
                if those:
                    moved[id(each)] = those.pop(0)
        arrived = set(map(id, moved.values()))
        for each in found:
            if other := moved.get(id(each)):
                actual = said("the same at another place, frame {frame}", frame=other.frame)
                yield replace(each, kind=Kind.SWAPPED, frame=other.frame, actual=actual)
            elif id(each) not in arrived:
                yield each


def _keys(event: Event, row: Row) -> tuple[Hashable, Hashable]:
    """What a segment is known by: all that is compared, with and without what tells it from its repetition."""
    alike = (event.protocol, event.flags, event.numbers, event.icmp)
    return (*alike, row.ip_id, row.tsval, row.tsecr), alike
