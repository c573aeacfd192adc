"""What follows from a difference, and is none of its own.

One wrong segment changes what is thought of those after it: a plain acknowledgment of data whose number is wrong seems
to acknowledge what was never sent, and every state from there on is another one. A teacher marks the one mistake. So:

1. What seemed extra is passed over where it would be plain, or sent again, had all else been as expected
   (`acquitted`): what differs is taken as it is written, and what is missing as if it had been there.
2. States come of segments. Where a segment differs in what moves a state, no state is a difference of its own
   (`without_consequences`); a note names the frames, so that nothing is hidden.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.expect.evaluation import flags_differ, value_of
from inspector.expect.flags import ACK, COMPARED, choice_of, first_choice
from inspector.expect.model import Difference, Kind
from inspector.expect.notation import SEQUENCE_SPACE, Relation
from inspector.expect.subject import Ledger, Plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from inspector.expect.reading import Reading, Written
    from inspector.expect.subject import Event

__all__ = ["acquitted", "without_consequences"]

_MODULUS = 1 << 32
_MOVING = frozenset({"flags", "seq", "ack", "len"})
"""Fields that move a state; a window or an option does not."""


def acquitted(reading: Reading, events: Sequence[Event]) -> Reading:
    """The reading without what is extra only because something else differs.

    Where nothing else does, nothing is acquitted: one of them has to be the difference.
    """
    if not reading.extra or not events[0].is_segment:
        return reading
    passed = dict(_acquitted(reading, events))
    extra = [index for index in reading.extra if index not in passed]
    if not extra and not _differs_elsewhere(reading, events):
        return reading
    return replace(reading, extra=extra, passed=passed)


def _differs_elsewhere(reading: Reading, events: Sequence[Event]) -> bool:
    """Whether a line is missing, out of order, or not as its segment is."""
    return any(
        written.event is None
        or written.swapped
        or _as_written(reading, written, events[written.event]) != events[written.event].plain
        for written in reading.lines
    )


def _acquitted(reading: Reading, events: Sequence[Event]) -> Iterator[tuple[int, str]]:
    """The events that are extra and would be passed over, and what they are."""
    extra = set(reading.extra)
    ledger = Ledger()
    missing, found = _laid_out(reading)
    for index, event in enumerate(events):
        for written in missing.get(index, ()):
            plain = _lengthened(_as_written(reading, written, None), written, events[index:])
            ledger.note(written.prepared.sender, plain)
        plain = event.plain if index not in found else _as_written(reading, found[index], event)
        if index in extra and (reason := ledger.tolerance(event.sender, plain, "")):
            yield index, reason
        ledger.note(event.sender, plain)


def _laid_out(reading: Reading) -> tuple[dict[int, list[Written]], dict[int, Written]]:
    """The missing lines by the event before which they should have come, and the others by theirs."""
    missing: dict[int, list[Written]] = {}
    found: dict[int, Written] = {}
    last = -1
    for written in reading.lines:
        if written.event is None:
            missing.setdefault(last + 1, []).append(written)
        else:
            found[written.event] = written
            last = max(last, written.event)
    return missing, found


def _as_written(reading: Reading, written: Written, event: Event | None) -> Plain:
    """The segment of a line with its flags and numbers as they are written, where that is known."""
    plain = Plain(0, 0, 0, 0) if event is None else event.plain
    flags = written.prepared.flags
    bits = plain.flags
    if flags is not None and (event is None or flags_differ(flags, bits) & COMPARED):
        wanted = first_choice(flags) if event is None else choice_of(flags, bits)
        bits = (bits & ~COMPARED) | wanted.bits & COMPARED
    numbers = {"seq": plain.seq, "ack": plain.ack, "len": plain.length}
    bindings = reading.bindings(written)
    for check in written.prepared.checks:
        if check.name in numbers and check.relation is Relation.EQUAL:
            value = value_of(check.low, bindings)
            if value is not None:
                numbers[check.name] = value % _MODULUS if check.name in SEQUENCE_SPACE else max(value, 0)
    return Plain(bits, numbers["seq"], numbers["ack"], numbers["len"])


def _lengthened(plain: Plain, written: Written, later: Sequence[Event]) -> Plain:
    """A missing segment of data whose length no line tells: it reached to where its sender went on."""
    if plain.length or written.prepared.wants is False or plain.flags & COMPARED != ACK:
        return plain
    gap = next((each.plain.seq - plain.seq for each in later if each.sender is written.prepared.sender), 0) % _MODULUS
    return plain._replace(length=gap if gap < _MODULUS // 2 else 0)


def without_consequences(found: Iterable[Difference]) -> tuple[tuple[Difference, ...], tuple[int, ...]]:
    """The differences without the states that follow from others, and the frames of those states."""
    told = tuple(found)
    if not any(each.kind is not Kind.CHANGED or each.field in _MOVING for each in told):
        return told, ()
    own = tuple(each for each in told if each.field != "states")
    return own, tuple(each.frame for each in told if each.field == "states" and each.frame is not None)
