r"""What strangers wrote, made safe to show: the one door between a capture's bytes and a person's screen.

A payload is an attacker's. Shown raw it could move the cursor, recolour the verdict, turn the line
around (bidirectional overrides), hide text (zero-width characters) or bury its neighbours under
combining marks. The laws:

1. Nothing invisible passes. Controls (C0, DEL, C1), format characters (bidi, zero-width, tags, soft hyphen),
   line and paragraph separators, odd spaces, private and unassigned code points, variation selectors
   and the other default-ignorables come out as `\n`, `\x1b`, `\u202e`, `\U000e0041`.
2. What people write passes: letters of every script, symbols, wide characters, the ideographic space,
   and up to three combining marks on a base.
3. The three origins stay apart. A byte that is no UTF-8 is `\xc4`; a C1 *character* is `\u0085`; a lone surrogate
   is `\ud800`. A backslash is `\\`, so an escape cannot be forged.
4. A limit counts terminal cells, and an escape is never cut in half.

Escaping for HTML and XML is not here: that belongs to the reports that speak them.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cells", "portable", "quoted", "safe_lines", "safe_text", "safe_words", "visible"]

_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Me"})
_SPACES = frozenset(" \u3000")
# Letters and marks that Unicode calls default-ignorable: they take a category that prints, and print nothing.
_UNSEEN_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_UNSEEN_RANGES = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0000, 0xE0FFF))
_MARKS_PER_BASE = 3
_BYTES_PER_CELL = 16
"""No cell takes more bytes of UTF-8: a base and its marks, four bytes each."""


def safe_text(value: bytes | str, limit: int | None = None, *, ascii_only: bool = False) -> str:
    """`value` as one line of visible characters, at most `limit` terminal cells wide.

    Bytes are read as UTF-8. What does not fit is replaced by an ellipsis, itself within the limit. With
    `ascii_only` every other character is escaped too. Never raises on any content.
    """
    ellipsis = "..." if ascii_only else "…"
    pieces: list[str] = []
    room = None if limit is None else max(limit, 0)
    used = fits = kept = 0
    for _, piece in _escaped(_head(value, room), ascii_only=ascii_only):
        used += cells(piece)
        if room is not None and used > room:
            return "".join(pieces[:kept]) + ellipsis[: room - fits]
        pieces.append(piece)
        if room is not None and used <= room - len(ellipsis):
            fits, kept = used, len(pieces)
    return "".join(pieces)


def safe_lines(value: str, width: int, *, ascii_only: bool = False) -> list[str]:
    """`value` as visible characters in lines of at most `width` cells; at least one line, and no escape is cut in half.

    A line break of `value` is an escape like others: it breaks no line.
    """
    lines, used = [""], 0
    for _, piece in _escaped(value, ascii_only=ascii_only):
        size = cells(piece)
        if used + size > width and used:
            lines.append("")
            used = 0
        lines[-1] += piece
        used += size
    return lines


def quoted(value: bytes | str, limit: int | None = None, *, ascii_only: bool = False) -> str:
    """`safe_text` between quotation marks, which are counted in the limit and cannot be forged from within."""
    text = safe_text(value, None if limit is None else limit - 2, ascii_only=ascii_only)
    if '"' not in text:
        return f'"{text}"'
    if "'" not in text:
        return f"'{text}'"
    # Marks of both kinds: escape ours, then cut again, for each escape took a cell more.
    return '"' + _cut(text.replace('"', '\\"'), limit, ascii_only=ascii_only) + '"'


def visible(text: str, *, ascii_only: bool = False) -> str:
    """Our own words with whatever invisible got into them escaped; a backslash stays as it is."""
    if text.isprintable() and (not ascii_only or text.isascii()):
        return text
    return safe_words(text, ascii_only=ascii_only)


def safe_words(text: str, *, ascii_only: bool = False) -> str:
    """A complaint of ours, which quotes what was escaped where it was found: a backslash stays, else as `safe_text`."""
    return "".join(char if char == "\\" else piece for char, piece in _escaped(text, ascii_only=ascii_only))


def portable(text: str) -> str:
    """`text` with lone surrogates (bytes of a file's name that are no UTF-8) escaped: valid in JSON and anywhere."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _cut(text: str, limit: int | None, *, ascii_only: bool) -> str:
    if limit is None:
        return text
    ellipsis = "..." if ascii_only else "…"
    room = limit - 2
    if sum(cells(char) for char in text) <= room:
        return text
    while text and sum(cells(char) for char in text) > room - len(ellipsis):
        text = text[:-1]
    return text.rstrip("\\") + ellipsis


def _head(value: bytes | str, room: int | None) -> str:
    """As much of `value` as can matter, decoded; a byte that is no UTF-8 becomes a surrogate."""
    enough = None if room is None else (room + 1) * _BYTES_PER_CELL
    part = value[:enough]
    return part if isinstance(part, str) else part.decode("utf-8", "surrogateescape")


def _escaped(text: str, *, ascii_only: bool) -> Iterator[tuple[str, str]]:
    """Each character of `text` with what is shown of it."""
    marks = _MARKS_PER_BASE  # at the start there is no base to stand on
    for char in text:
        piece = _visible(char)
        if unicodedata.category(char) in _MARKS:
            marks += 1
            piece = piece if marks <= _MARKS_PER_BASE else _numbered(char)
        else:
            marks = 0 if piece == char and char not in _SPACES else _MARKS_PER_BASE
        yield char, _numbered(char) if ascii_only and piece == char and not char.isascii() else piece


@lru_cache(maxsize=4096)
def _visible(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    if char in _SPACES:
        return char
    category = unicodedata.category(char)
    code = ord(char)
    unseen = (
        category in _UNSEEN_CATEGORIES
        or category == "Zs"
        or char in _UNSEEN_LETTERS
        or any(first <= code <= last for first, last in _UNSEEN_RANGES)
    )
    return _numbered(char) if unseen else char


def _numbered(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def cells(text: str) -> int:
    """How many terminal cells visible `text` takes: two for a wide character, none for a combining mark."""
    if text.isascii():
        return len(text)
    from rich.cells import get_character_cell_size

    return sum(get_character_cell_size(char) for char in text)
