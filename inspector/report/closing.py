"""The end of a report: what was said, compared, captured and lost, and the verdict as the last line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from inspector.expect.model import Kind
from inspector.language import shown, shown_n
from inspector.report.compared import nearest, sums
from inspector.report.differences import in_words
from inspector.report.escape import quoted, safe_text
from inspector.report.inspection import Verdict
from inspector.report.page import Text
from inspector.report.stream import note_files
from inspector.report.words import count, plural

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from inspector.expect.model import Comparison
    from inspector.report.inspection import CaptureSummary, Inspection, Message, Selected
    from inspector.report.kernel import KernelsWord
    from inspector.report.page import Page

__all__ = ["closing"]

_MOST_DIFFERENCES = 20
_MOST_COMPARISONS = 20


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
        page.wrap(safe_text(line, ascii_only=not page.unicode), lead=f"  {page.glyphs.bullet} ", hang="    ")
    page.blank()
    if inspection.counted or (tabled and not verbose and len(inspection.comparisons) > _MOST_COMPARISONS):
        sums(page, inspection)
    else:
        _compared(page, inspection, told, verbose=verbose)
    nearest(page, inspection)
    kernel.total(page)
    note_files(page, inspection)
    _selected(page, inspection.selected)
    _capture(page, inspection.capture)
    if inspection.saved_to:
        page.fact("saved to", safe_text(inspection.saved_to, ascii_only=not page.unicode))
    _verdict(page, inspection)


def _said(page: Page, messages: Sequence[Message]) -> None:
    if not messages:
        return
    page.blank()
    ascii_only = not page.unicode
    for message in messages:
        role = safe_text(message.role, 24, ascii_only=ascii_only)
        text = safe_text(message.text, 200, ascii_only=ascii_only)
        if message.verb != "note":
            text = f"{message.verb} {quoted(message.text, 200, ascii_only=ascii_only)}"
        page.wrap(text, lead=Text(f"{role}: ", "bold"), hang="    ")


def _word_for_conversations(inspection: Inspection) -> str:
    """What a comparison's number counts; empty where there is only one conversation, and so no question."""
    if len(inspection.connections) + len(inspection.exchanges) <= 1:
        return ""
    if inspection.connections and inspection.exchanges:
        return "conversation"
    return "connection" if inspection.connections else "exchange"


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
        _comparison(page, comparison, of_which, in_place=id(comparison) in told)
    if len(told_apart) > limit:
        page.fact("", f"and {plural(len(told_apart) - limit, 'more comparison')}, none of them worse", "italic")
    for name, number in Counter(each.name for each in plain).items():
        total = sum(each.name == name for each in comparisons)
        page.fact("expected", f"{name}: as expected in {count(number)} of {plural(total, of_which)}")


def _comparison(page: Page, comparison: Comparison, of_which: str, *, in_place: bool) -> None:
    number = len(comparison.differences)
    outcome = "as expected" if comparison.matched else f"{plural(number, 'difference')}"
    is_one_of_many = bool(of_which and comparison.connection is not None)
    where = f" ({of_which} {comparison.connection})" if is_one_of_many else ""
    if is_one_of_many and not comparison.matched:
        outcome += f", {shown('distance {distance:,}', distance=comparison.distance)}"
    found = plural(len(comparison.lines), "line")
    style = "" if comparison.matched else "bold red"
    page.fact("expected", f"{comparison.name}{where}: {outcome}, {found} found", style)
    if not in_place:
        _differences(page, comparison)
    for note in comparison.notes:
        page.fact("", safe_text(note), "yellow")


def _differences(page: Page, comparison: Comparison) -> None:
    for difference in comparison.differences[:_MOST_DIFFERENCES]:
        frame = "" if difference.frame is None or difference.kind is Kind.MISSING else f"frame {difference.frame}, "
        page.wrap(f"{frame}{in_words(difference)}", "red", lead=f"        {page.glyphs.differs} ", hang=" " * 10)
    if len(comparison.differences) > _MOST_DIFFERENCES:
        page.wrap(f"and {len(comparison.differences) - _MOST_DIFFERENCES} more", lead=" " * 10, hang=" " * 10)


def _selected(page: Page, selected: Selected | None) -> None:
    """How much of the capture all the rest is about."""
    if selected is None:
        return
    if selected.ports:
        _ports(page, selected)
    if not selected.where:
        return
    some = f"{count(selected.chosen)} of {plural(selected.of, 'connection')}"
    which = some if selected.chosen else f"no connection of {count(selected.of)}"
    match = "match" if selected.chosen > 1 else "matches"
    where = safe_text(selected.where, ascii_only=not page.unicode)
    page.fact("selected", f"{which} {match} --where {where}", "" if selected.chosen else "bold yellow")
    if selected.exchanges:
        left_out = "is left out" if selected.exchanges == 1 else "are left out"
        page.fact("", f"{plural(selected.exchanges, 'UDP exchange')} {left_out}: --where asks for connections", "dim")


def _ports(page: Page, selected: Selected) -> None:
    ports = ", ".join(map(str, selected.ports))
    told = shown_n(
        "{chosen} of {n:,} connection on --port {ports}", "{chosen} of {n:,} connections on --port {ports}",
        selected.of, chosen=count(selected.chosen), ports=ports,
    )  # fmt: skip
    page.fact(shown("selected"), told)


def _capture(page: Page, capture: CaptureSummary) -> None:
    """What was read and what was lost: every count is printed, for a zero is news too."""
    dropped = "drops unknown" if capture.dropped is None else f"{count(capture.dropped)} dropped"
    parts = [
        (plural(capture.frames, "frame"), False),
        (dropped, bool(capture.dropped)),
        (plural(capture.duplicates, "duplicate"), bool(capture.duplicates)),
        (f"{count(capture.undecoded)} undecoded", bool(capture.undecoded)),
        (f"{count(capture.truncated)} truncated", bool(capture.truncated)),
    ]
    text = Text(f" {page.glyphs.bullet} ").join(Text(words, "bold yellow" if loss else "") for words, loss in parts)
    page.fact("capture", text)
    if capture.selected_by:
        of = "the first that" if capture.stopped else f"{count(capture.frames)} of {plural(capture.read, 'frame')}"
        words = f"{of} match -Y {safe_text(capture.selected_by)}"
        page.wrap(words, lead=" " * 10, hang=" " * 10)
    if capture.stopped:
        page.fact("", "stopped there, as -c asked: nothing behind was read", "yellow")
    for reason, number in capture.undecoded_reasons:
        page.fact("", f"{count(number)} undecoded: {safe_text(reason)}", "yellow")
    for reason, number in capture.passed_over:
        page.fact("", f"{count(number)} not inspected: {safe_text(reason)}", "dim")
    for words, number in capture.artefacts:
        page.fact("", f"{count(number)} {safe_text(words)}", "dim")
    if capture.skipped:
        page.fact("", f"skipped: {safe_text(capture.skipped)}", "bold yellow")
    if capture.cut:
        page.fact("", f"cut: {safe_text(capture.cut)}", "bold yellow")
    if capture.undrained:
        page.fact("", f"ended early: {safe_text(capture.undrained)}", "bold yellow")


def _verdict(page: Page, inspection: Inspection) -> None:
    verdict = inspection.verdict
    glyph = page.glyphs.good if verdict.is_good else page.glyphs.fault
    words = str(verdict).replace("-", " ") if verdict is not Verdict.DIFFERS else "differs from what was expected"
    style = "bold green" if verdict.is_good else "bold red"
    page.fact("verdict", f"{glyph} {words}{_of_what(inspection)}", style)


def _of_what(inspection: Inspection) -> str:
    """`: 1 connection, handshake complete, close three-segment, no findings`."""
    parts = []
    connections, summary = inspection.connections, inspection.summary
    total = len(connections) if summary is None else summary.connections
    if total > 1:
        parts.append(plural(total, "connection"))
    for what, ways in (
        ("handshake", {one.handshake for one in connections} if summary is None else set(summary.handshakes)),
        ("close", {one.close for one in connections} if summary is None else set(summary.closes)),
    ):
        if len(ways) == 1:
            parts.append(f"{'each ' if total > 1 else ''}{what} {next(iter(ways))}")
    if inspection.exchanges:
        parts.append(plural(sum(inspection.exchange_outcomes.values()), "UDP exchange"))
    differences = sum(len(each.differences) for each in inspection.comparisons)
    if differences and not inspection.counted:
        parts.append(plural(differences, "difference"))
    found = inspection.findings if summary is None else ()  # those of connections that are drawn are in the sum
    faults = sum(finding.is_fault for finding in found) if summary is None else summary.faults
    remarks = len(found) - faults if summary is None else summary.findings - faults
    parts += [plural(faults, "fault")] * bool(faults) + [plural(remarks, "remark")] * bool(remarks)
    if inspection.capture.is_lossy:
        parts.append("from an incomplete capture")
    return f": {', '.join(parts)}" if parts else ""
