"""What could not be decoded: where, and why.

The wire's faults are values, never exceptions. A decoder writes a `Reason` into `Row.undecoded` and
the offset of the header that stopped it into `Row.undecoded_at`; `undecoded_of` turns both into
words. A row whose `undecoded` is not zero holds what was read before that header, and nothing after.

Two families, which a report must not add up:

* *faults*, below 128: the bytes are broken, cut, or of a kind that nobody here can read;
* *not inspected*, from 128 on: a healthy frame that carries nothing this house looks into.

CUT means that the capture ends first (a snaplen: the capture's doing), SHORT and BAD that the header
itself is wrong (its sender's doing).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.compiled import Constants
from inspector.language import Said, marked, said

if TYPE_CHECKING:
    from inspector.wire.row import Row

__all__ = ["Reason", "Undecoded", "is_fault", "undecoded_of"]


class Reason(Constants):
    """`Row.undecoded`: 0 where all was decoded."""

    UNKNOWN_LINK_TYPE = 1
    LINK_CUT = 2
    IP_CUT = 3
    BAD_IP_VERSION = 4
    BAD_IP_HEADER_LENGTH = 5
    BAD_IP_LENGTH = 6
    EXTENSION_CUT = 7
    TUNNEL_CUT = 8
    BAD_TUNNEL = 9
    TUNNELS_TOO_DEEP = 10
    TCP_CUT = 11
    TCP_SHORT = 12
    BAD_TCP_HEADER_LENGTH = 13
    UDP_CUT = 14
    UDP_SHORT = 15
    BAD_UDP_LENGTH = 16
    ICMP_CUT = 17
    ICMP_SHORT = 18
    BAD_QUOTE = 19
    BAD_LINK = 20
    DISSECTOR = 21
    """Set by `referee` alone: another dissector was asked, and found the frame malformed."""

    ARP = 128
    NOT_IP = 129
    OTHER_PROTOCOL = 130
    NO_NEXT_HEADER = 131
    LATER_FRAGMENT = 132
    ICMP_MESSAGE = 133
    FIRST_FRAGMENT = 134
    """Set by `wire.fragments`, never by the decoder: the segment is the row of the frame that completes it."""
    ENCRYPTED = 135
    AGGREGATED = 136


_FIRST_NOT_INSPECTED = 128

_WORDS: dict[int, tuple[str, str]] = {
    Reason.UNKNOWN_LINK_TYPE: ("link", ""),
    Reason.LINK_CUT: ("link", marked("the frame ends inside the link header")),
    Reason.IP_CUT: ("IP", marked("the capture ends inside the IP header")),
    Reason.BAD_IP_VERSION: ("IP", marked("the version is neither 4 nor 6")),
    Reason.BAD_IP_HEADER_LENGTH: ("IP", marked("the header length is below 20 bytes")),
    Reason.BAD_IP_LENGTH: ("IP", marked("the total length is below the header length")),
    Reason.EXTENSION_CUT: ("IP", marked("an extension header runs past the datagram or its captured part")),
    Reason.TUNNEL_CUT: ("tunnel", marked("the frame ends inside the tunnel's header")),
    Reason.BAD_TUNNEL: ("tunnel", marked("the GRE version is neither 0 nor 1, or it asks for source routing")),
    Reason.TUNNELS_TOO_DEEP: ("tunnel", marked("more tunnels inside each other than are unwrapped")),
    Reason.TCP_CUT: ("TCP", marked("the capture ends before the flags")),
    Reason.TCP_SHORT: ("TCP", marked("the datagram is shorter than a TCP header")),
    Reason.BAD_TCP_HEADER_LENGTH: ("TCP", marked("the header length is below 20 bytes or runs past the datagram")),
    Reason.UDP_CUT: ("UDP", marked("the capture ends inside the UDP header")),
    Reason.UDP_SHORT: ("UDP", marked("the datagram is shorter than a UDP header")),
    Reason.BAD_UDP_LENGTH: ("UDP", marked("the length is below 8 bytes")),
    Reason.ICMP_CUT: ("ICMP", marked("the capture ends inside the ICMP header")),
    Reason.ICMP_SHORT: ("ICMP", marked("the datagram is shorter than an ICMP header")),
    Reason.BAD_QUOTE: ("ICMP", marked("the quoted datagram is cut or malformed")),
    Reason.BAD_LINK: ("link", marked("a header of an impossible version or length")),
    Reason.DISSECTOR: ("frame", marked("malformed, by the word of the decoder that was asked for")),
    Reason.ARP: ("link", "ARP"),
    Reason.NOT_IP: ("link", marked("neither IPv4 nor IPv6")),
    Reason.OTHER_PROTOCOL: ("IP", ""),
    Reason.NO_NEXT_HEADER: ("IP", marked("no next header")),
    Reason.LATER_FRAGMENT: ("IP", marked("a later fragment, whose ports are in the first")),
    Reason.FIRST_FRAGMENT: ("IP", marked("a first fragment, waiting for the rest")),
    Reason.ICMP_MESSAGE: ("ICMP", marked("a message that is no error")),
    Reason.ENCRYPTED: ("link", marked("an encrypted 802.11 frame")),
    Reason.AGGREGATED: ("link", marked("several 802.11 frames in one (A-MSDU)")),
}


@dataclass(frozen=True, slots=True)
class Undecoded:
    """Where decoding stopped, and why."""

    layer: str
    """`link`, `IP`, `tunnel`, `TCP`, `UDP` or `ICMP`; `frame` where another decoder does not say."""
    offset: int
    """Of the header to blame, in bytes from the start of the frame."""
    reason: str

    def __str__(self) -> str:
        return said("{layer} at byte {offset}: {reason}", layer=self.layer, offset=self.offset, reason=self.reason)


def undecoded_of(row: Row) -> Undecoded | None:
    """Where and why `row` was not decoded to the end; None where it was."""
    if not row.undecoded:
        return None
    layer, words = _WORDS.get(row.undecoded, ("link", ""))
    return Undecoded(layer, row.undecoded_at, Said(words, {}) if words else _numbered(row))


def _numbered(row: Row) -> str:
    """A reason with a number in it."""
    if row.undecoded == Reason.UNKNOWN_LINK_TYPE and not row.undecoded_at:
        return said("unknown link type {number}", number=row.link_type)
    if row.undecoded == Reason.UNKNOWN_LINK_TYPE:
        return said("unknown link type inside {number}", number=row.link_type)
    if row.undecoded == Reason.OTHER_PROTOCOL:
        number = row.quoted_protocol or row.protocol
        return said("a protocol other than TCP, UDP and ICMP (number {number})", number=number)
    return said("reason {number}", number=row.undecoded)


def is_fault(code: int) -> bool:
    """Whether a `Reason` says that something is broken, and not merely of no interest here."""
    return 0 < code < _FIRST_NOT_INSPECTED
