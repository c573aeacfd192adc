"""Writing to a peer that has closed: the first write succeeds, and what comes after it depends on what had arrived.

A FIN says "I send no more", not "I read no more". So a client that got one may still write, and its `sendall`
raises nothing: bytes were handed to the kernel, no more is claimed. But the peer has closed altogether; nobody will
read them, and its kernel answers with RST. Then the exceptions come, and which ones is decided by the FIN:

* it had arrived (client 1): reading goes on giving nothing, and writing raises BrokenPipeError;
* it was lost on its way (client 2): the reset comes unannounced, and reading raises ConnectionResetError.

So a program has to be ready for both.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo
from inspector.demos.end import state_of

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Say goodbye to two clients, and close at once."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        for number in (1, 2):
            connection, _client = listener.accept()
            with connection:
                goodbye = b"we are closed"
                end.sent(goodbye)
                connection.sendall(goodbye)
                end.await_signal(f"read {number}")
            end.signal(f"closed {number}")


def client(end: End) -> None:
    """Two clients that write to the closed server: one knows of its FIN, the other does not."""
    for number in (1, 2):
        visitor = end.named(f"client {number}")
        with visitor.socket(SOCK_STREAM) as connection:
            connection.connect(end.address)
            visitor.received(connection.recv(1024))
            end.signal(f"read {number}")
            end.await_signal(f"closed {number}")
            if number == 1:
                end.until(connection, "CLOSE-WAIT")
            state = state_of(connection)
            wish = b"but I want tea"
            visitor.sent(wish)
            connection.sendall(wish)
            visitor.note("in {state}, sendall raised nothing; and what it sent was read by nobody", state=state)
            end.until(connection, "CLOSED")
            try:
                visitor.note("the reset has come, and recv gives {data!r}", data=connection.recv(1024))
            except ConnectionResetError as error:
                visitor.raised("recv", error)
            try:
                connection.sendall(b"please")
            except BrokenPipeError as error:
                visitor.raised("sendall", error)


DEMO = Demo(
    name="tcp-reset-after-close",
    summary="writing to a closed peer: RST, then BrokenPipeError or ConnectionResetError",
    transport="tcp",
    port=12410,
    expected="tcp-reset-after-close",
    lesson=(
        "Data meet an end that has closed: it answers RST, whose sequence number is the data's acknowledgment number.",
        "The first write raises nothing in either case: sendall hands bytes to the kernel, and asks no peer.",
        "If the FIN had come, writing raises BrokenPipeError; if it was lost, recv raises ConnectionResetError first.",
        "So catch both (ConnectionError is the parent of the two), and let the peer's *reply* tell that data arrived.",
    ),
    server=server,
    client=client,
    clients=2,
    link="drop 2nd FIN from server always",
)
