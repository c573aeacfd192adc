"""One TCP connection as a ladder: every segment with its numbers, and both ends' states after it.

A block says: flags, length and label; sequence and acknowledgment number as symbols and raw; what it
carried. Below its arrow stand the differences and the findings, where they happened. States are printed
when they change: what is not printed is as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.lessons import lessons_of_segment
from inspector.findings import Side
from inspector.language import shown, shown_n
from inspector.report.differences import Placed, in_words
from inspector.report.escape import cells, quoted, safe_text
from inspector.report.folding import Fold, folded
from inspector.report.judged import finding_in_words, of_the_whole, remarks
from inspector.report.lanes import Lanes
from inspector.report.page import Text
from inspector.report.symbols import symbols_of
from inspector.report.words import Clock, by_side, captured_in_words, duration, side_in_words
from inspector.tcp.facts import Fact
from inspector.wire.flags import flags_text
from inspector.wire.row import Flag, Option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inspector.expect.model import Comparison, Difference
    from inspector.report.kernel import KernelsWord
    from inspector.report.page import Page
    from inspector.report.woven import Woven
    from inspector.tcp.model import Connection, End, TracedSegment
    from inspector.wire.row import Row

__all__ = ["ConnectionLadder"]

_OPENING = ("(", "（")  # noqa: RUF001 - brackets of both widths
_LINES_OF_PAYLOAD = 2
_LINES_OF_PAYLOAD_VERBOSE = 8


class ConnectionLadder:
    """Draws one connection on a page."""

    def __init__(  # noqa: PLR0913 - what a picture is made from
        self,
        page: Page,
        connection: Connection,
        comparisons: Sequence[Comparison],
        payloads: Mapping[int, bytes],
        said: Mapping[int, Sequence[str]],
        comments: Mapping[int, Sequence[str]],
        kernel: KernelsWord,
        *,
        absolute: bool,
        verbose: bool,
    ) -> None:
        self._page = page
        self._connection = connection
        self._payloads = payloads
        self._said = said
        self._comments = comments
        self._kernel = kernel
        self._news = kernel.news(connection)
        self._absolute = absolute
        self._verbose = verbose
        self.woven: Woven | None = None
        """Explanations to be told below the segments."""
        self._placed = Placed(comparisons)
        self._symbols = symbols_of(connection, [pair for each in comparisons for pair in each.bindings])
        rows = [traced.row for traced in connection.segments]
        self._clock = Clock(connection.first_ns, [row.time_ns for row in rows])
        self._lanes = Lanes(
            page,
            frame_cells=max((len(str(row.frame)) for row in rows), default=1),
            time_cells=max((len(self._clock.since_start(row.time_ns)) for row in rows), default=1) + 1,
        )

    def draw(self) -> None:
        """Origins, lanes, segments and a summary."""
        self._origins()
        connection = self._connection
        ends = (connection.originator.endpoint, connection.responder.endpoint)
        self._lanes.head(ends, (side_in_words(Side.ORIGINATOR), side_in_words(Side.RESPONDER)), self._clock.unit)
        self._missing_after(0)
        drawn = {0}
        for item in folded(connection.segments, self._placed.frames | self._said.keys(), verbose=self._verbose):
            if isinstance(item, Fold):
                self._lanes.fold(item.frames, Text(item.summary(), "italic"))
            else:
                self._tell_news(item.index)
                self._segment(item.segment, item.index)
                drawn.add(item.segment.row.frame)
        self._tell_news(len(connection.segments))
        self._summary()
        self._kernel.paths(self._page, connection)
        in_place = {finding for traced in connection.segments for finding in traced.findings}
        of_the_whole(
            self._page,
            self._placed.left_over(frozenset(drawn)),
            [finding for finding in connection.findings if finding not in in_place],
        )

    def _tell_news(self, index: int) -> None:
        """What the kernel said before the segment `index` went by, and has not been told yet."""
        while self._news and self._news[0].index <= index:
            news = self._news.pop(0)
            time = "" if news.time_ns is None else self._clock.since_start(news.time_ns)
            self._lanes.aside(time, Text(news.words, "italic"), news.side)

    def _origins(self) -> None:
        for side, origin in zip(Side, self._symbols.origins, strict=True):
            if origin.iss is not None:
                self._page.wrap(_origin_in_words(side, origin.name, origin.iss), "dim", hang="    ")
        if self._connection.originator.endpoint == self._connection.responder.endpoint:
            words = shown("both ends are one endpoint: a socket connected to itself")
            self._page.wrap(words, "dim", hang="    ")
        self._page.blank()

    def _segment(self, traced: TracedSegment, index: int) -> None:
        row = traced.row
        earlier = self._connection.segments[index - 1] if index else None
        gap = self._clock.gap(earlier.row.time_ns, row.time_ns) if earlier else ""
        before = earlier.states if earlier else (None, None)
        states = [str(now) if now is not then else "" for now, then in zip(traced.states, before, strict=True)]
        self._lanes.block(
            str(row.frame),
            (self._clock.since_start(row.time_ns), gap),
            [self._title(traced), *self._numbers(traced), *self._carried(traced)],
            traced.sender,
            (states[0], states[1]),
            lost=traced.lost,
        )
        remarks(self._lanes, self._comments.get(row.frame, ()))
        for difference in self._placed.at.get(row.frame, ()):
            self._difference(difference)
        for finding in traced.findings:
            self._lanes.note(*finding_in_words(finding, self._page.glyphs))
        if self.woven is not None:
            self.woven.tell(self._lanes, lessons_of_segment(self._connection, index, self.woven.told))
        self._missing_after(row.frame)

    def _title(self, traced: TracedSegment) -> Text:
        row = traced.row
        flags = flags_text(row.flags)
        title = Text.assemble((flags, "bold"), (_beyond(flags, traced.label), "italic"))
        length = f"len={row.payload_len}" if row.payload_len else ""
        extras = " ".join(part for part in (self._extras(traced), length) if part)
        space = self._lanes.room - title.cell_len - cells(extras)
        if space < 2:  # no room: the length must be said, the rest may go
            extras, space = length, max(self._lanes.room - title.cell_len - len(length), 2)
        return title.append(" " * space + extras, "dim") if extras else title

    def _extras(self, traced: TracedSegment) -> str:
        """What a SYN offers; else SACK blocks, and the window where it matters: where it closes, or alone changes."""
        row = traced.row
        if row.flags & Flag.SYN:
            return _offers(row)
        parts = [shown_n("{n:,} SACK block", "{n:,} SACK blocks", row.sack_count)] if row.sack_count else []
        is_closed = row.flags & Flag.ACK and not row.flags & Flag.RST and not row.window
        if self._verbose or is_closed or traced.facts & Fact.WINDOW_UPDATE:
            scales = [self._connection.end(side).window_scale for side in Side]
            mine = scales[traced.sender]
            factor = f"*{1 << mine}" if mine and row.window and None not in scales else ""
            parts.append(f"win={row.window}{factor}")
        return " ".join(parts)

    def _numbers(self, traced: TracedSegment) -> list[Text]:
        """Both numbers on one line where there is room, else each on its own."""
        row = traced.row
        numbers = [self._number("seq", self._symbols.seq(traced.sender, row.seq), row.seq)]
        if row.flags & Flag.ACK:
            numbers.append(self._number("ack", self._symbols.ack(traced.sender, row.ack), row.ack))
        one_line = Text("  ").join(numbers)
        return [one_line] if one_line.cell_len <= self._lanes.room else numbers

    def _number(self, name: str, symbol: str, raw: int) -> Text:
        if self._absolute or not symbol:
            return Text.assemble((f"{name}={raw}", "cyan"))
        return Text.assemble((f"{name}={symbol}", "cyan"), (f" ({raw})", "dim"))

    def _carried(self, traced: TracedSegment) -> list[Text]:
        texts, row = [], traced.row
        payload = self._payloads.get(row.frame, b"")
        ascii_only = not self._page.unicode
        lines = _LINES_OF_PAYLOAD_VERBOSE if self._verbose else _LINES_OF_PAYLOAD
        if payload:
            # A line less a cell each, for a wide character that would straddle the edge.
            limit = lines * (self._lanes.room - 1)
            texts.append(Text(quoted(payload, limit, ascii_only=ascii_only), "green"))
        if row.captured_len < row.payload_len:
            texts.append(Text(captured_in_words(row), "yellow"))
        texts += [
            Text(safe_text(said, lines * (self._lanes.room - 1), ascii_only=ascii_only), "italic green")
            for said in self._said.get(row.frame, ())
        ]
        return texts

    def _missing_after(self, frame: int) -> None:
        for difference in self._placed.missing_after.get(frame, ()):
            self._lanes.missing(Text(in_words(difference, verbose=self._verbose), "bold red"), difference.sender)
            self._filter(difference)

    def _difference(self, difference: Difference) -> None:
        self._lanes.note(
            Text(self._page.glyphs.differs, "bold red"), Text(in_words(difference, verbose=self._verbose)), "red"
        )
        self._filter(difference)

    def _filter(self, difference: Difference) -> None:
        if self._verbose and difference.display_filter:
            self._lanes.note(Text(" "), Text(f"Wireshark: {difference.display_filter}"), "dim")

    def _summary(self) -> None:
        connection = self._connection
        handshake = shown(str(connection.handshake))
        if connection.handshake_ns is not None:
            took = duration(connection.handshake_ns)
            handshake = shown("{handshake}, in {duration}", handshake=handshake, duration=took)
        zeek = f"Zeek {connection.zeek.conn_state} {connection.zeek.history}".rstrip()
        self._page.blank()
        self._page.fact(shown("handshake"), handshake)
        self._page.fact(shown("close"), shown(str(connection.close)))
        if connection.tunnel:
            self._page.fact(shown("tunnel"), shown("inside {tunnel}", tunnel=connection.tunnel))
        for side in Side:
            self._page.fact("" if side else shown("carried"), _carried_in_words(connection.end(side), side))
        bullet = self._page.glyphs.bullet
        tools = f"{zeek} {bullet} Wireshark tcp.completeness {connection.completeness}"
        self._page.fact(shown("tools"), tools, "dim")
        self._page.fact(shown("filter"), connection.display_filter, "dim")


def _origin_in_words(side: Side, name: str, number: int) -> str:
    if side is Side.ORIGINATOR:
        return shown("{name} = {number}, the originator's initial sequence number", name=name, number=number)
    return shown("{name} = {number}, the responder's initial sequence number", name=name, number=number)


def _carried_in_words(end: End, side: Side) -> str:
    """`12 bytes in 3 segments, 1 of them again, by the originator`."""
    carried = shown(
        "{bytes} in {segments}",
        bytes=shown_n("{n:,} byte", "{n:,} bytes", end.payload_bytes),
        segments=shown_n("{n:,} segment", "{n:,} segments", end.segments),
    )
    if end.retransmissions:
        carried = shown("{carried}, {number:,} of them again", carried=carried, number=end.retransmissions)
    return by_side(carried, side)


def _beyond(flags: str, label: str) -> str:
    """What a label says beyond the flags: ` (1 of 3)` of `SYN (1 of 3)`, `  ACK of FIN`, nothing of `FIN`."""
    if set(label.split(",")) <= set(flags.split(",")):
        return ""
    words = shown(label)
    rest = words.removeprefix(flags)
    return rest if rest != words and rest.lstrip()[:1] in _OPENING else f"  {words}"


def _offers(row: Row) -> str:
    """The options of a SYN, in the words of the expected sequences."""
    parts = []
    if row.options & Option.MSS:
        parts.append(f"mss={row.mss}")
    if row.options & Option.WINDOW_SCALE:
        parts.append(f"wscale={row.window_scale}")
    if row.options & Option.SACK_PERMITTED:
        parts.append("sack")
    if row.options & Option.TIMESTAMPS:
        parts.append("ts")
    return " ".join(parts)
