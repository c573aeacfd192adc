"""How an alignment reads: which line found which event, and the numbers that explain most of it.

An alignment knows where lines found their events. Which numbers its symbols stand for is decided here, over all of
them at once: **the numbers for which the fewest fields are wrong**. So one number that was changed on the wire is
one difference, wherever the symbol was used first. A tie goes to what the rest of the connection confirms (a segment
that begins where this one ended, an acknowledgment of it), then to the first use.

With the numbers known, a line that seemed missing may be recognised in a segment that differs from it in its flags, or
carries data that it should not, and fits in all other numbers (`_recognised`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from inspector.expect.alignment import Move
from inspector.expect.automaton import START
from inspector.expect.evaluation import flags_differ, holds, lacks_data, solve, value_of
from inspector.expect.flags import COMPARED
from inspector.expect.notation import SEQUENCE_SPACE, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.expect.alignment import Step
    from inspector.expect.evaluation import Check, Prepared
    from inspector.expect.matching import Matcher
    from inspector.expect.notation import Line, Mark
    from inspector.expect.subject import Event
    from inspector.findings import Side

__all__ = ["Reading", "Standing", "Written", "read"]

_MODULUS = 1 << 32
_ROUNDS = 4
_WITNESSES = 32
"""Uses of a symbol that are asked for confirmation: each looks through all events."""

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
    reading.numbers = _numbers(reading, events, guessed)
    _recognise(reading, events)
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
            reading.lines.append(Written(len(reading.lines) + 1, line, prepared, event, swapped, tuple(places)))
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


# ------------------------------------------------------------------------------------ the numbers


@dataclass(frozen=True, slots=True)
class _Equation:
    """A field that was found, and is written as a sum with symbols."""

    written: Written
    check: Check
    actual: int
    event: int


def _equations(lines: Iterable[Written], events: Sequence[Event]) -> list[_Equation]:
    found = []
    for written in lines:
        if written.event is None:
            continue
        for check in written.prepared.checks:
            actual = events[written.event].value(check.name)
            if check.name == "len" and lacks_data(written.prepared, events[written.event]):
                continue
            if check.relation is Relation.EQUAL and check.low[1] and actual is not None:
                found.append(_Equation(written, check, actual, written.event))
    return found


def _numbers(reading: Reading, events: Sequence[Event], guess: Sequence[int | None]) -> list[int | None]:
    """The number of each symbol: from its first use, or from the guess if fewer fields are wrong by it."""
    equations = _equations(reading.lines, events)
    first = _voted([None] * len(reading.names), equations, events)
    if not any(value is not None and value != known for value, known in zip(guess, first, strict=True)):
        return first
    other = _voted(list(guess), equations, events)
    return other if _unequal(equations, other) < _unequal(equations, first) else first


def _unequal(equations: Iterable[_Equation], numbers: Sequence[int | None]) -> int:
    return sum(
        not holds(equation.check, equation.actual, [numbers[place] for place in equation.written.symbols])
        for equation in equations
    )


def _voted(numbers: list[int | None], equations: Sequence[_Equation], events: Sequence[Event]) -> list[int | None]:
    """What is not known yet is bound in the order of the lines; then each is put to the vote of all its uses."""
    _bind(equations, numbers)
    uses: dict[int, list[_Equation]] = {}
    for equation in equations:
        for symbol, _ in equation.check.low[1]:
            uses.setdefault(equation.written.symbols[symbol], []).append(equation)
    for _ in range(_ROUNDS):
        changed = False
        for place, own in uses.items():
            best = _elected(place, own, numbers, events)
            changed |= best != numbers[place]
            numbers[place] = best
        if not changed:
            break
    return numbers


def _bind(equations: Sequence[_Equation], numbers: list[int | None]) -> None:
    """Bind in the order of the lines, again while an equation that had two unknowns has become one of one."""
    waiting = list(equations)
    progress = True
    while progress and waiting:
        progress = False
        rest = []
        for equation in waiting:
            bindings = [numbers[place] for place in equation.written.symbols]
            unknown = [symbol for symbol, _ in equation.check.low[1] if bindings[symbol] is None]
            if len(unknown) > 1:
                rest.append(equation)
            elif unknown:
                numbers[equation.written.symbols[unknown[0]]] = solve(
                    equation.check, unknown[0], equation.actual, bindings
                )
                progress = True
        waiting = rest


def _elected(
    place: int, uses: Sequence[_Equation], numbers: Sequence[int | None], events: Sequence[Event]
) -> int | None:
    """The number for which most of the fields that use it are right."""
    votes: Counter[int] = Counter()
    for equation in uses:
        bindings = [numbers[other] for other in equation.written.symbols]
        for symbol, _ in equation.check.low[1]:
            if equation.written.symbols[symbol] == place:
                value = solve(equation.check, symbol, equation.actual, bindings)
                if value is not None:
                    votes[value] += 1
    if len(votes) < 2:
        return numbers[place]
    most = max(votes.values())
    best = [value for value, count in votes.items() if count == most]
    if len(best) == 1:
        return best[0]
    confirmed = {value: _confirmations(place, value, uses, numbers, events) for value in best}
    strongest = max(confirmed.values())
    best = [value for value in best if confirmed[value] == strongest]
    current = numbers[place]
    return current if current in best else best[0]


def _confirmations(
    place: int,
    value: int,
    uses: Sequence[_Equation],
    numbers: Sequence[int | None],
    events: Sequence[Event],
) -> int:
    """How often fields that nothing is written of agree with `value`.

    What begins must begin where its sender's last segment ended; what ends is continued and acknowledged later.
    """
    written = {(equation.event, equation.check.name) for equation in uses}
    confirmed = 0
    for equation in uses[:_WITNESSES]:
        bindings = [value if other == place else numbers[other] for other in equation.written.symbols]
        number = value_of(equation.check.low, bindings)
        if number is None or equation.check.name not in SEQUENCE_SPACE:
            continue
        own = events[equation.event]
        is_seq = equation.check.name == "seq"
        sender = own.sender if is_seq else own.sender.other
        begin = number % _MODULUS
        end = (begin + own.seg_len) % _MODULUS if is_seq else begin
        confirmed += _continues(begin, sender, equation.event, events, written)
        for index in range(equation.event + 1, len(events)):
            name = "seq" if events[index].sender is sender else "ack"
            confirmed += events[index].value(name) == end and (index, name) not in written
    return confirmed


def _continues(begin: int, sender: Side, before: int, events: Sequence[Event], written: set[tuple[int, str]]) -> bool:
    """Whether the last segment of `sender` before the event at `before` ended where `begin` is."""
    for index in range(before - 1, -1, -1):
        event = events[index]
        if event.sender is sender:
            end = ((event.value("seq") or 0) + event.seg_len) % _MODULUS
            return end == begin and (index, "seq") not in written
    return False


# -------------------------------------------------------------------------- what seemed missing


def _recognise(reading: Reading, events: Sequence[Event]) -> None:
    """Give missing lines the event that is theirs but for a flag."""
    missing = [index for index, written in enumerate(reading.lines) if written.event is None]
    if len(missing) > _MOST_RECOGNISED:
        return
    trials = _TRIAL_WORK // max(len(reading.lines), 1)
    for index in missing:
        for event in _candidates(reading, index, events):
            trials -= 1
            if trials < 0 or _recognised(reading, index, event, events):
                break


def _candidates(reading: Reading, index: int, events: Sequence[Event]) -> list[int]:
    """Events between a missing line's neighbours that differ from it in a flag or two, or carry data and should not.

    The nearest come first.
    """
    written = reading.lines[index]
    before = max((line.event for line in reading.lines[:index] if line.event is not None), default=-1)
    after = min((line.event for line in reading.lines[index + 1 :] if line.event is not None), default=len(events))
    found = [
        place
        for place in range(before + 1, after)
        if written.prepared.sender == events[place].sender
        and written.prepared.flags is not None
        and (bits := flags_differ(written.prepared.flags, events[place].flags) & COMPARED).bit_count() <= _FLAGS_AT_MOST
        and (bits or _has_too_much(written, events[place]))
    ]
    return sorted(found, key=lambda place: min(place - before, after - place))[:_CANDIDATES]


def _recognised(reading: Reading, index: int, event: int, events: Sequence[Event]) -> bool:
    """Whether the line at `index` with `event` makes more fields agree than it takes numbers to explain."""
    lines = list(reading.lines)
    lines[index] = replace(lines[index], event=event)
    trial = Reading(lines, reading.extra, reading.free, reading.names)
    trial.numbers = _numbers(trial, events, reading.numbers)
    more_wrong = _wrong(trial, events) - _wrong(reading, events)
    if _agreement(trial, events) <= _agreement(reading, events) or more_wrong > _has_too_much(
        lines[index], events[event]
    ):
        return False
    reading.lines, reading.numbers = lines, trial.numbers
    reading.extra = [other for other in reading.extra if other != event]
    reading.free.discard(event)
    return True


def _has_too_much(written: Written, event: Event) -> bool:
    """Whether a segment carries data where none are expected."""
    return written.prepared.wants is False and bool(event.value("len"))


def _agreement(reading: Reading, events: Sequence[Event]) -> int:
    """Fields in sequence space that could be checked, less the numbers that had to be assumed for it."""
    checked = [
        equation
        for equation in _equations(reading.lines, events)
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
