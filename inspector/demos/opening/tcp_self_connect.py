"""A socket that is connected to itself: its SYN meets itself, and its own words come back.

TCP has no rule against it. Who connects from a port to the same port of the same address sends a SYN to a socket that
is in SYN-SENT: a simultaneous open, whose two ends are one. It happens by accident to a client that keeps trying to
reach a local port of the ephemeral range, where nobody listens: one day the kernel picks that very port for it.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """There is no server."""
    end.ready()


def client(end: End) -> None:
    """Connect from the server's port to the server's port, and ask a question."""
    with end.socket(SOCK_STREAM) as lonely:
        lonely.bind(end.address)
        lonely.connect(end.address)
        end.note("connected from {port} to {peer}", port=lonely.getsockname()[1], peer=lonely.getpeername()[1])
        question = end.line("is there anybody?").encode()
        end.sent(question)
        lonely.sendall(question)
        end.received(lonely.recv(1024))


DEMO = Demo(
    name="tcp-self-connect",
    summary="a socket connects to its own address and port, and talks to itself",
    transport="tcp",
    port=9104,
    one_host=True,
    expected="tcp-self-connect",
    lesson=(
        "No server is anywhere. One end sends SYN, receives it, and answers itself: both initial numbers are x.",
        "It is RFC 9293's simultaneous open (section 3.5, figure 7) with one end, and closes through CLOSING.",
        "A client that retries a local port forever can meet itself: compare getsockname() with getpeername().",
    ),
    server=server,
    client=client,
    interactive=True,
)
