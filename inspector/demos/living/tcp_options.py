"""Options: what each end offers in its SYN, and what comes of it.

Four offers, and no haggling. The maximum segment size (MSS) is not negotiated at all: each end says what *it* is ready
to receive, and the other keeps to it, so the two directions may differ, as they do here. Window scale, SACK and
timestamps are used if both ends offer them; of the two scales, each holds for the windows of the end that offered it.
Nothing may be added later: only a SYN can offer.
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End, Socket

__all__ = ["CLIENT_MSS", "DEMO", "IN_USE", "LARGEST_WINDOW", "SIZE", "client", "connect_offering", "server", "show"]

CLIENT_MSS = 1000
LARGEST_WINDOW = 1 << 18
"""Of the server: 16 bits of window hold 65,535, so three more are needed, and it offers wscale=3."""
SIZE = 3000
"""Bytes that go each way."""
IN_USE = {1: "timestamps", 2: "SACK", 4: "window scale"}
"""Bits of tcpi_options, in Linux' TCP_INFO."""


def server(end: End) -> None:
    """Receive, and send as much back."""
    with end.socket(socket.SOCK_STREAM) as listener:
        listener.bind(end.address)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP, LARGEST_WINDOW)  # offered, so before `listen`
        listener.listen(1)
        connection, _client = listener.accept()
        with connection:
            size = 0
            while size < SIZE:
                size += len(connection.recv(SIZE))
            connection.sendall(b"s" * SIZE)
            show(end, connection)
            while connection.recv(1024):
                pass


def client(end: End) -> None:
    """Send, and receive as much back."""
    with end.socket(socket.SOCK_STREAM) as connection:
        connect_offering(end, connection, CLIENT_MSS)
        connection.sendall(b"c" * SIZE)
        size = 0
        while size < SIZE:
            size += len(connection.recv(SIZE))
        show(end, connection)


def connect_offering(end: End, connection: Socket, mss: int) -> None:
    """Connect with a SYN that offers `mss`.

    Linux takes TCP_MAXSEG for both directions. To show them apart, it is taken back as soon as the SYN has left.
    """
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
    connection.settimeout(0)
    connection.connect_ex(end.address)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 0)
    end.until(connection, "ESTABLISHED")
    connection.settimeout(None)


def show(end: End, connection: socket.socket) -> None:
    """Say what is in use by the kernel's own word: some fields of its TCP_INFO."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 24)
    options, scales, send_mss = struct.unpack("5xBB1x8xI4x", info)
    in_use = ", ".join(name for bit, name in IN_USE.items() if options & bit)
    end.note(
        "segments carry at most {send_mss} bytes, windows of the other end are taken {times} times",
        send_mss=send_mss,
        times=1 << (scales & 15),
    )
    end.note("in use: {in_use}", in_use=in_use)


DEMO = Demo(
    name="tcp-options",
    summary="MSS, window scale, SACK and timestamps: what each end offers, and what comes of it",
    transport="tcp",
    port=8018,
    expected="tcp-options",
    lesson=(
        "The client offers mss=1000 and gets smaller segments than it sends: an MSS binds the other end, not its own.",
        "The 12 bytes that both lack are the timestamps in every segment: an MSS counts options with the data.",
        "Each end's windows are multiplied by its own scale, but not in a SYN, and not unless both offered (RFC 7323).",
        "SACK and timestamps are used if both SYNs offer them; to a capture without the SYNs, all this is unknown.",
    ),
    server=server,
    client=client,
    link="delay SYN,ACK by 10ms",
)
