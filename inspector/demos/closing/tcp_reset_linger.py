"""Hanging up instead of closing: SO_LINGER with a time of zero.

`close` usually says goodbye with a FIN. A program that sets SO_LINGER to zero seconds wants none of it: whatever is
not yet sent is thrown away, the connection is reset, and nobody waits in TIME-WAIT. The other program learns of it by
an exception, and cannot know whether all that it was meant to read has come.
"""

from __future__ import annotations

import struct
from socket import SO_LINGER, SOCK_STREAM, SOL_SOCKET
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo
from inspector.demos.table import listed

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Read until the other end closes; it does not, it hangs up."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, peer = listener.accept()
        with connection:
            end.received(connection.recv(1024))
            end.signal("read")
            try:
                connection.recv(1024)
            except ConnectionResetError as error:
                end.raised("recv", error)
            try:
                connection.sendall(b"is anybody there?")
            except BrokenPipeError as error:
                end.raised("sendall", error)
        end.note("the kernel's table says {state}", state=listed(end.address[1], peer[1]).state)


def client(end: End) -> None:
    """Say a word, and hang up."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        word = b"by the way ..."
        end.sent(word)
        connection.sendall(word)
        end.await_signal("read")
        port = connection.getsockname()[1]
        connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    end.note("hung up: the kernel's table says {state}, and nobody waits", state=listed(port, end.address[1]).state)


DEMO = Demo(
    name="tcp-reset-linger",
    summary="SO_LINGER of zero: close sends RST, and the other program's recv raises ConnectionResetError",
    transport="tcp",
    port=12408,
    expected="tcp-reset-linger",
    lesson=(
        "No FIN: one RST,ACK takes both ends to CLOSED at once. It is not acknowledged, and nobody has a TIME-WAIT.",
        "A reset is an abort (RFC 9293 section 3.10.5): what was not yet delivered is lost, and no one is told what.",
        "The other program sees ConnectionResetError once, and BrokenPipeError for each write after it.",
        "Do not cure TIME-WAIT with this: it gives up the very guarantee for which TIME-WAIT is there.",
    ),
    server=server,
    client=client,
)
