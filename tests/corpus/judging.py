"""What a capture comes to: its connections with every judgement on them, without what an encoding may change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.tcp.tracker import Tracker
from inspector.wire.reader import open_capture

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from inspector.findings import Finding
    from inspector.tcp.model import Connection, End, TracedSegment


class JudgedSegment(NamedTuple):
    """A segment, and what is said of it."""

    frame: int
    sender: str
    flags: int
    seq: int
    ack: int
    payload_len: int
    label: str
    states: tuple[str, str]
    findings: tuple[tuple[Any, ...], ...]


class JudgedEnd(NamedTuple):
    """An end, with what it offered and reached."""

    endpoint: str
    state: str
    iss: int | None
    mss: int | None
    window_scale: int | None
    sack_permitted: bool | None
    timestamps: bool | None
    segments: int
    payload_bytes: int
    retransmissions: int


class Judged(NamedTuple):
    """A connection, and every judgement on it. No times: encodings have different resolutions, or none."""

    originator: JudgedEnd
    responder: JudgedEnd
    handshake: str
    close: str
    zeek: str
    completeness: int
    findings: tuple[tuple[Any, ...], ...]
    segments: tuple[JudgedSegment, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """All connections of a capture, and what the reader said of the file."""

    connections: tuple[Judged, ...]
    frames: int
    cut: str
    duplicates: int


@lru_cache(maxsize=6)  # a large one takes hundreds of megabytes
def judge(path: Path, *, plain_frames: int = 1_000_000, frames: int = 1_000_000) -> Verdict:
    """Read the first `frames` frames of a capture; the first `plain_frames` in the plain form. Once for all who ask."""
    tracker = Tracker()
    with open_capture(path, plain_frames=plain_frames) as reader:
        for batch in reader:
            tracker.feed(batch.rows, min(batch.count, frames), columnar=batch.columnar)
            frames -= min(batch.count, frames)
    connections = tuple(judged(connection) for connection in tracker.connections())
    return Verdict(connections, reader.frames, reader.cut, tracker.duplicates)


def judged(connection: Connection) -> Judged:
    return Judged(
        originator=judged_end(connection.originator),
        responder=judged_end(connection.responder),
        handshake=str(connection.handshake),
        close=str(connection.close),
        zeek=f"{connection.zeek.conn_state} {connection.zeek.history}",
        completeness=connection.completeness,
        findings=judged_findings(connection.findings),
        segments=tuple(judged_segment(segment) for segment in connection.segments),
    )


def judged_end(end: End) -> JudgedEnd:
    return JudgedEnd(
        endpoint=str(end.endpoint),
        state=str(end.state),
        iss=end.iss,
        mss=end.mss,
        window_scale=end.window_scale,
        sack_permitted=end.sack_permitted,
        timestamps=end.timestamps,
        segments=end.segments,
        payload_bytes=end.payload_bytes,
        retransmissions=end.retransmissions,
    )


def judged_segment(segment: TracedSegment) -> JudgedSegment:
    row = segment.row
    return JudgedSegment(
        frame=row.frame,
        sender=str(segment.sender),
        flags=row.flags,
        seq=row.seq,
        ack=row.ack,
        payload_len=row.payload_len,
        label=segment.label,
        states=(str(segment.states[0]), str(segment.states[1])),
        findings=judged_findings(segment.findings),
    )


def judged_findings(findings: Iterable[Finding]) -> tuple[tuple[Any, ...], ...]:
    return tuple((found.kind, str(found.blame), found.frame, found.message) for found in findings)
