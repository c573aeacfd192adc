"""A reading, told as differences: what was expected, what was found, and the sum between them.

Here every number gets its text: `x+1 = 1000+1 = 1001`, symbols first, then each term, then what it comes to. What
was found is written in the same symbols where it can be (`x+999 = 1999`), so that the error can be *seen*. One function
formats each kind; nothing else in the house writes one.

A frame or port is all that goes into a display filter: numbers, never bytes from the wire.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from inspector.expect import icmp
from inspector.expect.evaluation import flags_differ, holds, lacks_data, same_states, value_of
from inspector.expect.flags import ACK, COMPARED, FIN, RST, SYN, choice_of, first_choice
from inspector.expect.formatter import carried_text, duration_text, field_text, linear_text
from inspector.expect.marks import MarkTeller, passed_text, states_text
from inspector.expect.model import Difference, Kind, place_of
from inspector.expect.notation import OPTIONS, SEQUENCE_SPACE, Datagram, End, Flags, Icmp, OneOf, Relation
from inspector.expect.rules import rule_of_field, rule_of_flags, rule_of_line
from inspector.expect.timing import is_late
from inspector.language import joined, said
from inspector.wire.flags import flags_text
from inspector.wire.row import Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.expect.evaluation import Check
    from inspector.expect.notation import Field, Linear
    from inspector.expect.reading import Reading, Written
    from inspector.expect.subject import Event, Subject
    from inspector.findings import Side

__all__ = ["NOTHING", "differences"]

_MODULUS = 1 << 32
_FAR = 1 << 16
"""A number further than this from every symbol is not explained by one."""

_Names = dict[str, int]

NOTHING = said("nothing")
_AFTER_THIS = said("nothing after this")


def differences(reading: Reading, subject: Subject, peers: tuple[str, str]) -> tuple[Difference, ...]:
    """All differences, in the order in which they would have been seen."""
    teller = _Teller(reading, subject, peers)
    marked = list(MarkTeller(reading, subject.events, peers, teller.told).differences())
    # What breaks a silence is told as that, and not a second time as extra.
    broken = {place for place, _, difference in marked if difference.field == "silence"}
    found = [*teller.of_lines(), *marked, *(each for each in teller.of_extra() if each[0] not in broken)]
    return tuple(difference for _, _, difference in sorted(found, key=lambda entry: entry[:2]))


class _Teller:
    def __init__(self, reading: Reading, subject: Subject, peers: tuple[str, str]) -> None:
        self.reading = reading
        self.subject = subject
        self.peers = peers

    def of_lines(self) -> Iterator[tuple[int, int, Difference]]:
        """`(place among the events, order at that place, difference)`."""
        last = -1
        previous: Written | None = None
        told_swap = False
        for written in self.reading.lines:
            place = last if written.event is None else written.event
            if written.event is None:
                yield place, written.number, self._missing(written)
                previous = None
                continue
            if written.swapped and not told_swap:
                yield place, 0, self._swapped(written)
            told_swap = written.swapped and not told_swap
            for difference in self._changed(written, previous):
                yield place, 0, difference
            last = max(last, written.event)
            # Where the line before is missing or out of order, the time since it says nothing.
            previous = None if written.swapped else written

    def of_extra(self) -> Iterator[tuple[int, int, Difference]]:
        """The events that no line expected."""
        last = max((written.event for written in self.reading.lines if written.event is not None), default=-1)
        ended = any(isinstance(standing.mark, End) and not standing.free for standing in self.reading.marks)
        for index in self.reading.extra:
            event = self.subject.events[index]
            nothing = _AFTER_THIS if ended and index > last else NOTHING
            yield (
                index,
                0,
                Difference(
                    Kind.EXTRA,
                    None,
                    event.frame,
                    "",
                    nothing,
                    self.told(event),
                    _rule_of_event(event),
                    _frame_filter(event.frame),
                ),
            )

    def _missing(self, written: Written) -> Difference:
        sender = written.prepared.sender
        return Difference(
            Kind.MISSING,
            written.number,
            None,
            "",
            self._line_with_sums(written),
            NOTHING,
            self._rule(written),
            self._filter_of_line(written),
            written.line.part,
            sender.other if self.subject.is_exchanged else sender,
            written_at=written.line.written_at,
        )

    def _swapped(self, written: Written) -> Difference:
        """`written` came after the line that follows it."""
        other = self.reading.lines[written.number]
        first, second = self._event(written), self._event(other)
        return Difference(
            Kind.SWAPPED,
            written.number,
            first.frame,
            "",
            said("{one} before {two}", one=_short(written), two=_short(other)),
            said(
                "{one} (frame {frame}) before {two} (frame {later})",
                one=_short(other),
                frame=second.frame,
                two=_short(written),
                later=first.frame,
            ),
            self._rule(written),
            f"{_frame_filter(second.frame)} || {_frame_filter(first.frame)}",
            written.line.part,
            written_at=written.line.written_at,
        )

    def _rule(self, written: Written) -> str:
        """The rule that a line is there by: what an ACK is for, the lines before it say."""
        before = [_bits(line) for line in self.reading.lines[: written.number - 1]]
        return rule_of_line(written.line, before[-1] if before else 0, after_fin=any(bits & FIN for bits in before))

    def _event(self, written: Written) -> Event:
        if written.event is None:
            raise AssertionError("a missing line has no event")
        return self.subject.events[written.event]

    # ------------------------------------------------------------------------- a changed segment

    def _changed(self, written: Written, previous: Written | None) -> Iterator[Difference]:
        event = self._event(written)
        for name, expected, actual in self._wrong(written, event):
            yield self._change(written, event, name, expected, actual)
        limit = written.line.within_ns
        if limit is not None and previous is not None and not written.swapped:
            before = self._event(previous)
            if is_late(written.line, before, event):
                passed = passed_text(event.time_ns - before.time_ns)
                took = said("{time} after frame {frame}", time=passed, frame=before.frame)
                yield self._change(written, event, "time", f"within {duration_text(limit)}", took)

    def _change(self, written: Written, event: Event, name: str, expected: str, actual: str) -> Difference:
        rule = rule_of_field(name, written.line, self._rule(written))
        shown_by = _frame_filter(event.frame)
        return Difference(
            Kind.CHANGED,
            written.number,
            event.frame,
            name,
            expected,
            actual,
            rule,
            shown_by,
            written.line.part,
            written_at=written.line.written_at,
        )

    def _wrong(self, written: Written, event: Event) -> Iterator[tuple[str, str, str]]:
        """`(field, expected, actual)` of everything that is not as written."""
        line = written.line
        if isinstance(line.carried, Icmp) and not icmp.matches(line.carried.kind, event.protocol, *event.icmp):
            yield "icmp", line.carried.kind, icmp.kind_of(event.protocol, *event.icmp)
        if isinstance(line.carried, Flags | OneOf) and (bits := flags_differ(line.carried, event.flags)):
            # The bits that nobody asked about are left out, so that what differs is all there is to see.
            asked = event.flags & (COMPARED | choice_of(line.carried, event.flags).bits | bits)
            yield "flags", carried_text(line.carried), flags_text(asked)
        bindings = self.reading.bindings(written)
        for check, field in zip(written.prepared.checks, _compared(line.fields), strict=True):
            actual = event.value(check.name)
            if check.name == "len" and lacks_data(written.prepared, event):
                yield "len", said("{expected}, at least 1", expected=self._expected(check, field, written)), "0"
            elif not holds(check, actual, bindings):
                yield check.name, self._expected(check, field, written), self._actual(check, field, actual, written)
        if line.states is not None and not same_states(line.states, event.states):
            yield "states", states_text(line.states), states_text(event.states)

    def _expected(self, check: Check, field: Field, written: Written) -> str:
        if not field.sums:
            return field_text(field)
        names = self._names(written)
        sums = [_sum(linear, names, modular=check.modular) for linear in field.sums]
        if field.relation is Relation.EQUAL:
            return sums[0]
        if field.relation is Relation.BETWEEN:
            return joined(sums, " .. ")
        return joined((str(field.relation), sums[0]), " ")

    def _actual(self, check: Check, field: Field, actual: int | None, written: Written) -> str:
        if actual is None:
            return said("no {field}", field=check.name) if check.name in OPTIONS else NOTHING
        if field.relation is Relation.ABSENT:
            return check.name
        base = value_of(check.low, self.reading.bindings(written))
        if base is None or not check.modular or not check.low[1] or field.low is None:
            return str(actual)
        distance = (actual - base + _MODULUS // 2) % _MODULUS - _MODULUS // 2
        if abs(distance) > _FAR:
            return str(actual)
        return f"{_shifted(field.low, distance)} = {actual}"

    # ------------------------------------------------------------------------- whole lines

    def _names(self, written: Written) -> _Names:
        values = {}
        for place in written.symbols:
            number = self.reading.numbers[place]
            if number is not None:
                values[self.reading.names[place]] = number
        return values

    def _line_with_sums(self, written: Written) -> str:
        """The line, each sum followed by what it comes to where that is known."""
        texts = [f"{written.line.sender} > {written.line.receiver}", carried_text(written.line.carried)]
        names = self._names(written)
        for field in written.line.fields:
            modular = field.name in SEQUENCE_SPACE
            plain = field_text(field)
            if field.relation is Relation.EQUAL and field.low is not None and field.low.factors:
                plain = joined((field.name, _sum(field.low, names, modular=modular)), "=")
            texts.append(plain)
        return joined(texts, "  ")

    def told(self, event: Event) -> str:
        """An event in the notation, its numbers as distances from the symbols where one is near."""
        sender, receiver = self.peers[event.sender], self.peers[1 - event.sender]
        if event.protocol == Protocol.UDP:
            return f"{sender} > {receiver}  UDP  len={event.value('len')}"
        if event.protocol != Protocol.TCP:
            return f"{sender} > {receiver}  ICMP {icmp.kind_of(event.protocol, *event.icmp)}"
        text = f"{sender} > {receiver}  {flags_text(event.flags)}"
        for name, side in (("seq", event.sender), ("ack", event.sender.other)):
            number = event.value(name)
            if number is not None and (name == "seq" or event.flags & COMPARED & ~SYN or number):
                text += f"  {name}={self._in_symbols(number, side)}"
        return f"{text}  len={event.value('len')}"

    def _in_symbols(self, number: int, side: Side) -> str:
        """`number`, which counts what `side` sends, from the nearest symbol below that its lines write `seq` with."""
        known = self._symbols[side]
        values = self._values[side]
        if not values:
            return str(number)
        value = values[bisect_right(values, number) - 1]
        distance = (number - value) % _MODULUS
        return f"{_shifted(known[value], distance)} = {number}" if distance < _FAR else str(number)

    @cached_property
    def _symbols(self) -> tuple[dict[int, Linear], dict[int, Linear]]:
        """For each side: numbers and the symbols that its lines write `seq` with, the first where several are one."""
        known: tuple[dict[int, Linear], dict[int, Linear]] = {}, {}
        for written in self.reading.lines:
            for field in written.line.fields:
                if field.name != "seq" or field.low is None:
                    continue
                if field.low.terms == ((1, next(iter(field.low.factors), "")),):
                    value = self._names(written).get(field.low.terms[0][1])
                    if value is not None:
                        known[written.prepared.sender].setdefault(value % _MODULUS, field.low)
        return known

    @cached_property
    def _values(self) -> tuple[list[int], list[int]]:
        return sorted(self._symbols[0]), sorted(self._symbols[1])

    def _filter_of_line(self, written: Written) -> str:
        """Shows the segments of this connection that could have been the missing line."""
        parts = [self.subject.display_filter or self.subject.transport.lower()]
        carried = written.line.carried
        ports = self.subject.ports
        if isinstance(carried, Icmp):
            return " && ".join([*parts, "(icmp || icmpv6)"])
        kind = "udp" if isinstance(carried, Datagram) else "tcp"
        if ports is not None and ports[0] != ports[1]:
            parts.append(f"{kind}.srcport == {ports[written.prepared.sender]}")
        if isinstance(carried, Flags):
            parts.extend(_filter_of_flags(carried.bits))
        if isinstance(carried, OneOf):
            choices = (" && ".join(_filter_of_flags(choice.bits)) for choice in carried.choices)
            parts.append("(" + " || ".join(f"({choice})" for choice in choices) + ")")
        return " && ".join(parts)


def _filter_of_flags(bits: int) -> Iterator[str]:
    """As a student would type it: what is set, what tells SYN from SYN,ACK, and nothing else set for a bare ACK."""
    for name, bit in (("syn", SYN), ("fin", FIN), ("rst", RST)):
        if bits & bit or not bits & (SYN | FIN | RST):
            yield f"tcp.flags.{name} == {int(bool(bits & bit))}"
    yield f"tcp.flags.ack == {int(bool(bits & ACK))}"


def _compared(fields: tuple[Field, ...]) -> list[Field]:
    return [field for field in fields if field.relation is not Relation.ANY]


def _sum(linear: Linear, names: _Names, *, modular: bool) -> str:
    """`x+1 = 1000+1 = 1001`; `1001` for a constant; the symbols alone while one of them is unknown."""
    written = linear_text(linear)
    if not linear.factors:
        return str(linear.constant % _MODULUS) if modular else str(linear.constant)
    if any(symbol not in names for symbol in linear.factors):
        return written
    total = sum(factor * (names.get(symbol, 0) if symbol else 1) for factor, symbol in linear.terms)
    result = total % _MODULUS if modular else total
    texts = [written]
    if len(linear.terms) > 1 or linear.terms[0][0] != 1:
        texts.append(_in_numbers(linear, names))
    texts.append(str(result) if result == total else said("{number} (modulo 2^32)", number=result))
    return joined(texts, " = ")


def _in_numbers(linear: Linear, names: _Names) -> str:
    text = ""
    for factor, symbol in linear.terms:
        size = abs(factor)
        number = names.get(symbol, 0)
        term = str(size) if not symbol else str(number) if size == 1 else f"{size}*{number}"
        text += ("-" if factor < 0 else "+" if text else "") + term
    return text


def _shifted(linear: Linear, distance: int) -> str:
    """`linear` moved by `distance`, its constant last: `x+1` moved by -1 is `x`."""
    symbols = "".join(
        ("-" if factor < 0 else "+" if index else "") + (symbol if abs(factor) == 1 else f"{abs(factor)}*{symbol}")
        for index, (symbol, factor) in enumerate(linear.factors.items())
    )
    constant = linear.constant + distance
    return symbols + (f"{constant:+d}" if constant else "")


def _bits(written: Written) -> int:
    carried = written.line.carried
    return first_choice(carried).bits if isinstance(carried, Flags | OneOf) else 0


def _short(written: Written) -> str:
    place = place_of(written.number, written.line.written_at)
    return said("{place} {carried}", place=place, carried=carried_text(written.line.carried))


def _rule_of_event(event: Event) -> str:
    if event.protocol == Protocol.TCP:
        return rule_of_flags(event.flags)
    return "RFC 768" if event.protocol == Protocol.UDP else "RFC 1122 section 4.1.3"


def _frame_filter(frame: int) -> str:
    return f"frame.number == {frame}"
