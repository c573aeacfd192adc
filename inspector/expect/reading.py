"""How an alignment reads: which line found which event, and the numbers that explain most of it.

An alignment knows where lines found their events. Which numbers its symbols stand for is decided over all of them at
once (`solving`). With the numbers known, a line that seemed missing may be recognised (`_recognised`) in a segment that
differs from it in its flags, or carries data that it should not. What must speak for it:

* numbers that agree, and none of them wrong; or
* its place, if that is next to where the line should stand with nothing between them, not even a `...`
  (`_is_in_place`), and it is a SYN, FIN or RST (plain data come next wherever a segment is lost), an ICMP error or a
  datagram; or
* its place and a number that agrees, where one other number is wrong.

So a `...` beside a line does not swallow what is wrong there: where a port-unreachable is expected and then anything, a
host-unreachable is that line, changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from inspector.expect.alignment import Move
from inspector.expect.automaton import START
from inspector.expect.evaluation import IMPOSSIBLE, flags_differ, holds, structural_cost, value_of
from inspector.expect.flags import COMPARED, FIN, RST, SYN
from inspector.expect.solving import equations_of, numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.expect.alignment import Step
    from inspector.expect.automaton import Automaton
    from inspector.expect.evaluation import Prepared
    from inspector.expect.matching import Matcher
    from inspector.expect.notation import Line, Mark
    from inspector.expect.subject import Event

__all__ = ["Reading", "Standing", "Written", "read"]

_CANDIDATES = 8
_FLAGS_AT_MOST = 2
"""A SYN,ACK and a RST,ACK differ in two."""
_MOST_RECOGNISED = 20
_TRIAL_WORK = 40_000
"""Lines looked at while recognising: each trial looks at them all."""


@dataclass(frozen=True, slots=True)
class Written:
    """One expected line on the way that was taken, alternatives chosen and repeats unrolled."""

    number: int
    """Among the lines of that way, from 1."""
    line: Line
    prepared: Prepared
    position: int
    """In the automaton."""
    event: int | None
    """Index of its event; None where it is missing."""
    swapped: bool
    """It came after the line that follows it (then that one is marked too)."""
    symbols: tuple[int, ...]
    """For each symbol of the automaton which of the reading's numbers it is here: another in each round of a repeat."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A mark on the way that was taken."""

    mark: Mark
    after: int
    """How many lines stand before it."""
    free: bool
    """Whether a `...` does, behind those."""


@dataclass(slots=True)
class Reading:
    """The lines in order, the events that nobody expected, and the numbers."""

    lines: list[Written]
    extra: list[int]
    free: set[int]
    """Events within a `...`."""
    names: list[str]
    """The symbol that each of `numbers` is."""
    numbers: list[int | None] = field(default_factory=list)
    marks: list[Standing] = field(default_factory=list)
    strict: bool = False
    """Whether nothing is tolerated."""
    passed: dict[int, str] = field(default_factory=dict)
    """Events that are passed over since what makes them extra is told elsewhere (`consequences`), and what they are."""

    def bindings(self, written: Written) -> list[int | None]:
        """The numbers as the checks of a line read them."""
        return [self.numbers[place] for place in written.symbols]


def read(matcher: Matcher, steps: Sequence[Step], guess: Sequence[int | None], events: Sequence[Event]) -> Reading:
    """The reading of an alignment; `guess` is what it took the symbols to be at its end."""
    reading = _laid_out(matcher, steps, len(events))
    last = {name: place for place, name in enumerate(reading.names)}
    guessed: list[int | None] = [None] * len(reading.names)
    for symbol, value in zip(matcher.automaton.symbols, guess, strict=True):
        guessed[last[symbol]] = value
    reading.numbers = numbers_of(reading, events, guessed)
    _recognise(reading, matcher.automaton, events)
    return reading


def _laid_out(matcher: Matcher, steps: Sequence[Step], count: int) -> Reading:
    symbols = matcher.automaton.symbols
    places = list(range(len(symbols)))
    reading = Reading([], [], set(), list(symbols), strict=matcher.strict)
    reading.marks = _marks(matcher, steps)
    free_from: int | None = None
    for step in steps:
        for place in range(len(symbols)):
            if step.forget >> place & 1:
                places[place] = len(reading.names)
                reading.names.append(symbols[place])
        if free_from is not None and step.event >= 0:
            reading.free.update(range(free_from, step.event))
            free_from = None
        if step.move == Move.EXTRA:
            reading.extra.append(step.event)
            continue
        if step.move == Move.FREE:
            free_from = step.event
            continue
        line, prepared = matcher.automaton.lines[step.position], matcher.lines[step.position]
        if line is not None and prepared is not None:
            event = None if step.move == Move.MISSING else step.event
            swapped = step.move in (Move.SWAP_FIRST, Move.SWAP_SECOND)
            number = len(reading.lines) + 1
            reading.lines.append(Written(number, line, prepared, step.position, event, swapped, tuple(places)))
    if free_from is not None:
        reading.free.update(range(free_from, count))
    return reading


def _marks(matcher: Matcher, steps: Sequence[Step]) -> list[Standing]:
    """The marks that the way passed, from position to position and at its end."""
    found: list[Standing] = []
    at = START
    lines = 0
    for step in steps:
        if step.move == Move.EXTRA:
            continue
        marks = matcher.automaton.marks.get((at, step.position), ())
        found += [Standing(mark, lines, matcher.lines[at] is None) for mark in marks]
        at = step.position
        lines += matcher.lines[at] is not None
    return found + [Standing(mark, lines, matcher.lines[at] is None) for mark in matcher.automaton.last_marks[at]]


# -------------------------------------------------------------------------- what seemed missing


def _recognise(reading: Reading, automaton: Automaton, events: Sequence[Event]) -> None:
    """Give missing lines the event that is theirs but for a flag, or an error of another kind."""
    missing = [index for index, written in enumerate(reading.lines) if written.event is None]
    if len(missing) > _MOST_RECOGNISED:
        return
    trials = _TRIAL_WORK // max(len(reading.lines), 1)
    for index in missing:
        for event in _candidates(reading, index, events):
            trials -= 1
            in_place = _is_in_place(reading, automaton, index, event, events)
            if trials < 0 or _recognised(reading, index, event, events, in_place=in_place):
                break


def _candidates(reading: Reading, index: int, events: Sequence[Event]) -> list[int]:
    """Events between a missing line's neighbours that might be it, the nearest first."""
    before, after = _neighbours(reading, index, len(events))
    found = [place for place in range(before + 1, after) if _might_be(reading.lines[index], events[place])]
    return sorted(found, key=lambda place: min(place - before, after - place))[:_CANDIDATES]


def _neighbours(reading: Reading, index: int, count: int) -> tuple[int, int]:
    """Between which events a missing line should be; -1 and `count` where there is none."""
    before = max((line.event for line in reading.lines[:index] if line.event is not None), default=-1)
    after = min((line.event for line in reading.lines[index + 1 :] if line.event is not None), default=count)
    return before, after


def _might_be(written: Written, event: Event) -> bool:
    """Whether a segment differs from a line in a flag or two, or carries data and should not.

    An ICMP error may be another, and a datagram have another length: there is little else to know them by.
    """
    if not event.is_segment:
        return 0 < structural_cost(written.prepared, event) < IMPOSSIBLE
    if written.prepared.sender != event.sender or written.prepared.flags is None:
        return False
    bits = flags_differ(written.prepared.flags, event.flags) & COMPARED
    return bits.bit_count() <= _FLAGS_AT_MOST and (bool(bits) or _has_too_much(written, event))


def _is_in_place(reading: Reading, automaton: Automaton, index: int, event: int, events: Sequence[Event]) -> bool:
    """Whether an event is next to the one of the line before a missing line, or of the line after it.

    What is tolerated may stand between, a `...` may not. The beginning and the end are such neighbours too.
    """

    def are_adjacent(one: int, two: int) -> bool:
        return all(events[each].tolerated and not reading.strict for each in range(one + 1, two))

    if events[event].tolerated and not reading.strict:
        return False
    before, after = _neighbours(reading, index, len(events))
    lines, position = reading.lines, reading.lines[index].position
    if not index:
        follows = before < 0 and not automaton.has_room(START, position)
    else:
        follows = lines[index - 1].event == before and not automaton.has_room(lines[index - 1].position, position)
    if follows and are_adjacent(before, event):
        return True
    if index + 1 == len(lines):
        leads = not automaton.has_room(position, None)
    else:
        leads = lines[index + 1].event == after and not automaton.has_room(position, lines[index + 1].position)
    return leads and are_adjacent(event, after)


def _recognised(reading: Reading, index: int, event: int, events: Sequence[Event], *, in_place: bool) -> bool:
    """Whether a line is that event: by its place, or by more fields that agree than it takes numbers to explain."""
    lines = list(reading.lines)
    lines[index] = replace(lines[index], event=event)
    trial = Reading(lines, reading.extra, reading.free, reading.names)
    trial.numbers = numbers_of(trial, events, reading.numbers)
    more_wrong = _wrong(trial, events) - _wrong(reading, events)
    more_agree = _agreement(trial, events) - _agreement(reading, events)
    begins_both = index == event == 0  # a first segment with a wrong flag is still the first: what else could be?
    if more_wrong <= _is_misshapen(lines[index], events[event]):
        agrees = begins_both or more_agree > 0 or (in_place and _speaks_by_its_place(events[event]))
    else:
        agrees = in_place and more_agree > more_wrong == 1
    if not agrees:
        return False
    reading.lines, reading.numbers = lines, trial.numbers
    reading.extra = [other for other in reading.extra if other != event]
    reading.free.discard(event)
    return True


def _speaks_by_its_place(event: Event) -> bool:
    """Whether it may be known by its place alone: not plain data or an ACK, which follow wherever a segment is lost."""
    return not event.is_segment or bool(event.flags & (SYN | FIN | RST))


def _is_misshapen(written: Written, event: Event) -> bool:
    """Whether a segment carries data where none are expected, or a datagram some where none, or none where some."""
    empty = not event.is_segment and written.prepared.wants is True and not event.value("len")
    return empty or _has_too_much(written, event)


def _has_too_much(written: Written, event: Event) -> bool:
    """Whether a segment carries data where none are expected."""
    return written.prepared.wants is False and bool(event.value("len"))


def _agreement(reading: Reading, events: Sequence[Event]) -> int:
    """Fields in sequence space that could be checked, less the numbers that had to be assumed for it."""
    checked = [
        equation
        for equation in equations_of(reading.lines, events)
        if value_of(equation.check.low, reading.bindings(equation.written)) is not None
    ]
    used = {equation.written.symbols[symbol] for equation in checked for symbol, _ in equation.check.low[1]}
    return len(checked) - len(used)


def _wrong(reading: Reading, events: Sequence[Event]) -> int:
    return sum(
        not holds(check, events[written.event].value(check.name), reading.bindings(written))
        for written in reading.lines
        if written.event is not None
        for check in written.prepared.checks
    )
