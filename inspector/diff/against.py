"""Two captures against each other, by the engine that compares a capture with a sequence.

What A holds is the expectation, recorded exactly (`record`), and what B holds is what happened. One conversation that
was seen at two places has the same numbers in both (`same`). Two that are alike have numbers of their own: these are
compared as sums, `x+1+14`, and neither windows nor states are. What a capture holds twice counts once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING

from inspector.diff.arrival import Arrivals
from inspector.diff.model import Clocks, Compared, Diff, Pair, Placed
from inspector.diff.pairing import pairs_of
from inspector.diff.pieces import pieces_of
from inspector.diff.same import Found, compare_same
from inspector.expect import icmp
from inspector.expect.comparison import Comparer
from inspector.expect.model import Kind
from inspector.expect.subject import subject_of
from inspector.language import said
from inspector.record.recorder import record
from inspector.record.wish import Detail, Level, Wish
from inspector.tcp.facts import Fact
from inspector.tcp.model import Connection
from inspector.tcp.sequence import plus
from inspector.wire.flags import flags_text
from inspector.wire.row import NO_TIME, Direction, Protocol

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from inspector.diff.model import Conversation
    from inspector.diff.pieces import Piece
    from inspector.expect.model import Comparison, Difference
    from inspector.expect.subject import Event, Subject
    from inspector.wire.row import Row

__all__ = ["compare_pair", "compare_pairs", "diff"]

_WISH = Wish(Level.EXACT, without=frozenset({Detail.STATES, Detail.WINDOWS}), tells_lengths=True)


def diff(ones: Sequence[Conversation], others: Sequence[Conversation]) -> Diff:
    """All of A against all of B. ExpectationError where there is too much to compare."""
    pairs, only_a, only_b = pairs_of(ones, others)
    compared = compare_pairs(pairs)
    if any(each.pair.is_same and not each.comparison.matched for each in compared):
        of_a, of_b = _by_segment(ones), _by_segment(others)
        compared = tuple(_with_elsewhere(each, of_a, of_b) for each in compared)
    return Diff(compared, tuple(only_a), tuple(only_b))


_Segments = dict["Hashable", tuple["Conversation", int]]


def _by_segment(conversations: Sequence[Conversation]) -> _Segments:
    """Each TCP segment of a capture, its conversation and its frame, by all that tells it from others."""
    return {
        _marks(each.row): (one, each.row.frame)
        for one in conversations
        if isinstance(one, Connection)
        for each in one.segments
    }


def _marks(row: Row) -> Hashable:
    return row.source, row.destination, row.seq, row.ack, row.flags, row.payload_len, row.tsval, row.tsecr


def _with_elsewhere(compared: Compared, of_a: _Segments, of_b: _Segments) -> Compared:
    """What is in none of two conversations may be in another one: the captures were divided otherwise."""
    pair = compared.pair
    if not pair.is_same or not isinstance(pair.one, Connection):
        return compared
    marks = [{row.frame: _marks(row) for row in _rows(each)} for each in (pair.one, pair.other)]
    placed = []
    for each in compared.placed:
        is_missing, is_extra = each.difference.kind is Kind.MISSING, each.difference.kind is Kind.EXTRA
        found = None
        if is_missing and each.part is None:
            found = of_b.get(marks[0].get(each.frame_a or 0))
        elif is_extra and each.part is None:
            found = of_a.get(marks[1].get(each.frame_b or 0))
        own = pair.other.number if is_missing else pair.one.number
        placed.append(each if found is None or found[0].number == own else replace(each, elsewhere=found[1]))
    return replace(compared, placed=tuple(placed))


def compare_pairs(pairs: Sequence[Pair]) -> tuple[Compared, ...]:
    """Each pair, compared."""
    return tuple(compare_pair(pair) for pair in pairs)


def compare_pair(pair: Pair) -> Compared:
    """A pair, compared."""
    pair = replace(pair, one=_without_copies(pair.one), other=_without_copies(pair.other))
    mine, theirs = subject_of(pair.one), subject_of(pair.other)
    if pair.mirrored:
        mine = _mirrored(mine)
    if isinstance(pair.one, Connection):
        name = said("connection {number} of A", number=pair.one.number)
    else:
        name = said("exchange {number} of A", number=pair.one.number)
    rows = _rows(pair.one), _rows(pair.other)
    if pair.is_same:
        found = compare_same(mine, theirs, rows, name)
    else:
        sequence = replace(record(pair.one, _WISH), name=name, provokes=())
        found = _found(Comparer(sequence).compare(theirs), *map(pieces_of, (mine.events, theirs.events), rows))
    comparison, order, about = found
    frames = {event.frame: event for event in theirs.events}
    ones, others = _Place(rows[0], mine), _Place(rows[1], theirs)
    placed = tuple(_placed(*each, ones, others) for each in zip(comparison.differences, about, strict=True))
    together = [(order[line - 1].whole, frames[frame]) for line, frame in comparison.lines]
    return Compared(
        pair,
        replace(comparison, differences=tuple(each.difference for each in placed)),
        placed,
        _clocks(together) if pair.is_same else None,
        (max((a.frame for a, _ in together), default=0), max((b.frame for _, b in together), default=0)),
    )


def _without_copies(each: Conversation) -> Conversation:
    """Without what a capture holds twice, which is no matter of the wire."""
    if not isinstance(each, Connection):
        return each
    return replace(each, segments=tuple(traced for traced in each.segments if not traced.facts & Fact.DUPLICATE))


def _rows(each: Conversation) -> list[Row]:
    traced = each.segments if isinstance(each, Connection) else each.datagrams
    return [one.row for one in traced]


def _mirrored(subject: Subject) -> Subject:
    return replace(subject, events=tuple(replace(event, sender=event.sender.other) for event in subject.events))


def _found(comparison: Comparison, ones: list[Piece], others: list[Piece]) -> Found:
    """What was found of two that are not the same; their segments are never cut."""
    frames = {each.event.frame: each for each in others}
    about = [
        ones[each.line - 1] if each.line is not None else frames[each.frame or 0] for each in comparison.differences
    ]
    return Found(comparison, ones, about)


class _Place:
    """What a capture says of frames that one of both has not; worked out when it is asked."""

    def __init__(self, rows: list[Row], subject: Subject) -> None:
        self._rows = rows
        self._events = subject.events

    @cached_property
    def dropped(self) -> set[int]:
        """Those that it has, though they were thrown away behind it."""
        return {row.frame for row in self._rows if row.direction == Direction.LOST}

    @cached_property
    def arrivals(self) -> Arrivals:
        """What it says of numbers."""
        return Arrivals(self._events)

    @cached_property
    def _alike(self) -> dict[int, list[int]]:
        """Of each frame that can be known by its marks: those that are the same datagram, itself among them."""
        alike: dict[Hashable, list[int]] = defaultdict(list)
        of_each = {}
        for each in pieces_of(self._events, self._rows):
            if each.has_identity:
                alike[each.keys[0]].append(each.whole.frame)
                of_each[each.whole.frame] = alike[each.keys[0]]
        return of_each

    def copy_of(self, frame: int) -> int | None:
        """Another frame that is the same datagram."""
        return next((each for each in self._alike.get(frame, ()) if each != frame), None)


def _placed(difference: Difference, piece: Piece, ones: _Place, others: _Place) -> Placed:
    """A difference with its frames, that of A being named in its text too; `ones` is A."""
    frame = piece.whole.frame
    has, has_not = (ones, others) if difference.line is not None else (others, ones)
    is_alone = difference.kind in {Kind.MISSING, Kind.EXTRA}
    placed = Placed(
        difference,
        None,
        frame,
        _in_a_word(piece.event),
        is_lost=frame in has.dropped,
        copy_of=has.copy_of(frame) if is_alone and not piece.is_part else None,
        has_passed=is_alone and has_not.arrivals.tell_of(piece.event),
        part=(piece.seq, plus(piece.seq, piece.length - 1)) if piece.is_part else None,
    )
    if difference.line is None:
        return placed
    expected = said("{expected} (frame {frame} of A)", expected=difference.expected, frame=frame)
    told = replace(difference, expected=expected, is_of_capture=True)
    return replace(placed, difference=told, frame_a=frame, frame_b=difference.frame)


def _in_a_word(event: Event) -> str:
    if event.protocol == Protocol.TCP:
        return flags_text(event.flags)
    return "UDP" if event.protocol == Protocol.UDP else f"ICMP {icmp.kind_of(event.protocol, *event.icmp)}"


def _clocks(together: list[tuple[Event, Event]]) -> Clocks | None:
    """What both clocks say of the same frames.

    A frame from the originator takes `way` from A to B, and one from the responder as long from B to A: half the sum of
    both differences is that of the clocks, and half their difference is the way (as RFC 5905 section 8 has it).
    """
    apart: tuple[list[int], list[int]] = ([], [])
    for one, other in together:
        if NO_TIME not in (one.time_ns, other.time_ns):
            apart[one.sender].append(other.time_ns - one.time_ns)
    there, back = (int(median(those)) if those else None for those in apart)
    frames = sum(map(len, apart))
    if there is not None and back is not None:
        return Clocks((there + back) // 2, abs(there - back) // 2, frames)
    known = there if there is not None else back
    return None if known is None else Clocks(known, None, frames)
