"""An expanded sequence as positions and what may follow each: the form in which it is matched.

A position is one line in one place of the unrolled structure, or a `...`. From each position (0 is the start) a list
says which positions may come next; a set says where the sequence may end. Position automata have no empty moves,
so a match consumes one segment at each step.

What costs: a line counts once for each of its copies. `repeat {n}` copies its body n times, `any order` of k items
makes k * 2^(k-1) copies, all else one. More than `MOST_POSITIONS` is a complaint.

Marks (silences, states) stand on the way from one position to the next, or from the last to the end: a label, which
costs no position and no step of the search, and has no say in which way is taken. At most `MOST_MARKS` between two
lines. Where two ways lead from one position to the next, one marked and one not, the one without counts; of two marked
ones the first written.
`nothing after this` lets a way end where it stands, and leads nowhere.

Symbols of a repeat: those used only inside its body are *forgotten* on the way to its next round, so each round has
its own (`forget` is a bit mask over `symbols`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from inspector.errors import ExpectationError
from inspector.expect.complaints import refuse
from inspector.expect.expansion import symbols_of
from inspector.expect.notation import (
    Alternatives,
    AnyOrder,
    AnySegments,
    End,
    Line,
    Optional,
    Repeat,
    Silence,
    States,
    lines_of,
)
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.expect.complaints import Complain
    from inspector.expect.notation import Item, Mark

__all__ = ["MOST_IN_ANY_ORDER", "MOST_MARKS", "MOST_POSITIONS", "START", "Automaton", "build", "chain"]

START = 0
MOST_POSITIONS = 5_000
MOST_MARKS = 8
MOST_IN_ANY_ORDER = 8
_MOST_STEPS = 200_000

_Marks = tuple["Mark", ...]

_Place = tuple[int, _Marks]
"""A position, and the marks between it and what comes next, or before."""


@dataclass(frozen=True, slots=True)
class Automaton:
    """Positions and their successors. `lines[START]` is None, and so is that of a `...`."""

    lines: tuple[Line | None, ...]
    follow: tuple[tuple[tuple[int, int], ...], ...]
    """For each position: `(next position, symbols to forget)`, in the order of writing."""
    accepting: frozenset[int]
    symbols: tuple[str, ...]
    live: tuple[int, ...]
    """For each position: the symbols (a bit mask) that lines after it still use."""
    marks: dict[tuple[int, int], _Marks] = field(default_factory=dict)
    """What stands on the way from one position to the next."""
    last_marks: dict[int, _Marks] = field(default_factory=dict)
    """What stands between a position and the end, `End` itself among it."""

    @property
    def steps(self) -> int:
        """How many moves there are in all: what one segment may cost."""
        return sum(map(len, self.follow))

    def has_room(self, one: int, two: int | None) -> bool:
        """Whether a `...` may stand between a position and one that comes after it, or the end (None)."""
        if self.lines[one] is None and one != START:
            return True
        dots = [position for position, _ in self.follow[one] if self.lines[position] is None]
        if two is None:
            return not self.accepting.isdisjoint(dots)
        return any(two == position for each in dots for position, _ in self.follow[each])


@dataclass(frozen=True, slots=True)
class _Fragment:
    """A piece of the structure: where it begins, where it ends, and whether it may be empty."""

    first: tuple[_Place, ...]
    last: tuple[_Place, ...]
    nullable: _Marks | None
    """The marks of the way that takes nothing; None where there is no such way."""
    ended: _Marks | None = None
    """As `nullable`, of a way that takes nothing and is the end of all."""


_NOWHERE = said("found a silence or states that no line tells the place of, expected a line before it")

_EMPTY = _Fragment((), (), ())


def build(items: Sequence[Item], name: str, complain: Complain = refuse) -> Automaton:
    """The automaton of expanded `items`; ExpectationError, naming `name`, where it grows too large.

    What else is wrong is given to `complain`.
    """
    builder = _Builder(name, items, complain)
    whole = builder.sequence(items)
    start = builder.then(_Fragment((), ((START, ()),), None), whole)
    builder.end(start.last)
    builder.check_places()
    follow = tuple(tuple(successors.items()) for successors in builder.follow)
    live = _live(builder.lines, follow, builder.bit)
    return Automaton(
        tuple(builder.lines), follow, frozenset(builder.ends), builder.symbols, live, builder.marks, builder.ends
    )


def chain(lines: Sequence[Line]) -> Automaton:
    """Lines without symbols, one after the other: as many as there are, for an alignment that needs no search."""
    places = range(len(lines) + 1)
    follow = (*(((place, 0),) for place in places[1:]), ())
    return Automaton(
        (None, *lines), follow, frozenset({len(lines)}), (), (0,) * len(places), {}, dict.fromkeys(places, ())
    )


def _live(
    lines: Sequence[Line | None], follow: Sequence[Sequence[tuple[int, int]]], bit: dict[str, int]
) -> tuple[int, ...]:
    """The symbols used on any way onward from each position: a fixed point."""
    own = [0 if line is None else _mask(symbols_of((line,)), bit) for line in lines]
    live = [0] * len(lines)
    changed = True
    while changed:
        changed = False
        for position in range(len(lines) - 1, -1, -1):
            onward = live[position]
            for successor, _ in follow[position]:
                onward |= own[successor] | live[successor]
            if onward != live[position]:
                live[position] = onward
                changed = True
    return tuple(live)


def _mask(symbols: Iterable[str], bit: dict[str, int]) -> int:
    mask = 0
    for symbol in symbols:
        mask |= bit[symbol]
    return mask


class _Builder:
    def __init__(self, name: str, items: Sequence[Item], complain: Complain) -> None:
        self.name = name
        self.complain = complain
        self.refused: set[tuple[int, str]] = set()
        self.symbols = tuple(symbols_of(items))
        self.bit = {symbol: 1 << index for index, symbol in enumerate(self.symbols)}
        self.uses = _uses(items)
        self.lines: list[Line | None] = [None]
        self.follow: list[dict[int, int]] = [{}]
        self.marks: dict[tuple[int, int], _Marks] = {}
        self.ends: dict[int, _Marks] = {}
        self.placed: set[int] = set()
        self.unplaced: list[Mark] = []
        self.steps = 0

    def link(self, ends: Iterable[_Place], starts: tuple[_Place, ...], forget: int) -> None:
        """Each of `starts` may come after each of `ends`."""
        for end, before in ends:
            successors = self.follow[end]
            for start, after in starts:
                is_new = start not in successors
                successors.setdefault(start, forget)
                marks = self._placed(self._together(before, after), end, is_before_dots=self.lines[start] is None)
                if not marks:
                    self.marks.pop((end, start), None)
                elif is_new:
                    self.marks[end, start] = marks
            self.steps += len(starts)
        if self.steps > _MOST_STEPS:
            self._too_large()

    def end(self, places: Iterable[_Place], own: _Marks = ()) -> None:
        """The sequence may end at each of `places`."""
        for position, marks in places:
            is_silence = any(isinstance(mark, Silence) for mark in marks)
            new = self._together(self._placed(marks, position, is_before_dots=is_silence), own)
            self.ends[position] = min(self.ends.get(position, new), new, key=len)

    def _together(self, one: _Marks, two: _Marks) -> _Marks:
        if len(one) + len(two) > MOST_MARKS:
            self._refuse(
                (one + two)[MOST_MARKS],
                said("found more than {most} marks at one place, expected a line between", most=MOST_MARKS),
            )
        return (one + two)[:MOST_MARKS]

    def _placed(self, marks: _Marks, end: int, *, is_before_dots: bool) -> _Marks:
        """A mark is about a segment: that of a line before it, or the last before a line after it.

        On a way that comes from the start without any there is nothing to say; there must be another way.
        """
        if not marks:
            return marks
        if end == START:
            self.unplaced += marks
            return ()
        if self.lines[end] is None and is_before_dots:
            self._refuse(marks[0], _NOWHERE)
        self.placed.update(map(id, marks))
        return marks

    def check_places(self) -> None:
        """ExpectationError for a mark that no way places."""
        for mark in self.unplaced:
            if id(mark) not in self.placed:
                self._refuse(mark, _NOWHERE)

    def _refuse(self, mark: Mark, reason: str) -> None:
        if (id(mark), reason) not in self.refused:  # a mark is met on each way that leads over it
            self.refused.add((id(mark), reason))
            self.complain(ExpectationError(self.name, reason, line=mark.at[0], column=mark.at[1]))

    def _too_large(self) -> NoReturn:
        raise ExpectationError(
            self.name,
            said(
                "repeats and alternatives unroll to more than {lines:,} lines or {steps:,} steps between "
                "them, expected fewer: count less in `repeat {{n}}`, or write `repeat *`",
                lines=MOST_POSITIONS,
                steps=_MOST_STEPS,
            ),
        )

    def _position(self, line: Line | None) -> _Fragment:
        if len(self.lines) > MOST_POSITIONS:
            self._too_large()
        self.lines.append(line)
        self.follow.append({})
        here = ((len(self.lines) - 1, ()),)
        return _Fragment(here, here, None)

    def sequence(self, items: Iterable[Item]) -> _Fragment:
        whole = _EMPTY
        for item in items:
            whole = self.then(whole, self._item(item))
        return whole

    def then(self, one: _Fragment, two: _Fragment, forget: int = 0) -> _Fragment:
        """One after the other, the symbols of `forget` new in between."""
        self.link(one.last, two.first, forget)
        self._end_within(one, two)
        first, last, nullable, ended = one.first, two.last, None, one.ended
        if one.nullable is not None:
            first += tuple((position, self._together(one.nullable, marks)) for position, marks in two.first)
            nullable = None if two.nullable is None else self._together(one.nullable, two.nullable)
            if two.ended is not None and ended is None:
                ended = self._together(one.nullable, two.ended)
        if two.nullable is not None:
            last += tuple((position, self._together(marks, two.nullable)) for position, marks in one.last)
        return _Fragment(first, last, nullable, ended)

    def _end_within(self, one: _Fragment, two: _Fragment) -> None:
        """All may end where `one` does, if `two` says so."""
        if two.ended is not None:
            self.end(one.last, two.ended)

    def _item(self, item: Item) -> _Fragment:  # noqa: PLR0911 - one for each kind of item
        match item:
            case Line():
                return self._position(item)
            case AnySegments():
                return self._star(self._position(None), 0)
            case Optional():
                body = self.sequence(item.items)
                return _Fragment(body.first, body.last, (), body.ended)
            case Silence() | States():
                self.steps += 1  # it costs no position, but may be repeated as often as a line
                return _Fragment((), (), (item,))
            case End():
                self.steps += 1
                return _Fragment((), (), None, (item,))
            case Repeat():
                return self._repeat(item)
            case Alternatives():
                return self._either([self.sequence(branch) for branch in item.branches])
            case AnyOrder():
                return self._any_order(item.items)
            case _:
                return _EMPTY

    def _star(self, body: _Fragment, forget: int) -> _Fragment:
        self.link(body.last, body.first, forget)
        self._end_within(body, body)
        return _Fragment(body.first, body.last, (), body.ended)

    def _either(self, branches: Sequence[_Fragment]) -> _Fragment:
        return _Fragment(
            tuple(position for branch in branches for position in branch.first),
            tuple(position for branch in branches for position in branch.last),
            _weakest(branch.nullable for branch in branches),
            _weakest(branch.ended for branch in branches),
        )

    def _repeat(self, repeat: Repeat) -> _Fragment:
        if max(repeat.least, repeat.most or 0) > MOST_POSITIONS:
            self._too_large()
        forget = self._own_symbols(repeat)
        whole = _EMPTY
        for _ in range(repeat.least - (repeat.most is None and repeat.least > 0)):
            whole = self.then(whole, self.sequence(repeat.items), forget)
        if repeat.most is None:
            body = self.sequence(repeat.items)
            loop = self._star(body, forget)
            nullable = () if repeat.least == 0 else body.nullable
            return self.then(whole, _Fragment(loop.first, loop.last, nullable, loop.ended), forget)
        tail = _EMPTY
        for _ in range(repeat.most - repeat.least):
            # From the back: each further round is there only if the one before it is.
            round_ = self.then(self.sequence(repeat.items), tail, forget)
            tail = _Fragment(round_.first, round_.last, (), round_.ended)
        return self.then(whole, tail, forget)

    def _own_symbols(self, repeat: Repeat) -> int:
        """Symbols used nowhere but in the body of `repeat`."""
        inside = _uses(repeat.items)
        return _mask((symbol for symbol, count in inside.items() if self.uses[symbol] == count), self.bit)

    def _any_order(self, items: Sequence[Item]) -> _Fragment:
        """One copy of an item for each set of the others that may have come before it."""
        if len(items) > MOST_IN_ANY_ORDER:
            reason = said("found {n} items in `any order`, expected at most {most}", n=len(items),
                          most=MOST_IN_ANY_ORDER)  # fmt: skip
            self.complain(ExpectationError(self.name, reason))
            items = items[:1]
        everything = (1 << len(items)) - 1
        ends: list[_Fragment] = [_Fragment((), (), None)] * (everything + 1)
        ends[0] = _EMPTY
        first: tuple[_Place, ...] = ()
        ended: _Marks | None = None
        for come in sorted(range(everything), key=int.bit_count):
            for index, item in enumerate(items):
                if come >> index & 1:
                    continue
                copy = self.then(ends[come], self._item(item))
                other = ends[come | 1 << index]
                first += copy.first
                ended = _weakest((ended, copy.ended))
                nullable = _weakest((other.nullable, copy.nullable))
                ends[come | 1 << index] = _Fragment((), other.last + copy.last, nullable)
        return _Fragment(tuple(dict.fromkeys(first)), ends[everything].last, ends[everything].nullable, ended)


def _weakest(marks: Iterable[_Marks | None]) -> _Marks | None:
    """Of several ways the one that says least; among equals the first."""
    return min((each for each in marks if each is not None), key=len, default=None)


def _uses(items: Iterable[Item]) -> Counter[str]:
    """In how many lines each symbol stands."""
    return Counter(symbol for line in lines_of(items) for symbol in symbols_of((line,)))
