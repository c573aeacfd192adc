"""What must hold over a whole file, and not in one line of it alone.

A sequence is about two ends; nothing stands behind `nothing after this`; a file of connections holds nothing but
connections, and their bonds name connections above. One pass over the items each: O(items), no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from inspector.errors import ExpectationError
from inspector.expect.notation import (
    Alternatives,
    AnyOrder,
    AnySegments,
    ConnectionBlock,
    End,
    Line,
    Mark,
    Named,
    Optional,
    Remark,
    Repeat,
    Silence,
    States,
    Use,
    lines_of,
)
from inspector.expect.scanner import either_of, quoted
from inspector.language import joined, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inspector.expect.notation import Item, Place, Sequence

__all__ = ["MOST_BLOCKS", "all_items", "bodies_of", "check_whole"]

MOST_BLOCKS = 100
"""Connections that one file may describe, counts apart."""


def check_whole(sequence: Sequence) -> None:
    """ExpectationError, with its place, where `sequence` does not hold together."""
    _check_peers(sequence)
    _check_ends(sequence, sequence.items)
    _check_connections(sequence)


def bodies_of(item: Item) -> tuple[tuple[Item, ...], ...]:
    """The bodies of a block; none for what is no block."""
    match item:
        case Optional() | Repeat() | AnyOrder() | Named() | ConnectionBlock():
            return (item.items,)
        case Alternatives():
            return item.branches
        case _:
            return ()


def all_items(items: Iterable[Item]) -> Iterator[Item]:
    """Each of `items` and all that is below it, in the order of writing."""
    for item in items:
        yield item
        for body in bodies_of(item):
            yield from all_items(body)


def _fail(sequence: Sequence, reason: str, at: Place, text: str) -> NoReturn:
    raise ExpectationError(sequence.path, reason, line=at[0], column=at[1], text=text)


def _check_peers(sequence: Sequence) -> None:
    """A sequence is about two ends; a third name is a slip of the pen."""
    names = list(sequence.peers or ())
    for name, at in _peers_named(sequence.items):
        if name not in names:
            names.append(name)
        if len(names) > 2:
            known = either_of(map(quoted, names[:2]))
            _fail(
                sequence, said("found a third peer {name}, expected {known}", name=quoted(name), known=known), at, name
            )


def _peers_named(items: tuple[Item, ...]) -> Iterator[tuple[str, Place]]:
    """Lines first: a silence names one of their peers."""
    for line in lines_of(items):
        yield line.sender, line.at
        yield line.receiver, line.at
    for item in all_items(items):
        if isinstance(item, Silence) and item.sender:
            yield item.sender, item.at


def _check_ends(sequence: Sequence, items: tuple[Item, ...]) -> None:
    """Nothing of a block stands behind `nothing after this`; and marks have no place of their own in any order."""
    ended = False
    for item in items:
        if isinstance(item, Remark):
            continue
        if ended:
            reason = said("found more behind `nothing after this`, expected the end of the block or of the file")
            _fail(sequence, reason, _place_of((item,)), "")
        ended = isinstance(item, End)
        for body in bodies_of(item):
            _check_ends(sequence, body)
        inner = item.items if isinstance(item, AnyOrder) else ()
        if mark := next((each for each in inner if isinstance(each, Mark)), None):
            reason = said("found what is no line in `any order`, expected it with its line in a `part NAME:` there")
            _fail(sequence, reason, mark.at, "")


def _check_connections(sequence: Sequence) -> None:
    """Either all of a file is about connections by their names, or nothing of it."""
    blocks = [item for item in all_items(sequence.items) if isinstance(item, ConnectionBlock)]
    if not blocks:
        return
    if len(blocks) > MOST_BLOCKS:
        at = blocks[MOST_BLOCKS].at
        _fail(
            sequence,
            said("found {n:,} connections, expected at most {most}", n=len(blocks), most=MOST_BLOCKS),
            at,
            "connection",
        )
    for block in blocks:
        if inner := next((each for each in all_items(block.items) if isinstance(each, ConnectionBlock)), None):
            _fail(
                sequence,
                said("found a connection within a connection, expected one below the other"),
                inner.at,
                inner.name,
            )
    repeated: dict[str, bool] = {}
    for block, is_repeated in _at_the_top(sequence):
        _check_bonds(sequence, block, repeated, is_repeated=is_repeated)
        repeated[block.name] = is_repeated


_BESIDE = said(
    "found something else beside connections, expected at the top of the file only `connection NAME:` and `...`, "
    "or connections below `repeat COUNT:` or `optional:`, and each line in the block of its connection"
)


def _at_the_top(sequence: Sequence) -> Iterator[tuple[ConnectionBlock, bool]]:
    """The connections at the top of the file, and whether their number is open."""
    for item in sequence.items:
        match item:
            case ConnectionBlock():
                yield item, False
            case Remark() | AnySegments():
                continue
            case Optional() | Repeat() if all(isinstance(each, ConnectionBlock | Remark) for each in item.items):
                for each in item.items:
                    if isinstance(each, ConnectionBlock):
                        yield each, True
            case _:
                _fail(sequence, _BESIDE, _place_of((item,)), "")


def _check_bonds(sequence: Sequence, block: ConnectionBlock, repeated: dict[str, bool], *, is_repeated: bool) -> None:
    if block.name in repeated:
        _fail(
            sequence,
            said("found a second connection {name}, expected another name", name=quoted(block.name)),
            block.at,
            block.name,
        )
    for name in filter(None, (block.endpoints_of, block.after)):
        if name not in repeated and not (name == block.name and is_repeated):
            known = joined(map(quoted, repeated)) or said("none")
            reason = said("found no connection {name} above, expected one of: {known}", name=quoted(name), known=known)
            _fail(sequence, reason, block.at, name)
    if block.endpoints_of != block.name and repeated.get(block.endpoints_of):
        reason = said(
            "found the endpoints of {name}, of which there may be several, expected one",
            name=quoted(block.endpoints_of),
        )
        _fail(sequence, reason, block.at, block.endpoints_of)


def _place_of(items: Iterable[Item]) -> Place:
    """Where the first of `items` stands whose place is known."""
    for item in all_items(items):
        if isinstance(item, Line | Use | Silence | End | States | Named | ConnectionBlock):
            return item.at
    return 0, 0
