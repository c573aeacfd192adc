"""The FIN is lost on its way, and sent again.

A FIN takes a sequence number, as a byte of data does. That is what it takes it for: a number can be acknowledged, and
what is not acknowledged is sent again. The client's program has closed long before; the rest is its kernel's work.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Thank for one line, read to the end, and close."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            end.received(connection.recv(1024))
            thanks = b"noted"
            end.sent(thanks)
            connection.sendall(thanks)
            while connection.recv(1024):
                pass


def client(end: End) -> None:
    """Send one line, read the thanks, and close."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        words = b"that is all"
        end.sent(words)
        connection.sendall(words)
        end.received(connection.recv(1024))


DEMO = Demo(
    name="tcp-fin-lost",
    summary="the client's FIN is lost: its kernel repeats it, though the program has closed long ago",
    transport="tcp",
    port=12412,
    expected="tcp-fin-lost",
    lesson=(
        "The lost FIN moved one end only: FIN-WAIT-1 against ESTABLISHED, for the server never got it.",
        "Nothing acknowledged it, so it is sent again with the same number, after the retransmission timeout.",
        "That is what a FIN has a sequence number for (RFC 9293 section 3.4): a number can be acknowledged, or missed.",
        "Try --link 'drop FIN from client 4 times' as well: after a first probe (RFC 8985) every wait is doubled.",
    ),
    server=server,
    client=client,
    link="drop FIN from client once",
)
