"""When a connection leaves the table, so that memory follows the open ones and not the file. Compilable.

Time is the capture's: a connection is over when its next segment, or whoever wants its place, comes later than

* `closed_ns` after its last segment, if it is closed (both ends CLOSED or TIME-WAIT, or a reset was accepted);
* `attempt_ns`, if its handshake never came to its end;
* `idle_ns`, in all other cases.

Laws:

1. What is over is decided by a row's own time, so neither batches nor the moments of sweeping change a result: a
   segment of a connection that is over begins another one, swept or not.
2. A frame without time, or before 1970, ends nothing. Nor does a clock that runs backwards; and one frame from the far
   future ends what is open, but its time is not remembered.
3. Nothing is over among the first `limited_from` rows: of a small capture everything is kept.
4. Who is swept for room alone, the table being full to its bound, is who was silent longest.

The defaults are Zeek's where that does no harm: `tcp_inactivity_timeout` (5 minutes) and `tcp_close_delay` (5 seconds).
Its `tcp_attempt_delay` of 5 seconds would make several attempts of one, for a SYN is repeated after 1, 2, 4, 8, 16 and
32 seconds; we wait for a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.compiled import Constants, compilable
from inspector.tcp.records import Seen
from inspector.tcp.states import State

if TYPE_CHECKING:
    from inspector.tcp.records import ConnectionRecord, EndRecord, TableRecord

__all__ = ["Ended", "Limits", "find_over", "over_at"]

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how many connections are remembered."""

    idle_ns: int = 300 * _SECOND
    closed_ns: int = 5 * _SECOND
    attempt_ns: int = 60 * _SECOND
    most_open: int = 1_000_000
    """Connections in the table at once; beyond, the quarter that was silent longest leaves it."""

    def times(self) -> dict[str, int]:
        """The fields of the table's header that hold them."""
        times = {"idle_ns": self.idle_ns, "closed_ns": self.closed_ns, "attempt_ns": self.attempt_ns}
        return {**times, "least_ns": min(times.values())}


class Ended(Constants):
    """Why a connection left the table."""

    WITH_CAPTURE = 0
    """It was in the table when the capture ended."""
    CLOSED = 1
    """Closed, or replaced by a later one of the same endpoints."""
    ATTEMPT = 2
    """Its handshake came to no end in time."""
    IDLE = 3
    CROWDED = 4
    """The table was full: it was evicted, and may have gone on."""


@compilable
def _kind(connection: ConnectionRecord, originator: EndRecord, responder: EndRecord) -> int:
    """Which of the three times counts: CLOSED, ATTEMPT or IDLE."""
    if connection.last_reset >= 0:
        return Ended.CLOSED
    one = originator.state in (State.CLOSED, State.TIME_WAIT)
    if one and (connection.itself or responder.state in (State.CLOSED, State.TIME_WAIT)):
        return Ended.CLOSED
    both = originator.seen if connection.itself else originator.seen & responder.seen
    return Ended.IDLE if both & Seen.ESTABLISHED else Ended.ATTEMPT


@compilable
def over_at(
    time_ns: int, connection: ConnectionRecord, originator: EndRecord, responder: EndRecord, table: TableRecord
) -> int:
    """Why a segment at `time_ns` comes too late to belong to this connection; 0 if it does not."""
    if table.ordinal < table.limited_from:
        return 0
    if connection.superseded:
        return int(connection.superseded)
    if time_ns < 0 or connection.last_ns < 0 or time_ns - connection.last_ns <= table.least_ns:
        return 0
    kind = _kind(connection, originator, responder)
    limit = table.idle_ns
    if kind == Ended.CLOSED:
        limit = table.closed_ns
    elif kind == Ended.ATTEMPT:
        limit = table.attempt_ns
    return kind if time_ns - connection.last_ns > limit else 0


@compilable
def find_over(  # noqa: PLR0913 - numba takes arrays one by one
    why: Any, time_ns: int, connections: Any, ends: Any, count: int, tables: Any
) -> int:
    """Fill `why[:count]` with the reason for which each connection is over; how many of them are."""
    found = 0
    for number in range(count):
        why[number] = over_at(time_ns, connections[number], ends[2 * number], ends[2 * number + 1], tables[0])
        if why[number]:
            found += 1
    return found
