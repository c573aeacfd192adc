"""The first conversation: the server greets, the client thanks, and both close.

The client closes first: it has said its last word and needs no more. The server reads on until
`recv` gives nothing, which is how a FIN looks from inside a program, and then closes too.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Greet whoever connects, then listen until the other end has closed."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            greeting = end.line("Hello, Client!").encode()
            end.sent(greeting)
            connection.sendall(greeting)
            while answer := connection.recv(1024):
                end.received(answer)


def client(end: End) -> None:
    """Connect, read the greeting, thank for it, and close."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        end.received(connection.recv(1024))
        thanks = end.line("Thank you, Server!").encode()
        end.sent(thanks)
        connection.sendall(thanks)


DEMO = Demo(
    name="tcp-hello",
    summary="the server greets, the client thanks, both close",
    transport="tcp",
    port=12345,
    expected="tcp-hello",
    lesson=(
        "Three segments open it. SYN and SYN,ACK use one sequence number each, without any data: hence x+1 and y+1.",
        "The client closed first, so its end waits in TIME-WAIT; the server's is gone at once.",
        "The close takes three segments if the server's FIN also acknowledges the client's, else four: both are right.",
    ),
    server=server,
    client=client,
    interactive=True,
)
