"""Reads on behind an error, so that a file is told all of its errors at once.

Laws:

1. One slip of the pen is one error. A line that cannot be read becomes an `Unread` (what stands below it an
   `UnreadBlock`), of which nothing more is said; reading goes on with the next line, in the block that it belongs to.
2. What stands below a head that cannot be read is read for itself.
3. A line whose indentation is none of the blocks around is taken as standing at the nearest; a run of such lines,
   one after the other, is one slip.
4. An `or:` that cannot be read leaves its `either:` alone, which is what is told; so does a word of the header that is
   none, which ends the header before its time.
5. Each line is read once, and a block never deeper than `parser.DEEPEST`: the time is that of the parser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inspector.errors import ExpectationError
from inspector.expect.header_parser import HEADER
from inspector.expect.line_parser import ARROW
from inspector.expect.notation import ANY, ConnectionBlock, Sequence, Unread, UnreadBlock
from inspector.expect.parser import BLOCK, DEEPEST, Blocks, is_header, physical_lines, with_header_line
from inspector.expect.scanner import NAME, nearest
from inspector.expect.simple_parser import is_line, parse_simple

if TYPE_CHECKING:
    from inspector.expect.complaints import Complaints
    from inspector.expect.notation import Item
    from inspector.expect.parser import Physical
    from inspector.expect.scanner import Cursor

__all__ = ["read_on"]

_BLOCKS = ("optional", "repeat", "any", "either", "or", "part", "connection")
_CONNECTION = re.compile(r"connection[ \t]+")
_OR = re.compile(r"[ \t]*or[ \t]*:")
_WORD = re.compile(r"\w")
_MOST_SLIPS_OF_HEADER = 20


def read_on(text: str, path: str, complaints: Complaints) -> Sequence:
    """What could be read of `text`; each error of writing is given to `complaints`.

    ExpectationError where there is nothing to read, or too much.
    """
    lines = physical_lines(text, path)
    length = _length_of_header(lines, path)
    header, seen = Sequence(items=(), path=path), set[str]()
    for line in lines[:length]:
        if line.text:
            header = _with_line(header, line, seen, complaints)
    blocks = _Recovering(lines[length:], path, complaints)
    items = blocks.all_items()
    if blocks.lacks_head:
        items = (UnreadBlock("", ()), *items)
    return Sequence(items, peers=header.peers, either_way=header.either_way, part=header.part,
                    parameters=header.parameters, path=path)  # fmt: skip


def _with_line(header: Sequence, line: Physical, seen: set[str], complaints: Complaints) -> Sequence:
    try:
        if is_header(line):
            return with_header_line(header, line, header.path, seen)
        _Recovering([line], header.path, complaints).all_items()
    except ExpectationError as error:
        complaints(error)
    return header


def _length_of_header(lines: list[Physical], path: str) -> int:
    """How many of the lines are the header: to its last, those among them that cannot be read are slips of it."""
    length = slips = 0
    for index, line in enumerate(lines):
        if is_header(line):
            length = index + 1
        elif line.text:
            slips += 1
            if slips > _MOST_SLIPS_OF_HEADER or not _is_slip(line, path):
                break
    return length


def _is_slip(line: Physical, path: str) -> bool:
    """Whether nothing can be made of it, so that it may have been meant for the header."""
    if line.indent and HEADER.match(line.text.strip()):
        return True
    cursor = line.cursor(path)
    if line.indent or cursor.take(BLOCK) or cursor.text == "nothing":
        return False
    try:
        parse_simple(cursor)
    except ExpectationError:
        cursor.position = 0
        return not (cursor.take(NAME) and is_line(cursor))
    return False


class _Recovering(Blocks):
    """As its parent, but that it tells an error and goes on."""

    def __init__(self, lines: list[Physical], path: str, complaints: Complaints) -> None:
        super().__init__(lines, path)
        self.complaints = complaints
        self.is_astray = False
        """Whether the line before is misplaced."""
        self.mended = 0
        """The number of the last line that was."""
        self.aside = (0, 0)
        """Where it stood, and in the block at which level: more may follow behind the block below it."""
        self.is_nothing = False
        """Whether a `nothing` that is not alone was told: one more is the same."""
        self.broken: set[int] = set()
        """Levels at which the last item could not be read, or is misplaced."""
        self.lacks_head = False
        """Whether a line at the top is, so that there may have been the head of a block above it."""

    # ------------------------------------------------------------------------------ indentation

    def _ends(self, line: Physical, indent: int) -> bool:
        if line.indent >= indent:
            self.is_astray = self.is_astray and (line.indent > indent or line.number == self.mended)
            return False
        aside, level = self.aside
        known = [*self.levels, *([aside] if level < indent else [])]
        level = min(known, key=lambda each: (abs(each - line.indent), -each))
        if level == indent:
            self._misplaced(line)
        return level != indent

    def _misplaced(self, line: Physical) -> None:
        try:
            super()._misplaced(line)
        except ExpectationError as error:
            if not self.is_astray:
                self.complaints(error)
        self.lacks_head |= len(self.levels) == 1
        self.is_astray, self.mended, self.aside = True, line.number, (line.indent, self.levels[-1])
        line.indent = self.levels[-1]

    # ------------------------------------------------------------------------- what is not read

    def _item(self, line: Physical) -> tuple[Item, ...]:
        level, is_astray = line.indent, self.is_astray
        is_broken = is_astray
        try:
            items = super()._item(line)
        except ExpectationError as error:
            if not (level in self.broken and _OR.match(line.text)):  # else it is the `either:` above that lacks
                self.complaints(error)
            items, is_broken = (self._stand_in(line),), True
        self.is_astray = is_astray
        self.broken = self.broken | {level} if is_broken else self.broken - {level}
        return items

    def _nothing(self, cursor: Cursor, comment: str | None) -> tuple[Item, ...]:
        try:
            return super()._nothing(cursor, comment)
        except ExpectationError:
            if self.is_nothing:
                return (Unread("", "", ANY, at=cursor.place),)
            self.is_nothing = True
            raise

    def _stand_in(self, line: Physical) -> Item:
        cursor = line.cursor(self.path)
        at = cursor.place
        start = cursor.position
        if (sender := cursor.take(NAME)) and is_line(cursor):
            cursor.take(ARROW)
            return Unread(sender, cursor.take(NAME) or sender, ANY, at=at)
        is_block = bool(nearest((sender or "").lower(), _BLOCKS))
        if not is_block and not line.text.endswith(":"):
            return Unread("", "", ANY, at=at)  # nothing that a block stands below
        below = self._below(line)
        cursor.position = start
        if cursor.take(_CONNECTION) and (name := cursor.take(NAME)):
            return ConnectionBlock(name, below, at=at)
        return UnreadBlock("", below, at) if is_block or not isinstance(below[0], Unread) else below[0]

    def _body(self, cursor: Cursor, line: Physical) -> tuple[Item, ...]:
        head = cursor.position
        try:
            return super()._body(cursor, line)
        except ExpectationError as error:
            self.complaints(error)
        behind = cursor.text[head:]
        if behind.endswith(":") or not _WORD.search(behind):
            return self._below(line)
        return (Unread("", "", ANY, at=(line.number, 1)),)  # an item stood on the line itself

    def _below(self, line: Physical) -> tuple[Item, ...]:
        """The block below a line that could not be read; what stands for it where there is none."""
        following = self._next_text(self.index)
        if following is not None and following.indent > line.indent:
            if len(self.levels) <= DEEPEST:
                return self._block(following.indent)
            while following is not None and following.indent > line.indent:
                self.index += 1
                following = self._next_text(self.index)
        return (Unread("", "", ANY, at=(line.number, 1)),)

    def _lone(self, cursor: Cursor) -> None:
        try:
            super()._lone(cursor)
        except ExpectationError as error:
            self.complaints(error)
        following = self._next_text(self.index)
        if following is None:
            return
        other = following.cursor(self.path)
        word = other.take(NAME)
        if word and not is_line(other) and nearest(word.lower(), ("or",)):
            self.complaints.quiet.add(following.number)
