"""Keep-alive: a silent connection is asked whether its other end is still there.

An idle connection says nothing: it may stand for days, and nobody notices that the other host has lost its power. With
SO_KEEPALIVE the kernel asks now and then, by a segment that must be answered: it carries nothing, and its sequence
number is one *less* than expected, the last one that the peer has acknowledged. That is not acceptable, so the peer
says again what it does expect, and so it lives (RFC 9293 section 3.8.4). The programs see nothing of it.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "IDLE", "client", "server"]

IDLE = 1
"""Seconds of silence before a probe, and between two; the kernel counts in whole ones. Its defaults are 7200 and 75."""


def server(end: End) -> None:
    """Read one line, and wait for the next until the client closes."""
    with end.socket(socket.SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            while data := connection.recv(1024):
                end.received(data)


def client(end: End) -> None:
    """Ask for keep-alive, say one line, and be silent long enough for two probes."""
    with end.socket(socket.SOCK_STREAM) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, IDLE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        connection.connect(end.address)
        end.sent(b"I am here")
        connection.sendall(b"I am here")
        end.pause(2.5 * IDLE)


DEMO = Demo(
    name="tcp-keepalive",
    summary="a silent connection is asked whether its other end still lives",
    transport="tcp",
    port=8015,
    expected="tcp-keepalive",
    lesson=(
        "A probe has no data and seq = SND.NXT-1, one less than expected: it is not wrong, it is how a host asks.",
        "The peer's kernel repeats its acknowledgment: alive. After TCP_KEEPCNT probes in vain, recv raises an error.",
        "Only the end that asked for it probes, by default after two hours of silence (RFC 9293 section 3.8.4).",
        "It says that the host lives, not the program: that takes a heartbeat of the programs' own, as in tcp-long.",
    ),
    server=server,
    client=client,
    seconds=2.6,
)
