"""One direction only: the client says its line and closes, the server reads to the end.

The shortest whole TCP connection: open, one segment of data, close.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Read until the client has closed."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            while data := connection.recv(1024):
                end.received(data)


def client(end: End) -> None:
    """Connect, say one line, and close."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        data = end.line("hello tcp").encode()
        end.sent(data)
        connection.sendall(data)


DEMO = Demo(
    name="tcp-oneway",
    summary="the client sends one line and closes, the server reads to the end",
    transport="tcp",
    port=12306,
    expected="tcp-oneway",
    lesson=(
        "Nine bytes of text, and everything else is for opening, acknowledging and closing.",
        "The client's FIN stands at seq = x+1+9 and uses one number more: the server acknowledges x+1+9+1.",
        "The client may have sent all this before the server called accept: the kernel shakes hands, not the program.",
    ),
    server=server,
    client=client,
    interactive=True,
)
