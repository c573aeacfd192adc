"""Two ends that take turns over UDP, each at a port of its own.

UDP has no close, so the programs need a word for it: the client's last datagram says `bye`. Should that one
be lost, the server would wait for ever.
"""

from __future__ import annotations

from socket import SOCK_DGRAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["BYE", "DEMO", "client", "server"]

BYE = b"bye"


def server(end: End) -> None:
    """Answer every datagram to where it came from, until the client says bye."""
    with end.socket(SOCK_DGRAM) as table:
        table.bind(end.address)
        while True:
            ping, client_address = table.recvfrom(1024)
            end.received(ping)
            if ping == BYE:
                return
            pong = end.line("pong").encode()
            end.sent(pong)
            table.sendto(pong, client_address)


def client(end: End) -> None:
    """Send, wait for the answer, send again; at last say bye, which nobody answers."""
    with end.socket(SOCK_DGRAM) as table:
        table.bind(end.client_address)
        for line in end.lines("ping 1", "ping 2", "ping 3"):
            ping = line.encode()
            end.sent(ping)
            table.sendto(ping, end.address)
            if ping == BYE:
                return
            pong, _server_address = table.recvfrom(1024)
            end.received(pong)
        end.sent(BYE)
        table.sendto(BYE, end.address)


DEMO = Demo(
    name="udp-pingpong",
    summary="two ends take turns, a datagram each way, until one says bye",
    transport="udp",
    port=8888,
    ports=(9999,),
    expected="udp-pingpong",
    lesson=(
        "No handshake, no acknowledgment: the pong is the only proof that the ping arrived, and the programs made it.",
        "No close: `bye` is ordinary data that these two programs agreed on. If it is lost, the server waits for ever.",
        "One lost datagram stops the game: nobody sends it again. TCP would.",
    ),
    server=server,
    client=client,
    interactive=True,
)
