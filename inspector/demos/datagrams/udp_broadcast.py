"""One datagram for everybody on the network: a broadcast.

It is sent to the last address of the network (10.0.0.255 of 10.0.0.0/24). Ethernet has an address for everybody too, so
one frame is enough, however many receive it. The kernel sends it only for a program that has said that it means it.
"""

from __future__ import annotations

from ipaddress import ip_network
from socket import SO_BROADCAST, SO_REUSEADDR, SOCK_DGRAM, SOL_SOCKET
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo
from inspector.errors import DemoError
from inspector.language import said

if TYPE_CHECKING:
    from inspector.demos.end import End, Socket

__all__ = ["DEMO", "PATIENCE", "broadcast_address", "client", "receiver_at", "server"]

PATIENCE = 0.2
"""Seconds to wait for what does not come."""


def server(end: End) -> None:
    """Receive at two sockets that share the port, as two programs would; a third is bound to its host's address."""
    if ":" in end.host:
        raise DemoError(said("IPv6 has no broadcast: it says the same with multicast; run it over IPv4"))
    everywhere = ""
    with receiver_at(end, everywhere) as one, receiver_at(end, everywhere) as two, receiver_at(end, end.host) as narrow:
        for number, receiver in enumerate((one, two), start=1):
            data, _sender = receiver.recvfrom(1024)
            end.named(f"server {number}").received(data)
        narrow.settimeout(PATIENCE)
        try:
            narrow.recvfrom(1024)
        except TimeoutError as error:
            end.named("server 3").raised("recvfrom of the socket bound to {host}", error, host=end.host)


def receiver_at(end: End, host: str) -> Socket:
    """A socket that shares the port with others: each of them gets its own copy of a broadcast."""
    receiver = end.socket(SOCK_DGRAM)
    receiver.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    receiver.bind((host, end.address[1]))
    return receiver


def client(end: End) -> None:
    """Send to everybody: first without leave, then with it."""
    everybody = (broadcast_address(end.host), end.address[1])
    with end.socket(SOCK_DGRAM) as sender:
        data = b"hello, everybody"
        try:
            sender.sendto(data, everybody)
        except PermissionError as error:
            end.raised("sendto without SO_BROADCAST", error)
        sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)
        end.sent(data)
        sender.sendto(data, everybody)


def broadcast_address(host: str) -> str:
    """The last address of the network of `host`: 127.0.0.0/8 on loopback, else a /24 as the private network is."""
    prefix = 8 if host.startswith("127.") else 24
    return str(ip_network(f"{host}/{prefix}", strict=False).broadcast_address)


DEMO = Demo(
    name="udp-broadcast",
    summary="one datagram to the whole network, and who receives it",
    transport="udp",
    port=8888,
    expected="udp-broadcast",
    lesson=(
        "One frame on the wire, to 10.0.0.255 and to Ethernet's ff:ff:ff:ff:ff:ff; two programs received it.",
        "Without SO_BROADCAST `sendto` raises PermissionError (EACCES) and nothing is sent: no broadcast by mistake.",
        "Receivers bind the port at every address (0.0.0.0): one that is bound to its host's own address gets nothing.",
        "No router passes it on, and TCP cannot do it: a connection has two ends.",
    ),
    server=server,
    client=client,
    link="",
)
