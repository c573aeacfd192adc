"""Tables: the demos' verdicts, and the conversations that are too many to draw.

A table never says less than it counts: rows that are left out are counted, and outcomes are summed over all.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.findings import Blame
from inspector.language import shown, shown_n
from inspector.report.page import Page, Text, named
from inspector.report.words import count, duration, listed
from inspector.udp.model import Exchange
from inspector.wire.row import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from inspector.report.inspection import Inspection, Verdict
    from inspector.tcp.model import Connection
    from inspector.udp.model import Outcome
    from inspector.wire.row import Endpoint

__all__ = [
    "DemoResult",
    "connections_table",
    "draw_table",
    "exchanges_table",
    "filters_of",
    "outcomes",
    "servers_table",
    "table_of_verdicts",
]

_MOST_SERVERS = 8
"""Servers that are worth a comparison."""


@dataclass(frozen=True, slots=True)
class DemoResult:
    """A line of `demo all`."""

    name: str
    transport: str
    """`tcp` or `udp`."""
    segments: int
    """Or datagrams."""
    verdict: Verdict
    elapsed_ns: int


def table_of_verdicts(
    rows: Sequence[DemoResult], *, width: int = 80, colour: bool = False, unicode: bool = True
) -> str:
    """The demos' verdicts, a line each, and their sum."""
    page = Page(width, unicode=unicode)
    marks = {True: page.glyphs.good, False: page.glyphs.fault}
    cells = [
        (
            row.name,
            row.transport,
            count(row.segments),
            Text(
                f"{marks[row.verdict.is_good]} {shown(str(row.verdict))}",
                "green" if row.verdict.is_good else "bold red",
            ),
            duration(row.elapsed_ns),
        )
        for row in rows
    ]
    heads = (shown("demo"), ""), (shown("transport"), ""), (shown("segments"), ">"), (shown("verdict"), "")
    draw_table(page, (*heads, (shown("time"), ">")), cells)
    good = sum(row.verdict.is_good for row in rows)
    page.blank()
    words = shown_n("{good} of {n:,} demo as expected", "{good} of {n:,} demos as expected", len(rows), good=good)
    page.wrap(words, "bold" if good == len(rows) else "bold red")
    return page.text(colour=colour)


def connections_table(page: Page, connections: Sequence[Connection], found: Sequence[int] | None = None) -> None:
    """A row for each connection, in their order; `found` is the number of findings of each, if not all are there."""
    found = [len(each.findings) for each in connections] if found is None else found
    rows = [
        (
            str(each.number),
            f"{each.originator.endpoint}\n{each.responder.endpoint}{_inside(each)}",
            f"{shown(str(each.handshake))}\n{shown(str(each.close))}",
            each.zeek.conn_state,
            count(each.originator.segments + each.responder.segments),
            count(each.originator.payload_bytes + each.responder.payload_bytes),
            count(findings),
        )
        for each, findings in zip(connections, found, strict=True)
    ]
    heads = ("#", ">"), (shown("endpoints"), ""), (shown("handshake, close"), ""), ("zeek", "")
    draw_table(page, (*heads, *((head, ">") for head in (shown("segments"), shown("bytes"), shown("found")))), rows)


def exchanges_table(page: Page, exchanges: Sequence[Exchange]) -> None:
    """A row for each UDP exchange, in their order."""
    rows = [
        (
            str(each.number),
            f"{each.originator}\n{each.responder}{_inside(each)}",
            shown(str(each.outcome)),
            each.conn_state,
            count(sum(each.counts)),
            count(sum(each.payload_bytes)),
            count(len(each.findings)),
        )
        for each in exchanges
    ]
    heads = ("#", ">"), (shown("endpoints"), ""), (shown("outcome"), ""), ("zeek", "")
    draw_table(page, (*heads, *((head, ">") for head in (shown("datagrams"), shown("bytes"), shown("found")))), rows)


def filters_of(page: Page, connections: Sequence[Connection]) -> None:
    """The Wireshark display filter of each connection of a table, under its number."""
    page.blank()
    for each in connections:
        page.fact(shown("filter {number}", number=each.number), each.display_filter, "dim")


def _inside(conversation: Connection | Exchange) -> str:
    return "\n" + shown("(inside {tunnel})", tunnel=conversation.tunnel) if conversation.tunnel else ""


def servers_table(page: Page, inspection: Inspection) -> None:
    """What went to each of a few servers, side by side; nothing where each ladder's own summary says as much."""
    groups: dict[tuple[str, Endpoint], list[Connection | Exchange]] = {}
    for connection in inspection.connections:
        groups.setdefault(("connection", connection.responder.endpoint), []).append(connection)
    for exchange in inspection.exchanges:
        groups.setdefault(("exchange", exchange.responder), []).append(exchange)
    are_several = max(map(len, groups.values()), default=0) > 1 or len({what for what, _ in groups}) > 1
    if are_several and 2 <= len(groups) <= _MOST_SERVERS:
        page.blank()
        heads = (shown("to"), ""), (shown("conversations"), ""), (shown("frames"), ">"), (shown("bytes"), ">")
        draw_table(page, (*heads, (shown("time"), ">")), [_sum(*key, group) for key, group in groups.items()])


def _sum(what: str, server: Endpoint, group: Sequence[Connection | Exchange]) -> tuple[str, ...]:
    """How many conversations, frames and payload bytes, and the time from the first frame to the last."""
    frames = payload = 0
    for each in group:
        if isinstance(each, Exchange):
            frames += sum(each.counts)
            payload += sum(each.payload_bytes)
        else:
            frames += each.originator.segments + each.responder.segments
            payload += each.originator.payload_bytes + each.responder.payload_bytes
    times = [time for each in group for time in (each.first_ns, each.last_ns)]
    took = "-" if NO_TIME in times else duration(max(times) - min(times))
    if what == "connection":
        number = shown_n("{n:,} connection", "{n:,} connections", len(group))
    else:
        number = shown_n("{n:,} exchange", "{n:,} exchanges", len(group))
    return str(server), number, count(frames), count(payload), took


def outcomes(page: Page, inspection: Inspection) -> None:
    """How many connections and exchanges ended in which way, and what was found how often.

    Where there is a summary, connections are in it, and what is listed of them are examples.
    """
    summed_up = inspection.summary is not None
    connections = () if summed_up else inspection.connections
    if connections:
        _tally(page, shown("handshakes"), (str(each.handshake) for each in connections))
        _tally(page, shown("closes"), (str(each.close) for each in connections))
        _tally(page, "zeek", (each.zeek.conn_state for each in connections))
    if inspection.exchanges:
        _tally(page, shown("exchanges"), inspection.exchange_outcomes)
    of_exchanges = [finding for exchange in inspection.exchanges for finding in exchange.findings]
    found = of_exchanges if summed_up else inspection.findings
    for blame, title in ((Blame.PEER, shown("faults")), (Blame.PATH, shown("path")), (Blame.CAPTURE, shown("capture"))):
        _tally(page, title, (finding.kind for finding in found if finding.blame is blame))


def _tally(page: Page, title: str, words: Iterable[str] | Mapping[Outcome, int]) -> None:
    counted = Counter(words)
    if counted:
        text = listed(f"{shown(str(word))} {count(number)}" for word, number in counted.most_common())
        page.wrap(text, lead=named(title, 11), hang=" " * 11)


def draw_table(page: Page, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Text | str]]) -> None:
    """Columns as narrow as their content; where the page is too narrow, cells break into lines."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    rule = box.SIMPLE_HEAD if page.unicode else box.ASCII2
    table = Table(box=rule, padding=(0, 1, 0, 0) if page.unicode else (0, 1), pad_edge=False, header_style="bold")
    table.show_edge = False
    for name, alignment in columns:
        table.add_column(name, justify="right" if alignment else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    console = Console(width=page.width, color_system=None, force_jupyter=False, legacy_windows=False, _environ={})
    for line in console.render_lines(table, pad=False):
        text = Text.assemble(*((segment.text, segment.style or "") for segment in line))
        text.rstrip()
        page.add(text)
