"""Findings by connection, until their accounts are made: how many, how many faults, which kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.tcp.account import KIND_BITS
from inspector.tcp.judgement import RULES, TELLING, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

__all__ = ["Hits", "Tally", "rules_of"]


@lru_cache(maxsize=4096)
def rules_of(facts: int) -> tuple[Rule, ...]:
    """The rules that a segment with these facts, in hindsight, has broken or shown."""
    return tuple(rule for rule in RULES if facts & rule.fact)


class Hits(NamedTuple):
    """Some accounts that have findings of the same rules: their places, and how many such segments each has."""

    rules: tuple[Rule, ...]
    places: np.ndarray[Any, Any]
    segments: np.ndarray[Any, Any]


@dataclass(slots=True)
class _Part:
    """Segments of the same facts: whose they are, each key once, and how many of each."""

    facts: int
    keys: np.ndarray[Any, Any]
    segments: np.ndarray[Any, Any]


@dataclass(slots=True)
class Tally:
    """What to add to which account; who it belongs to is told by a key: a place in the table, or a number."""

    _parts: list[_Part] = field(default_factory=list)

    def add(self, keys: np.ndarray[Any, Any], facts: np.ndarray[Any, Any]) -> None:
        """Segments that have findings: whose they are, and their facts in hindsight."""
        import numpy as np

        codes, which = np.unique(facts & TELLING, return_inverse=True)
        for position, code in enumerate(codes.tolist()):
            values, counts = np.unique(keys[which == position], return_counts=True)
            self._parts.append(_Part(code, values, counts))

    def merge(self, other: Tally, rename: Callable[[Any], Any]) -> None:
        """Take the other's in, under other keys."""
        self._parts += [_Part(part.facts, rename(part.keys), part.segments) for part in other._parts]

    def add_to(self, accounts: np.ndarray[Any, Any], keys: np.ndarray[Any, Any]) -> list[Hits]:
        """Add to each account what its key has, and keep that no longer; `keys` is parallel to `accounts`."""
        if not self._parts or not len(keys):
            return []
        import numpy as np

        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        hits = []
        for part in self._parts:
            at = np.minimum(np.searchsorted(ranked, part.keys), len(ranked) - 1)
            hit = ranked[at] == part.keys
            if hit.any():
                hits.append(Hits(rules_of(part.facts), order[at[hit]], part.segments[hit]))
                _add(accounts, hits[-1])
                part.keys, part.segments = part.keys[~hit], part.segments[~hit]
        self._parts = [part for part in self._parts if len(part.keys)]
        return hits


def _add(accounts: np.ndarray[Any, Any], hits: Hits) -> None:
    faults = sum(rule.blame.is_fault for rule in hits.rules)
    accounts["findings"][hits.places] += (hits.segments * len(hits.rules)).astype("i4")  # a part has each key once
    accounts["faults"][hits.places] += (hits.segments * faults).astype("i4")
    accounts["kinds"][hits.places] |= sum(KIND_BITS[rule.kind] for rule in hits.rules)
