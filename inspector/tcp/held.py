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
_SMALL = 4096


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
        self._leaving: list[Any] = []
        self._taken: Any = ()

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
        """Connections of these numbers leave: `of` gives their rows, until they are `gone`.

        A row of which the ordinal is among `taken` proved to begin another connection, and is none of theirs.
        """
        self._taken = taken
        is_leaving = _Lookup(numbers)
        staying = []
        for part in self._parts:
            mine = is_leaving[part["number"]]
            if mine.any():
                self._leaving.append(part[mine])
                part = part[~mine]  # noqa: PLW2901 - what is left of it
            staying.append(part)
        self._parts = _joined(staying)
        self._count = sum(map(len, self._parts))

    def of(self, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The rows of some that leave, by number and then in their order."""
        import numpy as np

        is_asked = _Lookup(numbers)
        found = [part[is_asked[part["number"]]] for part in self._leaving]
        rows: np.ndarray[Any, Any] = np.concatenate(found) if found else columns(HeldRow, 0)
        if len(self._taken):
            rows = rows[~np.isin(rows["ordinal"], self._taken)]
        return rows[np.argsort(rows["number"], kind="stable")]

    def gone(self, numbers: np.ndarray[Any, Any]) -> None:
        """They have left."""
        self._leaving = []
        if self.lost:
            self.lost.difference_update(numbers.tolist())

    def stray(self, ordinal: int) -> Any:
        """The SYN of this ordinal, which looked stray; None where it is held no longer."""
        return self._strays.get(ordinal)

    def _give_up(self) -> None:
        """Let go of the connections with the most rows, until half of the room is free."""
        import numpy as np

        numbers, counts = np.unique(np.concatenate([part["number"] for part in self._parts]), return_counts=True)
        order = np.argsort(-counts, kind="stable")
        enough = int(np.searchsorted(np.cumsum(counts[order]), self._count - self._most // 2)) + 1
        gone = numbers[order[:enough]]
        self.lost.update(gone.tolist())
        is_gone = _Lookup(gone)
        self._parts = _joined([part[~is_gone[part["number"]]] for part in self._parts])
        self._count = sum(map(len, self._parts))


class _Lookup:
    """Whether each of many numbers is among some that lie near to each other."""

    def __init__(self, numbers: np.ndarray[Any, Any]) -> None:
        import numpy as np

        self._least = int(numbers.min()) if len(numbers) else 0
        size = int(numbers.max()) - self._least + 1 if len(numbers) else 0
        self._is_there = np.zeros(size + 2, np.bool_)  # the first and the last are for all that lie outside
        self._is_there[numbers - self._least + 1] = True

    def __getitem__(self, asked: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        there: np.ndarray[Any, Any] = self._is_there[(asked - (self._least - 1)).clip(0, len(self._is_there) - 1)]
        return there


def _joined(parts: list[Any]) -> list[Any]:
    """Neighbours that are small in one, so that their number follows the rows."""
    import numpy as np

    joined: list[Any] = []
    small: list[Any] = []
    for part in [*parts, None]:
        if part is not None and len(part) < _SMALL:
            small += [part] * (len(part) > 0)
            if sum(map(len, small)) < _SMALL:
                continue
            part = None  # noqa: PLW2901 - it is among the small ones
        if small:
            joined.append(np.concatenate(small))
            small = []
        if part is not None:
            joined.append(part)
    return joined


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
