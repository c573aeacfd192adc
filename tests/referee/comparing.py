"""Two readings of one capture side by side: ours, and another decoder's, frame by frame and stream by stream."""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from inspector.tcp.tracker import Tracker
from inspector.wire.reader import open_capture
from inspector.wire.row import Endpoint, Protocol, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from inspector.referee.wireshark import Opinion


class Told(NamedTuple):
    """What a decoder tells of one TCP segment; None where it tells nothing."""

    source: Endpoint
    destination: Endpoint
    flags: int | None
    seq: int | None
    ack: int | None
    payload_len: int | None


class Difference(NamedTuple):
    """One place where the readings part."""

    frame: int
    field: str
    theirs: object
    ours: object


@dataclass(frozen=True, slots=True)
class Reading:
    """A capture as we read it: its TCP rows, and the connection that each belongs to, both by frame."""

    segments: Mapping[int, Told]
    connection: Mapping[int, int]
    completeness: Mapping[int, int]
    """By the number of the connection."""


def read(path: Path) -> Reading:
    tracker = Tracker()
    rows: list[Row] = []
    with open_capture(path) as reader:
        for batch in reader:
            tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
            rows += [copy(row) for row in batch if row.protocol == Protocol.TCP and not row.undecoded]
    connections = list(tracker.connections())
    return Reading(
        segments={row.frame: told_by_row(row) for row in rows},
        connection={traced.row.frame: found.number for found in connections for traced in found.segments},
        completeness={found.number: found.completeness for found in connections},
    )


def told_by_row(row: Row) -> Told:
    return Told(row.source, row.destination, row.flags, row.seq, row.ack, row.payload_len)


def told_by_opinion(opinion: Opinion) -> Told:
    return Told(opinion.source, opinion.destination, opinion.flags, opinion.seq, opinion.ack, opinion.payload_len)


def differing_segments(theirs: Mapping[int, Told], ours: Mapping[int, Told]) -> list[Difference]:
    """Every frame that only one of them takes for a segment, and every field that both tell differently."""
    found = []
    for frame in sorted(theirs.keys() | ours.keys()):
        if frame not in ours or frame not in theirs:
            found.append(Difference(frame, "segment", theirs.get(frame), ours.get(frame)))
            continue
        found += [
            Difference(frame, name, their, our)
            for name, their, our in zip(Told._fields, theirs[frame], ours[frame], strict=True)
            if their is not None and their != our
        ]
    return found


def differing_groups(theirs: Mapping[int, int], ours: Mapping[int, int]) -> tuple[list[list[int]], list[list[int]]]:
    """Their groups that are none of ours, and ours that are none of theirs, of the frames that both know."""
    common = theirs.keys() & ours.keys()
    their_groups, our_groups = groups(theirs, common), groups(ours, common)
    return in_order(their_groups - our_groups), in_order(our_groups - their_groups)


def groups(of: Mapping[int, int], frames: Iterable[int]) -> set[frozenset[int]]:
    found = defaultdict(set)
    for frame in frames:
        found[of[frame]].add(frame)
    return {frozenset(members) for members in found.values()}


def in_order(found: Iterable[frozenset[int]]) -> list[list[int]]:
    return sorted(sorted(members) for members in found)
