"""The server closes first, so it is the server that has to wait.

Who calls `close` first has nothing to do with who called `connect`. But whoever it is passes through FIN-WAIT-1 and
FIN-WAIT-2 to TIME-WAIT, and stays there for a minute, while the other end is free at once. A busy server that
closes first collects a TIME-WAIT for every client; protocols that let the client go first leave them to the clients.
"""

from __future__ import annotations

from socket import SHUT_WR, SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo
from inspector.demos.table import listed

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Send the time of day, close first, and look into the kernel's table."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, peer = listener.accept()
        with connection:
            answer = b"it is noon"
            end.sent(answer)
            connection.sendall(answer)
            connection.shutdown(SHUT_WR)
            while connection.recv(1024):
                pass
        state, seconds = listed(end.address[1], peer[1])
        end.note(
            "closed first: the kernel's table says {state}, for another {seconds:.0f} s", state=state, seconds=seconds
        )


def client(end: End) -> None:
    """Read to the end of the answer, then close too."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        while answer := connection.recv(1024):
            end.received(answer)
        connection.shutdown(SHUT_WR)
        end.until(connection, "CLOSED")
        state, _ = listed(connection.getsockname()[1], end.address[1])
        end.note("closed last: the kernel's table says {state}", state=state)


DEMO = Demo(
    name="tcp-close-server-first",
    summary="the server closes first, and the TIME-WAIT is the server's",
    transport="tcp",
    port=12404,
    expected="tcp-close-server-first",
    lesson=(
        "The server's FIN comes first: its side goes through FIN-WAIT-1 to TIME-WAIT, the client's ends in CLOSED.",
        "TIME-WAIT belongs to whoever closes first, be it client or server, for 2 MSL (RFC 9293 section 3.6.1).",
        "On a server its own port is what waits: to bind it again takes SO_REUSEADDR (tcp-time-wait).",
        "Try `ss -tan state time-wait` after this demo and after tcp-close-three: the local port tells whose it is.",
    ),
    server=server,
    client=client,
)
