"""The sheet of paper: width, glyphs and colour, and nothing about networks.

Laws: no line is wider than the page, counted in terminal cells (a Chinese character takes two); colour is
never the only sign, so the plain text is the coloured one without its escapes; what ASCII cannot
show has an ASCII glyph. What is put on the page is in the language of the reader already; the page knows none.

In terminals set to count East Asian "ambiguous" characters as two cells the box-drawing glyphs come out
wide: there the ASCII glyphs are the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO

from rich.text import Text  # noqa: TID253 - the one door to rich; only who draws for a terminal imports this room

from inspector.report.breaking import cuts_of
from inspector.report.escape import cells, visible

__all__ = ["ASCII", "UNICODE", "Glyphs", "Page", "Text", "broken", "fit", "named", "pad"]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The drawing characters; those of the lanes are one cell wide."""

    lane: str
    dash: str
    head_right: str
    head_left: str
    missing: str
    fold: str
    fault: str
    unsure: str
    path: str
    differs: str
    good: str
    bullet: str
    rule: str
    ellipsis: str
    lost: str


UNICODE = Glyphs(
    lane="│", dash="─", head_right="▶", head_left="◀", missing="╌", fold="⋮", fault="✗", unsure="?", path="~",
    differs="≠", good="✓", bullet="·", rule="─", ellipsis="…", lost="╳",
)  # fmt: skip
ASCII = Glyphs(
    lane="|", dash="-", head_right=">", head_left="<", missing=".", fold=":", fault="x", unsure="?", path="~",
    differs="!", good="ok", bullet="-", rule="-", ellipsis="~", lost="X",
)  # fmt: skip


class Page:
    """Lines of styled text, all within the width."""

    def __init__(self, width: int, *, unicode: bool) -> None:
        self.width = max(width, _NARROWEST)
        self.unicode = unicode
        self.glyphs = UNICODE if unicode else ASCII
        self.lines: list[Text] = []

    def add(self, line: Text | str = "", style: str = "") -> None:
        """One line; the part beyond the width, if any, gives way to an ellipsis."""
        text = self.clean(_text(line, style))
        text.rstrip()
        self.lines.append(fit(text, self.width, self.glyphs.ellipsis))

    def clean(self, text: Text) -> Text:
        """`text` with what must not reach this page escaped: the last guard, behind those who know what is hostile."""
        plain = visible(text.plain, ascii_only=not self.unicode)
        return text if plain == text.plain else Text(plain, text.style)

    def blank(self) -> None:
        """An empty line, but never two, and none at the top."""
        if self.lines and self.lines[-1].plain:
            self.lines.append(Text())

    def heading(self, title: str) -> None:
        """A title within a rule from edge to edge."""
        dash = self.glyphs.rule
        words = self.clean(Text(f"{dash * 2} {title} "))
        self.add(Text(words.plain + dash * max(self.width - words.cell_len, 0), "bold"))

    def wrap(self, content: Text | str, style: str = "", *, lead: Text | str = "", hang: Text | str = "") -> None:
        """Content broken where `breaking` may; `lead` stands before its first line and `hang` before the others."""
        first, later = self.clean(_text(lead)), self.clean(_text(hang))
        room = self.width - max(first.cell_len, later.cell_len)
        for number, part in enumerate(broken(self.clean(_text(content, style)), max(room, 1))):
            self.add(Text.assemble(later if number else first, part))

    def fact(self, name: str, content: Text | str, style: str = "") -> None:
        """A fact under its name, all facts of a page in one column; without a name, more of the one above."""
        self.wrap(content, style, lead=named(name, _NAME, style or "bold"), hang=" " * _NAME)

    def text(self, *, colour: bool) -> str:
        """The whole page, each line ended by a newline."""
        while self.lines and not self.lines[-1].plain:
            self.lines.pop()
        if not colour:
            return "".join(f"{line.plain.rstrip()}\n" for line in self.lines)
        return _coloured(self.lines, self.width)


_NARROWEST = 24
_NAME = 10
"""Cells of the name of a fact."""


def _coloured(lines: list[Text], width: int) -> str:
    """ANSI text with the sixteen colours that every terminal's own theme keeps readable."""
    from rich.console import Console

    sheet = StringIO()
    console = Console(
        file=sheet, width=width, force_terminal=True, color_system="standard", legacy_windows=False,
        highlight=False, markup=False, emoji=False, no_color=False, force_jupyter=False, _environ={},
    )  # fmt: skip
    for line in lines:
        line.rstrip()
        console.print(line, soft_wrap=True)
    return sheet.getvalue()


def _text(content: Text | str, style: str = "") -> Text:
    return content.copy() if isinstance(content, Text) else Text(content, style)


def fit(line: Text, width: int, ellipsis: str) -> Text:
    """`line`, cut to `width` cells if it must be."""
    if line.cell_len <= width:
        return line
    kept, used = 0, 0
    for char in line.plain:
        used += cells(char)
        if used > width - 1:
            break
        kept += 1
    return Text.assemble(line[:kept] if kept else "", ellipsis)


def pad(line: Text, width: int, *, right: bool = False) -> Text:
    """`line` filled with spaces to `width` cells; with `right`, pushed to the right edge."""
    spaces = " " * max(width - line.cell_len, 0)
    return Text.assemble(spaces, line) if right else Text.assemble(line, spaces)


def named(name: str, width: int, style: str = "bold") -> Text:
    """`name` in a column of its own, `width` cells; one that is too wide for it keeps a space before what follows."""
    spaces = max(width - cells(name), 1 if name else 0)
    return Text(name + " " * spaces, style)


def broken(content: Text, width: int) -> list[Text]:
    """`content` in lines of at most `width` cells, broken where a reader expects it (`breaking`)."""
    cuts = cuts_of(content.plain, width)
    lines = list(content.divide(cuts)) if cuts else [content]
    for line in lines:
        line.rstrip()
    return [lines[0], *(line for line in lines[1:] if line.plain)]
