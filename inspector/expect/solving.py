"""Which numbers the symbols of a reading stand for: those for which the fewest fields are wrong.

So one number that was changed on the wire is one difference, wherever the symbol was used first. A tie goes to what
the rest of the connection confirms (a segment that begins where this one ended, an acknowledgment of it), then to the
first use. A length is no less than nothing, whatever a sum of sequence numbers comes to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.expect.evaluation import holds, lacks_data, solve, value_of
from inspector.expect.flags import RST
from inspector.expect.notation import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.expect.evaluation import Check
    from inspector.expect.reading import Reading, Written
    from inspector.expect.subject import Event
    from inspector.findings import Side

__all__ = ["Equation", "equations_of", "numbers_of"]

_MODULUS = 1 << 32
_ROUNDS = 4
_WITNESSES = 32
"""Uses of a symbol that are asked for confirmation: each looks through all events."""


@dataclass(frozen=True, slots=True)
class Equation:
    """A field that was found, and is written as a sum with symbols."""

    written: Written
    check: Check
    actual: int
    event: int


def equations_of(lines: Iterable[Written], events: Sequence[Event]) -> list[Equation]:
    """The fields of found lines that are written as a sum with symbols."""
    found = []
    for written in lines:
        if written.event is None:
            continue
        for check in written.prepared.checks:
            actual = events[written.event].value(check.name)
            if check.name == "len" and lacks_data(written.prepared, events[written.event]):
                continue
            if check.relation is Relation.EQUAL and check.low[1] and actual is not None:
                found.append(Equation(written, check, actual, written.event))
    return found


def numbers_of(reading: Reading, events: Sequence[Event], guess: Sequence[int | None]) -> list[int | None]:
    """The number of each symbol: from its first use, or from the guess if fewer fields are wrong by it."""
    equations, lengths = equations_of(reading.lines, events), _lengths(reading.lines)
    first = _voted([None] * len(reading.names), equations, events, lengths)
    if not any(value is not None and value != known for value, known in zip(guess, first, strict=True)):
        return first
    sensible = [
        None if value is not None and place in lengths and not _is_length(value) else value
        for place, value in enumerate(guess)
    ]
    other = _voted(sensible, equations, events, lengths)
    return other if _unequal(equations, other) < _unequal(equations, first) else first


def _lengths(lines: Iterable[Written]) -> frozenset[int]:
    """Which of the numbers are lengths: no sum of sequence numbers that comes to less than nothing is one."""
    return frozenset(
        written.symbols[symbol]
        for written in lines
        for check in written.prepared.checks
        if check.name == "len"
        for symbol, _ in (*check.low[1], *check.high[1])
    )


def _is_length(value: int) -> bool:
    return 0 <= value < _MODULUS // 2


def _unequal(equations: Iterable[Equation], numbers: Sequence[int | None]) -> int:
    return sum(
        not holds(equation.check, equation.actual, [numbers[place] for place in equation.written.symbols])
        for equation in equations
    )


def _voted(
    numbers: list[int | None], equations: Sequence[Equation], events: Sequence[Event], lengths: frozenset[int]
) -> list[int | None]:
    """What is not known yet is bound in the order of the lines; then each is put to the vote of all its uses."""
    _bind(equations, numbers, lengths)
    uses: dict[int, list[Equation]] = {}
    for equation in equations:
        for symbol, _ in equation.check.low[1]:
            uses.setdefault(equation.written.symbols[symbol], []).append(equation)
    for _ in range(_ROUNDS):
        changed = False
        for place, own in uses.items():
            best = _elected(place, own, numbers, events, is_length=place in lengths)
            changed |= best != numbers[place]
            numbers[place] = best
        if not changed:
            break
    return numbers


def _bind(equations: Sequence[Equation], numbers: list[int | None], lengths: frozenset[int]) -> None:
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
                place = equation.written.symbols[unknown[0]]
                value = solve(equation.check, unknown[0], equation.actual, bindings)
                if value is None or place not in lengths or _is_length(value):
                    numbers[place] = value
                    progress = True
        waiting = rest


def _elected(
    place: int, uses: Sequence[Equation], numbers: Sequence[int | None], events: Sequence[Event], *, is_length: bool
) -> int | None:
    """The number for which most of the fields that use it are right."""
    votes: Counter[int] = Counter()
    for equation in uses:
        bindings = [numbers[other] for other in equation.written.symbols]
        for symbol, _ in equation.check.low[1]:
            if equation.written.symbols[symbol] == place:
                value = solve(equation.check, symbol, equation.actual, bindings)
                if value is not None and (_is_length(value) or not is_length):
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
    uses: Sequence[Equation],
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
        reach = None if number is None else _reach(equation.check.name, number, events[equation.event])
        if reach is None:
            continue
        sender, begin, end = reach
        confirmed += begin is not None and _continues(begin, sender, equation.event, events, written)
        for index in range(equation.event + 1, len(events)):
            name = "seq" if events[index].sender is sender else "ack"
            # A RST takes its number from what it answers (RFC 9293 section 3.5.2), right or wrong.
            is_witness = not events[index].flags & RST and (index, name) not in written
            confirmed += is_witness and events[index].value(name) == end
    return confirmed


def _reach(name: str, number: int, own: Event) -> tuple[Side, int | None, int] | None:
    """Whose numbers a field of `own` is about, where they begin by it, if it says so, and where they end."""
    if name == "seq":
        return own.sender, number % _MODULUS, (number + own.seg_len) % _MODULUS
    if name == "ack":
        return own.sender.other, number % _MODULUS, number % _MODULUS
    if name == "len":
        others = own.seg_len - (own.value("len") or 0)
        return own.sender, None, ((own.value("seq") or 0) + number + others) % _MODULUS
    return None


def _continues(begin: int, sender: Side, before: int, events: Sequence[Event], written: set[tuple[int, str]]) -> bool:
    """Whether the last segment of `sender` before the event at `before` ended where `begin` is."""
    for index in range(before - 1, -1, -1):
        event = events[index]
        if event.sender is sender:
            end = ((event.value("seq") or 0) + event.seg_len) % _MODULUS
            return end == begin and not {(index, "seq"), (index, "len")} & written
    return False
