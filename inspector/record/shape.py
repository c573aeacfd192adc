"""Who sends what, and no numbers: the most general that can be said of one connection or exchange.

1. Where the library has a part that fits (the handshake, a close, a refusal), it is used; whether it fits, the
   comparison says, as it says it everywhere.
2. Data between them is folded into turns: `repeat +` of one end's data, and where the turns go on, of both.
3. What is neither is a line with its flags.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from inspector.errors import ExpectationError
from inspector.expect import icmp
from inspector.expect.comparison import compare
from inspector.expect.flags import ACK, COMPARED, FIN
from inspector.expect.notation import Datagram, Field, Flags, Icmp, Line, Relation, Repeat, Sequence, Use
from inspector.expect.subject import Subject, Transport
from inspector.record.lines import PEERS, peers_of_event
from inspector.record.streams import constant
from inspector.wire.row import Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.expect.notation import Item
    from inspector.expect.subject import Event

__all__ = ["shape_of"]

_HANDSHAKE = 3
_LONGEST_CLOSE = 2_000
"""Events after the first FIN: a longer close is written line by line."""


def shape_of(subject: Subject) -> tuple[Item, ...]:
    """The items of the sequence."""
    if subject.transport is Transport.UDP:
        return tuple(_folded(list(subject.events)))
    if _fits(subject, "refused", subject.events):
        return (Use("refused"),)
    required = [index for index, event in enumerate(subject.events) if not event.tolerated]
    begin, end = 0, len(subject.events)
    items: list[Item] = []
    if len(required) >= _HANDSHAKE:
        behind = required[_HANDSHAKE - 1] + 1
        if _fits(subject, "three-way-handshake", subject.events[:behind]):
            begin = behind
            items.append(Use("three-way-handshake"))
    close = next((index for index in required if index >= begin and subject.events[index].flags & FIN), end)
    closes = close < end <= close + _LONGEST_CLOSE and _fits(subject, "any-close", subject.events[close:])
    between = subject.events[begin : close if closes else end]
    items += _folded([event for event in between if not event.tolerated])
    return (*items, *[Use("any-close")] * closes)


def _fits(subject: Subject, name: str, events: tuple[Event, ...]) -> bool:
    """Whether these events are just what the library calls `name`."""
    part = Subject(subject.transport, subject.number, events, "")
    try:
        return compare(Sequence((Use(name),)), part).matched
    except ExpectationError:  # too long to tell
        return False


def _folded(events: list[Event]) -> Iterator[Item]:
    """Turns of data folded, and all else as lines."""
    for is_data, group in groupby(events, _is_data):
        if is_data:
            yield from _turns([sender for sender, _ in groupby(event.sender for event in group)], events[0])
        else:
            yield from map(_line, group)


def _turns(senders: list[int], like: Event) -> Iterator[Item]:
    """`senders` are whose turn it was, one after the other."""
    lines = [Repeat((_data(sender, like),), 1, None) for sender in senders[:2]]
    rounds = len(senders) // 2
    if rounds > 1:
        yield Repeat(tuple(lines), 1, None)
    elif rounds:
        yield from lines
    if len(senders) % 2:
        yield lines[0]


def _is_data(event: Event) -> bool:
    if event.protocol == Protocol.TCP:
        return event.flags & COMPARED == ACK and bool(event.value("len"))
    return event.protocol == Protocol.UDP


def _data(sender: int, like: Event) -> Line:
    if like.protocol == Protocol.TCP:
        return Line(PEERS[sender], PEERS[1 - sender], Flags(ACK), (Field("len", Relation.ABOVE, constant(0)),))
    return Line(PEERS[sender], PEERS[1 - sender], Datagram())


def _line(event: Event) -> Line:
    if event.protocol != Protocol.TCP:
        return Line(*peers_of_event(event), Icmp(icmp.kind_of(event.protocol, *event.icmp)))
    flags = event.flags & COMPARED
    length = (Field("len", Relation.EQUAL, constant(0)),) if flags == ACK else ()
    return Line(*peers_of_event(event), Flags(flags), length)
