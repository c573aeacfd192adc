"""Reads an item that is no block: a line, `...`, `use`, and the marks that stand between segments.

The grammar is at the head of `notation`. Not here: blocks and comments (`parser`), the line itself (`line_parser`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inspector.expect.header_parser import HEADER
from inspector.expect.line_parser import parse_duration, parse_line, parse_linear, parse_states
from inspector.expect.notation import AnySegments, End, Line, Silence, States, Use
from inspector.expect.scanner import NAME, SYMBOL, nearest
from inspector.language import said

if TYPE_CHECKING:
    from inspector.expect.notation import Linear, Mark
    from inspector.expect.scanner import Cursor

__all__ = ["ITEM", "MOST_VALUES", "is_line", "parse_simple"]

ITEM = said(
    "a line such as `client > server  SYN  seq=x`, `...`, `nothing`, `use NAME`, `no segment for 1s`, "
    "`nothing after this`, `| STATE STATE`, or a block (`optional:`, `repeat *:`, `any order:`, `either:`, "
    "`part NAME:`, `connection NAME:`)"
)

MOST_VALUES = 50
"""Peers and symbols that one `use` may give."""

_MARKED = {
    "no": said("`no segment for 1s` or `no datagram for 1s`"),
    "nothing": said("`nothing after this`, or `nothing` alone"),
}
"""Words that begin a mark, and what they begin."""

_WORDS = (
    *("title", "about", "peers", "part", "parameters", "provokes", "strict"),
    *("optional", "repeat", "any", "either", "or", "connection", "use", "nothing"),
)
"""Words that begin a line which is none of who sends what."""

_ARROWS = (">", "->", "→")
_END = re.compile(r"nothing[ \t]+after[ \t]+this(?![\w.-])")
_SILENCE = re.compile(r"no[ \t]+(segment|datagram)(?![\w.-])")


def is_line(cursor: Cursor) -> bool:
    """Whether what stands before the cursor was the name of a sender: an arrow follows."""
    return cursor.text[cursor.position :].lstrip().startswith(_ARROWS)


def parse_simple(cursor: Cursor) -> Line | AnySegments | Use | Mark:
    """The item in the line of `cursor`, to its end."""
    if cursor.accept("..."):
        cursor.end(said("the end of the line after `...`"))
        return AnySegments()
    mark = _mark(cursor)
    if mark is not None:
        return mark
    start = cursor.position
    if cursor.accept_word("use") and not is_line(cursor):
        return _use(cursor)
    cursor.position = start
    if HEADER.match(cursor.text, cursor.position):
        cursor.fail(said("header lines only at the top, before the first line of the sequence"))
    place = cursor.place
    word = cursor.take(NAME)
    if word and word not in _MARKED and not is_line(cursor) and (meant := nearest(word, _WORDS)) not in ("", word):
        cursor.fail(ITEM, text=word, place=place, meant=meant)
    if word is None or cursor.at_end() or (word in _MARKED and not is_line(cursor)):
        cursor.position = start
        is_short = cursor.text[start:].strip() == word
        cursor.fail(ITEM if is_short else _MARKED.get(word or "", ITEM))
    cursor.position = start
    return parse_line(cursor)


def _mark(cursor: Cursor) -> Mark | None:
    at, start = cursor.place, cursor.position
    states = parse_states(cursor)
    if states is not None:
        cursor.end(said("the end of the line after the two states"))
        return States(states, at)
    if cursor.take(_END):
        cursor.end(said("the end of the line after `nothing after this`"))
        return End(at)
    silence = cursor.take(_SILENCE)
    if silence is None or is_line(cursor):
        cursor.position = start
        return None
    if not cursor.accept_word("from"):
        sender = ""
    else:
        sender = cursor.need(NAME, said("the peer that is silent, as in `no segment from client for 1s`"))
    if not cursor.accept_word("for"):
        cursor.fail(said("`for` and a duration") if sender else said("`from` and a peer, or `for` and a duration"))
    duration = parse_duration(cursor)
    cursor.end(said("the end of the line after the duration"))
    return Silence(duration, sender, silence.endswith("datagram"), at)


def _use(cursor: Cursor) -> Use:
    at = cursor.place
    name = cursor.need(NAME, said("the name of a sequence, as in `use three-way-handshake`"))
    peers: list[str] = []
    values: list[tuple[str, Linear]] = []
    if cursor.accept("("):
        while True:
            place = cursor.place
            word = cursor.need(NAME, said("a peer's name, or `SYMBOL=SUM`"))
            if len(peers) + len(values) == MOST_VALUES:
                cursor.fail(said("at most {most} peers and symbols", most=MOST_VALUES), text=word, place=place)
            if cursor.accept("="):
                if not SYMBOL.fullmatch(word):
                    cursor.fail(said("a symbol before `=`"), text=word, place=place)
                values.append((word, parse_linear(cursor)))
            else:
                peers.append(word)
            if cursor.accept(")"):
                break
            if not cursor.accept(","):
                cursor.fail(said("`,` or `)`"))
        if len(peers) not in (0, 2) or len(set(peers)) != len(peers):
            cursor.fail(
                said("two different peers, or none, as in `use half-close(client, server)`"), text=name, place=at
            )
    cursor.end(said("`(`, or the end of the line"))
    return Use(name, (peers[0], peers[1]) if peers else None, tuple(values), at=at)
