"""A test's vocabulary: two ends, and what they say to each other.

    talk = Conversation()
    talk.client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101).client("ACK", seq=101, ack=301)
    connection = talk.connection()

The client is 10.0.0.1:40000, the server 10.0.0.2:80. A segment comes a hundredth of a second after
the one before, has an IP ID and digest of its own, and only the fields that are told differ from `_TEMPLATE`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from inspector.columns import to_columns
from inspector.tcp.tracker import Tracker
from inspector.wire.row import Flag, Protocol, Row, address_halves

if TYPE_CHECKING:
    from inspector.tcp.model import Connection, TracedSegment

CLIENT = ("10.0.0.1", 40000)
SERVER = ("10.0.0.2", 80)
STEP_NS = 10_000_000

_TEMPLATE = Row(version=4, protocol=Protocol.TCP, window=8192, ttl=64, header_len=20)


def flags_of(text: str) -> int:
    """`SYN,ACK` -> 0x12."""
    members = Flag.members()
    return sum(members[name] for name in text.split(",") if name)


def segment(number: int, source: tuple[str, int], destination: tuple[str, int], flags: str, **fields: Any) -> Row:
    """One row, as a decoder would have made it."""
    version, src_hi, src_lo = address_halves(source[0])
    _, dst_hi, dst_lo = address_halves(destination[0])
    data = fields.pop("data", 0)
    made = replace(
        _TEMPLATE,
        frame=number,
        time_ns=number * STEP_NS,
        version=version,
        src_hi=src_hi,
        src_lo=src_lo,
        src_port=source[1],
        dst_hi=dst_hi,
        dst_lo=dst_lo,
        dst_port=destination[1],
        flags=flags_of(flags),
        payload_len=data,
        captured_len=data,
        ip_id=number & 0xFFFF,
        digest=number * 1_000_003,
    )
    for name in ("seq", "ack"):
        fields[name] = fields.get(name, 0) & 0xFFFF_FFFF
    return replace(made, **fields)


@dataclass
class Conversation:
    """Rows in the order in which they were said."""

    ends: tuple[tuple[str, int], tuple[str, int]] = (CLIENT, SERVER)
    rows: list[Row] = field(default_factory=list)

    def client(self, flags: str, **fields: Any) -> Self:
        return self._say(self.ends[0], self.ends[1], flags, fields)

    def server(self, flags: str, **fields: Any) -> Self:
        return self._say(self.ends[1], self.ends[0], flags, fields)

    def again(self, index: int = -1, **fields: Any) -> Self:
        """Repeat a row as a retransmission does: with an IP ID, and so a digest, of its own."""
        number = len(self.rows) + 1
        fresh = {"frame": number, "time_ns": number * STEP_NS, "ip_id": number, "digest": number * 1_000_003}
        self.rows.append(replace(self.rows[index], **(fresh | fields)))
        return self

    def _say(self, source: tuple[str, int], destination: tuple[str, int], flags: str, fields: dict[str, Any]) -> Self:
        self.rows.append(segment(len(self.rows) + 1, source, destination, flags, **fields))
        return self

    def handshake(self, x: int = 100, y: int = 300) -> Self:
        return self.client("SYN", seq=x).server("SYN,ACK", seq=y, ack=x + 1).client("ACK", seq=x + 1, ack=y + 1)

    def connections(self, *, columnar: bool = False) -> list[Connection]:
        return track(self.rows, columnar=columnar)

    def connection(self) -> Connection:
        """The only one."""
        (connection,) = self.connections()
        return connection


def track(rows: list[Row], *, batch: int = 0, columnar: bool = False) -> list[Connection]:
    """The connections in `rows`, fed in batches of `batch` rows (0: all at once)."""
    tracker = Tracker()
    size = batch or max(len(rows), 1)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        fed = to_columns(Row, part, len(part)) if columnar else part
        tracker.feed(fed, len(part), columnar=columnar)
    return list(tracker.connections())


def states(connection: Connection) -> list[str]:
    """`SYN-SENT SYN-RECEIVED` after each segment."""
    return [f"{traced.states[0]} {traced.states[1]}" for traced in connection.segments]


def labels(connection: Connection) -> list[str]:
    return [traced.label for traced in connection.segments]


def kinds(found: Connection | TracedSegment) -> list[str]:
    """The kinds of all findings."""
    return [finding.kind for finding in found.findings]
