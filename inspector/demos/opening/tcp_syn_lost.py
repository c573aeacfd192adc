"""The first segment of all is lost: nobody tells the client, and its kernel waits a second before it tries again.

The server never learns of the loss. The program does not either, except that `connect` takes a second and more.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from time import monotonic
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
    """Connect, which takes its time, say how long it was, and close."""
    with end.socket(SOCK_STREAM) as connection:
        began = monotonic()
        connection.connect(end.address)
        end.note("connect took {seconds:.1f} s", seconds=monotonic() - began)
        words = b"here at last"
        end.sent(words)
        connection.sendall(words)


DEMO = Demo(
    name="tcp-syn-lost",
    summary="the SYN is lost: the client waits for a second and sends the same SYN again",
    transport="tcp",
    port=9106,
    expected="tcp-syn-lost",
    lesson=(
        "The second SYN has the same number x: it is the same attempt. Another number would be another connection.",
        "Nothing tells of the loss but time: with no round trip measured yet, the first wait is 1 s (RFC 6298).",
        "A connect that takes 1 s (or 3, or 7) longer than usual has lost a SYN or its answer: look for the repeat.",
    ),
    server=server,
    client=client,
    link="drop SYN once",
    seconds=1.2,
)
