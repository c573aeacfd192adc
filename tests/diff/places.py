"""Two places on the way of one conversation, made of what a wire captured between two hosts.

The wire's capture holds frames that it then dropped, and says so (pcapng epb_verdict). That is what the sender's side
saw; the receiver's side saw all but those, by its own clock and a little later, or earlier what it sent itself.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.wire import CaptureWriter, open_capture
from inspector.wire.row import Direction
from tests.wire.files import drained

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.wire import Frame

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
AHEAD_NS = 3_200_000_000
"""How far the clock of the server's side is ahead."""
WAY_NS = 1_000
"""How long a frame is on its way: less than between any two frames, so that their order stays."""


def frames_of(name: str) -> list[Frame]:
    with open_capture(CAPTURES / name / f"{name}.pcapng") as reader:
        return drained(reader)


def written(path: Path, frames: Iterable[Frame]) -> Path:
    those = sorted(frames, key=lambda frame: frame.time_ns)
    with CaptureWriter(path, link_type=those[0].link_type) as writer:
        for frame in those:
            writer.write(frame)
    return path


def is_from(frame: Frame, sender: bytes) -> bool:
    """Whether the IPv4 datagram in it is from `sender`, its header being behind Ethernet's."""
    return frame.data[26:30] == sender


def both_sides(name: str, folder: Path, client: bytes = bytes([10, 0, 0, 1])) -> tuple[Path, Path]:
    """The captures of the client's side and of the server's."""
    frames = frames_of(name)
    lost = {frame.number for frame in frames if frame.direction == Direction.LOST}
    plain = [replace(frame, direction=0) for frame in frames]
    at_client = [frame for frame in plain if frame.number not in lost or is_from(frame, client)]
    at_server = [
        replace(frame, time_ns=frame.time_ns + AHEAD_NS + (WAY_NS if is_from(frame, client) else -WAY_NS))
        for frame in plain
        if frame.number not in lost or not is_from(frame, client)
    ]
    return written(folder / "client.pcapng", at_client), written(folder / "server.pcapng", at_server)
