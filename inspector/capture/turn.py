"""One at a time: runs that would capture each other, or write the same file, wait for their turn.

Two runs of a demo at once would see each other's segments (their filters are for the same port) and write over
each other's capture. A turn is an abstract Unix socket, named after what is shared: it belongs to the
network namespace, as the ports do, leaves nothing behind, and is given back when its holder dies, however it dies.
Linux only: elsewhere everybody has his turn at once.
"""

from __future__ import annotations

import hashlib
import socket
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from inspector.capture.engine import ON_LINUX
from inspector.errors import CaptureError
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["turn"]

_PATIENCE_S = 30.0
"""Above the longest that a demo runs without somebody typing."""
_AGAIN_S = 0.02


@contextmanager
def turn(*shared: str, patience: float = _PATIENCE_S) -> Iterator[None]:
    """Hold the turn for everything in `shared` (`port 12345`, `file /tmp/x.pcapng`), waiting for it if need be.

    Raises CaptureError if another run still holds one of them after `patience` seconds.
    """
    with ExitStack() as stack:
        if ON_LINUX:
            # In one order for all, so that no two runs wait for each other.
            for name in sorted(set(shared)):
                stack.enter_context(_held(name, time.monotonic() + patience))
        yield


@contextmanager
def _held(name: str, deadline: float) -> Iterator[None]:
    address = "\0handshake-inspector-" + hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as holder:
        while True:
            try:
                holder.bind(address)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise CaptureError(
                        said(
                            "another run of inspector is still busy with {name}; expected it to end within its time",
                            name=name,
                        ),
                        remedies=("pgrep -af inspector",),
                    ) from None
                time.sleep(_AGAIN_S)
        yield
