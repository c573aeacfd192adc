"""Reads one line of the notation: who to whom, what it carries, its fields, its time and its states.

The grammar is at the head of `notation`. Not here: blocks, headers and comments (`parser`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inspector.expect.icmp import KINDS
from inspector.expect.notation import (
    ANY,
    OPTIONS,
    Datagram,
    Field,
    Flags,
    Icmp,
    Line,
    Linear,
    OneOf,
    Relation,
)
from inspector.expect.scanner import NAME, SYMBOL, nearest
from inspector.expect.written import MOST_CHOICES, SEQUENCE_SPACE
from inspector.language import joined, said
from inspector.tcp.states import State
from inspector.wire.flags import parse_flags
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from inspector.expect.notation import Carried, StatePair
    from inspector.expect.scanner import Cursor

__all__ = [
    "ARROW",
    "DURATIONS",
    "TCP_FIELDS",
    "UDP_FIELDS",
    "parse_duration",
    "parse_line",
    "parse_linear",
    "parse_states",
]

TCP_FIELDS = ("seq", "ack", "len", "win", "urg", "mss", "wscale", "sack", "timestamps")
UDP_FIELDS = ("len",)
DURATIONS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "min": 60_000_000_000}

ARROW = re.compile(r"->|→|>")
_CARRIED = re.compile(r"\[[^\]]*\]\+?|[^\s,|]+(?:\s*,\s*[^\s,|]+)*")
_ICMP_KIND = re.compile(r"[\w/-]+")
_FIELD = re.compile(r"[A-Za-z][\w-]*")
_RELATION = re.compile(r"!=|<=|>=|=|<|>")
_INTEGER = re.compile(r"0[xX][0-9a-fA-F]{1,16}\b|[0-9]{1,20}(?![\w])")
_DURATION = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,9}))?[ ]*(ns|us|ms|s|min)\b")
_STATE = re.compile(r"[A-Z][A-Z0-9_-]*|-")
_STATES = {str(state): state for state in reversed(State)}
"""By their printed names; SYN-RECEIVED is the passive one, and its active twin compares alike."""

_NOT_BELOW = frozenset({Relation.EQUAL, Relation.AT_LEAST, Relation.ABOVE, Relation.BETWEEN})
_MOST = dict.fromkeys(TCP_FIELDS, 0xFFFF) | {"seq": 0xFFFF_FFFF, "ack": 0xFFFF_FFFF, "wscale": 0xFF}
"""What a header has room for. A shift above 14 is against RFC 7323 section 2.3, and can be seen all the same."""

_SUM = said("a sum such as `x`, `x+1+n` or `1000`")
_FLAG_WORDS = said("flags such as `RST,ACK` or `[R.]`")
_CARRIED_WORDS = said("flags such as `SYN,ACK` or `[S.]`, `any`, `UDP`, or `ICMP port-unreachable`")


def parse_line(cursor: Cursor) -> Line:
    """One line, from the sender's name to the end."""
    at = cursor.place
    sender = cursor.need(NAME, said("a sender, as in `client > server`"))
    if cursor.take(ARROW) is None:
        cursor.fail(said("`>` and a receiver, as in `client > server`"))
    place = cursor.place
    receiver = cursor.need(NAME, said("a receiver, as in `client > server`"))
    if receiver == sender:
        cursor.fail(said("the other peer's name: a segment goes from one end to the other"), text=receiver, place=place)
    carried = _carried(cursor)
    fields = _fields(cursor, carried)
    within_ns = _within(cursor)
    states = parse_states(cursor)
    cursor.end(_what_may_follow(carried))
    return Line(sender, receiver, carried, fields, within_ns, states, at=at, receiver_at=place)


def _what_may_follow(carried: Carried) -> str:
    known = joined(f"`{name}`" for name in _field_names(carried))
    if not known:
        return said("`within 200ms`, `| STATE STATE`, or the end")
    return said("a field ({fields}) or `within 200ms`, `| STATE STATE`, or the end", fields=known)


def _field_names(carried: Carried) -> tuple[str, ...]:
    if isinstance(carried, Icmp):
        return ()
    return UDP_FIELDS if isinstance(carried, Datagram) else TCP_FIELDS


def _carried(cursor: Cursor) -> Carried:
    if cursor.accept_word("UDP"):
        return Datagram()
    if cursor.accept_word("ICMP"):
        return Icmp(_icmp_kind(cursor))
    if cursor.accept_word("any"):
        return ANY
    choices = [_flags(cursor, _CARRIED_WORDS)]
    while cursor.accept_word("or"):
        if len(choices) == MOST_CHOICES:
            cursor.fail(said("at most {most} flags to choose from", most=MOST_CHOICES))
        choices.append(_flags(cursor, _FLAG_WORDS))
    return choices[0] if len(choices) == 1 else OneOf(tuple(choices))


def _flags(cursor: Cursor, expected: str) -> Flags:
    place = cursor.place
    text = cursor.need(_CARRIED, expected)
    bits = parse_flags(text.removesuffix("+"))
    if bits is None:
        cursor.fail(expected, text=text, place=place, meant=_flags_meant(text))
    return Flags(bits, at_least=text.endswith("+"))


def _flags_meant(text: str) -> str:
    """The flags that `text` was probably meant to be; empty where one of them is like none, or they are too many."""
    flags = Flag.members()
    written = text.strip("[]+").upper().split(",", len(flags))
    words = [nearest(word.strip(), flags) for word in written] if len(written) <= len(flags) else []
    return ",".join(words) if all(words) else ""


def _icmp_kind(cursor: Cursor) -> str:
    known = joined(f"`{name}`" for name in KINDS)
    expected = said("{kinds}, `any`, or numbers as in `3/9`", kinds=known)
    place = cursor.place
    kind = cursor.need(_ICMP_KIND, expected)
    if kind not in KINDS and kind != "any" and not re.fullmatch(r"(0|[1-9]\d{0,2})/(0|[1-9]\d{0,2})", kind, re.ASCII):
        cursor.fail(expected, text=kind, place=place, meant=nearest(kind, KINDS))
    return kind


def _fields(cursor: Cursor, carried: Carried) -> tuple[Field, ...]:
    fields: list[Field] = []
    while not cursor.at_end() and not cursor.text.startswith("|", cursor.position):
        start = cursor.position
        place = cursor.place
        name = cursor.need(_FIELD, _what_may_follow(carried))
        if name == "within":
            cursor.position = start
            break
        if name.removeprefix("no-") not in _field_names(carried):
            meant = nearest(name, (*_field_names(carried), "within"))
            cursor.fail(_what_may_follow(carried), text=name, place=place, meant=meant)
        fields.append(_field(cursor, name, place))
    return tuple(fields)


def _field(cursor: Cursor, name: str, place: tuple[int, int]) -> Field:
    relation = cursor.take(_RELATION)
    option = name.removeprefix("no-")
    if relation is None or option != name:
        if option not in OPTIONS or relation is not None:
            cursor.fail(said("`=`, `>` ... and a sum after `{option}`", option=option), text=name, place=place)
        return Field(option, Relation.PRESENT if option == name else Relation.ABSENT)
    if name in ("sack", "timestamps"):
        cursor.fail(said("`{name}` or `no-{name}`, which has no number", name=name), text=name + relation, place=place)
    if relation == "=" and cursor.accept_word("any"):
        return Field(name, Relation.ANY)
    place = cursor.place
    low = parse_linear(cursor)
    if relation == "=" and cursor.accept(".."):
        found = Field(name, Relation.BETWEEN, low, parse_linear(cursor))
    else:
        found = Field(name, Relation(relation), low)
    _refuse_what_cannot_be(cursor, found, low, place)
    return found


def _refuse_what_cannot_be(cursor: Cursor, field: Field, low: Linear, place: tuple[int, int]) -> None:
    """Where no segment could be as it is written, whatever the symbols are."""
    text = cursor.text[place[1] - 1 : cursor.position]
    most = _MOST[field.name]
    is_number = not low.factors and (len(low.terms) == 1 or field.name not in SEQUENCE_SPACE)  # a sum of these wraps
    if field.relation in _NOT_BELOW and is_number and low.constant > most:
        cursor.fail(said("at most {most}, which is all that the field has room for", most=most), text=text, place=place)
    if field.high is None or field.name in SEQUENCE_SPACE:  # these wrap
        return
    if field.high.factors == low.factors and field.high.constant < low.constant:
        cursor.fail(said("a range whose second number is not below the first"), text=text, place=place)


def parse_linear(cursor: Cursor) -> Linear:
    """A sum: terms joined by `+` and `-`, each a number, a symbol, or a number times a symbol."""
    sign = -1 if cursor.accept("-") else 1
    terms = [_term(cursor, sign)]
    while True:
        if cursor.accept("+"):
            terms.append(_term(cursor, 1))
        elif cursor.accept("-"):
            terms.append(_term(cursor, -1))
        else:
            return Linear(tuple(terms))


def _term(cursor: Cursor, sign: int) -> tuple[int, str]:
    number = cursor.take(_INTEGER)
    if number is None:
        place = cursor.place
        symbol = cursor.need(SYMBOL, _SUM)
        if symbol == "any":
            cursor.fail(said("{expected}; `any` stands alone after `=`", expected=_SUM), text=symbol, place=place)
        return sign, symbol
    factor = sign * int(number, 16 if number[:2] in ("0x", "0X") else 10)
    if cursor.accept("*"):
        return factor, cursor.need(SYMBOL, said("a symbol after `*`, as in `2*n`"))
    return factor, ""


def _within(cursor: Cursor) -> int | None:
    return parse_duration(cursor) if cursor.accept_word("within") else None


def parse_duration(cursor: Cursor) -> int:
    """A duration in nanoseconds."""
    text = cursor.need(_DURATION, said("a duration such as `200ms` or `1.5s`"))
    match = _DURATION.fullmatch(text)
    if match is None:
        cursor.fail(said("a duration such as `200ms` or `1.5s`"), text=text)
    whole, decimals, unit = match.groups()
    scale = DURATIONS[unit]
    return int(whole) * scale + int((decimals or "0").ljust(9, "0")) * scale // 1_000_000_000


def parse_states(cursor: Cursor) -> StatePair | None:
    """`| STATE STATE`; None where no `|` stands."""
    if not cursor.accept("|"):
        return None
    return _state(cursor), _state(cursor)


def _state(cursor: Cursor) -> State | None:
    expected = said("the originator's state and the responder's, as in `| SYN-SENT LISTEN`, or `-` for either")
    place = cursor.place
    name = cursor.need(_STATE, expected)
    if name == "-":
        return None
    state = _STATES.get(name.replace("_", "-"))
    if state is None:
        cursor.fail(
            said("{expected}; the states are {states}", expected=expected, states=joined(reversed(_STATES))),
            text=name,
            place=place,
            meant=nearest(name, _STATES),
        )
    return state
