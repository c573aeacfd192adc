"""Where in a picture each difference from the expected sequence belongs.

A difference that names a frame stands below that frame. A missing line has no frame: it stands after the frame
of the last expected line before it that found one. What fits nowhere (its frame is not drawn, or there is no
picture) is left for the end of the report, so that nothing is lost.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from inspector.expect.model import Kind, place_of
from inspector.language import shown
from inspector.report.escape import safe_text
from inspector.report.words import cited
from inspector.tcp.model import Connection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.expect.model import Comparison, Difference
    from inspector.report.inspection import Inspection
    from inspector.udp.model import Exchange

__all__ = ["Placed", "in_words", "is_about", "line_in_words"]


class Placed:
    """The differences of one conversation, by the place where they are said."""

    def __init__(self, comparisons: Iterable[Comparison]) -> None:
        self.at: dict[int, list[Difference]] = defaultdict(list)
        """By frame."""
        self.missing_after: dict[int, list[Difference]] = defaultdict(list)
        """Missing lines by the frame that they would follow; 0 for the very start."""
        self.nowhere: list[Difference] = []
        for comparison in comparisons:
            for difference in comparison.differences:
                self._place(comparison, difference)

    def _place(self, comparison: Comparison, difference: Difference) -> None:
        if difference.frame is not None:
            self.at[difference.frame].append(difference)
        elif difference.kind is Kind.MISSING and difference.line is not None:
            found = [pair for pair in comparison.lines if pair[0] < difference.line]
            self.missing_after[max(found)[1] if found else 0].append(difference)
        else:
            self.nowhere.append(difference)

    @property
    def frames(self) -> frozenset[int]:
        """Frames that must be drawn, since something is said at them."""
        return frozenset(self.at) | frozenset(self.missing_after)

    def left_over(self, drawn: frozenset[int]) -> list[Difference]:
        """The differences that no drawn frame carries."""
        lost = [*self.nowhere]
        for frame, group in (*self.at.items(), *self.missing_after.items()):
            if frame and frame not in drawn:
                lost += group
        return lost


def is_about(comparison: Comparison, conversation: Connection | Exchange, inspection: Inspection) -> bool:
    """Whether `comparison` is of this conversation: connections and exchanges are numbered apart, frames are not."""
    alone = len(inspection.connections) + len(inspection.exchanges) == 1
    if comparison.connection not in {conversation.number, None} or (comparison.connection is None and not alone):
        return False
    named = {frame for _, frame in comparison.lines} | {each.frame for each in comparison.differences if each.frame}
    rows = conversation.segments if isinstance(conversation, Connection) else conversation.datagrams
    if named:
        return any(traced.row.frame in named for traced in rows)
    # Nothing was found at all: it can only be said of the kind that the capture has.
    return isinstance(conversation, Connection) or not inspection.connections


def in_words(difference: Difference, *, verbose: bool = False) -> str:
    """A difference in a sentence: where in the sequence (`verbose`: and in which file), what was expected, what is."""
    place, words = _place_in_words(difference, verbose=verbose), _what_differs(difference)
    if difference.kind is Kind.MISSING:
        expected = shown(difference.expected)
        words = shown("missing: {expected}", expected=expected)
        if place:
            words = shown("missing, {place}: {expected}", place=place, expected=expected)
    elif place:
        words = shown("{place}: {difference}", place=place, difference=words)
    if difference.rule:
        words = shown("{difference} ({rule})", difference=words, rule=cited(difference.rule))
    return words


def _place_in_words(difference: Difference, *, verbose: bool) -> str:
    """`mine.seq:7 of closing, ack`: the line of the sequence, its part where that has a name, the field."""
    where = part = safe_text(difference.part)
    if difference.line is not None and not difference.is_of_capture:
        where = line_in_words(difference)
        at = difference.written_at
        if verbose and at is not None and not at.is_own:
            where = shown("{place} ({file})", place=where, file=safe_text(str(at)))
        if part:
            where = shown("{place} of {part}", place=where, part=part)
    if where and difference.field:
        return shown("{place}, {field}", place=where, field=difference.field)
    return where or difference.field


def line_in_words(difference: Difference) -> str:
    """Which expected line it is about; it has to be about one."""
    return safe_text(shown(place_of(difference.line or 0, difference.written_at)))


def _what_differs(difference: Difference) -> str:
    expected, actual = shown(difference.expected), shown(difference.actual)
    match difference.kind:
        case Kind.EXTRA:
            return shown("not expected here: {actual}", actual=actual)
        case Kind.SWAPPED:
            return shown("out of order: expected {expected}, came {actual}", expected=expected, actual=actual)
        case _:
            return shown("expected {expected}, found {actual}", expected=expected, actual=actual)
