"""What TIME-WAIT blocks, for how long, and how a server that is started anew gets by.

A server has closed first, and stops. Its listener is gone, yet its port is not free: the connection stays in TIME-WAIT
for a minute, by a timer of the kernel's that no program can set. A second server that binds the same port, as the
tutorials write it, meets EADDRINUSE. With SO_REUSEADDR it need not wait: the option says "TIME-WAIT does not
matter to me". Linux wants it from both, the one that left the TIME-WAIT behind and the one that comes after it.
"""

from __future__ import annotations

from socket import SHUT_WR, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo
from inspector.demos.table import listed

if TYPE_CHECKING:
    from inspector.demos.end import End, Socket

__all__ = ["DEMO", "client", "greet", "server"]


def server(end: End) -> None:
    """Serve one client and stop; start anew, once without SO_REUSEADDR and once with it, and serve another."""
    with end.socket(SOCK_STREAM) as listener:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listener.bind(end.address)
        listener.listen(1)
        peer = greet(end, listener)
    state, seconds = listed(end.address[1], peer)
    end.note(
        "the first server has stopped, and the kernel's table says {state}, for another {seconds:.0f} s",
        state=state,
        seconds=seconds,
    )
    with end.socket(SOCK_STREAM, plain=True) as listener:
        try:
            listener.bind(end.address)
        except OSError as error:
            end.raised("bind", error)
    with end.socket(SOCK_STREAM) as listener:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listener.bind(end.address)
        listener.listen(1)
        end.note(
            "bound with SO_REUSEADDR, while the table still says {state}", state=listed(end.address[1], peer).state
        )
        end.signal("started anew")
        greet(end, listener)


def greet(end: End, listener: Socket) -> int:
    """Greet one client, and close first; the client's port."""
    connection, peer = listener.accept()
    with connection:
        greeting = b"welcome"
        end.sent(greeting)
        connection.sendall(greeting)
        connection.shutdown(SHUT_WR)
        while connection.recv(1024):
            pass
    return int(peer[1])


def client(end: End) -> None:
    """Two clients, one after the other: the second when the server has been started anew."""
    for number in (1, 2):
        visitor = end.named(f"client {number}")
        with visitor.socket(SOCK_STREAM) as connection:
            connection.connect(end.address)
            while greeting := connection.recv(1024):
                visitor.received(greeting)
        if number == 1:
            end.await_signal("started anew")


DEMO = Demo(
    name="tcp-time-wait",
    summary="the port of a server that closed first is in TIME-WAIT: bind fails, SO_REUSEADDR allows it",
    transport="tcp",
    port=12406,
    expected="tcp-time-wait",
    lesson=(
        "Both connections end in the server's TIME-WAIT; on the wire nothing shows that a bind failed between them.",
        "TIME-WAIT lasts 2 MSL: a repeated FIN finds an answer, and old segments die out (RFC 9293 section 3.6.1).",
        "It concerns one pair of endpoints. That it blocks bind too is the socket API's doing; SO_REUSEADDR ends that.",
        "Set it in every server before bind. On Linux the server before must have had it set too, or bind still fails.",
    ),
    server=server,
    client=client,
    clients=2,
)
