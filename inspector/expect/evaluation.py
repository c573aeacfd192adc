"""One expected line against one event: what it costs, and which symbols it binds.

This is the only place that says when a field is as written. Prices are for the alignment alone (see `matching`):
they say which explanation a teacher would choose, not how grave an error is.

Two speeds of one rule: `prepare` turns a line into plain integers once, `evaluate` reads only those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.expect import icmp
from inspector.expect.flags import ACK, COMPARED
from inspector.expect.notation import SEQUENCE_SPACE, Datagram, Flags, Icmp, Relation
from inspector.findings import Side
from inspector.tcp.sequence import ahead
from inspector.wire.row import Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inspector.expect.notation import Line
    from inspector.expect.subject import Event
    from inspector.tcp.states import State

__all__ = [
    "EXTRA",
    "IMPOSSIBLE",
    "MISSING",
    "NUMBER",
    "SWAPPED",
    "UNKNOWN",
    "Bindings",
    "Check",
    "Prepared",
    "evaluate",
    "flags_differ",
    "holds",
    "lacks_data",
    "prepare",
    "same_states",
    "solve",
    "unknown",
    "value_of",
]

UNKNOWN = 1
"""A number that cannot be checked, since a line before it is missing: less to believe in."""

SWAPPED = 2
"""Two neighbours in the other order: less than the two numbers that would be wrong otherwise."""

NUMBER = 3
"""One wrong number."""

NUMBERS_AT_MOST = 9
"""Below MISSING: a segment with all its numbers wrong is still that segment."""

MISSING = 10
EXTRA = 10

FLAGS = 12
"""Above MISSING, so that a missing segment is not found in some other that may be passed over; below MISSING and
EXTRA, so that a segment in the right place with a wrong flag is that segment."""

FLAG_MORE = 3
SHAPE = 12
"""Data where none is expected, or none where some is: as good as a wrong flag."""

IMPOSSIBLE = 1 << 30

_MODULUS = 1 << 32

Bindings = tuple[int | None, ...]
"""The number that each symbol of the automaton stands for."""


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison of a field, its symbols as indices: `constant + sum(factor * symbol)`."""

    name: str
    relation: Relation
    low: tuple[int, tuple[tuple[int, int], ...]]
    high: tuple[int, tuple[tuple[int, int], ...]]
    modular: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A line, ready to be evaluated."""

    sender: Side
    protocol: int
    """TCP, UDP, or ICMP for both families."""
    flags: Flags | None
    icmp_kind: str
    checks: tuple[Check, ...]
    data: bool
    """Rule 2 of `notation`: a length is written in symbols where nothing but data is a reason to send."""
    states: tuple[State | None, State | None] | None


def prepare(line: Line, peers: tuple[str, str], index: Mapping[str, int]) -> Prepared:
    """`line` with its peers as sides and its symbols as the indices that `index` gives."""
    flags = line.carried if isinstance(line.carried, Flags) else None
    kind = line.carried.kind if isinstance(line.carried, Icmp) else ""
    protocol = Protocol.ICMP if kind else Protocol.UDP if isinstance(line.carried, Datagram) else Protocol.TCP
    checks = []
    for written in line.fields:
        if written.relation is Relation.ANY:
            continue
        sums = [
            (linear.constant, tuple((index[symbol], factor) for symbol, factor in linear.factors.items()))
            for linear in written.sums
        ]
        low = sums[0] if sums else (0, ())
        high = sums[-1] if sums else low
        checks.append(Check(written.name, written.relation, low, high, written.name in SEQUENCE_SPACE))
    data = flags is not None and not flags.at_least and flags.bits & COMPARED == ACK and any(map(_is_data, checks))
    return Prepared(Side(peers.index(line.sender)), protocol, flags, kind, tuple(checks), data, line.states)


def _is_data(check: Check) -> bool:
    return check.name == "len" and check.relation is Relation.EQUAL and bool(check.low[1])


def value_of(written: tuple[int, tuple[tuple[int, int], ...]], bindings: Sequence[int | None]) -> int | None:
    """What a sum comes to, not yet wrapped; None while a symbol of it is unbound."""
    total, terms = written
    for symbol, factor in terms:
        value = bindings[symbol]
        if value is None:
            return None
        total += factor * value
    return total


def solve(check: Check, symbol: int, actual: int, bindings: Sequence[int | None]) -> int | None:
    """What `symbol` must be for `check` (an equation) to hold, the other symbols being as bound; None if unknown."""
    total, terms = check.low
    own = 0
    for other, factor in terms:
        if other == symbol:
            own = factor
            continue
        value = bindings[other]
        if value is None:
            return None
        total += factor * value
    if own not in (1, -1):
        return None
    value = (actual - total) * own
    return value % _MODULUS if check.modular else value


def holds(check: Check, actual: int | None, bindings: Sequence[int | None]) -> bool:
    """Whether a field is as written; a sum with an unbound symbol says nothing, so nothing is wrong."""
    relation = check.relation
    if relation is Relation.PRESENT:
        return actual is not None
    if relation is Relation.ABSENT:
        return actual is None
    if actual is None:
        return False
    low = value_of(check.low, bindings)
    if relation is Relation.EQUAL:
        return low is None or (actual == low % _MODULUS if check.modular else actual == low)
    high = value_of(check.high, bindings)
    if low is None or high is None:
        return True
    below, above = actual - low, actual - high
    if check.modular:
        below, above = ahead(actual, low % _MODULUS), ahead(actual, high % _MODULUS)
    return {
        Relation.UNEQUAL: below != 0,
        Relation.BELOW: below < 0,
        Relation.AT_MOST: below <= 0,
        Relation.ABOVE: below > 0,
        Relation.AT_LEAST: below >= 0,
        Relation.BETWEEN: below >= 0 >= above,
    }[relation]


def lacks_data(line: Prepared, event: Event) -> bool:
    """Whether the line is about data and the segment has none."""
    return line.data and not event.value("len")


def evaluate(line: Prepared, event: Event, bindings: Bindings) -> tuple[int, Bindings, tuple[Check, ...]]:
    """`(cost, bindings after it, the checks that fail)`; IMPOSSIBLE where it cannot be the same segment at all."""
    cost = _carried_cost(line, event)
    if cost >= IMPOSSIBLE:
        return cost, bindings, ()
    wrong: list[Check] = []
    for check in line.checks:
        actual = event.value(check.name)
        if check.relation is Relation.EQUAL and actual is not None:
            unbound = [symbol for symbol, _ in check.low[1] if bindings[symbol] is None]
            if len(unbound) == 1 and (value := solve(check, unbound[0], actual, bindings)) is not None:
                bindings = (*bindings[: unbound[0]], value, *bindings[unbound[0] + 1 :])
                continue
        if not holds(check, actual, bindings):
            wrong.append(check)
    if lacks_data(line, event) or any(_is_shape(check, event) for check in wrong):
        cost += SHAPE
    else:
        cost += min(NUMBER * len(wrong), NUMBERS_AT_MOST)
    if line.states is not None and not same_states(line.states, event.states):
        cost += NUMBER
    return cost, bindings, tuple(wrong)


def unknown(line: Prepared, bindings: Bindings) -> int:
    """How many equations of the line still say nothing."""
    return sum(any(bindings[symbol] is None for symbol, _ in check.low[1]) for check in line.checks)


def _carried_cost(line: Prepared, event: Event) -> int:  # noqa: PLR0911 - a ladder of refusals, read from above
    if line.sender != event.sender:
        return IMPOSSIBLE
    if line.protocol == Protocol.ICMP:
        if event.protocol not in (Protocol.ICMP, Protocol.ICMPV6):
            return IMPOSSIBLE
        return 0 if icmp.matches(line.icmp_kind, event.protocol, *event.icmp) else FLAGS
    if line.protocol != event.protocol:
        return IMPOSSIBLE
    if line.flags is None or not (bits := flags_differ(line.flags, event.flags)):
        return 0
    if not bits & COMPARED:
        return NUMBER
    return FLAGS + FLAG_MORE * ((bits & COMPARED).bit_count() - 1)


def flags_differ(flags: Flags, actual: int) -> int:
    """The control bits that are not as written."""
    lacking = flags.bits & ~actual
    return lacking if flags.at_least else lacking | (flags.bits ^ actual) & COMPARED


def _is_shape(check: Check, event: Event) -> bool:
    """Whether data stands where none should, or the reverse."""
    if check.name != "len":
        return False
    nothing = check.relation is Relation.EQUAL and check.low == (0, ())
    return nothing or not event.value("len")


def same_states(expected: tuple[State | None, State | None], actual: tuple[State, State] | None) -> bool:
    """Whether both states are as written; the two SYN-RECEIVED print alike, and are alike here."""
    if actual is None:
        return False
    return all(want is None or str(want) == str(state) for want, state in zip(expected, actual, strict=True))
