"""One conversation, seen at two places: numbers are compared as they are, and each direction by itself.

By itself, because segments that cross on their way stand in another order at each end, which is no difference. What one
end sent stands in one order at both, unless the path changed it. The windows and options are compared too, the states
are not: they are what an observer thinks, and follow from the segments.

What network cards have cut or joined is cut alike first (`pieces`). What is surely the same (`anchors`) is taken as
such; what lies between is aligned by `expect.matching`, and told by `expect.differences`, as by `check`. But a segment
of other numbers is another segment: a path changes windows, options and flags, and not what is sent or acknowledged.
No rule says that two places see the same, so no difference cites one.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from inspector.diff.anchors import anchors_of, gaps_of
from inspector.diff.pieces import Piece, are_whole, cut_alike, glued, pieces_of, unseen_options
from inspector.errors import ExpectationError
from inspector.expect.alignment import Alignment, Move, Step
from inspector.expect.automaton import MOST_POSITIONS, build, chain
from inspector.expect.comparison import told
from inspector.expect.evaluation import EXTRA
from inspector.expect.matching import Matcher
from inspector.expect.model import Kind
from inspector.findings import Side
from inspector.language import joined, said
from inspector.record.lines import PEERS, lines_of_events
from inspector.record.streams import Names, RawNumbers
from inspector.record.wish import Detail, Level, Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from inspector.expect.model import Comparison, Difference
    from inspector.expect.notation import Line
    from inspector.expect.subject import Subject, Transport
    from inspector.wire.row import Row

__all__ = ["Found", "compare_same"]

_WISH = Wish(Level.EXACT, without=frozenset({Detail.STATES}))


class Found(NamedTuple):
    """A comparison, and what it is about."""

    comparison: Comparison
    order: list[Piece]
    """What A has, in the order in which the comparison counts lines."""
    about: list[Piece]
    """For each difference what it is about: of B where nothing of A was expected, else of A."""


def compare_same(mine: Subject, theirs: Subject, rows: tuple[list[Row], list[Row]], name: str) -> Found:
    """`mine` of A against `theirs` of B; `rows` are what the events of both were made from.

    ExpectationError where too much lies between two anchors.
    """
    unseen = unseen_options(mine.events, rows[0]) | unseen_options(theirs.events, rows[1])
    ones, others = cut_alike(pieces_of(mine.events, rows[0], unseen), pieces_of(theirs.events, rows[1], unseen))
    alignment = _Alignment(name, ones, others, lambda those: _lines(those, mine.transport, unseen))
    for side in Side:
        alignment.of_one_direction(side)
    units = _Units(alignment)
    matcher = Matcher(chain(_lines(units.ones, mine.transport, unseen)), PEERS, strict=True, name=name)
    subject = replace(theirs, events=tuple(each.event for each in units.others))
    comparison = told(matcher, Alignment(units.steps, (), alignment.cost), subject, PEERS, name)
    notes = tuple(_notes(units, unseen))
    about = list(_with_reordered(comparison.differences, units))
    found = tuple(replace(difference, rule="") for difference, _ in about)
    return Found(
        replace(comparison, matched=not found, differences=found, notes=(*comparison.notes, *notes)),
        units.ones,
        [piece for _, piece in about],
    )


def _lines(pieces: list[Piece], transport: Transport, unseen: frozenset[str]) -> tuple[Line, ...]:
    events = [each.event for each in pieces]
    lines = lines_of_events(events, transport, (RawNumbers(), RawNumbers()), Names(lengths=False), _WISH)
    return tuple(replace(line, fields=tuple(each for each in line.fields if each.name not in unseen)) for line in lines)


class _Move(NamedTuple):
    """What became of a piece of A, of one of B, or of both."""

    kind: str
    """One of `Move`."""
    one: int
    """The piece of A, or -1."""
    other: int
    """The piece of B, or -1."""


class _Alignment:
    """What became of each piece of A, and which pieces of B nobody expected."""

    def __init__(
        self, name: str, ones: list[Piece], others: list[Piece], lines_of: Callable[[list[Piece]], tuple[Line, ...]]
    ) -> None:
        self.name = name
        self.ones = ones
        self.others = others
        self._lines_of = lines_of
        self.found: dict[int, list[_Move]] = {}
        """For each piece of A, or the first of two that were swapped."""
        self.extra: list[int] = []
        self.cost = 0
        """As of `matching.Alignment`."""

    def of_one_direction(self, side: Side) -> None:
        """Align what `side` sent."""
        mine = [index for index, each in enumerate(self.ones) if each.event.sender is side]
        theirs = [index for index, each in enumerate(self.others) if each.event.sender is side]
        anchors = anchors_of([self.ones[i].keys for i in mine], [self.others[j].keys for j in theirs])
        for i, j in anchors:
            self.found[mine[i]] = [_Move(Move.MATCH, mine[i], theirs[j])]
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
        lines = self._lines_of([self.ones[i] for i in mine])
        matcher = Matcher(build(lines, self.name), PEERS, strict=True, name=self.name)
        first = -1
        alignment = matcher.align(tuple(self.others[j].event for j in theirs))
        self.cost += alignment.cost
        for step in alignment.steps:
            event = theirs[step.event] if step.event >= 0 else -1
            if step.move == Move.EXTRA:
                self.extra.append(event)
                continue
            line = mine[step.position - 1]
            if step.move == Move.SWAP_SECOND:
                self.found[first].append(_Move(step.move, line, event))
            else:
                first = line
                self.found[line] = [_Move(step.move, line, event)]
        self._part_strangers(mine)

    def _part_strangers(self, mine: list[int]) -> None:
        """Let those stand alone that were aligned though their numbers are not the same."""
        for line in mine:
            together = self.found.get(line, ())
            if any(each.other >= 0 and self._are_strangers(each) for each in together):
                self.extra += [each.other for each in together]
                self.found.update({each.one: [_Move(Move.MISSING, each.one, -1)] for each in together})

    def _are_strangers(self, move: _Move) -> bool:
        one, other = self.ones[move.one], self.others[move.other]
        numbers = ([each.event.value(name) for name in ("seq", "ack", "len")] for each in (one, other))
        return one.event.is_segment and next(numbers) != next(numbers)


class _Units:
    """An alignment, put together again: what is told, each of it as large as both captures have it."""

    def __init__(self, alignment: _Alignment) -> None:
        self._pieces = alignment.ones, alignment.others
        self.ones: list[Piece] = []
        self.steps: list[Step] = []
        self.extra: dict[int, deque[Piece]] = defaultdict(deque)
        """What of B nobody expected, by its frame."""
        self.recut: tuple[set[int], set[int]] = (set(), set())
        """Frames of A and of B that are not cut alike, though some of each was found in the other."""
        runs = self._runs(alignment)
        units = [(run, *self._glued(run)) for run in runs]
        others = sorted((run[0].other, index) for index, (run, _, _) in enumerate(units) if run[0].other >= 0)
        place = {index: place for place, (_, index) in enumerate(others)}
        self.others = [unit for _, index in others if (unit := units[index][2])]
        for index, (run, one, other) in enumerate(units):
            if one is not None:
                self.ones.append(one)
            elif other is not None:
                self.extra[other.whole.frame].append(other)
            self.steps.append(Step(run[0].kind, len(self.ones) if one else 0, place.get(index, -1)))

    def _runs(self, alignment: _Alignment) -> list[list[_Move]]:
        """What became of the pieces, in the order of A: together what lies together in both."""
        moves = [move for _, those in sorted(alignment.found.items()) for move in those]
        moves += [_Move(Move.EXTRA, -1, event) for event in sorted(alignment.extra)]
        runs: list[list[_Move]] = []
        for move in moves:
            if runs and self._goes_on(runs[-1][-1], move):
                runs[-1].append(move)
            else:
                runs.append([move])
        return runs

    def _goes_on(self, before: _Move, move: _Move) -> bool:
        """Whether what is next to each other in A is so in B, and each in one segment."""
        return before.kind == move.kind and all(
            (last, this) == (-1, -1) or (this == last + 1 and those[last].whole is those[this].whole)
            for those, last, this in zip(self._pieces, before[1:], move[1:], strict=True)
        )

    def _glued(self, run: list[_Move]) -> tuple[Piece | None, Piece | None]:
        """A run of A and of B, each as one; None where one of them has none."""
        parts = [
            [those[place] for _, *places in run if (place := places[side]) >= 0]
            for side, those in enumerate(self._pieces)
        ]
        is_whole = all(are_whole(those) for those in parts if those)
        if all(parts) and not is_whole:
            for frames, those in zip(self.recut, parts, strict=True):
                frames.add(those[0].whole.frame)
        one, other = (glued(those, restored=is_whole) if those else None for those in parts)
        return one, other


def _with_reordered(found: tuple[Difference, ...], units: _Units) -> Iterator[tuple[Difference, Piece]]:
    """The differences, but that what is missing in one place and extra in another was moved, and is no loss."""
    about = [_about(each, units) for each in found]
    extra: dict[Hashable, deque[int]] = defaultdict(deque)
    for index, (each, piece) in enumerate(zip(found, about, strict=True)):
        if each.kind is Kind.EXTRA:
            extra[piece.keys[0]].append(index)
    arrived: set[int] = set()
    told: list[tuple[int, Difference]] = []
    for index, each in enumerate(found):
        if each.kind is Kind.MISSING and (those := extra[about[index].keys[0]]):
            arrived.add(those[0])
            frame = found[those.popleft()].frame
            actual = said("the same at another place, frame {frame}", frame=frame)
            told.append((index, replace(each, kind=Kind.SWAPPED, frame=frame, actual=actual)))
        else:
            told.append((index, each))
    return ((each, about[index]) for index, each in told if index not in arrived)


def _about(difference: Difference, units: _Units) -> Piece:
    """What it is about; to be asked of each in its turn, since several may be of one frame."""
    if difference.line is not None:
        return units.ones[difference.line - 1]
    return units.extra[difference.frame or 0].popleft()


def _notes(units: _Units, unseen: frozenset[str]) -> Iterator[str]:
    """What was not alike and is no difference."""
    if any(units.recut):
        yield said(
            "data cut or joined differently, as network cards do (offload): {one:,} segments of A, {other:,} of B",
            one=len(units.recut[0]),
            other=len(units.recut[1]),
        )
    if unseen:
        yield said(
            "options that one of them cut off (snaplen), not compared: {options}", options=joined(sorted(unseen))
        )
