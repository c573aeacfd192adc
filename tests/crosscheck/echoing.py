"""A tshark that agrees with us in everything, to be made to disagree in one thing at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.crosscheck.comparison import cross_check
from inspector.crosscheck.reading import read
from inspector.referee.opinion import Opinion
from inspector.rosetta.wireshark import analysis_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inspector.crosscheck.model import CrossCheck
    from inspector.crosscheck.reading import Reading
    from inspector.tcp.model import Connection, TracedSegment


def echo(reading: Reading) -> list[Opinion]:
    """Opinions that are ours, in the order of the frames."""
    said = [opinion(connection, traced) for connection in reading.connections for traced in connection.segments]
    return sorted(said, key=lambda each: each.frame)


def opinion(connection: Connection, traced: TracedSegment) -> Opinion:
    row = traced.row
    return Opinion(
        frame=row.frame,
        stream=connection.number - 1,
        source=row.source,
        destination=row.destination,
        flags=row.flags,
        seq=row.seq,
        ack=row.ack,
        payload_len=row.payload_len,
        completeness=connection.completeness,
        labels=analysis_of(traced),
    )


def checked(path: Path, said: Sequence[Opinion]) -> CrossCheck:
    return cross_check(str(path), read(path), said, tshark=(4, 0, 17))
