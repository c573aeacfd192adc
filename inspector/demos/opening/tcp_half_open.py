"""A handshake whose last ACK never arrives: one end is connected, the other is not, and neither can know.

The textbooks say that SYN-RECEIVED is hardly ever seen. Here it stays: the wire throws away every ACK that would end
it. The server's kernel repeats its SYN,ACK, the client's answers every time, in vain. `accept` returns nothing, for a
connection comes into its queue only when it is ESTABLISHED. (A flood of SYNs fills a server with just such halves.)
"""

from __future__ import annotations

from socket import SO_LINGER, SOCK_STREAM, SOL_SOCKET
from struct import pack
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]

_AT_ONCE = pack("ii", 1, 0)
"""SO_LINGER on, for 0 seconds: `close` aborts with RST."""


def server(end: End) -> None:
    """Listen, and wait for a connection that is never complete."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        listener.settimeout(1.5)
        try:
            listener.accept()
        except TimeoutError as error:
            end.raised("accept, after 1.5 s,", error)
        end.signal("nobody came")


def client(end: End) -> None:
    """Connect, be connected, say nothing, and abort."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        end.note("connected")
        end.await_signal("nobody came")
        connection.setsockopt(SOL_SOCKET, SO_LINGER, _AT_ONCE)


DEMO = Demo(
    name="tcp-half-open",
    summary="the last ACK never arrives: SYN-RECEIVED stays, and the SYN,ACK is repeated",
    transport="tcp",
    port=9110,
    expected="tcp-half-open",
    lesson=(
        "The client is ESTABLISHED after frame 2, the server in SYN-RECEIVED: its SYN has not been acknowledged.",
        "So three segments, not two: without the third, the server would not know that its own number had arrived.",
        "The RST takes the server back to LISTEN, where it came from (RFC 9293 section 3.10.7.4); no program noticed.",
    ),
    server=server,
    client=client,
    link="drop ACK of SYN always",
    seconds=1.6,
)
