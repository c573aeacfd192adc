"""IPv4 and IPv6, their extension headers, and the way through tunnels.

`datagram` goes from an IP header to the transport header inside the innermost datagram. Its laws:

1. A datagram ends where its own header says, not where the frame does: padding is no payload, and
   what a snaplen cut off still counts. Only a length of zero (segmentation offload, seen before the
   segments were cut) yields to the frame's length on the wire.
2. Addresses, identification and TTL in the row are the innermost datagram's.
3. A later fragment has no transport header. Its protocol is kept and nothing more.

Positions are offsets in the frame. `end` bounds what was captured, `limit` what the header claims.
A protocol below zero is minus a `Reason`.
Not here: reassembly (`wire.fragments`); what a tunnel is (`wire.tunnels`).
"""

from __future__ import annotations

from typing import Any

from inspector.compiled import Constants, compilable
from inspector.wire.links import network_layer
from inspector.wire.octets import i64, u8, u16, u32
from inspector.wire.row import Fragment, Protocol, Tunnel
from inspector.wire.tunnels import tunnelled
from inspector.wire.undecoded import Reason

__all__ = [
    "Limit",
    "NextHeader",
    "datagram",
    "extension_size",
    "extensions",
    "final_destination",
    "fragment_header",
    "internet",
    "ipv4",
    "ipv6",
    "is_extension",
    "jumbo_payload_len",
]


class NextHeader(Constants):
    """IANA's protocol numbers of what may stand between an IP header and a transport."""

    HOP_BY_HOP = 0
    ROUTING = 43
    FRAGMENT = 44
    AUTHENTICATION = 51
    NONE = 59
    DESTINATION = 60
    MOBILITY = 135
    HIP = 139
    SHIM6 = 140


class Limit(Constants):
    """How far hostile bytes may lead us."""

    TUNNELS = 8
    """Twice the four that Linux lets leave by default (its `encaplimit`)."""


@compilable
def datagram(frame: Any, end: int, kind: int, row: Any) -> tuple[int, int, int, int]:
    """Unwrap a frame that begins with a header of `kind`, down to the innermost datagram.

    Returns `(ip_at, at, limit, protocol)`: its IP header, its transport header, its end, what the transport is.
    """
    # A zero that is not a literal: numba would make all that is called with it twice.
    at = ip_at = end - end
    limit = at + row.wire_len
    outer_fragment = Fragment.WHOLE
    while True:
        at, kind = network_layer(frame, at, end, kind)
        if kind < 0:
            return ip_at, at, limit, kind
        if row.tunnels > Limit.TUNNELS:
            return ip_at, at, limit, -Reason.TUNNELS_TOO_DEEP
        ip_at = at
        at, limit, protocol = internet(frame, ip_at, end, limit, row)
        if row.fragment == Fragment.WHOLE:
            row.fragment = outer_fragment
        outer_fragment = row.fragment
        end = min(end, limit)
        # Most is TCP, and asking here spares it a call.
        if protocol == Protocol.TCP or outer_fragment == Fragment.LATER:
            return ip_at, at, limit, protocol
        inner, kind, tunnel = tunnelled(frame, at, end, limit, protocol, row.version)
        if tunnel == Tunnel.NONE:
            return ip_at, at, limit, protocol
        at = inner
        row.tunnel = tunnel
        row.tunnels += 1


@compilable
def internet(frame: Any, at: int, end: int, limit: int, row: Any) -> tuple[int, int, int]:
    """Read one IP header and its extension headers into `row`: `(at, limit, protocol)` of what follows."""
    if at >= end:
        return at, limit, -Reason.IP_CUT
    version = u8(frame, at) >> 4
    if version == 4:
        at, limit, protocol = ipv4(frame, at, end, limit, row)
        if protocol != NextHeader.AUTHENTICATION:
            return at, limit, protocol
    elif version == 6:
        at, limit, protocol = ipv6(frame, at, end, limit, row)
    else:
        return at, limit, -Reason.BAD_IP_VERSION
    at, protocol = extensions(frame, at, min(end, limit), protocol, row)
    if at > limit:
        return at, limit, -Reason.EXTENSION_CUT
    return at, limit, protocol


@compilable
def ipv4(frame: Any, at: int, end: int, limit: int, row: Any) -> tuple[int, int, int]:
    """The IPv4 header (RFC 791 section 3.1)."""
    if at + 20 > end:
        return at, limit, -Reason.IP_CUT
    header_len = (u8(frame, at) & 0x0F) * 4
    total_len = u16(frame, at + 2)
    fragment = u16(frame, at + 6)
    row.version = 4
    row.ip_id = u16(frame, at + 4)
    row.ttl = u8(frame, at + 8)
    row.src_hi = 0
    row.src_lo = 0xFFFF_0000_0000 | u32(frame, at + 12)
    row.dst_hi = 0
    row.dst_lo = 0xFFFF_0000_0000 | u32(frame, at + 16)
    if fragment & 0x1FFF:
        row.fragment = Fragment.LATER
    elif fragment & 0x2000:
        row.fragment = Fragment.FIRST
    else:
        row.fragment = Fragment.WHOLE
    if header_len < 20:
        return at, limit, -Reason.BAD_IP_HEADER_LENGTH
    if total_len:
        limit = at + total_len
    if limit < at + header_len:
        return at, limit, -Reason.BAD_IP_LENGTH
    return at + header_len, limit, u8(frame, at + 9)


@compilable
def ipv6(frame: Any, at: int, end: int, limit: int, row: Any) -> tuple[int, int, int]:
    """The fixed IPv6 header (RFC 8200 section 3)."""
    if at + 40 > end:
        return at, limit, -Reason.IP_CUT
    payload_len = u16(frame, at + 4)
    protocol = u8(frame, at + 6)
    row.version = 6
    row.ip_id = -1
    row.ttl = u8(frame, at + 7)
    row.src_hi = i64(frame, at + 8)
    row.src_lo = i64(frame, at + 16)
    row.dst_hi = i64(frame, at + 24)
    row.dst_lo = i64(frame, at + 32)
    row.fragment = Fragment.WHOLE
    if payload_len == 0 and protocol == NextHeader.HOP_BY_HOP:
        payload_len = jumbo_payload_len(frame, at + 40, end)
    if payload_len or protocol == NextHeader.NONE:
        limit = at + 40 + payload_len
    return at + 40, limit, protocol


@compilable
def jumbo_payload_len(frame: Any, at: int, end: int) -> int:
    """The Jumbo Payload option (RFC 2675 section 2) of the hop-by-hop header at `at`; 0 where there is none."""
    if at + 8 > end:
        return 0
    stop = min(end, at + 8 + u8(frame, at + 1) * 8)
    at += 2
    while at + 6 <= stop:
        kind = u8(frame, at)
        if kind == 0xC2:
            return u32(frame, at + 2)
        at += 1 if kind == 0 else 2 + u8(frame, at + 1)
    return 0


@compilable
def extensions(frame: Any, at: int, end: int, protocol: int, row: Any) -> tuple[int, int]:
    """Walk extension headers (RFC 8200 section 4, RFC 4302 section 2): `(at, protocol)` of what follows."""
    while row.fragment != Fragment.LATER and is_extension(protocol):
        if at + 8 > end:
            return at, -Reason.EXTENSION_CUT
        if protocol == NextHeader.FRAGMENT:
            fragment_header(frame, at, row)
        size = extension_size(protocol, u8(frame, at + 1))
        protocol = u8(frame, at)
        at += size
    return at, protocol


@compilable
def is_extension(protocol: int) -> bool:
    """Whether `protocol` is an extension header, which names the next one."""
    return protocol in (
        NextHeader.HOP_BY_HOP,
        NextHeader.ROUTING,
        NextHeader.FRAGMENT,
        NextHeader.AUTHENTICATION,
        NextHeader.DESTINATION,
        NextHeader.MOBILITY,
        NextHeader.HIP,
        NextHeader.SHIM6,
    )


@compilable
def extension_size(protocol: int, length: int) -> int:
    """Bytes of the extension header `protocol` whose length octet is `length`."""
    if protocol == NextHeader.FRAGMENT:
        return 8
    if protocol == NextHeader.AUTHENTICATION:
        return (length + 2) * 4
    return (length + 1) * 8


@compilable
def final_destination(frame: Any, ip_at: int, at: int) -> int:
    """Offset of the address that an IPv6 pseudo-header takes: the last stop, if a routing header names stops to come.

    `at` is where the transport begins (RFC 8200 sections 4.4 and 8.1; RFC 8754 for type 4).
    """
    protocol = u8(frame, ip_at + 6)
    header = ip_at + 40
    while header < at:
        size = extension_size(protocol, u8(frame, header + 1))
        if protocol == NextHeader.ROUTING and u8(frame, header + 3) and size >= 24:
            return header + 8 if u8(frame, header + 2) == 4 else header + size - 16
        protocol = u8(frame, header)
        header += size
    return ip_at + 24


@compilable
def fragment_header(frame: Any, at: int, row: Any) -> None:
    """The fragment header (RFC 8200 section 4.5). One that is neither first nor later is atomic (RFC 6946): whole."""
    offset_and_more = u16(frame, at + 2)
    identification = u32(frame, at + 4)
    row.ip_id = identification - ((identification & 0x8000_0000) << 1)
    if offset_and_more & 0xFFF8:
        row.fragment = Fragment.LATER
    elif offset_and_more & 1:
        row.fragment = Fragment.FIRST
