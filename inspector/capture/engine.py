"""What every engine gives: frames in batches, what was lost, and when the interface ended.

An engine only obtains frames. It writes no file, starts no program and decides about no end:
that is `recording`'s. Three laws hold for all of them:

1. A frame is given once. Copies that the system hands out twice are removed and counted.
2. Frames are numbered from 1 in the order of capture; markers of our own have no number.
3. An interface that goes away is an end with a reason (`ended`), not a failure.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from inspector.capture.marker import Marker
    from inspector.wire.frame import Frame

__all__ = [
    "DEFAULT_RING_BYTES",
    "DEFAULT_SNAPLEN",
    "KINDS",
    "ON_LINUX",
    "Engine",
    "Options",
    "Statistics",
]

DEFAULT_SNAPLEN = 262_144
"""As tcpdump's and dumpcap's: larger than any frame."""

DEFAULT_RING_BYTES = 64 << 20

ON_LINUX = str(sys.platform) == "linux"
"""`str`, lest a type checker take the platform that it runs on for the only one."""

KINDS = ("auto", "linux", "portable")


@dataclass(frozen=True, slots=True)
class Statistics:
    """What became of the frames."""

    received: int
    """Handed out: without the other two, and without our markers."""
    dropped: int | None
    """Lost by the system for want of room; None where it does not say."""
    duplicates: int = 0
    """Second copies of loopback frames, removed."""


@dataclass(frozen=True, slots=True)
class Options:
    """What an engine is opened with."""

    interface: str
    ports: frozenset[int] = frozenset()
    """TCP and UDP; none means all traffic."""
    snaplen: int = DEFAULT_SNAPLEN
    ring_bytes: int = DEFAULT_RING_BYTES
    promiscuous: bool = False
    command_line: str = "inspector"
    """What the user would type again, for the remedies; its first word a path that `sudo` finds too."""
    own_traffic: bool = False
    """Whether the command starts the programs that it captures, so that it may run in a namespace."""


class Engine(Protocol):
    """A source of frames, bound and filtered before it is handed out."""

    interface: str
    link_type: int
    """LINKTYPE_ number of its frames."""
    marker: Marker | None
    """Where loopback is captured, else None."""
    ended: str
    """Why no more frames can come; empty while they can."""

    def read(self, timeout: float) -> list[Frame]:
        """The next batch; empty if none came within `timeout` seconds, on `wake`, and after the end."""

    def wake(self) -> None:
        """Make a `read` that waits in another thread return at once. Safe in a signal handler."""

    def statistics(self) -> Statistics:
        """What was received and lost so far."""

    def close(self) -> None:
        """Give everything back; harmless when repeated."""
