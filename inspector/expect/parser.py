"""Reads a whole file of the notation: blocks by indentation, comments; header and lines by their own parsers.

A comment on a line of its own becomes a `Remark` at its place, one after a line that line's remark, and one after
anything else a `Remark` before it, so that formatting a file loses no word of it. Blocks nest at most `DEEPEST` deep
and a file has at most `LONGEST` characters: hostile text costs no more than a complaint.

The first error is raised. Who wants all of them (`recovery`) reads with a `Blocks` that goes on behind an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from inspector.errors import ExpectationError
from inspector.expect.header_parser import HEADER, with_header
from inspector.expect.notation import (
    Alternatives,
    AnyOrder,
    ConnectionBlock,
    Line,
    Named,
    Nothing,
    Optional,
    Remark,
    Repeat,
    Sequence,
)
from inspector.expect.scanner import NAME, Cursor
from inspector.expect.simple_parser import ITEM, is_line, parse_simple
from inspector.expect.wholeness import check_whole
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.expect.notation import Item

__all__ = [
    "BLOCK",
    "DEEPEST",
    "LONGEST",
    "Blocks",
    "Physical",
    "is_header",
    "parse",
    "physical_lines",
    "with_header_line",
]

DEEPEST = 20
LONGEST = 1_000_000

BLOCK = re.compile(r"(optional|repeat|any[ \t]+order|either|or|part|connection)(?=[\s:*+{]|$)")
_COUNT = re.compile(r"\*|\+|\{[ ]*([0-9]{1,6})[ ]*(,[ ]*([0-9]{1,6})?[ ]*)?\}")
_BOND = said("`endpoints of NAME` or `after NAME`, each once, the name being that of a connection above")
_NOTHING = "nothing"
_NOT_ALONE = said("one item after the colon, or an indented block of items below")


def parse(text: str, path: str = "<text>") -> Sequence:
    """The sequence that `text` writes; ExpectationError, with line and column, where it is malformed.

    `path` is what complaints call the text; its stem becomes the sequence's name.
    """
    header, rest = _split_header(physical_lines(text, path), path)
    items = Blocks(rest, path).all_items()
    sequence = replace(header, items=(*header.items, *items), name=PurePath(path).stem, path=path)
    check_whole(sequence)
    return sequence


@dataclass(slots=True)
class Physical:
    """A line of the file without its comment; `text` is empty where there is nothing but a comment."""

    number: int
    indent: int
    """The level that it stands at; blanks before it, unless that is mended."""
    text: str
    comment: str | None
    is_apart: bool = False
    """Whether an empty line stands above."""

    def cursor(self, path: str) -> Cursor:
        """At its first sign."""
        return Cursor(path, self.number, self.text, len(self.text) - len(self.text.lstrip()))


def physical_lines(text: str, path: str) -> list[Physical]:
    """The lines of `text` that are not empty; ExpectationError where there are none, or it is too long."""
    if len(text) > LONGEST:
        raise ExpectationError(path, said("{n:,} characters, expected at most {most:,}", n=len(text), most=LONGEST))
    lines: list[Physical] = []
    is_apart = False
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        line = raw.expandtabs(8).rstrip()
        indent = len(line) - len(line.lstrip())
        if re.match(r"(title|about)\s*:", line):
            lines.append(Physical(number, 0, line, None))
            is_apart = False
            continue
        text_part, sign, comment = line.partition("#")
        if not line or line.isspace():
            is_apart = True
            continue
        lines.append(Physical(number, indent, text_part.rstrip(), comment.strip() if sign else None, is_apart))
        is_apart = False
    if not any(line.text for line in lines):
        raise ExpectationError(path, said("the sequence is empty, expected {items}", items=ITEM))
    return lines


# ------------------------------------------------------------------------------------- the header


def _split_header(lines: list[Physical], path: str) -> tuple[Sequence, list[Physical]]:
    header = Sequence(items=())
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if not line.text:
            continue
        if not is_header(line):
            # Comments among the header lines lead the items: the header itself has words of its own.
            return replace(header, items=tuple(_remarks_of_header(lines[:index]))), lines[index:]
        header = with_header_line(header, line, path, seen)
    raise ExpectationError(path, said("a header without a sequence, expected {items}", items=ITEM))


def is_header(line: Physical) -> bool:
    """Whether it is written as a line of the header is."""
    return not line.indent and HEADER.match(line.text) is not None


def with_header_line(header: Sequence, line: Physical, path: str, seen: set[str]) -> Sequence:
    """`header` with what one more line says; `seen` are the words that began one before."""
    cursor = line.cursor(path)
    place = cursor.place
    word = cursor.need(NAME, ITEM)
    if word in seen and word != "about":
        cursor.fail(said("`{word}` only once", word=word), text=word, place=place)
    seen.add(word)
    return with_header(header, word, cursor)


def _remarks_of_header(lines: list[Physical]) -> Iterator[Remark]:
    """Its comments; what a line of the header stood between stays apart."""
    for index, line in enumerate(lines):
        if line.comment is not None:
            yield Remark(line.comment, line.is_apart or bool(line.text or (index and lines[index - 1].text)))


# ------------------------------------------------------------------------------------- the blocks


@dataclass(slots=True)
class Blocks:
    """Reads blocks by indentation: one pass over the lines, one method per construct."""

    lines: list[Physical]
    path: str
    index: int = 0
    levels: list[int] = field(default_factory=list)
    """The indentations of the blocks around."""
    is_one: bool = field(init=False)
    """Whether one line is all there is, comments apart."""
    texts: list[Physical | None] = field(init=False)
    """For each line: the first from it on that holds more than a comment."""

    def __post_init__(self) -> None:
        self.texts = [None] * (len(self.lines) + 1)
        for index in range(len(self.lines) - 1, -1, -1):
            self.texts[index] = self.lines[index] if self.lines[index].text else self.texts[index + 1]
        self.is_one = sum(bool(line.text) for line in self.lines) == 1

    def all_items(self) -> tuple[Item, ...]:
        """All there is."""
        return self._block(0)

    def _misplaced(self, line: Physical) -> None:
        cursor = line.cursor(self.path)
        cursor.fail(said("the indentation of a line above: only a block after a colon is indented"))

    def _ends(self, line: Physical, indent: int) -> bool:
        """Whether the block at `indent` ends before `line`."""
        return line.indent < indent

    def _next_text(self, index: int) -> Physical | None:
        """The next line, from `index` on, that holds more than a comment."""
        return self.texts[index]

    def _block(self, indent: int) -> tuple[Item, ...]:
        """Items at `indent`; a comment belongs where the next line belongs, or where it is indented to."""
        items: list[Item] = []
        self.levels.append(indent)
        while self.index < len(self.lines):
            line = self.lines[self.index]
            if not line.text:
                following = self._next_text(self.index)
                if line.indent < indent and (following is None or self._ends(following, indent)):
                    break
                items.append(Remark(line.comment or "", line.is_apart))
                self.index += 1
                continue
            if self._ends(line, indent):
                break
            if line.indent > indent:
                self._misplaced(line)
            items.extend(self._item(line))
        self.levels.pop()
        return tuple(items)

    def _item(self, line: Physical) -> tuple[Item, ...]:
        """One item and its block, after the remark that its comment becomes."""
        self.index += 1
        cursor = line.cursor(self.path)
        if line.text.strip() == _NOTHING:
            return self._nothing(cursor, line.comment)
        place = cursor.place
        word = cursor.take(BLOCK)
        if word is None or is_line(cursor):
            cursor.position = place[1] - 1
            return self._simple(cursor, line.comment)
        return (self._block_of(word, cursor, line, place),)

    def _block_of(self, word: str, cursor: Cursor, line: Physical, place: tuple[int, int]) -> Item:
        if word == "or":
            cursor.fail(said("`either:` before `or:`"), text=word, place=place)
        match word:
            case "either":
                return self._alternatives(cursor, line)
            case "optional":
                return Optional(self._body(cursor, line))
            case "repeat":
                least, most = self._count(cursor)
                return Repeat(self._body(cursor, line), least, most)
            case "part":
                name = cursor.need(NAME, said("a name for the part, as in `part handshake:`"))
                return Named(name, self._body(cursor, line), place)
            case "connection":
                name = cursor.need(NAME, said("a name for the connection, as in `connection first:`"))
                endpoints, after = _bonds(cursor)
                return ConnectionBlock(name, self._body(cursor, line), endpoints, after, place)
            case _:
                return AnyOrder(self._body(cursor, line))

    def _nothing(self, cursor: Cursor, comment: str | None) -> tuple[Item, ...]:
        if not self.is_one:
            cursor.fail(said("`nothing` alone: it is the whole of its sequence"))
        return (Nothing(),) if comment is None else (Remark(comment), Nothing())

    def _simple(self, cursor: Cursor, comment: str | None) -> tuple[Item, ...]:
        """An item that is no block; only a line has room for a comment of its own."""
        item = parse_simple(cursor)
        if isinstance(item, Line):
            return (replace(item, remark=comment or ""),)
        return (item,) if comment is None else (Remark(comment), item)

    def _body(self, cursor: Cursor, line: Physical) -> tuple[Item, ...]:
        if not cursor.accept(":"):
            cursor.fail(said("`:` and {items}", items=_NOT_ALONE))
        if not cursor.at_end():
            place = cursor.place
            if (word := cursor.take(BLOCK)) and not is_line(cursor):
                expected = said("a line, `...` or `use` after the colon; a block in a block is indented below")
                cursor.fail(expected, text=word, place=place)
            cursor.position = place[1] - 1
            return self._simple(cursor, line.comment)
        following = self._next_text(self.index)
        if following is None or following.indent <= line.indent:
            cursor.fail(_NOT_ALONE)
        if len(self.levels) > DEEPEST:
            cursor.fail(said("blocks at most {most} deep", most=DEEPEST))
        items = self._block(following.indent)
        return items if line.comment is None else (Remark(line.comment), *items)

    def _alternatives(self, cursor: Cursor, line: Physical) -> Alternatives:
        branches = [self._body(cursor, line)]
        while True:
            following = self._next_text(self.index)
            if following is None or following.indent != line.indent or not re.match(r"\s*or\s*:", following.text):
                break
            remarks = []
            while not self.lines[self.index].text:
                remarks.append(Remark(self.lines[self.index].comment or ""))
                self.index += 1
            self.index += 1
            other = following.cursor(self.path)
            other.accept("or")
            branches.append((*remarks, *self._body(other, following)))
        if len(branches) == 1:
            self._lone(cursor)
        return Alternatives(tuple(branches))

    def _lone(self, cursor: Cursor) -> None:
        cursor.fail(said("an `or:` block after the `either:` block"))

    def _count(self, cursor: Cursor) -> tuple[int, int | None]:
        expected = said("a count: `*` (any number), `+` (at least one), `{n}`, `{m,n}` or `{m,}`")
        place = cursor.place
        text = cursor.need(_COUNT, expected)
        if text in ("*", "+"):
            return int(text == "+"), None
        match = _COUNT.fullmatch(text)
        if match is None:
            cursor.fail(expected, text=text, place=place)
        low, comma, high = match.groups()
        least = int(low)
        most = int(high) if high else None if comma else least
        if most is not None and (most < least or most == 0):
            cursor.fail(said("a count whose second number is not below the first, and not 0"), text=text, place=place)
        return least, most


def _bonds(cursor: Cursor) -> tuple[str, str]:
    """`(endpoints of NAME, after NAME)`, either or both, or nothing at all: the two names."""
    found = {"endpoints": "", "after": ""}
    if not cursor.accept("("):
        return "", ""
    while True:
        place = cursor.place
        word = cursor.need(NAME, _BOND)
        if word not in found or found[word] or (word == "endpoints" and not cursor.accept_word("of")):
            cursor.fail(_BOND, text=word, place=place)
        found[word] = cursor.need(NAME, said("the name of a connection above"))
        if cursor.accept(")"):
            return found["endpoints"], found["after"]
        if not cursor.accept(","):
            cursor.fail(said("`,` or `)`"))
