"""An expected sequence against what connections and exchanges did.

Who is judged. A sequence of TCP lines is compared with every TCP connection, one of UDP or ICMP lines with every UDP
exchange: each must be as expected. Where there is none, one comparison says that everything is missing. A sequence
that has lines of both kinds is two, side by side: each is compared with its own kind, and nothing is said of the order
between them. A block that mixes them is the expectation's fault. `nothing` is compared with all there is. A file of
connections is compared with all of them at once (`connections`).

What is compared. A sequence describes all of a connection, unless its header says `part:`; then `...` stands for what
comes before or after, so `three-way-handshake` asked for by itself is about how a connection begins. Unless it says
`strict`, what `subject` calls tolerated is passed over and told in a note.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.errors import ExpectationError
from inspector.expect.automaton import build
from inspector.expect.connections import compare_blocks, slots_of
from inspector.expect.consequences import acquitted, without_consequences
from inspector.expect.differences import differences
from inspector.expect.evaluation import NUMBER
from inspector.expect.expansion import expand, told_peers
from inspector.expect.flags import ACK, SYN
from inspector.expect.library import load
from inspector.expect.matching import Matcher
from inspector.expect.model import Comparison, Kind, Transport
from inspector.expect.notation import Datagram, Icmp, Mark, Silence, Unread, are_nothing, connections_of, lines_of
from inspector.expect.reading import read
from inspector.expect.subject import Subject, subject_of
from inspector.language import joined, said, said_n

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from inspector.expect.alignment import Alignment
    from inspector.expect.model import Difference
    from inspector.expect.notation import Item, Sequence
    from inspector.expect.reading import Reading
    from inspector.tcp.model import Connection
    from inspector.udp.model import Exchange

__all__ = ["Comparer", "check_comparable", "compare", "compare_all", "parts_of", "told"]

_FRAMES_NAMED = 5
_EXCHANGED_AT_MOST = 200_000
"""Events times steps up to which both castings are tried."""


def compare(
    sequence: Sequence, inspected: Connection | Exchange | Subject, find: Callable[..., Sequence] = load
) -> Comparison:
    """`sequence` against one connection or exchange.

    `find` gives the sequences that it uses. ExpectationError where the sequence cannot be compared: what it uses is
    unknown, one block mixes TCP and UDP, or the work would pass the bound of `matching`.
    """
    return Comparer(sequence, find).compare(inspected)


def check_comparable(sequence: Sequence, find: Callable[..., Sequence] = load) -> None:
    """ExpectationError, as `compare` raises it, where `sequence` can be compared with nothing."""
    if any(connections_of(sequence.items)):
        slots_of(sequence, 0, lambda one: Comparer(one, find))
    else:
        Comparer(sequence, find)


def compare_all(
    sequence: Sequence,
    connections: Iterable[Connection],
    exchanges: Iterable[Exchange],
    find: Callable[..., Sequence] = load,
    *,
    only: Transport | None = None,
) -> tuple[Comparison, ...]:
    """`sequence` against each of those that it is about (see above), in their order; at least one comparison.

    With `only` nothing is asked of the other kind.
    """
    if any(connections_of(sequence.items)):
        subjects = [*map(subject_of, connections), *map(subject_of, exchanges)]
        return compare_blocks(sequence, subjects, lambda one: Comparer(one, find))
    comparer = Comparer(sequence, find)
    found: list[Comparison] = []
    for transport in comparer.matchers:
        if only not in (None, transport) and not comparer.expects_nothing:
            continue
        judged: list[Connection | Exchange | Subject] = []
        if transport is Transport.TCP or comparer.expects_nothing:
            judged.extend(connections)
        if transport is Transport.UDP or comparer.expects_nothing:
            judged.extend(exchanges)
        found += map(comparer.compare, judged or [Subject(transport, None, (), "")])
    return tuple(found)


def parts_of(items: Iterable[Item], name: str) -> dict[Transport, tuple[Item, ...]]:
    """The items about TCP and those about UDP, whichever is spoken of first; all are about TCP where there is no line.

    A `...` belongs to what was spoken of last; at the beginning and at the end, to both. States and the end belong to
    what was spoken of last. ExpectationError, naming `name`, for a block that mixes them.
    """
    items = tuple(items)
    told = [(item, _transport_of(item, name)) for item in items]
    spoken = [place for place, (_, transport) in enumerate(told) if transport]
    if not spoken:
        return {Transport.TCP: tuple(item for item, _ in told)}
    parts: dict[Transport, list[Item]] = {transport: [] for _, transport in told if transport}
    latest = told[spoken[0]][1]
    for place, (item, transport) in enumerate(told):
        latest = transport or latest
        is_at_an_edge = not spoken[0] <= place <= spoken[-1]
        for each, its_items in parts.items():
            if each is latest or (is_at_an_edge and not isinstance(items[place], Mark)):
                its_items.append(item)
    return {transport: tuple(its_items) for transport, its_items in parts.items()}


def _transport_of(item: Item, name: str) -> Transport | None:
    """What the lines of one item are about; None where it has none."""
    found: dict[Transport, tuple[int, int]] = {}
    for line in lines_of((item,)):
        if isinstance(line, Unread):
            continue
        transport = Transport.UDP if isinstance(line.carried, Datagram | Icmp) else Transport.TCP
        found.setdefault(transport, line.at)
    if isinstance(item, Silence):
        return Transport.UDP if item.datagrams else Transport.TCP
    if len(found) > 1:
        line_number, column = list(found.values())[1]
        raise ExpectationError(
            name, said("found TCP and UDP lines in one block, expected one of them"), line=line_number, column=column
        )
    return next(iter(found), None)


class Comparer:
    """A sequence made ready once, to be compared with many."""

    def __init__(self, sequence: Sequence, find: Callable[..., Sequence] = load) -> None:
        where = sequence.path or sequence.name
        if block := next(connections_of(sequence.items), None):
            reason = said("found several connections, expected the lines of one")
            raise ExpectationError(where, reason, line=block.at[0], column=block.at[1], text=block.name)
        items = expand(sequence, find)
        self.name = sequence.name
        self.peers = told_peers(sequence)
        self.expects_nothing = are_nothing(items)
        self.provokes = sequence.provokes
        self.matchers = {
            transport: Matcher(build(part, where), self.peers, strict=sequence.strict, name=where)
            for transport, part in parts_of(items, where).items()
        }

    def compare(self, inspected: Connection | Exchange | Subject) -> Comparison:
        """The comparison with one of them."""
        subject = inspected if isinstance(inspected, Subject) else subject_of(inspected)
        matcher = self.matchers.get(subject.transport) or next(iter(self.matchers.values()))
        found = self._told(matcher, subject)
        if len(found.differences) > 1 and _may_be_exchanged(subject, matcher):
            other = self._told(matcher, subject.exchanged)
            if 0 < len(other.differences) < len(found.differences):
                note = said("nearer with the roles exchanged: {peer} is the responder", peer=self.peers[0])
                found = replace(other, notes=(note, *other.notes))
        return replace(found, expects_nothing=self.expects_nothing, provokes=self.provokes)

    def _told(self, matcher: Matcher, subject: Subject) -> Comparison:
        return told(matcher, matcher.align(subject.events), subject, self.peers, self.name)


def told(matcher: Matcher, alignment: Alignment, subject: Subject, peers: tuple[str, str], name: str) -> Comparison:
    """The comparison by an alignment."""
    reading = read(matcher, alignment.steps, alignment.bindings, subject.events)
    if not matcher.strict:
        reading = acquitted(reading, subject.events)
    found, following = without_consequences(differences(reading, subject, peers))
    return Comparison(
        name,
        not found,
        found,
        _bindings(reading),
        tuple(
            (written.number, subject.events[written.event].frame)
            for written in reading.lines
            if written.event is not None
        ),
        (*_notes(reading, subject), *_notes_of_states(following)),
        subject.number,
        distance=_distance(alignment.cost, found),
        transport=subject.transport,
    )


def _may_be_exchanged(subject: Subject, matcher: Matcher) -> bool:
    """Whether it is not certain who the originator is: where a first segment is wrong or missing, another seems to be.

    One who sends SYN alone, answered by one who does not, leaves no doubt. What is much work is not tried.
    """
    if not subject.events:
        return False
    first = subject.events[0].sender
    opening = {(each.sender, bool(each.flags & ACK)) for each in subject.events if each.flags & SYN}
    if (first, False) in opening and not {(first, True), (first.other, False)} & opening:
        return False
    return len(subject.events) * matcher.automaton.steps <= _EXCHANGED_AT_MOST


def _distance(cost: int, found: tuple[Difference, ...]) -> int:
    """What the differences cost: the alignment's price, to which a time is no concern."""
    if not found:
        return 0
    late = sum(each.kind is Kind.CHANGED and each.field == "time" for each in found)
    return max(cost + NUMBER * late, 1)


def _bindings(reading: Reading) -> tuple[tuple[str, int], ...]:
    """Symbols in the order of their use; one that is new in each round of a repeat is told with its first number."""
    found: dict[str, int] = {}
    for written in reading.lines:
        sums = [side for check in written.prepared.checks for side in (check.low, check.high)]
        used = {symbol for _, terms in sums for symbol, _ in terms}
        for symbol in sorted(used):
            place = written.symbols[symbol]
            number = reading.numbers[place]
            if number is not None:
                found.setdefault(reading.names[place], number)
    return tuple(found.items())


def _notes(reading: Reading, subject: Subject) -> tuple[str, ...]:
    """What was passed over without being expected, a note for each reason."""
    taken = {written.event for written in reading.lines} | set(reading.extra) | reading.free
    frames: dict[str, list[int]] = {}
    for index, event in enumerate(subject.events):
        if index not in taken:
            frames.setdefault(event.tolerated or reading.passed.get(index, ""), []).append(event.frame)
    return tuple(
        said("tolerated {reason}: {frames}", reason=reason, frames=_frames(those)) for reason, those in frames.items()
    )


def _notes_of_states(frames: tuple[int, ...]) -> Iterator[str]:
    """States that differ as well, as they must."""
    if frames:
        yield said("states that follow from the differences: {frames}", frames=_frames(list(frames)))


def _frames(frames: list[int]) -> str:
    first = joined(map(str, frames[:_FRAMES_NAMED]))
    if len(frames) > _FRAMES_NAMED:
        return said("frames {frames} and {more:,} more", frames=first, more=len(frames) - _FRAMES_NAMED)
    return said_n("frame {frames}", "frames {frames}", len(frames), frames=first)
