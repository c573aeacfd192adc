"""An expanded sequence as positions and what may follow each: the form in which it is matched.

A position is one line in one place of the unrolled structure, or a `...`. From each position (0 is the start) a list
says which positions may come next; a set says where the sequence may end. Position automata have no empty moves,
so a match consumes one segment at each step.

What costs: a line counts once for each of its copies. `repeat {n}` copies its body n times, `any order` of k items
makes k * 2^(k-1) copies, all else one. More than `MOST_POSITIONS` is a complaint.

Symbols of a repeat: those used only inside its body are *forgotten* on the way to its next round, so each round has
its own (`forget` is a bit mask over `symbols`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.errors import ExpectationError
from inspector.expect.expansion import symbols_of
from inspector.expect.notation import Alternatives, AnyOrder, AnySegments, Line, Optional, Repeat, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.expect.notation import Item

__all__ = ["MOST_IN_ANY_ORDER", "MOST_POSITIONS", "START", "Automaton", "build"]

START = 0
MOST_POSITIONS = 5_000
MOST_IN_ANY_ORDER = 8
_MOST_STEPS = 200_000


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

    @property
    def steps(self) -> int:
        """How many moves there are in all: what one segment may cost."""
        return sum(map(len, self.follow))


@dataclass(frozen=True, slots=True)
class _Fragment:
    """A piece of the structure: where it begins, where it ends, and whether it may be empty."""

    first: tuple[int, ...]
    last: tuple[int, ...]
    nullable: bool


_EMPTY = _Fragment((), (), nullable=True)


def build(items: Sequence[Item], name: str) -> Automaton:
    """The automaton of expanded `items`; ExpectationError, naming `name`, where it grows too large."""
    builder = _Builder(name, items)
    whole = builder.sequence(items)
    builder.link((START,), whole.first, 0)
    accepting = frozenset(whole.last) | (frozenset({START}) if whole.nullable else frozenset())
    follow = tuple(tuple(successors.items()) for successors in builder.follow)
    live = _live(builder.lines, follow, builder.bit)
    return Automaton(tuple(builder.lines), follow, accepting, builder.symbols, live)


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
    def __init__(self, name: str, items: Sequence[Item]) -> None:
        self.name = name
        self.symbols = tuple(symbols_of(items))
        self.bit = {symbol: 1 << index for index, symbol in enumerate(self.symbols)}
        self.uses = _uses(items)
        self.lines: list[Line | None] = [None]
        self.follow: list[dict[int, int]] = [{}]
        self.steps = 0

    def link(self, ends: Iterable[int], starts: Iterable[int], forget: int) -> None:
        """Each of `starts` may come after each of `ends`."""
        starts = tuple(starts)
        for end in ends:
            successors = self.follow[end]
            for start in starts:
                successors.setdefault(start, forget)
            self.steps += len(starts)
        if self.steps > _MOST_STEPS:
            self._too_large()

    def _too_large(self) -> None:
        raise ExpectationError(
            self.name,
            f"repeats and alternatives unroll to more than {MOST_POSITIONS:,} lines or {_MOST_STEPS:,} steps between "
            "them, expected fewer: count less in `repeat {n}`, or write `repeat *`",
        )

    def _position(self, line: Line | None) -> _Fragment:
        if len(self.lines) > MOST_POSITIONS:
            self._too_large()
        self.lines.append(line)
        self.follow.append({})
        here = (len(self.lines) - 1,)
        return _Fragment(here, here, nullable=False)

    def sequence(self, items: Iterable[Item]) -> _Fragment:
        whole = _EMPTY
        for item in items:
            whole = self._then(whole, self._item(item))
        return whole

    def _then(self, one: _Fragment, two: _Fragment, forget: int = 0) -> _Fragment:
        self.link(one.last, two.first, forget)
        return _Fragment(
            one.first + two.first * one.nullable, two.last + one.last * two.nullable, one.nullable and two.nullable
        )

    def _item(self, item: Item) -> _Fragment:  # noqa: PLR0911 - one for each kind of item
        match item:
            case Line():
                return self._position(item)
            case AnySegments():
                return self._star(self._position(None), 0)
            case Optional():
                body = self.sequence(item.items)
                return _Fragment(body.first, body.last, nullable=True)
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
        return _Fragment(body.first, body.last, nullable=True)

    def _either(self, branches: Sequence[_Fragment]) -> _Fragment:
        return _Fragment(
            tuple(position for branch in branches for position in branch.first),
            tuple(position for branch in branches for position in branch.last),
            any(branch.nullable for branch in branches),
        )

    def _repeat(self, repeat: Repeat) -> _Fragment:
        forget = self._own_symbols(repeat)
        whole = _EMPTY
        for _ in range(repeat.least - (repeat.most is None and repeat.least > 0)):
            whole = self._then(whole, self.sequence(repeat.items), forget)
        if repeat.most is None:
            body = self.sequence(repeat.items)
            loop = self._star(body, forget)
            nullable = body.nullable or repeat.least == 0
            return self._then(whole, _Fragment(loop.first, loop.last, nullable), forget)
        tail = _EMPTY
        for _ in range(repeat.most - repeat.least):
            # From the back: each further round is there only if the one before it is.
            round_ = self._then(self.sequence(repeat.items), tail, forget)
            tail = _Fragment(round_.first, round_.last, nullable=True)
        return self._then(whole, tail, forget)

    def _own_symbols(self, repeat: Repeat) -> int:
        """Symbols used nowhere but in the body of `repeat`."""
        inside = _uses(repeat.items)
        return _mask((symbol for symbol, count in inside.items() if self.uses[symbol] == count), self.bit)

    def _any_order(self, items: Sequence[Item]) -> _Fragment:
        """One copy of an item for each set of the others that may have come before it."""
        if len(items) > MOST_IN_ANY_ORDER:
            raise ExpectationError(
                self.name, f"found {len(items)} items in `any order`, expected at most {MOST_IN_ANY_ORDER}"
            )
        everything = (1 << len(items)) - 1
        ends: list[_Fragment] = [_Fragment((), (), nullable=False)] * (everything + 1)
        ends[0] = _EMPTY
        first: tuple[int, ...] = ()
        for come in sorted(range(everything), key=int.bit_count):
            for index, item in enumerate(items):
                if come >> index & 1:
                    continue
                copy = self._then(ends[come], self._item(item))
                other = ends[come | 1 << index]
                first += copy.first if ends[come].nullable else ()
                ends[come | 1 << index] = _Fragment((), other.last + copy.last, other.nullable or copy.nullable)
        return _Fragment(tuple(dict.fromkeys(first)), ends[everything].last, ends[everything].nullable)


def _uses(items: Iterable[Item]) -> Counter[str]:
    """In how many lines each symbol stands."""
    return Counter(symbol for line in lines_of(items) for symbol in symbols_of((line,)))
