"""From what the witnesses said to the path of states that each end of each connection took by the kernel's word.

The tracepoint speaks of sockets and the wire of connections. A socket's changes are cut into *incarnations* (from
CLOSED, or from the LISTEN of which it is a copy, to CLOSED), for when a socket is gone another may have its number; and
an incarnation belongs to the latest connection between its endpoints that had begun when it ended: one that ends before
the next connection's SYN cannot be that one's.

The end of a connection that no socket stood for is LISTEN if one listened there, else CLOSED. That is also how the
tables are read: a row that is gone again was a request (and its socket listens on) or was a socket (and is CLOSED).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

from inspector.findings import Side
from inspector.kernel.model import Moment
from inspector.wire.row import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from inspector.kernel.model import Snapshot, SocketRow, StateChange, Testimony
    from inspector.tcp.model import Connection

__all__ = ["KernelPath", "News", "sampled_paths", "traced_paths"]


@dataclass(frozen=True, slots=True)
class News:
    """An end is in another state than before, by the kernel's word."""

    side: Side
    state: str
    time_ns: int
    frame: int | None = None
    """The frame at which a table said so; None of what the tracepoint said, which has a time."""


@dataclass(frozen=True, slots=True)
class KernelPath:
    """The states that one end went through, by one witness."""

    states: tuple[str, ...]
    """From the one before the first change on."""
    news: tuple[News, ...] = ()
    has_socket: bool = True
    """Whether a socket stood for this end, if only a request."""
    ambiguous: bool = False
    """Whether two sockets with these endpoints lived at once: then one is of another network, who knows which."""


@dataclass(frozen=True, slots=True)
class _Incarnation:
    """A socket from its first change to its last."""

    changes: tuple[StateChange, ...]

    @property
    def endpoints(self) -> tuple[Endpoint, Endpoint]:
        """Local and remote, as known when both had a port; a client's own is chosen late."""
        known = [each for each in self.changes if each.local.port and each.remote.port] or self.changes
        return known[-1].local, known[-1].remote

    @property
    def begin_ns(self) -> float:
        return self.changes[0].time_ns

    @property
    def end_ns(self) -> float:
        return self.changes[-1].time_ns if self.changes[-1].new == "CLOSED" else inf

    def listens_at(self, endpoint: Endpoint, time_ns: int) -> bool:
        """Whether it waited for connections to `endpoint` at that time."""
        local, remote = self.endpoints
        is_open = self.begin_ns <= time_ns < self.end_ns
        return is_open and not remote.port and self.changes[0].new == "LISTEN" and _covers(local, endpoint)


def traced_paths(connections: Sequence[Connection], testimony: Testimony) -> dict[tuple[int, Side], KernelPath]:
    """The path of each end by the tracepoint, by number of the connection and side."""
    incarnations = list(_incarnations(testimony.changes))
    of_end = {
        (connection.number, side): _of_end(incarnations, connections, connection, side)
        for connection in connections
        for side in _sides(connection)
    }
    for nameless in (each for each in incarnations if not each.endpoints[0].port):
        _give_to_its_syn(nameless, connections, of_end)
    return {
        (connection.number, side): _traced(of_end[connection.number, side], incarnations, connection, side)
        for connection in connections
        for side in _sides(connection)
    }


def _incarnations(changes: Iterable[StateChange]) -> Iterable[_Incarnation]:
    of_socket: dict[int, list[StateChange]] = {}
    for change in changes:
        before = of_socket.get(change.socket)
        if before is not None and (change.old == "CLOSED" or change.old != before[-1].new):
            yield _Incarnation(tuple(of_socket.pop(change.socket)))
        of_socket.setdefault(change.socket, []).append(change)
    for rest in of_socket.values():
        yield _Incarnation(tuple(rest))


def _of_end(
    incarnations: Iterable[_Incarnation], connections: Iterable[Connection], connection: Connection, side: Side
) -> list[_Incarnation]:
    """The incarnations that stood for one end of `connection`, and of no other between the same endpoints."""
    ends = connection.end(side).endpoint, connection.end(side.other).endpoint
    begun = sorted(each.first_ns for each in connections if set(_endpoints(each)) == set(ends))
    mine = []
    for each in incarnations:
        earlier = [first_ns for first_ns in begun if first_ns <= each.end_ns]
        if each.endpoints == ends and earlier and earlier[-1] == connection.first_ns:
            mine.append(each)
    return sorted(mine, key=lambda one: one.begin_ns)


def _give_to_its_syn(
    nameless: _Incarnation, connections: Iterable[Connection], of_end: Mapping[tuple[int, Side], list[_Incarnation]]
) -> None:
    """A client that is still SYN-SENT was never seen with its port: the next SYN that nobody else sent is its own."""
    local, remote = nameless.endpoints
    for connection in sorted(connections, key=lambda each: each.first_ns):
        mine = of_end[connection.number, Side.ORIGINATOR]
        one, other = _endpoints(connection)
        if (one.address, other) == (local.address, remote) and not mine and connection.first_ns >= nameless.begin_ns:
            mine.append(nameless)
            return


def _traced(
    mine: Sequence[_Incarnation], all_of_them: Iterable[_Incarnation], connection: Connection, side: Side
) -> KernelPath:
    if not mine:
        end = connection.end(side).endpoint
        listens = any(each.listens_at(end, connection.first_ns) for each in all_of_them)
        return KernelPath(("LISTEN" if listens else "CLOSED",), has_socket=listens)
    states: list[str] = []
    news: list[News] = []
    for each in mine:
        states += [state for state in (each.changes[0].old,) if not states or states[-1] != state]
        states += [change.new for change in each.changes]
        news += [News(side, change.new, change.time_ns) for change in each.changes]
    ambiguous = any(later.begin_ns < earlier.end_ns for earlier, later in pairwise(mine))
    return KernelPath(tuple(states), tuple(news), ambiguous=ambiguous)


def sampled_paths(connections: Sequence[Connection], testimony: Testimony) -> dict[tuple[int, Side], KernelPath]:
    """The path of each end by the tables: the states that a look met, and of those only where they differ."""
    return {
        (connection.number, side): _sampled(_looks_at(connection, connections, testimony.snapshots), connection, side)
        for connection in connections
        for side in _sides(connection)
        if connection.segments
    }


def _looks_at(
    connection: Connection, connections: Iterable[Connection], snapshots: Iterable[Snapshot]
) -> list[Snapshot]:
    """The looks from the first frame of `connection` until that of the next one between its endpoints."""
    first = connection.segments[0].row.frame
    ends = set(_endpoints(connection))
    later = [each.segments[0].row.frame for each in connections if each.segments and set(_endpoints(each)) == ends]
    until = min((frame for frame in later if frame > first), default=inf)
    return [each for each in snapshots if first <= each.frame < until]


def _sampled(looks: Sequence[Snapshot], connection: Connection, side: Side) -> KernelPath:
    local, remote = connection.end(side).endpoint, connection.end(side.other).endpoint
    states: list[str] = []
    news = []
    has_socket = listened = False
    for look in looks:
        row = next((each for each in look.rows if _plain(each.local) == local and _plain(each.remote) == remote), None)
        if row is not None and row.state == "TIME-WAIT" and not has_socket and look.moment is Moment.DEPARTED:
            continue  # what is left of the connection before, between the same endpoints
        if row is not None and row.state == "SYN-SENT" and states and states[-1] != "SYN-SENT":
            break  # and this is the next one, whose SYN is on its way
        listens = any(_listens(each, local) for each in look.rows)
        listened = listened or listens
        has_socket = has_socket or row is not None or listens
        state = row.state if row is not None else _without_row(states, listens=listens, listened=listened)
        if not states or states[-1] != state:
            news += [News(side, state, look.time_ns, look.frame)] if states or row is not None else []
            states.append(state)
    return KernelPath(tuple(states), tuple(news), has_socket=has_socket)


def _without_row(states: Sequence[str], *, listens: bool, listened: bool) -> str:
    """The state of an end that has no row: it listens, if it has had no socket of its own yet, or only a request.

    A listener that is closed takes its requests along: what became of them is not known, and so no news.
    """
    if not listened or not set(states) <= {"LISTEN", "SYN-RECEIVED"}:
        return "CLOSED"
    return states[-1] if states and not listens else "LISTEN"


def _listens(row: SocketRow, endpoint: Endpoint) -> bool:
    return row.state == "LISTEN" and _covers(_plain(row.local), endpoint)


def _covers(local: Endpoint, endpoint: Endpoint) -> bool:
    """Whether a socket that is bound to `local` takes what is sent to `endpoint`."""
    return local.port == endpoint.port and local.address in {endpoint.address, "0.0.0.0", "::"}  # noqa: S104 - compared


def _plain(endpoint: Endpoint) -> Endpoint:
    """As a frame has it: an IPv4 address is one, whatever kind of socket holds it."""
    mapped = IPv6Address(endpoint.address).ipv4_mapped if ":" in endpoint.address else None
    return Endpoint(str(mapped), endpoint.port) if mapped else endpoint


def _endpoints(connection: Connection) -> tuple[Endpoint, Endpoint]:
    return connection.originator.endpoint, connection.responder.endpoint


def _sides(connection: Connection) -> tuple[Side, ...]:
    """The ends that can differ: a socket connected to itself is one."""
    one, other = _endpoints(connection)
    return (Side.ORIGINATOR,) if one == other else (Side.ORIGINATOR, Side.RESPONDER)
