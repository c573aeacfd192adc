"""How large a datagram may be: for one frame, for UDP, and too large for either.

UDP does not cut a message into pieces as TCP does. One that does not fit a frame is cut by IP, below; the receiving
host puts it together and gives it to the program whole, or not at all. One that UDP cannot describe is refused.
"""

from __future__ import annotations

from socket import SOCK_DGRAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["BYE", "DEMO", "LONGEST", "MTU", "UDP_HEADER", "client", "server"]

MTU = 1500
"""Bytes of a datagram of IP that an Ethernet frame carries."""
LONGEST = 65_535
"""The largest length that the 16 bits for it can say."""
UDP_HEADER = 8
BYE = b"bye"


def server(end: End) -> None:
    """Receive whatever comes whole, until the client says bye."""
    with end.socket(SOCK_DGRAM) as receiver:
        receiver.bind(end.address)
        data = b""
        while data != BYE:
            data, _sender = receiver.recvfrom(LONGEST)
            end.received(data)


def client(end: End) -> None:
    """Send the largest that fits a frame, one byte more, the largest there is, and one byte more."""
    is_ipv6 = ":" in end.host
    fits = MTU - (40 if is_ipv6 else 20) - UDP_HEADER
    # The length in an IPv4 header counts that header too (RFC 791 section 3.1), the one in IPv6 does not (RFC 8200).
    largest = LONGEST - (0 if is_ipv6 else 20) - UDP_HEADER
    with end.socket(SOCK_DGRAM) as sender:
        for size in (fits, fits + 1, largest):
            data = b"x" * size
            end.sent(data)
            sender.sendto(data, end.address)
        try:
            sender.sendto(b"x" * (largest + 1), end.address)
        except OSError as error:
            end.raised("sendto of {size:,} bytes", error, size=largest + 1)
        end.sent(BYE)
        sender.sendto(BYE, end.address)


DEMO = Demo(
    name="udp-oversize",
    summary="datagrams that fill a frame, need fragments, or are refused",
    transport="udp",
    port=8888,
    expected="udp-oversize",
    lesson=(
        "1,472 bytes fill a frame (1,500 - 20 - 8). One more takes two fragments; 65,507, the most there can be, 45.",
        "65,508 bytes raise OSError (EMSGSIZE) and put nothing on the wire: no length in an IP header exceeds 65,535.",
        "Only a first fragment has the ports. Lose one fragment, and all of its datagram is lost: so keep them small.",
        "Try --link 'drop fragment': one frame is gone, and with it the datagram that it was a part of.",
    ),
    server=server,
    client=client,
    link="",
)
