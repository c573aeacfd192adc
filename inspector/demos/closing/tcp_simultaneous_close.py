"""Both ends close at the same time, and their FINs cross on the way.

Each end sends its FIN before it has the other's. So each finds, in FIN-WAIT-1, a FIN that does not acknowledge its
own: neither FIN-WAIT-2 nor TIME-WAIT fits, and the state is CLOSING. By luck this happens rarely; here the wire
sees to it: it holds the server's FIN back until the client's has left, too.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Say goodbye, and close; the FIN leaves, and the wire holds it back."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            goodbye = b"good night"
            end.sent(goodbye)
            connection.sendall(goodbye)
            end.await_signal("read")
        end.signal("closed")


def client(end: End) -> None:
    """Read the goodbye, and close when the server has, before its FIN can be here."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        end.received(connection.recv(1024))
        end.signal("read")
        end.await_signal("closed")


DEMO = Demo(
    name="tcp-simultaneous-close",
    summary="FINs that cross: both ends go through CLOSING, and both have a TIME-WAIT",
    transport="tcp",
    port=12411,
    expected="tcp-simultaneous-close",
    lesson=(
        "Neither FIN acknowledges the other: each was sent before the other one came. Both ends are in CLOSING.",
        "CLOSING waits for the ACK of its own FIN alone, and then goes to TIME-WAIT: here on both sides.",
        "Four segments again, but FIN, FIN, ACK, ACK: each pair crosses on its way (RFC 9293 section 3.6, figure 13).",
        "Beside it, tcp-close-three: the FIN that comes second acknowledges the first, and nobody is in CLOSING.",
    ),
    server=server,
    client=client,
    link="hold FIN until FIN",
)
