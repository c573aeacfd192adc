"""Two programs want one port, and nothing of that is on the wire.

A port is a number in a table of the own kernel. `bind` asks that table and nobody else, so the second program
learns at once that the port is taken, and no segment tells of it: the capture of this demo is empty.
SO_REUSEADDR does not help here. It is there for what an earlier connection left behind (TIME-WAIT); of
two sockets that listen at the same address, one would be lost.
"""

from __future__ import annotations

from socket import SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Have the port, and listen."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        end.ready()
        end.await_signal("tried")


def client(end: End) -> None:
    """Be a second server: ask for the same port, first as it is, then with SO_REUSEADDR."""
    for reuse in (0, 1):
        with end.socket(SOCK_STREAM, plain=True) as second:
            second.setsockopt(SOL_SOCKET, SO_REUSEADDR, reuse)
            try:
                second.bind(end.address)
            except OSError as error:
                end.raised("bind with SO_REUSEADDR={reuse}", error, reuse=reuse)
    end.signal("tried")


DEMO = Demo(
    name="tcp-address-in-use",
    summary="a second program asks for a port that is taken: bind raises, and not one segment is sent",
    transport="tcp",
    port=9102,
    one_host=True,
    expected="tcp-address-in-use",
    lesson=(
        "There is nothing to see: bind asks the own kernel for a number, and the answer never leaves the host.",
        "EADDRINUSE, whether or not SO_REUSEADDR is set: it passes over TIME-WAIT, never over a socket that listens.",
        "`ss -ltn 'sport = :PORT'` shows who has the port. A client can have the same trouble, if it binds a port.",
    ),
    server=server,
    client=client,
)
