"""The end of a report: what was said, compared, captured and lost, and the verdict as the last line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from inspector.expect.model import Kind, Transport
from inspector.language import marked, shown, shown_n
from inspector.report.compared import nearest, sums
from inspector.report.differences import in_words
from inspector.report.escape import quoted, safe_text
from inspector.report.inspection import Verdict
from inspector.report.page import Text
from inspector.report.speech import role_in_words
from inspector.report.stream import note_files
from inspector.report.words import listed, strung
from inspector.tcp.model import Close

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from inspector.expect.model import Comparison
    from inspector.report.inspection import CaptureSummary, Inspection, Message, Selected
    from inspector.report.kernel import KernelsWord
    from inspector.report.page import Page

__all__ = ["closing"]

_MOST_DIFFERENCES = 20
_MOST_COMPARISONS = 20
_MOST_PORTS = 6
"""That are named where nobody has the one that was asked for."""
_VERDICTS = {
    Verdict.AS_EXPECTED: marked("as expected"),
    Verdict.DIFFERS: marked("differs from what was expected"),
    Verdict.FINDINGS: marked("findings"),
    Verdict.NO_FINDINGS: marked("no findings"),
    Verdict.NOTHING: marked("nothing to inspect"),
}


def closing(  # noqa: PLR0913 - what the picture above it has told already
    page: Page,
    inspection: Inspection,
    kernel: KernelsWord,
    *,
    told: Collection[int],
    said: Sequence[Message],
    verbose: bool,
    tabled: bool = False,
) -> None:
    """Everything below the ladders. `told` are the identities of comparisons told in place.

    Comparisons that are `tabled` already are only summed up where they are many.
    """
    _said(page, said)
    if inspection.lesson:
        page.blank()
    for line in inspection.lesson:
        page.wrap(safe_text(shown(line), ascii_only=not page.unicode), lead=f"  {page.glyphs.bullet} ", hang="    ")
    page.blank()
    if inspection.counted or (tabled and not verbose and len(inspection.comparisons) > _MOST_COMPARISONS):
        sums(page, inspection)
    elif inspection.selected is None or inspection.verdict is not Verdict.NOTHING:  # all lines of a sequence would lack
        _compared(page, inspection, told, verbose=verbose)
    nearest(page, inspection)
    kernel.total(page)
    note_files(page, inspection)
    _selected(page, inspection.selected)
    _capture(page, inspection.capture)
    if inspection.saved_to:
        page.fact(shown("saved to"), safe_text(inspection.saved_to, ascii_only=not page.unicode))
    _verdict(page, inspection)


def _said(page: Page, messages: Sequence[Message]) -> None:
    if not messages:
        return
    page.blank()
    ascii_only = not page.unicode
    for message in messages:
        role = safe_text(role_in_words(message.role), 24, ascii_only=ascii_only)
        words = quoted(message.text, 200, ascii_only=ascii_only)
        if message.verb == "sent":
            text = shown("sent {words}", words=words)
        elif message.verb == "received":
            text = shown("received {words}", words=words)
        else:
            text = safe_text(shown(message.text), 200, ascii_only=ascii_only)
        page.wrap(text, lead=Text(shown("{role}: ", role=role), "bold"), hang="    ")


def _word_for_conversations(inspection: Inspection) -> str:
    """What a comparison's number counts; empty where there is only one conversation, and so no question."""
    if len(inspection.connections) + len(inspection.exchanges) <= 1:
        return ""
    if inspection.connections and inspection.exchanges:
        return "conversation"
    return "connection" if inspection.connections else "exchange"


def _conversations(which: str, number: int) -> str:
    if which == "conversation":
        return shown_n("{n:,} conversation", "{n:,} conversations", number)
    if which == "connection":
        return shown_n("{n:,} connection", "{n:,} connections", number)
    return shown_n("{n:,} exchange", "{n:,} exchanges", number)


def _named(comparison: Comparison, which: str) -> str:
    """The sequence, and the conversation that it was compared with, where there are several."""
    if not which or comparison.connection is None:
        return shown(comparison.title) if comparison.block else comparison.title
    patterns = {
        "conversation": marked("{name} (conversation {number})"),
        "connection": marked("{name} (connection {number})"),
        "exchange": marked("{name} (exchange {number})"),
    }
    return shown(patterns[which], name=comparison.title, number=comparison.connection)


def _compared(page: Page, inspection: Inspection, told: Collection[int], *, verbose: bool) -> None:
    """What differs first and one by one, then the rest in a line for each sequence."""
    of_which = _word_for_conversations(inspection)
    comparisons = inspection.comparisons
    plain: list[Comparison] = []
    told_apart: list[Comparison] = []
    for each in sorted(comparisons, key=lambda one: one.matched):
        summed_up = each.matched and not each.notes and of_which and not verbose
        (plain if summed_up else told_apart).append(each)
    limit = len(told_apart) if verbose else _MOST_COMPARISONS
    for comparison in told_apart[:limit]:
        _comparison(page, comparison, of_which, in_place=id(comparison) in told, verbose=verbose)
    if len(told_apart) > limit:
        words = shown_n(
            "and {n:,} more comparison, none of them worse",
            "and {n:,} more comparisons, none of them worse",
            len(told_apart) - limit,
        )
        page.fact("", words, "italic")
    for name, number in Counter(each.title for each in plain).items():
        total = sum(each.title == name for each in comparisons)
        of = _conversations(of_which, total)
        words = shown(
            "{name}: as expected in {number:,} of {conversations}", name=name, number=number, conversations=of
        )
        page.fact(shown("expected"), words)


def _comparison(page: Page, comparison: Comparison, of_which: str, *, in_place: bool, verbose: bool) -> None:
    number = len(comparison.differences)
    differences = shown_n("{n:,} difference", "{n:,} differences", number)
    outcome = shown("as expected") if comparison.matched else differences
    if of_which and comparison.connection is not None and not comparison.matched:
        outcome = shown("{differences}, distance {distance:,}", differences=differences, distance=comparison.distance)
    found = shown_n("{n:,} line found", "{n:,} lines found", len(comparison.lines))
    words = shown("{name}: {outcome}, {found}", name=_named(comparison, of_which), outcome=outcome, found=found)
    page.fact(shown("expected"), words, "" if comparison.matched else "bold red")
    if not in_place:
        _differences(page, comparison, verbose=verbose)
    for note in comparison.notes:
        page.fact("", safe_text(shown(note)), "yellow")


def _differences(page: Page, comparison: Comparison, *, verbose: bool) -> None:
    for difference in comparison.differences[:_MOST_DIFFERENCES]:
        words = in_words(difference, verbose=verbose)
        if difference.frame is not None and difference.kind is not Kind.MISSING:
            words = shown("frame {frame}, {difference}", frame=difference.frame, difference=words)
        page.wrap(words, "red", lead=f"        {page.glyphs.differs} ", hang=" " * 10)
    if len(comparison.differences) > _MOST_DIFFERENCES:
        more = shown("and {number} more", number=len(comparison.differences) - _MOST_DIFFERENCES)
        page.wrap(more, lead=" " * 10, hang=" " * 10)


def _selected(page: Page, selected: Selected | None) -> None:
    """How much of the capture all the rest is about."""
    if selected is None:
        return
    if selected.ports:
        _ports(page, selected)
    if not selected.where:
        return
    where = safe_text(selected.where, ascii_only=not page.unicode)
    if selected.chosen:
        of = _conversations("connection", selected.of)
        words = shown_n(
            "{n:,} of {connections} matches --where {where}",
            "{n:,} of {connections} match --where {where}",
            selected.chosen,
            connections=of,
            where=where,
        )
    else:
        words = shown("no connection of {total:,} matches --where {where}", total=selected.of, where=where)
    page.fact(shown("selected"), words, "" if selected.chosen else "bold yellow")
    if selected.exchanges:
        words = shown_n(
            "{n:,} UDP exchange is left out: --where asks for connections",
            "{n:,} UDP exchanges are left out: --where asks for connections",
            selected.exchanges,
        )
        page.fact("", words, "dim")


def _ports(page: Page, selected: Selected) -> None:
    ports = listed(map(str, selected.ports))
    told = shown_n(
        "{chosen:,} of {n:,} connection on --port {ports}", "{chosen:,} of {n:,} connections on --port {ports}",
        selected.of, chosen=selected.chosen, ports=ports,
    )  # fmt: skip
    if selected.there:
        some = [f"{port} ({number:,})" for port, number in selected.there[:_MOST_PORTS]]
        if more := len(selected.there) - len(some):
            some.append(shown_n("{n:,} more", "{n:,} more", more))
        told = shown("{selected}; ports that there are: {ports}", selected=told, ports=", ".join(some))
    page.fact(shown("selected"), told)


def _capture(page: Page, capture: CaptureSummary) -> None:
    """What was read and what was lost: every count is printed, for a zero is news too."""
    dropped = shown("drops unknown") if capture.dropped is None else shown("{n:,} dropped", n=capture.dropped)
    parts = [
        (shown_n("{n:,} frame", "{n:,} frames", capture.frames), False),
        (dropped, bool(capture.dropped)),
        (shown_n("{n:,} duplicate", "{n:,} duplicates", capture.duplicates), bool(capture.duplicates)),
        (shown("{n:,} undecoded", n=capture.undecoded), bool(capture.undecoded)),
        (shown("{n:,} truncated", n=capture.truncated), bool(capture.truncated)),
    ]
    text = Text(f" {page.glyphs.bullet} ").join(Text(words, "bold yellow" if loss else "") for words, loss in parts)
    page.fact(shown("capture"), text)
    if capture.selected_by:
        page.wrap(_selected_frames(capture), lead=" " * 10, hang=" " * 10)
    if capture.stopped:
        page.fact("", shown("stopped there, as -c asked: nothing behind was read"), "yellow")
    _counted(page, capture)
    if capture.skipped:
        page.fact("", shown("skipped: {what}", what=safe_text(shown(capture.skipped))), "bold yellow")
    if capture.cut:
        page.fact("", shown("cut: {reason}", reason=safe_text(shown(capture.cut))), "bold yellow")
    if capture.undrained:
        page.fact("", shown("ended early: {reason}", reason=safe_text(shown(capture.undrained))), "bold yellow")


def _selected_frames(capture: CaptureSummary) -> str:
    expression = safe_text(capture.selected_by)
    if capture.stopped:
        return shown("the first that match -Y {filter}", filter=expression)
    of = shown_n("{n:,} frame", "{n:,} frames", capture.read)
    return shown("{number:,} of {frames} match -Y {filter}", number=capture.frames, frames=of, filter=expression)


def _counted(page: Page, capture: CaptureSummary) -> None:
    """Why frames were not decoded or not inspected, and what the capturing did to others."""
    for reason, number in capture.undecoded_reasons:
        why = safe_text(shown(reason))
        page.fact("", shown("{n:,} undecoded: {reason}", n=number, reason=why), "yellow")
    for reason, number in capture.passed_over:
        why = safe_text(shown(reason))
        page.fact("", shown("{n:,} not inspected: {reason}", n=number, reason=why), "dim")
    for words, number in capture.artefacts:
        page.fact("", shown("{n:,} {what}", n=number, what=safe_text(shown(words))), "dim")


def _verdict(page: Page, inspection: Inspection) -> None:
    verdict = inspection.verdict
    glyph = page.glyphs.good if verdict.is_good else page.glyphs.fault
    words, parts = shown(_VERDICTS[verdict]), _of_what(inspection)
    if verdict is Verdict.DIFFERS and inspection.differs:
        words = inspection.differs
    if verdict is Verdict.AS_EXPECTED and _of_any(inspection):  # their first says it
        words = strung(parts)
    elif parts:
        words = shown("{verdict}: {facts}", verdict=words, facts=strung(parts))
    page.fact(shown("verdict"), f"{glyph} {words}", "bold green" if verdict.is_good else "bold red")


def _of_what(inspection: Inspection) -> list[str]:
    """`2 connections`, `each handshake complete`, `each close three-segment`, `1 remark`."""
    of_any = _of_any(inspection)
    parts = list(of_any.values())
    connections, summary = inspection.connections, inspection.summary
    total = len(connections) if summary is None else summary.connections
    if total > 1 and Transport.TCP not in of_any:
        parts.append(_conversations("connection", total))
    for one, each, ways in (
        (
            marked("handshake {outcome}"),
            marked("each handshake {outcome}"),
            {one.handshake for one in connections} if summary is None else set(summary.handshakes),
        ),
        (
            marked("close {outcome}"),
            marked("each close {outcome}"),
            {one.close for one in connections} if summary is None else set(summary.closes),
        ),
    ):
        if total > 1 and ways == {Close.NONE}:
            parts.append(shown("none closes"))
        elif len(ways) == 1:
            parts.append(shown(each if total > 1 else one, outcome=shown(str(next(iter(ways))))))
    if inspection.exchanges and Transport.UDP not in of_any:
        number = sum(inspection.exchange_outcomes.values())
        parts.append(shown_n("{n:,} UDP exchange", "{n:,} UDP exchanges", number))
    differences = sum(len(each.differences) for each in inspection.comparisons)
    # Where one is enough and there is one, nobody asked the others to match.
    is_asked = inspection.verdict is not Verdict.NOTHING and not (of_any and inspection.verdict is not Verdict.DIFFERS)
    if differences and not inspection.counted and is_asked:
        parts.append(shown_n("{n:,} difference", "{n:,} differences", differences))
    # Those of connections that are drawn are in the sum.
    faults = sum(finding.is_fault for finding in inspection.findings) if summary is None else summary.faults
    remarks = (len(inspection.findings) if summary is None else summary.findings) - faults
    if faults:
        parts.append(shown_n("{n:,} fault", "{n:,} faults", faults))
    if remarks:
        parts.append(shown_n("{n:,} remark", "{n:,} remarks", remarks))
    if inspection.capture.is_lossy:
        parts.append(shown("from an incomplete capture"))
    return parts


def _of_any(inspection: Inspection) -> dict[Transport, str]:
    """Where one is enough, of several: how many there are as expected."""
    if not inspection.one_is_enough:
        return {}
    matched = Counter[Transport]()
    totals = Counter[Transport]()
    for each in inspection.sums:
        matched[each.transport] += each.matched
        totals[each.transport] += each.total
    words = {Transport.TCP: "connection", Transport.UDP: "exchange"}
    return {
        transport: shown(
            "{number:,} of {conversations} as expected (--any)",
            number=matched[transport],
            conversations=_conversations(words[transport], total),
        )
        for transport, total in totals.items()
        if total > 1
    }
