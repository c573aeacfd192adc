"""What the kernel said of its own sockets in one run, as values; times are nanoseconds since the epoch, as a frame's.

Two witnesses, who see differently:

* the tracepoint tells *every* change of state, and when. It knows whole sockets only: neither a request (SYN-RECEIVED
  of a passive open) nor TIME-WAIT is one in Linux.
* the tables tell what there *is* at a moment, those two included: a sample, between whose moments much may happen.

States are in the words of RFC 9293, `tcp.states.State` as text (`inspector.kernel_states`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.wire.row import Endpoint

__all__ = ["Moment", "Snapshot", "SocketRow", "StateChange", "Testimony", "Timer"]


class Moment(StrEnum):
    """When a table was read."""

    BEGUN = "begun"
    """Before the first frame."""
    DEPARTED = "departed"
    """The frame has left its sender, and its receiver has not got it."""
    ARRIVED = "arrived"
    """It has been handed to its receiver, or was thrown away."""
    SETTLED = "settled"
    """Nothing is under way any more."""


class Timer(StrEnum):
    """Which timer of a socket runs, in the words of `ss -o`."""

    OFF = ""
    RETRANSMIT = "on"
    KEEPALIVE = "keepalive"
    TIME_WAIT = "timewait"
    PERSIST = "persist"


@dataclass(frozen=True, slots=True)
class StateChange:
    """One socket went from one state to another."""

    time_ns: int
    local: Endpoint
    """Port 0 where the kernel had none yet: a client's is chosen after it has become SYN-SENT."""
    remote: Endpoint
    old: str
    new: str
    socket: int = 0
    """A number that tells sockets apart while they live; when one is gone, another may have its number."""


@dataclass(frozen=True, slots=True)
class SocketRow:
    """A line of the socket table."""

    host: str
    """`client` or `server` in the private network, else empty."""
    protocol: str
    """`tcp` or `udp`."""
    state: str
    recv_q: int
    """Bytes not yet read; of a LISTEN socket, connections not yet accepted."""
    send_q: int
    """Bytes not yet acknowledged; of a LISTEN socket, how many may wait to be accepted."""
    local: Endpoint
    remote: Endpoint
    timer: Timer = Timer.OFF
    expires_ms: int = 0
    """Until the timer fires: of TIME-WAIT, what is left of it."""
    ipv6_only: bool = False
    """Whether an IPv6 socket that waits takes no IPv4: then `ss` writes `[::]` for any address, else `*`."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The tables of all hosts at one moment."""

    frame: int
    """The frame of `moment`; 0 before the first."""
    moment: Moment
    time_ns: int
    rows: tuple[SocketRow, ...]


@dataclass(frozen=True, slots=True)
class Testimony:
    """All that the kernel said in one run."""

    changes: tuple[StateChange, ...] = ()
    """By the tracepoint, in the order of time."""
    snapshots: tuple[Snapshot, ...] = ()
    """Of the tables; one that says what the one before said is left out."""
    untraced: str = ""
    """Why there was no tracepoint, or why not all of it came through; empty where `changes` is complete."""
    unlooked: str = ""
    """Why the tables could not be read; empty where they could, or nobody wanted to."""
    show_sockets: bool = False
    """Whether the tables are to be shown, as `ss -tan` would."""

    @property
    def is_traced(self) -> bool:
        """Whether `changes` is everything that happened."""
        return not self.untraced
