"""Reads the header of a sequence, line by line: what it is called, whom it is about, how much it describes.

The grammar is at the head of `notation`. Not here: where the header ends (`parser`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.expect.notation import Part
from inspector.expect.scanner import NAME, SYMBOL, nearest
from inspector.findings import Blame
from inspector.language import joined, said
from inspector.tcp.judgement import RULES

if TYPE_CHECKING:
    from inspector.expect.notation import Sequence
    from inspector.expect.scanner import Cursor

__all__ = ["HEADER", "with_header"]

HEADER = re.compile(r"(title|about|peers|part|parameters|provokes)[ \t]*:|strict[ \t]*$")
"""Begins a header line."""

_FAULTS = tuple(rule.kind for rule in RULES if rule.blame is Blame.PEER)


def with_header(  # noqa: PLR0911 - one for each kind of header line
    header: Sequence, word: str, cursor: Cursor
) -> Sequence:
    """`header` with what the line that `word` begins says; `cursor` stands behind that word."""
    if word == "strict":
        return replace(header, strict=True)
    cursor.accept(":")
    match word:
        case "title":
            return replace(header, title=cursor.text[cursor.position :].strip())
        case "about":
            return replace(header, about=(*header.about, cursor.text[cursor.position :].strip()))
        case "part":
            return replace(header, part=_part(cursor))
        case "parameters":
            return replace(header, parameters=_parameters(cursor))
        case "provokes":
            return replace(header, provokes=_provokes(cursor))
        case _:
            return _with_peers(header, cursor)


def _part(cursor: Cursor) -> Part:
    place = cursor.place
    word = cursor.need(NAME, said("`beginning`, `ending`, `anywhere` or `whole`"))
    if word not in tuple(Part):
        cursor.fail(
            said("`beginning`, `ending`, `anywhere` or `whole`"), text=word, place=place, meant=nearest(word, Part)
        )
    cursor.end(said("the end of the line"))
    return Part(word)


def _parameters(cursor: Cursor) -> tuple[str, ...]:
    symbols = [cursor.need(SYMBOL, said("symbols, as in `parameters: x y`"))]
    while not cursor.at_end():
        cursor.accept(",")
        place = cursor.place
        symbol = cursor.need(SYMBOL, said("a symbol, or the end of the line"))
        if symbol in symbols:
            cursor.fail(said("each symbol once"), text=symbol, place=place)
        symbols.append(symbol)
    return tuple(symbols)


def _provokes(cursor: Cursor) -> tuple[str, ...]:
    kinds: list[str] = []
    while not kinds or not cursor.at_end():
        cursor.accept(",")
        place = cursor.place
        kind = cursor.need(NAME, said("a kind of finding, as in `provokes: syn-ack-wrong-ack`"))
        if kind not in _FAULTS:
            expected = said("one of {kinds}", kinds=joined(_FAULTS))
            cursor.fail(expected, text=kind, place=place, meant=nearest(kind, _FAULTS))
        kinds.append(kind)
    return tuple(kinds)


def _with_peers(header: Sequence, cursor: Cursor) -> Sequence:
    first = cursor.need(NAME, said("two names, the originator's first, as in `peers: client server`"))
    cursor.accept(",")
    place = cursor.place
    second = cursor.need(NAME, said("the responder's name, as in `peers: client server`"))
    if second == first:
        cursor.fail(said("another name than the originator's"), text=second, place=place)
    either_way = cursor.accept_word("either")
    if either_way and not cursor.accept_word("way"):
        cursor.fail(said("`way`, as in `peers: closer other either way`"))
    cursor.end(said("`either way`, or the end of the line"))
    return replace(header, peers=(first, second), either_way=either_way)
