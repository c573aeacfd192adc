"""An inspection as text: the ladders, what was compared, what was lost, and the verdict last.

    render_inspection(inspection, width=80, colour=False) -> str

Laws: no line is wider than `width` (from 60 cells on; below, down to 24, the picture gives up its margins before
its facts); nothing of a capture is written unescaped; colour and box-drawing are never the only sign; loss is
never silent. Printing is `cli/`'s.

More conversations than `max_connections` are not all drawn: those with differences and faults come first, a table
names the others, and a sum of outcomes covers all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.language import retold, shown, shown_n
from inspector.report.closing import closing
from inspector.report.compared import compared_table, transport_of, urgency_of
from inspector.report.datagrams import WHAT_UDP_HAS_NOT, ExchangeLadder
from inspector.report.differences import is_about
from inspector.report.escape import safe_text
from inspector.report.kernel import KernelsWord
from inspector.report.ladder import ConnectionLadder
from inspector.report.narrative import narrate_connection, narrate_exchange
from inspector.report.page import Page
from inspector.report.places import are_worth_a_note, note_places
from inspector.report.rosetta import rosetta_lines
from inspector.report.sockets import tables_at_milestones
from inspector.report.speech import speech_of
from inspector.report.stream import where
from inspector.report.summing import list_of, summary_of
from inspector.report.tables import connections_table, exchanges_table, filters_of, outcomes, servers_table
from inspector.report.woven import Woven

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from typing import TypeVar

    from inspector.expect.model import Comparison
    from inspector.report.inspection import Inspection
    from inspector.report.speech import Speech
    from inspector.tcp.model import Connection
    from inspector.udp.model import Exchange

    Conversation = TypeVar("Conversation", Connection, Exchange)

__all__ = ["render_inspection"]

_ROWS = 40
"""Rows of a table of conversations, unless `verbose` ..."""
_ROWS_OF_MANY = 10
"""... and of those of a large capture that come nearest to what was expected."""


def render_inspection(  # noqa: PLR0913 - the choices that a command line offers
    inspection: Inspection,
    *,
    width: int,
    colour: bool,
    absolute: bool = False,
    unicode: bool = True,
    max_connections: int = 8,
    verbose: bool = False,
    rosetta: bool = False,
    drawn: Collection[int] | None = None,
    after: Callable[[Page], None] | None = None,
    rows: int | None = None,
    narrate: bool = False,
) -> str:
    """The whole report, each line ended by a newline.

    `absolute` writes sequence numbers raw only, without symbols. `unicode` is whether the output's encoding can
    show box-drawing and Chinese; without it, all is ASCII. `max_connections` is how many connections and how many
    exchanges are drawn. `verbose` folds nothing, shows more payload, and adds Wireshark display filters and notes of
    the addresses and ports. `rosetta` adds what other tools would call each connection that is drawn.

    `drawn` are the numbers of connections that were asked for: they are drawn and no others, and there is no table of
    these. `after` draws more, below the ladders. With `rows` nothing is drawn, and tables list so many conversations.
    `narrate` tells each conversation as a dialogue in place of its ladder.
    """
    page = Page(width, unicode=unicode)
    picture = _Picture(page, inspection, absolute=absolute, verbose=verbose, limit=max_connections)
    picture.rosetta, picture.narrate = rosetta, narrate
    if rows is None:
        picture.draw(drawn)
    else:
        picture.draw_tables(rows)
    if after is not None:
        after(page)
    said = picture.speech.elsewhere
    closing(
        page, inspection, picture.kernel, told=picture.told, said=said, verbose=verbose, tabled=picture.tabled
    )  # fmt: skip
    return page.text(colour=colour)


class _Picture:
    """The ladders of one inspection, and what stands for those that are not drawn."""

    def __init__(self, page: Page, inspection: Inspection, *, absolute: bool, verbose: bool, limit: int) -> None:
        self._page = page
        self._inspection = inspection
        self._absolute = absolute
        self._verbose = verbose
        self._limit = max(limit, 0)
        rows = _ROWS_OF_MANY if inspection.counted else _ROWS
        self._rows: int | None = None if verbose else rows
        self._order = "" if inspection.selected is None else inspection.selected.order
        self._places = are_worth_a_note(inspection, verbose=verbose)
        self.rosetta = self.narrate = False
        self._woven = Woven(ascii_only=not page.unicode) if verbose else None
        self.kernel = KernelsWord(inspection)
        self.speech: Speech = speech_of(inspection)
        self.told: set[int] = set()
        """Identities of the comparisons whose differences were told in place."""
        self.tabled = False
        """Whether comparisons are told of by a table."""

    def draw(self, drawn: Collection[int] | None) -> None:
        self._title()
        if drawn is not None:
            for connection in self._inspection.connections:
                if connection.number in drawn:
                    self._connection(connection)
            return
        connections = self._chosen(tuple(each for each in self._inspection.connections if each.segments))
        exchanges = self._chosen(tuple(each for each in self._inspection.exchanges if each.datagrams))
        for connection in connections:
            self._connection(connection)
        for exchange in exchanges:
            self._exchange(exchange)
        if self._inspection.exchanges and not self._inspection.lesson:  # a UDP demo's lesson says it in its own words
            self._page.blank()
            for line in WHAT_UDP_HAS_NOT:
                self._page.wrap(shown(line), lead=f"  {self._page.glyphs.bullet} ", hang="    ")
        if self._inspection.summary is not None:
            summary_of(self._page, self._inspection.summary, self._place, verbose=self._verbose, order=self._order)
        self._others(connections, exchanges)
        if self._inspection.kernel is not None and self._inspection.kernel.show_sockets:
            tables_at_milestones(self._page, self._inspection.kernel.snapshots)
        servers_table(self._page, self._inspection)

    def draw_tables(self, rows: int) -> None:
        """Tables in place of ladders."""
        self._rows = rows
        self._title()
        if self._inspection.summary is not None:
            list_of(self._page, self._inspection.summary, rows, self._order)
        self._others((), ())

    def _title(self) -> None:
        inspection = self._inspection
        ascii_only = not self._page.unicode
        if inspection.title:
            self._page.wrap(safe_text(retold(inspection.title), ascii_only=ascii_only), "bold")
        if inspection.source != inspection.title:
            source = safe_text(retold(inspection.source), ascii_only=ascii_only)
            self._page.wrap(source, "" if inspection.title else "bold")

    def _chosen(self, all_of_them: tuple[Conversation, ...]) -> tuple[Conversation, ...]:
        """The first of them, those with something wrong before the others; in their own order, or the one asked for."""
        if self._order:
            return all_of_them[: self._limit]
        if len(all_of_them) <= self._limit:
            return all_of_them
        compared = urgency_of(self._inspection, transport_of(all_of_them))

        def urgency(each: Conversation) -> tuple[bool, int, bool, int]:
            is_later, distance, _ = compared.get(each.number, (True, 0, 0))
            return is_later, distance, not any(one.is_fault for one in each.findings), each.number

        urgent = sorted(all_of_them, key=urgency)
        return tuple(sorted(urgent[: self._limit], key=lambda each: each.number))

    def _connection(self, connection: Connection) -> None:
        chosen = self._inspection.selected
        total = len(self._inspection.connections) if chosen is None else chosen.of
        number, total = connection.number, self._inspection.chosen_of or total
        self._heading(shown("connection {number} of {total}", number=number, total=total), total)
        self._files(each.row.frame for each in connection.segments)
        if self._places:
            note_places(self._page, (connection.originator.endpoint, connection.responder.endpoint))
        if self.narrate:
            narrate_connection(self._page, connection, self._inspection.payloads, absolute=self._absolute)
            return
        ladder = ConnectionLadder(
            self._page,
            connection,
            self._comparisons(connection),
            self._inspection.payloads,
            self.speech.at,
            self._inspection.comments,
            self.kernel,
            absolute=self._absolute,
            verbose=self._verbose,
        )
        ladder.woven = self._woven
        ladder.draw()
        if self.rosetta:
            rosetta_lines(self._page, connection)

    def _exchange(self, exchange: Exchange) -> None:
        number, total = exchange.number, len(self._inspection.exchanges)
        self._heading(shown("exchange {number} of {total}", number=number, total=total), total)
        self._files(each.row.frame for each in exchange.datagrams)
        if self._places:
            note_places(self._page, (exchange.originator, exchange.responder))
            self._page.blank()
        if self.narrate:
            narrate_exchange(self._page, exchange, self._inspection.payloads)
            return
        ladder = ExchangeLadder(
            self._page,
            exchange,
            self._comparisons(exchange),
            self._inspection.payloads,
            self.speech.at,
            self._inspection.comments,
            verbose=self._verbose,
        )
        ladder.woven = self._woven
        ladder.draw()

    def _place(self, frame: int) -> str:
        return where(self._inspection, (frame,))

    def _heading(self, title: str, total: int) -> None:
        self._page.blank()
        if total > 1:
            self._page.heading(title)

    def _files(self, frames: Iterable[int]) -> None:
        """In which files a conversation lies, if there are several."""
        places = where(self._inspection, frames)
        if places:
            self._page.wrap(shown("in {places}", places=places), "dim", hang="   ")

    def _comparisons(self, conversation: Connection | Exchange) -> list[Comparison]:
        """Those of this conversation, whose differences are told in place."""
        mine = [each for each in self._inspection.comparisons if is_about(each, conversation, self._inspection)]
        self.told.update(id(each) for each in mine)
        return mine

    def _compared(self, conversations: Sequence[Connection] | Sequence[Exchange]) -> list[Comparison]:
        transport = transport_of(conversations)
        return [each for each in self._inspection.comparisons if each.transport is transport]

    def _others(self, connections: Sequence[Connection], exchanges: Sequence[Exchange]) -> None:
        inspection = self._inspection
        more_connections = len(inspection.connections) > len(connections)
        number = sum(inspection.exchange_outcomes.values())
        more_exchanges = number > len(exchanges)
        if more_connections:
            self._table("connection", inspection.connections, len(inspection.connections))
        if more_exchanges:
            self._table("exchange", inspection.exchanges, number)
        if more_connections or more_exchanges:
            self._page.blank()
            outcomes(self._page, inspection)

    def _table(self, what: str, conversations: Sequence[Connection] | Sequence[Exchange], of: int) -> None:
        self._page.blank()
        rows = conversations[: self._rows]
        left_out = of - len(rows)
        if any(each.connection is not None for each in self._compared(conversations)):
            self.tabled = True
            left_out = of - compared_table(self._page, self._inspection, conversations, self._rows)
        elif what == "connection":
            connections_table(self._page, rows)  # type: ignore[arg-type]  # `what` tells which
            if self._verbose:
                filters_of(self._page, rows)  # type: ignore[arg-type]  # `what` tells which
        else:
            exchanges_table(self._page, rows)  # type: ignore[arg-type]  # `what` tells which
        if left_out and not (what == "connection" and self._inspection.counted):  # the sums tell of how many these are
            self._page.wrap(_left_out(what, left_out), "italic")


def _left_out(what: str, number: int) -> str:
    if what == "connection":
        return shown_n(
            "and {n:,} more connection; all of them are counted below",
            "and {n:,} more connections; all of them are counted below",
            number,
        )
    return shown_n(
        "and {n:,} more exchange; all of them are counted below",
        "and {n:,} more exchanges; all of them are counted below",
        number,
    )
