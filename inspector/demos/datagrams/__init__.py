"""UDP: no handshake, no close, and what a program learns of the fate of a datagram."""

from __future__ import annotations

from inspector.demos.datagrams import udp_duplex, udp_oneway, udp_pingpong, udp_request

__all__ = ["DEMOS"]

DEMOS = (
    udp_oneway.DEMO,
    udp_pingpong.DEMO,
    udp_duplex.DEMO,
    udp_request.DEMO,
)
