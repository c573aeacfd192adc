r"""What was said in a connection, as text or as bytes: who said it, in which frame, and what of it lacks.

    frame    originator ▶ 10.0.0.1:48634   responder ◀ 10.0.0.2:80
        4 ▶ GET / HTTP/1.1\r\n
        6 ◀ HTTP/1.1 200 OK\r\n
        - ◀ [120 bytes missing in the capture]

Laws:

1. The first columns are ours: the number of the frame in which a line begins, or `-` where it is we who speak; then who
   said it. What a payload holds stands behind them, escaped (`escape`), so it can forge neither a line nor a speaker.
2. Every byte is shown: a line ends behind its line feed, which is shown as well. A line that is too long is broken, and
   goes on behind a bar.
3. What lacks is said where it lacks: holes, what the snaplen cut, and what is left out here.

A stream is read as UTF-8. One that is no UTF-8 and reads as Chinese all through in GBK is read so, and that is said.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from inspector.findings import Side
from inspector.language import marked, shown, shown_n
from inspector.report.escape import cells, safe_lines
from inspector.report.page import Text
from inspector.report.words import by_side, side_in_words
from inspector.tcp.stream import Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.report.inspection import Inspection
    from inspector.report.page import Page
    from inspector.tcp.model import Connection
    from inspector.tcp.stream import Hole
    from inspector.tcp.talk import Said, Talk

__all__ = ["transcripts"]

_STYLES = {Side.ORIGINATOR: "cyan", Side.RESPONDER: "green"}
_UTF_8, _GBK = "utf-8", "gb18030"
_HAN = ((0x3000, 0x303F), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF), (0x2010, 0x2027), (0xB7, 0xB7))
"""What Chinese text is made of, beside ASCII: ideographs, punctuation, full-width forms."""


def transcripts(page: Page, inspection: Inspection, talks: Sequence[tuple[int, Talk]], *, as_hex: bool) -> None:
    """Draw what was said in the connections that `talks` are of, by number."""
    connections = {each.number: each for each in inspection.connections}
    for number, talk in talks:
        _Transcript(page, connections[number], talk, as_hex=as_hex).draw(inspection.chosen_of or 1)


class _Transcript:
    """One talk on a page."""

    def __init__(self, page: Page, connection: Connection, talk: Talk, *, as_hex: bool) -> None:
        self._page = page
        self._connection = connection
        self._talk = talk
        self._as_hex = as_hex
        self._said = list(talk.said())
        frames = [each.what.frame for each in self._said if isinstance(each.what, Piece)]
        self._cells = max(len(str(max(frames, default=0))), cells(shown("frame")))
        self._arrows = dict(zip(Side, (page.glyphs.head_right, page.glyphs.head_left), strict=True))
        self._encodings = {side: _encoding_of(self._said, side) for side in Side}
        self._last = max((each.what.at for each in self._said), default=0)

    def draw(self, total: int) -> None:
        """Heading, talk, and what it came to."""
        self._heading(total)
        for side, run in _runs(self._said):
            if not isinstance(run, list):
                self._ours(side, _hole_in_words(run))
            elif self._as_hex:
                self._octets(side, run)
            else:
                self._text(side, run)
        for side in Side:
            if self._talk.goes_on(side):
                self._ours(side, _goes_on(side, self._talk.limit))
        self._sum()

    def _heading(self, total: int) -> None:
        page = self._page
        page.blank()
        page.heading(shown("said in connection {number} of {total}", number=self._connection.number, total=total))
        for side in Side:
            end = self._connection.end(side).endpoint
            page.add(
                Text.assemble(" " * self._cells, f" {self._arrows[side]} {side_in_words(side)} ", (str(end), "bold"))
            )
        page.blank()
        head = shown("frame")
        page.add(Text(" " * (self._cells - cells(head)) + head, "dim"))

    def _ours(self, side: Side, words: str) -> None:
        self._line("-", side, Text(words, "bold yellow"))

    def _line(self, number: str, side: Side, content: Text, mark: str = "") -> None:
        lead = Text.assemble((f"{number:>{self._cells}}", "dim"), f" {mark or self._arrows[side]} ")
        if content.plain and not mark and number == "-":
            self._page.wrap(content, lead=lead, hang=" " * lead.cell_len)
        else:
            self._page.add(Text.assemble(lead, content))

    def _text(self, side: Side, run: list[Piece]) -> None:
        for frame, data in _lines(run):
            text = data.decode(self._encodings[side], "surrogateescape")
            room = max(self._page.width - self._cells - 3, 8)
            for position, line in enumerate(safe_lines(text, room, ascii_only=not self._page.unicode)):
                mark = self._page.glyphs.lane if position else ""
                self._line("" if position else str(frame), side, Text(line, _STYLES[side]), mark)

    def _octets(self, side: Side, run: list[Piece]) -> None:
        digits = max(len(f"{self._last:x}"), 4)
        room = self._page.width - self._cells - 3 - digits
        each = 16 if room >= 16 * 4 + 4 else 8
        for piece in run:
            for start in range(0, len(piece.data), each):
                part = piece.data[start : start + each]
                read = "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in part)
                line = f"{piece.at + start:0{digits}x}  {part.hex(' '):<{3 * each - 1}}  {read}"
                self._line("" if start else str(piece.frame), side, Text(line, _STYLES[side]), "")

    def _sum(self) -> None:
        page = self._page
        page.blank()
        for side in Side:
            sizes = [len(each.what.data) for each in self._said if each.side is side and isinstance(each.what, Piece)]
            said = self._connection.end(side).payload_bytes
            words = shown_n("{n:,} byte", "{n:,} bytes", said)
            if sum(sizes) < said:
                words = shown("{number:,} of {bytes} shown", number=sum(sizes), bytes=words)
            words = by_side(words, side)
            if self._encodings[side] == _GBK and not self._as_hex:
                words = shown("{said}, read as GBK", said=words)
            page.fact("" if side else shown("said"), words)
        page.fact(shown("filter"), self._connection.display_filter, "dim")
        page.blank()


def _runs(said: Sequence[Said]) -> Iterator[tuple[Side, list[Piece] | Hole]]:
    """Pieces that one end said in one go, without a hole between them; and the holes."""
    run: list[Piece] = []
    speaker = Side.ORIGINATOR
    for side, what in said:
        if run and (side is not speaker or not isinstance(what, Piece) or what.at != run[-1].end):
            yield speaker, run
            run = []
        speaker = side
        if isinstance(what, Piece):
            run.append(what)
        else:
            yield side, what
    if run:
        yield speaker, run


def _lines(run: list[Piece]) -> Iterator[tuple[int, bytes]]:
    """The lines of a run with the frames in which they begin, each with its line feed."""
    frame, kept = 0, b""
    for piece in run:
        for line in _by_line_feeds(piece.data):
            frame = frame if kept else piece.frame
            kept += line
            if kept.endswith(b"\n"):
                yield frame, kept
                kept = b""
    if kept:
        yield frame, kept


def _by_line_feeds(data: bytes) -> list[bytes]:
    parts = data.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _hole_in_words(hole: Hole) -> str:
    size = shown_n("{n:,} byte", "{n:,} bytes", hole.size)
    if hole.cut == hole.size:
        return shown("[{bytes} cut by the snaplen of the capture]", bytes=size)
    if hole.cut:
        words = marked("[{bytes} missing in the capture, {cut:,} of them cut by its snaplen]")
        return shown(words, bytes=size, cut=hole.cut)
    return shown("[{bytes} missing in the capture]", bytes=size)


def _goes_on(side: Side, limit: int) -> str:
    most = shown_n("{n:,} byte", "{n:,} bytes", limit)
    if side is Side.ORIGINATOR:
        return shown("[the originator said more than {bytes}: --follow-bytes N shows more]", bytes=most)
    return shown("[the responder said more than {bytes}: --follow-bytes N shows more]", bytes=most)


def _encoding_of(said: Sequence[Said], side: Side) -> str:
    runs = [
        b"".join(piece.data for piece in run)
        for speaker, run in _runs(said)
        if speaker is side and isinstance(run, list)
    ]
    if all(data.isascii() for data in runs) or all(_reads(data, _UTF_8) for data in runs):
        return _UTF_8
    return _GBK if all(_reads(data, _GBK) for data in runs) else _UTF_8


def _reads(data: bytes, encoding: str) -> bool:
    """Whether `data` is text in `encoding`, and for GBK, whether that text is Chinese; it may be cut at its end."""
    try:
        text = codecs.getincrementaldecoder(encoding)("strict").decode(data)
    except UnicodeDecodeError:
        return False
    if encoding == _UTF_8:
        return True
    return all(char.isascii() or any(first <= ord(char) <= last for first, last in _HAN) for char in text)
