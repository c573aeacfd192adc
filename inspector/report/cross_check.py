"""A cross-check as text: what differs, why, and how often each field agreed.

Disagreements that nobody has explained come first, and all of them are shown; of the explained ones a few, unless
`verbose`. Endpoints and file names are a stranger's, and escaped.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from inspector.crosscheck.model import ANALYSIS_PREFIX, Disagreement, Tally
from inspector.crosscheck.reasons import EXPLANATIONS, Reason
from inspector.language import marked, shown, shown_n
from inspector.report.escape import safe_text
from inspector.report.page import Page, Text
from inspector.report.tables import draw_table
from inspector.report.words import count, unexplained_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.crosscheck.model import CrossCheck

__all__ = ["render_cross_checks"]

_SHOWN = 12
"""Explained disagreements shown of one capture."""

_COLUMNS = (
    (marked("field"), ""), (marked("agreed"), ">"), (marked("explained"), ">"), (marked("unexplained"), ">"),
)  # fmt: skip


def render_cross_checks(
    checks: Sequence[CrossCheck], *, width: int, colour: bool, unicode: bool = True, verbose: bool = False
) -> str:
    """All captures that were checked, the sum of their agreement, and the reasons."""
    page = Page(width, unicode=unicode)
    for check in checks:
        _capture(page, check, verbose=verbose)
    page.blank()
    _table(page, checks)
    page.blank()
    _reasons(page, checks)
    page.blank()
    unexplained = sum(check.unexplained for check in checks)
    is_good = not unexplained and any(check.segments for check in checks)
    words = unexplained_in_words(unexplained) if is_good or unexplained else shown("nothing to inspect")
    glyph = page.glyphs.good if is_good else page.glyphs.fault
    page.fact(shown("verdict"), f"{glyph} {words}", "bold green" if is_good else "bold red")
    return page.text(colour=colour)


def _capture(page: Page, check: CrossCheck, *, verbose: bool) -> None:
    page.blank()
    page.wrap(safe_text(check.source, ascii_only=not page.unicode), "bold")
    version = ".".join(map(str, check.tshark))
    read = shown(
        "{segments} in {connections}, read by tshark {version} and by us",
        segments=shown_n("{n:,} segment", "{n:,} segments", check.segments),
        connections=shown_n("{n:,} connection", "{n:,} connections", check.connections),
        version=version,
    )
    page.wrap(read, "dim", lead="  ", hang="  ")
    if check.cut:
        reason = safe_text(shown(check.cut), ascii_only=not page.unicode)
        page.wrap(shown("cut: {reason}", reason=reason), "bold yellow", lead="  ", hang="  ")
    lines = _together(check.disagreements)
    unexplained = [line for line in lines if line[0].reason is Reason.UNEXPLAINED]
    explained = [line for line in lines if line[0].reason is not Reason.UNEXPLAINED]
    for line in unexplained + (explained if verbose else explained[:_SHOWN]):
        _line(page, line)
    if not verbose and len(explained) > _SHOWN:
        more = len(explained) - _SHOWN
        words = shown_n("and {n:,} more that is explained", "and {n:,} more that are explained", more)
        page.wrap(words, "italic", lead="  ")


def _together(disagreements: Iterable[Disagreement]) -> list[list[Disagreement]]:
    """Labels of one segment that differ for one reason are told in one line."""
    lines: dict[tuple[int, str, Reason], list[Disagreement]] = {}
    for each in disagreements:
        kind = ANALYSIS_PREFIX if each.field.startswith(ANALYSIS_PREFIX) else each.field
        lines.setdefault((each.frame, kind, each.reason), []).append(each)
    return list(lines.values())


def _line(page: Page, line: Sequence[Disagreement]) -> None:
    first = line[0]
    is_label = first.field.startswith(ANALYSIS_PREFIX)
    theirs = safe_text(first.tshark or shown("nothing"), ascii_only=not page.unicode)
    ours = safe_text(first.ours or shown("nothing"), ascii_only=not page.unicode)
    style = "bold red" if first.reason is Reason.UNEXPLAINED else ""
    what = "" if is_label else f"{first.field}: "
    text = Text.assemble(
        (f"{what}tshark ", "dim"), (theirs, style), (f" {page.glyphs.bullet} {shown('ours')} ", "dim"), (ours, style),
        (f" {page.glyphs.bullet} ", "dim"), (str(first.reason), style or "cyan"),
    )  # fmt: skip
    page.wrap(text, lead=Text(f"  {first.frame:>7} ", "dim"), hang=" " * 10)


def _table(page: Page, checks: Sequence[CrossCheck]) -> None:
    sums: dict[str, Tally] = {}
    for check in checks:
        for name, tally in check.tallies.items():
            so_far = sums.get(name, Tally())
            sums[name] = Tally(
                so_far.agreed + tally.agreed,
                so_far.explained + tally.explained,
                so_far.unexplained + tally.unexplained,
            )
    plain = [name for name in sums if not name.startswith(ANALYSIS_PREFIX)]
    labels = sorted(name for name in sums if name.startswith(ANALYSIS_PREFIX))
    draw_table(
        page,
        [(shown(name), alignment) for name, alignment in _COLUMNS],
        [_row(name, sums[name]) for name in plain + labels],
    )


def _row(name: str, tally: Tally) -> tuple[Text | str, ...]:
    bad = Text(count(tally.unexplained), "bold red" if tally.unexplained else "")
    return name, count(tally.agreed), count(tally.explained), bad


def _reasons(page: Page, checks: Sequence[CrossCheck]) -> None:
    reasons: Counter[Reason] = Counter()
    for check in checks:
        reasons.update(check.reasons)
    for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        style = "bold red" if reason is Reason.UNEXPLAINED else "bold"
        page.wrap(Text.assemble((f"{count(number)} {reason}: ", style), shown(EXPLANATIONS[reason])), hang="  ")
