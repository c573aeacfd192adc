"""The tracker: owns the memory of all exchanges, feeds rows to the fold, grows what is full.

It starts plain (lists, no numpy) and turns to columns and machine code with the first columnar batch, so that a
small capture answers at once and a large one at full speed; the fold is the same function.
"""

from __future__ import annotations

import os
from copy import copy
from typing import TYPE_CHECKING, Any

from inspector.columns import columns, instances, to_columns, to_instance
from inspector.compiled import compiled
from inspector.pairs import EMPTY
from inspector.udp.fold import count_duplicates, fold, reindex
from inspector.udp.records import ExchangeEnd, ExchangeRecord, ExchangeTable, Trace
from inspector.udp.view import view_exchange
from inspector.wire.row import Row

if TYPE_CHECKING:
    from inspector.udp.model import Exchange

__all__ = ["ExchangeTracker"]

_FIRST_CAPACITY = 32


class ExchangeTracker:
    """Follows every UDP exchange in a stream of rows.

    `keep` decides whether rows are kept for display: with it, exchanges have their datagrams, and memory follows
    the capture; without it, memory follows the number of exchanges.
    """

    def __init__(self, *, keep: bool = True) -> None:
        self._keep = keep
        self._columnar = False
        self._tables: Any = [ExchangeTable(seed=int.from_bytes(os.urandom(4), "little"))]
        self._exchanges: Any = []
        self._ends: Any = []
        self._index: Any = []
        self._traces: Any = []
        self._kept: dict[int, list[tuple[Row, Trace]]] = {}
        self._grow(_FIRST_CAPACITY)

    def __len__(self) -> int:
        """Exchanges seen so far."""
        return self._header("count")

    @property
    def duplicates(self) -> int:
        """Frames that the capture held twice, as far as is known by now."""
        count = compiled(count_duplicates) if self._columnar else count_duplicates
        return int(count(self._ends, len(self)))

    def feed(self, rows: Any, count: int, *, columnar: bool = False) -> None:
        """Fold `rows[:count]`: a list of `Row`, or with `columnar` an array of its columns."""
        if columnar and not self._columnar:
            self._turn_columnar()
        elif self._columnar and not columnar:
            rows = to_columns(Row, rows[:count], count)
        if len(self._traces) < count:
            self._traces = self._fresh(Trace, count)
        run = compiled(fold) if self._columnar else fold
        done = 0
        while done < count:
            done = run(rows, done, count, self._traces, self._index, self._exchanges, self._ends, self._tables)
            if done < count:
                self._grow(2 * self._header("capacity"))
        if self._keep:
            self._remember(rows, count)

    def stop_keeping(self) -> None:
        """Let go of all rows, and keep no more: exchanges will have no datagrams."""
        self._keep = False
        self._kept.clear()

    def exchanges(self) -> tuple[Exchange, ...]:
        """All exchanges so far, in the order of their first frame."""
        return tuple(
            view_exchange(
                number + 1,
                self._plain(ExchangeRecord, self._exchanges, number),
                self._both_ends(number),
                self._kept.get(number, []),
            )
            for number in range(len(self))
        )

    def _header(self, name: str) -> int:
        table = self._tables[0]
        return int(table[name] if self._columnar else getattr(table, name))

    def _fresh(self, record: type, count: int) -> Any:
        return columns(record, count) if self._columnar else instances(record, count)

    def _plain(self, record: type, records: Any, number: int) -> Any:
        return to_instance(record, records, number) if self._columnar else records[number]

    def _both_ends(self, number: int) -> tuple[ExchangeEnd, ExchangeEnd]:
        one, two = 2 * number, 2 * number + 1
        return self._plain(ExchangeEnd, self._ends, one), self._plain(ExchangeEnd, self._ends, two)

    def _grow(self, capacity: int) -> None:
        self._exchanges = self._enlarged(self._exchanges, ExchangeRecord, capacity)
        self._ends = self._enlarged(self._ends, ExchangeEnd, 2 * capacity)
        table = self._tables[0]
        if self._columnar:
            import numpy as np

            table["capacity"], table["index_mask"] = capacity, 2 * capacity - 1
            self._index = np.full(2 * capacity, EMPTY, np.int64)
            compiled(reindex)(self._index, self._exchanges, self._tables)
        else:
            table.capacity, table.index_mask = capacity, 2 * capacity - 1
            self._index = [EMPTY] * (2 * capacity)
            reindex(self._index, self._exchanges, self._tables)

    def _enlarged(self, have: Any, record: type, size: int) -> Any:
        more = self._fresh(record, size - len(have))
        if not self._columnar:
            return have + more
        import numpy as np

        return np.concatenate((have, more))

    def _turn_columnar(self) -> None:
        import numpy as np

        self._tables = to_columns(ExchangeTable, self._tables, 1)
        self._exchanges = to_columns(ExchangeRecord, self._exchanges, len(self._exchanges))
        self._ends = to_columns(ExchangeEnd, self._ends, len(self._ends))
        self._index = np.array(self._index, np.int64)
        self._traces = columns(Trace, len(self._traces))
        self._columnar = True

    def _remember(self, rows: Any, count: int) -> None:
        for i in range(count):
            if self._columnar:
                if self._traces["exchange"][i] < 0:
                    continue
                row, trace = to_instance(Row, rows, i), to_instance(Trace, self._traces, i)
            else:
                if self._traces[i].exchange < 0:
                    continue
                row, trace = copy(rows[i]), copy(self._traces[i])
            self._kept.setdefault(trace.exchange, []).append((row, trace))
