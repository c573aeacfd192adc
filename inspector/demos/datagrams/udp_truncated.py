"""The buffer of 1,024 bytes that every tutorial has, and a datagram that is larger.

Over TCP, what does not fit waits for the next `recv`. A datagram is given out once: what does not fit is thrown away,
and `recvfrom` does not say so. `recvmsg` does, by a flag.
"""

from __future__ import annotations

from socket import MSG_TRUNC, SOCK_DGRAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo
from inspector.language import said

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["BUFFER", "DEMO", "SIZE", "client", "server"]

BUFFER = 1024
SIZE = 1200
"""More than the buffer holds, and less than an Ethernet frame: nothing is fragmented."""


def server(end: End) -> None:
    """Receive three datagrams: as the tutorials do, with the flags looked at, and with room enough."""
    with end.socket(SOCK_DGRAM) as receiver:
        receiver.bind(end.address)

        data, _sender = receiver.recvfrom(BUFFER)
        end.received(data)
        end.note("recvfrom({buffer}) gave {size} bytes and no error", buffer=BUFFER, size=len(data))

        data, _ancillary, flags, _sender = receiver.recvmsg(BUFFER)
        end.received(data)
        cut = said("set") if flags & MSG_TRUNC else said("clear")
        end.note(
            "recvmsg({buffer}) gave {size} bytes of the next datagram, with MSG_TRUNC {cut}",
            buffer=BUFFER,
            size=len(data),
            cut=cut,
        )

        data, _sender = receiver.recvfrom(2 * BUFFER)
        end.received(data)
        end.note("recvfrom({buffer}) gave {size} bytes: all of it", buffer=2 * BUFFER, size=len(data))


def client(end: End) -> None:
    """Send three datagrams of 1,200 bytes."""
    with end.socket(SOCK_DGRAM) as sender:
        for number in (1, 2, 3):
            data = (b"datagram %d, " % number * SIZE)[:SIZE]
            end.sent(data)
            sender.sendto(data, end.address)


DEMO = Demo(
    name="udp-truncated",
    summary="datagrams of 1,200 bytes meet a buffer of 1,024: the rest is gone",
    transport="udp",
    port=8888,
    expected="udp-truncated",
    lesson=(
        "Three datagrams of 1,200 bytes, whole on the wire: the loss is the receiver's own, and no capture shows it.",
        "One `recvfrom` takes one datagram: what its buffer cannot hold is thrown away, not kept for the next call.",
        "TCP is a stream, and keeps the rest. Over UDP ask for as much as can come (65,535), or look at MSG_TRUNC.",
    ),
    server=server,
    client=client,
)
