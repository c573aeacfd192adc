"""A server that greets its clients in turn, in Chinese, and closes each connection first.

Bytes are what travels: seven Chinese characters are twenty-one bytes in UTF-8. A client does not know
how long the greeting is. It reads until the server has closed.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo, Option

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "GREETING", "client", "server"]

GREETING = "欢迎来到服务器\n"


def server(end: End) -> None:
    """Accept one client after the other, greet it, and close."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(5)
        for _ in range(end.number("clients")):
            connection, _client = listener.accept()
            with connection:
                greeting = GREETING.encode("utf-8")
                end.sent(greeting)
                connection.sendall(greeting)


def client(end: End) -> None:
    """One client after the other: connect, read to the end, and close."""
    for number in range(1, end.number("clients") + 1):
        visitor = end.named(f"client {number}")
        with visitor.socket(SOCK_STREAM) as connection:
            connection.connect(end.address)
            greeting = b""
            while part := connection.recv(1024):
                greeting += part
            visitor.received(greeting)


DEMO = Demo(
    name="tcp-greeting",
    summary="one line of Chinese text to several clients in turn; the server closes first",
    transport="tcp",
    port=9999,
    expected="tcp-greeting",
    lesson=(
        "One connection for each client: the server's port is always the same, the client's is new each time.",
        "The greeting has 8 characters and 22 bytes: sequence numbers count bytes, never characters.",
        "The server closed first, so TIME-WAIT is on its side: without SO_REUSEADDR a restart finds the port taken.",
    ),
    server=server,
    client=client,
    options=(Option("clients", 3, "how many clients come, one after the other", least=1, most=50),),
    clients=3,
)
