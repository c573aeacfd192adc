"""Several connections and exchanges of a capture, written down as one file of connections.

    sequence = record_all(connections + exchanges, Wish(Level.BOARD))

Blocks stand in the order of first segments. Those that are written alike are one block, repeated (but for EXACT). Where
the same two endpoints are used again, the later block says so, if each of both is a block of its own, or if all of them
are one block (two alone are two, for that is what they show). Then only neighbours are taken together, so that blocks
keep the order of the capture: whoever compares them prefers that order among equals (`expect.connections`), and no tie
is broken by a likeness. Beyond `_TIED` blocks all that are alike are taken together, and only EXACT ties.

Laws: those of `recorder`, of the whole file. The bounds of a comparison of all with all are no property of its text: so
it is compared once before it is given away, and what could not be checked is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, NoReturn

from inspector.errors import ExpectationError
from inspector.expect.comparison import Comparer
from inspector.expect.connections import MOST_PAIRS, MOST_SLOTS, compare_blocks
from inspector.expect.notation import Remark, Repeat, Sequence, lines_of
from inspector.expect.several import block_of, ordinal, span
from inspector.expect.subject import Transport, subject_of
from inspector.expect.wholeness import MOST_BLOCKS
from inspector.language import joined, said, said_n
from inspector.record.recorder import MOST_LINES, about, name_of, record, section
from inspector.record.wish import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inspector.expect.notation import ConnectionBlock, Item
    from inspector.expect.subject import Subject
    from inspector.record.wish import Wish
    from inspector.tcp.model import Connection
    from inspector.udp.model import Exchange
    from inspector.wire.row import Endpoint

__all__ = ["record_all"]

_TIED = 12
"""Blocks among which who uses whose endpoints again can be followed by a reader."""
_NUMBERS = 8
"""That a comment names."""


@dataclass(frozen=True, slots=True)
class _Recorded:
    """One of them."""

    inspected: Connection | Exchange
    subject: Subject
    sequence: Sequence
    place: int
    """Among those of its kind, from 1."""

    @property
    def written(self) -> tuple[Item, ...]:
        """What it says; comments say where it is from."""
        return tuple(item for item in block_of("", self.sequence).items if not isinstance(item, Remark))

    @property
    def flow(self) -> tuple[Transport, frozenset[Endpoint]]:
        """What it shares with those that use the same two endpoints again."""
        return self.subject.transport, frozenset(self.subject.ends)

    def follows(self, other: _Recorded) -> bool:
        """Whether it begins after the last segment of `other`."""
        return self.subject.events[0].frame > other.subject.events[-1].frame


@dataclass(frozen=True, slots=True)
class _Group:
    """Those that one block is about."""

    members: tuple[_Recorded, ...]
    endpoints_of: str = ""
    after: str = ""

    @property
    def name(self) -> str:
        """`first`, `first-to-third`, `first-and-alike`; an exchange is called so as well."""
        first, last = self.members[0], self.members[-1]
        name = ordinal(first.place)
        if len(self.members) > 1:
            is_gapless = last.place - first.place == len(self.members) - 1
            name = span(first.place, last.place) if is_gapless else f"{name}-and-alike"
        return f"{name}-exchange" if first.subject.transport is Transport.UDP else name


def record_all(inspected: Iterable[Connection | Exchange], wish: Wish) -> Sequence:
    """The file. ExpectationError where it would be too long, or more than can be told apart."""
    recorded = _recorded(inspected, wish)
    groups = _groups(recorded, wish)
    _refuse_to_be_many(groups, len(recorded))
    items = tuple(item for group in groups for item in _items(group, wish))
    _refuse_to_be_long(items)
    what = _counted(recorded)
    faults = tuple(dict.fromkeys(fault for each in recorded for fault in each.sequence.provokes))
    sequence = Sequence(
        items,
        title=wish.title or (said("{name} of {source}", name=what, source=wish.source) if wish.source else what),
        about=tuple(about((each.subject for each in recorded), faults, wish)),
        strict=wish.level is Level.EXACT,
        provokes=faults,
    )
    try:
        compare_blocks(sequence, [each.subject for each in recorded], Comparer)
    except ExpectationError as error:
        _refuse(said("what is recorded could not be compared again: {reason}", reason=error.reason))
    return sequence


def _recorded(inspected: Iterable[Connection | Exchange], wish: Wish) -> list[_Recorded]:
    """Each, in the order of first segments, which is how `compare_blocks` orders them."""
    seen = [(subject_of(each), each) for each in inspected]
    if len(seen) > MOST_SLOTS:
        found = said_n("{n:,} connection or exchange", "{n:,} connections and exchanges", len(seen))
        _refuse(said("found {found}, expected at most {most:,}", found=found, most=MOST_SLOTS))
    places = dict.fromkeys(Transport, 0)
    recorded: list[_Recorded] = []
    for subject, each in sorted(seen, key=lambda pair: pair[0].events[0].frame):
        places[subject.transport] += 1
        recorded.append(_Recorded(each, subject, record(each, wish), places[subject.transport]))
    return recorded


# ------------------------------------------------------------------------------------ what is alike


def _groups(recorded: list[_Recorded], wish: Wish) -> list[_Group]:
    if wish.level is Level.EXACT:
        return _tied([_Group((each,)) for each in recorded])
    neighbours = groupby(recorded, lambda each: (each.subject.transport, each.written))
    groups = _tied([group for _, members in neighbours for group in _told_apart(tuple(members))])
    if len(groups) <= _TIED and any(group.endpoints_of for group in groups):
        return groups
    alike: dict[object, list[_Recorded]] = {}
    for each in recorded:
        alike.setdefault((each.subject.transport, each.written), []).append(each)
    return [_Group(tuple(members)) for members in alike.values()]


def _told_apart(members: tuple[_Recorded, ...]) -> Iterator[_Group]:
    """One block for all of them; for two of which the second uses the endpoints again, two: that is what they show."""
    if len(members) == 2 and members[0].flow == members[1].flow:
        yield from (_Group((each,)) for each in members)
    else:
        yield _Group(members)


def _tied(groups: list[_Group]) -> list[_Group]:
    """The same, each with what ties it to one above or, where it is repeated, to itself."""
    latest: dict[object, _Group] = {}
    tied: list[_Group] = []
    for group in groups:
        several = len(group.members) > 1
        found = _tied_to_itself(group) if several else _tied_to(group, latest.get(group.members[0].flow))
        latest |= {each.flow: found for each in group.members}
        tied.append(found)
    return tied


def _tied_to_itself(group: _Group) -> _Group:
    pairs = list(pairwise(group.members))
    if any(one.flow != two.flow for one, two in pairs):
        return group
    return replace(group, endpoints_of=group.name, after=group.name * all(two.follows(one) for one, two in pairs))


def _tied_to(group: _Group, above: _Group | None) -> _Group:
    """A block of which there are several has no endpoints that another could name."""
    if above is None or len(above.members) > 1:
        return group
    follows = group.members[0].follows(above.members[0])
    return replace(group, endpoints_of=above.name, after=above.name * follows)


# ------------------------------------------------------------------------------------ what is written


def _items(group: _Group, wish: Wish) -> Iterator[Item]:
    """A comment that says where it is from, and the block."""
    first, *others = group.members
    if not others:
        yield section(name_of(first.inspected), first.subject.events, wish)
        yield _block(group, first.sequence)
        return
    numbers = _numbers([each.inspected.number for each in group.members])
    if first.subject.transport is Transport.TCP:
        yield Remark(said("Connections {numbers}, which are alike", numbers=numbers))
    else:
        yield Remark(said("Exchanges {numbers}, which are alike", numbers=numbers))
    block = _block(group, record(first.inspected, replace(wish, tells_frames=False)))
    yield Repeat((block,), len(group.members), len(group.members))


def _numbers(numbers: list[int]) -> str:
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return said("{first} to {last}", first=numbers[0], last=numbers[-1])
    listed = joined(map(str, numbers[:_NUMBERS]))
    if (more := len(numbers) - _NUMBERS) > 0:
        return said("{numbers} and {more:,} more", numbers=listed, more=more)
    return listed


def _block(group: _Group, sequence: Sequence) -> ConnectionBlock:
    return block_of(group.name, sequence, group.endpoints_of, group.after)


def _counted(recorded: list[_Recorded]) -> str:
    """How many of each kind there are."""
    exchanges = sum(each.subject.transport is Transport.UDP for each in recorded)
    connections = len(recorded) - exchanges
    told = [said_n("{n:,} connection", "{n:,} connections", connections)] * bool(connections)
    told += [said_n("{n:,} exchange", "{n:,} exchanges", exchanges)] * bool(exchanges)
    return told[0] if len(told) == 1 else joined(told, " and ")


# ------------------------------------------------------------------------------------ what is refused


def _refuse_to_be_many(groups: list[_Group], connections: int) -> None:
    """What the notation has no room for is refused before it is compared at all."""
    count = len(groups)
    if count > MOST_BLOCKS:
        found = said_n("{n:,} block that is not like another", "{n:,} blocks that are not alike", count)
        _refuse(said("found {found}, expected at most {most:,}", found=found, most=MOST_BLOCKS))
    if count * connections > MOST_PAIRS:
        found = said("{blocks:,} blocks that are not alike for {n:,} connections", blocks=count, n=connections)
        pairs = count * connections
        words = said(
            "found {found}, {pairs:,} comparisons, expected at most {most:,}", found=found, pairs=pairs, most=MOST_PAIRS
        )
        _refuse(words)


def _refuse_to_be_long(items: tuple[Item, ...]) -> None:
    if (count := sum(1 for _ in lines_of(items))) > MOST_LINES:
        _refuse(said("it would be {found:,} lines, expected at most {most:,}", found=count, most=MOST_LINES))


def _refuse(reason: str) -> NoReturn:
    raise ExpectationError(
        said("All connections as one sequence"),
        said("{reason}: `--shape` folds what is alike, `--connection N` or `--exchange N` takes one", reason=reason),
    )
