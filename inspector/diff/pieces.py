"""What of one conversation can be compared at two places: segments that are cut alike, by what both captures show.

Network cards cut what a host sends (TSO, GSO) and join what it receives (GRO, LRO), behind or before the place where
captures are made: what is one segment of 7,240 bytes here are five of 1,448 there, and the borders of one are not
those of the other. Laws:

1. Segments with data that are the same in both are left whole. What lies between two of them is cut, in both captures,
   wherever a segment of one of them begins or ends: then the same bytes are the same pieces. What was lost of a
   segment that was cut later is so told from what arrived.
2. Of such pieces neither PSH nor the identification of the datagram is compared: the cut has made them.
3. Afterwards pieces are put together again (`glued`) as far as both captures have them together, or one of them alone.
4. An option that one of the captures cut off (snaplen) is compared nowhere.

Bounded: nothing is cut where more than `_MOST_PIECES` would come of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from inspector.diff.anchors import anchors_of, gaps_of
from inspector.expect.subject import FIELDS
from inspector.findings import Side
from inspector.tcp.sequence import ahead, plus
from inspector.wire.row import Flag, Option

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from inspector.expect.subject import Event
    from inspector.wire.row import Row

__all__ = ["Piece", "are_whole", "cut_alike", "glued", "pieces_of", "unseen_options"]

_MOST_PIECES = 200_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment as it is compared: all of it, or a part."""

    event: Event
    whole: Event
    """What was captured."""
    marks: tuple[int | None, ...]
    """What tells it from its repetition, though no sequence can say it: the identification of its IP datagram, and its
    TCP timestamps."""

    @property
    def seq(self) -> int:
        """The first of its numbers."""
        return self.event.value("seq") or 0

    @property
    def length(self) -> int:
        """Of its data."""
        return self.event.value("len") or 0

    @property
    def is_part(self) -> bool:
        """Whether the segment has more data than this."""
        return self.length != (self.whole.value("len") or 0)

    @property
    def has_identity(self) -> bool:
        """Whether its marks tell it from all others: of datagrams that are not numbered, only of a SYN with a time."""
        identification, *times = self.marks
        return (identification or 0) > 0 or bool(self.event.flags & Flag.SYN and any(times))

    @property
    def keys(self) -> tuple[Hashable, Hashable]:
        """What it is known by: all that is compared, with and without what tells it from its repetition."""
        event = self.event
        alike = (event.protocol, event.flags, event.numbers, event.icmp)
        return (alike, self.marks), alike


# ------------------------------------------------------------------------------- what both captures show


def unseen_options(events: Iterable[Event], rows: Iterable[Row]) -> frozenset[str]:
    """The options that may be there, of which the capture has cut off the place."""
    unseen: set[str] = set()
    for event, row in zip(events, rows, strict=True):
        if row.options & Option.CUT:
            expected = ("mss", "wscale", "sack", "timestamps") if event.flags & Flag.SYN else ("timestamps",)
            unseen.update(name for name in expected if event.value(name) is None)
    return frozenset(unseen)


def pieces_of(events: Iterable[Event], rows: Iterable[Row], unseen: frozenset[str] = frozenset()) -> list[Piece]:
    """The segments, none of them cut yet, without the options that are `unseen`."""
    has_times = "timestamps" not in unseen
    hidden = [name in unseen for name in FIELDS]
    pieces = []
    for event, row in zip(events, rows, strict=True):
        marks = (row.ip_id, row.tsval if has_times else None, row.tsecr if has_times else None)
        seen = event
        if unseen:
            numbers = (None if hides else number for hides, number in zip(hidden, event.numbers, strict=True))
            seen = replace(event, numbers=tuple(numbers))
        pieces.append(Piece(seen, seen, marks))
    return pieces


# ------------------------------------------------------------------------------- cutting


def cut_alike(ones: list[Piece], others: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """The segments of both captures, cut where they have to be; each capture's in its order."""
    cut: tuple[dict[int, list[Piece]], dict[int, list[Piece]]] = ({}, {})
    for side in Side:
        mine, theirs = ([i for i, each in enumerate(those) if each.event.sender is side] for those in (ones, others))
        same = anchors_of([ones[i].keys[:1] for i in mine], [others[j].keys[:1] for j in theirs])
        for some, some_others in gaps_of(same, len(mine), len(theirs)):
            places = [mine[i] for i in some], [theirs[j] for j in some_others]
            found = _cut([ones[i] for i in places[0]], [others[j] for j in places[1]])
            for of_each, those, pieces in zip(cut, places, found, strict=True):
                of_each.update(zip(those, pieces, strict=True))
    one, other = (
        [piece for place, whole in enumerate(those) for piece in of_each.get(place, (whole,))]
        for those, of_each in zip((ones, others), cut, strict=True)
    )
    return one, other


def _has_data(piece: Piece) -> bool:
    return bool(piece.length) and not piece.event.flags & Flag.SYN


def _cut(ones: list[Piece], others: list[Piece]) -> tuple[list[list[Piece]], list[list[Piece]]]:
    """What lies between two segments that are the same, cut: the pieces of each segment."""
    if not any(map(_has_data, ones)) or not any(map(_has_data, others)):
        return [[each] for each in ones], [[each] for each in others]
    edges = _Edges([each for each in (*ones, *others) if _has_data(each)])
    cut = [[list(_parts(each, edges.inside(each))) for each in those] for those in (ones, others)]
    made = {(part.seq, part.length) for those in cut for parts in those if len(parts) > 1 for part in parts}
    for those in cut:
        for parts in those:
            parts[:] = [_blurred(each) if (each.seq, each.length) in made else each for each in parts]
    return cut[0], cut[1]


class _Edges:
    """Where segments begin and end, counted from where the first of them begins."""

    def __init__(self, segments: list[Piece]) -> None:
        self._base = segments[0].seq
        begins = [(ahead(each.seq, self._base), each.length) for each in segments]
        self._places = sorted({begin + distance for begin, length in begins for distance in (0, length)})
        self._are_too_many = sum(len(range(*self._span(begin, length))) for begin, length in begins) > _MOST_PIECES

    def _span(self, begin: int, length: int) -> tuple[int, int]:
        return bisect_right(self._places, begin), bisect_left(self._places, begin + length)

    def inside(self, piece: Piece) -> list[int]:
        """Those within a segment, counted from its own beginning."""
        if self._are_too_many or not _has_data(piece):
            return []
        begin = ahead(piece.seq, self._base)
        return [self._places[place] - begin for place in range(*self._span(begin, piece.length))]


def _parts(piece: Piece, edges: list[int]) -> Iterator[Piece]:
    """`piece` cut at `edges`; itself where there is none. PSH and FIN are the last part's, CWR is the first's."""
    if not edges:
        yield piece
        return
    for begin, end in pairwise((0, *edges, piece.length)):
        flags = piece.event.flags
        flags &= ~(Flag.CWR if begin else 0) & ~(0 if end == piece.length else Flag.FIN | Flag.PSH)
        yield replace(piece, event=_with(piece.event, plus(piece.seq, begin), end - begin, flags))


def _with(event: Event, seq: int, length: int, flags: int) -> Event:
    numbers = tuple(
        seq if name == "seq" else length if name == "len" else number
        for name, number in zip(FIELDS, event.numbers, strict=True)
    )
    return replace(event, numbers=numbers, flags=flags)


def _blurred(piece: Piece) -> Piece:
    """Without what a cut makes."""
    event = replace(piece.event, flags=piece.event.flags & ~Flag.PSH)
    return replace(piece, event=event, marks=(None, *piece.marks[1:]))


# ------------------------------------------------------------------------------- putting together


def glued(pieces: Sequence[Piece], *, restored: bool) -> Piece:
    """Parts of one segment that follow each other in it, as one; `restored` to the segment itself, all of it."""
    first, last = pieces[0], pieces[-1]
    if restored:
        return replace(first, event=first.whole)
    if len(pieces) == 1:
        return first
    flags = first.event.flags | last.event.flags
    return replace(first, event=_with(first.event, first.seq, sum(each.length for each in pieces), flags))


def are_whole(pieces: Sequence[Piece]) -> bool:
    """Whether these parts of one segment are all of it."""
    return sum(each.length for each in pieces) == (pieces[0].whole.value("len") or 0)
