"""The geometry of a ladder: two lifelines, what stands between them, and what stands beside.

    frame     ms 127.0.0.1:40022                                 127.0.0.1:12345
        2  0.031 │ SYN,ACK (2 of 3)                            │
          +0.031 │ seq=y (1029384756)  ack=x+1 (2871234568)    │
     ESTABLISHED │◀────────────────────────────────────────────│ SYN-RECEIVED

A block of text lines is closed by its arrow, like the rule below a paragraph; the states after the
segment stand at the arrow's two ends. Lanes are endpoints, address *and* port, since both may be
127.0.0.1.

Not here: what a segment is. TCP's ladder and UDP's both draw with this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.findings import Side
from inspector.language import shown
from inspector.report.escape import cells
from inspector.report.page import Text, broken, pad
from inspector.report.words import side_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.report.page import Page
    from inspector.wire.row import Endpoint

__all__ = ["LANE_STYLE", "Lanes"]

LANE_STYLE = "dim"
_STATE = 12
"""Cells of the longest state, SYN-RECEIVED."""
_WIDEST_MIDDLE = 76
"""Beyond this an arrow is too long to follow by eye."""
_SMALLEST_MIDDLE = 16


class Lanes:
    """Draws on a page, between a left margin (frame, time, state) and a right one (state)."""

    def __init__(self, page: Page, *, frame_cells: int, time_cells: int, states: bool = True) -> None:
        self._page = page
        self._glyphs = page.glyphs
        self._frame_cells = max(frame_cells, cells(shown("frame")))
        self.left = max(self._frame_cells + 1 + time_cells, _STATE if states else 0) + 1
        self._right = _STATE + 1 if states else 0
        self._narrow = page.width - self.left - self._right - 2 < _SMALLEST_MIDDLE
        if self._narrow:  # no room beside the lifelines: what stood in the margins moves between them
            self.left = self._right = 0
        self.middle = min(page.width - self.left - self._right - 2, _WIDEST_MIDDLE)
        self.room = self.middle - 2
        """Cells for text between the lanes, a space off each."""
        self.bullet = self._glyphs.bullet

    def head(self, ends: tuple[Endpoint, Endpoint], titles: tuple[str, str], unit: str) -> None:
        """Who stands at which lane, and what the margin's columns are."""
        columns = self._margin(shown("frame"), unit)
        span = min(self._page.width, self.left + 1 + self.middle + 1 + self._right) - self.left
        names = (_shortened(str(ends[0]), span), _shortened(str(ends[1]), span))
        self._opposite(columns, (Text(names[0], "bold"), Text(names[1], "bold")), span)
        self._opposite(Text(), (Text(titles[0], LANE_STYLE), Text(titles[1], LANE_STYLE)), span)

    def _opposite(self, margin: Text, texts: tuple[Text, Text], span: int) -> None:
        left, right = texts
        if left.cell_len + 2 + right.cell_len <= span:
            self._line(margin, pad(left, span - right.cell_len), right)
            return
        self._line(margin, left)
        self._line(Text(), pad(right, span, right=True))

    def block(  # noqa: PLR0913 - the parts of one picture
        self,
        frame: str,
        times: tuple[str, str],
        texts: Sequence[Text],
        sender: Side,
        states: tuple[str, str],
        *,
        head: bool = True,
        lost: bool = False,
    ) -> None:
        """Text lines between the lanes, and below them the arrow from `sender` with the states after it.

        A `lost` frame's ends on the way.
        """
        lines = [part for text in texts for part in broken(text, self.room)]
        margins = [self._margin(frame, times[0]), self._margin("", times[1])]
        if self._narrow:
            margins = []
            lines = [*broken(Text("  ".join((f"#{frame}", *times)).rstrip(), LANE_STYLE), self.room), *lines]
            lines += [
                Text(shown("{side}: {state}", side=side_in_words(side), state=state), "bold")
                for side, state in zip(Side, states, strict=True)
                if state
            ]
            states = ("", "")
        for number, line in enumerate(lines):
            self._between(margins[number] if number < len(margins) else Text(), line)
        self._line(self._state(states[0]), self._arrow(sender, head=head, lost=lost), Text(f" {states[1]}", "bold"))

    def missing(self, text: Text, sender: Side | None) -> None:
        """An expected segment that did not come: a dashed arrow at its place (without a head if nobody says whose)."""
        for line in broken(text, self.room):
            self._between(Text(), line)
        dashes = self._glyphs.missing * (self.middle - 1)
        if sender is None:
            shaft = dashes + self._glyphs.missing
        else:
            shaft = self._glyphs.head_left + dashes if sender else dashes + self._glyphs.head_right
        self._line(Text(), self._lane(), Text(shaft, "red"), self._lane())

    def fold(self, frames: str, text: Text) -> None:
        """A run of segments folded into a line or two."""
        glyph = Text(self._glyphs.fold, LANE_STYLE)
        for number, line in enumerate(broken(text, self.room)):
            margin = Text(frames.rjust(self.left - 1) + " ", LANE_STYLE) if not number and not self._narrow else Text()
            self._line(margin, glyph, pad(Text.assemble(" ", line), self.middle), glyph)

    def note(self, mark: Text, text: Text, style: str = "") -> None:
        """Something to say about the block above, in all the room right of the left lifeline."""
        lead = Text.assemble(" " * self.left, self._lane(), " ", mark, " ")
        hang = Text.assemble(" " * self.left, self._lane(), " " * (mark.cell_len + 2))
        self._page.wrap(text, style, lead=lead, hang=hang)

    def aside(self, time: str, text: Text, side: Side) -> None:
        """Something that happened at one end between two segments: a line at its lifeline, with its time."""
        margin = Text() if self._narrow else self._margin("", time)
        self._between(margin, pad(text, self.room, right=bool(side)))

    def gap(self) -> None:
        """A line with the lifelines only."""
        self._between(Text(), Text())

    def _between(self, margin: Text, line: Text) -> None:
        self._line(margin, self._lane(), pad(Text.assemble(" ", line), self.middle), self._lane())

    def _arrow(self, sender: Side, *, head: bool, lost: bool) -> Text:
        style = "bold"
        if lost:
            way = self._glyphs.dash * (self.middle * 2 // 3)
            rest = " " * (self.middle - len(way) - 1)
            whole = rest + self._glyphs.lost + way if sender else way + self._glyphs.lost + rest
            return Text.assemble(self._lane(), (whole, style), self._lane())
        tip = (self._glyphs.head_left if sender else self._glyphs.head_right) if head else self._glyphs.dash
        shaft = self._glyphs.dash * (self.middle - 1)
        return Text.assemble(self._lane(), (tip + shaft if sender else shaft + tip, style), self._lane())

    def _line(self, margin: Text, *parts: Text) -> None:
        line = Text.assemble(pad(margin, self.left), *parts)
        line.rstrip()
        self._page.add(line)

    def _margin(self, frame: str, time: str) -> Text:
        if self._narrow:
            return Text()
        number = " " * (self._frame_cells - cells(frame)) + frame
        return Text.assemble((number, "bold"), (time.rjust(self.left - 1 - self._frame_cells), LANE_STYLE))

    def _state(self, state: str) -> Text:
        return Text() if self._narrow else Text(state.rjust(self.left - 1), "bold")

    def _lane(self) -> Text:
        return Text(self._glyphs.lane, LANE_STYLE)


def _shortened(endpoint: str, width: int) -> str:
    """An endpoint that is too long gives up the middle of its address, never its port."""
    if len(endpoint) <= width:
        return endpoint
    tail = max(width - width // 3 - 2, 1)
    return f"{endpoint[: width // 3]}..{endpoint[-tail:]}"
