"""Which conversation of one capture is compared with which of the other.

1. One that was seen twice: the same endpoints and an initial sequence number in common; or where endpoints differ (an
   address was translated on the way), both initial numbers, or the one that both have seen and one of the endpoints.
   Where no SYN was captured in one of them, the same endpoints and a segment in common. An exchange of UDP has no
   numbers: its endpoints are all there is.
2. The others in their order, those together that are most alike (who sent what, numbers apart); which of them stay
   alone is only a question where one capture has more of them. Beyond `_MOST_TRIED` pairs, only the order counts.
"""

from __future__ import annotations

from collections import defaultdict
from difflib import SequenceMatcher
from itertools import chain
from typing import TYPE_CHECKING

from inspector.diff.model import Pair
from inspector.expect.subject import subject_of
from inspector.tcp.model import Connection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from inspector.diff.model import Conversation
    from inspector.findings import Side
    from inspector.wire.row import Endpoint

__all__ = ["pair_of", "pairs_of"]

_MOST_TRIED = 400
_COMPARED = 64
"""Segments by which it is judged how much alike two of them are."""
_ALONE = 0.5
"""What it costs to stay alone; two that stay alone cost as much as a pair that has nothing in common."""


def pairs_of(
    ones: Sequence[Conversation], others: Sequence[Conversation]
) -> tuple[list[Pair], list[Conversation], list[Conversation]]:
    """The pairs in the order of A, and those of A and of B that have no counterpart."""
    pairs = _same(ones, others)
    paired = {id(each) for pair in pairs for each in (pair.one, pair.other)}
    left = [each for each in ones if id(each) not in paired]
    right = [each for each in others if id(each) not in paired]
    pairs += [Pair(one, other, is_same=False) for one, other in _alike(left, right)]
    paired = {id(each) for pair in pairs for each in (pair.one, pair.other)}
    place = {id(one): index for index, one in enumerate(ones)}
    pairs.sort(key=lambda pair: place[id(pair.one)])
    return pairs, [each for each in left if id(each) not in paired], [each for each in right if id(each) not in paired]


def pair_of(one: Conversation, other: Conversation) -> Pair:
    """The pair that was asked for."""
    mirrored = _ends(one) == _ends(other)[::-1] != _ends(other)
    is_same = _is_same(one, other, mirrored=mirrored)
    return Pair(one, other, is_same, mirrored, is_translated=is_same and not _have_same_ends(one, other))


def _have_same_ends(one: Conversation, other: Conversation) -> bool:
    return frozenset(_ends(one)) == frozenset(_ends(other))


def _ends(each: Conversation) -> tuple[Endpoint, Endpoint]:
    if isinstance(each, Connection):
        return each.originator.endpoint, each.responder.endpoint
    return each.originator, each.responder


# ------------------------------------------------------------------------------- one, seen twice


def _same(ones: Sequence[Conversation], others: Sequence[Conversation]) -> list[Pair]:
    by_ends: dict[frozenset[Endpoint], list[Conversation]] = defaultdict(list)
    by_number: dict[tuple[int, int], list[Conversation]] = defaultdict(list)
    for other in others:
        by_ends[frozenset(_ends(other))].append(other)
        for number in _known_numbers(other):
            by_number[number].append(other)
    pairs: list[Pair] = []
    taken: set[int] = set()
    for one in ones:
        candidates: Iterable[Conversation] = by_ends[frozenset(_ends(one))]
        candidates = chain(candidates, *(by_number[number] for number in _known_numbers(one)))
        for other in candidates:
            pair = pair_of(one, other)
            if id(other) not in taken and pair.is_same:
                taken.add(id(other))
                pairs.append(pair)
                break
    return pairs


def _numbers(each: Conversation) -> tuple[int | None, ...]:
    """Both initial sequence numbers, where they were seen."""
    return (each.originator.iss, each.responder.iss) if isinstance(each, Connection) else (None,)


def _known_numbers(each: Conversation) -> Iterator[tuple[int, int]]:
    """Each of them that was seen, and whose it is."""
    return ((side, number) for side, number in enumerate(_numbers(each)) if number is not None)


def _is_same(one: Conversation, other: Conversation, *, mirrored: bool) -> bool:
    has_same_ends = _have_same_ends(one, other)
    if not isinstance(one, Connection) or not isinstance(other, Connection):
        return has_same_ends and type(one) is type(other)
    mine, theirs = _numbers(one), _numbers(other)[:: -1 if mirrored else 1]
    known = [pair for pair in zip(mine, theirs, strict=True) if None not in pair]
    if not has_same_ends:
        shares_an_end = any(end == its_end for end, its_end in zip(_ends(one), _ends(other), strict=True))
        return len(known) >= (1 if shares_an_end else 2) and all(number == its_number for number, its_number in known)
    if known:
        return any(number == its_number for number, its_number in known)
    return not _segments(one, mirrored=mirrored).isdisjoint(_segments(other, mirrored=False))


def _segments(connection: Connection, *, mirrored: bool) -> set[tuple[Side, int, int, int]]:
    """Who sent what numbers."""
    found = set()
    for traced in connection.segments:
        sender = traced.sender.other if mirrored else traced.sender
        found.add((sender, traced.row.seq, traced.row.ack, traced.row.payload_len))
    return found


# ------------------------------------------------------------------------------- two that are alike


def _alike(ones: list[Conversation], others: list[Conversation]) -> list[tuple[Conversation, Conversation]]:
    """Pairs in order, for the least cost in sum; connections with connections, exchanges with exchanges."""
    found: list[tuple[Conversation, Conversation]] = []
    for is_tcp in (True, False):
        mine = [each for each in ones if isinstance(each, Connection) is is_tcp]
        theirs = [each for each in others if isinstance(each, Connection) is is_tcp]
        if len(mine) == len(theirs) or len(mine) * len(theirs) > _MOST_TRIED:
            found += zip(mine, theirs, strict=False)
        else:
            found += _cheapest(mine, theirs)
    return found


def _cheapest(ones: list[Conversation], others: list[Conversation]) -> list[tuple[Conversation, Conversation]]:
    shapes = [list(map(_shape, those)) for those in (ones, others)]
    rest = [[_ALONE * (len(ones) - i + len(others) - j) for j in range(len(others) + 1)] for i in range(len(ones) + 1)]
    together = [[0.0] * len(others) for _ in ones]
    for i in reversed(range(len(ones))):
        for j in reversed(range(len(others))):
            ratio = SequenceMatcher(None, shapes[0][i], shapes[1][j], autojunk=False).ratio()
            together[i][j] = 1 - ratio + rest[i + 1][j + 1]
            rest[i][j] = min(together[i][j], _ALONE + rest[i + 1][j], _ALONE + rest[i][j + 1])
    i = j = 0
    found = []
    while i < len(ones) and j < len(others):
        if rest[i][j] == together[i][j]:
            found.append((ones[i], others[j]))
            i, j = i + 1, j + 1
        elif rest[i][j] == _ALONE + rest[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _shape(each: Conversation) -> list[tuple[object, ...]]:
    return [event.shape for event in subject_of(each).events[:_COMPARED]]
