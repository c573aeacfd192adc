"""The same two endpoints, a second connection: a new incarnation while the old one is still in TIME-WAIT.

The server closes first and has the TIME-WAIT. The client is free, binds the very port that it had, and connects again:
the same four numbers, addresses and ports. The SYN meets a connection that the server's kernel still remembers.
It must not be taken for an old duplicate, and it is not: its sequence number is above all that the old
incarnation has used (and its timestamp is later), so the kernel gives up the TIME-WAIT and opens anew.
"""

from __future__ import annotations

from socket import SHUT_WR, SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo
from inspector.demos.table import listed

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server", "visit"]


def server(end: End) -> None:
    """Greet twice, and close first each time."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        for _ in range(2):
            connection, peer = listener.accept()
            with connection:
                greeting = b"welcome"
                end.sent(greeting)
                connection.sendall(greeting)
                connection.shutdown(SHUT_WR)
                while connection.recv(1024):
                    pass
            state = listed(end.address[1], peer[1]).state
            end.note(
                "{port} and {peer}: the kernel's table says {state}", port=end.address[1], peer=peer[1], state=state
            )
            end.signal("looked")


def client(end: End) -> None:
    """Visit from a port that the kernel picks; then once more, from the same one."""
    port = visit(end, 0)
    end.await_signal("looked")
    visit(end, port)


def visit(end: End, port: int) -> int:
    """Connect from `port` (0: whichever is free), read the greeting, close last; the port that it was."""
    with end.socket(SOCK_STREAM) as connection:
        connection.bind((end.host, port))
        connection.connect(end.address)
        while greeting := connection.recv(1024):
            end.received(greeting)
        port = int(connection.getsockname()[1])
        connection.shutdown(SHUT_WR)
        end.until(connection, "CLOSED")
        return port


DEMO = Demo(
    name="tcp-port-reuse",
    summary="the same addresses and ports twice: a SYN into a TIME-WAIT opens a new connection",
    transport="tcp",
    port=12407,
    expected="tcp-port-reuse",
    lesson=(
        "Two connections between the same two endpoints: only their initial sequence numbers tell them apart.",
        "A SYN may end a TIME-WAIT if its number is above all old ones (RFC 9293 section 3.6.1, MAY-2; also RFC 6191).",
        "Hence initial numbers that grow with a clock (section 3.4.1): an old SYN must not open a ghost connection.",
        "Had the client closed first, its own port would be in TIME-WAIT, and its bind would want SO_REUSEADDR.",
    ),
    server=server,
    client=client,
    clients=2,
)
