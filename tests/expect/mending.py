"""Differences undone: what was told to be wrong is put right, as it was told, and nothing else.

If that is as expected (says `oracle`), then what was told is all that there was to tell, with the right numbers.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from inspector.expect.icmp import KINDS
from inspector.expect.model import Kind
from inspector.wire.flags import parse_flags
from inspector.wire.row import NO_TIME, Protocol
from tests.expect.oracle import PUT_IN, Seen, is_as_expected

if TYPE_CHECKING:
    from inspector.expect.model import Comparison, Difference
    from inspector.expect.notation import Item

__all__ = ["is_mended"]

_LINE = re.compile(r"(\S+) > \S+  (\S+(?: [^ =]+)?)((?:  .*)?)$")
_NUMBER = re.compile(r"(-?\d+)(?: \(modulo 2\^32\))?(, at least 1)?$")
_MOST_TRIALS = 300


def is_mended(
    items: tuple[Item, ...], peers: tuple[str, str], events: list[Seen], told: Comparison, *, strict: bool
) -> bool:
    """Whether `events` are as expected once all that `told` says of them is undone."""
    missing = [each for each in told.differences if each.kind is Kind.MISSING]
    mended = list(events)
    for each in told.differences:
        if each.kind is Kind.SWAPPED:
            mended = _swapped(mended, each)
        elif each.kind is Kind.EXTRA:
            mended = [event for event in mended if event.frame != each.frame]
        elif each.kind is Kind.CHANGED:
            mended = [_changed(event, each) if event.frame == each.frame else event for event in mended]
    order = {frame: line for line, frame in told.lines}
    places = [_places(mended, order, each.line or 0) for each in missing]
    trials = 0
    for chosen in product(*places):
        if list(chosen) != sorted(chosen):
            continue
        trials += 1
        whole = list(mended)
        for place, each in sorted(zip(chosen, missing, strict=True), key=lambda pair: (pair[0], pair[1].line or 0))[
            ::-1
        ]:
            whole.insert(place, _put_in(each, peers))
        if is_as_expected(items, peers, whole, strict=strict, stateless=True):
            return True
        if trials > _MOST_TRIALS:
            break
    return False


def _places(events: list[Seen], order: dict[int, int], line: int) -> list[int]:
    """Where among `events` a missing line could stand."""
    before = [place for place, event in enumerate(events) if order.get(event.frame, line) < line]
    after = [place for place, event in enumerate(events) if order.get(event.frame, line) > line]
    return list(range(max(before, default=-1) + 1, min(after, default=len(events)) + 1))


def _swapped(events: list[Seen], told: Difference) -> list[Seen]:
    one, two = map(int, re.findall(r"\(frame (\d+)\)", told.actual))
    places = {event.frame: place for place, event in enumerate(events)}
    mended = list(events)
    mended[places[one]], mended[places[two]] = events[places[two]], events[places[one]]
    # When they should have come, nobody knows.
    return [replace(event, time_ns=NO_TIME) for event in mended]


def _changed(event: Seen, told: Difference) -> Seen:
    fields = dict(event.fields)
    match told.field:
        case "flags":
            bits = parse_flags(told.expected.removesuffix("+"))
            assert bits is not None
            keep = 0 if not told.expected.endswith("+") else event.flags
            # What is not compared stays as it is: only written bits are told.
            return replace(event, flags=bits | keep)
        case "icmp":
            for protocol, kind, code in KINDS[told.expected]:
                if protocol == event.protocol:
                    return replace(event, icmp=(kind, code))
        case "time":
            return replace(event, time_ns=NO_TIME)
        case name:
            number = _NUMBER.search(told.expected)
            if told.expected.startswith("no-"):
                fields.pop(name)
            elif number:
                relation = told.expected.split()[0]
                fields[name] = 1 if number[2] else int(number[1]) + {">": 1, "<": -1, "!=": 1}.get(relation, 0)
            else:
                fields[name] = 1
    return replace(event, fields=tuple(fields.items()))


def _put_in(told: Difference, peers: tuple[str, str]) -> Seen:
    """The line that was told to be missing, as an event."""
    found = _LINE.match(told.expected)
    assert found, told.expected
    sender, carried, rest = found.groups()
    fields = {}
    for text in rest.split("  "):
        number = _NUMBER.search(text)
        if number and not text.startswith(">"):
            name = re.match(r"\w+", text)
            assert name
            relation = text[name.end() :].lstrip()
            fields[name[0]] = int(number[1]) + {">": 1, "<": -1}.get(relation[0] if relation[1:2] != "=" else "", 0)
    side = peers.index(sender)
    if carried == "UDP":
        return Seen(PUT_IN, NO_TIME, side, Protocol.UDP, 0, (0, 0), tuple(fields.items()), None, again=False)
    if carried.startswith("ICMP"):
        ((protocol, kind, code), *_) = sorted(KINDS[carried.split()[1]])
        return Seen(PUT_IN, NO_TIME, side, protocol, 0, (kind, code), (), None, again=False)
    bits = parse_flags(carried.removesuffix("+"))
    return Seen(PUT_IN, NO_TIME, side, Protocol.TCP, bits or 0, (0, 0), tuple(fields.items()), None, again=False)
