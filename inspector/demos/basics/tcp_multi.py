"""Several clients at once, served by two threads: the third waits in the accept queue.

A worker keeps its client until that client closes. When both workers are taken, the third client connects
all the same: the *kernel* shakes hands and acknowledges its first bytes, and keeps the connection
in the queue of `listen` until a worker calls `accept`. No clock is needed to show this: one program holds all
the connections, and the first two have been answered, so both workers are taken, before it opens the third.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo, Option

if TYPE_CHECKING:
    from socket import socket

    from inspector.demos.end import End

__all__ = ["DEMO", "WORKERS", "client", "serve_one", "server"]

WORKERS = 2


def server(end: End) -> None:
    """Serve a number of clients with two threads."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(end.number("clients"))
        with ThreadPoolExecutor(WORKERS) as pool:
            served = [pool.submit(serve_one, end, listener) for _ in range(end.number("clients"))]
        for each in served:
            each.result()


def serve_one(end: End, listener: socket) -> None:
    """One worker and one client, from `accept` until the client has closed."""
    connection, _client = listener.accept()
    with connection:
        name = connection.recv(1024)
        end.received(name)
        welcome = b"Welcome, " + name
        end.sent(welcome)
        connection.sendall(welcome)
        while connection.recv(1024):
            pass


def client(end: End) -> None:
    """All connect; the first two are answered at once, each of the others when one before it has left."""
    waiting = []
    for number in range(1, end.number("clients") + 1):
        visitor = end.named(f"client {number}")
        connection = visitor.socket(SOCK_STREAM)
        connection.connect(end.address)
        visitor.sent(visitor.role.encode())
        connection.sendall(visitor.role.encode())
        if number <= WORKERS:
            visitor.received(connection.recv(1024))
        else:
            visitor.note("connected, and nobody has accepted: both workers are taken, it waits in the accept queue")
        waiting.append((number, visitor, connection))
    for number, visitor, connection in waiting:
        with connection:
            if number > WORKERS:
                visitor.received(connection.recv(1024))


DEMO = Demo(
    name="tcp-multi",
    summary="three clients at once and two threads: the third waits in the accept queue",
    transport="tcp",
    port=8888,
    expected="tcp-multi",
    lesson=(
        "The third client's handshake is complete, and its data acknowledged, while no thread has accepted it.",
        "So ESTABLISHED does not mean that a program serves you: the kernel answered. In `ss -ltn` you are in Recv-Q.",
        "Its welcome comes only after another client has closed: the wait is between its data and the reply.",
    ),
    server=server,
    client=client,
    options=(Option("clients", 3, "how many clients are there at once", least=1, most=50),),
    clients=3,
)
