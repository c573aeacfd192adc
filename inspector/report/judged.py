"""Findings in words: a mark, whose doing it is, what was seen, and the rule that says so.

The blame stands in words beside the mark, and colour only repeats it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.findings import Blame
from inspector.language import retold, shown
from inspector.report.differences import in_words
from inspector.report.escape import safe_text
from inspector.report.page import Text
from inspector.report.words import cited

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.expect.model import Difference
    from inspector.findings import Finding
    from inspector.report.lanes import Lanes
    from inspector.report.page import Glyphs, Page

__all__ = ["finding_in_words", "of_the_whole", "remarks"]

_LONGEST_REMARK = 300
"""Cells of a comment that are shown."""


def finding_in_words(finding: Finding, glyphs: Glyphs) -> tuple[Text, Text, str]:
    """`(mark, text, style)` of a finding; no word of blame where a peer broke a rule, for then the text says it."""
    mark, style = {
        Blame.PEER: (glyphs.fault, "bold red"),
        Blame.CAPTURE: (glyphs.unsure, "yellow"),
        Blame.PATH: (glyphs.path, "yellow"),
    }[finding.blame]
    words = shown(finding.message)
    if finding.blame is Blame.CAPTURE:
        words = shown("capture: {finding}", finding=words)
    elif finding.blame is Blame.PATH:
        words = shown("path: {finding}", finding=words)
    if finding.rule:
        words = shown("{finding} ({rule})", finding=words, rule=cited(finding.rule))
    return Text(mark, style), Text(words, style), style


def remarks(lanes: Lanes, comments: Iterable[str]) -> None:
    """What the capture itself says of a frame (its comments): hostile text, as all that a file holds."""
    for comment in comments:
        from inspector.link.remarks import remark_of  # with the room of the private network: few captures have comments

        lanes.note(Text(lanes.bullet), Text(safe_text(retold(remark_of(comment)), _LONGEST_REMARK), "dim"), "dim")


def of_the_whole(page: Page, differences: Iterable[Difference], findings: Iterable[Finding]) -> None:
    """What belongs to no segment that is drawn: among the facts below the ladder."""
    for number, difference in enumerate(differences):
        page.fact("" if number else shown("differs"), f"{page.glyphs.differs} {in_words(difference)}", "red")
    for number, finding in enumerate(findings):
        mark, text, style = finding_in_words(finding, page.glyphs)
        page.fact("" if number else shown("found"), Text.assemble(mark, " ", text), style)
