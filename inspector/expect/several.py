"""Sequences of one connection each, put together as one file of connections.

What `part:` says of a sequence, a block says with a `...` of its own, since blocks of one file may be different parts.
Everything else of a header is the file's, and whoever puts it together writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.expect.notation import AnySegments, ConnectionBlock, Part, lines_of

if TYPE_CHECKING:
    from inspector.expect.notation import Sequence

__all__ = ["block_of", "ordinal", "span"]

_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth",
    "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
)  # fmt: skip


def block_of(name: str, sequence: Sequence, endpoints_of: str = "", after: str = "") -> ConnectionBlock:
    """What `sequence` says of a connection, as a block called `name`."""
    before = sequence.part in (Part.ENDING, Part.ANYWHERE) and sequence.items[:1] != (AnySegments(),)
    behind = sequence.part in (Part.BEGINNING, Part.ANYWHERE) and bool(sequence.items)
    items = (*[AnySegments()] * before, *sequence.items, *[AnySegments()] * behind)
    at = next((line.at for line in lines_of(items)), (0, 0))
    return ConnectionBlock(name, items, endpoints_of, after, at)


def ordinal(number: int) -> str:
    """A name for the connection at a place, counted from 1: `first`, `second`, and `number-13` beyond twelve."""
    return _ORDINALS[number - 1] if number <= len(_ORDINALS) else f"number-{number}"


def span(first: int, last: int) -> str:
    """A name for connections that stand side by side: `first-and-second`, `first-to-third`, `number-9-to-20`."""
    if last <= len(_ORDINALS):
        return f"{ordinal(first)}-{'to' if last > first + 1 else 'and'}-{ordinal(last)}"
    return f"number-{first}-to-{last}"
