"""A connection, or a UDP exchange, told as a dialogue: `--narrate`.

    frame
        1 client "SYN: let us talk; my numbers begin at x (1000)."
                 client SYN-SENT, server SYN-RECEIVED
        2 server "SYN,ACK: yes; my numbers begin at y (5000). I have your SYN, and
                 expect x+1 (1001) next."

What is said comes from `explain.dialogue` and `explain.exchange_told`; here it gets its page: who speaks, in quotation
marks; what was carried, escaped; what comes of it, and the findings, in the words that the ladder has. States stand
where they change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.dialogue import dialogue_of, ending_of
from inspector.explain.exchange_told import exchange_ending, exchange_told
from inspector.explain.roles import roles_of
from inspector.explain.turns import copies_among
from inspector.findings import Side
from inspector.language import shown, shown_n
from inspector.report.escape import cells, quoted
from inspector.report.judged import finding_in_words
from inspector.report.page import Text
from inspector.report.symbols import symbols_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from inspector.explain.dialogue import Utterance
    from inspector.findings import Finding
    from inspector.report.page import Page
    from inspector.tcp.model import Connection, TracedSegment
    from inspector.udp.model import Exchange, TracedDatagram
    from inspector.wire.row import Endpoint

__all__ = ["narrate_connection", "narrate_exchange"]

_LINES_OF_PAYLOAD = 2


def narrate_connection(page: Page, connection: Connection, payloads: Mapping[int, bytes], *, absolute: bool) -> None:
    """Tell one connection; `absolute` writes numbers as they are on the wire alone."""
    roles, symbols = roles_of(connection), symbols_of(connection)
    names = tuple(shown(name) for name in roles.names)

    def number(owner: Side, raw: int) -> str:
        symbol = symbols.origins[owner].symbol(raw)
        return str(raw) if absolute or not symbol else f"{symbol} ({raw})"

    sheet = _Sheet(page, names, connection.segments, payloads)
    ends = [connection.end(side).endpoint for side in Side]
    sheet.heads(ends[:1] if roles.itself else ends, shown(roles.why))
    for utterance in dialogue_of(connection, number):
        sheet.line(utterance.frames, utterance.side, shown(utterance.text))
        if utterance.segment is not None:
            sheet.payload(utterance.segment)
        if utterance.states is not None:
            sheet.states(utterance, alone=roles.itself)
        sheet.asides(shown(aside) for aside in utterance.asides)
        if utterance.segment is not None:
            sheet.findings(utterance.segment.findings)
    end = ending_of(connection)
    copies = copies_among(connection.segments)
    sheet.asides([shown(end)] if end is not None else [])
    if copies:
        told_of = shown_n(
            "{n} copy made by the capture is left out", "{n} copies made by the capture are left out", copies
        )
        sheet.asides([told_of])
    told = {finding for each in connection.segments for finding in each.findings}
    sheet.findings(finding for finding in connection.findings if finding not in told)
    page.blank()
    page.fact(shown("filter"), connection.display_filter, "dim")


def narrate_exchange(page: Page, exchange: Exchange, payloads: Mapping[int, bytes]) -> None:
    """Tell one UDP exchange."""
    names = (shown("originator"), shown("responder"))
    sheet = _Sheet(page, names, exchange.datagrams, payloads)
    sheet.heads((exchange.originator, exchange.responder), shown("the originator is who spoke first here"))
    for remark in exchange_told(exchange):
        sheet.line(remark.frames, remark.side, shown(remark.text))
        if remark.datagram is not None and not remark.datagram.row.icmp_type:
            sheet.payload(remark.datagram)
        sheet.asides(shown(aside) for aside in remark.asides)
        if remark.datagram is not None:
            sheet.findings(remark.datagram.findings)
    sheet.asides([shown(exchange_ending(exchange))])


class _Sheet:
    """The geometry of a dialogue: frames, speakers, and what is said, within the width of the page."""

    def __init__(
        self,
        page: Page,
        names: Sequence[str],
        frames: Sequence[TracedSegment | TracedDatagram],
        payloads: Mapping[int, bytes],
    ) -> None:
        self._page = page
        self._names = names
        self._payloads = payloads
        widest = max((len(str(each.row.frame)) for each in frames), default=1)
        self._frame_cells = max(widest, cells(shown("frame")))
        self._indent = self._frame_cells + 1 + max(cells(name) for name in names) + 1
        if self._indent > page.width // 3:
            self._indent = self._frame_cells + 2

    def heads(self, ends: Sequence[Endpoint], why: str) -> None:
        """Who they are, and how that is known."""
        for name, end in zip(self._names, ends, strict=False):
            self._page.wrap(Text.assemble((name, "bold"), f" {end}"))
        self._page.wrap(why, "dim")
        self._page.blank()
        self._page.add(shown("frame"), "dim")

    def line(self, frames: tuple[int, int], side: Side | None, text: str) -> None:
        """What an end says, or what is told."""
        if side is None:
            first, last = frames
            lead = self._lead(str(first) if first == last else f"{first}-{last}", "")
            self._page.wrap(Text(shown("({aside})", aside=text), "italic"), lead=lead, hang=" " * (self._indent + 1))
        else:
            lead = self._lead(str(frames[0]), self._names[side])
            self._page.wrap(Text(shown('"{words}"', words=text)), lead=lead, hang=" " * (self._indent + 1))

    def _lead(self, frames: str, who: str) -> Text:
        lead = Text.assemble((frames.rjust(self._frame_cells), "dim"), " ", (who, "bold"))
        return lead.append(" " * max(self._indent - lead.cell_len, 1))

    def payload(self, traced: TracedSegment | TracedDatagram) -> None:
        """What was carried; hostile."""
        payload = self._payloads.get(traced.row.frame, b"")
        if payload:
            room = (self._page.width - self._indent - 4) * _LINES_OF_PAYLOAD
            text = quoted(payload, max(room, 8), ascii_only=not self._page.unicode)
            self._page.wrap(Text(text, "green"), lead=" " * (self._indent + 1), hang=" " * (self._indent + 2))

    def states(self, utterance: Utterance, *, alone: bool) -> None:
        """Both ends' states."""
        pairs = [f"{name} {state}" for name, state in zip(self._names, utterance.states or (), strict=False)]
        text = f" {self._page.glyphs.bullet} ".join(pairs[:1] if alone else pairs)
        self._page.wrap(Text(text, "cyan"), lead=" " * self._indent, hang=" " * self._indent)

    def asides(self, asides: Iterable[str]) -> None:
        """What the speakers do not say, in parentheses."""
        for text in asides:
            self._page.wrap(
                Text(shown("({aside})", aside=text), "italic"), lead=" " * self._indent, hang=" " * (self._indent + 1)
            )

    def findings(self, findings: Iterable[Finding]) -> None:
        """What was found, as the ladder has it."""
        for finding in findings:
            mark, text, style = finding_in_words(finding, self._page.glyphs)
            lead = Text.assemble(" " * self._indent, mark, " ")
            self._page.wrap(text, style, lead=lead, hang=" " * (self._indent + 2))
