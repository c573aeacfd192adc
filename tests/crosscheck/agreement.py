"""The table of agreement: many captures through both, summed up as the page beside the referee has it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inspector.crosscheck.comparison import cross_check
from inspector.crosscheck.reading import read
from inspector.crosscheck.reasons import EXPLANATIONS, Reason
from inspector.errors import CaptureFileError
from tests.opinions import said_of_each

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inspector.crosscheck.model import CrossCheck


@dataclass
class Sum:
    """What all captures together say."""

    captures: int = 0
    refused: int = 0
    """Of a link type that we do not read."""
    tallies: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[Reason] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)

    def add(self, check: CrossCheck) -> None:
        self.captures += 1
        self.reasons.update(check.reasons)
        for name, tally in check.tallies.items():
            counts = self.tallies.setdefault(name, Counter())
            counts.update(agreed=tally.agreed, explained=tally.explained, unexplained=tally.unexplained)
        self.unexplained += [
            f"{check.source}: {each}" for each in check.disagreements if each.reason is Reason.UNEXPLAINED
        ]

    def rows(self) -> list[str]:
        """The rows of both tables, in Markdown."""
        found = [
            f"| `{name}` | {counts['agreed']:,} | {counts['explained']:,} | {counts['unexplained']:,} |"
            for name, counts in sorted(self.tallies.items(), key=lambda item: (item[0].startswith("tcp."), item[0]))
        ]
        found += [
            f"| `{reason}` | {f'{self.reasons[reason]:,}' if self.reasons[reason] else '-'} | {EXPLANATIONS[reason]} |"
            for reason in sorted(EXPLANATIONS, key=lambda reason: (-self.reasons[reason], reason))
            if reason is not Reason.UNEXPLAINED
        ]
        return found


def sum_of(paths: Sequence[Path]) -> Sum:
    """All captures through both."""
    total = Sum()
    for path, said in said_of_each(paths):
        try:
            reading = read(path)
        except CaptureFileError:
            total.refused += 1
            continue
        total.add(cross_check(str(path), reading, said, tshark=()))
    return total
