"""The kernel's table of TCP sockets, for what no program can ask its socket.

A socket that was closed is gone from its program, and not from the kernel: FIN-WAIT-2 and TIME-WAIT live on in
another object of Linux's, which only the table shows (/proc/net/tcp; `ss -tan` prints the same).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from inspector.kernel_states import KERNEL_STATES

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["Listed", "listed", "until_listed"]

_TABLES = ("/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6")
"""Of the host on which the calling program stands."""

_LOOK_AGAIN = 0.001
"""Seconds between two looks."""


class Listed(NamedTuple):
    """One end of a connection as the table lists it."""

    state: str
    seconds: float = 0.0
    """Until its timer fires: of TIME-WAIT, what is left of it."""


def listed(port: int, peer: int) -> Listed:
    """The end of the connection that has `port`, when the other end has `peer`; CLOSED where the table has none."""
    for table in _TABLES:
        for line in Path(table).read_text("ascii").splitlines()[1:] if Path(table).exists() else ():
            _, local, remote, state, _, timer, *_ = line.split()
            if (int(local[-4:], 16), int(remote[-4:], 16)) == (port, peer):
                ticks = int(timer.partition(":")[2], 16)
                return Listed(KERNEL_STATES.get(int(state, 16), ""), ticks / os.sysconf("SC_CLK_TCK"))
    return Listed("CLOSED")


def until_listed(end: End, port: int, peer: int, state: str) -> Listed:
    """Wait until the table lists that end of the connection in `state`; the curtain ends the waiting."""
    while (found := listed(port, peer)).state != state:
        end.pause(_LOOK_AGAIN)
    return found
