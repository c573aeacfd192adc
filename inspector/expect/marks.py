"""What stands between segments, told as differences: a silence that was broken, states that were others.

A mark is about one event (`_place`): that of the line before it, or after a `...` the last before the next line. Where
that line is missing, or came in another order, nothing can be said, and that is told already. What is tolerated is
passed over, as everywhere; in a `strict` sequence nothing is. Each mark costs two searches by halves.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from inspector.expect.evaluation import same_states
from inspector.expect.formatter import simple_text
from inspector.expect.line_parser import DURATIONS
from inspector.expect.model import Difference, Kind
from inspector.expect.notation import Silence, States
from inspector.expect.rules import RULE_OF_STATES
from inspector.expect.timing import Accounted, breaks_silence
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from inspector.expect.reading import Reading, Standing
    from inspector.expect.subject import Event

__all__ = ["MarkTeller", "passed_text", "states_text"]

_Found = tuple[int, int, Difference]
"""Place among the events, order at that place, difference."""
_UNITS = [(unit, scale) for unit, scale in reversed(DURATIONS.items()) if unit != "min"]
"""Largest first; each a power of ten, so that a decimal is exact."""


class MarkTeller:
    """Tells of each mark on the way that does not hold; `told` writes an event in the notation."""

    def __init__(
        self, reading: Reading, events: Sequence[Event], peers: tuple[str, str], told: Callable[[Event], str]
    ) -> None:
        self.reading = reading
        self.events = events
        self.told = told
        found = {written.event for written in reading.lines}
        counted = [
            index
            for index, event in enumerate(events if reading.marks else ())
            if index in found or ((reading.strict or not event.tolerated) and index not in reading.passed)
        ]
        self.accounted = Accounted(events, counted, peers)
        """The events that must be accounted for, and those that a line found."""
        self.latest = list(accumulate((-1 if each.event is None else each.event for each in reading.lines), max))
        """For each line: the latest event of the lines up to it."""

    def differences(self) -> Iterator[_Found]:
        """All differences, in the order of the marks."""
        for standing in self.reading.marks:
            place = self._place(standing)
            if place is None:
                continue
            if isinstance(standing.mark, States):
                yield from self._of_states(standing, standing.mark, place)
            elif isinstance(standing.mark, Silence):
                yield from self._of_silence(standing, standing.mark, place)

    def _place(self, standing: Standing) -> int | None:
        """The event that a mark is about; None where it cannot be known."""
        lines = self.reading.lines
        if not standing.free:
            before = lines[standing.after - 1]
            if before.event is None or before.swapped:
                return None
            return self.latest[standing.after - 1]
        if standing.after == len(lines):
            return self.accounted.last_before(len(self.events))
        following = lines[standing.after].event
        return None if following is None else self.accounted.last_before(following)

    def _of_states(self, standing: Standing, mark: States, place: int) -> Iterator[_Found]:
        event = self.events[place]
        if not same_states(mark.states, event.states):
            texts = states_text(mark.states), states_text(event.states)
            shown_by = f"frame.number == {event.frame}"
            yield place, 1, self._difference(standing, event, "states", texts, RULE_OF_STATES, shown_by)

    def _of_silence(self, standing: Standing, mark: Silence, place: int) -> Iterator[_Found]:
        """The first event after `place` that the silence is about, if it comes too early."""
        before = self.events[place]
        later = self.accounted.first_after(place, mark.sender)
        if later is None or not breaks_silence(mark, before, self.events[later]):
            return
        event = self.events[later]
        expected, segment, passed = simple_text(mark), self.told(event), passed_text(event.time_ns - before.time_ns)
        actual = said("{segment}, {time} after frame {frame}", segment=segment, time=passed, frame=before.frame)
        shown_by = f"frame.number == {before.frame} || frame.number == {event.frame}"
        yield later, 0, self._difference(standing, event, "silence", (expected, actual), "", shown_by)

    def _difference(  # noqa: PLR0913 - a difference's fields are its whole point
        self, standing: Standing, event: Event, field: str, texts: tuple[str, str], rule: str, shown_by: str
    ) -> Difference:
        line = None if standing.free else self.reading.lines[standing.after - 1]
        number, part = (None, "") if line is None else (line.number, line.line.part)
        return Difference(Kind.CHANGED, number, event.frame, field, *texts, rule, shown_by, part)


def passed_text(nanoseconds: int) -> str:
    """How long it was, in the unit that suits, and no digit of it left out: `1.021238638 s`, `40 ms`, `-17 ns`."""
    size = abs(nanoseconds)
    unit, scale = next((pair for pair in _UNITS if size >= pair[1]), _UNITS[-1])
    whole, rest = divmod(size, scale)
    digits = f"{rest:0{len(str(scale)) - 1}d}".rstrip("0") if rest else ""
    return f"{'-' if nanoseconds < 0 else ''}{whole:,}{'.' if digits else ''}{digits} {unit}"


def states_text(states: tuple[object, object] | None) -> str:
    """Both states as the notation writes them."""
    if states is None:
        return said("unknown")
    return " ".join("-" if state is None else str(state) for state in states)
