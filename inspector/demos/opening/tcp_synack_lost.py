"""The answer to the SYN is lost: the client cannot tell that from a lost SYN, and sends its SYN again.

The server has a half-open connection and a clock of its own, so it would repeat its SYN,ACK by itself. Here the
client's clock runs out first, because the wire keeps its first SYN back for 0.2 s; without that both would run out
at once, and one of the two repeated segments would be one too many.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Take one client and read what it says."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            while words := connection.recv(1024):
                end.received(words)


def client(end: End) -> None:
    """Connect, say a word, and close."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        words = b"did you answer?"
        end.sent(words)
        connection.sendall(words)


DEMO = Demo(
    name="tcp-synack-lost",
    summary="the SYN,ACK is lost: the client repeats its SYN, and the server its answer",
    transport="tcp",
    port=9107,
    expected="tcp-synack-lost",
    lesson=(
        "The server is in SYN-RECEIVED, the client still in SYN-SENT: one segment lost, and the ends differ.",
        "To the repeated SYN, number x again, the server gives its old answer: y again, and ack=x+1.",
        "Whoever's clock runs out first repeats; the client cannot know whether its SYN or the answer was lost.",
    ),
    server=server,
    client=client,
    link="delay SYN once by 200ms; drop SYN,ACK once",
    seconds=1.2,
)
