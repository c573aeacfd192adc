"""Rows of open connections, held until their connection leaves the table: what a comparison and a ladder look at.

The ledger lets go of a connection and of all that was recorded of it; whoever wants its segments as well must have held
them. Here they are, by the number of their connection, as columns of some hundred bytes a row.

Memory is bounded: where more than `most` rows wait, the connections with the most of them are given up, and what
comes of these later is not held either; `lost` says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.columns import I64, U8, U16, U32, columns, dtype_of, to_columns
from inspector.tcp.facts import Fact
from inspector.tcp.records import Trace
from inspector.wire.row import NO_TIME, Protocol, Row

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Held", "HeldRow", "kept_of"]

_OF_ROW = (
    *("frame", "time_ns", "direction", "payload_len", "captured_len", "seq", "ack", "flags", "window", "urgent"),
    *("options", "mss", "window_scale", "sack_count", "sack_left", "sack_right", "checksum", "checksum_verdict"),
)
_OF_TRACE = ("side", "originator_state", "responder_state", "facts", "expected_seq", "expected_ack")
_MOST_STRAYS = 4096


@dataclass(slots=True)
class HeldRow:
    """A row and its trace in one, as far as they are looked at; named as there."""

    frame: I64 = 0
    time_ns: I64 = NO_TIME
    seq: U32 = 0
    ack: U32 = 0
    payload_len: U32 = 0
    captured_len: U32 = 0
    sack_left: U32 = 0
    sack_right: U32 = 0
    flags: U16 = 0
    window: U16 = 0
    urgent: U16 = 0
    options: U16 = 0
    mss: U16 = 0
    checksum: U16 = 0
    window_scale: U8 = 0
    sack_count: U8 = 0
    direction: U8 = 0
    checksum_verdict: U8 = 0
    side: U8 = 0
    originator_state: U8 = 0
    responder_state: U8 = 0
    facts: I64 = 0
    expected_seq: I64 = -1
    expected_ack: I64 = -1
    number: I64 = 0
    """Of its connection."""
    ordinal: I64 = 0


def kept_of(rows: np.ndarray[Any, Any]) -> list[tuple[Row, Trace]]:
    """Rows of one connection as `view.view_connection` takes them."""
    kept = []
    for values in rows.tolist():
        told = dict(zip(rows.dtype.names or (), values, strict=True))
        row = Row(protocol=Protocol.TCP, **{name: told[name] for name in _OF_ROW})
        kept.append((row, Trace(pair=0, **{name: told[name] for name in _OF_TRACE})))
    return kept


class Held:
    """The rows that wait, in the order of the capture."""

    def __init__(self, most: int) -> None:
        self.lost: set[int] = set()
        """Numbers of connections that were given up."""
        self._most = most
        self._parts: list[Any] = []
        self._count = 0
        self._strays: dict[int, Any] = {}
        self._leaving: Any = None
        self._gone: set[int] = set()

    def add(self, rows: Any, traces: Any, first: int, last: int, ordinal: int, connections: Any) -> None:  # noqa: PLR0913 - what a listener is told
        """Hold `rows[first:last]`, the first of them being of `ordinal`; `connections` is the fold's table."""
        import numpy as np

        if isinstance(traces, list):
            part = _from_lists(rows, traces, range(first, last), connections)
        else:
            pairs = traces["pair"][first:last]
            mine = pairs >= 0
            part = np.empty(int(mine.sum()), dtype_of(HeldRow))
            for names, source in ((_OF_ROW, rows), (_OF_TRACE, traces)):
                for name in names:
                    part[name] = source[name][first:last][mine]
            part["ordinal"] = np.flatnonzero(mine)
            part["number"] = connections["number"][pairs[mine]]
        part["ordinal"] += ordinal
        for stray in part[(part["facts"] & Fact.SYN_IN_CONNECTION) != 0]:
            self._strays[int(stray["ordinal"])] = stray.copy()
            if len(self._strays) > _MOST_STRAYS:
                del self._strays[next(iter(self._strays))]
        if self.lost:
            part = part[~np.isin(part["number"], list(self.lost))]
        self._parts.append(part)
        self._count += len(part)
        if self._count > self._most:
            self._give_up()

    def leave(self, numbers: np.ndarray[Any, Any], taken: np.ndarray[Any, Any]) -> None:
        """Connections of these numbers leave: `of` gives their rows until others leave.

        A row of which the ordinal is among `taken` proved to begin another connection, and is none of theirs.
        """
        import numpy as np

        held = self._together()
        mine = np.isin(held["number"], numbers)
        rows = held[mine]
        self._parts = [held[~mine]]
        self._count = len(self._parts[0])
        if len(taken):
            rows = rows[~np.isin(rows["ordinal"], taken)]
        self._leaving = rows[np.argsort(rows["number"], kind="stable")]
        self.lost.difference_update(self._gone)
        self._gone = self.lost.intersection(numbers.tolist()) if self.lost else set()

    def of(self, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The rows of some that leave, by number and then in their order."""
        import numpy as np

        rows: np.ndarray[Any, Any] = self._leaving[np.isin(self._leaving["number"], numbers)]
        return rows

    def stray(self, ordinal: int) -> Any:
        """The SYN of this ordinal, which looked stray; None where it is held no longer."""
        return self._strays.get(ordinal)

    def _together(self) -> np.ndarray[Any, Any]:
        import numpy as np

        if len(self._parts) != 1:
            self._parts = [np.concatenate(self._parts) if self._parts else columns(HeldRow, 0)]
        together: np.ndarray[Any, Any] = self._parts[0]
        return together

    def _give_up(self) -> None:
        """Let go of the connections with the most rows, until half of the room is free."""
        import numpy as np

        held = self._together()
        numbers, counts = np.unique(held["number"], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        enough = int(np.searchsorted(np.cumsum(counts[order]), len(held) - self._most // 2)) + 1
        gone = numbers[order[:enough]]
        self.lost.update(gone.tolist())
        self._parts = [held[~np.isin(held["number"], gone)]]
        self._count = len(self._parts[0])


def _from_lists(rows: Any, traces: Any, places: range, connections: Any) -> np.ndarray[Any, Any]:
    """The same of plain rows."""
    plain = []
    for place in places:
        trace = traces[place]
        if trace.pair >= 0:
            values = {name: getattr(rows[place], name) for name in _OF_ROW}
            values |= {name: getattr(trace, name) for name in _OF_TRACE}
            number = connections[trace.pair].number
            plain.append(HeldRow(**values, number=number, ordinal=place - places.start))
    return to_columns(HeldRow, plain, len(plain))
