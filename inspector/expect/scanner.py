"""One line of text and a place in it: what both parsers read with, and where every complaint is made.

A complaint says what was found, what could stand there, and the line and column. Text from a file is shown escaped
and shortened, for a sequence may come from anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, NoReturn

from inspector.errors import ExpectationError
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NAME", "SYMBOL", "Cursor", "either_of", "nearest", "quoted"]

NAME = re.compile(r"[^\W\d_](?:[\w.-]*\w)?")
"""A peer or a sequence: letters of any script, digits, `_`, `.`, `-`."""

SYMBOL = re.compile(r"[^\W\d_]\w*'*")
"""A symbol, primes allowed: `x`, `isn_c`, `m'`."""

_REST = re.compile(r"\S+")
_LONGEST_SHOWN = 40
_WIDE = re.compile("[\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff5e]")
"""Full-width signs, which a Chinese keyboard gives: like ours to the eye, and others to a program."""


def quoted(text: str) -> str:
    """`text` between backquotes, its control characters escaped, at most 40 characters of it."""
    cut = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
    return "`" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut) + "`"


def either_of(names: Iterable[str]) -> str:
    """`names` to choose from, at least one."""
    first, *others = names
    for name in others:
        first = said("{one} or {two}", one=first, two=name)
    return first


def nearest(word: str, names: Iterable[str]) -> str:
    """The one of `names` that `word` was probably meant to be; empty where it is like none."""
    near = get_close_matches(word[:_LONGEST_SHOWN], tuple(names), n=1)
    return near[0] if near else ""


@dataclass(slots=True)
class Cursor:
    """A place in one line of a file; columns count from 1."""

    path: str
    line: int
    text: str
    position: int = 0

    @property
    def place(self) -> tuple[int, int]:
        """Line and column of what comes next."""
        self.skip()
        return self.line, self.position + 1

    def skip(self) -> None:
        """Pass over blanks."""
        while self.position < len(self.text) and self.text[self.position] in " \t":
            self.position += 1

    def at_end(self) -> bool:
        """Whether nothing but blanks is left."""
        self.skip()
        return self.position >= len(self.text)

    def take(self, pattern: re.Pattern[str]) -> str | None:
        """What `pattern` matches here, after blanks; None, and nothing is passed over, where it does not."""
        self.skip()
        match = pattern.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        return match.group()

    def accept(self, literal: str) -> bool:
        """Whether `literal` stands here, after blanks; it is passed over."""
        self.skip()
        if not self.text.startswith(literal, self.position):
            return False
        self.position += len(literal)
        return True

    def accept_word(self, word: str) -> bool:
        """As `accept`, for a whole word."""
        start = self.position
        if self.accept(word) and not re.match(r"[\w-]", self.text[self.position : self.position + 1]):
            return True
        self.position = start
        return False

    def need(self, pattern: re.Pattern[str], expected: str) -> str:
        """As `take`, where nothing else can stand."""
        return self.take(pattern) or self.fail(expected)

    def end(self, expected: str) -> None:
        """Complain unless the line ends here; `expected` is what could have stood here instead."""
        if not self.at_end():
            self.fail(expected)

    def fail(
        self, expected: str, *, text: str | None = None, place: tuple[int, int] | None = None, meant: str = ""
    ) -> NoReturn:
        """Complain about what stands here (or about `text` at `place`): `expected` could stand there.

        `meant` is what `text` was probably meant to be (`nearest`).
        """
        line, column = place or self.place
        if text is None:
            match = _REST.match(self.text, self.position)
            text = match.group() if match else ""
        found = quoted(text) if text else said("the end of the line")
        reason = said("found {found}, expected {expected}", found=found, expected=expected)
        if wide := _WIDE.search(text):
            sign = quoted(unicodedata.normalize("NFKC", wide.group()))
            reason = said("{reason}; {wide} is full-width, write the ASCII sign {sign}", reason=reason,
                          wide=quoted(wide.group()), sign=sign)  # fmt: skip
        elif meant:
            reason = said("{reason}; did you mean {name}?", reason=reason, name=quoted(meant))
        raise ExpectationError(self.path, reason, line=line, column=column, text=text)
