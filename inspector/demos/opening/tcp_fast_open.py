"""A SYN that carries data: Fast Open, for a client that the server has seen before.

A SYN with data used to be kept until the handshake had shown that its sender is there (an address is easily forged).
With Fast Open the server gives its client a cookie on the first connection; on the next one the client shows
it in its SYN, with the data, and the server's program reads them before the handshake is over. It saves one round trip.
Both kernels must allow it: `net.ipv4.tcp_fastopen` is 3 here, 1 (clients only) by default.
"""

from __future__ import annotations

from socket import IPPROTO_TCP, MSG_FASTOPEN, SOCK_STREAM, TCP_FASTOPEN
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Allow Fast Open, and answer two clients in turn."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.setsockopt(IPPROTO_TCP, TCP_FASTOPEN, 2)  # so many may be open before their handshake is over
        listener.listen(2)
        for _ in range(2):
            connection, _client = listener.accept()
            with connection:
                end.received(connection.recv(1024))
                answer = b"welcome"
                end.sent(answer)
                connection.sendall(answer)
                connection.recv(1024)  # until the client has closed


def client(end: End) -> None:
    """`sendto` with MSG_FASTOPEN is connect and send in one; the first time, there is no cookie to show."""
    for words in (b"may I have a cookie?", b"here is my cookie"):
        with end.socket(SOCK_STREAM) as connection:
            connection.settimeout(None)  # else sendto would not wait for the handshake
            end.sent(words)
            connection.sendto(words, MSG_FASTOPEN, end.address)
            end.received(connection.recv(1024))


DEMO = Demo(
    name="tcp-fast-open",
    summary="the second connection carries data in its SYN, by a cookie that the first one got",
    transport="tcp",
    port=9113,
    expected="tcp-fast-open",
    lesson=(
        "The first SYN asks for a cookie and carries no data; the SYN,ACK brings it (RFC 7413, option 34).",
        "The second SYN shows the cookie and carries 17 bytes: the SYN,ACK acknowledges x+1+17, SYN and data.",
        "The program has the data a round trip earlier. They may come twice, though: only for what may be repeated.",
    ),
    server=server,
    client=client,
    clients=2,
    link="",
    kernel=(("net/ipv4/tcp_fastopen", "3"),),
)
