"""ICMP and ICMPv6: errors tied to the datagram that they quote.

An error speaks *about* a datagram, so its row holds that datagram's endpoints, ports, sequence number
and payload length, and beside them who reports and what. TTL, identification and digest stay those of
the frame itself. A quote may be as short as an IP header and 8 bytes (RFC 792): what it lacks is 0.
Not here: echo, neighbour discovery and their kin, which are `Reason.ICMP_MESSAGE`; tunnels within a
quote, which are not unwrapped.
"""

from __future__ import annotations

from typing import Any

from inspector.compiled import compilable
from inspector.wire.ip import internet
from inspector.wire.octets import u8
from inspector.wire.row import Fragment, Protocol
from inspector.wire.transport import Needed, ports_and_seq, tcp, udp
from inspector.wire.undecoded import Reason

__all__ = ["icmp", "is_error", "quote", "quote_end", "quoted_transport"]


@compilable
def is_error(protocol: int, icmp_type: int) -> bool:
    """Whether such a message quotes a datagram (RFC 1122 section 3.2.2, RFC 4443 section 2.1).

    ICMP: destination unreachable, source quench, redirect, time exceeded, parameter problem.
    ICMPv6: destination unreachable, packet too big, time exceeded, parameter problem.
    """
    if protocol == Protocol.ICMPV6:
        return 1 <= icmp_type <= 4
    return icmp_type in (3, 4, 5, 11, 12)


@compilable
def icmp(frame: Any, at: int, end: int, limit: int, row: Any) -> int:
    """The message at `at`, into `row`: a `Reason`, 0 for an error whose quoted datagram was decoded."""
    if limit - at < 8:
        return Reason.ICMP_SHORT
    if end - at < 8:
        return Reason.ICMP_CUT
    row.icmp_type = u8(frame, at)
    row.icmp_code = u8(frame, at + 1)
    if not is_error(row.protocol, row.icmp_type):
        row.header_len = 8
        return Reason.ICMP_MESSAGE
    return quote(frame, at + 8, min(end, quote_end(frame, at, limit, row)), limit, row)


@compilable
def quote_end(frame: Any, at: int, limit: int, row: Any) -> int:
    """Where the quoted datagram ends: extensions may follow it (RFC 4884 section 4)."""
    if row.protocol == Protocol.ICMPV6:
        length = u8(frame, at + 4) * 8 if row.icmp_type in (1, 3) else 0
    else:
        length = u8(frame, at + 5) * 4 if row.icmp_type in (3, 11, 12) else 0
    return at + 8 + length if length else limit


@compilable
def quote(frame: Any, at: int, end: int, limit: int, row: Any) -> int:
    """Put the quoted datagram in the place of the reporter's own."""
    reporter_hi, reporter_lo = row.src_hi, row.src_lo
    reported_hi, reported_lo = row.dst_hi, row.dst_lo
    version, ip_id, ttl, fragment = row.version, row.ip_id, row.ttl, row.fragment
    at, limit, protocol = internet(frame, at, end, limit, row)
    is_later = row.fragment == Fragment.LATER
    row.ip_id = ip_id
    row.ttl = ttl
    row.fragment = fragment
    if protocol < 0:
        row.version = version
        row.src_hi, row.src_lo = reporter_hi, reporter_lo
        row.dst_hi, row.dst_lo = reported_hi, reported_lo
        return Reason.BAD_QUOTE
    row.reporter_hi, row.reporter_lo = reporter_hi, reporter_lo
    row.quoted_protocol = protocol
    if is_later:
        return Reason.LATER_FRAGMENT
    return quoted_transport(frame, at, min(end, limit), limit, row)


@compilable
def quoted_transport(frame: Any, at: int, end: int, limit: int, row: Any) -> int:
    """The transport header in a quote, as far as it goes."""
    if row.quoted_protocol == Protocol.TCP and Needed.IN_QUOTE <= end - at < Needed.IN_FRAME:
        ports_and_seq(frame, at, row)
        return 0
    if row.quoted_protocol == Protocol.TCP:
        reason = tcp(frame, at, end, limit, row)
    elif row.quoted_protocol == Protocol.UDP:
        reason = udp(frame, at, end, limit, row)
    else:
        return Reason.OTHER_PROTOCOL
    return Reason.BAD_QUOTE if reason else 0
