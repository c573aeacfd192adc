"""What the exchanges of a capture came to that is too large to keep them: how many, with which outcomes, and the first.

Exchanges pass by one at a time; so memory follows what the fold remembers of each pair, and not what people read of it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from inspector.udp.model import Exchange, Outcome

__all__ = ["LISTED", "ExchangeSum", "sum_of"]

LISTED = 1_000
"""Exchanges that are kept as objects: the first."""


@dataclass(frozen=True, slots=True)
class ExchangeSum:
    """The sum of all exchanges."""

    first: tuple[Exchange, ...]
    outcomes: Mapping[Outcome, int]

    @property
    def exchanges(self) -> int:
        """How many there are."""
        return sum(self.outcomes.values())


def sum_of(exchanges: Iterable[Exchange], most: int = LISTED) -> ExchangeSum:
    """Add exchanges up, and keep the first of them."""
    first: list[Exchange] = []
    outcomes: Counter[Outcome] = Counter()
    for each in exchanges:
        outcomes[each.outcome] += 1
        if len(first) < most:
            first.append(each)
    return ExchangeSum(tuple(first), outcomes)
