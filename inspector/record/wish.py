"""How general a recorded sequence is to be.

EXACT   every segment with all its flags and numbers, its window, its options and the states after it; `strict`, so
        that nothing else may come. Two initial numbers are symbols, and all lengths are numbers.
BOARD   what a teacher would write: initial numbers and lengths are symbols, and what is tolerated is left out.
SHAPE   who sends what, and no numbers: parts of the library where they fit, and data folded to `repeat`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Detail", "Level", "Wish"]


class Level(StrEnum):
    """How much is taken over, from everything on."""

    EXACT = "exact"
    BOARD = "board"
    SHAPE = "shape"


class Detail(StrEnum):
    """What is written beside flags and numbers."""

    OPTIONS = "options"
    WINDOWS = "windows"
    STATES = "states"
    TIMES = "times"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a recording."""

    level: Level = Level.BOARD
    details: frozenset[Detail] = frozenset()
    without: frozenset[Detail] = frozenset()
    """What is not written, although EXACT would."""
    tells_lengths: bool = False
    """Whether EXACT writes a length as a symbol too: then one that differs is one difference, and shifts nothing."""
    tells_frames: bool = True
    """Whether a comment says where in the capture its lines are from: no, where they are from several places."""
    source: str = ""
    """What the header calls the capture; one line of visible text, and no path."""
    title: str = ""
    """Of the sequence; empty for one that names the capture."""

    def writes(self, detail: Detail) -> bool:
        """Whether `detail` is written. No time is exact: it never comes again."""
        if detail in self.without:
            return False
        return detail in self.details or (self.level is Level.EXACT and detail is not Detail.TIMES)
