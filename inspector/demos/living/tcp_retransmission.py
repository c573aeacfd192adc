"""A segment is lost, and sent again.

The wire throws the first segment of data away. If others follow it, the receiver says after each of them that it still
waits for the first: duplicate ACKs, with the option SACK telling what it has beyond the hole. After the third the
sender repeats the one segment, and does not wait. If no other follows, nobody can say so: then only time tells, and the
sender waits for its retransmission timeout (RFC 6298). The number of segments decides.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo, Option

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "SEGMENT", "client", "server"]

SEGMENT = 1448
"""Bytes in a full segment: 1500 that the link takes, less 20 for IP, 20 for TCP and 12 for its timestamps."""


def server(end: End) -> None:
    """Read all, in order and without a hole: of the loss, no program learns anything. Then say so."""
    with end.socket(SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            size = 0
            while size < SEGMENT * end.number("segments"):
                size += len(connection.recv(65536))
            answer = f"all {size} bytes are here".encode()
            end.sent(answer)
            connection.sendall(answer)
            while connection.recv(1024):
                pass


def client(end: End) -> None:
    """Send as many bytes as fill the segments, at once: a letter for each, so that it is known again."""
    with end.socket(SOCK_STREAM) as connection:
        connection.connect(end.address)
        letters = "abcdefghij"[: end.number("segments")]
        connection.sendall(b"".join(letter.encode() * SEGMENT for letter in letters))
        end.received(connection.recv(1024))


DEMO = Demo(
    name="tcp-retransmission",
    summary="the wire loses a segment of data: duplicate ACKs, or a timeout, and it comes again",
    transport="tcp",
    port=8017,
    expected="tcp-retransmission",
    lesson=(
        "The first segment of data is lost; what arrives after it is answered by the same old ACK: it is awaited.",
        "Three duplicate ACKs are taken for a loss (RFC 5681 section 3.2): that one segment goes again, at once.",
        "The next ACK jumps over all of them: what came after the hole was kept, as the SACK blocks said (RFC 2018).",
        "Try --segments 1: nothing follows, so only a timeout tells. Of 2, one duplicate and some ms do (RFC 8985).",
    ),
    server=server,
    client=client,
    options=(Option("segments", 5, "how many segments are sent: of 1, only a timeout tells", least=1, most=10),),
    link="drop data from client once",
    kernel=(("net/ipv4/tcp_early_retrans", "0"),),  # no tail loss probe, which would come first on a slow machine
)
