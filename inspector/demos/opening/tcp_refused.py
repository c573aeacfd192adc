"""A port where nobody listens: the host answers, and its answer is no.

The server's program has bound its port and never calls `listen`. That is enough to be refused: `bind` reserves a
number, only `listen` opens it. The kernel answers in the program's stead, with RST, and `connect` raises.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Hold the port, and listen to nobody."""
    with end.socket(SOCK_STREAM) as deaf:
        deaf.bind(end.address)
        end.ready()
        end.await_signal("refused")


def client(end: End) -> None:
    """Try to connect, and see what a refusal looks like from inside a program."""
    with end.socket(SOCK_STREAM) as connection:
        try:
            connection.connect(end.address)
        except ConnectionRefusedError as error:
            end.raised("connect", error)
    end.signal("refused")


DEMO = Demo(
    name="tcp-refused",
    summary="a SYN to a port where nobody listens is answered by RST,ACK, and connect raises",
    transport="tcp",
    port=9101,
    expected="tcp-refused",
    lesson=(
        "The RST acknowledges x+1, since the SYN takes one number; its own is 0, for its sender never picked one.",
        "RST,ACK says: the host is up, the port is closed (RFC 9293 section 3.10.7.1). A lost SYN would be silence.",
        "The program learns it at once, as ConnectionRefusedError, and not by a timeout: a refusal is an answer.",
    ),
    server=server,
    client=client,
)
