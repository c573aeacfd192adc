"""Small programs whose sockets the kernel is asked about, and a look into tracefs."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["hello", "instances", "listener", "path_of", "until"]

_LIST = "mount -t tracefs tracefs /sys/kernel/tracing && ls /sys/kernel/tracing/instances"


def listener(port: int = 0, address: str = "127.0.0.1", backlog: int = 5) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.settimeout(20)
    made.bind((address, port))
    made.listen(backlog)
    return made


def hello(waiting: socket.socket) -> int:
    """One connection, closed by the client first, all in one thread; the client's port."""
    client = socket.create_connection(waiting.getsockname()[:2], timeout=180)
    port: int = client.getsockname()[1]
    server, _ = waiting.accept()
    server.settimeout(20)
    client.close()
    assert server.recv(1) == b""
    server.close()
    return port


def instances() -> set[str]:
    """The instances of tracefs, seen from a mount namespace of our own: nothing is mounted here."""
    done = subprocess.run(["unshare", "--mount", "sh", "-c", _LIST], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def until(holds: Callable[[], bool], tries: int = 2000) -> bool:
    """Whether something comes to hold in a bounded number of looks, a hundredth of a second apart."""
    bell, _cord = socket.socketpair()
    with bell, _cord:
        bell.settimeout(0.01)
        for _ in range(tries):
            if holds():
                return True
            try:
                bell.recv(1)
            except TimeoutError:
                continue
    return holds()


def path_of(changes: object, local_port: int, remote_port: int) -> list[str]:
    """The states of the socket between two ports, in their order."""
    mine = [each for each in changes if (each.local.port, each.remote.port) == (local_port, remote_port)]  # type: ignore[attr-defined]  # StateChanges
    return [mine[0].old, *(each.new for each in mine)] if mine else []
