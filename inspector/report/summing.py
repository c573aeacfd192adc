"""What a large capture came to: its connections by outcome, what was found, where the trouble is, and examples.

All of it is read off `tcp.summary`; no connection is drawn. A table lists the worst, or the
first where none broke a rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.findings import Blame
from inspector.language import marked, shown, shown_n
from inspector.report.escape import safe_text
from inspector.report.judged import finding_in_words
from inspector.report.page import Text, named
from inspector.report.tables import connections_table, draw_table, filters_of
from inspector.report.words import count, duration, listed
from inspector.tcp.lifetimes import Ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from inspector.report.page import Page
    from inspector.tcp.spans import Spans
    from inspector.tcp.summary import Kind, Summary

__all__ = ["list_of", "summary_of"]

_ROWS = 10
_MOST = 8
"""Ports, endpoints."""
_PERCENTILES = (50, 90, 99)
_TITLES = {Blame.PEER: marked("faults"), Blame.PATH: marked("path"), Blame.CAPTURE: marked("capture")}
_NAME = 11
"""Cells of the name of a line."""


def summary_of(
    page: Page, summary: Summary, place: Callable[[int], str] = lambda _: "", *, verbose: bool, order: str = ""
) -> None:
    """The whole summary; `verbose` lists more connections, `order` is what they are sorted by.

    `place` says in which file a frame lies.
    """
    if not summary.connections:
        return
    list_of(page, summary, most=None if verbose else _ROWS, order=order)
    _times(page, summary)
    if summary.repeated_syns:
        again = shown_n("{n:,} repeated SYN", "{n:,} repeated SYNs", summary.repeated_syns)
        words = shown("{repeated} in {connections}", repeated=again, connections=_connections(summary.repeaters))
        _line(page, shown("SYN again"), words)
    if summary.refused_ports:
        _words(page, shown("refused"), summary.refused_ports, _port)
    troubled = [f"{endpoint} {count(number)}" for endpoint, number in summary.endpoints_with_trouble(_MOST)]
    if troubled:
        words, more = listed(troubled), len(summary.troubled) - len(troubled)
        if more > 0:
            words = shown_n("{list} and {n:,} more endpoint", "{list} and {n:,} more endpoints", more, list=words)
        _line(page, shown("trouble at"), words)
    _findings(page, summary, place)


def _connections(number: int) -> str:
    return shown_n("{n:,} connection", "{n:,} connections", number)


def _port(number: object) -> str:
    return shown("port {number}", number=number)


def list_of(page: Page, summary: Summary, most: int | None, order: str = "") -> None:
    """At most so many connections, and the outcomes of all."""
    _listed(page, summary, most, order)
    page.blank()
    _line(page, shown("sum"), _amounts(summary))
    _words(page, shown("handshakes"), summary.handshakes)
    _words(page, shown("closes"), summary.closes)
    _words(page, "zeek", summary.conn_states)
    _ended(page, summary)


def _listed(page: Page, summary: Summary, most: int | None, order: str) -> None:
    chosen = summary.ranked or summary.worst or summary.first
    rows = chosen[:most]
    if not rows:
        return
    page.blank()
    connections_table(page, [one.connection for one in rows], [one.findings for one in rows])
    if most is None:
        # Endpoints may have had other connections too, which are forgotten by now.
        filters_of(page, [one.connection for one in rows])
    rest = summary.connections - len(rows)
    if rest:
        page.wrap(_and_more(rest, order, worst_first=bool(summary.worst)), "italic")


def _and_more(number: int, order: str, *, worst_first: bool) -> str:
    if order:
        return shown_n(
            "sorted by {field}, and {n:,} more connection; all of them are counted below",
            "sorted by {field}, and {n:,} more connections; all of them are counted below",
            number,
            field=order,
        )
    if worst_first:
        return shown_n(
            "the worst come first, and {n:,} more connection; all of them are counted below",
            "the worst come first, and {n:,} more connections; all of them are counted below",
            number,
        )
    return shown_n(
        "and {n:,} more connection; all of them are counted below",
        "and {n:,} more connections; all of them are counted below",
        number,
    )


def _amounts(summary: Summary) -> str:
    parts = (
        _connections(summary.connections),
        shown_n("{n:,} segment", "{n:,} segments", summary.segments),
        shown_n("{n:,} payload byte", "{n:,} payload bytes", summary.payload_bytes),
        shown_n("{n:,} retransmission", "{n:,} retransmissions", summary.retransmissions),
    )
    return listed(parts)


def _times(page: Page, summary: Summary) -> None:
    """How long both parts of the handshake took."""
    spans = (
        (shown("SYN to SYN,ACK"), summary.syn_to_syn_ack),
        (shown("SYN,ACK to ACK"), summary.syn_ack_to_ack),
    )
    rows = [(name, *_figures(each)) for name, each in spans if each.count]
    if rows:
        page.blank()
        heads = (shown("handshake time"), ""), (shown("of"), ">"), (shown("least"), ">")
        shares = ((f"{each} %", ">") for each in _PERCENTILES)
        draw_table(page, (*heads, *shares, (shown("most"), ">")), rows)
        page.blank()


def _figures(spans: Spans) -> Iterable[str]:
    within = (duration(spans.percentile(each)) for each in _PERCENTILES)
    return (count(spans.count), duration(spans.shortest), *within, duration(spans.longest))


def _ended(page: Page, summary: Summary) -> None:
    """Who left the table before the capture ended, so that nobody takes an eviction for an end."""
    if summary.evicted:
        words = marked("{connections} for want of room (--max-open): they may have gone on")
        _line(page, shown("evicted"), shown(words, connections=_connections(summary.evicted)), "bold yellow")
    silent = summary.ended[Ended.IDLE], summary.ended[Ended.ATTEMPT]
    if any(silent):
        words = shown(
            "{connections} (--idle), {attempts} (--attempt): what came later counts anew",
            connections=shown_n("{n:,} open connection", "{n:,} open connections", silent[0]),
            attempts=shown_n("{n:,} attempt", "{n:,} attempts", silent[1]),
        )
        _line(page, shown("timed out"), words)


def _findings(page: Page, summary: Summary, place: Callable[[int], str]) -> None:
    for blame, title in _TITLES.items():
        kinds = [(name, kind) for name, kind in summary.kinds.items() if kind.blame is blame]
        for name, kind in sorted(kinds, key=lambda each: (-each[1].findings, each[0])):
            page.blank()
            of = _connections(kind.connections)
            words = shown("{kind}: {number:,} in {connections}", kind=name, number=kind.findings, connections=of)
            _line(page, shown(title), words, "bold red" if blame.is_fault else "")
            _examples(page, kind, place)
    if summary.untold:
        page.blank()
        words = shown_n(
            "{n:,} more segment with findings: counted above, in no file",
            "{n:,} more segments with findings: counted above, in no file",
            summary.untold,
        )
        _line(page, shown("not shown"), words)


def _examples(page: Page, kind: Kind, place: Callable[[int], str]) -> None:
    for example in kind.examples:
        frame = example.finding.frame or 0
        where = shown("frame {frame:,}", frame=frame)
        if inside := place(frame):
            where = shown("{frame} ({place})", frame=where, place=inside)
        of = shown("connection {number:,}", number=example.connection)
        ends = f"{example.originator} > {example.responder}"
        page.wrap(listed((where, of, ends)), lead=" " * 11, hang=" " * 13)
        mark, text, _ = finding_in_words(example.finding, page.glyphs)
        words = Text(safe_text(text.plain, ascii_only=not page.unicode), text.style)
        page.wrap(Text.assemble(mark, " ", words), lead=" " * 13, hang=" " * 15)


def _words(page: Page, title: str, counted: Any, name: Callable[[object], str] = lambda word: shown(str(word))) -> None:
    ranked = sorted(counted.items(), key=lambda each: (-each[1], str(each[0])))
    text = listed(f"{name(word)} {count(number)}" for word, number in ranked[:_MOST])
    rest = len(ranked) - _MOST
    if rest > 0:
        text = shown("{list} and {n:,} more", list=text, n=rest)
    if ranked:
        _line(page, title, text)


def _line(page: Page, title: str, content: Text | str, style: str = "") -> None:
    page.wrap(content, style, lead=named(title, _NAME, style or "bold"), hang=" " * _NAME)
