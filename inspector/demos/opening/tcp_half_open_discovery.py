"""One end has lost its memory, the other has not, and how they find out: RFC 9293 figures 9 and 10.

A crash takes all connections with it and tells nobody. To play one, the client aborts two connections with SO_LINGER 0,
and the wire throws both RSTs away: the client's kernel has forgotten them, the server's believes in them.
The first comes to light when the server sends (figure 10): whoever does not know a connection answers with RST.
The second comes to light when the client opens anew from the same port (figure 9): the server's ACK tells
the client what the server still believes, the client's RST puts that right, and the SYN is tried again.
"""

from __future__ import annotations

from socket import SO_LINGER, SOCK_STREAM, SOL_SOCKET
from struct import pack
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End, Socket

__all__ = ["DEMO", "client", "server"]

_AT_ONCE = pack("ii", 1, 0)
"""SO_LINGER on, for 0 seconds: `close` aborts with RST."""


def server(end: End) -> None:
    """Have two connections, and learn of each, in another way, that it is none."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(2)
        one, _client = listener.accept()
        two, _client = listener.accept()
        with one, two:
            end.signal("both accepted")
            end.await_signal("both forgotten")
            end.sent(b"are you still there?")
            one.sendall(b"are you still there?")
            _learn(end, one, "figure 10: recv")
            end.signal("open anew")
            _learn(end, two, "figure 9: recv")
        anew, _client = listener.accept()
        with anew:
            while words := anew.recv(1024):
                end.received(words)


def _learn(end: End, connection: Socket, call: str) -> None:
    """Wait for a word on `connection`, and be told that there is no such connection."""
    try:
        connection.recv(1024)
    except ConnectionResetError as error:
        end.raised(call, error)


def client(end: End) -> None:
    """Connect twice, forget both, and then connect again where the second came from."""
    with end.socket(SOCK_STREAM) as one, end.socket(SOCK_STREAM) as two:
        one.connect(end.address)
        two.bind(end.client_address)
        two.connect(end.address)
        end.await_signal("both accepted")
        for connection in (one, two):
            connection.setsockopt(SOL_SOCKET, SO_LINGER, _AT_ONCE)
    end.note("both connections are forgotten, and nobody was told")
    end.signal("both forgotten")
    end.await_signal("open anew")
    with end.socket(SOCK_STREAM) as anew:
        anew.bind(end.client_address)
        anew.connect(end.address)
        words = b"I do not remember you"
        end.sent(words)
        anew.sendall(words)


DEMO = Demo(
    name="tcp-half-open-discovery",
    summary="one end has lost its memory of a connection: data, or a new SYN, bring it to light",
    transport="tcp",
    port=9112,
    ports=(9162,),
    expected="tcp-half-open-discovery",
    lesson=(
        "Both RSTs were lost: the server is ESTABLISHED with nobody, and could stay so for ever.",
        "Figure 10: data to a host that knows of no connection are answered by RST, and recv raises.",
        "Figure 9: the new SYN gets a challenge ACK with the old numbers; RST ends the old connection.",
        "So a connection that nobody uses needs a heartbeat, if its end is to be noticed: see tcp-keepalive.",
    ),
    server=server,
    client=client,
    clients=3,
    link="drop RST twice",
)
