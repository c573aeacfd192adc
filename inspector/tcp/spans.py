"""Lengths of time by the million: their number, their extremes exactly, and percentiles to one part in 64.

A span falls into a bin by its power of two and the six bits below it, so 4,096 counts hold any number of spans, and a
percentile reads at most 1.6 % too short, never too long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Spans"]

_BITS = 6


class Spans:
    """A distribution of spans in nanoseconds; negative ones, which stand for unknown, are passed over."""

    def __init__(self) -> None:
        self.count = 0
        self.shortest = 0
        self.longest = 0
        self._bins: dict[int, int] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spans) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def add(self, spans: np.ndarray[Any, Any]) -> None:
        """Take some spans in."""
        import numpy as np

        spans = spans[spans >= 0]
        if not len(spans):
            return
        shortest, longest = int(spans.min()), int(spans.max())
        self.shortest = min(self.shortest, shortest) if self.count else shortest
        self.longest = max(self.longest, longest)
        self.count += len(spans)
        # The exponent of a double is the place of the highest bit; a rounding up by it is put right by the shift.
        places = np.frexp(spans.astype(np.float64))[1].astype(np.int64)
        places -= (spans >> np.maximum(places - 1, 0)) == 0
        shifts = np.maximum(places - 1 - _BITS, 0)
        bins, counts = np.unique((shifts << 32) | (spans >> shifts), return_counts=True)
        for each, number in zip(bins.tolist(), counts.tolist(), strict=True):
            self._bins[each] = self._bins.get(each, 0) + number

    def percentile(self, percent: int) -> int:
        """The span that `percent` of all do not exceed; 0 where there is none."""
        rank = -(-self.count * percent // 100)
        if rank >= self.count:
            return self.longest
        seen = 0
        for each in sorted(self._bins):
            seen += self._bins[each]
            if seen >= rank:
                shift, top = each >> 32, each & 0xFFFF_FFFF
                return max(top << shift, self.shortest)
        return 0
