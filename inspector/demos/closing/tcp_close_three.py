"""A close in three segments: the server has nothing left to do when the FIN arrives, and closes at once.

The same programs as in tcp-close-four but for one line: this server does not wait. `recv` gives nothing, the program
closes, and the kernel, which was still holding back its acknowledgment of the FIN, sends ACK and FIN in one segment.

What decides is a race that the program nearly always wins. Linux (6.18, measured) acknowledges a FIN after 40 ms, if
the receiver has had data before; one that never received a byte is given but a tick of the kernel's clock
(4 ms), which is why a question goes first here. TCP_QUICKACK does not matter if it is set before the FIN comes, for the
FIN ends it; set after the FIN, it sends the ACK at once, and the close takes four segments.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Answer one request, and close as soon as the client has finished."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            end.received(connection.recv(1024))
            answer = b"42"
            end.sent(answer)
            connection.sendall(answer)
            while connection.recv(1024):
                pass


def client(end: End) -> None:
    """Ask, read the answer, and close."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        question = b"6 x 7?"
        end.sent(question)
        connection.sendall(question)
        end.received(connection.recv(1024))


DEMO = Demo(
    name="tcp-close-three",
    summary="the server closes as soon as the client has: its FIN acknowledges the client's, three segments",
    transport="tcp",
    port=12402,
    expected="tcp-close-three",
    lesson=(
        "The server's FIN carries the acknowledgment of the client's: FIN-WAIT-1 goes to TIME-WAIT in one step.",
        "Nothing is missing: a FIN wants an acknowledgment, not a segment for it alone (RFC 9293 figure 5, note 2).",
        "Three or four is decided by the program that closes last, and by no rule of the protocol: both are right.",
        "Try tcp-close-four: there the server waits until the kernel's patience with its ACK (40 ms) is over.",
    ),
    server=server,
    client=client,
)
