"""What one frame carried: the one declaration of a segment's fields.

`Row` is the type that people read and, through `inspector.columns`, the columns that the folds
read. A row holds a TCP segment, a UDP datagram, an ICMP error with the datagram that it quotes, or
the reason why none of these could be decoded. It holds no judgement: what a number *means*
depends on its connection, and that is `tcp/`'s.

Units: times in nanoseconds since the epoch, lengths in bytes, offsets in bytes from the start of
the frame. Addresses are 128 bits in two signed halves, an IPv4 address as ::ffff:a.b.c.d, with
`version` telling the two families apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from inspector.columns import I32, I64, U8, U16, U32
from inspector.compiled import Constants

__all__ = [
    "NO_TIME",
    "Checksum",
    "Direction",
    "Endpoint",
    "Flag",
    "Fragment",
    "Option",
    "Protocol",
    "Row",
    "Tunnel",
    "address_halves",
    "address_text",
    "tunnel_text",
]

NO_TIME = -(1 << 63)
"""`Row.time_ns` of a frame whose container records no time (pcapng Simple Packet Block)."""

_HALF = 0xFFFF_FFFF_FFFF_FFFF


class Flag(Constants):
    """TCP control bits (RFC 9293 section 3.1; AE, CWR and ECE: RFC 3168 and RFC 9768)."""

    FIN = 0x001
    SYN = 0x002
    RST = 0x004
    PSH = 0x008
    ACK = 0x010
    URG = 0x020
    ECE = 0x040
    CWR = 0x080
    AE = 0x100


class Protocol(Constants):
    """`Row.protocol`: IANA's numbers; NONE where no transport was reached."""

    NONE = 0
    ICMP = 1
    TCP = 6
    UDP = 17
    ICMPV6 = 58


class Option(Constants):
    """Bits of `Row.options`: which TCP options a segment carries."""

    MSS = 1
    WINDOW_SCALE = 2
    SACK_PERMITTED = 4
    SACK = 8
    TIMESTAMPS = 16
    FAST_OPEN = 32
    UNKNOWN = 64
    MALFORMED = 128
    """A length below 2, a length past the header, or a known option of the wrong length."""
    CUT = 256
    """The capture ends inside the header, so that an option not seen may still have been there."""


class Direction(Constants):
    """`Row.direction`: what the container says of a frame's way (pcapng epb_flags and epb_verdict, SLL packet type)."""

    UNKNOWN = 0
    INBOUND = 1
    OUTBOUND = 2
    LOST = 3
    """It left its sender, was dropped on its way (pcapng epb_verdict), and arrived nowhere."""


class Fragment(Constants):
    """`Row.fragment`: the row's place in a fragmented datagram (RFC 791, RFC 8200 section 4.5)."""

    WHOLE = 0
    FIRST = 1
    LATER = 2
    REASSEMBLED = 3


class Tunnel(Constants):
    """`Row.tunnel`: what carried the datagram, the innermost where there are several."""

    NONE = 0
    IP_IN_IP = 1
    SIX_IN_FOUR = 2
    GRE = 3
    VXLAN = 4
    GENEVE = 5
    TEREDO = 6
    GTP_U = 7
    L2TP = 8
    ETHER_IP = 9
    MPLS = 10
    """MPLS in IP; labels on a link are no tunnel here."""


class Checksum(Constants):
    """`Row.checksum_verdict`; PARTIAL is the pseudo-header's sum, left for the network card to finish."""

    UNVERIFIED = 0
    CORRECT = 1
    PARTIAL = 2
    WRONG = 3


class Endpoint(NamedTuple):
    """An address and a port; prints as tshark and browsers write it: `10.0.0.1:80`, `[::1]:80`."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(slots=True)
class Row:
    """One frame, decoded. Field groups in the order in which a decoder meets them."""

    # The capture.
    frame: I64 = 0
    """Number in the capture, from 1."""
    time_ns: I64 = NO_TIME
    interface: I32 = 0
    direction: U8 = 0
    link_type: U16 = 0
    wire_len: U32 = 0
    """Length of the frame on the wire; more than was captured under a snaplen."""

    # What could not be decoded, and where: see `wire.undecoded`.
    undecoded: U8 = 0
    undecoded_at: U32 = 0

    # IP.
    version: U8 = 0
    protocol: U8 = 0
    src_hi: I64 = 0
    src_lo: I64 = 0
    dst_hi: I64 = 0
    dst_lo: I64 = 0
    ip_id: I32 = -1
    """-1 in IPv6, which has none outside fragments."""
    ttl: U8 = 0
    fragment: U8 = 0
    tunnels: U8 = 0
    """How many outer IP headers were unwrapped."""
    tunnel: U8 = 0
    digest: I64 = 0
    """A hash of the captured bytes from the IP header to the end of the IP datagram, or of a segment's first 64."""

    # Transport.
    src_port: U16 = 0
    dst_port: U16 = 0
    checksum: U16 = 0
    checksum_verdict: U8 = 0
    header_len: U8 = 0
    """Of the transport header."""
    payload_at: U32 = 0
    payload_len: U32 = 0
    """From the IP header, never from the frame, which may be padded or cut."""
    captured_len: U32 = 0
    """Bytes of the payload that the capture holds."""

    # TCP.
    seq: U32 = 0
    ack: U32 = 0
    flags: U16 = 0
    window: U16 = 0
    urgent: U16 = 0
    options: U16 = 0
    mss: U16 = 0
    window_scale: U8 = 0
    sack_count: U8 = 0
    sack_left: U32 = 0
    sack_right: U32 = 0
    """Edges of the first SACK block (RFC 2018), which a D-SACK also uses (RFC 2883)."""
    tsval: U32 = 0
    tsecr: U32 = 0
    fast_open_len: U8 = 0
    """Cookie length of TCP Fast Open (RFC 7413); 0 is a request."""

    # ICMP errors. The row's endpoints, ports, seq and payload_len are the *quoted* datagram's.
    icmp_type: U8 = 0
    icmp_code: U8 = 0
    quoted_protocol: U8 = 0
    reporter_hi: I64 = 0
    reporter_lo: I64 = 0

    @property
    def source(self) -> Endpoint:
        """Who sent it (for an ICMP error: who sent the quoted datagram)."""
        return Endpoint(address_text(self.version, self.src_hi, self.src_lo), self.src_port)

    @property
    def destination(self) -> Endpoint:
        """Whom it was sent to (for an ICMP error: whom the quoted datagram was sent to)."""
        return Endpoint(address_text(self.version, self.dst_hi, self.dst_lo), self.dst_port)

    @property
    def seg_len(self) -> int:
        """SEG.LEN: the payload, and one for each of SYN and FIN (RFC 9293 section 3.4)."""
        return self.payload_len + bool(self.flags & Flag.SYN) + bool(self.flags & Flag.FIN)


def address_text(version: int, high: int, low: int) -> str:
    """An address from its two signed halves, as RFC 5952 writes it."""
    if version == 4:
        return f"{low >> 24 & 0xFF}.{low >> 16 & 0xFF}.{low >> 8 & 0xFF}.{low & 0xFF}"
    return str(IPv6Address((high & _HALF) << 64 | low & _HALF))


def address_halves(text: str) -> tuple[int, int, int]:
    """`(version, high, low)` of an address in text; the inverse of `address_text`. ValueError on no address."""
    if ":" not in text:
        return 4, 0, 0xFFFF << 32 | int(IPv4Address(text))
    whole = int(IPv6Address(text))
    return 6, _signed(whole >> 64), _signed(whole & _HALF)


_TUNNELS = {
    Tunnel.IP_IN_IP: "IP in IP",
    Tunnel.SIX_IN_FOUR: "6in4",
    Tunnel.GRE: "GRE",
    Tunnel.VXLAN: "VXLAN",
    Tunnel.GENEVE: "Geneve",
    Tunnel.TEREDO: "Teredo",
    Tunnel.GTP_U: "GTP-U",
    Tunnel.L2TP: "L2TP",
    Tunnel.ETHER_IP: "EtherIP",
    Tunnel.MPLS: "MPLS in IP",
}


def tunnel_text(tunnel: int, source_hi: int, destination_hi: int) -> str:
    """The name of a tunnel, or nothing. 6in4 of an address that embeds an IPv4 one (2002::/16, RFC 3056) is 6to4."""
    if tunnel == Tunnel.SIX_IN_FOUR and 0x2002 in (source_hi >> 48, destination_hi >> 48):
        return "6to4"
    return _TUNNELS.get(tunnel, "")


def _signed(half: int) -> int:
    return half - (1 << 64) if half >> 63 else half
