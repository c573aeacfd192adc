"""What is written of time and states, looked up while a way is sought: how much of it each move breaks.

Two ways of the same price may differ in when a line was to come, how long a silence was to last, or which states were
to stand between two segments. The one that keeps more of that wins (`matching`): so a capture that is as one branch of
an `either` says is never told to be different by the other.

What breaks a `within` or a silence is said here alone; `differences` and `marks` tell of it. Each question costs two
searches by halves at most, and none is asked where a sequence writes nothing of the kind.

A way that is sought knows less than the reading of the way that was found: what a line finds among what is tolerated
counts for a silence only if it is the very next line. So a silence may be thought to hold and yet be told as broken;
never the other way round where nothing else is wrong.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from inspector.expect.evaluation import same_states
from inspector.expect.notation import Silence, States
from inspector.wire.row import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.expect.automaton import Automaton
    from inspector.expect.notation import Line, Mark
    from inspector.expect.subject import Event

__all__ = ["Accounted", "Timing", "breaks_silence", "is_late", "marked_positions", "writes_times"]


def is_late(line: Line, before: Event, event: Event) -> bool:
    """Whether `event`, the segment of `line`, came later after that of the line before than it says."""
    if line.within_ns is None or NO_TIME in (event.time_ns, before.time_ns):
        return False
    return event.time_ns - before.time_ns > line.within_ns


def breaks_silence(silence: Silence, before: Event, event: Event) -> bool:
    """Whether `event`, the next after `before` that the silence is about, came too early."""
    return NO_TIME not in (event.time_ns, before.time_ns) and event.time_ns - before.time_ns < silence.duration_ns


class Accounted:
    """The events that must be accounted for, by their places, all of them and those of each peer."""

    def __init__(self, events: Sequence[Event], places: Iterable[int], peers: tuple[str, str]) -> None:
        self._of = {"": list(places)}
        for side, peer in enumerate(peers):
            self._of[peer] = [place for place in self._of[""] if events[place].sender == side]

    def last_before(self, place: int) -> int | None:
        """The last one before a place."""
        behind = bisect_left(self._of[""], place)
        return self._of[""][behind - 1] if behind else None

    def first_after(self, place: int, peer: str) -> int | None:
        """The first one after a place, of that peer; of both where it is empty."""
        places = self._of[peer]
        behind = bisect_right(places, place)
        return places[behind] if behind < len(places) else None


def writes_times(automaton: Automaton) -> bool:
    """Whether anything is written that `Timing` looks up."""
    marks = (mark for marks in (*automaton.marks.values(), *automaton.last_marks.values()) for mark in marks)
    return any(line is not None and line.within_ns is not None for line in automaton.lines) or any(
        isinstance(mark, Silence | States) for mark in marks
    )


def marked_positions(automaton: Automaton) -> frozenset[int]:
    """The positions behind which a mark stands."""
    ends = (position for position, marks in automaton.last_marks.items() if marks)
    return frozenset((*(position for position, _ in automaton.marks), *ends))


class Timing:
    """One list of events, and what a way through an automaton breaks there."""

    def __init__(
        self, automaton: Automaton, events: Sequence[Event], tolerated: Sequence[bool], peers: tuple[str, str]
    ) -> None:
        self._automaton = automaton
        self._events = events
        self._peers = peers
        self._accounted = Accounted(events, [place for place, passed in enumerate(tolerated) if not passed], peers)

    def of_line(self, at: int, successor: int, last: int, event: int) -> int:
        """How much the line of `successor` breaks with its event, `last` being that of the line before, or -1."""
        line = self._automaton.lines[successor]
        late = line is not None and last >= 0 and is_late(line, self._events[last], self._events[event])
        return late + self.of_move(at, successor, last, event)

    def of_move(self, at: int, successor: int, last: int, event: int) -> int:
        """How many marks between two positions do not hold; `event` is that of the next line, -1 where it has none."""
        marks = self._automaton.marks.get((at, successor))
        if not marks:
            return 0
        place = last
        if self._automaton.lines[at] is None:
            place = -1 if event < 0 else self._last_before(event, last)
        return self._broken(marks, place, event)

    def at_end(self, at: int, last: int) -> int:
        """How many marks between a position and the end do not hold."""
        marks = self._automaton.last_marks.get(at)
        if not marks:
            return 0
        free = self._automaton.lines[at] is None
        return self._broken(marks, self._last_before(len(self._events), last) if free else last, -1)

    def _last_before(self, place: int, last: int) -> int:
        found = self._accounted.last_before(place)
        return last if found is None else max(last, found)

    def _broken(self, marks: Sequence[Mark], place: int, following: int) -> int:
        """How many marks about the event at `place` do not hold, the line behind them having that at `following`."""
        if place < 0:
            return 0
        before = self._events[place]
        return sum(
            not same_states(mark.states, before.states)
            if isinstance(mark, States)
            else isinstance(mark, Silence) and self._is_broken(mark, place, following)
            for mark in marks
        )

    def _is_broken(self, silence: Silence, place: int, following: int) -> bool:
        later = self._accounted.first_after(place, silence.sender)
        named = following >= 0 and silence.sender in ("", self._peers[self._events[following].sender])
        if named and (later is None or following < later):
            later = following
        return later is not None and breaks_silence(silence, self._events[place], self._events[later])
