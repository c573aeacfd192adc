"""Full duplex: both ends send at the same time, and neither waits for the other.

A thread for each direction at each end. The wire between the two hosts takes ten milliseconds each way, so what both
say at once is under way at once: each end's lines leave before it can know of the other's, and their acknowledgment
numbers show it. Nothing is disturbed by that: each direction is a stream with sequence numbers of its own.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from socket import IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from socket import socket

    from inspector.demos.end import End

__all__ = ["DEMO", "LINES", "client", "listen", "server", "speak"]

LINES = 3


def server(end: End) -> None:
    """Send and receive at once, and then listen until the other end has closed."""
    with end.socket(SOCK_STREAM) as listener, ThreadPoolExecutor(1) as other_thread:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            speaking = other_thread.submit(speak, end, connection)
            listen(end, connection)
            speaking.result()
            while connection.recv(1024):
                pass


def client(end: End) -> None:
    """Send and receive at once, and close when all is heard."""
    with end.socket(SOCK_STREAM) as connection, ThreadPoolExecutor(1) as other_thread:
        connection.connect(end.address)
        speaking = other_thread.submit(speak, end, connection)
        listen(end, connection)
        speaking.result()


def speak(end: End, connection: socket) -> None:
    """Say all lines, from the moment on at which both ends are connected."""
    end.signal(f"the {end.role} is connected")
    end.await_signal("the client is connected")
    end.await_signal("the server is connected")
    connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # a segment for each line, without waiting
    for number in range(1, LINES + 1):
        data = f"{end.role} says {number}\n".encode()
        end.sent(data)
        connection.sendall(data)


def listen(end: End, connection: socket) -> None:
    """Hear all lines of the other end, in however many pieces they come."""
    heard = b""
    while heard.count(b"\n") < LINES:
        data = connection.recv(1024)
        end.received(data)
        heard += data


DEMO = Demo(
    name="tcp-full-duplex",
    summary="both directions at once: what both ends say crosses on its way",
    transport="tcp",
    port=8012,
    expected="tcp-full-duplex",
    lesson=(
        "The lines of each end acknowledge none of the other's: they were sent before those arrived, so they crossed.",
        "No number is wrong: ack says what has arrived when a segment is sent, not what the other has sent meanwhile.",
        "Each direction has its own sequence numbers (RFC 9293 section 3.4): neither stream waits for the other.",
    ),
    server=server,
    client=client,
    link="delay anything always by 20ms",
)
