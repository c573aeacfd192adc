"""The third segment of the handshake is lost, and nobody is troubled: the first data take its place.

A bare ACK is never repeated, for nothing acknowledges an ACK. The client is ESTABLISHED and sends; the server, still in
SYN-RECEIVED, finds in the data segment the acknowledgment that it waits for.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Take one client and read what it says; `accept` returns when the data come, not before."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            while words := connection.recv(1024):
                end.received(words)


def client(end: End) -> None:
    """Connect, and speak at once."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        words = b"I think we are connected"
        end.sent(words)
        connection.sendall(words)


DEMO = Demo(
    name="tcp-handshake-ack-lost",
    summary="the last ACK of the handshake is lost, and the first data complete it",
    transport="tcp",
    port=9108,
    expected="tcp-handshake-ack-lost",
    lesson=(
        "After the lost ACK the client is ESTABLISHED and the server in SYN-RECEIVED, until the data arrive.",
        "Every segment after the SYN carries ACK: the data say ack=y+1 too, and that completes the handshake.",
        "Had the client nothing to say, the server would repeat its SYN,ACK: see tcp-half-open.",
    ),
    server=server,
    client=client,
    link="drop ACK of SYN once",
)
