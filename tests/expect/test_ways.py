"""Where a sequence may go and where it may end, against the plainest reading of it: all ways, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.expect.comparison import Comparer
from inspector.expect.notation import (
    Alternatives,
    AnyOrder,
    AnySegments,
    End,
    Flags,
    Item,
    Line,
    Named,
    Optional,
    Repeat,
    Sequence,
    Silence,
)
from inspector.wire.flags import parse_flags
from tests.expect.said import Said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hypothesis.strategies import SearchStrategy

FLAGS = ("SYN", "RST", "FIN")
_Ways = frozenset[tuple[int, bool]]
"""How many segments were taken, and whether the way is at its end."""


def line(flags: str) -> Line:
    bits = parse_flags(flags)
    assert bits is not None
    return Line("client", "server", Flags(bits))


LINES = {line(flags): flags for flags in FLAGS}


def bodies(inner: SearchStrategy[Item]) -> SearchStrategy[tuple[Item, ...]]:
    """One to three items, and at times the end behind them."""
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(some, some, some.map(lambda items: (*items, End())), st.just((End(),)))


def blocks(inner: SearchStrategy[Item]) -> SearchStrategy[Item]:
    counts = st.sampled_from([(0, None), (1, None), (2, 2), (0, 2), (1, 3)])
    return st.one_of(
        bodies(inner).map(Optional),
        bodies(inner).map(lambda items: Named("part", items)),
        st.builds(lambda items, count: Repeat(items, *count), bodies(inner), counts),
        st.lists(bodies(inner), min_size=2, max_size=2).map(tuple).map(Alternatives),
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(AnyOrder),
    )


def items() -> SearchStrategy[Item]:
    leaves = st.one_of(st.sampled_from(list(LINES)), st.sampled_from(list(LINES)), st.just(AnySegments()))
    return st.recursive(leaves, blocks, max_leaves=5)


def after(item: Item, word: tuple[str, ...], ways: _Ways) -> _Ways:
    """All ways on through `item`; a way that is at its end goes no further."""
    ended = frozenset(way for way in ways if way[1])
    here = ways - ended
    match item:
        case Line():
            taken = {(at + 1, False) for at, _ in here if word[at : at + 1] == (LINES[item],)}
        case AnySegments():
            taken = {(to, False) for at, _ in here for to in range(at, len(word) + 1)}
        case End():
            taken = {(at, True) for at, _ in here}
        case Optional():
            taken = set(here | through(item.items, word, here))
        case Named():
            taken = set(through(item.items, word, here))
        case Alternatives():
            taken = {way for branch in item.branches for way in through(branch, word, here)}
        case Repeat():
            taken = repeated(item, word, here)
        case AnyOrder():
            taken = set(in_any_order(item.items, word, here))
        case _:
            raise AssertionError(item)
    return ended | frozenset(taken)


def through(body: Iterable[Item], word: tuple[str, ...], ways: _Ways) -> _Ways:
    for item in body:
        ways = after(item, word, ways)
    return ways


def repeated(item: Repeat, word: tuple[str, ...], ways: _Ways) -> set[tuple[int, bool]]:
    most = item.least + len(word) + 1 if item.most is None else item.most
    taken = set(ways) if item.least == 0 else set()
    for round_ in range(1, most + 1):
        ways = through(item.items, word, ways)
        taken |= {way for way in ways if way[1] or round_ >= item.least}
    return taken


def in_any_order(left: tuple[Item, ...], word: tuple[str, ...], ways: _Ways) -> _Ways:
    if not left:
        return ways
    found: set[tuple[int, bool]] = set()
    for place, item in enumerate(left):
        rest = left[:place] + left[place + 1 :]
        found |= in_any_order(rest, word, after(item, word, ways))
    return frozenset(found)


@settings(max_examples=300)
@given(st.lists(items(), min_size=1, max_size=3), st.booleans(), st.lists(st.sampled_from(FLAGS), max_size=4))
def test_what_matches_is_what_some_way_takes(some: list[Item], ends: bool, word: list[str]) -> None:  # noqa: FBT001
    body = (*some, *[End()] * ends)
    said = Said()
    for flags in word:
        said.client(flags)
    expected = any(at == len(word) for at, _ in through(body, tuple(word), frozenset({(0, False)})))
    assert Comparer(Sequence(body, strict=True)).compare(said.connection()).matched is expected


@settings(max_examples=100)
@given(st.lists(items(), min_size=1, max_size=3), st.lists(st.sampled_from(FLAGS), max_size=4))
def test_a_silence_that_is_kept_changes_nothing(some: list[Item], word: list[str]) -> None:
    said = Said()
    for flags in word:
        said.client(flags)
    first = line("SYN,ACK")
    plain = Comparer(Sequence((first, *some), strict=True)).compare(said.connection())
    silent = Comparer(Sequence((first, Silence(1), *some), strict=True))
    assert silent.compare(said.connection()) == plain
