"""From the layers that another dissector names to a row: what Wireshark and scapy tell, in one vocabulary.

A dissector's answer is brought into `Dissected`: the names of its layers in order, and the fields of IP, TCP, UDP and
ICMP. `row_of` reads from it what `wire.decode` reads from bytes, by the same laws:

1. Addresses, identification and TTL are the innermost datagram's that was sent. What an ICMP error quotes, or a sampler
   samples, was not sent here.
2. A TCP segment is the end of the way: what looks like IP behind one is its payload.
3. What could not be decoded is said in the row, never raised.

Both tell the fields, and neither the bytes. So four things are not as our decoder's: `payload_at` is 0, payload being
kept beside the row; `digest` is a hash of the fields, and of no use but to compare frames read by one dissector;
a header that the capture cuts has no options; and a faulty frame has one reason, `Reason.DISSECTOR`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from inspector.wire.icmp import is_error
from inspector.wire.options import read_options
from inspector.wire.row import NO_TIME, Fragment, Option, Protocol, Row, Tunnel, address_halves
from inspector.wire.undecoded import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Dissected", "Icmp", "Ip", "Layer", "Tcp", "Udp", "row_of", "sealed"]


@dataclass(slots=True)
class Layer:
    """A layer of which only the name counts."""

    name: str


@dataclass(slots=True)
class Ip(Layer):
    """An IPv4 or IPv6 header with its extension headers."""

    source: str = ""
    destination: str = ""
    ip_id: int = -1
    ttl: int = 0
    protocol: int = 0
    offset: int = 0
    """Of a fragment, in whatever unit."""
    more: bool = False
    payload_len: int | None = None
    """Behind all headers of IP's; None where only its end knows."""
    seal: tuple[int, int] = (0, 0)
    """All else that two copies have in common, though a router came between: see `sealed`."""


@dataclass(slots=True)
class Tcp(Layer):
    """A TCP header; None where the capture ends before it."""

    source: int = 0
    destination: int = 0
    seq: int = 0
    ack: int | None = None
    flags: int | None = None
    window: int | None = None
    checksum: int = 0
    urgent: int = 0
    header_len: int = 0
    options: bytes | None = None
    payload_len: int | None = None
    payload: bytes = b""


@dataclass(slots=True)
class Udp(Layer):
    """A UDP header."""

    source: int = 0
    destination: int = 0
    length: int = 0
    checksum: int = 0
    payload: bytes = b""


@dataclass(slots=True)
class Icmp(Layer):
    """The first bytes of an ICMP or ICMPv6 message."""

    type: int = 0
    code: int = 0


@dataclass(slots=True)
class Dissected:
    """A frame as a dissector tells it."""

    number: int
    time_ns: int = NO_TIME
    wire_len: int = 0
    captured_len: int = 0
    link_type: int = 0
    interface: int = 0
    direction: int = 0
    layers: Sequence[Layer] = ()
    malformed: bool = False
    joined: bool = False
    """It completes a fragmented datagram, and the layers behind IP are the whole one's."""
    comments: tuple[str, ...] = ()
    payload: bytes = field(default=b"", init=False)
    """Of the segment or datagram; `row_of` puts it here."""


_TUNNELS = {
    "etherip": Tunnel.ETHER_IP,
    "geneve": Tunnel.GENEVE,
    "gre": Tunnel.GRE,
    "gtp": Tunnel.GTP_U,
    "l2tp": Tunnel.L2TP,
    "mpls": Tunnel.MPLS,
    "teredo": Tunnel.TEREDO,
    "vxlan": Tunnel.VXLAN,
}
_EXTENSIONS_OF_IP = ("ah", "AH", "ipv6.", "IPv6ExtHdr")
_SAMPLERS = frozenset({"sflow", "cflow", "tzsp"})
"""Protocols in UDP that carry what was seen elsewhere."""


def row_of(told: Dissected) -> Row:
    """The row of a frame; its payload is then in `told.payload`."""
    row = Row(frame=told.number, time_ns=told.time_ns, interface=told.interface, direction=told.direction)
    row.link_type = told.link_type
    row.wire_len = max(told.wire_len, told.captured_len)
    reason = _read(told, row)
    if reason:
        row.undecoded = Reason.DISSECTOR if told.malformed and reason >= Reason.ARP else reason
    return row


def _read(told: Dissected, row: Row) -> int:
    """Read the layers into `row`: a `Reason`, or 0."""
    at = _innermost(told.layers)
    if at < 0:
        return Reason.ARP if any(layer.name == "arp" for layer in told.layers) else Reason.NOT_IP
    ip = told.layers[at]
    assert isinstance(ip, Ip)  # noqa: S101 - that is what was looked for
    _put_ip(ip, row)
    if ip.payload_len is not None and ip.payload_len < 0:
        return Reason.BAD_IP_LENGTH
    _put_tunnels(told.layers[: at + 1], row)
    transport = next((layer for layer in told.layers[at + 1 :] if isinstance(layer, (Tcp, Udp, Icmp))), None)
    row.digest = _digest(ip, transport)
    if ip.more or ip.offset:
        row.fragment = Fragment.LATER if ip.offset else Fragment.FIRST
        if told.joined:
            row.fragment = Fragment.REASSEMBLED
        elif transport is None or ip.offset:
            return Reason.LATER_FRAGMENT if ip.offset else Reason.FIRST_FRAGMENT
    if isinstance(transport, Icmp):
        return _put_icmp(transport, told, row)
    return _put_transport(transport, ip, told, row)


def _innermost(layers: Sequence[Layer]) -> int:
    """The place of the last IP header that was sent, and not quoted, sampled, or carried by TCP; -1 without any."""
    found = -1
    for at, layer in enumerate(layers):
        if isinstance(layer, Ip):
            found = at
        elif found >= 0 and (isinstance(layer, (Tcp, Icmp)) or layer.name in _SAMPLERS):
            break
    return found


def _put_ip(ip: Ip, row: Row) -> None:
    row.version, row.src_hi, row.src_lo = address_halves(ip.source)
    _, row.dst_hi, row.dst_lo = address_halves(ip.destination)
    row.ip_id, row.ttl, row.protocol = ip.ip_id, ip.ttl, ip.protocol


def _put_tunnels(layers: Sequence[Layer], row: Row) -> None:
    """How many datagrams enclose the last of `layers`, and what the innermost of them is."""
    places = [at for at, layer in enumerate(layers) if isinstance(layer, Ip)]
    row.tunnels = len(places) - 1
    if not row.tunnels:
        return
    outer, inner = layers[places[-2]], layers[places[-1]]
    between = [
        layer.name for layer in layers[places[-2] + 1 : places[-1]] if not layer.name.startswith(_EXTENSIONS_OF_IP)
    ]
    named = next((_TUNNELS[name] for name in between if name in _TUNNELS), Tunnel.NONE)
    if not named and not between:
        named = Tunnel.SIX_IN_FOUR if (outer.name, inner.name) == ("ip", "ipv6") else Tunnel.IP_IN_IP
    row.tunnel = named


def _put_icmp(icmp: Icmp, told: Dissected, row: Row) -> int:
    row.protocol = Protocol.ICMPV6 if icmp.name == "icmpv6" else Protocol.ICMP
    row.icmp_type, row.icmp_code, row.header_len = icmp.type, icmp.code, 8
    if not is_error(row.protocol, icmp.type):
        return Reason.ICMP_MESSAGE
    row.header_len = 0
    at = next(place for place, layer in enumerate(told.layers) if layer is icmp)
    quoted = next((layer for layer in told.layers[at + 1 :] if isinstance(layer, Ip)), None)
    if quoted is None:
        return Reason.BAD_QUOTE
    behind = told.layers[told.layers.index(quoted) + 1 :]
    row.reporter_hi, row.reporter_lo = row.src_hi, row.src_lo
    own = row.ip_id, row.ttl, row.protocol
    _put_ip(quoted, row)
    row.ip_id, row.ttl, row.protocol = own
    row.quoted_protocol = quoted.protocol
    if quoted.offset:
        return Reason.LATER_FRAGMENT
    transport = next((layer for layer in behind if isinstance(layer, (Tcp, Udp))), None)
    if transport is None and quoted.protocol not in (Protocol.TCP, Protocol.UDP):
        return Reason.OTHER_PROTOCOL
    return Reason.BAD_QUOTE if _put_transport(transport, quoted, told, row, is_quoted=True) else 0


def _put_transport(transport: Layer | None, ip: Ip, told: Dissected, row: Row, *, is_quoted: bool = False) -> int:
    if isinstance(transport, Tcp):
        if not is_quoted:
            row.protocol = Protocol.TCP
        return _put_tcp(transport, ip, told, row, is_quoted=is_quoted)
    if isinstance(transport, Udp):
        if not is_quoted:
            row.protocol = Protocol.UDP
        return _put_udp(transport, ip, told, row)
    if ip.protocol not in (Protocol.TCP, Protocol.UDP):
        return Reason.OTHER_PROTOCOL
    if told.captured_len >= told.wire_len:
        return Reason.DISSECTOR
    return Reason.TCP_CUT if ip.protocol == Protocol.TCP else Reason.UDP_CUT


def _put_tcp(tcp: Tcp, ip: Ip, told: Dissected, row: Row, *, is_quoted: bool) -> int:
    row.src_port, row.dst_port, row.seq = tcp.source, tcp.destination, tcp.seq
    row.window, row.options = 0xFFFF, Option.CUT
    if tcp.flags is None or tcp.ack is None:
        return 0 if is_quoted else Reason.TCP_CUT
    payload_len = tcp.payload_len
    if ip.payload_len is not None and not told.joined:
        payload_len = ip.payload_len - tcp.header_len  # for the datagram ends where its header says, not the frame
    if payload_len is None or payload_len < 0 or tcp.header_len < 20:
        return Reason.BAD_TCP_HEADER_LENGTH
    row.header_len, row.ack, row.flags, row.payload_len = tcp.header_len, tcp.ack, tcp.flags & 0x1FF, payload_len
    if tcp.window is not None:
        row.window, row.checksum, row.urgent = tcp.window, tcp.checksum, tcp.urgent
        if tcp.header_len == 20 or tcp.options is not None:
            row.options = 0
    if tcp.options:
        read_options(tcp.options, 0, len(tcp.options), row)
    _keep(tcp.payload, told, row)
    return 0


def _put_udp(udp: Udp, ip: Ip, told: Dissected, row: Row) -> int:
    if 0 < udp.length < 8:
        return Reason.BAD_UDP_LENGTH
    row.src_port, row.dst_port, row.checksum, row.header_len = udp.source, udp.destination, udp.checksum, 8
    limit = ip.payload_len if ip.payload_len is not None and not told.joined else udp.length
    row.payload_len = max((min(udp.length, limit) if udp.length else limit) - 8, 0)
    _keep(udp.payload, told, row)
    return 0


def _keep(payload: bytes, told: Dissected, row: Row) -> None:
    told.payload = payload[: row.payload_len]
    row.captured_len = len(told.payload)


def sealed(service: int, checksum: int, ttl: int) -> tuple[int, int]:
    """DSCP and ECN, and what of the TTL and the checksum no router changes (`wire.digest`)."""
    return service, (checksum + (ttl << 8)) % 0xFFFF


def _digest(ip: Ip, transport: Layer | None) -> int:
    """A hash of all that is told of a datagram but its TTL, as `wire.digest` is one of its bytes: below 2^61."""
    told = repr((replace(ip, ttl=0), transport)).encode()
    return int.from_bytes(blake2b(told, digest_size=8).digest(), "big") >> 3
