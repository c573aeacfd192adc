"""A long connection: one for all requests, kept alive by heartbeats while there is nothing to ask.

Half of the requests, a quiet time, and the other half. Who keeps a connection through a quiet time must know whether
the other end is still there: so the client sends a heartbeat whenever it has been silent for a while, a message like
any other, which the server's program answers. Then the same requests, with the same quiet time, are made at the
server's second port with a connection each, and the report counts both. Heartbeats are not free, nor are handshakes.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from time import monotonic
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo, Option
from inspector.demos.living.tcp_short import answer_all, ask

if TYPE_CHECKING:
    from socket import socket

    from inspector.demos.end import End

__all__ = ["DEMO", "SILENCE", "beat", "client", "server"]

SILENCE = 0.02
"""Seconds of silence after which a heartbeat is due. Real programs take half a minute."""


def server(end: End) -> None:
    """Answer all requests on one connection to the first port, and one on each to the second."""
    with end.socket(SOCK_STREAM) as long, end.socket(SOCK_STREAM) as short:
        long.bind(end.address)
        long.listen(1)
        short.bind(end.second_address)
        short.listen(1)
        connection, _client = long.accept()
        with connection:
            answer_all(end, connection)
        for _request in range(end.number("requests")):
            connection, _client = short.accept()
            with connection:
                answer_all(end, connection)


def client(end: End) -> None:
    """Make the requests on one connection, with heartbeats in the quiet time; then on a connection each."""
    numbers = range(1, end.number("requests") + 1)
    half = (len(numbers) + 1) // 2
    quiet = 0.0
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        for number in numbers:
            ask(end, connection, f"request {number}")
            if number == half:
                quiet = beat(end, connection)
    for number in numbers:
        with end.socket(SOCK_STREAM) as connection:
            connection.connect(end.second_address)
            ask(end, connection, f"request {number}")
        if number == half:
            end.pause(quiet)


def beat(end: End, connection: socket) -> float:
    """Have nothing to ask for a while, and say after each silence that this end lives; how long that took."""
    began = monotonic()
    for _beat in range(end.number("heartbeats")):
        end.pause(SILENCE)
        ask(end, connection, "heartbeat")
    return monotonic() - began


DEMO = Demo(
    name="tcp-long",
    summary="one connection for all requests, with heartbeats, counted beside one for each",
    transport="tcp",
    port=8001,
    ports=(8002,),
    expected="tcp-long",
    lesson=(
        "Compare the two ports in the table: one handshake, one close and the heartbeats, or one for each request.",
        "A heartbeat is data like any other, asked and answered by the programs: it proves that the program lives.",
        "It also keeps firewalls and address translators from forgetting a connection (tcp-keepalive: the kernel's).",
        "Try --requests 2 --heartbeats 9: where there is little to ask, keeping a connection costs more segments.",
    ),
    server=server,
    client=client,
    options=(
        Option("requests", 6, "how many requests are made, each way", least=1, most=50),
        Option("heartbeats", 2, "how many heartbeats the quiet time takes", least=0, most=50),
    ),
    link="delay anything always by 5ms",
)
