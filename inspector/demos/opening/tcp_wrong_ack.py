"""A SYN,ACK that acknowledges x instead of x+1, and what a kernel makes of it.

No program can make a kernel send a wrong number, so this server is no socket but a host of our own making, 10.0.0.3: it
says that the address is its own, hears a SYN, and writes the answer by hand, with the oldest mistake of all in
it. To the client's kernel that is the answer to some other SYN: it sends RST with the number that was acknowledged,
stays in SYN-SENT, and sends its SYN again.
"""

from __future__ import annotations

from socket import SOCK_STREAM
from typing import TYPE_CHECKING, Any

from inspector.demos.demo import Demo
from inspector.errors import DemoError
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from inspector.demos.end import End

__all__ = ["DEMO", "HOST", "client", "hear", "server"]

HOST = "10.0.0.3"
_MAC = "02:00:00:00:00:03"


def server(end: End) -> None:
    """Play a host by hand: answer who asks where 10.0.0.3 is, and then the SYN, with a wrong number."""
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import ARP, Ether

    wire = end.wire
    if wire is None or ":" in end.host:
        raise DemoError(
            said("tcp-wrong-ack is written by hand, over IPv4 and for both ends: run it without --host and --role")
        )
    wire.settimeout(5)
    asks = hear(end, wire, lambda frame: ARP in frame and frame[ARP].pdst == HOST)
    here = ARP(op="is-at", hwsrc=_MAC, psrc=HOST, hwdst=asks.src, pdst=asks.psrc)
    wire.send(bytes(Ether(src=_MAC, dst=asks.src) / here))
    syn = hear(end, wire, lambda frame: TCP in frame and frame[TCP].flags == "S")
    wrong = TCP(sport=syn.dport, dport=syn.sport, flags="SA", seq=5000, ack=syn.seq)  # and not syn.seq + 1
    wire.send(bytes(Ether(src=_MAC, dst=syn.src) / IP(src=HOST, dst=syn[IP].src) / wrong))


def hear(end: End, wire: socket, wanted: Callable[[Any], bool]) -> Any:
    """The next frame on the wire that is `wanted`."""
    from scapy.layers.l2 import Ether

    while True:
        end.waits(wire)
        if wanted(frame := Ether(wire.recv(2048))):
            return frame


def client(end: End) -> None:
    """Connect to the host that is not quite right, and lose patience."""
    with end.socket(SOCK_STREAM) as connection:
        connection.settimeout(0.5)
        try:
            connection.connect((HOST, end.address[1]))
        except TimeoutError as error:
            end.raised("connect, after 0.5 s,", error)


DEMO = Demo(
    name="tcp-wrong-ack",
    summary="a SYN,ACK acknowledges x, not x+1: the kernel answers RST and is not connected",
    transport="tcp",
    port=9114,
    expected="tcp-wrong-ack",
    lesson=(
        "The SYN takes one number, so x+1 was due; ack=x says that the SYN has not arrived. Here is the sum, in red.",
        "The RST has the number that was acknowledged, and no ACK: it tells its receiver what it was that was wrong.",
        "The client does not move: it is in SYN-SENT before and after (RFC 9293 section 3.10.7.3), and tries again.",
    ),
    server=server,
    client=client,
    link="",
    crafted=True,
)
