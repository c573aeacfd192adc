"""One UDP exchange as a ladder: datagrams, the errors that quote them, and what there is *not*.

There are no states to print, for UDP keeps none. Sizes are of the payload, without headers. An ICMP error
stands where it arrived, tied by number to the datagram that it quotes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.lessons import lessons_of_datagram
from inspector.findings import Side
from inspector.language import marked, shown, shown_n
from inspector.report.differences import Placed, in_words
from inspector.report.escape import quoted, safe_text
from inspector.report.judged import finding_in_words, of_the_whole, remarks
from inspector.report.lanes import Lanes
from inspector.report.page import Text
from inspector.report.words import Clock, by_side, captured_in_words, listed, side_in_words
from inspector.udp.model import Outcome
from inspector.wire.row import Fragment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inspector.expect.model import Comparison, Difference
    from inspector.report.page import Page
    from inspector.report.woven import Woven
    from inspector.udp.model import Exchange, TracedDatagram

__all__ = ["WHAT_UDP_HAS_NOT", "ExchangeLadder"]

WHAT_UDP_HAS_NOT = (
    marked("No handshake: the first datagram already carries data, and nobody had agreed to listen."),
    marked("No acknowledgment, no sequence number: what is lost, repeated or overtaken, only the programs can notice."),
    marked("No close: neither end says that it has finished; to the other, the end and a long silence look the same."),
)
_OUTCOMES = {
    Outcome.REPLIED: marked("only the reply shows that anybody received anything"),
    Outcome.UNANSWERED: marked("delivered, lost or ignored look the same from here"),
    Outcome.UNREACHABLE: marked("an ICMP error is the only refusal that UDP knows, and a firewall may swallow it"),
}
_OUTCOMES_WHEN_ALL_WAS_LOST = {
    Outcome.REPLIED: marked("but no reply arrived; to the originator it is as if nobody had answered"),
    Outcome.UNANSWERED: marked("lost on the way; to its sender, delivered, lost and ignored look the same"),
}
"""Of the replies, or of what was not answered."""
_IN_FRAGMENTS = marked("put together from fragments, of which this was the last to come")
_IN_FRAGMENTS_AND_LOST = marked("in fragments that did not all arrive: the rest is thrown away")
_MOST_OPEN = 24
_EDGE = 8


class ExchangeLadder:
    """Draws one exchange on a page."""

    def __init__(  # noqa: PLR0913 - what a picture is made from
        self,
        page: Page,
        exchange: Exchange,
        comparisons: Sequence[Comparison],
        payloads: Mapping[int, bytes],
        said: Mapping[int, Sequence[str]],
        comments: Mapping[int, Sequence[str]],
        *,
        verbose: bool,
    ) -> None:
        self._page = page
        self._exchange = exchange
        self._payloads = payloads
        self._said = said
        self._comments = comments
        self._verbose = verbose
        self.woven: Woven | None = None
        """Explanations to be told below the datagrams."""
        self._placed = Placed(comparisons)
        rows = [traced.row for traced in exchange.datagrams]
        self._clock = Clock(exchange.first_ns, [row.time_ns for row in rows])
        self._lanes = Lanes(
            page,
            frame_cells=max((len(str(row.frame)) for row in rows), default=1),
            time_cells=max((len(self._clock.since_start(row.time_ns)) for row in rows), default=1) + 1,
            states=False,
        )

    def draw(self) -> None:
        """Lanes, datagrams and a summary."""
        exchange = self._exchange
        titles = (side_in_words(Side.ORIGINATOR), side_in_words(Side.RESPONDER))
        self._lanes.head((exchange.originator, exchange.responder), titles, self._clock.unit)
        self._missing_after(0)
        drawn = {0}
        for index, traced in enumerate(exchange.datagrams):
            if self._hidden(index):
                if index == _EDGE:
                    self._fold()
                continue
            self._datagram(traced, index)
            drawn.add(traced.row.frame)
        self._summary()
        in_place = {finding for traced in exchange.datagrams for finding in traced.findings}
        of_the_whole(
            self._page,
            self._placed.left_over(frozenset(drawn)),
            [finding for finding in exchange.findings if finding not in in_place],
        )

    def _hidden(self, index: int) -> bool:
        total = len(self._exchange.datagrams)
        return not self._verbose and total > _MOST_OPEN and _EDGE <= index < total - _EDGE

    def _fold(self) -> None:
        hidden = self._exchange.datagrams[_EDGE:-_EDGE]
        carried = sum(traced.row.payload_len for traced in hidden if not traced.row.icmp_type)
        findings = sum(len(traced.findings) for traced in hidden)
        parts = [
            shown_n("{n:,} datagram", "{n:,} datagrams", len(hidden)),
            shown_n("{n:,} byte", "{n:,} bytes", carried),
        ]
        if findings:
            parts.append(shown_n("{n:,} finding", "{n:,} findings", findings))
        self._lanes.fold(f"{hidden[0].row.frame}-{hidden[-1].row.frame}", Text(listed(parts), "italic"))

    def _datagram(self, traced: TracedDatagram, index: int) -> None:
        row = traced.row
        earlier = self._exchange.datagrams[index - 1].row.time_ns if index else row.time_ns
        gap = self._clock.gap(earlier, row.time_ns) if index else ""
        times = (self._clock.since_start(row.time_ns), gap)
        self._lanes.block(str(row.frame), times, self._texts(traced), traced.sender, ("", ""), lost=traced.lost)
        remarks(self._lanes, self._comments.get(row.frame, ()))
        for difference in self._placed.at.get(row.frame, ()):
            self._difference(difference)
        for finding in traced.findings:
            self._lanes.note(*finding_in_words(finding, self._page.glyphs))
        if self.woven is not None:
            self.woven.tell(self._lanes, lessons_of_datagram(traced, self.woven.told))
        self._missing_after(row.frame)

    def _texts(self, traced: TracedDatagram) -> list[Text]:
        row = traced.row
        label = safe_text(shown(traced.label))
        if row.icmp_type:
            return [Text(label, "bold red"), Text(_quotes(traced))]
        texts = [Text.assemble(("UDP", "bold"), f"  len={row.payload_len}  ", (label, "italic"))]
        lines, ascii_only = (8 if self._verbose else 2), not self._page.unicode
        payload = self._payloads.get(row.frame, b"")
        if payload:
            texts.append(Text(quoted(payload, lines * (self._lanes.room - 1), ascii_only=ascii_only), "green"))
        if row.fragment == Fragment.REASSEMBLED:
            texts.append(Text(shown(_IN_FRAGMENTS_AND_LOST if traced.lost else _IN_FRAGMENTS), "dim"))
        if row.captured_len < row.payload_len:
            texts.append(Text(captured_in_words(row), "yellow"))
        return texts + [Text(safe_text(said, ascii_only=ascii_only), "italic green") for said in self._words(row.frame)]

    def _words(self, frame: int) -> Sequence[str]:
        return self._said.get(frame, ())

    def _missing_after(self, frame: int) -> None:
        for difference in self._placed.missing_after.get(frame, ()):
            self._lanes.missing(Text(in_words(difference, verbose=self._verbose), "bold red"), difference.sender)

    def _difference(self, difference: Difference) -> None:
        self._lanes.note(
            Text(self._page.glyphs.differs, "bold red"), Text(in_words(difference, verbose=self._verbose)), "red"
        )
        if self._verbose and difference.display_filter:
            self._lanes.note(Text(" "), Text(f"Wireshark: {difference.display_filter}"), "dim")

    def _summary(self) -> None:
        exchange = self._exchange
        self._page.blank()
        lost = [sum(traced.lost for traced in exchange.datagrams if traced.sender is side) for side in Side]
        told_by = Side.RESPONDER if exchange.outcome is Outcome.REPLIED else Side.ORIGINATOR
        words = _OUTCOMES[exchange.outcome]
        if 0 < exchange.counts[told_by] == lost[told_by]:
            words = _OUTCOMES_WHEN_ALL_WAS_LOST.get(exchange.outcome, words)
        outcome = shown("{outcome}: {words}", outcome=shown(str(exchange.outcome)), words=shown(words))
        self._page.fact(shown("outcome"), outcome)
        if exchange.tunnel:
            self._page.fact(shown("tunnel"), shown("inside {tunnel}", tunnel=exchange.tunnel))
        for side in Side:
            self._page.fact("" if side else shown("carried"), _carried_in_words(exchange, side, lost[side]))
        self._page.fact(shown("tools"), f"Zeek {exchange.conn_state} {exchange.history}".rstrip(), "dim")


def _quotes(traced: TracedDatagram) -> str:
    """Which error it is, and of which datagram."""
    row = traced.row
    if traced.about is None:
        words = marked("ICMP type {type} code {code}, quotes a datagram not captured")
        return shown(words, type=row.icmp_type, code=row.icmp_code)
    words = marked("ICMP type {type} code {code}, quotes frame {frame}")
    return shown(words, type=row.icmp_type, code=row.icmp_code, frame=traced.about)


def _carried_in_words(exchange: Exchange, side: Side, lost: int) -> str:
    """`12 bytes in 3 datagrams, by the originator; 1 was lost`."""
    carried = shown(
        "{bytes} in {datagrams}",
        bytes=shown_n("{n:,} byte", "{n:,} bytes", exchange.payload_bytes[side]),
        datagrams=shown_n("{n:,} datagram", "{n:,} datagrams", exchange.counts[side]),
    )
    words = by_side(carried, side)
    if not lost:
        return words
    return shown_n("{carried}; {n:,} was lost", "{carried}; {n:,} were lost", lost, carried=words)
