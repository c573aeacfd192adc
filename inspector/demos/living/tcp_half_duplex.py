"""Half-duplex: both may speak, but never at the same time. Whoever has spoken says "over", as on a walkie-talkie.

It is the programs that take turns. TCP would carry both directions at once: nothing on the wire forbids the other end
to speak, and if both waited for the other's "over", both would wait for ever, on a connection in perfect health.
"""

from __future__ import annotations

from socket import IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from socket import socket

    from inspector.demos.end import End

__all__ = ["DEMO", "OVER", "client", "listen", "server", "speak"]

OVER = b"over"


def server(end: End) -> None:
    """Listen first, then speak; twice."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            for turn in ("1", "2"):
                listen(end, connection)
                speak(end, connection, f"answer {turn}, ")
            while connection.recv(1024):
                pass


def client(end: End) -> None:
    """Speak first, then listen; twice."""
    with end.socket(SOCK_STREAM) as connection:
        connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        connection.connect(end.address)
        for turn in ("1", "2"):
            speak(end, connection, f"question {turn}, ")
            listen(end, connection)


def speak(end: End, connection: socket, line: str) -> None:
    """Say one line, and then that it is the other's turn."""
    for data in (line.encode(), OVER):
        end.sent(data)
        connection.sendall(data)


def listen(end: End, connection: socket) -> None:
    """Hear the other end until it says that it is through; say nothing meanwhile."""
    heard = b""
    while not heard.endswith(OVER):
        data = connection.recv(1024)
        end.received(data)
        heard += data


DEMO = Demo(
    name="tcp-half-duplex",
    summary="both directions, one at a time: each end says when it is over",
    transport="tcp",
    port=8011,
    expected="tcp-half-duplex",
    lesson=(
        "Each turn is two segments of one end; none of the other's data stand between them, only acknowledgments.",
        "Each answer acknowledges the whole question, as every segment after the SYN acknowledges what has arrived.",
        "The turns are the programs' agreement (the word over), not TCP's: it has no notion of whose turn it is.",
    ),
    server=server,
    client=client,
)
