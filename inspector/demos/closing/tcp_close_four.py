"""A close in four segments: the server still has something to do when the FIN arrives.

When a FIN comes, the kernel does not acknowledge it at once. It puts the acknowledgment off for a moment, in the hope
that the program closes too and ACK and FIN can share a segment. Here the program does not: it waits until the client
*knows* that its FIN was acknowledged (its state is FIN-WAIT-2 then), and only then closes. So the two go apart.
Nobody is faster or slower by luck: a signal between the programs, which is not on the wire, decides.
"""

from __future__ import annotations

from socket import SHUT_WR, SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Answer one request, see the client finish, and close only when its FIN has been acknowledged."""
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
            end.note("recv gave nothing: the client has finished. This program has not, and does not close yet")
            end.await_signal("acknowledged")


def client(end: End) -> None:
    """Ask, read the answer, finish, and tell the server when its kernel has acknowledged that."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        question = b"6 x 7?"
        end.sent(question)
        connection.sendall(question)
        end.received(connection.recv(1024))
        connection.shutdown(SHUT_WR)
        end.until(connection, "FIN-WAIT-2")
        end.note("the kernel says FIN-WAIT-2: our FIN is acknowledged, and the server has not closed")
        end.signal("acknowledged")
        while connection.recv(1024):
            pass


DEMO = Demo(
    name="tcp-close-four",
    summary="the server closes later than the client: FIN and ACK, FIN and ACK, four segments",
    transport="tcp",
    port=12401,
    expected="tcp-close-four",
    lesson=(
        "The client's FIN is acknowledged some 40 ms later by a bare ACK; the server's FIN follows in its own segment.",
        "A close takes four segments if the program closes later than its kernel may delay an ACK, else three.",
        "Between ACK and FIN stand FIN-WAIT-2 and CLOSE-WAIT: the server could still send (tcp-half-close).",
        "Try tcp-close-three, where the server closes at once, and compare the ends of the two ladders.",
    ),
    server=server,
    client=client,
)
