"""All that is wrong with the text of a sequence, as far as one error does not follow from another.

The first error told is the one that every other room raises (`parse`, then `check_comparable`), so that both say the
same; the others follow by their places in the file, then those without a place, then those of files that are used.
At most one for each line, at most `MOST_TOLD` of them, and a count of the rest.

Three passes, each over what the one before left: what cannot be read (`recovery`), what does not hold together
(`wholeness`), what cannot be compared (`expansion`, `automaton`). Between them the sequence is mended: what was told
of it is no longer in it, so that it is not told again in other words.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from inspector.errors import ExpectationError
from inspector.expect.automaton import build
from inspector.expect.comparison import check_comparable, parts_of
from inspector.expect.complaints import MOST_KEPT, Complaints, Enough
from inspector.expect.connections import check_one_kind
from inspector.expect.expansion import expand, told_peers
from inspector.expect.library import load
from inspector.expect.notation import (
    ANY,
    Alternatives,
    AnyOrder,
    ConnectionBlock,
    Line,
    Named,
    Optional,
    Repeat,
    Silence,
    Unread,
    UnreadBlock,
    Use,
)
from inspector.expect.parser import parse
from inspector.expect.recovery import read_on
from inspector.expect.scanner import nearest
from inspector.expect.wholeness import MOST_BLOCKS, all_items, names_in, strangers, structure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from inspector.expect.notation import Item, Sequence

__all__ = ["MOST_TOLD", "Errors", "Linted", "errors_of"]

MOST_TOLD = 20

_Peers = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Errors:
    """What is wrong with one text."""

    told: tuple[ExpectationError, ...] = ()
    more: int = 0
    """How many there are beyond these."""
    is_all: bool = True
    """Whether all were counted; else there are at least so many more."""

    @property
    def number(self) -> int:
        """How many there are, as far as they were counted."""
        return len(self.told) + self.more


@dataclass(frozen=True, slots=True)
class Linted:
    """What is told of one sequence that was asked for."""

    name: str
    """As it was asked for."""
    errors: Errors
    lines: int = 0
    """Of a sequence without errors."""
    is_laid_out: bool = False
    """Whether a sequence without errors is written as `formatter` writes it."""


def errors_of(text: str, path: str, find: Callable[..., Sequence] = load) -> Errors:
    """What is wrong with `text`, which complaints call `path`; `find` gives what it uses."""
    try:
        check_comparable(parse(text, path), find)
    except ExpectationError as error:
        return _with_others(error, text, path, find)
    return Errors()


def _with_others(first: ExpectationError, text: str, path: str, find: Callable[..., Sequence]) -> Errors:
    complaints = Complaints()
    is_all = False
    with suppress(Enough):
        _tell_all(text, path, first, find, complaints)
        is_all = True
    others = [each for each in complaints if _place(each, path) != _place(first, path) or _is_other(each, first)]
    found = [first, *sorted(others, key=lambda each: _place(each, path))]
    return Errors(tuple(found[:MOST_TOLD]), len(found[MOST_TOLD:]), is_all)


def _place(error: ExpectationError, path: str) -> tuple[bool, str, bool, int]:
    """The line of the file itself first, then what has none, then lines of other files."""
    return error.path != path, error.path, not error.line, error.line


def _is_other(one: ExpectationError, two: ExpectationError) -> bool:
    """Whether two errors without a place say different things."""
    return not one.line and one.reason != two.reason


def _tell_all(
    text: str, path: str, first: ExpectationError, find: Callable[..., Sequence], complaints: Complaints
) -> None:
    try:
        sequence = read_on(text, path, complaints)
    except ExpectationError as error:
        return complaints(error)
    told: set[str] = set()
    peers = _peers(sequence, first, complaints, told)
    for fault in structure(sequence):
        complaints(fault)
    for block, items in _units(sequence):
        unit = replace(sequence, peers=peers, items=tuple(_mended(items, peers, told)))
        try:
            _tell_of_comparing(unit, block, find, complaints)
        except ExpectationError as error:  # it is too large
            complaints(error)
    return None


# ------------------------------------------------------------------------------------- the peers


def _peers(sequence: Sequence, first: ExpectationError, complaints: Complaints, told: set[str]) -> _Peers:
    """The two peers that are meant: those that are named most often, whoever is named first.

    A name like that of a peer is a slip wherever it stands; one like neither is somebody else, and one error for all of
    his lines. Where the first names are the slip, `first` blames all others, and that is enough. `told` is given those
    of whom something is said.
    """
    meant = _meant(sequence, is_read=not len(complaints))
    third = next(strangers(sequence), None)
    follow: set[str] = set()
    if third and (_place(third, sequence.path) == _place(first, sequence.path) or sequence.peers):
        complaints(third)
        follow = {third.text, *_named(sequence)[:2]} if third.text in meant else set()
    for error in islice(strangers(replace(sequence, peers=meant)), MOST_KEPT):
        if error.text not in follow and (error.text not in told or nearest(error.text, meant)):
            told.add(error.text)
            complaints(error)
    return meant


def _named(sequence: Sequence) -> list[str]:
    """Those that are named, as far as it can be read, in the order of writing."""
    return list(dict.fromkeys((*(sequence.peers or ()), *(name for name, _ in names_in(sequence.items)))))


def _meant(sequence: Sequence, *, is_read: bool) -> _Peers:
    """Whom a `use` names counts too; but where nobody else is, and all could be read, client and server are meant."""
    counts = Counter(sequence.peers or ())
    counts.update(name for name, _ in names_in(sequence.items))
    unread = [item for item in all_items(sequence.items) if isinstance(item, Unread)]
    counts.update(name for item in unread for name in (item.sender, item.receiver) if name)
    uses = [item.peers for item in all_items(sequence.items) if isinstance(item, Use) and item.peers]
    if counts or not is_read:
        counts.update(name for names in uses for name in names)
    most = {name for name, _ in counts.most_common(2)}
    if most <= {"client", "server"}:
        return "client", "server"
    named = [name for name in counts if name in most] + ["server", "client"]
    return named[0], next(name for name in named if name != named[0])


# ---------------------------------------------------------------------------------- the comparing


def _units(sequence: Sequence) -> Iterator[tuple[ConnectionBlock | None, tuple[Item, ...]]]:
    """What is compared by itself: each connection and what may have been one, or the whole."""
    blocks = [item for item in all_items(sequence.items) if isinstance(item, ConnectionBlock)]
    if not blocks:
        yield None, sequence.items
        return
    for block in blocks[:MOST_BLOCKS]:
        yield block, block.items
    for item in sequence.items:
        if isinstance(item, UnreadBlock):
            yield None, item.items


def _mended(items: Iterable[Item], peers: _Peers, told: set[str]) -> Iterator[Item]:
    """`items` without what was told of them."""
    for item in items:
        match item:
            case Line():
                is_known = not isinstance(item, Unread) and {item.sender, item.receiver} <= set(peers)
                yield item if is_known else Unread(*peers, ANY, at=item.at)
            case Silence():
                yield item if item.sender in ("", *peers) else replace(item, sender="")
            case Alternatives():
                yield Alternatives(tuple(tuple(_mended(branch, peers, told)) for branch in item.branches))
            case ConnectionBlock():
                yield Named(item.name, tuple(_mended(item.items, peers, told)), item.at)
            case Optional() | Repeat() | AnyOrder() | Named():
                yield replace(item, items=tuple(_mended(item.items, peers, told)))
            case Use(peers=(_, _)):
                others = {name for name in item.peers or () if name not in peers}
                is_told = others <= told and not any(nearest(name, peers) for name in others)
                told |= others
                yield replace(item, peers=None) if others and is_told else item
            case _:
                yield item


def _tell_of_comparing(
    unit: Sequence, block: ConnectionBlock | None, find: Callable[..., Sequence], complaints: Complaints
) -> None:
    items: list[Item] = []
    for item in expand(unit, find, complaints):
        try:
            parts_of((item,), unit.path)
        except ExpectationError as error:
            complaints(error)
            items.append(Unread(*told_peers(unit), ANY))
        else:
            items.append(item)
    parts = parts_of(items, unit.path)
    try:
        if block:
            check_one_kind(block, parts, unit.path)
    except ExpectationError as error:
        complaints(error)
    for part in parts.values():
        build(part, unit.path, complaints)
