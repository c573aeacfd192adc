"""Link headers: from the first byte of a frame to its IP header.

Each kind of header is one short function that gives `(offset, kind)` of what it announces: an ethertype, a link type,
or minus a `Reason` where it announces nothing that we read. `network_layer` peels one after the other,
whatever their order: VLAN tags, LLC and SNAP, PPPoE, MPLS, Ethernet in Ethernet.
Adding a link type is one constant in `linkkinds`, and its function with one line in `peel_link`; local networks are
here, lines in `serial`, 802.11 in `radio`, what capture engines put before a frame in `prefixes`.

Not here: satellite links, ATM cells, USB, MACsec: they are a clear `UNKNOWN_LINK_TYPE` or `NOT_IP`, never a guess.
"""

from __future__ import annotations

from typing import Any

from inspector.compiled import compilable
from inspector.wire.linkkinds import Kind, Link, first_header, supported_link_types
from inspector.wire.octets import u8, u16
from inspector.wire.prefixes import cooked, juniper, loopback, nflog, per_packet, pflog, pktap
from inspector.wire.radio import air
from inspector.wire.row import Direction
from inspector.wire.serial import cisco_hdlc, frame_relay, network_protocol, ppp, ppp_or_cisco, snap
from inspector.wire.undecoded import Reason

__all__ = [
    "Kind",
    "Link",
    "arcnet",
    "direction_of",
    "fddi",
    "first_header",
    "llc",
    "mpls",
    "network_layer",
    "peel",
    "peel_fabric",
    "peel_line",
    "peel_link",
    "peel_prefix",
    "peel_switch",
    "service_header",
    "supported_link_types",
    "tagged",
    "token_ring",
    "trill",
]


@compilable
def network_layer(frame: Any, at: int, end: int, kind: int) -> tuple[int, int]:
    """`(offset, kind)` of the IP header below the header of `kind` at `at`: IPV4 or IPV6, or minus a `Reason`.

    Which of the two is announced does not matter: `ip` reads the version from the header itself.
    """
    # Most frames begin so, and asking here spares them a call.
    if kind == Kind.ETHERNET:
        at, kind = tagged(frame, at, end, 14)
    # Each turn either ends or moves `at` forward, so the frame's length bounds the loop.
    while kind >= 0 and kind not in (Kind.IPV4, Kind.IPV6):
        at, kind = peel(frame, at, end, kind)
    return at, kind


@compilable
def peel(frame: Any, at: int, end: int, kind: int) -> tuple[int, int]:  # noqa: PLR0911 - a line per kind of header
    """`(offset, kind)` of what follows the header of `kind` at `at`."""
    if kind == Kind.ETHERNET:
        return tagged(frame, at, end, 14)
    if kind in (Kind.VLAN, Kind.PROVIDER_VLAN, Kind.OLD_QINQ, Kind.OLD_QINQ_2, Kind.OLD_QINQ_3):
        return tagged(frame, at, end, 4)
    if kind >= Kind.OF_LINK:
        return peel_link(frame, at, end, kind - Kind.OF_LINK)
    if kind <= Kind.LONGEST_LLC:
        return llc(frame, at, end)
    if kind == Kind.PPPOE_SESSION:
        return ppp(frame, at + 6, end)
    if kind == Kind.PPP:
        return ppp(frame, at, end)
    if kind in (Kind.MPLS, Kind.MPLS_MULTICAST):
        return mpls(frame, at, end)
    if kind == Kind.JUMBO_LLC:
        return llc(frame, at, end)
    return peel_fabric(frame, at, end, kind)


@compilable
def peel_fabric(frame: Any, at: int, end: int, kind: int) -> tuple[int, int]:  # noqa: PLR0911 - as above
    """The same, of what switches and bridges put before a frame or its ethertype."""
    if kind in (Kind.VN_TAG, Kind.SEAMLESS_REDUNDANCY):
        return tagged(frame, at, end, 6)
    if kind in (Kind.E_TAG, Kind.CISCO_METADATA):
        return tagged(frame, at, end, 8)
    if kind == Kind.BACKBONE:
        return (at, -Reason.LINK_CUT) if at + 4 > end else (at + 4, Kind.ETHERNET)
    if kind == Kind.FABRIC_PATH:
        return (at, -Reason.LINK_CUT) if at + 2 > end else (at + 2, Kind.ETHERNET)
    if kind == Kind.TRILL:
        return trill(frame, at, end)
    if kind == Kind.SERVICE_HEADER:
        return service_header(frame, at, end)
    return at, -(Reason.ARP if kind == Kind.ARP else Reason.NOT_IP)


@compilable
def peel_link(frame: Any, at: int, end: int, link: int) -> tuple[int, int]:  # noqa: PLR0911 - a line per link type
    """`(offset, kind)` of what follows the header with which a frame of a link type begins."""
    if link == Link.ETHERNET:
        return tagged(frame, at, end, 14)
    if link in (
        Link.IEEE802_11,
        Link.IEEE802_11_RADIOTAP,
        Link.IEEE802_11_AVS,
        Link.IEEE802_11_PRISM,
        Kind.PADDED_802_11 - Kind.OF_LINK,
    ):
        return air(frame, at, end, link)
    if link == Link.FDDI:
        return fddi(frame, at, end)
    if link == Link.IEEE802_5:
        return token_ring(frame, at, end)
    if link == Link.ATM_RFC1483:
        return llc(frame, at, end)
    if link == Link.IP_OVER_FC:
        return (at, -Reason.LINK_CUT) if at + 16 > end else (at + 16, Kind.LLC)
    if link == Link.APPLE_IP_OVER_IEEE1394:
        return tagged(frame, at, end, 18)
    if link == Link.ARCNET_LINUX:
        return arcnet(frame, at, end)
    if link == Link.MPLS:
        return mpls(frame, at, end)
    return peel_prefix(frame, at, end, link)


@compilable
def peel_prefix(frame: Any, at: int, end: int, link: int) -> tuple[int, int]:  # noqa: PLR0911 - as above
    """The same, of the link types that capture engines made up."""
    if link == Link.LINUX_SLL:
        return cooked(frame, at + 16, end, at + 14)
    if link == Link.LINUX_SLL2:
        return cooked(frame, at + 20, end, at)
    if link in (Link.NULL, Link.LOOP):
        return loopback(frame, at, end, 4)
    if link == Link.ENC:
        return loopback(frame, at, end, 12)
    if link == Link.NFLOG:
        return nflog(frame, at, end)
    if link == Link.PFLOG:
        return pflog(frame, at, end)
    if link == Link.PPI:
        return per_packet(frame, at, end)
    if link == Link.PKTAP:
        return pktap(frame, at, end)
    if link == Link.JUNIPER_ETHER:
        return juniper(frame, at, end)
    return peel_switch(frame, at, end, link)


@compilable
def peel_switch(frame: Any, at: int, end: int, link: int) -> tuple[int, int]:
    """The same, of switches and fabrics that add something of their own to the frame."""
    if link in (Link.NETANALYZER, Link.DSA_TAG_BRCM, Link.DSA_TAG_BRCM_PREPEND, Link.DSA_TAG_DSA):
        # Four bytes of a port more than Ethernet, be it before the addresses or behind them.
        return tagged(frame, at, end, 18)
    if link == Link.DSA_TAG_EDSA:
        return tagged(frame, at, end, 22)
    if link == Link.IPOIB:
        # The global route header, then RFC 4391's own: an ethertype, and two bytes for later.
        return (at, -Reason.LINK_CUT) if at + 44 > end else (at + 44, u16(frame, at + 40))
    return peel_line(frame, at, end, link)


@compilable
def peel_line(frame: Any, at: int, end: int, link: int) -> tuple[int, int]:  # noqa: PLR0911 - as above
    """The same, of serial lines."""
    if link in (Link.PPP, Link.PPP_HDLC):
        return ppp_or_cisco(frame, at, end)
    if link == Link.PPP_ETHER:
        return ppp(frame, at + 6, end)
    if link in (Link.PPP_WITH_DIR, Link.PPP_PPPD):
        # The direction, beside a whole header or in the place of its address.
        has_control = at + 1 < end and u8(frame, at + 1) == 3
        return ppp(frame, at + 2 if has_control else at + 1, end)
    if link == Link.C_HDLC:
        return cisco_hdlc(frame, at, end)
    if link == Link.C_HDLC_WITH_DIR:
        return cisco_hdlc(frame, at + 1, end)
    if link == Link.FRELAY:
        return frame_relay(frame, at, end)
    if link == Link.FRELAY_WITH_DIR:
        return frame_relay(frame, at + 1, end)
    if link == Link.SLIP:
        # A direction, and 15 bytes of the compressed header.
        return (at, -Reason.LINK_CUT) if at + 16 > end else (at + 16, Kind.IPV4)
    return at, -Reason.UNKNOWN_LINK_TYPE


@compilable
def tagged(frame: Any, at: int, end: int, size: int) -> tuple[int, int]:
    """A header of `size` bytes that ends with a type or a length (IEEE 802.3 section 3.2.6, 802.1Q section 9)."""
    if at + size > end:
        return at, -Reason.LINK_CUT
    return at + size, u16(frame, at + size - 2)


@compilable
def llc(frame: Any, at: int, end: int) -> tuple[int, int]:
    """IEEE 802.2: IP as a SAP of its own, an ethertype in SNAP (RFC 1042), or OSI's way to say IP (RFC 2684)."""
    if at + 3 > end:
        return at, -Reason.LINK_CUT
    saps = u16(frame, at)
    if saps == 0x0606:
        return at + 3, Kind.IPV4
    if saps == 0xFEFE and u8(frame, at + 2) == 3:
        return network_protocol(frame, at + 3, end)
    return snap(frame, at + 3, end) if saps == 0xAAAA else (at, -Reason.NOT_IP)


@compilable
def fddi(frame: Any, at: int, end: int) -> tuple[int, int]:
    """A frame control that says LLC, and two addresses."""
    if at + 13 > end:
        return at, -Reason.LINK_CUT
    return (at + 13, Kind.LLC) if u8(frame, at) & 0x30 == 0x10 else (at, -Reason.NOT_IP)


@compilable
def token_ring(frame: Any, at: int, end: int) -> tuple[int, int]:
    """Access and frame control, two addresses, and a route where the source says that there is one (IEEE 802.5)."""
    if at + 14 > end:
        return at, -Reason.LINK_CUT
    if u8(frame, at + 1) & 0xC0 != 0x40:
        return at, -Reason.NOT_IP
    after = at + 14
    if u8(frame, at + 8) & 0x80:
        if after >= end:
            return at, -Reason.LINK_CUT
        after += u8(frame, after) & 0x1F
    return after, Kind.LLC


@compilable
def arcnet(frame: Any, at: int, end: int) -> tuple[int, int]:
    """Linux's header of ARCNET: two addresses, an offset, a protocol; RFC 1201 has a fragment's place behind it."""
    if at + 5 > end:
        return at, -Reason.LINK_CUT
    protocol = u8(frame, at + 4)
    if protocol == 0xF0:  # RFC 1051
        return at + 5, Kind.IPV4
    if protocol != 0xD4:
        return at, -(Reason.ARP if protocol in (0xD5, 0xF1) else Reason.NOT_IP)
    if at + 8 > end:
        return at, -Reason.LINK_CUT
    return at + 8, -Reason.NOT_IP if u8(frame, at + 5) else Kind.IPV4


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
def trill(frame: Any, at: int, end: int) -> tuple[int, int]:
    """Two nicknames, and options of as many words as the header says (RFC 6325 section 3.2)."""
    if at + 6 > end:
        return at, -Reason.LINK_CUT
    after = at + 6 + 4 * (u16(frame, at) >> 6 & 0x1F)
    return (after, Kind.ETHERNET) if after <= end else (at, -Reason.LINK_CUT)


@compilable
def service_header(frame: Any, at: int, end: int) -> tuple[int, int]:
    """As many words as its second byte says, of what its fourth byte names (RFC 8300 section 2.2)."""
    if at + 8 > end:
        return at, -Reason.LINK_CUT
    after, carried = at + 4 * (u8(frame, at + 1) & 0x3F), u8(frame, at + 3)
    if after < at + 8 or after > end:
        return at, -Reason.LINK_CUT
    if carried in (1, 2):
        return after, Kind.IPV4
    if carried == 5:
        return after, Kind.MPLS
    return (after, Kind.ETHERNET) if carried == 3 else (at, -Reason.NOT_IP)


@compilable
def direction_of(frame: Any, kind: int) -> int:
    """The `Direction` that the first byte of some line headers, or a cooked one's packet type, names; else UNKNOWN."""
    link = kind - Kind.OF_LINK
    if link == Link.LINUX_SLL and len(frame) >= 16:
        packet_type = frame[1]
    elif link == Link.LINUX_SLL2 and len(frame) >= 20:
        packet_type = frame[10]
    elif link in (Link.PPP_WITH_DIR, Link.C_HDLC_WITH_DIR, Link.FRELAY_WITH_DIR) and len(frame):
        return Direction.OUTBOUND if frame[0] else Direction.INBOUND
    else:
        return Direction.UNKNOWN
    if packet_type == 4:
        return Direction.OUTBOUND
    # 0 to us, 1 broadcast, 2 multicast; 3 is somebody else's, seen in passing.
    return Direction.INBOUND if packet_type < 3 else Direction.UNKNOWN
