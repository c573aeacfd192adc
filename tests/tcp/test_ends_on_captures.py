"""What is counted of each end, on our own captures: against tshark, and against plain sets of bytes.

tshark takes the initial RTT from the latest SYN, copies included; ours is from the first, so it is compared where
there is one SYN, and no connection before it at the same endpoints.
"""

from __future__ import annotations

import subprocess
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from inspector.findings import Side
from inspector.tcp.facts import Fact
from inspector.tcp.model import Connection
from inspector.tcp.tracker import Tracker
from inspector.wire.reader import open_capture
from inspector.wire.row import Flag

CAPTURES = sorted((Path(__file__).parents[2] / "captures").glob("*/*.pcapng"))
Fields = dict[int, dict[str, str]]

NAMES = ("tcp.analysis.initial_rtt", "tcp.options.mss_val", "tcp.options.wscale.shift", "tcp.seq_raw", "tcp.flags.syn")


def follow(path: Path) -> list[Connection]:
    tracker = Tracker()
    with open_capture(path) as reader:
        for batch in reader:
            tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
    return list(tracker.connections())


def read_with(tshark: str, path: Path) -> Fields:
    """What tshark says of every TCP frame, by frame number."""
    asked = [word for name in ("frame.number", *NAMES) for word in ("-e", name)]
    output = subprocess.run(
        [tshark, "-n", "-2", "-r", path, "-Y", "tcp", "-T", "fields", "-E", "occurrence=f", *asked],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    lines = (line.split("\t") for line in output.splitlines())
    return {int(number): dict(zip(NAMES, values, strict=True)) for number, *values in lines}


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.parent.name)
def test_distinct_bytes(path: Path) -> None:
    """A byte of the stream counts once, however often and in whatever order it was sent."""
    for connection in follow(path):
        stream: dict[Side, set[int]] = defaultdict(set)
        for traced in connection.segments:
            row = traced.row
            if (
                row.flags & (Flag.ACK | Flag.SYN)
                and not row.flags & Flag.RST
                and not traced.facts & (Fact.DATA_AFTER_FIN | Fact.AFTER_RESET)
            ):
                first = row.seq + bool(row.flags & Flag.SYN)
                stream[traced.sender].update((first + place) & 0xFFFF_FFFF for place in range(row.payload_len))

        # An end that talks with itself has one stream.
        for side in (Side.ORIGINATOR,) if connection.originator == connection.responder else Side:
            assert connection.end(side).payload_bytes == len(stream[side])


@pytest.mark.slow
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.parent.name)
def test_offers_and_time_of_the_handshake(path: Path, tshark: str) -> None:
    """The time from the SYN to the third segment, and what the SYNs carry."""
    theirs = read_with(tshark, path)
    for connection in follow(path):
        shown = [theirs[traced.row.frame] for traced in connection.segments]
        times = {fields["tcp.analysis.initial_rtt"] for fields in shown} - {""}
        ends = {connection.originator.endpoint, connection.responder.endpoint}
        is_reused = connection.segments[0].facts & Fact.REUSED_PORTS
        syns = [traced for traced in connection.segments if traced.row.flags & Flag.SYN]
        if (
            connection.handshake_ns is not None
            and len(syns) == 2
            and len(times) == 1
            and len(ends) == 2
            and not is_reused
            and not any(traced.lost for traced in connection.segments)  # tshark takes what was lost for arrived
        ):
            assert connection.handshake_ns == int(Decimal(times.pop()) * 10**9)
        for traced, fields in zip(connection.segments, shown, strict=True):
            end = connection.end(traced.sender)
            if fields["tcp.flags.syn"] in ("1", "True") and not traced.facts & (
                Fact.SYN_IN_CONNECTION | Fact.SYN_ACK_WRONG_ACK | Fact.SYN_ACK_OTHER_SEQ | Fact.SYN_WITH_RST
            ):
                assert str(end.iss) == fields["tcp.seq_raw"]
                assert str(end.mss if end.mss is not None else "") == fields["tcp.options.mss_val"]
                assert (
                    str(end.window_scale if end.window_scale is not None else "")
                    == (fields["tcp.options.wscale.shift"])
                )
