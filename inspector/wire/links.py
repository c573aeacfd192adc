"""Link headers: from the first byte of a frame to its IP header.

Each kind of header is one short function that gives `(offset, kind)` of what it announces: an ethertype,
or minus a `Reason` where it announces nothing that we read. `network_layer` peels one after the other,
whatever their order: VLAN tags, LLC and SNAP, PPPoE, MPLS, Ethernet in Ethernet.
Adding a link type is one constant, one line in `first_header`, and its function with one line in `peel`.

Link types are numbers of capture files (LINKTYPE_, tcpdump.org/linktypes.html), not of a system's DLT_.
Not here: radio, token and satellite links, MACsec, provider backbone bridges: they are a clear
`UNKNOWN_LINK_TYPE` or `NOT_IP`, never a guess.
"""

from __future__ import annotations

from typing import Any

from inspector.compiled import Constants, compilable
from inspector.wire.octets import u8, u16, u32
from inspector.wire.row import Direction
from inspector.wire.undecoded import Reason

__all__ = [
    "Kind",
    "Link",
    "cooked",
    "direction_of",
    "ethernet",
    "first_header",
    "llc",
    "loopback",
    "mpls",
    "network_layer",
    "peel",
    "ppp",
    "supported_link_types",
    "vlan",
]


class Link(Constants):
    """LINKTYPE_ numbers that are read."""

    NULL = 0
    ETHERNET = 1
    PPP = 9
    RAW_BSD = 12
    RAW_OPENBSD = 14
    PPP_HDLC = 50
    PPP_ETHER = 51
    RAW = 101
    LOOP = 108
    LINUX_SLL = 113
    IPV4 = 228
    IPV6 = 229
    LINUX_SLL2 = 276


class Kind(Constants):
    """What a header may announce: an ethertype (IEEE 802 Numbers), or a frame's first header above all of them.

    Up to 1500 the number is a length, and LLC follows.
    """

    LLC = 0
    LONGEST_LLC = 1500
    IPV4 = 0x0800
    ARP = 0x0806
    ETHERNET = 0x6558
    """Transparent Ethernet bridging: a whole Ethernet frame."""
    VLAN = 0x8100
    IPV6 = 0x86DD
    MPLS = 0x8847
    MPLS_MULTICAST = 0x8848
    PPPOE_SESSION = 0x8864
    PROVIDER_VLAN = 0x88A8
    OLD_QINQ = 0x9100
    OLD_QINQ_2 = 0x9200
    LOOPBACK = 0x1_0000
    LINUX_SLL = 0x1_0001
    LINUX_SLL2 = 0x1_0002
    PPP = 0x1_0003


def supported_link_types() -> tuple[int, ...]:
    """The LINKTYPE_ numbers that the decoder reads, ascending."""
    return tuple(sorted(Link.members().values()))


@compilable
def first_header(link_type: int) -> int:  # noqa: PLR0911 - a line per link type
    """The `Kind` of the header that a frame of this link type begins with, or minus a `Reason`."""
    if link_type == Link.ETHERNET:
        return Kind.ETHERNET
    if link_type == Link.LINUX_SLL:
        return Kind.LINUX_SLL
    if link_type == Link.LINUX_SLL2:
        return Kind.LINUX_SLL2
    if link_type in (Link.NULL, Link.LOOP):
        return Kind.LOOPBACK
    if link_type in (Link.PPP, Link.PPP_HDLC):
        return Kind.PPP
    if link_type == Link.PPP_ETHER:
        return Kind.PPPOE_SESSION
    if link_type in (Link.RAW, Link.RAW_BSD, Link.RAW_OPENBSD, Link.IPV4, Link.IPV6):
        return Kind.IPV4
    return -Reason.UNKNOWN_LINK_TYPE


@compilable
def network_layer(frame: Any, at: int, end: int, kind: int) -> tuple[int, int]:
    """`(offset, kind)` of the IP header below the header of `kind` at `at`: IPV4 or IPV6, or minus a `Reason`.

    Which of the two is announced does not matter: `ip` reads the version from the header itself.
    """
    # Each turn either ends or moves `at` forward, so the frame's length bounds the loop.
    while kind >= 0 and kind not in (Kind.IPV4, Kind.IPV6):
        at, kind = peel(frame, at, end, kind)
    return at, kind


@compilable
def peel(frame: Any, at: int, end: int, kind: int) -> tuple[int, int]:  # noqa: PLR0911 - a line per kind of header
    """`(offset, kind)` of what follows the header of `kind` at `at`."""
    if kind == Kind.ETHERNET:
        return ethernet(frame, at, end)
    if kind in (Kind.VLAN, Kind.PROVIDER_VLAN, Kind.OLD_QINQ, Kind.OLD_QINQ_2):
        return vlan(frame, at, end)
    if kind == Kind.LINUX_SLL:
        return cooked(frame, at + 16, end, at + 14)
    if kind == Kind.LINUX_SLL2:
        return cooked(frame, at + 20, end, at)
    if kind == Kind.LOOPBACK:
        return loopback(frame, at, end)
    if kind <= Kind.LONGEST_LLC:
        return llc(frame, at, end)
    if kind == Kind.PPPOE_SESSION:
        return ppp(frame, at + 6, end)
    if kind == Kind.PPP:
        return ppp(frame, at, end)
    if kind in (Kind.MPLS, Kind.MPLS_MULTICAST):
        return mpls(frame, at, end)
    return at, -(Reason.ARP if kind == Kind.ARP else Reason.NOT_IP)


@compilable
def ethernet(frame: Any, at: int, end: int) -> tuple[int, int]:
    """Two addresses, then a type or a length (IEEE 802.3 section 3.2.6)."""
    if at + 14 > end:
        return at, -Reason.LINK_CUT
    return at + 14, u16(frame, at + 12)


@compilable
def cooked(frame: Any, at: int, end: int, kind_at: int) -> tuple[int, int]:
    """Linux cooked capture, version 1 or 2, which differ in size and in where the protocol stands."""
    if at > end:
        return kind_at, -Reason.LINK_CUT
    kind = u16(frame, kind_at)
    if kind == 4:
        return at, Kind.LLC
    if kind <= Kind.LONGEST_LLC:
        return kind_at, -Reason.NOT_IP
    return at, kind


@compilable
def loopback(frame: Any, at: int, end: int) -> tuple[int, int]:
    """Four bytes of address family, in the byte order of a host that we do not know."""
    if at + 4 > end:
        return at, -Reason.LINK_CUT
    family = u32(frame, at)
    if family & 0xFFFF == 0:
        family = u8(frame, at) + u8(frame, at + 1) * 0x100
    if family == 2:
        return at + 4, Kind.IPV4
    # IPv6 is 10 on Linux, 23 on Windows, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS.
    if family in (10, 23, 24, 28, 30):
        return at + 4, Kind.IPV6
    return at, -Reason.NOT_IP


@compilable
def ppp(frame: Any, at: int, end: int) -> tuple[int, int]:
    """PPP in HDLC-like framing (RFC 1662), whose address, control and first protocol byte may be left out."""
    if at + 4 > end:
        return min(at, end), -Reason.LINK_CUT
    if u8(frame, at + 1) == 3 and u8(frame, at) in (0xFF, 0x0F):
        at += 2
    protocol = u8(frame, at)
    at += 1
    if protocol & 1 == 0:
        protocol = protocol * 0x100 + u8(frame, at)
        at += 1
    if protocol == 0x0021:
        return at, Kind.IPV4
    if protocol == 0x0057:
        return at, Kind.IPV6
    if protocol == 0x0281:
        return at, Kind.MPLS
    return at, -Reason.NOT_IP


@compilable
def llc(frame: Any, at: int, end: int) -> tuple[int, int]:
    """IEEE 802.2: IP as a SAP of its own, or an ethertype in SNAP (RFC 1042)."""
    if at + 3 > end:
        return at, -Reason.LINK_CUT
    saps = u16(frame, at)
    if saps == 0x0606:
        return at + 3, Kind.IPV4
    if saps != 0xAAAA:
        return at, -Reason.NOT_IP
    if at + 8 > end:
        return at, -Reason.LINK_CUT
    organisation = u16(frame, at + 3) * 0x100 + u8(frame, at + 5)
    kind = u16(frame, at + 6)
    # 0000f8 is the bridge-tunnel encapsulation (IEEE 802.1H), alike but for the number.
    if organisation not in (0, 0x0000F8) or kind <= Kind.LONGEST_LLC:
        return at, -Reason.NOT_IP
    return at + 8, kind


@compilable
def mpls(frame: Any, at: int, end: int) -> tuple[int, int]:
    """A stack of labels (RFC 3032), which does not say what is below: IP shows itself by its version."""
    while at + 4 <= end:
        bottom = u8(frame, at + 2) & 1
        at += 4
        if bottom and at < end:
            return at, Kind.IPV4 if u8(frame, at) >> 4 in (4, 6) else -Reason.NOT_IP
    return at, -Reason.LINK_CUT


@compilable
def vlan(frame: Any, at: int, end: int) -> tuple[int, int]:
    """One tag (IEEE 802.1Q section 9): two bytes of control, then the next type."""
    if at + 4 > end:
        return at, -Reason.LINK_CUT
    return at + 4, u16(frame, at + 2)


@compilable
def direction_of(frame: Any, kind: int) -> int:
    """The `Direction` that the packet type of a cooked header names; UNKNOWN for all other headers."""
    if kind == Kind.LINUX_SLL and len(frame) >= 16:
        packet_type = frame[1]
    elif kind == Kind.LINUX_SLL2 and len(frame) >= 20:
        packet_type = frame[10]
    else:
        return Direction.UNKNOWN
    if packet_type == 4:
        return Direction.OUTBOUND
    # 0 to us, 1 broadcast, 2 multicast; 3 is somebody else's, seen in passing.
    return Direction.INBOUND if packet_type < 3 else Direction.UNKNOWN
