"""Whether anything still moves on a port, by the kernel's own word.

Linux lists every TCP socket and its state in /proc/net/tcp and tcp6. A connection has come to rest when it is
in TIME-WAIT, closed, or no connection at all (LISTEN); in any other state another segment may come.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inspector.kernel_states import AT_REST, KERNEL_STATES

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["moving"]

_TABLES = ("/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6")
"""Of the calling thread's network namespace, which may not be that of its process."""


def moving(ports: Collection[int] | None) -> list[str] | None:
    """Sockets with one of `ports` at either end that are not at rest, as `PORT STATE`; None where nobody can tell.

    `ports` may be None, for all there are.
    """
    found: list[str] = []
    readable = False
    for table in _TABLES:
        try:
            lines = Path(table).read_bytes().splitlines()[1:]
        except OSError:
            continue
        readable = True
        for line in lines:
            _, local, remote, state, *_ = line.split(maxsplit=4)
            word = KERNEL_STATES.get(int(state, 16), "")
            if word not in AT_REST:
                both = int(local[-4:], 16), int(remote[-4:], 16)
                found += [f"{port} {word}" for port in both if ports is None or port in ports][:1]
    return found if readable else None
