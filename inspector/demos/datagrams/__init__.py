"""UDP: no handshake, no close, and what a program learns of the fate of a datagram."""

from __future__ import annotations

from inspector.demos.datagrams import (
    udp_broadcast,
    udp_duplex,
    udp_lost,
    udp_multicast,
    udp_oneway,
    udp_oversize,
    udp_pingpong,
    udp_reordered,
    udp_request,
    udp_truncated,
    udp_unanswered,
    udp_unreachable,
    udp_vs_tcp,
)

__all__ = ["DEMOS"]

DEMOS = (
    udp_oneway.DEMO,
    udp_pingpong.DEMO,
    udp_duplex.DEMO,
    udp_request.DEMO,
    udp_vs_tcp.DEMO,
    udp_unreachable.DEMO,
    udp_unanswered.DEMO,
    udp_lost.DEMO,
    udp_reordered.DEMO,
    udp_truncated.DEMO,
    udp_oversize.DEMO,
    udp_broadcast.DEMO,
    udp_multicast.DEMO,
)
