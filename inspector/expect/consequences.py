"""What follows from a difference, and is none of its own.

One wrong segment changes what is thought of those after it: a plain acknowledgment of data whose number is wrong seems
to acknowledge what was never sent, and every state from there on is another one. A teacher marks the one mistake. So:

1. What seemed extra is passed over where it would be plain, had all else been as expected (`acquit`): what differs is
   taken as it is written, and what is missing as if it had been there.
2. States come of segments. Where a segment differs in what moves a state, no state is a difference of its own
   (`without_consequences`); a note names the frames, so that nothing is hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.expect.evaluation import value_of
from inspector.expect.flags import COMPARED, choice_of, flags_differ
from inspector.expect.model import Difference, Kind
from inspector.expect.notation import SEQUENCE_SPACE, Relation
from inspector.expect.subject import Ledger, Plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.expect.reading import Reading, Written
    from inspector.expect.subject import Event

__all__ = ["acquit", "without_consequences"]

_MODULUS = 1 << 32
_MOVING = frozenset({"flags", "seq", "ack", "len"})
"""Fields that move a state; a window or an option does not."""


def acquit(reading: Reading, events: Sequence[Event]) -> None:
    """Pass over what is extra only because something else differs."""
    if not reading.extra or not events[0].is_segment:
        return
    if all(written.event is not None for written in reading.lines) and not any(
        _as_written(reading, written, events[written.event]) != events[written.event].plain
        for written in reading.lines
        if written.event is not None
    ):
        return
    extra = set(reading.extra)
    ledger = Ledger()
    missing, found = _laid_out(reading)
    for index, event in enumerate(events):
        for written in missing.get(index, ()):
            ledger.note(written.prepared.sender, _as_written(reading, written, None))
        plain = event.plain if index not in found else _as_written(reading, found[index], event)
        if index in extra and (reason := ledger.tolerance(event.sender, plain, "")):
            reading.passed[index] = reason
        ledger.note(event.sender, plain)
    reading.extra = [index for index in reading.extra if index not in reading.passed]


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
        bits = (bits & ~COMPARED) | choice_of(flags, bits).bits & COMPARED
    numbers = {"seq": plain.seq, "ack": plain.ack, "len": plain.length}
    bindings = reading.bindings(written)
    for check in written.prepared.checks:
        if check.name in numbers and check.relation is Relation.EQUAL:
            value = value_of(check.low, bindings)
            if value is not None:
                numbers[check.name] = value % _MODULUS if check.name in SEQUENCE_SPACE else max(value, 0)
    return Plain(bits, numbers["seq"], numbers["ack"], numbers["len"])


def without_consequences(found: Iterable[Difference]) -> tuple[tuple[Difference, ...], tuple[int, ...]]:
    """The differences without the states that follow from others, and the frames of those states."""
    told = tuple(found)
    if not any(each.kind is not Kind.CHANGED or each.field in _MOVING for each in told):
        return told, ()
    own = tuple(each for each in told if each.field != "states")
    return own, tuple(each.frame for each in told if each.field == "states" and each.frame is not None)
