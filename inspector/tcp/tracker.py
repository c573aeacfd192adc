"""The tracker: owns the memory of all connections, feeds rows to the fold, grows what is full.

It starts plain (lists, no numpy) and turns to columns and machine code with the first columnar batch, so
that a small capture answers at once and a large one at full speed; the fold is the same function.
"""

from __future__ import annotations

import os
from copy import copy
from typing import TYPE_CHECKING, Any

from inspector.columns import columns, instances, instances_of, to_columns, to_instance
from inspector.compiled import compiled
from inspector.pairs import EMPTY
from inspector.tcp.fold import fold, reindex
from inspector.tcp.records import ConnectionRecord, EndRecord, TableRecord, Trace
from inspector.tcp.view import Memory, taken_syn, view_connection
from inspector.tcp.zeek import ZeekEnd, ZeekRecord
from inspector.wire.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inspector.tcp.model import Connection

__all__ = ["Tracker"]

_FIRST_CAPACITY = 32
_CONVERTED_AT_ONCE = 4096
# Records for each connection, in the order in which the fold takes them.
_TABLES: tuple[tuple[type, int], ...] = ((ConnectionRecord, 1), (EndRecord, 2), (ZeekRecord, 1), (ZeekEnd, 2))


class Tracker:
    """Follows every TCP connection in a stream of rows.

    `keep` decides whether rows are kept for display: with it, connections have their segments, and memory
    follows the capture; without it, memory follows the connections.
    """

    def __init__(self, *, keep: bool = True) -> None:
        self._keep = keep
        self._columnar = False
        self._header = TableRecord(seed=int.from_bytes(os.urandom(4), "little"))
        self._tables: Any = [self._header]
        self._index: Any = []
        self._records: list[Any] = [[] for _ in _TABLES]
        self._traces: Any = []
        self._kept: list[tuple[int, Any, Any]] = []
        """Batches: ordinal of the first row, rows and traces, in the form in which they came."""
        self._grow(_FIRST_CAPACITY)

    def __len__(self) -> int:
        """Connections seen so far."""
        return self._header_value("count")

    @property
    def duplicates(self) -> int:
        """Frames that the capture held twice."""
        return self._header_value("duplicates")

    def feed(self, rows: Any, count: int, *, columnar: bool = False) -> None:
        """Fold `rows[:count]`: a list of `Row`, or with `columnar` an array of its columns."""
        if columnar and not self._columnar:
            self._turn_columnar()
        elif self._columnar and not columnar:
            rows = to_columns(Row, rows[:count], count)
        if len(self._traces) < count:
            self._traces = self._fresh(Trace, count)
        before = self._header_value("ordinal")
        run: Callable[..., int] = compiled(fold) if self._columnar else fold
        done = 0
        while done < count:
            done = run(rows, done, count, self._traces, self._index, *self._records, self._tables)
            if done < count:
                self._grow(2 * self._header_value("capacity"))
        if self._keep:
            self._remember(rows, count, before)

    def stop_keeping(self) -> None:
        """Let go of all rows, and keep no more: connections will have no segments."""
        self._keep = False
        self._kept.clear()

    def connections(self) -> Iterator[Connection]:
        """All connections so far, in the order in which they began."""
        kept = self._kept_by_connection()
        for number, memory in enumerate(self._memories()):
            yield view_connection(number + 1, memory, kept.get(number, []))

    def _header_value(self, name: str) -> int:
        table = self._tables[0]
        return int(table[name] if self._columnar else getattr(table, name))

    def _fresh(self, record: type, count: int) -> Any:
        return columns(record, count) if self._columnar else instances(record, count)

    def _grow(self, capacity: int) -> None:
        for position, (record, each) in enumerate(_TABLES):
            have = self._records[position]
            more = self._fresh(record, capacity * each - len(have))
            self._records[position] = self._joined(have, more)
        table = self._tables[0]
        if self._columnar:
            table["capacity"], table["index_mask"] = capacity, 2 * capacity - 1
        else:
            table.capacity, table.index_mask = capacity, 2 * capacity - 1
        self._index = self._empty_index(2 * capacity)
        (compiled(reindex) if self._columnar else reindex)(self._index, self._records[0], self._tables)

    def _joined(self, have: Any, more: Any) -> Any:
        if not self._columnar:
            return have + more
        import numpy as np

        return np.concatenate((have, more))

    def _empty_index(self, size: int) -> Any:
        if not self._columnar:
            return [EMPTY] * size
        import numpy as np

        return np.full(size, EMPTY, np.int64)

    def _turn_columnar(self) -> None:
        import numpy as np

        self._tables = to_columns(TableRecord, [self._header], 1)
        for position, (record, _) in enumerate(_TABLES):
            have = self._records[position]
            self._records[position] = to_columns(record, have, len(have))
        self._index = np.array(self._index, np.int64)
        self._traces = columns(Trace, len(self._traces))
        self._columnar = True

    def _memories(self) -> Iterator[Memory]:
        """What is remembered of each connection, converted some at a time."""
        for first in range(0, len(self), _CONVERTED_AT_ONCE):
            last = min(first + _CONVERTED_AT_ONCE, len(self))
            parts = []
            for (record, each), records in zip(_TABLES, self._records, strict=True):
                part = records[first * each : last * each]
                parts.append(instances_of(record, part) if self._columnar else part)
            connections, ends, zeeks, zeek_ends = parts
            for i in range(last - first):
                yield Memory(
                    connections[i],
                    (ends[2 * i], ends[2 * i + 1]),
                    zeeks[i],
                    (zeek_ends[2 * i], zeek_ends[2 * i + 1]),
                )

    def _remember(self, rows: Any, count: int, before: int) -> None:
        if self._columnar:
            self._kept.append((before, rows[:count].copy(), self._traces[:count].copy()))
        else:
            self._kept.append(
                (before, [copy(row) for row in rows[:count]], [copy(each) for each in self._traces[:count]])
            )

    def _kept_rows(self) -> Iterator[tuple[int, Row, Trace]]:
        """Ordinal, row and trace of every kept row that is a segment."""
        for before, rows, traces in self._kept:
            plain = isinstance(rows, list)
            for i, trace in enumerate(traces if plain else instances_of(Trace, traces)):
                if trace.connection >= 0:
                    yield before + i, rows[i] if plain else to_instance(Row, rows, i), trace

    def _kept_by_connection(self) -> dict[int, list[tuple[Row, Trace]]]:
        taken = {}
        for number in range(len(self) if self._kept else 0):
            ordinal = int(self._taken_ordinal(number))
            if ordinal >= 0:
                taken[ordinal] = number
        kept: dict[int, list[tuple[Row, Trace]]] = {}
        for ordinal, row, trace in self._kept_rows():
            number = taken.get(ordinal, trace.connection)
            shown = trace if number == trace.connection else taken_syn(number)
            kept.setdefault(number, []).append((row, shown))
        return kept

    def _taken_ordinal(self, number: int) -> int:
        connection = self._records[0][number]
        return int(connection["taken_ordinal"] if self._columnar else connection.taken_ordinal)
