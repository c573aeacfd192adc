"""The numbers of one end as sums: which of them are `x`, which `x+1`, which `x+1+n`.

A *place* is where a segment of that end began or ended. The first place is a symbol, and every other is reached from
one that is known: one for a SYN or a FIN (RFC 9293 section 3.4), the length of the data, whatever lies between. A
number that is no place (a keep-alive, the acknowledgment of half a segment) is written from the nearest, `x+1+n-1`.

1. A sum is written with what stands above it: each length is a symbol once and known from then on, so that every
   later number can be checked.
2. An end's equal lengths are one symbol (`x+1+3*n`): so a sum stays short. There are `_LENGTHS` of them, and a
   length beyond is a number: no sum grows without end.
3. A hole that is filled later has the length of what fills it, a symbol too; one that never is, is a number.
4. What is far from all places (an old duplicate's number) is a symbol of its own, and 0, a RST's, is 0.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from inspector.expect.notation import Linear

if TYPE_CHECKING:
    from collections.abc import Container

__all__ = ["Lengths", "Names", "Numbers", "Place", "RawNumbers", "Stream", "constant"]

_MODULUS = 1 << 32
_FAR = 1 << 26
"""Beyond any window that is common: no place explains a number at this distance."""

_LENGTHS = "nmkjihgfedcb"
_OTHERS = "zrqp"
"""Names of first places beside `x` and `y`."""

Lengths = tuple[tuple[str, int], ...]
"""Symbols of lengths, each with how often it counts."""


def constant(number: int) -> Linear:
    """A sum that is a number."""
    return Linear(((number, ""),))


class Names:
    """The symbols of one sequence; without `lengths` a length is a number.

    With `shared`, equal lengths of an end are one symbol; without, each is its own.
    """

    def __init__(self, *, lengths: bool, shared: bool = True) -> None:
        self._is_shared = shared
        self._free = list(_LENGTHS) if lengths else []
        self._others = list(_OTHERS)
        self._lengths: dict[tuple[str, int], str] = {}

    def length(self, owner: str, length: int) -> str:
        """The symbol of a length that `owner` sends; empty where it is a number."""
        if not length:
            return ""
        if not self._is_shared:
            return self._free.pop(0) if self._free else ""
        if (owner, length) not in self._lengths and self._free:
            self._lengths[owner, length] = self._free.pop(0)
        return self._lengths.get((owner, length), "")

    def other(self) -> str:
        """A symbol for one more first place; empty where there is none left."""
        return self._others.pop(0) if self._others else ""


@dataclass(frozen=True, slots=True)
class Place:
    """A sum: a symbol, one for the SYN, the lengths in symbols and in bytes, one for each FIN."""

    symbol: str
    syn: int = 0
    lengths: Lengths = ()
    count: int = 0
    fins: int = 0

    @property
    def linear(self) -> Linear:
        """As it is written."""
        return _linear(((1, self.symbol),), self.syn, self.lengths, self.count, self.fins)

    def plus(self, symbol: str, length: int) -> Place:
        """A length further, which is `symbol` if it has one."""
        if not symbol:
            return replace(self, count=self.count + length)
        lengths = dict(self.lengths)
        lengths[symbol] = lengths.get(symbol, 0) + 1
        return replace(self, lengths=tuple(lengths.items()))

    def since(self, other: Place) -> Linear | None:
        """How far it lies behind `other`, as a sum; None where both count from different symbols."""
        if self.symbol != other.symbol:
            return None
        lengths = dict(self.lengths)
        for symbol, factor in other.lengths:
            lengths[symbol] = lengths.get(symbol, 0) - factor
        count = self.count - other.count + self.syn - other.syn + self.fins - other.fins
        found = _linear((), 0, tuple((symbol, factor) for symbol, factor in lengths.items() if factor), count, 0)
        return found if found.terms else constant(0)


def _linear(first: tuple[tuple[int, str], ...], syn: int, lengths: Lengths, count: int, fins: int) -> Linear:
    terms = [*first, *((1, "") for _ in range(syn)), *((factor, symbol) for symbol, factor in lengths)]
    terms += [(count, "")] * bool(count) + [(1, "")] * fins
    return Linear(tuple(sorted(terms, key=lambda term: term[0] < 0)))


class Numbers(Protocol):
    """How the numbers of one end are written."""

    def sum_of(self, number: int) -> Linear:
        """A number of its own."""

    def segment(self, seq: int, length: int, *, syn: bool, fin: bool) -> tuple[Linear, Linear]:
        """The sequence number and the length of one of its segments, in the order of sending."""


class RawNumbers:
    """Numbers as they are on the wire: those of one connection are the same wherever it is seen."""

    def sum_of(self, number: int) -> Linear:
        """The number."""
        return constant(number)

    def segment(self, seq: int, length: int, *, syn: bool, fin: bool) -> tuple[Linear, Linear]:  # noqa: ARG002 - as others
        """Both numbers."""
        return constant(seq), constant(length)


class Stream:
    """What one end sends, by its numbers; `begins` are the numbers at which any segment with data begins."""

    def __init__(self, symbol: str, names: Names, begins: Container[int]) -> None:
        self.symbol = symbol
        self._names = names
        self._begins = begins
        self._begun: set[int] = set()
        self._places: dict[int, Place] = {}
        self._sorted: list[int] = []

    def starts_at(self, iss: int) -> None:
        """Its initial sequence number is known, wherever its SYN is."""
        self._know(iss, Place(self.symbol))
        self._know((iss + 1) % _MODULUS, Place(self.symbol, syn=1))

    def sum_of(self, number: int) -> Linear:
        """`number` as a sum; a symbol of its own where nothing explains it."""
        place = self._near(number)
        if place is None and number:
            place = self._first(number)
        return constant(number) if place is None else place.linear

    def segment(self, seq: int, length: int, *, syn: bool, fin: bool) -> tuple[Linear, Linear]:
        """A segment's sequence number and its length; where it begins and ends is known from then on."""
        start = self._start(seq)
        if start is None:  # no symbol is left for it
            return constant(seq), constant(length)
        self._know(seq, start)
        self._begun.add(seq)
        begin, number = replace(start, syn=start.syn + syn), (seq + syn + length) % _MODULUS
        self._know((seq + syn) % _MODULUS, begin)
        end = self._places.get(number)
        if end is None:
            end = begin.plus(self._names.length(self.symbol, length), length)
            self._know(number, end)
        if fin:
            self._know((number + 1) % _MODULUS, replace(end, fins=end.fins + 1))
        return start.linear, end.since(begin) or constant(length)

    def _know(self, number: int, place: Place) -> None:
        if number not in self._places:
            self._places[number] = place
            insort(self._sorted, number)

    def _first(self, number: int) -> Place | None:
        """A symbol for a number that no place explains."""
        symbol = self._names.other() if self._places else self.symbol
        if not symbol:
            return None
        place = Place(symbol)
        self._know(number, place)
        return place

    def _near(self, number: int) -> Place | None:
        """`number` from the nearest place, before it or behind."""
        if not self._places:
            return None
        if number in self._places:
            return self._places[number]
        index = bisect_left(self._sorted, number)
        before, behind = self._sorted[index - 1], self._sorted[index % len(self._sorted)]
        ahead, back = (number - before) % _MODULUS, (behind - number) % _MODULUS
        if min(ahead, back) > _FAR:
            return None
        if ahead <= back:
            return self._places[before].plus("", ahead)
        return self._places[behind].plus("", -back)

    def _start(self, number: int) -> Place | None:
        """Where a segment begins: at a place, behind a hole that will be filled, or anywhere."""
        if number not in self._places and self._places:
            before = self._sorted[bisect_left(self._sorted, number) - 1]
            hole = (number - before) % _MODULUS
            if hole <= _FAR and before in self._begins and before not in self._begun:
                return self._places[before].plus(self._names.length(self.symbol, hole), hole)
        return self._near(number) or self._first(number)
