"""Our side of a cross-check: every connection of a capture with its segments, and what its other frames are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.tcp.tracker import Tracker
from inspector.wire.reader import open_capture
from inspector.wire.row import Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from inspector.tcp.model import Connection

__all__ = ["UDP", "Reading", "read"]

UDP = -1
"""In place of a `wire.undecoded.Reason`: a datagram of UDP, decoded well."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A capture as we read it."""

    connections: tuple[Connection, ...]
    others: Mapping[int, int]
    """Why a frame is no segment to us, by frame: a `wire.undecoded.Reason`, or UDP."""
    frames: int
    cut: str


def read(path: str | Path) -> Reading:
    """Read a capture to its end, keeping every segment. Raises CaptureFileError."""
    tracker = Tracker()
    others: dict[int, int] = {}
    with open_capture(path) as reader:
        for batch in reader:
            tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
            for row in batch:
                if row.undecoded or row.protocol != Protocol.TCP:
                    others[row.frame] = row.undecoded or UDP
    return Reading(tuple(tracker.connections()), others, reader.frames, reader.cut)
