"""Short connections: a connection for each request, and what that costs beside one connection for all of them.

The same requests are made twice, over a wire that takes five milliseconds each way: first every request opens a
connection, asks, and closes; then, at the server's second port, one connection carries them all. The report counts both
from the same capture. Every short connection pays for its handshake and its close, in segments and in time, and leaves
a TIME-WAIT; the long one pays once, and has to be kept.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo, Option

if TYPE_CHECKING:
    from socket import socket

    from inspector.demos.end import End

__all__ = ["DEMO", "answer_all", "ask", "client", "server"]


def server(end: End) -> None:
    """Answer one request on each connection to the first port, and all on one to the second."""
    with end.socket(SOCK_STREAM) as short, end.socket(SOCK_STREAM) as long:
        short.bind(end.address)
        short.listen(1)
        long.bind(end.second_address)
        long.listen(1)
        for _request in range(end.number("requests")):
            connection, _client = short.accept()
            with connection:
                answer_all(end, connection)
        connection, _client = long.accept()
        with connection:
            answer_all(end, connection)


def client(end: End) -> None:
    """Make the requests, on a connection each; then the same ones, on one connection."""
    numbers = range(1, end.number("requests") + 1)
    for number in numbers:
        with end.socket(SOCK_STREAM) as connection:
            connection.connect(end.address)
            ask(end, connection, f"request {number}")
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.second_address)
        for number in numbers:
            ask(end, connection, f"request {number}")


def ask(end: End, connection: socket, text: str) -> None:
    """Send a request, and wait for its answer."""
    request = text.encode()
    end.sent(request)
    connection.sendall(request)
    end.received(connection.recv(1024))


def answer_all(end: End, connection: socket) -> None:
    """Answer until the client closes. The client waits for each answer, so one `recv` is one request."""
    while request := connection.recv(1024):
        end.received(request)
        answer = b"answer to " + request
        end.sent(answer)
        connection.sendall(answer)


DEMO = Demo(
    name="tcp-short",
    summary="a connection for each request, counted beside one connection for all",
    transport="tcp",
    port=8001,
    ports=(8002,),
    expected="tcp-short",
    lesson=(
        "Compare the two ports in the table: the same bytes, with a handshake and a close for each request, or once.",
        "A handshake takes a round trip before the first byte: an answer comes after two of them, and not after one.",
        "Each short connection leaves a TIME-WAIT at the client, who closed first: of many thousands, ports run out.",
        "Short is simple and holds nothing while nobody asks; try --requests 2, where the long one saves little.",
    ),
    server=server,
    client=client,
    options=(Option("requests", 5, "how many requests are made, each way", least=1, most=50),),
    link="delay anything always by 5ms",
)
