"""What capture engines of operating systems put before a frame: cooked headers, loopback families, logs of firewalls.

As everywhere below `links`: `(offset, kind)` of what follows, or minus a `Reason`. Numbers in the byte order of a
host that we do not know are read in the one that makes sense of them.
"""

from __future__ import annotations

from typing import Any

from inspector.compiled import compilable
from inspector.wire.linkkinds import Kind, first_header
from inspector.wire.octets import u8, u16, u32
from inspector.wire.radio import little16, little32
from inspector.wire.undecoded import Reason

__all__ = ["cooked", "family_kind", "juniper", "loopback", "nflog", "per_packet", "pflog", "pktap"]


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
def loopback(frame: Any, at: int, end: int, size: int) -> tuple[int, int]:
    """A header of `size` bytes that begins with four of address family, in the byte order of the host."""
    if at + size > end:
        return at, -Reason.LINK_CUT
    family = u32(frame, at)
    if family & 0xFFFF == 0:
        family = u8(frame, at) + u8(frame, at + 1) * 0x100
    kind = family_kind(family)
    return (at, kind) if kind < 0 else (at + size, kind)


@compilable
def family_kind(family: int) -> int:
    """What an address family announces. IPv6's is 10 on Linux, 23 on Windows, 24, 28 or 30 on a BSD or macOS."""
    if family == 2:
        return Kind.IPV4
    if family in (10, 23, 24, 28, 30):
        return Kind.IPV6
    return -Reason.NOT_IP


@compilable
def nflog(frame: Any, at: int, end: int) -> tuple[int, int]:
    """Linux netfilter's log: a family, then attributes of a length and a type in the byte order of the host."""
    if at + 4 > end:
        return at, -Reason.LINK_CUT
    kind = family_kind(u8(frame, at))
    at += 4
    while at + 4 <= end:
        # No type of theirs needs two bytes, so the one that is not zero tells the order.
        is_big = u8(frame, at + 2) == 0
        length = u16(frame, at) if is_big else little16(frame, at)
        number = (u16(frame, at + 2) if is_big else little16(frame, at + 2)) & 0x7FFF
        if length < 4:
            return at, -Reason.BAD_LINK
        if number == 9:  # NFULA_PAYLOAD
            return at + 4, kind
        at += (length + 3) // 4 * 4
    return min(at, end), -(Reason.LINK_CUT if at > end else Reason.NOT_IP)


@compilable
def pflog(frame: Any, at: int, end: int) -> tuple[int, int]:
    """OpenBSD's firewall log: its length, which is then padded to four bytes, and an address family."""
    if at + 4 > end:
        return at, -Reason.LINK_CUT
    length = (u8(frame, at) + 3) // 4 * 4
    kind = family_kind(u8(frame, at + 1))
    if length < 28:
        return at, -Reason.BAD_LINK
    if at + length > end:
        return at, -Reason.LINK_CUT
    return (at, kind) if kind < 0 else (at + length, kind)


@compilable
def per_packet(frame: Any, at: int, end: int) -> tuple[int, int]:
    """PPI, the Per-Packet Information header: its length, and the link type of what follows, the low byte first."""
    if at + 8 > end:
        return at, -Reason.LINK_CUT
    length = little16(frame, at + 2)
    if length < 8 or u8(frame, at) != 0:
        return at, -Reason.BAD_LINK
    if at + length > end:
        return at, -Reason.LINK_CUT
    return at + length, first_header(little32(frame, at + 4) & 0xFFFF)


@compilable
def pktap(frame: Any, at: int, end: int) -> tuple[int, int]:
    """What macOS writes for several interfaces at once: its length, a type (1: a frame follows), a link type."""
    if at + 12 > end:
        return at, -Reason.LINK_CUT
    length = little32(frame, at)
    if length < 12:
        return at, -Reason.BAD_LINK
    if little32(frame, at + 4) != 1:
        return at, -Reason.NOT_IP
    if at + length > end:
        return at, -Reason.LINK_CUT
    return at + length, first_header(little32(frame, at + 8) & 0xFFFF)


@compilable
def juniper(frame: Any, at: int, end: int) -> tuple[int, int]:
    """Juniper's header before Ethernet: `MGC`, flags, and extensions with their length where a flag says so."""
    if at + 6 > end:
        return at, -Reason.LINK_CUT
    if u32(frame, at) >> 8 != 0x4D4743:
        return at, -Reason.BAD_LINK
    flags = u8(frame, at + 3)
    after = at + 6 + u16(frame, at + 4) if flags & 0x80 else at + 4
    if after > end:
        return at, -Reason.LINK_CUT
    # Without a link header the protocol's number comes instead, in four bytes.
    return (after, -Reason.NOT_IP) if flags & 0x02 else (after, Kind.ETHERNET)
