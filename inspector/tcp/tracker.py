"""Follows every TCP connection in a stream of rows: the fold's tables in, `tcp.model` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.flows.follower import Follower, Layout
from inspector.tcp.fold import fold
from inspector.tcp.ledger import Ledger
from inspector.tcp.records import ConnectionRecord, EndRecord, TableRecord, Trace
from inspector.tcp.view import Memory, taken_syn, view_connection
from inspector.tcp.zeek import ZeekEnd, ZeekRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.tcp.choice import Choice, Leaving
    from inspector.tcp.lifetimes import Limits
    from inspector.tcp.model import Connection
    from inspector.tcp.summary import Summary
    from inspector.tcp.watch import Watch
    from inspector.wire.row import Row

__all__ = ["Tracker"]

_LAYOUT = Layout(fold, Trace, TableRecord, ((ConnectionRecord, 1), (EndRecord, 2), (ZeekRecord, 1), (ZeekEnd, 2)))

_RESERVED = 1 << 20
"""Connections; a gigabyte of addresses."""


class Tracker:
    """Follows every TCP connection in a stream of rows.

    `keep` decides whether rows are kept for display: with it, connections have their segments, and memory
    follows the capture; without it, memory follows the connections. With `limits`, from row `limited_from` on, those
    whose time is over leave (`tcp.lifetimes`), memory follows the *open* connections, and there is a `summary` of all
    (or those of `choice`), and `leaving` sees them go. With a `watch` some connections are watched, which may have left
    (`watch.connections`).
    """

    def __init__(  # noqa: PLR0913 - who else wants something of it
        self,
        *,
        keep: bool = True,
        limits: Limits | None = None,
        limited_from: int = 0,
        choice: Choice | None = None,
        watch: Watch | None = None,
        leaving: Leaving | None = None,
    ) -> None:
        self._ledger = None if limits is None else Ledger(limits, choice, leaving)
        self._watch = watch
        reserve = 0 if limits is None else min(limits.most_open, _RESERVED)
        listener = self._ledger if watch is None else watch
        self._follower = Follower(_LAYOUT, keep=keep, listener=listener, reserve=reserve)
        if watch is not None:
            watch.begin(self._follower, self._ledger)
        if self._ledger is not None and limits is not None:
            self._ledger.follower = self._follower
            room = min(self._follower.header("capacity"), limits.most_open)
            self._follower.set_header(capacity=room, limited_from=limited_from, **limits.times())

    def __len__(self) -> int:
        """Connections seen so far."""
        return self._follower.header("opened")

    @property
    def duplicates(self) -> int:
        """Frames that the capture held twice."""
        return self._follower.header("duplicates")

    def feed(self, rows: Any, count: int, *, columnar: bool = False) -> None:
        """Fold `rows[:count]`: a list of `Row`, or with `columnar` an array of its columns."""
        if self._watch is not None:
            self._watch.picks = []
        self._follower.feed(rows, count, columnar=columnar)

    def stop_keeping(self) -> None:
        """Let go of all rows, and keep no more: connections will have no segments."""
        self._follower.stop_keeping()

    def summary(self) -> Summary:
        """The sum of all connections, asked once, at the end, of a tracker with limits."""
        if self._ledger is None:
            raise ValueError("a tracker without limits sums nothing up")
        return self._ledger.close()

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
