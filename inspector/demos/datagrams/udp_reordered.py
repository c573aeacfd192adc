"""One datagram overtakes another: UDP hands them over as they come.

A path through the Internet may do that at any time. The receiver puts them in order by numbers that the sender has
written into them: as TCP does for every byte, unasked.
"""

from __future__ import annotations

from socket import SOCK_DGRAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "LINES", "client", "server"]

LINES = {1: b"1 first", 2: b"2 second", 3: b"3 third"}


def server(end: End) -> None:
    """Receive three datagrams, and sort them."""
    with end.socket(SOCK_DGRAM) as receiver:
        receiver.bind(end.address)
        came: dict[int, bytes] = {}
        while len(came) < len(LINES):
            data, _sender = receiver.recvfrom(1024)
            end.received(data)
            came[int(data.split()[0])] = data
        order = ", ".join(map(str, came))
        end.note(
            "they came in the order {order}; by their numbers: {sorted}",
            order=order,
            sorted=b", ".join(came[n] for n in sorted(came)).decode(),
        )


def client(end: End) -> None:
    """Send three datagrams in order."""
    with end.socket(SOCK_DGRAM) as sender:
        for data in LINES.values():
            end.sent(data)
            sender.sendto(data, end.address)


DEMO = Demo(
    name="udp-reordered",
    summary="the second datagram overtakes the first: order is the programs' business",
    transport="udp",
    port=8888,
    expected="udp-reordered",
    lesson=(
        "The first datagram was sent first and came second: the receiving kernel passes on what comes, as it comes.",
        "UDP promises no order (RFC 768), only that a datagram comes whole or not at all.",
        "TCP would keep the second back until the first is there. Here the programs need a number of their own.",
        "Compare tcp-simplex --link 'reorder data': the same happens on the wire, and its program sees nothing of it.",
    ),
    server=server,
    client=client,
    link="reorder datagram once",
)
