"""A second opinion on what matches: the notation's rules, tried out one after the other, and no more.

It says yes or no to a whole conversation. It knows no price, no alignment and no nearest way: every way to read the
sequence is followed with its own symbols until it fails, which is exponential, and fine for a small capture. It shares
with the engine the notation and its expansion, and neither an automaton, a search, nor a rule of comparing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import count as count_from
from typing import TYPE_CHECKING, NamedTuple

from inspector.expect import icmp
from inspector.expect.notation import (
    Alternatives,
    AnyOrder,
    AnySegments,
    Datagram,
    Flags,
    Icmp,
    Line,
    Nothing,
    Optional,
    Relation,
    Repeat,
    lines_of,
)
from inspector.findings import Side
from inspector.tcp.facts import Fact
from inspector.tcp.model import Connection
from inspector.wire.row import NO_TIME, Flag, Option, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inspector.expect.notation import Field, Item, Linear
    from inspector.tcp.model import TracedSegment
    from inspector.tcp.states import State
    from inspector.udp.model import Exchange
    from inspector.wire.row import Row

__all__ = ["Seen", "is_as_expected", "seen"]

_M = 1 << 32
_EXACT = Flag.SYN | Flag.FIN | Flag.RST | Flag.ACK
_SENT_AGAIN = (
    Fact.DUPLICATE
    | Fact.KEEP_ALIVE
    | Fact.KEEP_ALIVE_ACK
    | Fact.ZERO_WINDOW_PROBE
    | Fact.ZERO_WINDOW_PROBE_ACK
    | Fact.RETRANSMISSION
    | Fact.FAST_RETRANSMISSION
    | Fact.SPURIOUS_RETRANSMISSION
    | Fact.WINDOW_UPDATE
    | Fact.DUPLICATE_ACK
    | Fact.CHALLENGE_ACK
    | Fact.TIME_WAIT_REPLY
)
_MOST_WAYS = 20_000

PUT_IN = 0
"""The frame of what is put in where something is missing: of its fields, those that are unknown are as expected."""


class TooMuch(Exception):  # noqa: N818 - the tests' own, and no error
    """More ways than are worth following: no opinion."""


@dataclass(frozen=True)
class Seen:
    """One frame, as far as a sequence can speak of it."""

    frame: int
    time_ns: int
    sender: int
    protocol: int
    flags: int
    icmp: tuple[int, int]
    fields: tuple[tuple[str, int], ...]
    states: tuple[State, State] | None
    again: bool
    """Whether the tracker knows it for something that was sent before."""


def seen(conversation: Connection | Exchange) -> list[Seen]:
    """What was seen of a conversation."""
    if isinstance(conversation, Connection):
        return [_segment(traced) for traced in conversation.segments]
    return [_datagram(traced.row, traced.sender) for traced in conversation.datagrams]


def _segment(traced: TracedSegment) -> Seen:
    row = traced.row
    options = (
        (Option.MSS, "mss", row.mss),
        (Option.WINDOW_SCALE, "wscale", row.window_scale),
        (Option.SACK_PERMITTED, "sack", 1),
        (Option.TIMESTAMPS, "timestamps", 1),
    )
    numbers = (
        *(("seq", row.seq), ("ack", row.ack), ("len", row.payload_len), ("win", row.window), ("urg", row.urgent)),
        *((name, value) for option, name, value in options if row.options & option),
    )
    again = bool(traced.facts & _SENT_AGAIN)
    return Seen(row.frame, row.time_ns, traced.sender, Protocol.TCP, row.flags, (0, 0), numbers, traced.states, again)


def _datagram(row: Row, sender: Side) -> Seen:
    fields = (("len", row.payload_len),) if row.protocol == Protocol.UDP else ()
    kind = (row.icmp_type, row.icmp_code)
    return Seen(row.frame, row.time_ns, sender, row.protocol, 0, kind, fields, None, again=False)


# ------------------------------------------------------------------------------------- tolerance


@dataclass(frozen=True)
class _Number:
    """A segment as acknowledgments see it."""

    place: int
    flags: int
    seq: int
    ack: int
    length: int

    @property
    def end(self) -> int:
        return (self.seq + self.length + bool(self.flags & Flag.SYN) + bool(self.flags & Flag.FIN)) % _M


def _passable(events: list[Seen]) -> list[bool]:
    """What was sent again or says nothing new; plain acknowledgments, but for the handshake's and those of a FIN."""
    heard: tuple[list[_Number], list[_Number]] = ([], [])
    found = []
    for place, event in enumerate(events):
        if event.protocol != Protocol.TCP:
            found.append(False)
            continue
        fields = dict(event.fields)
        number = _Number(place, event.flags, *(fields.get(name, 0) for name in ("seq", "ack", "len")))
        mine, theirs = heard[event.sender], heard[1 - event.sender]
        is_first = any(
            event.flags & bit and not any(other.flags & bit for other in mine) for bit in (Flag.SYN, Flag.FIN)
        )
        if event.flags & (Flag.SYN | Flag.FIN):
            # A repeated one with something new is no repetition.
            is_first |= not any(_upto(number.end, other.end) for other in mine if not other.flags & Flag.RST)
        same = any(
            (other.flags & _EXACT, other.seq, other.length) == (number.flags & _EXACT, number.seq, number.length)
            for other in mine
            if other.end != other.seq
        )
        found.append(not is_first and (event.again or same or _is_plain(number, mine, theirs)))
        mine.append(number)
    return found


def _is_plain(one: _Number, mine: list[_Number], theirs: list[_Number]) -> bool:
    """Whether it is an acknowledgment alone, of something that was sent, and needs no line of its own."""
    if one.length or one.flags & _EXACT != Flag.ACK:
        return False
    ends = [other.end for other in theirs if not other.flags & Flag.RST]
    if not any(_upto(one.ack, end) for end in ends):
        return False
    syns = [(other.seq + 1) % _M for other in theirs if other.flags & Flag.SYN]
    if syns and not _upto(syns[-1], one.ack):
        return False
    own = {other.end for other in mine if not other.flags & Flag.RST}
    if own and one.seq not in own:
        return False
    acked = _acknowledged(mine, theirs)
    if acked is not None and _upto(one.ack, acked):
        return True
    fins = [other.end for other in theirs if other.flags & Flag.FIN]
    return not (acked is None and syns) and (not fins or one.ack != fins[-1])


def _acknowledged(mine: list[_Number], theirs: list[_Number]) -> int | None:
    """The highest that was acknowledged so far, of what had been sent by then."""
    highest: int | None = None
    for one in mine:
        ends = [other.end for other in theirs if other.place < one.place and not other.flags & Flag.RST]
        counts = one.flags & Flag.ACK and any(_upto(one.ack, end) for end in ends)
        if counts and (highest is None or _upto(highest, one.ack)):
            highest = one.ack
    return highest


def _upto(one: int, two: int) -> bool:
    """Whether `one` is at or before `two`, modulo 2^32."""
    return (two - one) % _M < _M // 2


# ------------------------------------------------------------------------------------- the ways


class _Pending(NamedTuple):
    """A comparison that waits for its symbols."""

    written: Field
    actual: int


class _Way(NamedTuple):
    """How far a way has come: the next event, the one of its last line, its symbols, and what still waits."""

    place: int
    last: int
    symbols: tuple[tuple[str, int], ...]
    pending: tuple[_Pending, ...]


def is_as_expected(
    items: tuple[Item, ...], peers: tuple[str, str], events: list[Seen], *, strict: bool, stateless: bool = False
) -> bool:
    """Whether some way to read `items` accounts for all events, states left out if `stateless`.

    TooMuch where there are too many ways.
    """
    passable = [False] * len(events) if strict else _passable(events)
    ways = _Ways(items, peers, events, passable, stateless=stateless)
    ended = ways.all_of(items, {_Way(0, -1, (), ())})
    return any(all(passable[way.place :]) for way in ended)


class _Ways:
    def __init__(
        self,
        items: tuple[Item, ...],
        peers: tuple[str, str],
        events: list[Seen],
        passable: list[bool],
        *,
        stateless: bool,
    ) -> None:
        self.items, self.peers, self.events, self.passable = items, peers, events, passable
        self.stateless = stateless

    def all_of(self, items: Iterable[Item], ways: set[_Way]) -> set[_Way]:
        for item in items:
            ways = self.one(item, ways)
            if len(ways) > _MOST_WAYS:
                raise TooMuch
        return ways

    def one(  # noqa: PLR0911 - one for each kind of item
        self, item: Item, ways: set[_Way]
    ) -> set[_Way]:
        """Every way on from `ways` through `item`."""
        match item:
            case Line():
                return {onward for way in ways for onward in self._line(item, way)}
            case AnySegments():
                return {way._replace(place=place) for way in ways for place in range(way.place, len(self.events) + 1)}
            case Nothing():
                return set() if self.events else ways
            case Optional():
                return ways | self.all_of(item.items, ways)
            case Alternatives():
                return set().union(*(self.all_of(branch, ways) for branch in item.branches))
            case AnyOrder():
                return self._any_order(item.items, ways)
            case Repeat():
                return self._repeat(item, ways)
            case _:
                return ways

    def _any_order(self, items: tuple[Item, ...], ways: set[_Way]) -> set[_Way]:
        if not items or not ways:
            return ways
        return set().union(
            *(
                self._any_order(items[:place] + items[place + 1 :], self.one(item, ways))
                for place, item in enumerate(items)
            )
        )

    def _repeat(self, repeat: Repeat, ways: set[_Way]) -> set[_Way]:
        own = _symbols(repeat.items) - _symbols(_without(self.items, repeat))
        ended: set[_Way] = set()
        for count in count_from(0):
            if count >= repeat.least:
                if ways <= ended:
                    break
                ended |= ways
            if not ways or count == repeat.most:
                break
            fresh = {_without_symbols(way, own) for way in ways} if count else ways
            ways = self.all_of(repeat.items, fresh)
        return ended

    def _line(self, line: Line, way: _Way) -> Iterator[_Way]:
        for index in range(way.place, len(self.events)):
            event = self.events[index]
            if self._carries(line, event) and self._in_time(line, way.last, event):
                known = _agreed(line, event, way)
                if known is not None:
                    yield _Way(index + 1, index, *known)
            if not self.passable[index]:
                return

    def _in_time(self, line: Line, last: int, event: Seen) -> bool:
        if line.within_ns is None or last < 0 or NO_TIME in (event.time_ns, self.events[last].time_ns):
            return True
        return event.time_ns - self.events[last].time_ns <= line.within_ns

    def _carries(self, line: Line, event: Seen) -> bool:  # noqa: PLR0911 - a rule in each
        """Whether its sender, its kind, its flags and its states are as written."""
        if self.peers[event.sender] != line.sender:
            return False
        match line.carried:
            case Icmp(kind):
                return event.protocol in (Protocol.ICMP, Protocol.ICMPV6) and icmp.matches(
                    kind, event.protocol, *event.icmp
                )
            case Flags(bits, at_least):
                if event.protocol != Protocol.TCP or bits & ~event.flags:
                    return False
                if not at_least and (event.flags ^ bits) & _EXACT:
                    return False
            case Datagram():
                return event.protocol == Protocol.UDP
            case _:
                if event.protocol != Protocol.TCP:
                    return False
        if line.states is None or self.stateless:
            return True
        return event.states is not None and all(
            want is None or str(want) == str(state) for want, state in zip(line.states, event.states, strict=True)
        )


# ------------------------------------------------------------------------------------- numbers


def _agreed(line: Line, event: Seen, way: _Way) -> tuple[tuple[tuple[str, int], ...], tuple[_Pending, ...]] | None:
    """The symbols and what still waits after the fields of `line`; None where one is not as written."""
    actual = dict(event.fields)
    carried = line.carried
    about_data = isinstance(carried, Flags) and not carried.at_least and carried.bits & _EXACT == Flag.ACK
    pending = list(way.pending)
    for written in line.fields:
        value = actual.get(written.name)
        if written.relation is Relation.ANY:
            continue
        if written.relation is Relation.ABSENT:
            if value is not None:
                return None
            continue
        if value is None and event.frame == PUT_IN:
            continue
        if value is None:
            return None
        if written.relation is Relation.PRESENT:
            continue
        symbolic = written.relation is Relation.EQUAL and any(linear.factors for linear in written.sums)
        if about_data and written.name == "len" and symbolic and not value:
            return None
        pending.append(_Pending(written, value))
    return _settled(dict(way.symbols), pending)


def _settled(
    symbols: dict[str, int], pending: list[_Pending]
) -> tuple[tuple[tuple[str, int], ...], tuple[_Pending, ...]] | None:
    """Bind and check whatever can be, until nothing more can."""
    while True:
        rest = []
        for each in pending:
            unknown = {name for linear in each.written.sums for name in linear.factors if name not in symbols}
            modular = each.written.name in ("seq", "ack")
            if not unknown:
                if not _holds(each, symbols, modular=modular):
                    return None
            elif len(unknown) == 1 and _solve(each, next(iter(unknown)), symbols, modular=modular):
                continue
            else:
                rest.append(each)
        if len(rest) == len(pending):
            return tuple(sorted(symbols.items())), tuple(rest)
        pending = rest


def _solve(each: _Pending, name: str, symbols: dict[str, int], *, modular: bool) -> bool:
    linear = each.written.low
    if each.written.relation is not Relation.EQUAL or linear is None or abs(linear.factors[name]) != 1:
        return False
    others = linear.constant + sum(factor * symbols[other] for other, factor in linear.factors.items() if other != name)
    value = (each.actual - others) * linear.factors[name]
    symbols[name] = value % _M if modular else value
    return True


def _holds(each: _Pending, symbols: dict[str, int], *, modular: bool) -> bool:
    relation, actual = each.written.relation, each.actual
    low, high = (_total(linear, symbols) for linear in (each.written.sums[0], each.written.sums[-1]))
    if modular:
        low, high = low % _M, high % _M
        at_least = _upto(low, actual)
        at_most = _upto(actual, high)
    else:
        at_least, at_most = actual >= low, actual <= high
    equal = actual == low
    return {
        Relation.EQUAL: equal,
        Relation.UNEQUAL: not equal,
        Relation.BELOW: at_most and not equal,
        Relation.AT_MOST: at_most,
        Relation.ABOVE: at_least and not equal,
        Relation.AT_LEAST: at_least,
        Relation.BETWEEN: at_least and at_most,
    }[relation]


def _total(linear: Linear, symbols: dict[str, int]) -> int:
    return linear.constant + sum(factor * symbols[name] for name, factor in linear.factors.items())


# ------------------------------------------------------------------------------------- symbols


@cache
def _symbols(items: tuple[Item, ...]) -> frozenset[str]:
    return frozenset(
        symbol
        for line in lines_of(items)
        for written in line.fields
        for linear in written.sums
        for _, symbol in linear.terms
        if symbol
    )


def _without(items: tuple[Item, ...], left_out: Repeat) -> tuple[Item, ...]:
    """`items` without that one repeat, wherever it stands."""
    result: list[Item] = []
    for item in items:
        if item is left_out:
            continue
        match item:
            case Optional() | Repeat() | AnyOrder():
                result.append(replace(item, items=_without(item.items, left_out)))
            case Alternatives():
                result.append(Alternatives(tuple(_without(branch, left_out) for branch in item.branches)))
            case _:
                result.append(item)
    return tuple(result)


def _without_symbols(way: _Way, own: frozenset[str]) -> _Way:
    return way._replace(
        symbols=tuple(pair for pair in way.symbols if pair[0] not in own),
        pending=tuple(
            each for each in way.pending if not any(set(linear.factors) & own for linear in each.written.sums)
        ),
    )
