"""The same message by UDP and by TCP, and what each puts on the wire for it.

One port number, and two ports: 8888 of UDP and 8888 of TCP have nothing to do with each other.
"""

from __future__ import annotations

from socket import SOCK_DGRAM, SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "MESSAGE", "client", "server"]

MESSAGE = b"hello"


def server(end: End) -> None:
    """Receive it by UDP, then by TCP; only there does the sender's end say that this was all."""
    with end.socket(SOCK_DGRAM) as receiver, end.socket(SOCK_STREAM) as listener:
        receiver.bind(end.address)
        listener.bind(end.address)
        listener.listen(1)

        data, _sender = receiver.recvfrom(1024)
        end.received(data)

        connection, _sender = listener.accept()
        with connection:
            while data := connection.recv(1024):
                end.received(data)


def client(end: End) -> None:
    """Send it by UDP, then by TCP."""
    with end.socket(SOCK_DGRAM) as sender:
        end.sent(MESSAGE)
        sender.sendto(MESSAGE, end.address)

    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        end.sent(MESSAGE)
        connection.sendall(MESSAGE)


DEMO = Demo(
    name="udp-vs-tcp",
    summary="the same message both ways: one datagram, or a connection of eight segments",
    transport="udp",
    port=8888,
    expected="udp-vs-tcp",
    lesson=(
        "UDP: one datagram. TCP: three segments to open, the message and its acknowledgment, three or four to close.",
        "For these its sender knows that all arrived, and its receiver that this was all, in order and once.",
        "UDP promises none of that, and was done before TCP had opened. One port number is two ports, one for each.",
        "With an answer TCP takes ten (tcp-hello) and UDP two: the longer the talk, the less the opening weighs.",
    ),
    server=server,
    client=client,
)
