"""Closing with something unread: the server means to close, and resets.

The client sends a long request, the server reads its beginning, answers, and closes. The rest is left in the
server's receive buffer, and no program will ever read it. A FIN would tell the client "all is well"; so the kernel says
RST instead. Servers that refuse a large upload after its first lines do this, and their clients see
"connection reset" where a polite refusal was sent.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Read five bytes of the request, refuse it, and close."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            end.received(connection.recv(5))
            refusal = b"too long"
            end.sent(refusal)
            connection.sendall(refusal)


def client(end: End) -> None:
    """Send a request; when the reset has come, see what can still be read, and what cannot be done any more."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        request = b"here is all that I know"
        end.sent(request)
        connection.sendall(request)
        end.until(connection, "CLOSED")
        end.received(connection.recv(1024))
        try:
            connection.recv(1024)
        except ConnectionResetError as error:
            end.raised("recv", error)
        try:
            connection.sendall(b"and more")
        except BrokenPipeError as error:
            end.raised("sendall", error)


DEMO = Demo(
    name="tcp-reset-unread",
    summary="the server closes with bytes unread: its kernel sends RST in place of FIN",
    transport="tcp",
    port=12409,
    expected="tcp-reset-unread",
    lesson=(
        "The server's program called close, as always; its kernel found unread bytes, and sent RST,ACK and no FIN.",
        "RFC 9293 section 3.6.1 wants it so (SHLD-3): data was lost, and the peer should not think that all is well.",
        "The refusal came before the RST: on Linux it can still be read, elsewhere the reset may wipe it out.",
        "The cure: read to the end (recv gives nothing) before closing, or shutdown(SHUT_WR) first and then read on.",
    ),
    server=server,
    client=client,
)
