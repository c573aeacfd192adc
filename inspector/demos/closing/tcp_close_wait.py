"""The program that forgets to close, and what `netstat` shows of it.

The client has finished and closed. The server's kernel knows that, has acknowledged the FIN, and tells its program:
`recv` gives nothing. A program that does not act on it leaves its connection in CLOSE-WAIT, which no timer of
the kernel ever ends: it lasts until the program closes, or ends. Here it ends, which closes all that it had open.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo
from inspector.demos.table import listed, until_listed

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "client", "server"]


def server(end: End) -> None:
    """Take an order and forget about the customer, until the program ends."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, peer = listener.accept()
        end.received(connection.recv(1024))
        end.until(connection, "CLOSE-WAIT")
        end.await_signal("closed")
        state = listed(end.address[1], peer[1]).state
        end.note("the client has closed and we have not: the kernel's table says {state}", state=state)
        end.note("only now does this program end, and its kernel closes for it what it has left open")
        connection.close()


def client(end: End) -> None:
    """Place an order, and close; the program is through, its kernel is not."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        order = b"a pot of tea"
        end.sent(order)
        connection.sendall(order)
        port = connection.getsockname()[1]
    state, seconds = until_listed(end, port, end.address[1], "FIN-WAIT-2")
    end.note(
        "closed, and the kernel's table says {state}: it waits for the server's FIN, for {seconds:.0f} s at most",
        state=state,
        seconds=seconds,
    )
    end.signal("closed")


DEMO = Demo(
    name="tcp-close-wait",
    summary="the server forgets to close: it stays in CLOSE-WAIT, and the client in FIN-WAIT-2",
    transport="tcp",
    port=12405,
    expected="tcp-close-wait",
    lesson=(
        "After the ACK of the client's FIN nothing happens: FIN-WAIT-2 on one side, CLOSE-WAIT on the other.",
        "CLOSE-WAIT waits for its own program (RFC 9293 section 3.3.2: for the local user), and no timer ends it.",
        "Many CLOSE-WAITs in `ss -tan` are a bug of the program on *this* machine, not of the peer and not of TCP.",
        "The cure: whatever recv gave nothing for is to be closed; `with connection:` does it even when errors come.",
    ),
    server=server,
    client=client,
)
