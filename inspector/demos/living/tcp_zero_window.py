"""A receiver that does not read: the window closes, is probed, and opens again.

What arrives and is not read fills the receiver's buffer, and every acknowledgment says how much room is left: the
window. At zero the sender stops, however much its program still has to send. The acknowledgment that opens the window
again might be lost, and nobody would repeat it; so the sender asks, at longer and longer intervals, until there is room
(RFC 9293 section 3.8.6.1).
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "PROBES", "ROOM", "SIZE", "client", "server", "was_probed"]

ROOM = 4096
"""Bytes of buffer that the server asks for: room for three segments, as Linux counts."""
SIZE = 6500
"""Bytes to send: four full segments and a part of one."""
PROBES = 2


def server(end: End) -> None:
    """Accept, and read nothing until the window was probed; then read all, and say so."""
    with end.socket(socket.SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)  # before `listen`: its connections inherit it
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            end.await_signal("the window was probed")
            size = 0
            while size < SIZE:
                size += len(connection.recv(SIZE))
            answer = f"read {size} bytes".encode()
            end.sent(answer)
            connection.sendall(answer)
            while connection.recv(1024):
                pass


def client(end: End) -> None:
    """Send more than the server has room for: the kernel takes it all, and sends what it may."""
    with end.socket(socket.SOCK_STREAM) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect(end.address)
        connection.sendall(b"x" * SIZE)
        end.note("sendall has returned: the kernel has {size} bytes, and the wire has not seen all of them", size=SIZE)
        while not was_probed(connection):
            end.pause(0.001)
        end.signal("the window was probed")
        end.received(connection.recv(1024))


def was_probed(connection: socket.socket) -> bool:
    """Whether enough probes were sent and answered, by the kernel's own word: bytes 3 and 4 of its TCP_INFO."""
    unanswered, doublings = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[3:5]
    return doublings >= PROBES and not unanswered


DEMO = Demo(
    name="tcp-zero-window",
    summary="the receiver does not read: its window closes, is probed, and opens again",
    transport="tcp",
    port=8016,
    expected="tcp-zero-window",
    lesson=(
        "win=0 stops the sender in the middle of its data: three segments fit, the rest waits until the program reads.",
        "A probe repeats an old number, seq = SND.NXT-1: it looks like a keep-alive, and is answered in the same way.",
        "The probes' intervals double, from about 200 ms on: an opening that was lost is found out (section 3.8.6.1).",
        "sendall returned long before: it hands bytes to the kernel, and says nothing of their arrival.",
    ),
    server=server,
    client=client,
    link="",
    kernel=(
        ("net/ipv4/tcp_early_retrans", "0"),  # no probe for a lost tail: the receiver only delays an acknowledgment
        ("net/ipv4/tcp_invalid_ratelimit", "0"),  # else a second probe within 500 ms goes unanswered
    ),
)
