"""A file of connections against a capture: which block is which connection, and what differs then.

Each block is compared with each connection (or exchange) of its kind, blocks that are written alike only once. A
comparison has a price, by the number and kind of its differences; a block without a connection costs what all its lines
cost, a connection without a block all its segments. The cheapest assignment over all of them is taken; among equals
the one that follows the order of the first segments (`assignment`). So nothing is told as missing and surplus that may
as well be told as different. Where every block finds one with nothing to tell and none is left, only that is looked at
(`_all_as_expected`), since nothing can be cheaper.

Blocks that are tied (`after first`, `endpoints of first`) may ask for another assignment: each broken tie costs as
much as a wrong number. Where the cheapest assignment breaks one, a search over all blocks in the order of writing
looks for a cheaper whole (branch and bound; the rounds of one block stay in their order). It gives up when it has
looked at `_MOST_TRIED` pairs, with the best that it has found.

Bounds, with a clear error above them: `MOST_CONNECTIONS` connections and exchanges, `MOST_SLOTS` blocks with their
repetitions, `MOST_PAIRS` comparisons, `MOST_CELLS_IN_ALL` events x steps of the automata for all of them together (each
comparison has the bounds of `matching`). The assignment costs O(slots^2 x connections): measured, 200 blocks and 1,000
connections that are alike take three seconds in all; 4,000 comparisons in which next to nothing fits, half a minute;
ties that cannot be kept, among as many, ten seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from inspector.errors import ExpectationError
from inspector.expect.assignment import cheapest
from inspector.expect.connections_told import broken_tie, missing_block, surplus
from inspector.expect.evaluation import EXTRA, MISSING, NUMBER, SWAPPED
from inspector.expect.matching import MOST_CELLS
from inspector.expect.model import Comparison, Kind
from inspector.expect.notation import AnySegments, ConnectionBlock, Optional, Repeat, peers_of
from inspector.expect.subject import Subject
from inspector.language import said, said_n

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence, Sized

    from inspector.expect import notation
    from inspector.expect.comparison import Comparer

__all__ = [
    "MOST_CELLS_IN_ALL",
    "MOST_CONNECTIONS",
    "MOST_PAIRS",
    "MOST_SLOTS",
    "check_one_kind",
    "compare_blocks",
    "slots_of",
]

MOST_CONNECTIONS = 1_000
MOST_SLOTS = 200
MOST_PAIRS = 4_000
MOST_CELLS_IN_ALL = 4 * MOST_CELLS
_MOST_TRIED = 1_000_000

_PRICES = {Kind.MISSING: MISSING, Kind.EXTRA: EXTRA, Kind.SWAPPED: SWAPPED, Kind.CHANGED: NUMBER}
_ONE = 1 << 28
"""A price of one, above all that the order of segments can weigh."""

_OTHER = MISSING + EXTRA
"""What a connection costs that a `...` is about: one that differs by less from a block is that block's."""

_NEVER = 1 << 24
"""Above every price; `MOST_SLOTS` of them, times `_ONE`, still fit."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """One connection that is described: a block, or one round of a block that is repeated."""

    block: ConnectionBlock
    comparer: Comparer
    required: bool


def compare_blocks(
    sequence: notation.Sequence, subjects: Iterable[Subject], comparer_of: Callable[[notation.Sequence], Comparer]
) -> tuple[Comparison, ...]:
    """`sequence`, a file of connections, against all `subjects`.

    A comparison for each block, then one for each surplus. `comparer_of` makes a sequence of one connection ready.
    """
    ordered = sorted(subjects, key=lambda subject: subject.events[0].frame if subject.events else 0)
    where = sequence.path or sequence.name
    if len(ordered) > MOST_CONNECTIONS:
        _refuse(where, said_n("{n:,} connection", "{n:,} connections", len(ordered)), MOST_CONNECTIONS)
    slots = slots_of(sequence, len(ordered), comparer_of)
    table = _Table(sequence, slots, ordered)
    chosen = _all_as_expected(table) or _Chooser(table).chosen()
    found = (*_of_slots(table, chosen), *_surplus(table, chosen))
    return found or (Comparison(sequence.name, matched=True, differences=(), bindings=(), lines=()),)


def slots_of(
    sequence: notation.Sequence, most: int, comparer_of: Callable[[notation.Sequence], Comparer]
) -> list[_Slot]:
    """All blocks in the order of writing, ready to be compared; where a number is open, as many as `most`."""
    where = sequence.path or sequence.name
    peers = sequence.peers or peers_of(sequence)
    comparers: dict[tuple[notation.Item, ...], Comparer] = {}
    slots: list[_Slot] = []
    for block, low, high in _counted(sequence.items):
        if block.items not in comparers:
            comparers[block.items] = comparer_of(replace(sequence, items=block.items, peers=peers))
            check_one_kind(block, comparers[block.items].matchers, where)
        number = max(low, most if high is None else min(high, most))
        if len(slots) + number > MOST_SLOTS:
            _refuse(where, said_n("{n:,} block", "{n:,} blocks", len(slots) + number), MOST_SLOTS)
        slots += [_Slot(block, comparers[block.items], round_ < low) for round_ in range(number)]
    return slots


def check_one_kind(block: ConnectionBlock, kinds: Sized, where: str) -> None:
    """ExpectationError where a block is about more than one of TCP and UDP."""
    if len(kinds) > 1:
        reason = said("found TCP and UDP lines in one connection, expected one of them")
        raise ExpectationError(where, reason, line=block.at[0], column=block.at[1], text=block.name)


def _check_work(where: str, comparers: Sequence[Comparer], subjects: Sequence[Subject]) -> None:
    """Whether all blocks can be compared with all `subjects`."""
    if len(comparers) * len(subjects) > MOST_PAIRS:
        _refuse(where, said("{n:,} pairs", n=len(comparers) * len(subjects)), MOST_PAIRS)
    cells = sum(
        len(subject.events) * comparer.matchers[subject.transport].automaton.steps
        for comparer in comparers
        for subject in subjects
        if subject.transport in comparer.matchers
    )
    if cells > MOST_CELLS_IN_ALL:
        _refuse(where, said("{n:,} segments times steps of the sequence", n=cells), MOST_CELLS_IN_ALL)


def _counted(items: Iterable[notation.Item]) -> Iterator[tuple[ConnectionBlock, int, int | None]]:
    """Each block with the least and the most of its connections."""
    for item in items:
        match item:
            case ConnectionBlock():
                yield item, 1, 1
            case Optional():
                yield from ((block, 0, 1) for block in item.items if isinstance(block, ConnectionBlock))
            case Repeat():
                for block in item.items:
                    if isinstance(block, ConnectionBlock):
                        yield block, item.least, item.most
            case _:
                continue


def _refuse(where: str, found: str, most: int) -> NoReturn:
    reason = said(
        "found {found} to be told apart, expected at most {most:,}: choose some with --where, or describe fewer",
        found=found,
        most=most,
    )
    raise ExpectationError(where, reason)


class _Table:
    """Every block with every connection: the comparisons and their prices."""

    def __init__(self, sequence: notation.Sequence, slots: list[_Slot], subjects: list[Subject]) -> None:
        self.name = sequence.name
        self.provokes = sequence.provokes
        self.where = sequence.path or sequence.name
        self.open = any(isinstance(item, AnySegments) for item in sequence.items)
        """Whether there may be others."""
        self.slots = slots
        self.subjects = subjects
        comparers = {id(slot.comparer): slot.comparer for slot in slots}
        _check_work(self.where, list(comparers.values()), subjects)
        self._compared: dict[tuple[int, int], Comparison] = {}
        self._empty = {key: _of_nothing(comparer) for key, comparer in comparers.items()}

    def comparison(self, slot: int, place: int | None) -> Comparison | None:
        """Of a block with a connection, or with nothing; None where they are of different kinds."""
        comparer = self.slots[slot].comparer
        key = id(comparer)
        if place is None:
            return self._empty[key]
        if self.subjects[place].transport not in comparer.matchers:
            return None
        if (key, place) not in self._compared:
            self._compared[key, place] = comparer.compare(self.subjects[place])
        return self._compared[key, place]

    def fitting(self) -> list[list[bool]]:
        """Which connections each block has a way through with nothing wrong."""
        found = {
            id(slot.comparer): [
                subject.transport in slot.comparer.matchers
                and slot.comparer.matchers[subject.transport].fits(subject.events)
                for subject in self.subjects
            ]
            for slot in {id(slot.comparer): slot for slot in self.slots}.values()
        }
        return [found[id(slot.comparer)] for slot in self.slots]

    def price(self, slot: int, place: int | None) -> int:
        """Of taking the connection for the block; of None, for the block to be without any."""
        if place is None and not self.slots[slot].required:
            return 0
        comparison = self.comparison(slot, place)
        if comparison is None:
            return _NEVER
        return sum(_PRICES[difference.kind] for difference in comparison.differences)

    def surplus(self, place: int) -> int:
        """What a connection costs that no block is about."""
        return _OTHER if self.open else EXTRA * len(self.subjects[place].events) + 1


def _of_nothing(comparer: Comparer) -> Comparison:
    transport = next(iter(comparer.matchers))
    return comparer.compare(Subject(transport, None, (), ""))


# ------------------------------------------------------------------------------------ who is who


def _all_as_expected(table: _Table) -> Sequence[int | None]:
    """Each block's connection, where all are as expected and none is left; empty where that is not so.

    Nothing can be cheaper then, so that no block is compared in full with what it is not.
    """
    if len(table.slots) != len(table.subjects):
        return ()
    fitting = table.fitting()
    costs = [
        [(slot - place) ** 2 + _ONE * (not fits) for place, fits in enumerate(row)] for slot, row in enumerate(fitting)
    ]
    chosen = cheapest(costs)
    for slot, place in enumerate(chosen):
        comparison = table.comparison(slot, place) if fitting[slot][place] else None
        if comparison is None or not comparison.matched or _Ties(table, chosen[:slot], slot).broken(place):
            return ()
    return chosen


class _Chooser:
    """Finds for each block its connection, or None."""

    def __init__(self, table: _Table) -> None:
        self.table = table
        self.slots = range(len(table.slots))
        self.places: list[int | None] = [*range(len(table.subjects)), None]
        # What is saved by not being surplus counts in favour of a pair.
        self.prices = [
            {place: table.price(slot, place) - (0 if place is None else table.surplus(place)) for place in self.places}
            for slot in self.slots
        ]
        self.tried = 0

    def chosen(self) -> list[int | None]:
        """The connection of each block."""
        found = self._by_price()
        broken = self._broken(found)
        if not broken:
            return found
        self.best, self.best_price = found, self._price(found) + NUMBER * broken
        least = [min(prices.values()) for prices in self.prices]
        self.rest = [sum(least[slot:]) for slot in range(len(least) + 1)]
        self._search([], 0)
        return self.best

    def _by_price(self) -> list[int | None]:
        """The cheapest, ties apart."""
        count, subjects = len(self.slots), len(self.table.subjects)
        costs = [
            [prices[place] * _ONE + (slot - place) ** 2 for place in range(subjects)] + [prices[None] * _ONE] * count
            for slot, prices in enumerate(self.prices)
        ]
        return [column if column < subjects else None for column in cheapest(costs)]

    def _price(self, chosen: Sequence[int | None]) -> int:
        return sum(self.prices[slot][place] for slot, place in enumerate(chosen))

    def _broken(self, chosen: Sequence[int | None]) -> int:
        return sum(len(_Ties(self.table, chosen[:slot], slot).broken(place)) for slot, place in enumerate(chosen))

    def _search(self, chosen: list[int | None], price: int) -> None:
        """All ways to go on from `chosen` that may still be cheaper than the best, the cheapest first."""
        slot = len(chosen)
        if slot == len(self.slots):
            self.best, self.best_price = list(chosen), price
            return
        self.tried += len(self.places)
        taken = {place for place in chosen if place is not None}
        ties = _Ties(self.table, chosen, slot)
        block = self.table.slots[slot].block
        before = [place for other, place in enumerate(chosen) if self.table.slots[other].block is block]
        behind = max((place for place in before if place is not None), default=-1)
        ways = [
            (self.prices[slot][place] + NUMBER * len(ties.broken(place)), order, place)
            for order, place in enumerate(self.places)
            if place not in taken and (place is None or place > behind)
        ]
        for own, _, place in sorted(ways, key=lambda way: way[:2]):
            if self.tried > _MOST_TRIED or price + own + self.rest[slot + 1] >= self.best_price:
                return
            self._search([*chosen, place], price + own)


class _Ties:
    """What ties a block to those above it, whose connections are `chosen`."""

    def __init__(self, table: _Table, chosen: Sequence[int | None], slot: int) -> None:
        self.subjects = table.subjects
        names = [table.slots[other].block.name for other in range(len(chosen))]
        block = table.slots[slot].block
        self.endpoints = _others(block.endpoints_of, block.name, names, chosen)
        self.after = _others(block.after, block.name, names, chosen)

    def broken(self, place: int | None) -> list[tuple[str, int]]:
        """`(what, other)` of each tie that does not hold: `endpoints` or `begin`, and the other connection."""
        if place is None:
            return []
        mine = self.subjects[place]
        found = [("endpoints", other) for other in self.endpoints if set(mine.ends) != set(self.subjects[other].ends)]
        first = mine.events[0].frame
        return found + [("begin", other) for other in self.after if self.subjects[other].events[-1].frame > first]


def _others(name: str, own: str, names: Sequence[str], chosen: Sequence[int | None]) -> list[int]:
    """The connections of the block called `name`; of a block itself, the one of the round before."""
    if not name:
        return []
    found = [place for other, place in zip(names, chosen, strict=True) if place is not None and other == name]
    return found[-1:] if own == name else found


# ------------------------------------------------------------------------------------ what is told


def _of_slots(table: _Table, chosen: Sequence[int | None]) -> Iterator[Comparison]:
    for slot, place in enumerate(chosen):
        comparison = table.comparison(slot, place)
        block = table.slots[slot].block
        if comparison is None or (place is None and not table.slots[slot].required):
            continue
        if place is None:
            missing = missing_block(block, comparison)
            yield replace(comparison, block=block.name, differences=(missing,))
            continue
        broken = _Ties(table, chosen[:slot], slot).broken(place)
        ties = tuple(broken_tie(block, table.subjects[place], table.subjects[other], what) for what, other in broken)
        found = (*ties, *comparison.differences)
        yield replace(comparison, block=block.name, differences=found, matched=not found)


def _surplus(table: _Table, chosen: Sequence[int | None]) -> Iterator[Comparison]:
    """A comparison for each connection that no block is about, unless there may be others."""
    if table.open:
        return
    taken = set(chosen)
    for place, subject in enumerate(table.subjects):
        if place in taken:
            continue
        yield surplus(subject, table.name, table.provokes)
