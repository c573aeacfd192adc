"""From what is written to what is compared: sequences included, roles exchanged, `...` put where a part leaves room.

The result holds no `Use` and no `Remark`, and is one tree of lines whose peers bear the names of the sequence that was
asked for. Symbols stay apart as rule 5 of `notation` says: a private symbol of an included sequence that would
meet another of the same name gets a prime (`m'`).

Hostile input: a sequence that includes itself, or grows past `MOST_LINES` lines, marks and inclusions, or a sum past
`MOST_TERMS` by including, is a complaint.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, NoReturn

from inspector.errors import ExpectationError
from inspector.expect.complaints import refuse
from inspector.expect.library import is_of_library, load
from inspector.expect.notation import (
    ANY,
    Alternatives,
    AnyOrder,
    AnySegments,
    ConnectionBlock,
    End,
    Line,
    Linear,
    Named,
    Nothing,
    Optional,
    Part,
    Remark,
    Repeat,
    Sequence,
    Silence,
    SourceLine,
    States,
    Unread,
    Use,
    connections_of,
    peers_of,
)
from inspector.expect.scanner import either_of, quoted
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from inspector.expect.complaints import Complain
    from inspector.expect.notation import Item

__all__ = ["MOST_LINES", "MOST_TERMS", "MOST_USES_WITHIN", "expand", "symbols_of", "told_peers"]

MOST_LINES = 5_000
MOST_TERMS = 1_000

MOST_USES_WITHIN = 16
"""A sequence that is used by one that is used ..."""


def expand(sequence: Sequence, find: Callable[..., Sequence] = load, complain: Complain = refuse) -> tuple[Item, ...]:
    """The items of `sequence` as it is compared by itself, its peers as `told_peers` calls them.

    In a file of connections each block is expanded by itself. `find(name, beside=path)` gives an included sequence.
    ExpectationError where one is unknown, includes itself, or where all together are too many lines. What is wrong with
    one `use` is given to `complain`.
    """
    if any(connections_of(sequence.items)):
        whole = replace(sequence, peers=peers_of(sequence))
        return tuple(
            _with_blocks_expanded(item, whole, find, complain)
            for item in sequence.items
            if not isinstance(item, Remark)
        )
    peers = told_peers(sequence)
    expansion = _Expansion(find, peers, complain)
    own = {symbol: Linear(((1, symbol),)) for symbol in (*symbols_of(sequence.items), *sequence.parameters)}
    scope = _Scope(sequence, peers, own, (sequence.path,))
    items = expansion.included(scope, frozenset(), either_way=sequence.either_way)
    before = sequence.part in (Part.ENDING, Part.ANYWHERE)
    after = sequence.part in (Part.BEGINNING, Part.ANYWHERE)
    return (*[AnySegments()] * before, *items, *[AnySegments()] * after)


def _with_blocks_expanded(item: Item, sequence: Sequence, find: Callable[..., Sequence], complain: Complain) -> Item:
    if isinstance(item, ConnectionBlock):
        return replace(item, items=expand(replace(sequence, items=item.items), find, complain))
    if isinstance(item, Optional | Repeat):
        return replace(item, items=tuple(_with_blocks_expanded(each, sequence, find, complain) for each in item.items))
    return item


def told_peers(sequence: Sequence) -> tuple[str, str]:
    """What originator and responder are called where `sequence` is compared by itself.

    Names of roles that may be exchanged (`closer`) would mislead, so those are told as client and server.
    """
    return ("client", "server") if sequence.either_way else peers_of(sequence)


def symbols_of(items: Iterable[Item]) -> dict[str, None]:
    """All symbols used in the lines and inclusions below `items`, in the order of their first use."""
    found: dict[str, None] = {}
    for linear in _linears_of(items):
        found.update(dict.fromkeys(symbol for _, symbol in linear.terms if symbol))
    return found


def _linears_of(items: Iterable[Item]) -> Iterator[Linear]:
    for item in items:
        match item:
            case Line():
                for written in item.fields:
                    yield from written.sums
            case Use():
                yield from (value for _, value in item.values)
            case Optional() | Repeat() | AnyOrder() | Named() | ConnectionBlock():
                yield from _linears_of(item.items)
            case Alternatives():
                for branch in item.branches:
                    yield from _linears_of(branch)
            case _:
                continue


@dataclass(slots=True)
class _Expansion:
    find: Callable[..., Sequence]
    top: tuple[str, str]
    complain: Complain
    lines: int = field(default=0)
    parts: list[str] = field(default_factory=list)
    """The named parts around what is expanded."""

    def included(self, scope: _Scope, taken: frozenset[str], *, either_way: bool) -> tuple[Item, ...]:
        """The items of a sequence in its scope; `either_way` also with the roles exchanged."""
        items = scope.sequence.items
        taken |= scope.taken
        if not either_way:
            return self._items(items, scope, taken)
        mirrored = replace(scope, peers=(scope.peers[1], scope.peers[0]))
        return (Alternatives((self._items(items, scope, taken), self._items(items, mirrored, taken))),)

    def _items(self, items: Iterable[Item], scope: _Scope, taken: frozenset[str]) -> tuple[Item, ...]:
        """`items` in their scope; what one item takes of the names is taken for the next."""
        result: list[Item] = []
        for item in items:
            new = self._item(item, scope, taken)
            taken |= frozenset(symbols_of(new))
            result.extend(new)
        return tuple(result)

    def _item(  # noqa: C901, PLR0911 - one for each kind of item
        self, item: Item, scope: _Scope, taken: frozenset[str]
    ) -> tuple[Item, ...]:
        match item:
            case Line():
                self._count(scope)
                return (scope.line(item, self.top, "/".join(self.parts)),)
            case Silence() | States():
                self._count(scope)
                return (scope.mark(item, self.top),)
            case Named():
                self.parts.append(item.name)
                inner = self._items(item.items, scope, taken)
                self.parts.pop()
                return inner
            case ConnectionBlock():
                reason = said(
                    "found several connections, expected one: only a file that is compared by itself has several"
                )
                raise ExpectationError(scope.sequence.path, reason, line=item.at[0], column=item.at[1])
            case Use():
                self._count(scope)
                return self._use_or_complaint(item, scope, taken)
            case AnyOrder():
                # What is included stays together: `repeat {1}` is a group.
                units = []
                for unit in item.items:
                    units.append(self._items((unit,), scope, taken))
                    taken |= frozenset(symbols_of(units[-1]))
                return (AnyOrder(tuple(unit[0] if len(unit) == 1 else Repeat(unit, 1, 1) for unit in units if unit)),)
            case Optional() | Repeat():
                inner = self._items(item.items, scope, taken)
                return (replace(item, items=inner),) if inner else ()
            case Alternatives():
                return (Alternatives(tuple(self._items(branch, scope, taken) for branch in item.branches)),)
            case Remark():
                return ()
            case AnySegments() | Nothing() | End():
                self._count(scope)
                return (item,)

    def _count(self, scope: _Scope) -> None:
        self.lines += 1
        if self.lines > MOST_LINES:
            raise ExpectationError(
                scope.sequence.path, said("more than {most:,} lines with all it includes", most=MOST_LINES)
            )

    def _use_or_complaint(self, use: Use, scope: _Scope, taken: frozenset[str]) -> tuple[Item, ...]:
        try:
            return self._use(use, scope, taken)
        except ExpectationError as error:
            self.complain(error)
        return (Unread(*scope.peers, ANY, at=use.at),)

    def _use(self, use: Use, scope: _Scope, taken: frozenset[str]) -> tuple[Item, ...]:
        try:
            sequence = self.find(use.name, beside=scope.sequence.path)
        except ExpectationError as error:
            if error.line:
                raise
            _fail(use, scope, said("cannot use {name}: {why}", name=use.name, why=error.message))
        if (sequence.path and sequence.path in scope.above) or len(scope.above) > MOST_USES_WITHIN:
            _fail(use, scope, said("{name} includes itself", name=use.name))
        if unknown := [name for name, _ in use.values if name not in sequence.parameters]:
            known = " ".join(sequence.parameters) or said("none")
            reason = said(
                "{name} has no parameter {unknown}, its parameters are: {known}",
                name=use.name,
                unknown=unknown[0],
                known=known,
            )
            _fail(use, scope, reason)
        if strangers := [name for name in use.peers or () if name not in scope.names]:
            _fail(use, scope, _third(strangers[0], scope.names))
        named = dict(zip(scope.names, scope.peers, strict=True))
        peers = (named[use.peers[0]], named[use.peers[1]]) if use.peers else scope.peers
        values = {name: scope.linear(value) for name, value in use.values}
        for name in sequence.parameters:
            values.setdefault(name, scope.shared(name, taken))
        either_way = sequence.either_way and use.peers is None
        values = _with_own_names(sequence, values, taken)
        inner = _Scope(sequence, peers, values, (*scope.above, sequence.path))
        return self.included(inner, taken, either_way=either_way)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the names of one included sequence stand for."""

    sequence: Sequence
    peers: tuple[str, str]
    values: dict[str, Linear]
    above: tuple[str, ...]

    @property
    def names(self) -> tuple[str, str]:
        return peers_of(self.sequence)

    @property
    def taken(self) -> frozenset[str]:
        return frozenset(symbol for value in self.values.values() for _, symbol in value.terms)

    def shared(self, symbol: str, taken: frozenset[str]) -> Linear:
        """What `symbol` stands for, also where only an included sequence speaks of it."""
        if symbol not in self.values:
            self.values[symbol] = Linear(((1, symbol if len(self.above) == 1 else _free(symbol, taken)),))
        return self.values[symbol]

    def mark(self, mark: Silence | States, top: tuple[str, str]) -> Silence | States:
        """`mark` with the names of the sequence that was asked for, whose peers are `top`."""
        if isinstance(mark, States):
            return mark if self.peers == top else replace(mark, states=(mark.states[1], mark.states[0]))
        if not mark.sender:
            return mark
        if mark.sender not in self.names:
            reason = _third(quoted(mark.sender), tuple(map(quoted, self.names)))
            raise ExpectationError(self.sequence.path, reason, line=mark.at[0], column=mark.at[1], text=mark.sender)
        return replace(mark, sender=self.peers[self.names.index(mark.sender)])

    def line(self, line: Line, top: tuple[str, str], part: str) -> Line:
        """`line` with the names of the sequence that was asked for, whose peers are `top`, in a named part."""
        named = dict(zip(self.names, self.peers, strict=True))
        fields = tuple(
            replace(
                written,
                low=None if written.low is None else self.linear(written.low),
                high=None if written.high is None else self.linear(written.high),
            )
            for written in line.fields
        )
        states = line.states
        if states is not None and self.peers != top:
            states = (states[1], states[0])
        return replace(
            line,
            sender=named[line.sender],
            receiver=named[line.receiver],
            fields=fields,
            states=states,
            remark="",
            part=part,
            written_at=SourceLine(PurePath(self.sequence.path).name, line.at[0], not is_of_library(self.above[0]))
            if line.at[0]
            else None,
        )

    def linear(self, linear: Linear) -> Linear:
        """`linear` with every symbol replaced by what it stands for."""
        terms: list[tuple[int, str]] = []
        for factor, symbol in linear.terms:
            if len(terms) > MOST_TERMS:
                reason = said("sums of more than {most:,} terms with all it includes, expected fewer", most=MOST_TERMS)
                raise ExpectationError(self.sequence.path, reason)
            value = self.values.get(symbol) if symbol else None
            if value is None:
                terms.append((factor, symbol))
            else:
                terms.extend((factor * inner, name) for inner, name in value.terms)
        return Linear(tuple(terms))


def _with_own_names(sequence: Sequence, values: dict[str, Linear], taken: frozenset[str]) -> dict[str, Linear]:
    """What each symbol of `sequence` stands for: its parameters as given, the others a name that is free."""
    result = dict(values)
    used = taken | {symbol for value in values.values() for _, symbol in value.terms}
    for symbol in symbols_of(sequence.items):
        if symbol not in result:
            name = _free(symbol, used)
            used |= {name}
            result[symbol] = Linear(((1, name),))
    return result


def _free(symbol: str, used: AbstractSet[str]) -> str:
    """`symbol` with as many primes as it takes not to be in `used`."""
    while symbol in used:
        symbol += "'"
    return symbol


def _third(name: str, known: Iterable[str]) -> str:
    return said("found a third peer {name}, expected {known}", name=name, known=either_of(known))


def _fail(use: Use, scope: _Scope, reason: str) -> NoReturn:
    raise ExpectationError(scope.sequence.path, reason, line=use.at[0], column=use.at[1], text=use.name)
