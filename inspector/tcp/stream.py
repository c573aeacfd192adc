"""What one end said: its stream put together from the segments that carried it, in whatever order they came.

Laws:

1. Every byte that was captured is in the stream once, as it was captured first (what a later segment says of it is a
   retransmission, or a lie that its receiver had no need to believe).
2. A stretch that nobody captured is a `Hole`, and has its length; one that was sent and cut by the capture's snaplen is
   told apart from one that the capture does not have at all.
3. Memory is bounded: of the bytes at hand the `limit` that come first in the stream are kept, and MOST_PIECES pieces.
   That there is more is known, and no more than that.
4. Whoever begins a stream is known by his SYN; without one, the lowest number seen is the first.

Numbers are RFC 9293's, modulo 2^32, and grow without bound here: a segment is taken to be where it is nearest to the
end of what was seen.

Wireshark's Follow Stream keeps the same bytes but for four things, and `talk` tells them: it passes over a hole as soon
as the receiver acknowledges it and does not take what comes for it afterwards; it does not show what lies behind a hole
that nobody acknowledged; without a SYN it begins with the first segment, even if an earlier number follows; and where
segments contradict each other behind a hole, it takes what fills the hole first.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST_PIECES", "Hole", "Piece", "Stream"]

MOST_PIECES = 1 << 16
_WHOLE = 1 << 32
_HALF = 1 << 31
_FAR = 1 << 30
"""An end that lies further ahead than any window reaches is not believed to be where the stream is by now."""


class Piece(NamedTuple):
    """Some bytes of a stream."""

    at: int
    """Position in the stream; 0 is the byte after the SYN, or the first of the first segment seen."""
    data: bytes
    frame: int
    """That carried them first."""
    order: int
    """The when of it, for comparison with other pieces of both streams."""

    @property
    def end(self) -> int:
        """The position behind it."""
        return self.at + len(self.data)


class Hole(NamedTuple):
    """Some bytes of a stream that are not there."""

    at: int
    size: int
    cut: int
    """How many of them were sent in a segment that the capture's snaplen has cut."""
    order: int


@dataclass(slots=True)
class _Stretch:
    at: int
    end: int


class Stream:
    """The stream of one end of one connection."""

    def __init__(self, limit: int) -> None:
        self.beyond = False
        """Whether there is more than is kept."""
        self._limit = limit
        self._pieces: list[Piece] = []
        self._size = 0
        self._bound: int | None = None
        """What lies from here on is not kept."""
        self._base: int | None = None
        """The number of position 0."""
        self._edge = 0
        """The end of what was seen."""
        self._opened = False
        self._cut: list[_Stretch] = []

    def add(  # noqa: PLR0913 - what a segment says
        self, seq: int, data: bytes, frame: int, order: int, *, size: int = -1, syn: bool = False
    ) -> None:
        """Take a segment: what was captured of its payload, and the `size` that it had (-1: all was captured).

        `seq` is the segment's; with `syn`, its payload begins one later.
        """
        at = self._place(seq + syn, syn=syn)
        size = max(size, len(data))
        if 0 < at + size - self._edge < _FAR:
            self._edge = at + size
        if size > len(data):
            self._note_cut(at + len(data), at + size)
        if self._bound is not None and at >= self._bound:
            self.beyond = self.beyond or bool(data)
        elif data:
            for piece in list(self._fresh(Piece(at, data, frame, order))):
                self._keep(piece)
            self._let_go()

    def said(self) -> Iterator[Piece | Hole]:
        """The stream from its beginning, with its holes; `order` is when all before it had been captured too."""
        position, order = 0 if self._opened or not self._pieces else self._pieces[0].at, -1
        for piece in self._pieces:
            order = max(order, piece.order)
            if piece.at > position:
                yield Hole(position, piece.at - position, self._was_cut(position, piece.at), order)
            yield piece._replace(order=order)
            position = piece.end
        end = self._tail(position)
        if end > position:
            yield Hole(position, end - position, end - position, max(order, 0))

    def _tail(self, position: int) -> int:
        """The end of what was sent behind the last byte, and cut."""
        for stretch in self._cut:
            if stretch.at <= position < stretch.end:
                position = stretch.end
        return position

    def _place(self, seq: int, *, syn: bool) -> int:
        if self._base is None:
            self._base = seq
        near = (seq - self._base - self._edge + _HALF) % _WHOLE - _HALF
        at = self._edge + near
        if syn and not self._opened:
            self._opened = True
            self._move(at)
            at = 0
        return at

    def _move(self, origin: int) -> None:
        """The stream begins at `origin`: what lies before it is no part of it."""
        self._base = (self._base or 0) + origin
        self._edge -= origin
        moved = (piece._replace(at=piece.at - origin) for piece in self._pieces)
        self._pieces = [piece if piece.at >= 0 else _part(piece, -piece.at, len(piece.data)) for piece in moved]
        self._pieces = [piece for piece in self._pieces if piece.data]
        self._size = sum(len(piece.data) for piece in self._pieces)
        self._cut = [_Stretch(each.at - origin, each.end - origin) for each in self._cut]
        if self._bound is not None:
            self._bound -= origin

    def _fresh(self, piece: Piece) -> Iterator[Piece]:
        """The parts of `piece` that nobody has said before."""
        begin = 0
        index = max(bisect_right(self._pieces, piece.at, key=_position) - 1, 0)
        while index < len(self._pieces) and self._pieces[index].at < piece.end:
            known = self._pieces[index]
            index += 1
            if known.at > piece.at + begin:
                yield _part(piece, begin, known.at - piece.at)
            begin = max(begin, known.end - piece.at)
        if begin < len(piece.data):
            yield _part(piece, begin, len(piece.data))

    def _keep(self, piece: Piece) -> None:
        if self._opened and piece.at < 0:
            piece = _part(piece, -piece.at, len(piece.data))
        if self._bound is not None and piece.end > self._bound:
            self.beyond = True
            piece = _part(piece, 0, self._bound - piece.at)
        if piece.data:
            self._pieces.insert(bisect_right(self._pieces, piece.at, key=_position), piece)
            self._size += len(piece.data)

    def _let_go(self) -> None:
        while self._size > self._limit or len(self._pieces) > MOST_PIECES:
            self.beyond = True
            last = self._pieces.pop()
            surplus = min(self._size - self._limit, len(last.data)) if self._size > self._limit else len(last.data)
            self._size -= surplus
            self._bound = last.end - surplus
            if surplus < len(last.data):
                self._pieces.append(_part(last, 0, len(last.data) - surplus))

    def _note_cut(self, at: int, end: int) -> None:
        if self._cut and self._cut[-1].at <= at <= self._cut[-1].end:
            self._cut[-1].end = max(self._cut[-1].end, end)
        elif len(self._cut) < MOST_PIECES:
            self._cut.append(_Stretch(at, end))

    def _was_cut(self, at: int, end: int) -> int:
        """How many of the bytes from `at` to `end` were sent in segments that were cut."""
        total, position = 0, at
        for stretch in sorted(self._cut, key=lambda one: one.at):
            first, last = max(stretch.at, position), min(stretch.end, end)
            if first < last:
                total += last - first
                position = last
        return total


def _position(piece: Piece) -> int:
    return piece.at


def _part(piece: Piece, first: int, last: int) -> Piece:
    """The bytes of `piece` from `first` to `last`, counted in it."""
    return piece._replace(at=piece.at + first, data=piece.data[first : max(last, first)])
