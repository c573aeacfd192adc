"""A question with a time limit, and what the late answer meets.

A program that waits for an answer waits for ever, unless it sets a limit. When the limit passes, `recv` raises
TimeoutError; on the wire nothing happens at all: the connection lives, and the answer may still come. What it meets
depends on the client. The first one goes on with the same connection, and takes the late answer for that to its next
question. The second one closes, and the late answer meets a RST.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo, Option

if TYPE_CHECKING:
    from socket import socket

    from inspector.demos.end import End

__all__ = [
    "ANSWER",
    "DEMO",
    "QUESTION",
    "client",
    "client_that_closes",
    "client_that_goes_on",
    "send",
    "server",
    "wait_in_vain",
]

ANSWER = len(b"answer 1")
QUESTION = len(b"question 1")


def server(end: End) -> None:
    """Keep both clients waiting: answer their first question when their time is up."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(2)
        connection, _client = listener.accept()
        with connection:
            end.received(connection.recv(QUESTION))
            end.await_signal("client 1 has given up")
            send(end, connection, b"answer 1")
            end.received(connection.recv(QUESTION))
            send(end, connection, b"answer 2")
            while connection.recv(1024):
                pass
        connection, _client = listener.accept()
        with connection:
            end.received(connection.recv(QUESTION))
            end.until(connection, "CLOSE-WAIT")
            end.note("client 2 has closed; its answer is sent all the same, for a FIN forbids nothing")
            send(end, connection, b"answer 3")
            end.until(connection, "CLOSED")
            try:
                connection.sendall(b"more")
            except OSError as error:
                end.raised("sendall", error)


def client(end: End) -> None:
    """Two clients, one after the other; both wait for their answer in vain."""
    client_that_goes_on(end.named("client 1"))
    client_that_closes(end.named("client 2"))


def client_that_goes_on(end: End) -> None:
    """After the time limit, ask the next question on the same connection."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        send(end, connection, b"question 1")
        wait_in_vain(end, connection)
        end.signal("client 1 has given up")
        connection.settimeout(None)
        send(end, connection, b"question 2")
        late = connection.recv(ANSWER)
        end.received(late)
        end.note("asked question 2, and was given {answer!r}: the late one came first", answer=late.decode())
        end.received(connection.recv(ANSWER))


def client_that_closes(end: End) -> None:
    """After the time limit, close."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        send(end, connection, b"question 3")
        wait_in_vain(end, connection)


def wait_in_vain(end: End, connection: socket) -> None:
    """Wait for an answer, but no longer than the limit."""
    connection.settimeout(end.number("limit") / 1000)
    try:
        connection.recv(ANSWER)
    except TimeoutError as error:
        end.raised("recv", error)


def send(end: End, connection: socket, data: bytes) -> None:
    """Say it, and send it."""
    end.sent(data)
    connection.sendall(data)


DEMO = Demo(
    name="tcp-timeout",
    summary="a question with a time limit, and what the late answer meets",
    transport="tcp",
    port=8014,
    expected="tcp-timeout",
    lesson=(
        "When recv raises TimeoutError, nothing is on the wire: a program's patience ended, and no connection.",
        "Client 1 goes on, and reads answer 1 to question 2: answers need a number, or a new connection after a limit.",
        "Client 2 has closed, so nobody can read answer 3: its host answers with RST (RFC 9293 section 3.6.1).",
    ),
    server=server,
    client=client,
    clients=2,
    options=(Option("limit", 100, "milliseconds that a client waits for its answer", least=1, most=5000),),
)
