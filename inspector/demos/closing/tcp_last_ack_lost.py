"""The very last segment is lost, and this is what TIME-WAIT is for.

The client closed first and acknowledged the server's FIN: for it all is said and done. But its acknowledgment is lost,
and the server, in LAST-ACK, repeats its FIN. Somebody must be there to answer. Were the client's end gone, its
kernel would know of no connection and answer RST, and the server's program would see an error after a perfect
conversation. So the end that acknowledges last keeps the connection for 2 MSL: in TIME-WAIT.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Thank for one line, read to the end, and close."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            end.received(connection.recv(1024))
            thanks = b"noted"
            end.sent(thanks)
            connection.sendall(thanks)
            while connection.recv(1024):
                pass


def client(end: End) -> None:
    """Send one line, read the thanks, and close first."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        words = b"that is all"
        end.sent(words)
        connection.sendall(words)
        end.received(connection.recv(1024))


DEMO = Demo(
    name="tcp-last-ack-lost",
    summary="the last ACK is lost: LAST-ACK repeats its FIN, and TIME-WAIT is there to answer",
    transport="tcp",
    port=12413,
    expected="tcp-last-ack-lost",
    lesson=(
        "The ACK of the server's FIN is lost. The server stays in LAST-ACK and repeats its FIN, as it must.",
        "The client, in TIME-WAIT, answers each repeated FIN with the same ACK; only then is the server CLOSED.",
        "That is a reason for 2 MSL (RFC 9293 section 3.6.1): time for an ACK to be lost and a FIN to come again.",
        "Try --link 'drop ACK of FIN from client twice' as well: the FIN comes a third time, and is answered again.",
    ),
    server=server,
    client=client,
    link="drop ACK of FIN from client once",
)
