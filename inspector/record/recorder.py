"""A connection or an exchange, written down as an expected sequence.

    sequence = record(connection, Wish(Level.BOARD))        format_sequence(sequence)

Laws: what was recorded matches what it was recorded of, at every level; and it has a text that reads back as the same
sequence (`parse(format(x)) == x`). What is tolerated (`expect.subject`) is left out, but for EXACT, which is `strict`.

A connection whose beginning was not captured is a part: `ending` with a close, `anywhere` without one. One that was
opened and is open still is a `beginning`. EXACT is always the whole of what was seen.

Faults of a peer that were found are part of what was seen: `provokes:` names them, and the header says so. Several
connections as one file: `several`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from inspector.errors import ExpectationError
from inspector.expect.flags import FIN, RST, SYN
from inspector.expect.notation import Part, Remark, Sequence
from inspector.expect.subject import Transport, subject_of
from inspector.language import joined, said, said_n
from inspector.record.lines import lines_of_events, streams_of
from inspector.record.shape import shape_of
from inspector.record.streams import Names, RawNumbers
from inspector.record.wish import Level
from inspector.tcp.facts import Fact
from inspector.tcp.model import Close, Connection, Handshake
from inspector.tcp.states import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from inspector.expect.notation import Item
    from inspector.expect.subject import Event, Subject
    from inspector.record.wish import Wish
    from inspector.udp.model import Exchange

__all__ = ["MOST_LINES", "MOST_LINES_OF_A_PART", "about", "name_of", "record", "section"]

MOST_LINES = 4_000
"""A longer sequence nobody reads, and `expect.expansion` would refuse it soon."""

MOST_LINES_OF_A_PART = 500
"""Where a part begins has to be found: that takes time by the square of its lines."""


def record(inspected: Connection | Exchange, wish: Wish) -> Sequence:
    """The sequence. ExpectationError where it would be too long, or where its segments were not kept."""
    subject = subject_of(inspected)
    items = shape_of(subject) if wish.level is Level.SHAPE else _written(inspected, subject, wish)
    name, faults = name_of(inspected), _faults(inspected)
    return Sequence(
        items,
        title=wish.title or (said("{name} of {source}", name=name, source=wish.source) if wish.source else name),
        about=tuple(about([subject], faults, wish)),
        part=_part(inspected, wish),
        strict=wish.level is Level.EXACT,
        provokes=faults,
    )


def name_of(inspected: Connection | Exchange) -> str:
    """As its report calls it."""
    if isinstance(inspected, Connection):
        return said("Connection {number}", number=inspected.number)
    return said("Exchange {number}", number=inspected.number)


def _written(inspected: Connection | Exchange, subject: Subject, wish: Wish) -> tuple[Item, ...]:
    """A line for each event that is expected, under the names of what they are part of."""
    events = [event for event in subject.events if wish.level is Level.EXACT or not event.tolerated]
    _refuse_to_be_long(inspected, len(events), wish)
    if not isinstance(inspected, Connection):
        names, unused = Names(lengths=wish.level is Level.BOARD), (RawNumbers(), RawNumbers())
        return tuple(lines_of_events(events, subject.transport, unused, names, wish))
    names = Names(lengths=wish.level is Level.BOARD or wish.tells_lengths, shared=not wish.tells_lengths)
    lines = list(lines_of_events(events, subject.transport, streams_of(inspected, subject, names), names, wish))
    if inspected.handshake not in (Handshake.COMPLETE, Handshake.SIMULTANEOUS, Handshake.NOT_SEEN):
        return tuple(lines)
    first, behind = _borders(inspected, events)
    close = said("Reset") if behind < len(events) and events[behind].flags & RST else said("Close")
    told: list[Item] = []
    parts = ((said("Handshake"), 0, first), (said("Data"), first, behind), (close, behind, len(lines)))
    for title, begin, end in parts:
        if begin < end:
            told += [section(title, events[begin:end], wish), *lines[begin:end]]
    return tuple(told)


def _refuse_to_be_long(inspected: Connection | Exchange, lines: int, wish: Wish) -> None:
    name = name_of(inspected)
    if lines > MOST_LINES:
        reason = said(
            "it would be {found:,} lines, expected at most {most:,}: `--shape` folds its data",
            found=lines,
            most=MOST_LINES,
        )
        raise ExpectationError(name, reason)
    if lines > MOST_LINES_OF_A_PART and _part(inspected, wish) in (Part.ANYWHERE, Part.ENDING):
        reason = said(
            "its beginning was not captured, and it would be a part of {found:,} lines, expected at most {most:,}: "
            "`--shape` folds its data, `--exact` takes what was captured for the whole",
            found=lines,
            most=MOST_LINES_OF_A_PART,
        )
        raise ExpectationError(name, reason)


def section(title: str, events: list[Event] | tuple[Event, ...], wish: Wish) -> Remark:
    """The line above what `events` are."""
    first, last = events[0].frame, events[-1].frame
    if not wish.tells_frames:
        return Remark(title)
    if first == last:
        return Remark(said("{title}: frame {first}", title=title, first=first))
    return Remark(said("{title}: frames {first} to {last}", title=title, first=first, last=last))


def _borders(connection: Connection, events: list[Event]) -> tuple[int, int]:
    """The places of the first event behind the handshake, and of the first of the close."""
    opening = {traced.row.frame for traced in connection.segments if traced.facts & Fact.HANDSHAKE_3}
    opens = [index for index, event in enumerate(events) if event.flags & SYN or event.frame in opening]
    first = opens[-1] + 1 if opens else 0
    ends = (index for index in range(first, len(events)) if events[index].flags & (FIN | RST))
    return first, next(ends, len(events))


def _part(inspected: Connection | Exchange, wish: Wish) -> Part:
    """How much of a connection it describes."""
    if not isinstance(inspected, Connection) or wish.level is Level.EXACT:
        return Part.WHOLE
    closed = inspected.close is not Close.NONE
    if inspected.handshake is Handshake.NOT_SEEN or not inspected.segments[0].row.flags & SYN:
        return Part.ENDING if closed else Part.ANYWHERE
    open_still = inspected.originator.state is inspected.responder.state is State.ESTABLISHED
    return Part.BEGINNING if open_still and not closed else Part.WHOLE


def _faults(inspected: Connection | Exchange) -> tuple[str, ...]:
    """The kinds of rules that were broken in it."""
    return tuple(dict.fromkeys(finding.kind for finding in inspected.findings if finding.is_fault))


def about(subjects: Iterable[Subject], faults: Collection[str], wish: Wish) -> Iterator[str]:
    """Where it is from, and what is not in it. No addresses: a sequence is for any two peers."""
    subjects = tuple(subjects)
    events = [event for subject in subjects for event in subject.events]
    first, last = min(event.frame for event in events), max(event.frame for event in events)
    where = said("frame {first}", first=first)
    if last > first:
        where = said("frames {first} to {last}", first=first, last=last)
    yield said("Recorded from {where}: {what}.", where=where, what=_counted(subjects))
    left_out = Counter(event.tolerated for event in events if event.tolerated)
    if left_out and wish.level is not Level.EXACT:
        reasons = joined(said("{reason} ({count:,})", reason=reason, count=each) for reason, each in left_out.items())
        yield said("Left out, since they are tolerated: {reasons}.", reasons=reasons)
    if faults:
        kinds = joined(faults)
        yield said_n(
            "A rule was broken in it, which is expected here: {kinds}.",
            "{n} rules were broken in it, which is expected here: {kinds}.",
            len(faults),
            kinds=kinds,
        )


def _counted(subjects: Iterable[Subject]) -> str:
    """How many segments there are, and how many datagrams."""
    counts: Counter[Transport] = Counter()
    for subject in subjects:
        counts[subject.transport] += len(subject.events)
    segments, datagrams = counts[Transport.TCP], counts[Transport.UDP]
    told = [said_n("{n:,} segment", "{n:,} segments", segments)] * bool(segments)
    told += [said_n("{n:,} datagram", "{n:,} datagrams", datagrams)] * bool(datagrams)
    return told[0] if len(told) == 1 else joined(told, " and ")
