"""Serial lines: PPP, Cisco's HDLC, frame relay. As everywhere below `links`: `(offset, kind)` of what follows.

The forms with a direction (PPP_WITH_DIR and its kin) put one byte before the header: 0 is received.
"""

from __future__ import annotations

from typing import Any

from inspector.compiled import Constants, compilable
from inspector.wire.linkkinds import Kind
from inspector.wire.octets import u8, u16
from inspector.wire.undecoded import Reason

__all__ = [
    "NetworkProtocol",
    "PppProtocol",
    "cisco_hdlc",
    "frame_relay",
    "network_protocol",
    "ppp",
    "ppp_or_cisco",
    "snap",
]


class PppProtocol(Constants):
    """IANA's PPP numbers of what carries IP."""

    IPV4 = 0x0021
    IPV6 = 0x0057
    MPLS = 0x0281


class NetworkProtocol(Constants):
    """NLPID (ISO/IEC TR 9577) of what carries IP (RFC 2427 section 4)."""

    SNAP = 0x80
    IPV6 = 0x8E
    IPV4 = 0xCC
    PPP = 0xCF


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
    if protocol == PppProtocol.IPV4:
        return at, Kind.IPV4
    if protocol == PppProtocol.IPV6:
        return at, Kind.IPV6
    if protocol == PppProtocol.MPLS:
        return at, Kind.MPLS
    return at, -Reason.NOT_IP


@compilable
def ppp_or_cisco(frame: Any, at: int, end: int) -> tuple[int, int]:
    """A line of which the address tells: 0f and 8f, with a control byte of 0, are Cisco's."""
    if at + 4 <= end and u8(frame, at) in (0x0F, 0x8F) and u8(frame, at + 1) == 0:
        return cisco_hdlc(frame, at, end)
    return ppp(frame, at, end)


@compilable
def cisco_hdlc(frame: Any, at: int, end: int) -> tuple[int, int]:
    """An address, a control byte, an ethertype."""
    if at + 4 > end:
        return min(at, end), -Reason.LINK_CUT
    kind = u16(frame, at + 2)
    return (at, -Reason.NOT_IP) if kind <= Kind.LONGEST_LLC else (at + 4, kind)


@compilable
def frame_relay(frame: Any, at: int, end: int) -> tuple[int, int]:
    """An address of two to four bytes, the last one odd (Q.922); then RFC 2427's control byte, or Cisco's ethertype."""
    first = at
    while at < end and at < first + 4 and u8(frame, at) & 1 == 0:
        at += 1
    at += 1
    if at + 2 > end:
        return first, -Reason.LINK_CUT
    if at < first + 2 or at > first + 4:
        return first, -Reason.NOT_IP
    if u8(frame, at) != 3:
        kind = u16(frame, at)
        return (at, -Reason.NOT_IP) if kind <= Kind.LONGEST_LLC else (at + 2, kind)
    # A zero pads the header to an even length.
    at += 1 if u8(frame, at + 1) else 2
    return network_protocol(frame, at, end)


@compilable
def network_protocol(frame: Any, at: int, end: int) -> tuple[int, int]:
    """An NLPID, and SNAP behind it where it has no number for what follows."""
    if at >= end:
        return end, -Reason.LINK_CUT
    protocol = u8(frame, at)
    at += 1
    if protocol == NetworkProtocol.IPV4:
        return at, Kind.IPV4
    if protocol == NetworkProtocol.IPV6:
        return at, Kind.IPV6
    if protocol == NetworkProtocol.PPP:
        return ppp(frame, at, end)
    if protocol == NetworkProtocol.SNAP:
        return snap(frame, at, end)
    return at, -Reason.NOT_IP


@compilable
def snap(frame: Any, at: int, end: int) -> tuple[int, int]:
    """An organisation and its number (IEEE 802 section 9.5); of most the number is an ethertype."""
    if at + 5 > end:
        return at, -Reason.LINK_CUT
    organisation = u16(frame, at) * 0x100 + u8(frame, at + 2)
    kind = u16(frame, at + 3)
    if organisation == 0x0080C2 and kind in (1, 7):
        # RFC 2427 and RFC 2684: a bridged Ethernet frame, with its check sequence or without.
        return at + 5, Kind.ETHERNET
    # 0000f8 is the bridge-tunnel encapsulation (IEEE 802.1H), alike but for the number.
    if organisation not in (0, 0x0000F8) or kind <= Kind.LONGEST_LLC:
        return at, -Reason.NOT_IP
    return at + 5, kind
