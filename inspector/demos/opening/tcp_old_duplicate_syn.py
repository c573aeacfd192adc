"""A SYN of yesterday: the client has given up and tries again, and only then does the first SYN arrive.

The wire holds the first SYN back until the client's second attempt, so the old one arrives first. The server cannot
know that it is old and answers. But its answer acknowledges the old number, and that is how the client knows: it sends
RST, the server forgets, and the SYN that is meant comes through. That is what the third segment is for.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Take one client and read what it says; of the old SYN this program hears nothing."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            while words := connection.recv(1024):
                end.received(words)


def client(end: End) -> None:
    """Give up after a moment, and try again from the same port."""
    with end.socket(SOCK_STREAM) as first:
        first.bind(end.client_address)
        first.settimeout(0.2)
        try:
            first.connect(end.address)
        except TimeoutError as error:
            end.raised("the first connect", error)
    with end.socket(SOCK_STREAM) as second:
        second.bind(end.client_address)
        second.connect(end.address)
        words = b"this time I mean it"
        end.sent(words)
        second.sendall(words)


DEMO = Demo(
    name="tcp-old-duplicate-syn",
    summary="a SYN arrives after its client has given up: its answer is reset, the new SYN comes through",
    transport="tcp",
    port=9111,
    ports=(9161,),
    expected="tcp-old-duplicate-syn",
    lesson=(
        "The first SYN,ACK acknowledges the old SYN. The client, whose SYN has another number, answers with RST.",
        "The RST has that wrong acknowledgment as its number: so the server believes it, and goes back to LISTEN.",
        "With two segments instead of three, the old SYN would have opened a connection that nobody wants (figure 8).",
    ),
    server=server,
    client=client,
    link="hold SYN until SYN from client; hold 2nd SYN until RST from client",
)
