"""A request, and the reply to the address it came from; then a word to a second receiver.

The server is told by `recvfrom` who wrote to it, and that is all it knows of its client. The client's
one socket serves for both receivers: it belongs to neither, since there is no connection.
"""

from __future__ import annotations

from socket import SOCK_DGRAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Answer one request; then receive one datagram at a second port."""
    with end.socket(SOCK_DGRAM) as answering, end.socket(SOCK_DGRAM) as second:
        answering.bind(end.address)
        second.bind(end.second_address)

        request, client_address = answering.recvfrom(1024)
        end.received(request)
        reply = b"Reply to: " + request
        end.sent(reply)
        answering.sendto(reply, client_address)

        data, _client_address = second.recvfrom(1024)
        end.received(data)


def client(end: End) -> None:
    """Ask and read the reply; then send to the second receiver from the same socket."""
    with end.socket(SOCK_DGRAM) as caller:
        request = end.line("What is the time?").encode()
        end.sent(request)
        caller.sendto(request, end.address)
        reply, _server_address = caller.recvfrom(1024)
        end.received(reply)

        word = b"hello, second receiver"
        end.sent(word)
        caller.sendto(word, end.second_address)


DEMO = Demo(
    name="udp-request",
    summary="a request and its reply, then a second receiver at another port",
    transport="udp",
    port=8234,
    ports=(7788,),
    expected="udp-request",
    lesson=(
        "No handshake: the reply goes to the address that the request claims to come from, which can be forged.",
        "The reply is the program's own doing. The datagram to the second receiver gets none: nobody learns its fate.",
        "No close: the client's port fell silent, and neither receiver can know whether more will come.",
    ),
    server=server,
    client=client,
    interactive=True,
)
