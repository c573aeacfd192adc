"""Owns the tables of one fold, feeds it rows, enlarges what is full, and keeps rows for display.

It starts plain (lists, no numpy) and turns to columns and machine code with the first columnar batch, so
that a small capture answers at once and a large one at full speed; the fold is the same function.

A fold is a compilable `fold(rows, first, count, traces, index, *tables, headers) -> int`, which folds
`rows[first:count]` and returns the number of the row where it stopped: `count`, unless a table was full.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from inspector.columns import (
    columns,
    copied,
    fill_gaps,
    instances,
    instances_of,
    reserved,
    to_columns,
    to_instance,
    values_of,
)
from inspector.compiled import compiled
from inspector.flows.pairs import EMPTY, reindex
from inspector.wire.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

__all__ = ["Follower", "Kept", "Layout", "Listener"]

_FIRST_CAPACITY = 32
_CONVERTED_AT_ONCE = 4096


class Layout(NamedTuple):
    """The records of a fold."""

    fold: Callable[..., int]
    trace: type[Any]
    header: type[Any]
    tables: tuple[tuple[type[Any], int], ...]
    """Record classes, and how many records of each a pair has; the first is the pair's own, a `PairRecord`."""


class Kept(NamedTuple):
    """A row that was kept, with what the fold said of it."""

    ordinal: int
    """Of all rows fed, from 0."""
    row: Row
    trace: Any


class Listener(Protocol):
    """Who is told of what the fold did, and may make room in its tables where otherwise they would grow."""

    def folded(self, rows: Any, traces: Any, first: int, last: int) -> None:
        """`rows[first:last]` have been folded; `traces` is parallel."""

    def make_room(self, row: Any) -> int:
        """The tables are full, and `row` needs a place: the pairs for which there shall be room from now on."""


class Follower:
    """The memory of a fold, over a stream of rows. With `keep` it follows the capture, without, the pairs.

    `reserve` is a number of pairs for which columns have their place from the start, so that a table that grows is
    not copied. Memory is taken where it is used.
    """

    def __init__(self, layout: Layout, *, keep: bool, listener: Listener | None = None, reserve: int = 0) -> None:
        self._layout = layout
        self._reserve = reserve
        self._listener = listener
        self._keep = keep
        self._columnar = False
        self._fed = 0
        self._headers: Any = [layout.header(seed=int.from_bytes(os.urandom(4), "little"))]
        self._tables: list[Any] = [[] for _ in layout.tables]
        self._index: Any = []
        self._traces: Any = []
        self._kept: list[tuple[int, Any, Any]] = []
        """Batches: ordinal of the first row, rows and traces, in the form in which they came."""
        self._grow(_FIRST_CAPACITY)

    def __len__(self) -> int:
        """Pairs seen so far, each incarnation for itself."""
        return self.header("count")

    def header(self, name: str) -> int:
        """A field of the table's header."""
        header = self._headers[0]
        return int(header[name] if self._columnar else getattr(header, name))

    def set_header(self, **values: int) -> None:
        """Set fields of the table's header."""
        for name, value in values.items():
            if self._columnar:
                self._headers[0][name] = value
            else:
                setattr(self._headers[0], name, value)

    @property
    def headers(self) -> Any:
        """The one header as a fold sees it: a list or an array of one."""
        return self._headers

    @property
    def columnar(self) -> bool:
        """Whether the tables are columns by now."""
        return self._columnar

    @property
    def keeps(self) -> bool:
        """Whether rows are kept."""
        return self._keep

    def feed(self, rows: Any, count: int, *, columnar: bool) -> None:
        """Fold `rows[:count]`: a list of `Row`, or with `columnar` an array of its columns."""
        if columnar and not self._columnar:
            self._turn_columnar()
        elif self._columnar and not columnar:
            rows = to_columns(Row, rows[:count], count)
        if len(self._traces) < count:
            self._traces = self._fresh(self._layout.trace, count)
        done = 0
        while done < count:
            first = done
            done = self.call(
                self._layout.fold, rows, first, count, self._traces, self._index, *self._tables, self._headers
            )
            if self._listener is not None:
                self._listener.folded(rows, self._traces, first, done)
            if done < count:
                self._make_room(rows[done])
            if self._columnar and isinstance(rows, list):
                rows = to_columns(Row, rows[:count], count)
        if self._keep:
            self._remember(rows, count)
        self._fed += count

    def stop_keeping(self) -> None:
        """Let go of all rows, and keep no more."""
        self._keep = False
        self._kept.clear()

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a compilable function in the form that the tables have now."""
        return (compiled(function) if self._columnar else function)(*arguments)

    def table(self, position: int) -> Any:
        """A table as the fold sees it: a list or an array of records."""
        return self._tables[position]

    def memories(self) -> Iterator[tuple[tuple[Any, ...], ...]]:
        """What is remembered of each pair in turn: for each table its records, in the plain form."""
        for first in range(0, len(self), _CONVERTED_AT_ONCE):
            last = min(first + _CONVERTED_AT_ONCE, len(self))
            parts = []
            for (record, each), table in zip(self._layout.tables, self._tables, strict=True):
                part = table[first * each : last * each]
                parts.append((each, instances_of(record, part) if self._columnar else part))
            for i in range(last - first):
                yield tuple(tuple(part[each * i : each * (i + 1)]) for each, part in parts)

    def turn_columnar(self) -> None:
        """Have the tables as columns from now on; rows may still come in either form."""
        if not self._columnar:
            self._turn_columnar()

    def let_go(self, over: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Take the pairs marked in `over` out of the tables, which are columns; where each of the old places is now.

        Those at the end move into the gaps, so nobody moves more than once, and places are used again.
        """
        import numpy as np

        count = len(self)
        staying = count - int(over.sum())
        gaps = np.flatnonzero(over[:staying])
        movers = np.flatnonzero(~over[staying:]) + staying
        for (record, each), table in zip(self._layout.tables, self._tables, strict=True):
            fill_gaps(record, table, each, gaps, movers)
        self.set_header(count=staying, latest=EMPTY)
        self._index.fill(EMPTY)
        self.call(reindex, self._index, self._tables[0], staying, self.header("index_mask"))
        places = np.arange(count)
        places[movers] = gaps
        return places

    def kept(self) -> Iterator[Kept]:
        """Every row that was kept, in the order in which it came."""
        for before, rows, traces in self._kept:
            plain = isinstance(rows, list)
            for i, trace in enumerate(traces if plain else instances_of(self._layout.trace, traces)):
                if plain or trace.pair >= 0:
                    yield Kept(before + i, rows[i] if plain else to_instance(Row, rows, i), trace)

    def _fresh(self, record: type[Any], count: int) -> Any:
        return columns(record, count) if self._columnar else instances(record, count)

    def _make_room(self, row: Any) -> None:
        have = self.header("capacity")
        wanted = 2 * have if self._listener is None else self._listener.make_room(row)
        if wanted > have:
            self._grow(wanted)

    def _grow(self, capacity: int) -> None:
        if capacity >= len(self._tables[0]):
            self._move(capacity)
        mask = (1 << (2 * capacity - 1).bit_length()) - 1
        self.set_header(capacity=capacity, blank=len(self._tables[0]) - 1, index_mask=mask)
        self._index = self._empty_index(mask + 1)
        self.call(reindex, self._index, self._tables[0], len(self), mask)

    def _move(self, capacity: int) -> None:
        """Move to tables for `capacity` pairs, and one more in its default state."""
        if self._columnar and capacity < self._reserve:
            with suppress(MemoryError):  # where a process may not even reserve it, it is moved more often
                self._tables = self._moved(self._reserve)
                return
        self._tables = self._moved(capacity)

    def _moved(self, capacity: int) -> list[Any]:
        moved = []
        for (record, each), table in zip(self._layout.tables, self._tables, strict=True):
            used, size = len(self) * each, (capacity + 1) * each
            if self._columnar:
                moved.append(reserved(record, table, used, size))
                moved[-1][size - each :] = values_of(record)(record())
            else:
                moved.append(table[:used] + instances(record, size - used))
        return moved

    def _empty_index(self, size: int) -> Any:
        if not self._columnar:
            return [EMPTY] * size
        import numpy as np

        return np.full(size, EMPTY, np.int64)

    def _turn_columnar(self) -> None:
        import numpy as np

        self._headers = to_columns(self._layout.header, self._headers, 1)
        for position, (record, _) in enumerate(self._layout.tables):
            have = self._tables[position]
            self._tables[position] = to_columns(record, have, len(have))
        self._index = np.array(self._index, np.int64)
        self._traces = to_columns(self._layout.trace, self._traces, len(self._traces))
        self._columnar = True

    def _remember(self, rows: Any, count: int) -> None:
        if self._columnar:
            self._kept.append((self._fed, copied(rows[:count]), copied(self._traces[:count])))
        else:
            # A columnar batch is used again; plain rows are whoever's reads them, and plain traces are made anew.
            self._kept.append((self._fed, rows[:count], self._traces[:count]))
            self._traces = []
