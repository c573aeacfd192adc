"""Follows every TCP connection in a stream of rows: the fold's tables in, `tcp.model` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.flows.follower import Follower, Layout
from inspector.tcp.fold import fold
from inspector.tcp.records import ConnectionRecord, EndRecord, TableRecord, Trace
from inspector.tcp.view import Memory, taken_syn, view_connection
from inspector.tcp.zeek import ZeekEnd, ZeekRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.tcp.model import Connection
    from inspector.wire.row import Row

__all__ = ["Tracker"]

_LAYOUT = Layout(fold, Trace, TableRecord, ((ConnectionRecord, 1), (EndRecord, 2), (ZeekRecord, 1), (ZeekEnd, 2)))


class Tracker:
    """Follows every TCP connection in a stream of rows.

    `keep` decides whether rows are kept for display: with it, connections have their segments, and memory
    follows the capture; without it, memory follows the connections.
    """

    def __init__(self, *, keep: bool = True) -> None:
        self._follower = Follower(_LAYOUT, keep=keep)

    def __len__(self) -> int:
        """Connections seen so far."""
        return len(self._follower)

    @property
    def duplicates(self) -> int:
        """Frames that the capture held twice."""
        return self._follower.header("duplicates")

    def feed(self, rows: Any, count: int, *, columnar: bool = False) -> None:
        """Fold `rows[:count]`: a list of `Row`, or with `columnar` an array of its columns."""
        self._follower.feed(rows, count, columnar=columnar)

    def stop_keeping(self) -> None:
        """Let go of all rows, and keep no more: connections will have no segments."""
        self._follower.stop_keeping()

    def connections(self) -> Iterator[Connection]:
        """All connections so far, in the order in which they began."""
        kept: dict[int, list[tuple[Row, Trace]]] = {}
        taken = self._taken() if self._follower.keeps else {}
        for each in self._follower.kept():
            if each.trace.pair >= 0:
                number = taken.get(each.ordinal, each.trace.pair)
                trace = each.trace if number == each.trace.pair else taken_syn(number)
                kept.setdefault(number, []).append((each.row, trace))
        for number, memory in enumerate(self._memories()):
            yield view_connection(number + 1, memory, kept.get(number, []))

    def _memories(self) -> Iterator[Memory]:
        for (connection,), (one, two), (zeek,), (zeek_one, zeek_two) in self._follower.memories():
            yield Memory(connection, (one, two), zeek, (zeek_one, zeek_two))

    def _taken(self) -> dict[int, int]:
        """Rows that the fold gave to one incarnation, and that turned out to begin the next: ordinal to number."""
        return {
            memory.connection.taken_ordinal: number
            for number, memory in enumerate(self._memories())
            if memory.connection.taken_ordinal >= 0
        }
