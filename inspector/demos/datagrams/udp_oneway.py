"""One datagram, from one end to the other, and that is all.

No connection is made, so there is no `listen`, no `accept` and no `connect`: the server binds a port and
waits, and the client sends to it, whether anybody waits there or not.
"""

from __future__ import annotations

from socket import SOCK_DGRAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Receive one datagram."""
    with end.socket(SOCK_DGRAM) as receiver:
        receiver.bind(end.address)
        data, _sender = receiver.recvfrom(1024)
        end.received(data)


def client(end: End) -> None:
    """Send one datagram."""
    with end.socket(SOCK_DGRAM) as sender:
        data = end.line("hello udp").encode()
        end.sent(data)
        sender.sendto(data, end.address)


DEMO = Demo(
    name="udp-oneway",
    summary="one datagram, and nothing else",
    transport="udp",
    port=8888,
    expected="udp-oneway",
    lesson=(
        "No handshake: the first frame already carries the data. No close: nothing tells the receiver that it was all.",
        "No acknowledgment either: the sender cannot know whether it arrived.",
        "Run it with --role client and no server: the client is just as happy, and only an ICMP error says otherwise.",
    ),
    server=server,
    client=client,
    interactive=True,
)
