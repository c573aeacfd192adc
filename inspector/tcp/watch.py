"""Keeps an eye on some connections of a capture of any size: their rows, and what is remembered of them to their end.

A connection is asked for by its number, which is the one of tables and summaries: the fold gives it out, in order of
first segments, whether or not the connection is let go of later (`tcp.lifetimes`). So whoever watches sees the numbers
of a plain replay with the same limits. It stands before the ledger in a follower and looks at each trace once.

Laws:

1. Memory follows the watched connections, and of their rows at most `most` are kept; those that are not are counted.
2. A SYN that looked stray belongs to the incarnation that it proved to begin (`fold`), as everywhere. Until that is
   known it is remembered, but no more than _MOST_STRAYS of them: what is older stays where the fold first put it.
"""

from __future__ import annotations

from bisect import bisect_left
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.columns import instances_of
from inspector.compiled import compilable
from inspector.tcp.facts import Fact
from inspector.tcp.records import Trace
from inspector.tcp.view import Memory, taken_syn, view_connection
from inspector.wire.row import Row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from inspector.flows.follower import Follower, Listener
    from inspector.tcp.model import Connection

__all__ = ["Pick", "Watch", "pick"]

_MOST_STRAYS = 4096
_CONNECTIONS, _ENDS, _ZEEKS, _ZEEK_ENDS = range(4)

_NOBODY = (1 << 63) - 1


class Pick(NamedTuple):
    """A row of the latest batch that concerns somebody watched."""

    place: int
    """In the batch."""
    ordinal: int
    """Of all rows, from 0."""
    number: int
    """Of its connection, which need not be one that is watched: see `is_stray` and `takes`."""
    row: Row
    trace: Trace
    takes: int
    """The ordinal of the SYN that looked stray and that this row, the first of its connection, takes along; or -1."""

    @property
    def is_stray(self) -> bool:
        """Whether it is a SYN that may prove to begin another connection."""
        return bool(self.trace.facts & Fact.SYN_IN_CONNECTION)


@compilable
def pick(  # noqa: PLR0913 - numba takes arrays one by one
    rows: Any, traces: Any, first: int, last: int, connections: Any, wanted: Any, picked: Any
) -> int:
    """Note in `picked` which of `rows[first:last]` concern the connections numbered `wanted` (ascending); how many."""
    found = 0
    for i in range(first, last):
        pair = traces[i].pair
        if pair < 0:
            continue
        connection = connections[pair]
        is_stray = traces[i].facts & Fact.SYN_IN_CONNECTION > 0
        takes = connection.taken_ordinal >= 0 and connection.first_frame == rows[i].frame
        if is_stray or takes or _is_among(connection.number, wanted):
            picked[found] = i
            found += 1
    return found


@compilable
def _is_among(number: int, wanted: Any) -> bool:
    low, high = 0, len(wanted)
    while low < high:
        middle = (low + high) // 2
        if wanted[middle] < number:
            low = middle + 1
        else:
            high = middle
    return low < len(wanted) and wanted[low] == number


class Watch:
    """A follower's listener that watches the connections numbered `wanted`, and passes all on to `behind`."""

    def __init__(self, wanted: Collection[int], *, most: int) -> None:
        self.picks: list[Pick] = []
        """Of the latest batch, in its order."""
        self.left_out: dict[int, int] = {}
        """By number: rows that were not kept, for want of room."""
        self._follower: Follower
        self._behind: Listener | None = None
        self._wanted = sorted(set(wanted))
        self._room = most
        self._kept: dict[int, list[Pick]] = {number: [] for number in self._wanted}
        self._memories: dict[int, Memory] = {}
        self._strays: dict[int, Pick] = {}
        self._forms: dict[bool, tuple[Any, Any]] = {}

    def begin(self, follower: Follower, behind: Listener | None) -> None:
        """Watch what `follower` folds, before the listener that it would have had."""
        self._follower, self._behind = follower, behind

    @property
    def seen(self) -> int:
        """Connections so far, whether they are watched or not."""
        return self._follower.header("opened")

    def folded(self, rows: Any, traces: Any, first: int, last: int) -> None:
        """See `Listener`."""
        ordinal = self._follower.header("ordinal") - (last - first)
        places = self._picked(rows, traces, first, last)
        if len(places):
            for made in self._made(rows, traces, places, ordinal - first):
                self._take(made)
        if self._behind is not None:
            self._behind.folded(rows, traces, first, last)

    def make_room(self, row: Any) -> int:
        """See `Listener`; who is watched and may be let go of is remembered first."""
        self._remember()
        return 2 * self._follower.header("capacity") if self._behind is None else self._behind.make_room(row)

    def connections(self) -> Iterator[Connection]:
        """Those that were wanted and seen, by number; to be asked before the table is given up."""
        self._remember()
        for number, memory in sorted(self._memories.items()):
            picks = self._kept[number]
            kept = [(each.row, each.trace) for each in picks]
            stray = self._strays.get(memory.connection.taken_ordinal)
            if memory.connection.taken_ordinal >= 0 and stray is not None:
                kept.insert(0, (stray.row, taken_syn(stray.trace.pair)))
            yield view_connection(number, memory, kept)

    def _picked(self, rows: Any, traces: Any, first: int, last: int) -> Any:
        columnar = self._follower.columnar
        if columnar not in self._forms or len(self._forms[columnar][1]) < len(traces):
            self._forms[columnar] = self._fresh(len(traces), columnar=columnar)
        wanted, picked = self._forms[columnar]
        table = self._follower.table(_CONNECTIONS)
        found = self._follower.call(pick, rows, traces, first, last, table, wanted, picked)
        return picked[:found]

    def _fresh(self, room: int, *, columnar: bool) -> tuple[Any, Any]:
        if not columnar:
            return self._wanted, [0] * room
        import numpy as np

        # No connection has a number that takes more than 64 bits.
        wanted = [min(number, _NOBODY) for number in self._wanted]
        return np.array(wanted, np.int64), np.zeros(room, np.int64)

    def _made(self, rows: Any, traces: Any, places: Any, before: int) -> Iterator[Pick]:
        """The rows at `places`, all made at once; `before` is the ordinal of a row at place 0."""
        records = self._follower.table(_CONNECTIONS)
        if self._follower.columnar:
            told = records[traces["pair"][places]][["number", "first_frame", "taken_ordinal"]].tolist()
            at = places.tolist()
            plain, said = instances_of(Row, rows[places]), instances_of(Trace, traces[places])
        else:
            at, plain = places, [rows[place] for place in places]
            said = [copy(traces[place]) for place in places]  # the fold's own are used again
            mine = (records[trace.pair] for trace in said)
            told = [(each.number, each.first_frame, each.taken_ordinal) for each in mine]
        for place, row, trace, (number, first_frame, taken) in zip(at, plain, said, told, strict=True):
            yield Pick(place, before + place, number, row, trace, taken if first_frame == row.frame else -1)

    def _take(self, made: Pick) -> None:
        self.picks.append(made)
        if made.takes >= 0:
            self._give_up(made.takes)
        if made.is_stray:
            self._strays[made.ordinal] = made
            if len(self._strays) > _MOST_STRAYS:
                del self._strays[next(iter(self._strays))]
        if made.number not in self._kept:
            return
        if self._room:
            self._room -= 1
            self._kept[made.number].append(made)
        else:
            self.left_out[made.number] = self.left_out.get(made.number, 0) + 1

    def _give_up(self, ordinal: int) -> None:
        """The stray SYN of this ordinal was not its connection's."""
        stray = self._strays.get(ordinal)
        if stray is not None and stray.number in self._kept:
            kept = self._kept[stray.number]
            kept[:] = [each for each in kept if each.ordinal != ordinal]

    def _remember(self) -> None:
        """Keep what is known by now of those watched that are in the table."""
        for place in self._places():
            records = [self._follower.table(position) for position in range(4)]
            memory = _memory_at(records, place, columnar=self._follower.columnar)
            self._memories[memory.connection.number] = memory

    def _places(self) -> list[int]:
        table, count = self._follower.table(_CONNECTIONS), len(self._follower)
        if not self._follower.columnar:
            return [place for place in range(count) if self._is_wanted(table[place].number)]
        import numpy as np

        return [int(place) for place in np.flatnonzero(np.isin(table["number"][:count], self._wanted))]

    def _is_wanted(self, number: int) -> bool:
        at = bisect_left(self._wanted, number)
        return at < len(self._wanted) and self._wanted[at] == number


def _memory_at(tables: list[Any], place: int, *, columnar: bool) -> Memory:
    if columnar:
        from inspector.tcp.account import Tables, memory_at

        return memory_at(Tables(*tables), place)
    both = slice(2 * place, 2 * place + 2)
    connections, ends, zeeks, zeek_ends = tables
    one, two = (copy(each) for each in ends[both])
    zeek_one, zeek_two = (copy(each) for each in zeek_ends[both])
    return Memory(copy(connections[place]), (one, two), copy(zeeks[place]), (zeek_one, zeek_two))
