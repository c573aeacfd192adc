"""A cross-check as text: what differs, why, and how often each field agreed.

Disagreements that nobody has explained come first, and all of them are shown; of the explained ones a few, unless
`verbose`. Endpoints and file names are a stranger's, and escaped.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from inspector.crosscheck.model import ANALYSIS_PREFIX, Disagreement, Tally
from inspector.crosscheck.reasons import EXPLANATIONS, Reason
from inspector.report.escape import safe_text
from inspector.report.page import Page, Text
from inspector.report.tables import draw_table
from inspector.report.words import count, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.crosscheck.model import CrossCheck

__all__ = ["render_cross_checks"]

_SHOWN = 12
"""Explained disagreements shown of one capture."""

_COLUMNS = (("field", ""), ("agreed", ">"), ("explained", ">"), ("unexplained", ">"))


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
    words = f"{plural(unexplained, 'difference')} unexplained" if unexplained else "no difference is unexplained"
    glyph = page.glyphs.fault if unexplained else page.glyphs.good
    page.fact("verdict", f"{glyph} {words}", "bold red" if unexplained else "bold green")
    return page.text(colour=colour)


def _capture(page: Page, check: CrossCheck, *, verbose: bool) -> None:
    page.blank()
    page.wrap(safe_text(check.source, ascii_only=not page.unicode), "bold")
    version = ".".join(map(str, check.tshark))
    read = f"{plural(check.segments, 'segment')} in {plural(check.connections, 'connection')}"
    page.wrap(f"{read}, read by tshark {version} and by us", "dim", lead="  ", hang="  ")
    if check.cut:
        page.wrap(f"cut: {safe_text(check.cut, ascii_only=not page.unicode)}", "bold yellow", lead="  ", hang="  ")
    lines = _together(check.disagreements)
    unexplained = [line for line in lines if line[0].reason is Reason.UNEXPLAINED]
    explained = [line for line in lines if line[0].reason is not Reason.UNEXPLAINED]
    for line in unexplained + (explained if verbose else explained[:_SHOWN]):
        _line(page, line)
    if not verbose and len(explained) > _SHOWN:
        page.wrap(
            f"and {plural(len(explained) - _SHOWN, 'more')} that {_are(explained)} explained", "italic", lead="  "
        )


def _are(explained: Sequence[object]) -> str:
    return "is" if len(explained) - _SHOWN == 1 else "are"


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
    theirs = safe_text(first.tshark or "nothing", ascii_only=not page.unicode)
    ours = safe_text(first.ours or "nothing", ascii_only=not page.unicode)
    style = "bold red" if first.reason is Reason.UNEXPLAINED else ""
    what = "" if is_label else f"{first.field}: "
    text = Text.assemble(
        (f"{what}tshark ", "dim"), (theirs, style), (f" {page.glyphs.bullet} ours ", "dim"), (ours, style),
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
    draw_table(page, _COLUMNS, [_row(name, sums[name]) for name in plain + labels])


def _row(name: str, tally: Tally) -> tuple[Text | str, ...]:
    bad = Text(count(tally.unexplained), "bold red" if tally.unexplained else "")
    return name, count(tally.agreed), count(tally.explained), bad


def _reasons(page: Page, checks: Sequence[CrossCheck]) -> None:
    reasons: Counter[Reason] = Counter()
    for check in checks:
        reasons.update(check.reasons)
    for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        style = "bold red" if reason is Reason.UNEXPLAINED else "bold"
        page.wrap(Text.assemble((f"{count(number)} {reason}: ", style), EXPLANATIONS[reason]), hang="  ")
