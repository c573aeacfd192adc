"""A datagram is lost, and nobody is told: not its sender, not its receiver.

The programs help themselves. Each datagram carries a number of the sender's, so that the receiver notices the gap. TCP
does as much for every byte, and more: here nobody asks for the missing one again, and its sender is not told even now.
"""

from __future__ import annotations

from socket import SOCK_DGRAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "LAST", "client", "server"]

LAST = 5


def server(end: End) -> None:
    """Receive until the last number, and say which did not come."""
    with end.socket(SOCK_DGRAM) as receiver:
        receiver.bind(end.address)
        number = 0
        while number < LAST:
            data, _sender = receiver.recvfrom(1024)
            end.received(data)
            expected, number = number + 1, int(data.split()[1])
            for missing in range(expected, number):
                end.note("number {number} came, and number {missing} did not", number=number, missing=missing)


def client(end: End) -> None:
    """Send five numbered datagrams; `sendto` succeeds five times."""
    with end.socket(SOCK_DGRAM) as sender:
        for number in range(1, LAST + 1):
            data = b"number %d" % number
            end.sent(data)
            sender.sendto(data, end.address)


DEMO = Demo(
    name="udp-lost",
    summary="the second of five datagrams is lost: only the programs' own numbers tell",
    transport="udp",
    port=8888,
    expected="udp-lost",
    lesson=(
        "The second datagram left its sender and arrived nowhere. Nothing on the wire answers that, now or later.",
        "UDP has no sequence number and no acknowledgment (RFC 768): `sendto` means sent, and never received.",
        "The receiver noticed by the programs' own numbers. Had the last one been lost, it would wait still.",
        "Try --link 'drop 3rd datagram': two gaps. TCP sends again, unasked: tcp-retransmission.",
    ),
    server=server,
    client=client,
    link="drop 2nd datagram",
)
