"""Two clients and no server: both ends call `connect`, and their SYNs cross on the way.

It takes good timing: the first SYN must not arrive before the other end has sent its own. Here the wire sees to
that, and holds the first SYN back until the second has come. Each end is in SYN-SENT when it gets a SYN instead of a
SYN,ACK, answers with SYN,ACK, and is in SYN-RECEIVED. One connection comes of it, not two.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Call `connect`, as a client does; never `listen`."""
    with end.socket(SOCK_STREAM) as connection:
        connection.bind(end.address)
        connection.settimeout(0)
        connection.connect_ex(end.client_address)  # the SYN is under way, and this end does not wait for an answer
        end.ready()
        end.until(connection, "ESTABLISHED", "CLOSE-WAIT")
        connection.settimeout(5)
        while words := connection.recv(1024):
            end.received(words)


def client(end: End) -> None:
    """Call `connect` to where the other end connects from, and say hello."""
    with end.socket(SOCK_STREAM) as connection:
        connection.bind(end.client_address)
        connection.connect(end.address)
        greeting = b"who of us is the client?"
        end.sent(greeting)
        connection.sendall(greeting)


DEMO = Demo(
    name="tcp-simultaneous-open",
    summary="both ends connect and nobody listens: two SYNs cross and make one connection",
    transport="tcp",
    port=9105,
    ports=(9155,),
    expected="tcp-simultaneous-open",
    lesson=(
        "Both ends go from SYN-SENT to SYN-RECEIVED: each got a SYN while it waited for the answer to its own.",
        "Each answers with SYN,ACK, its old number again, so it takes four segments (RFC 9293 section 3.5, figure 7).",
        "TCP knows no client and no server, only ends: who sends a SYN opens actively, and both may.",
    ),
    server=server,
    client=client,
    link="hold SYN until SYN",
)
