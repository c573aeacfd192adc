"""A datagram to a port where nobody waits: who learns of it, and who does not.

The host of a closed port answers with an ICMP error, which quotes the datagram. The kernel gives the error to the
socket that sent it, but only if that socket is connected: one that has written to many addresses could not tell which
of them is meant. So the same answer comes for both sockets here, and one program of the two never hears of it.
"""

from __future__ import annotations

from socket import SOCK_DGRAM
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo

if TYPE_CHECKING:
    from inspector.demos.end import End

__all__ = ["DEMO", "PATIENCE", "client", "connected", "server", "unconnected"]

PATIENCE = 0.2
"""Seconds; on loopback an answer takes microseconds."""


def server(end: End) -> None:
    """Be absent: no socket is bound to the port, so the host itself must answer."""
    end.note("nobody waits on port {port}", port=end.address[1])
    end.ready()


def client(end: End) -> None:
    """Send to the closed port twice, from a socket of each kind."""
    connected(end)
    unconnected(end)


def connected(end: End) -> None:
    """For UDP, `connect` sends nothing: it notes the one address that this socket is about."""
    with end.socket(SOCK_DGRAM) as caller:
        caller.connect(end.address)
        data = b"is anybody there?"
        end.sent(data)
        caller.send(data)
        try:
            caller.recvfrom(1024)
        except ConnectionRefusedError as error:
            end.raised("recvfrom of the connected socket", error)


def unconnected(end: End) -> None:
    """Without `connect` the error has no socket to go to: all that this program can do is lose its patience."""
    with end.socket(SOCK_DGRAM) as caller:
        caller.settimeout(PATIENCE)
        data = b"is nobody there?"
        end.sent(data)
        caller.sendto(data, end.address)
        try:
            caller.recvfrom(1024)
        except TimeoutError as error:
            end.raised("recvfrom of the unconnected socket", error)


DEMO = Demo(
    name="udp-unreachable",
    summary="a datagram to a closed port: an ICMP error, and who hears of it",
    transport="udp",
    port=47002,
    expected="udp-unreachable",
    lesson=(
        "Each datagram is answered by ICMP port unreachable, which quotes it (RFC 1122 section 4.1.3.1), not by UDP.",
        "A connected socket learns of it in its next call, as ConnectionRefusedError; an unconnected one never does.",
        "Connect a UDP socket that has one server: else a server that is not there looks like one that is slow.",
        "`--host ::1` shows the same of ICMPv6. A firewall may answer with silence instead: see udp-unanswered.",
    ),
    server=server,
    client=client,
)
