"""What the tests of capture/ need of the system: said loudly where it is missing."""

from __future__ import annotations

import socket
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from inspector.capture.privileges import can_use_namespace, has_capability

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def can_capture() -> None:
    """Skip where live frames cannot be had."""
    if sys.platform != "linux" or not has_capability():
        pytest.skip("needs Linux and CAP_NET_RAW (try: sudo, or unshare --map-root-user --net)")


@pytest.fixture(scope="session")
def own_network() -> list[str]:
    """Words before a command that give it a network of its own; skip where they do not work."""
    works, why = can_use_namespace()
    if not works:
        pytest.skip(f"needs user namespaces: {why}")
    return ["unshare", "--map-root-user", "--net"]


@pytest.fixture
def converse() -> Callable[..., None]:
    """Hold whole TCP conversations over loopback: both ends close, and both ends have read everything."""
    return _converse


def _converse(port: int, data: bytes = b"hello", connections: int = 1, address: str = "127.0.0.1") -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family, backlog=128) as server:
        thread = threading.Thread(target=_serve, args=(server, connections))
        thread.start()
        for _ in range(connections):
            with socket.create_connection((address, port)) as conversation:
                conversation.sendall(data)
                conversation.shutdown(socket.SHUT_WR)
                while conversation.recv(1 << 16):
                    pass
        thread.join()


def _serve(server: socket.socket, connections: int) -> None:
    for _ in range(connections):
        conversation, _ = server.accept()
        with conversation:
            while conversation.recv(1 << 20):
                pass
            conversation.sendall(b"bye")
