"""Both ends send and receive at once, with a thread for each direction.

Neither waits for its turn, so the order in which the two directions mix on the wire is open; within
a direction it is not, on one machine. The server needs a first datagram to learn where its client is.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from socket import SOCK_DGRAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from socket import socket

    from inspector.demos.end import End

__all__ = ["BYE", "DEMO", "client", "listen", "server", "speak"]

BYE = b"bye"


def server(end: End) -> None:
    """Learn from the first datagram where the client is; then send to it and receive from it at once."""
    with end.socket(SOCK_DGRAM) as phone, ThreadPoolExecutor(1) as other_thread:
        phone.bind(end.address)
        first, client_address = phone.recvfrom(1024)
        end.received(first)
        speaking = other_thread.submit(speak, end, phone, client_address)
        if first != BYE:
            listen(end, phone)
        speaking.result()


def client(end: End) -> None:
    """Send and receive at once."""
    with end.socket(SOCK_DGRAM) as phone, ThreadPoolExecutor(1) as other_thread:
        phone.bind(end.client_address)
        speaking = other_thread.submit(speak, end, phone, end.address)
        listen(end, phone)
        speaking.result()


def speak(end: End, phone: socket, to: tuple[str, int]) -> None:
    """Send every line, and bye at last."""
    for line in end.lines(f"{end.role} says 1", f"{end.role} says 2", f"{end.role} says 3"):
        data = line.encode()
        if data == BYE:
            break
        end.sent(data)
        phone.sendto(data, to)
    end.sent(BYE)
    phone.sendto(BYE, to)


def listen(end: End, phone: socket) -> None:
    """Receive until the other end says bye."""
    data = b""
    while data != BYE:
        data, _sender = phone.recvfrom(1024)
        end.received(data)


DEMO = Demo(
    name="udp-duplex",
    summary="both ends send and receive at once, in threads",
    transport="udp",
    port=8888,
    ports=(9999,),
    expected="udp-duplex",
    lesson=(
        "Four datagrams each way, mixed anew in each run: no end waits its turn, and no number says which came first.",
        "No handshake: before the client's first datagram the server does not even know where to send.",
        "No close: each end says bye for its own direction, as TCP does with FIN, but nobody acknowledges it.",
    ),
    server=server,
    client=client,
    interactive=True,
)
