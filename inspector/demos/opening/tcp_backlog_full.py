"""A queue that is full: the server's kernel drops the SYN, and the client's kernel tries again by itself.

`listen(n)` sets how many connections may wait for `accept`; Linux takes one more. Here n is 0, and the first client
fills the queue. The second one's SYN is dropped without a word: a RST would tell it that nobody is there, but
somebody is, only too busy, and the next SYN, a second later, may find room. It does, once `accept` was called.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Listen with the shortest queue there is, and accept nobody before it is full."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(0)
        end.ready()
        end.await_signal("full")
        for _ in range(2):
            connection, _client = listener.accept()
            with connection:
                while name := connection.recv(1024):
                    end.received(name)


def client(end: End) -> None:
    """The first client fills the queue, the second one loses patience before its kernel does."""
    one, two = end.named("client 1"), end.named("client 2")
    with one.socket(SOCK_STREAM) as first, two.socket(SOCK_STREAM) as second:
        first.connect(end.address)
        one.note("connected, and nobody has accepted: the queue is full")
        second.settimeout(0.3)
        try:
            second.connect(end.address)
        except TimeoutError as error:
            two.raised("connect, after 0.3 s,", error)
        end.signal("full")
        one.sent(b"client 1")
        first.sendall(b"client 1")
        first.close()
        end.until(second, "ESTABLISHED")
        two.note("connected: its kernel had not given up, and its next SYN found room")
        two.sent(b"client 2")
        second.sendall(b"client 2")


DEMO = Demo(
    name="tcp-backlog-full",
    summary="the accept queue is full: the SYN is dropped, repeated a second later, and then let in",
    transport="tcp",
    port=9103,
    expected="tcp-backlog-full",
    lesson=(
        "The second client's SYN has no answer at first: the queue of listen(0) holds one, and that one is there.",
        "A full queue drops the SYN and sends no RST: the same SYN again, a second later, may find room, and does.",
        "So a server that is slow to accept looks like a lossy network. `ss -ltn` shows it: Recv-Q above Send-Q.",
    ),
    server=server,
    client=client,
    clients=2,
    seconds=1.2,
)
