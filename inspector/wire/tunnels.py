"""Tunnels: from a transport that carries a whole datagram or frame to that inner header.

`tunnelled` is the one door: `(offset, kind, tunnel)` of what the datagram's payload holds, the tunnel being NONE where
it is no tunnel. Its laws:

1. A protocol number of IP is the sender's word, and believed: a broken header behind it is a fault of the tunnel.
2. A UDP port is a convention, and is believed only if the whole header behind it agrees: anything else stays the
   datagram that it is. So an exchange of another program on such a port is not taken apart.
3. Teredo's peers talk on any port; there the inner header must fill the datagram and name an address of Teredo's.

Not here: ESP, IPComp, WireGuard and DTLS, which hide what they carry; CAPWAP, LISP and NSH.
"""

from __future__ import annotations

from typing import Any

from inspector.compiled import Constants, compilable
from inspector.wire.linkkinds import Kind
from inspector.wire.octets import u8, u16, u32
from inspector.wire.row import Protocol, Tunnel
from inspector.wire.undecoded import Reason

__all__ = [
    "Carrier",
    "GreKind",
    "Port",
    "by_udp",
    "by_vxlan",
    "geneve",
    "gre",
    "gre_payload",
    "gtp",
    "gtp_extensions",
    "l2tp",
    "teredo",
    "teredo_header",
    "tunnelled",
    "vxlan",
]


class Carrier(Constants):
    """IANA's protocol numbers of what carries whole datagrams or frames in IP."""

    IPV4 = 4
    IPV6 = 41
    GRE = 47
    ETHERNET = 97
    MPLS = 137


class Port(Constants):
    """UDP ports of tunnels (IANA; 8472 is Linux's first choice for VXLAN)."""

    L2TP = 1701
    GTP_U = 2152
    TEREDO = 3544
    GRE = 4754
    VXLAN = 4789
    VXLAN_GPE = 4790
    GENEVE = 6081
    VXLAN_OF_LINUX = 8472


class GreKind(Constants):
    """What only GRE carries, in the place of an ethertype."""

    WCCP = 0x883E
    ERSPAN = 0x88BE
    ERSPAN_3 = 0x22EB


@compilable
def tunnelled(  # noqa: PLR0911, PLR0913 - a line per protocol; what a datagram is
    frame: Any, at: int, end: int, limit: int, protocol: int, version: int
) -> tuple[int, int, int]:
    """`(offset, kind, tunnel)` of what `protocol` carries at `at`, in a datagram of this version up to `limit`."""
    if protocol == Protocol.UDP:
        return by_udp(frame, at, end, limit)
    if protocol == Carrier.GRE:
        at, kind = gre(frame, at, end)
        return at, kind, Tunnel.GRE
    if protocol == Carrier.IPV4:
        return at, Kind.IPV4, Tunnel.IP_IN_IP
    if protocol == Carrier.IPV6:
        return at, Kind.IPV6, Tunnel.SIX_IN_FOUR if version == 4 else Tunnel.IP_IN_IP
    if protocol == Carrier.MPLS:
        return at, Kind.MPLS, Tunnel.MPLS
    if protocol == Carrier.ETHERNET:
        # Version 3 in the high bits, and zeros (RFC 3378).
        is_cut = at + 2 > end
        return at + 2, -Reason.TUNNEL_CUT if is_cut else Kind.ETHERNET, Tunnel.ETHER_IP
    return at, 0, Tunnel.NONE


@compilable
def gre(frame: Any, at: int, end: int) -> tuple[int, int]:
    """GRE (RFC 2784, RFC 2890) and PPTP's version 1 of it (RFC 2637): `(at, kind)` as `links` gives them."""
    if at + 4 > end:
        return at, -Reason.TUNNEL_CUT
    flags = u16(frame, at)
    if flags & 7 > 1 or flags & 0x4000:
        return at, -Reason.BAD_TUNNEL
    size = 4
    for optional in (0x8000, 0x2000, 0x1000):
        if flags & optional:
            size += 4
    if flags & 1 == 0:
        return gre_payload(frame, at + size, end, flags, u16(frame, at + 2))
    # An acknowledgment alone, which carries nothing, is how PPTP answers.
    if flags & 0x1000 == 0:
        return at, -Reason.OTHER_PROTOCOL
    return at + size + (4 if flags & 0x0080 else 0), Kind.PPP


@compilable
def gre_payload(frame: Any, at: int, end: int, flags: int, kind: int) -> tuple[int, int]:
    """What version 0 of GRE carries in `frame[at:end]`."""
    if kind == GreKind.WCCP:
        # Version 2 puts a redirect header of four bytes where version 1 has IP, which shows its version.
        has_redirect = at < end and u8(frame, at) >> 4 != 4
        return (at + 4 if has_redirect else at), Kind.IPV4
    if kind == GreKind.ERSPAN:
        # Type II has a header of its own, and is known by its sequence number.
        return (at + 8 if flags & 0x1000 else at), Kind.ETHERNET
    if kind == GreKind.ERSPAN_3:
        # Twelve bytes, the last bit of which says that eight more come.
        if at + 12 > end:
            return at, -Reason.TUNNEL_CUT
        return at + (20 if u8(frame, at + 11) & 1 else 12), Kind.ETHERNET
    if kind <= Kind.LONGEST_LLC:
        return at, -Reason.OTHER_PROTOCOL
    return at, kind


@compilable
def by_udp(frame: Any, at: int, end: int, limit: int) -> tuple[int, int, int]:  # noqa: PLR0911 - a line per port
    """What a UDP datagram carries, if its port and the header behind it are a tunnel's."""
    # The shortest that a tunnel can be: eight bytes of its own, and a header of IPv4.
    if at + 36 > end:
        return at, 0, Tunnel.NONE
    port = u16(frame, at + 2)
    at += 8
    if port in (Port.VXLAN, Port.VXLAN_OF_LINUX, Port.VXLAN_GPE):
        return by_vxlan(frame, at)
    if port == Port.GENEVE:
        at, kind = geneve(frame, at, end)
        return at, kind, Tunnel.GENEVE if kind > 0 else Tunnel.NONE
    if port == Port.GTP_U:
        at, kind = gtp(frame, at, end, limit)
        return at, kind, Tunnel.GTP_U if kind > 0 else Tunnel.NONE
    if port == Port.GRE and u16(frame, at) & 0x4FFF == 0:
        at, kind = gre(frame, at, end)
        return at, kind, Tunnel.GRE if kind > 0 else Tunnel.NONE
    if port == Port.L2TP:
        at, kind = l2tp(frame, at, end)
        return at, kind, Tunnel.L2TP if kind > 0 else Tunnel.NONE
    if u8(frame, at) >> 4 == 6 or u8(frame, at) == 0:
        at = teredo(frame, at, end, limit, Port.TEREDO in (port, u16(frame, at - 8)))
        return at, Kind.IPV6, Tunnel.TEREDO if at > 0 else Tunnel.NONE
    return at, 0, Tunnel.NONE


@compilable
def by_vxlan(frame: Any, at: int) -> tuple[int, int, int]:
    """`vxlan`, or no tunnel."""
    kind = vxlan(frame, at)
    return at + 8, kind, Tunnel.VXLAN if kind > 0 else Tunnel.NONE


@compilable
def vxlan(frame: Any, at: int) -> int:
    """What follows VXLAN's header (RFC 7348; with a group policy, or with the next protocol); 0 if it is none."""
    flags = u8(frame, at)
    if flags & 0xCC == 0x0C:
        following = u8(frame, at + 3)
        if following == 1:
            return Kind.IPV4
        if following == 2:
            return Kind.IPV6
        return Kind.ETHERNET if following == 3 else 0
    is_vxlan = flags in (0x08, 0x88) and u8(frame, at + 7) == 0 and (flags == 0x88 or u32(frame, at) & 0xFFFFFF == 0)
    return Kind.ETHERNET if is_vxlan else 0


@compilable
def geneve(frame: Any, at: int, end: int) -> tuple[int, int]:
    """Geneve (RFC 8926): version 0, options, an ethertype; its control messages are none of ours."""
    after = at + 8 + (u8(frame, at) & 0x3F) * 4
    kind = u16(frame, at + 2)
    is_ours = u8(frame, at) >> 6 == 0 and u8(frame, at + 1) & 0xBF == 0 and u8(frame, at + 7) == 0
    if not is_ours or after >= end or kind not in (Kind.ETHERNET, Kind.IPV4, Kind.IPV6, Kind.MPLS):
        return at, 0
    return after, kind


@compilable
def gtp(frame: Any, at: int, end: int, limit: int) -> tuple[int, int]:
    """GTP's user plane (3GPP TS 29.281 section 5): version 1, a G-PDU, a length, and IP within."""
    flags = u8(frame, at)
    if flags & 0xF0 != 0x30 or u8(frame, at + 1) != 0xFF or at + 8 + u16(frame, at + 2) > limit:
        return at, 0
    after = at + 8
    if flags & 7:
        after = gtp_extensions(frame, at + 12, end, u8(frame, at + 11) if flags & 4 else 0)
    if after >= end or u8(frame, after) >> 4 not in (4, 6):
        return at, 0
    return after, Kind.IPV4


@compilable
def gtp_extensions(frame: Any, at: int, end: int, following: int) -> int:
    """Where the extension headers end: each has its length in words first, and the type of the next one last."""
    while following and at < end:
        length = u8(frame, at) * 4
        if length == 0 or at + length > end:
            return end
        at += length
        following = u8(frame, at - 1)
    return at


@compilable
def l2tp(frame: Any, at: int, end: int) -> tuple[int, int]:
    """L2TP's data messages (RFC 2661 section 3.1): optional fields as the flags say, then PPP."""
    flags = u16(frame, at)
    if flags & 0xB4FF != 0x0002:
        return at, 0
    after = at + 6
    if flags & 0x4000:
        after += 2
    if flags & 0x0800:
        after += 4
    if flags & 0x0200:
        after += 2 + u16(frame, after)
    # Only with address and control is PPP sure enough to take a datagram apart.
    is_ppp = after + 4 <= end and u16(frame, after) == 0xFF03
    return (after, Kind.PPP) if is_ppp else (at, 0)


@compilable
def teredo(frame: Any, at: int, end: int, limit: int, is_on_port: bool) -> int:  # noqa: FBT001 - numba takes no keywords
    """Where the IPv6 header of Teredo (RFC 4380 section 5.1.1) begins; 0 if the datagram holds none."""
    at = teredo_header(frame, at, end)
    if at + 40 > end or u8(frame, at) >> 4 != 6 or at + 40 + u16(frame, at + 4) != limit:
        return 0
    prefix = 0x2001_0000
    return at if is_on_port or prefix in (u32(frame, at + 8), u32(frame, at + 24)) else 0


@compilable
def teredo_header(frame: Any, at: int, end: int) -> int:
    """What is behind an authentication and an origin indication, where these are."""
    if u16(frame, at) == 1:
        at += 13 + u8(frame, at + 2) + u8(frame, at + 3)
    if at + 8 <= end and u16(frame, at) == 0:
        at += 8
    return at
