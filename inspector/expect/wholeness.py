"""What must hold over a whole file, and not in one line of it alone.

A sequence is about two ends; nothing stands behind `nothing after this`; a file of connections holds nothing but
connections, and their bonds name connections above. One pass over the items each: O(items), no more.

Each rule tells every place where it is broken, as far as one does not follow from another; whoever wants the first
takes the first (`check_whole`). What could not be read (`notation.Unread`) breaks none of them.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

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
    Unread,
    UnreadBlock,
    Use,
    lines_of,
)
from inspector.expect.scanner import either_of, quoted
from inspector.language import joined, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inspector.expect.notation import Item, Place, Sequence

__all__ = ["MOST_BLOCKS", "all_items", "bodies_of", "check_whole", "names_in", "strangers", "structure"]

MOST_BLOCKS = 100
"""Connections that one file may describe, counts apart."""


def check_whole(sequence: Sequence) -> None:
    """ExpectationError, with its place, where `sequence` does not hold together."""
    if first := next(chain(strangers(sequence), structure(sequence)), None):
        raise first


def structure(sequence: Sequence) -> Iterator[ExpectationError]:
    """What does not hold together of its blocks."""
    yield from _ends(sequence, sequence.items)
    yield from _connections(sequence)


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


def _fault(sequence: Sequence, reason: str, at: Place, text: str) -> ExpectationError:
    return ExpectationError(sequence.path, reason, line=at[0], column=at[1], text=text)


def strangers(sequence: Sequence) -> Iterator[ExpectationError]:
    """A sequence is about two ends; each naming of a third is a slip of the pen, or follows from one."""
    names = list(sequence.peers or ())
    for name, at in names_in(sequence.items):
        if name in names:
            continue
        if len(names) < 2:
            names.append(name)
            continue
        known = either_of(map(quoted, names))
        yield _fault(
            sequence, said("found a third peer {name}, expected {known}", name=quoted(name), known=known), at, name
        )


def names_in(items: tuple[Item, ...]) -> Iterator[tuple[str, Place]]:
    """The peers that are named, and where. Lines first: a silence names one of their peers."""
    for line in lines_of(items):
        if not isinstance(line, Unread):
            yield line.sender, line.at
            yield line.receiver, line.receiver_at
    for item in all_items(items):
        if isinstance(item, Silence) and item.sender:
            yield item.sender, item.at


def _ends(sequence: Sequence, items: tuple[Item, ...]) -> Iterator[ExpectationError]:
    """Nothing of a block stands behind `nothing after this`; and marks have no place of their own in any order."""
    ended = False
    for item in items:
        if isinstance(item, Remark):
            continue
        if ended and not isinstance(item, Unread):
            reason = said("found more behind `nothing after this`, expected the end of the block or of the file")
            yield _fault(sequence, reason, _place_of((item,)), "")
        ended = isinstance(item, End)
        for body in bodies_of(item):
            yield from _ends(sequence, body)
        inner = item.items if isinstance(item, AnyOrder) else ()
        for mark in (each for each in inner if isinstance(each, Mark)):
            reason = said("found what is no line in `any order`, expected it with its line in a `part NAME:` there")
            yield _fault(sequence, reason, mark.at, "")


def _connections(sequence: Sequence) -> Iterator[ExpectationError]:
    """Either all of a file is about connections by their names, or nothing of it."""
    blocks = [item for item in all_items(sequence.items) if isinstance(item, ConnectionBlock)]
    if not blocks:
        return
    if len(blocks) > MOST_BLOCKS:
        at = blocks[MOST_BLOCKS].at
        yield _fault(
            sequence,
            said("found {n:,} connections, expected at most {most}", n=len(blocks), most=MOST_BLOCKS),
            at,
            "connection",
        )
    for block in blocks:
        if inner := next((each for each in all_items(block.items) if isinstance(each, ConnectionBlock)), None):
            yield _fault(
                sequence,
                said("found a connection within a connection, expected one below the other"),
                inner.at,
                inner.name,
            )
    yield from _at_the_top(sequence)


_OF_CONNECTIONS = (ConnectionBlock, Remark, Unread, UnreadBlock)
_BESIDE = said(
    "found something else beside connections, expected at the top of the file only `connection NAME:` and `...`, "
    "or connections below `repeat COUNT:` or `optional:`, and each line in the block of its connection"
)


def _at_the_top(sequence: Sequence) -> Iterator[ExpectationError]:
    """The connections at the top of the file, one after the other, and what stands beside them."""
    repeated: dict[str, bool] = {}
    hides_names = any(map(_hides_names, sequence.items))
    was_beside = False
    for item in sequence.items:
        match item:
            case Remark() | AnySegments() | Unread():
                continue
            case ConnectionBlock():
                blocks: tuple[Item, ...] = (item,)
                is_beside = False
            case UnreadBlock():
                blocks, is_beside = item.items, False
            case Optional() | Repeat():
                blocks = item.items
                is_beside = not all(isinstance(each, _OF_CONNECTIONS) for each in blocks)
            case _:
                blocks, is_beside = (), True
        if is_beside and not was_beside:  # a run of them is one slip
            yield _fault(sequence, _BESIDE, _place_of((item,)), "")
        was_beside = is_beside
        for block in blocks:
            if isinstance(block, ConnectionBlock) and not is_beside:
                is_repeated = not isinstance(item, ConnectionBlock)
                faults = _bonds(sequence, block, repeated, is_repeated=is_repeated)
                yield from () if hides_names else faults
                repeated[block.name] = is_repeated


def _bonds(
    sequence: Sequence, block: ConnectionBlock, repeated: dict[str, bool], *, is_repeated: bool
) -> Iterator[ExpectationError]:
    if block.name in repeated:
        yield _fault(
            sequence,
            said("found a second connection {name}, expected another name", name=quoted(block.name)),
            block.at,
            block.name,
        )
    for name in filter(None, (block.endpoints_of, block.after)):
        if name not in repeated and not (name == block.name and is_repeated):
            known = joined(map(quoted, repeated)) or said("none")
            reason = said("found no connection {name} above, expected one of: {known}", name=quoted(name), known=known)
            yield _fault(sequence, reason, block.at, name)
    if block.endpoints_of != block.name and repeated.get(block.endpoints_of):
        reason = said(
            "found the endpoints of {name}, of which there may be several, expected one",
            name=quoted(block.endpoints_of),
        )
        yield _fault(sequence, reason, block.at, block.endpoints_of)


def _hides_names(item: Item) -> bool:
    """Whether it may be a connection whose name could not be read: then nobody knows which names there are."""
    return isinstance(item, UnreadBlock) and not any(isinstance(each, ConnectionBlock) for each in item.items)


def _place_of(items: Iterable[Item]) -> Place:
    """Where the first of `items` stands whose place is known."""
    for item in all_items(items):
        if isinstance(item, Line | Use | Silence | End | States | Named | ConnectionBlock):
            return item.at
    return 0, 0
