"""Messages on a stream: what one `recv` returns, without framing and with it.

TCP carries bytes and keeps no messages apart. Three messages that were sent one by one come out of one `recv`; one
message needs three, if the buffer is small. Neither is an error, and neither can be relied upon: it depends on what has
arrived when the program looks, which is why the server here waits until all has. With its length before each message,
the same stream gives back the messages, in whatever pieces they come.
"""

from __future__ import annotations

import struct
from socket import IPPROTO_TCP, MSG_PEEK, SOCK_STREAM, TCP_NODELAY
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from collections.abc import Iterable
    from socket import socket

    from inspector.demos.end import End

__all__ = [
    "BUFFER",
    "DEMO",
    "LONG",
    "MESSAGES",
    "await_arrival",
    "client",
    "framed",
    "receive_exactly",
    "send",
    "server",
]

MESSAGES = (b"one", b"two", b"three")
LONG = b"a message that is longer than the buffer"
BUFFER = 16


def server(end: End) -> None:
    """Read it all twice: as `recv` gives it, and message by message."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            await_arrival(end, connection, len(b"".join(MESSAGES)))
            together = connection.recv(BUFFER)
            end.received(together)
            end.note(
                "one recv returned {size} bytes: {messages} messages, and nothing between them",
                size=len(together),
                messages=len(MESSAGES),
            )
            end.signal("the short ones are read")
            await_arrival(end, connection, len(LONG))
            for _piece in range(3):
                end.received(connection.recv(BUFFER))
            end.note("three recvs returned {size} bytes: one message, and nothing said that it goes on", size=len(LONG))
            end.signal("the long one is read")
            for _message in (*MESSAGES, LONG):
                prefix = receive_exactly(connection, 4)
                message = receive_exactly(connection, *struct.unpack("!I", prefix))
                end.received(prefix + message)
                end.note(
                    "the length says {size}, so the message is {message!r}", size=len(message), message=message.decode()
                )
            while connection.recv(1024):
                pass


def client(end: End) -> None:
    """Send three short messages and a long one, a `sendall` each; then the same behind their lengths."""
    with end.socket(SOCK_STREAM) as connection:
        connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # a segment for each, without waiting for acknowledgments
        connection.connect(end.address)
        send(end, connection, MESSAGES)
        end.await_signal("the short ones are read")
        send(end, connection, (LONG,))
        end.await_signal("the long one is read")
        send(end, connection, map(framed, (*MESSAGES, LONG)))


def send(end: End, connection: socket, messages: Iterable[bytes]) -> None:
    """A `sendall` for each message."""
    for message in messages:
        end.sent(message)
        connection.sendall(message)


def framed(message: bytes) -> bytes:
    """The length in four bytes, most significant first, and the message."""
    return struct.pack("!I", len(message)) + message


def receive_exactly(connection: socket, size: int) -> bytes:
    """`size` bytes, in however many pieces they come."""
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError(f"the other end closed after {len(data)} of {size} bytes")
        data += piece
    return data


def await_arrival(end: End, connection: socket, size: int) -> None:
    """Let time pass until `size` bytes wait to be read; MSG_PEEK looks at them and leaves them there."""
    while len(connection.recv(size, MSG_PEEK)) < size:
        end.pause(0.001)


DEMO = Demo(
    name="tcp-length-prefix",
    summary="messages on a stream: what one recv returns without framing and with it",
    transport="tcp",
    port=8013,
    expected="tcp-length-prefix",
    lesson=(
        "The first three messages are three segments, and one recv: it returns the bytes that are there, not messages.",
        "The long one is one segment, and three recvs. PSH is no mark between messages either (section 3.9.1.2).",
        "TCP is a stream of bytes (RFC 9293 section 2.2), so framing is the program's: four bytes say how many follow.",
    ),
    server=server,
    client=client,
)
