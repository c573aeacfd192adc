"""Findings by connection, until their accounts are made: how many, how many faults, which kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

__all__ = ["Tally"]


class Tally:
    """What to add to which account; who it belongs to is told by a key: a place in the table, or a number."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray[Any, Any]] = []

    def add(self, keys: np.ndarray[Any, Any], findings: int, faults: int, kinds: int) -> None:
        """Each of `keys`, as often as it is there, has so many findings and faults more, of these kinds."""
        import numpy as np

        values, counts = np.unique(keys, return_counts=True)
        self._parts.append(np.stack([values, counts * findings, counts * faults, np.full(len(values), kinds)]))

    def merge(self, other: Tally, rename: Callable[[Any], Any]) -> None:
        """Take the other's in, under other keys."""
        for keys, *rest in other._parts:
            import numpy as np

            self._parts.append(np.stack([rename(keys), *rest]))

    def add_to(self, accounts: np.ndarray[Any, Any], keys: np.ndarray[Any, Any]) -> None:
        """Add to each account what its key has; `keys` is parallel to `accounts`."""
        if not self._parts or not len(keys):
            return
        import numpy as np

        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        for mine, findings, faults, kinds in self._parts:
            at = np.minimum(np.searchsorted(ranked, mine), len(ranked) - 1)
            hit = ranked[at] == mine
            places = order[at[hit]]  # a part has each key once
            accounts["findings"][places] += findings[hit].astype(np.int32)
            accounts["faults"][places] += faults[hit].astype(np.int32)
            accounts["kinds"][places] |= kinds[hit]
