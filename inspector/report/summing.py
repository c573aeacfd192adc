"""What a large capture came to: its connections by outcome, what was found, where the trouble is, and examples.

All of it is read off `tcp.summary`; no connection is drawn. A table lists the worst, or the
first where none broke a rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.findings import Blame
from inspector.report.escape import safe_text
from inspector.report.judged import finding_in_words
from inspector.report.page import Text
from inspector.report.tables import connections_table, draw_table, filters_of
from inspector.report.words import count, duration, plural
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
_TITLES = {Blame.PEER: "faults", Blame.PATH: "path", Blame.CAPTURE: "capture"}


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
        of = plural(summary.repeaters, "connection")
        _line(page, "SYN again", f"{plural(summary.repeated_syns, 'repeated SYN')} in {of}")
    if summary.refused_ports:
        _words(page, "refused", summary.refused_ports, name="port ")
    troubled = [f"{endpoint} {count(number)}" for endpoint, number in summary.endpoints_with_trouble(_MOST)]
    if troubled:
        more = len(summary.troubled) - len(troubled)
        rest = f" and {plural(more, 'more endpoint')}" if more > 0 else ""
        _line(page, "trouble at", ", ".join(troubled) + rest)
    _findings(page, summary, place)


def list_of(page: Page, summary: Summary, most: int | None, order: str = "") -> None:
    """At most so many connections, and the outcomes of all."""
    _listed(page, summary, most, order)
    page.blank()
    _line(page, "sum", _amounts(summary))
    _words(page, "handshakes", summary.handshakes)
    _words(page, "closes", summary.closes)
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
        which = "the worst come first, and " if summary.worst else "and "
        which = f"sorted by {order}, and " if order else which
        page.wrap(f"{which}{plural(rest, 'more connection')}; all of them are counted below", "italic")


def _amounts(summary: Summary) -> str:
    parts = (
        plural(summary.connections, "connection"),
        plural(summary.segments, "segment"),
        plural(summary.payload_bytes, "payload byte"),
        plural(summary.retransmissions, "retransmission"),
    )
    return ", ".join(parts)


def _times(page: Page, summary: Summary) -> None:
    """How long both parts of the handshake took."""
    spans = (("SYN to SYN,ACK", summary.syn_to_syn_ack), ("SYN,ACK to ACK", summary.syn_ack_to_ack))
    rows = [(name, *_figures(each)) for name, each in spans if each.count]
    if rows:
        page.blank()
        heads = ("handshake time", ""), ("of", ">"), ("least", ">"), *((f"{each} %", ">") for each in _PERCENTILES)
        draw_table(page, (*heads, ("most", ">")), rows)
        page.blank()


def _figures(spans: Spans) -> Iterable[str]:
    within = (duration(spans.percentile(each)) for each in _PERCENTILES)
    return (count(spans.count), duration(spans.shortest), *within, duration(spans.longest))


def _ended(page: Page, summary: Summary) -> None:
    """Who left the table before the capture ended, so that nobody takes an eviction for an end."""
    if summary.evicted:
        text = f"{plural(summary.evicted, 'connection')} for want of room (--max-open): they may have gone on"
        _line(page, "evicted", Text(text, "bold yellow"))
    silent = summary.ended[Ended.IDLE], summary.ended[Ended.ATTEMPT]
    if any(silent):
        open_, attempts = plural(silent[0], "open connection"), plural(silent[1], "attempt")
        _line(page, "timed out", f"{open_} (--idle), {attempts} (--attempt): what came later counts anew")


def _findings(page: Page, summary: Summary, place: Callable[[int], str]) -> None:
    for blame, title in _TITLES.items():
        kinds = [(name, kind) for name, kind in summary.kinds.items() if kind.blame is blame]
        for name, kind in sorted(kinds, key=lambda each: (-each[1].findings, each[0])):
            page.blank()
            of = plural(kind.connections, "connection")
            _line(page, title, f"{name}: {count(kind.findings)} in {of}", "bold red" if blame.is_fault else "")
            _examples(page, kind, place)
    if summary.untold:
        page.blank()
        _line(page, "not shown", f"{plural(summary.untold, 'more segment')} with findings: counted above, in no file")


def _examples(page: Page, kind: Kind, place: Callable[[int], str]) -> None:
    for example in kind.examples:
        frame = example.finding.frame or 0
        inside = f" ({said})" if (said := place(frame)) else ""
        where = f"frame {count(frame)}{inside}, connection {count(example.connection)}, "
        page.wrap(f"{where}{example.originator} > {example.responder}", lead=" " * 11, hang=" " * 13)
        mark, text, _ = finding_in_words(example.finding, page.glyphs)
        words = Text(safe_text(text.plain, ascii_only=not page.unicode), text.style)
        page.wrap(Text.assemble(mark, " ", words), lead=" " * 13, hang=" " * 15)


def _words(page: Page, title: str, counted: Any, name: str = "") -> None:
    ranked = sorted(counted.items(), key=lambda each: (-each[1], str(each[0])))
    text = ", ".join(f"{name}{word} {count(number)}" for word, number in ranked[:_MOST])
    rest = len(ranked) - _MOST
    if ranked:
        _line(page, title, text + (f" and {count(rest)} more" if rest > 0 else ""))


def _line(page: Page, title: str, content: Text | str, style: str = "") -> None:
    page.wrap(content, style, lead=Text(f"{title:<11}", style or "bold"), hang=" " * 11)
