"""Explanations woven into a ladder (`--verbose`): below a segment, why its numbers are these, and the rule behind it.

Each explanation is told once in a report, at the first segment that shows it; later ones stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.language import shown
from inspector.report.escape import safe_text
from inspector.report.page import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.explain.lessons import Lesson
    from inspector.report.lanes import Lanes

__all__ = ["Woven"]


class Woven:
    """The explanations of one report, and which of them were told."""

    def __init__(self, *, ascii_only: bool) -> None:
        self._ascii_only = ascii_only
        self.told: set[tuple[str, str]] = set()
        """Kind and name of their entries."""

    def tell(self, lanes: Lanes, lessons: Iterable[Lesson]) -> None:
        """Below the segment that was drawn last; they are such as were not told yet."""
        for lesson in lessons:
            self.told.add(lesson.key)
            numbers = () if lesson.numbers is None else (lesson.numbers,)
            for place, text in enumerate((*numbers, lesson.text)):
                mark = Text(" " if place else lanes.bullet, "dim")
                lanes.note(mark, Text(safe_text(shown(text), ascii_only=self._ascii_only), "dim"), "dim")
