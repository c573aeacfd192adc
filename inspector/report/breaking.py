"""Where a line of text may be broken: at blanks, and between the wide characters of scripts that have none.

Chinese is written without blanks: a line may end behind any ideograph, but none begins with a mark that closes (a
comma, a full stop, a bracket) and none ends with one that opens. What is cited stays together: `RFC 9293`, `第 3.5 节`.
A word that is longer than a line is cut where the line ends.

Written here, since what there is either counts characters (`textwrap`), cuts before a full stop (`rich`), or breaks our
numbers and names as well, at every hyphen and slash (Unicode's UAX #14).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from inspector.report.escape import cells

__all__ = ["cuts_of", "lines_of", "may_part"]

_NEVER_FIRST = frozenset(",.;:!?%\"'" + "，。、；：！？％…—～·ー々")  # noqa: RUF001 - both commas are meant
_NEVER_LAST = frozenset("\"'$#￥")
_CITED = re.compile(r"RFC \d+(?= 第|）)|第 [\d.]+ 节")  # noqa: RUF001 - the bracket is Chinese
_CLOSES = frozenset({"Pe", "Pf"})
_OPENS = frozenset({"Ps", "Pi"})


def lines_of(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` cells, without the blanks at their ends; at least one line."""
    places = [0, *cuts_of(text, width), len(text)]
    first, *others = [text[start:end].rstrip() for start, end in pairwise(places)]
    return [first, *filter(None, others)]


def cuts_of(text: str, width: int) -> list[int]:
    """Where `text` has to be cut into lines of at most `width` cells."""
    cuts: list[int] = []
    start = 0
    whole = frozenset(place for found in _CITED.finditer(text) for place in range(found.start() + 1, found.end()))
    while (end := _line_end(text, start, width, whole)) < len(text):
        cuts.append(end)
        start = end
    return cuts


def _line_end(text: str, start: int, width: int, whole: frozenset[int]) -> int:
    """Where the line of at most `width` cells ends that begins at `start` of `text`; a blank may hang over its edge.

    None ends within what is `whole`, unless a line is too narrow for it.
    """
    used, cut = 0, start
    for index in range(start, len(text)):
        char = text[index]
        if index > start and index not in whole and may_part(text[index - 1], char):
            cut = index
        used += cells(char)
        if char == " ":
            cut = cut if index + 1 in whole else index + 1
        elif used > width:
            return cut if cut > start else max(index, start + 1)
    return len(text)


def may_part(before: str, after: str) -> bool:
    """Whether a line may end between two characters that are no blanks: if one is wide, and the marks allow it."""
    if before.isascii() and after.isascii():
        return False
    return (_is_wide(before) or _is_wide(after)) and not _stays_with_next(before) and not _stays_with_last(after)


@lru_cache(maxsize=4096)
def _is_wide(char: str) -> bool:
    return cells(char) == 2


@lru_cache(maxsize=4096)
def _stays_with_next(char: str) -> bool:
    return char in _NEVER_LAST or unicodedata.category(char) in _OPENS


@lru_cache(maxsize=4096)
def _stays_with_last(char: str) -> bool:
    return char in _NEVER_FIRST or unicodedata.category(char) in _CLOSES or not cells(char)
