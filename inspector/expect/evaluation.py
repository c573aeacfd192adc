"""One expected line against one event: what it costs, and which symbols it binds.

This is the only place that says when a field is as written. Prices are for the alignment alone (see `matching`):
they say which explanation a teacher would choose, not how grave an error is. They come in two parts: what can be told
without knowing a symbol (`structural_cost`: who sent it, what it carries, data or none), and the numbers (`evaluate`).

`prepare` turns a line into plain integers once; all else reads only those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from inspector.expect import icmp
from inspector.expect.flags import ACK, COMPARED, RST, SYN, choice_of, flags_differ
from inspector.expect.notation import SEQUENCE_SPACE, Datagram, Flags, Icmp, OneOf, Relation
from inspector.expect.subject import FIELD_INDEX
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
    "STATES",
    "SWAPPED",
    "UNKNOWN",
    "Bindings",
    "Check",
    "Evaluation",
    "Prepared",
    "evaluate",
    "flags_differ",
    "holds",
    "lacks_data",
    "prepare",
    "same_states",
    "solve",
    "structural_cost",
    "value_of",
]

UNKNOWN = 1
"""A number that cannot be checked, since a line before it is missing: less to believe in."""

SWAPPED = 9
"""Two neighbours in the other order: less than one that is missing, or the two numbers that would be wrong otherwise;
not much less, lest a single wrong length be explained by several of them."""

NUMBER = 6
"""One wrong number. Two in different segments are a worse explanation than one segment that is missing."""

STATES = 1
"""Wrong states: they come of segments, so they hardly say which segment a line is."""

_NUMBERS_AT_MOST = 9
"""Below MISSING: a segment with all its numbers wrong is still that segment."""

MISSING = 10
EXTRA = 10

_FLAGS = 12
"""Above MISSING, so that a missing segment is not found in some other that may be passed over; below MISSING and
EXTRA, so that a segment in the right place with a wrong flag is that segment."""

_FLAG_MORE = 1
"""Each further wrong flag."""

_NO_CONTROL = 5
"""Data where a SYN or RST is expected: rather some other segment of theirs."""

_SHAPE = 12
"""Data where none is expected, or none where some is: as good as a wrong flag."""

IMPOSSIBLE = 1 << 30

_MODULUS = 1 << 32

Bindings = tuple[int | None, ...]
"""The number that each symbol of the automaton stands for."""

_Sum = tuple[int, tuple[tuple[int, int], ...]]
"""A constant, and symbols (as indices) with their factors."""


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison of a field with a sum; `index` is the field's in `Event.numbers`."""

    name: str
    index: int
    relation: Relation
    low: _Sum
    high: _Sum
    modular: bool
    equation: bool
    """Whether it is written with `=`, so that it can bind a symbol."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A line, ready to be evaluated."""

    sender: Side
    protocol: int
    """TCP, UDP, or ICMP for both families."""
    flags: Flags | OneOf | None
    icmp_kind: str
    checks: tuple[Check, ...]
    data: bool
    """Rule 1 of `notation`: a length is written in symbols where nothing but data is a reason to send."""
    length: int
    """The symbol that its length is, where it is one symbol alone; else -1."""
    wants: bool | None
    """Whether it must have data (True) or none (False); None where either will do."""
    states: tuple[State | None, State | None] | None


def prepare(line: Line, peers: tuple[str, str], index: Mapping[str, int]) -> Prepared:
    """`line` with its peers as sides and its symbols as the indices that `index` gives."""
    flags = line.carried if isinstance(line.carried, Flags | OneOf) else None
    kind = line.carried.kind if isinstance(line.carried, Icmp) else ""
    protocol = Protocol.ICMP if kind else Protocol.UDP if isinstance(line.carried, Datagram) else Protocol.TCP
    checks = []
    for written in line.fields:
        if written.relation is Relation.ANY:
            continue
        sums = [
            (linear.constant, tuple((index[symbol], factor) for symbol, factor in linear.factors.items()))
            for linear in written.sums
        ] or [(0, ())]
        place, modular = FIELD_INDEX[written.name], written.name in SEQUENCE_SPACE
        equation = written.relation is Relation.EQUAL
        checks.append(Check(written.name, place, written.relation, sums[0], sums[-1], modular, equation))
    only_ack = isinstance(flags, Flags) and not flags.at_least and flags.bits & COMPARED == ACK
    data = only_ack and any(check.name == "len" and check.equation and check.low[1] for check in checks)
    wants = True if data else next(filter(lambda want: want is not None, map(_wants, checks)), None)
    alone = [check.low[1] for check in checks if check.name == "len" and check.equation and not check.low[0]]
    length = alone[0][0][0] if data and alone and [factor for _, factor in alone[0]] == [1] else -1
    return Prepared(
        Side(peers.index(line.sender)), protocol, flags, kind, tuple(checks), data, length, wants, line.states
    )


def _wants(check: Check) -> bool | None:
    """Whether a length check with a constant can hold only with data, or only without."""
    if check.name != "len" or check.low[1] or check.high[1]:
        return None
    if not holds(check, 0, ()):
        return True
    return False if check.equation else None


class Evaluation(NamedTuple):
    """The numbers of a line against those of an event."""

    cost: int
    bindings: Bindings
    wrong: tuple[Check, ...]
    unknown: int
    """How many equations still say nothing."""


def evaluate(  # noqa: C901 - the inner loop of the search: a call for each sum would double its time
    line: Prepared, event: Event, bindings: Bindings
) -> Evaluation:
    """What the numbers cost, and what they bind; in the order of writing."""
    wrong: list[Check] = []
    unknown = 0
    numbers = event.numbers
    for check in line.checks:
        actual = numbers[check.index]
        if not check.equation or actual is None:
            if not holds(check, actual, bindings):
                wrong.append(check)
            continue
        total, terms = check.low
        unbound = 0
        free = own = -1
        for symbol, factor in terms:
            value = bindings[symbol]
            if value is None:
                unbound += 1
                free, own = symbol, factor
            else:
                total += factor * value
        if not unbound:
            if actual != (total % _MODULUS if check.modular else total):
                wrong.append(check)
        elif unbound == 1 and own in (1, -1):
            value = (actual - total) * own
            bindings = (*bindings[:free], value % _MODULUS if check.modular else value, *bindings[free + 1 :])
        else:
            unknown += 1
    cost = 0
    if wrong:
        # A length of the wrong kind is in the structural cost already.
        shape = line.wants is not None and line.wants != bool(event.numbers[FIELD_INDEX["len"]])
        cost = min(NUMBER * sum(not (shape and check.name == "len") for check in wrong), _NUMBERS_AT_MOST)
    if line.states is not None and not same_states(line.states, event.states):
        cost += STATES
    return Evaluation(cost, bindings, tuple(wrong), unknown)


def value_of(written: _Sum, bindings: Sequence[int | None]) -> int | None:
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
        return low is None or actual == (low % _MODULUS if check.modular else low)
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


def structural_cost(line: Prepared, event: Event) -> int:
    """What it costs to take `event` for `line`, numbers apart; IMPOSSIBLE where it cannot be the same segment at all.

    It depends on nothing but `event.shape`.
    """
    if line.sender != event.sender:
        return IMPOSSIBLE
    if line.protocol == Protocol.ICMP:
        if event.protocol not in (Protocol.ICMP, Protocol.ICMPV6):
            return IMPOSSIBLE
        return 0 if icmp.matches(line.icmp_kind, event.protocol, *event.icmp) else _FLAGS
    if line.protocol != event.protocol:
        return IMPOSSIBLE
    has_data = bool(event.value("len"))
    return _flags_cost(line.flags, event.flags, has_data=has_data) + (
        _SHAPE if line.wants is not None and line.wants != has_data else 0
    )


def _flags_cost(flags: Flags | OneOf | None, actual: int, *, has_data: bool) -> int:
    bits = 0 if flags is None else flags_differ(flags, actual)
    if flags is None or not bits:
        return 0
    if not bits & COMPARED:
        return NUMBER
    control = SYN | RST
    data_instead = has_data and choice_of(flags, actual).bits & control and not actual & control
    return _FLAGS + _FLAG_MORE * ((bits & COMPARED).bit_count() - 1) + (_NO_CONTROL if data_instead else 0)


def lacks_data(line: Prepared, event: Event) -> bool:
    """Whether the line is about data and the segment has none."""
    return line.data and not event.value("len")


def same_states(expected: tuple[State | None, State | None], actual: tuple[State, State] | None) -> bool:
    """Whether both states are as written; the two SYN-RECEIVED print alike, and are alike here."""
    if actual is None:
        return False
    return all(want is None or str(want) == str(state) for want, state in zip(expected, actual, strict=True))
