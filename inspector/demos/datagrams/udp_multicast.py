"""One datagram for those who joined: a multicast group.

The sender needs no leave and knows no receiver. Receivers join (`IP_ADD_MEMBERSHIP`); their host then tells the network
by IGMP, and its kernel gives a copy to every socket that joined. One that is bound to the same port and did not join
gets none.
"""

from __future__ import annotations

from socket import (
    IP_ADD_MEMBERSHIP,
    IP_MULTICAST_IF,
    IPPROTO_IP,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOL_SOCKET,
    inet_aton,
)
from typing import TYPE_CHECKING

from inspector.demos.demo import Demo
from inspector.errors import DemoError
from inspector.language import said

if TYPE_CHECKING:
    from inspector.demos.end import End, Socket

__all__ = ["DEMO", "GROUP", "IP_MULTICAST_ALL", "PATIENCE", "client", "join", "receiver_of", "server"]

GROUP = "239.1.2.3"
"""Of the block for use within one organisation (RFC 2365), as 10.0.0.0/8 is among unicast addresses."""
IP_MULTICAST_ALL = 49
"""A switch of Linux's, on by default: a socket hears the groups that *any* program of its host has joined."""
PATIENCE = 0.2
"""Seconds to wait for what does not come."""


def server(end: End) -> None:
    """Receive with two sockets that have joined the group; a third has not."""
    if ":" in end.host:
        raise DemoError(
            said("this demo joins as IPv4 does, by IGMP; IPv6 has IPV6_JOIN_GROUP and MLD: run it over IPv4")
        )
    with receiver_of(end) as one, receiver_of(end) as two, receiver_of(end) as stranger:
        join(one, end.host)
        join(two, end.host)
        for number, receiver in enumerate((one, two), start=1):
            data, _sender = receiver.recvfrom(1024)
            end.named(f"server {number}").received(data)
        stranger.settimeout(PATIENCE)
        try:
            stranger.recvfrom(1024)
        except TimeoutError as error:
            end.named("server 3").raised("recvfrom of the socket that did not join", error)


def receiver_of(end: End) -> Socket:
    """A socket at the port of the group, which several share; it hears what it joins itself, and no more."""
    receiver = end.socket(SOCK_DGRAM)
    receiver.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    receiver.setsockopt(IPPROTO_IP, IP_MULTICAST_ALL, 0)
    receiver.bind(("", end.address[1]))
    return receiver


def join(receiver: Socket, host: str) -> None:
    """Join the group at the interface that has the address `host`."""
    receiver.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, inet_aton(GROUP) + inet_aton(host))


def client(end: End) -> None:
    """Send one datagram to the group, by the interface of this host's address."""
    with end.socket(SOCK_DGRAM) as sender:
        sender.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, inet_aton(end.host))
        data = b"hello, group"
        end.sent(data)
        sender.sendto(data, (GROUP, end.address[1]))


DEMO = Demo(
    name="udp-multicast",
    summary="one datagram to a group: those who joined receive it",
    transport="udp",
    port=8888,
    expected="udp-multicast",
    lesson=(
        "One frame to 239.1.2.3, a group and no host. Both sockets that joined received it, the third did not.",
        "The receiving host tells the network by IGMP (protocol 2, RFC 3376) what it wants: frames not inspected here.",
        "The sender joined nothing, and cannot know who did. Its TTL of 1, the default, keeps it on this network.",
        "On Linux a socket hears what any program of its host joined, unless IP_MULTICAST_ALL is 0, as it is here.",
    ),
    server=server,
    client=client,
    link="",
)
