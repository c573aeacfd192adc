"""Follows every UDP exchange in a stream of rows: the fold's tables in, `udp.model` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.flows.follower import Follower, Layout
from inspector.flows.pairs import PairTable
from inspector.udp.fold import count_duplicates, fold
from inspector.udp.records import ExchangeEnd, ExchangeRecord, Trace
from inspector.udp.view import Kept, view_exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.udp.model import Exchange

__all__ = ["ExchangeTracker"]

_LAYOUT = Layout(fold, Trace, PairTable, ((ExchangeRecord, 1), (ExchangeEnd, 2)))
_ENDS = 1


class ExchangeTracker:
    """Follows every UDP exchange in a stream of rows.

    `keep` decides whether rows are kept for display: with it, exchanges have their datagrams, and memory follows
    the capture; without it, memory follows the number of exchanges.
    """

    def __init__(self, *, keep: bool = True) -> None:
        self._follower = Follower(_LAYOUT, keep=keep)

    def __len__(self) -> int:
        """Exchanges seen so far."""
        return len(self._follower)

    @property
    def duplicates(self) -> int:
        """Frames that the capture held twice, as far as is known by now."""
        return int(self._follower.call(count_duplicates, self._follower.table(_ENDS), len(self)))

    def feed(self, rows: Any, count: int, *, columnar: bool = False) -> None:
        """Fold `rows[:count]`: a list of `Row`, or with `columnar` an array of its columns."""
        self._follower.feed(rows, count, columnar=columnar)

    def stop_keeping(self) -> None:
        """Let go of all rows, and keep no more: exchanges will have no datagrams."""
        self._follower.stop_keeping()

    def exchanges(self) -> tuple[Exchange, ...]:
        """All exchanges so far, in the order of their first frame."""
        return tuple(self.walk())

    def walk(self) -> Iterator[Exchange]:
        """The same, one at a time."""
        kept: dict[int, list[Kept]] = {}
        for each in self._follower.kept():
            if each.trace.pair >= 0:
                kept.setdefault(each.trace.pair, []).append((each.row, each.trace))
        for number, ((record,), (one, two)) in enumerate(self._follower.memories()):
            yield view_exchange(number + 1, record, (one, two), kept.get(number, []))
