"""A half-close with late data: the client has finished, and the server sends on for as long as it likes.

`shutdown(SHUT_WR)` sends a FIN and keeps the socket: "I have nothing more to say, and I listen". `close` sends the
same FIN, and then nobody listens: what came late would be answered with a reset (tcp-reset-after-close). The wire
cannot tell the two apart until something comes late.
"""

from __future__ import annotations

from socket import SHUT_WR, SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "NEWS", "client", "server"]

NEWS = (b"first, the weather: fair", b"then, the harvest: good", b"at last, the price of tea: up")


def server(end: End) -> None:
    """Read the request to its end, then send one piece of news after another, and close."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            while request := connection.recv(1024):
                end.received(request)
            end.await_signal("half-closed")
            for number, piece in enumerate(NEWS):
                end.sent(piece)
                connection.sendall(piece)
                end.await_signal(f"read {number}")


def client(end: End) -> None:
    """Ask, finish sending, find that nothing more can be sent, and read what comes."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        request = b"all the news, please"
        end.sent(request)
        connection.sendall(request)
        connection.shutdown(SHUT_WR)
        try:
            connection.sendall(b"one thing more")
        except BrokenPipeError as error:
            end.raised("sendall", error)
        end.until(connection, "FIN-WAIT-2")
        end.note("the kernel says FIN-WAIT-2: finished, acknowledged, and still listening")
        end.signal("half-closed")
        for number in range(len(NEWS)):
            end.received(connection.recv(1024))
            end.signal(f"read {number}")
        while connection.recv(1024):
            pass


DEMO = Demo(
    name="tcp-half-close",
    summary="the client finishes with shutdown(SHUT_WR), and the server's data come after the FIN",
    transport="tcp",
    port=12403,
    expected="tcp-half-close",
    lesson=(
        "Three segments of data travel after the client's FIN, and each is acknowledged: by an end in FIN-WAIT-2.",
        "FIN says that one direction has come to its end (RFC 9293 section 3.6), not that the connection has.",
        "The client's own sendall after shutdown raised BrokenPipeError: of that, nothing is on the wire.",
        "Try close instead of shutdown in the client: the first late segment is answered with RST.",
    ),
    server=server,
    client=client,
)
