"""Simplex: data go one way only, on a connection that could carry them both ways.

Every TCP connection is two streams, one in each direction. A program that will never send says so at once: with
`shutdown(SHUT_WR)` the server ends its own stream before it has used it, and reads on. From then on the connection is a
one-way street, and the client learns it from inside: its first `recv` gives nothing.
"""

from __future__ import annotations

from socket import IPPROTO_TCP, SHUT_WR, SOCK_STREAM, TCP_NODELAY
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Finish sending before a byte was sent, and listen to the end."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            connection.shutdown(SHUT_WR)
            while data := connection.recv(1024):
                end.received(data)


def client(end: End) -> None:
    """See that nothing will ever come, and send all the same."""
    with end.socket(SOCK_STREAM) as connection:
        connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # each line in a segment of its own
        connection.connect(end.address)
        if not connection.recv(1024):
            end.note("recv gave nothing: the server has finished sending, and this end sends on")
        for line in ("temperature 21\n", "temperature 22\n", "temperature 23\n"):
            data = line.encode()
            end.sent(data)
            connection.sendall(data)


DEMO = Demo(
    name="tcp-simplex",
    summary="one direction only: the server finishes sending before it has begun",
    transport="tcp",
    port=8010,
    expected="tcp-simplex",
    lesson=(
        "The server's FIN comes before any data, and all the data after it, from the client, who is in CLOSE-WAIT.",
        "A FIN ends one direction, not the connection (RFC 9293 section 3.6): of the two streams, one is left.",
        "Back come acknowledgments, which are no data: TCP is never simplex on the wire, only for its programs.",
    ),
    server=server,
    client=client,
)
