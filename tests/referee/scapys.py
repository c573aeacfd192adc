"""Captures as scapy dissects them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.wire.row import Endpoint
from tests.referee.comparing import Told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def scapy_segments(path: Path) -> Iterator[tuple[int, Told]]:
    """The innermost segment of each frame that has one, by frame; one that is quoted by an ICMP error is none."""
    from scapy.layers import inet6, l2  # noqa: F401 - they teach scapy the headers below TCP
    from scapy.layers.inet import TCP
    from scapy.utils import PcapReader

    with PcapReader(str(path)) as packets:
        for frame, packet in enumerate(packets, start=1):
            if TCP in packet:
                yield frame, told_by_scapy(packet[TCP])


def told_by_scapy(tcp: Any) -> Told:
    ip = tcp.underlayer
    datagram = ip.len - 4 * ip.ihl if ip.version == 4 else ip.plen
    return Told(
        source=Endpoint(ip.src, tcp.sport),
        destination=Endpoint(ip.dst, tcp.dport),
        flags=int(tcp.flags),
        seq=tcp.seq,
        ack=tcp.ack,
        payload_len=datagram - 4 * tcp.dataofs,
    )
