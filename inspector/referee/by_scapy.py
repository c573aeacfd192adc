"""`--decoder scapy`: frames of our own containers, dissected by scapy, as rows.

Frames, times, damage and comments are our own reader's; what is in a frame is scapy's word, and the bytes of options
and payload are taken from where its layers begin. A fragment's datagram is put together by our own `wire.fragments`,
from the IP header on that scapy found, and is then decoded by us: scapy joins only whole captures.

Limits: some thousand frames a second; what scapy binds in its layers and in the contributed ones named below; a tunnel
that it does not know hides what it carries; a TCP header that the capture cuts is none to it; checksums are not judged.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from inspector.errors import CaptureError, CaptureFileError
from inspector.language import joined, said
from inspector.referee.dissected import DissectedBatch, DissectingReader
from inspector.referee.layers import Dissected, Icmp, Ip, Layer, Tcp, Udp, row_of, sealed
from inspector.wire.fragments import Reassembly
from inspector.wire.linktypes import link_type_text
from inspector.wire.reader import open_capture
from inspector.wire.row import Fragment, Row
from inspector.wire.undecoded import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from inspector.wire.batch import Batch
    from inspector.wire.frame import Frame
    from inspector.wire.reader import Skipped

__all__ = ["ScapyReader"]

_RAW = 101
_EVERY_FRAME_PLAIN = 1 << 62
_LAYERS = (
    *("layers.l2", "layers.inet", "layers.inet6", "layers.dot11", "layers.ppp", "layers.vxlan", "layers.l2tp"),
    "layers.ipsec",
    *("contrib.mpls", "contrib.gtp", "contrib.geneve", "contrib.etherip", "contrib.erspan"),
)
_NAMES = {
    "ARP": "arp",
    "ERSPAN": "gre",
    "EtherIP": "etherip",
    "GENEVE": "geneve",
    "GRE": "gre",
    "GRE_PPTP": "gre",
    "GTPHeader": "gtp",
    "GTP_U_Header": "gtp",
    "L2TP": "l2tp",
    "MPLS": "mpls",
    "VXLAN": "vxlan",
}
"""scapy's classes by Wireshark's names, as far as these count."""


class ScapyReader(DissectingReader):
    """A capture as scapy dissects it: iterate it for its batches, once. A context manager, to close the file.

    Raises CaptureError: no scapy. CaptureFileError: as `open_capture`, and where scapy knows none of its link types.
    """

    def __init__(self, source: str | Path | BinaryIO, name: str) -> None:
        self._dissect = _Dissector()
        self._reader = open_capture(source, name=name, plain_frames=_EVERY_FRAME_PLAIN, any_link=True)
        self.name = self._reader.name
        self.fragments = Reassembly()
        self._batches = self._read()

    @property
    def format(self) -> str:
        """See `CaptureReader`; so its kin."""
        return self._reader.format

    @property
    def frames(self) -> int:
        """See `CaptureReader`."""
        return self._reader.frames

    @property
    def cut(self) -> str:
        """See `CaptureReader`."""
        return self._reader.cut

    @property
    def skipped(self) -> Skipped:
        """See `CaptureReader`."""
        return self._reader.skipped

    @property
    def dropped(self) -> int | None:
        """See `CaptureReader`."""
        return self._reader.dropped

    def close(self) -> None:
        """See `DissectingReader`."""
        self._reader.close()

    def _read(self) -> Iterator[DissectedBatch]:
        for batch in self._reader:
            yield self._dissected(batch)
        found = {face.link_type for face in self._reader.interfaces}
        if found and not any(self._dissect.knows(each) for each in found):
            kinds = joined(link_type_text(number) for number in sorted(found))
            raise CaptureFileError(self.name, said("link type {kinds} is not known to scapy", kinds=kinds))

    def _dissected(self, batch: Batch) -> DissectedBatch:
        told, rows = [], []
        for index in range(batch.count):
            each, fragment = self._dissect(batch.frame(index), batch.row(index).direction)
            row = row_of(each)
            if fragment and row.fragment in (Fragment.FIRST, Fragment.LATER):
                self._join(each, row, fragment)
            told.append(each)
            rows.append(row)
        return DissectedBatch(told, rows)

    def _join(self, told: Dissected, row: Row, fragment: bytes) -> None:
        """Take a fragment; where it completes its datagram, `row` becomes the row of the whole."""
        alone = replace(row, link_type=_RAW, wire_len=len(fragment), tunnels=0, undecoded=Reason.LATER_FRAGMENT)
        whole = self.fragments.feed(alone, fragment, False)  # noqa: FBT003 - as `decode` has it
        if whole:
            told.payload = whole[alone.payload_at : alone.payload_at + alone.captured_len]
            kept = {"link_type": row.link_type, "wire_len": row.wire_len, "payload_at": 0}
            kept["tunnels"], kept["tunnel"] = alone.tunnels + row.tunnels, alone.tunnel or row.tunnel
            for name in Row.__dataclass_fields__:
                setattr(row, name, kept.get(name, getattr(alone, name)))
        elif alone.undecoded == Reason.FIRST_FRAGMENT:
            row.undecoded = Reason.FIRST_FRAGMENT


class _Dissector:
    """scapy, with all that it is to know, loaded; no hostile frame makes it raise."""

    def __init__(self) -> None:
        try:
            for module in _LAYERS:
                import_module(f"scapy.{module}")
            from scapy.config import conf
        except ImportError as error:
            raise CaptureError(
                said("scapy cannot be imported: {error}", error=str(error)), remedies=("pip install scapy",)
            ) from error
        self._of_link = conf.l2types

    def knows(self, link_type: int) -> bool:
        """Whether it has a class for the first header of such frames."""
        return link_type in self._of_link.num2layer

    def __call__(self, frame: Frame, direction: int) -> tuple[Dissected, bytes]:
        """What a frame holds, and if it is a fragment, the bytes from its IP header on."""
        layers: list[Layer] = []
        fragment, malformed = b"", False
        if self.knows(frame.link_type):
            try:
                packet = self._of_link.num2layer[frame.link_type](frame.data)
                layers, fragment = _layers(packet)
            except Exception:  # noqa: BLE001 - hostile bytes in a dissector of hundreds of classes
                malformed = True
        told = Dissected(
            number=frame.number,
            time_ns=frame.time_ns,
            wire_len=frame.wire_len,
            captured_len=len(frame.data),
            link_type=frame.link_type,
            interface=frame.interface,
            direction=direction,
            layers=layers,
            malformed=malformed,
            comments=frame.comments,
        )
        return told, fragment


def _layers(packet: Any) -> tuple[list[Layer], bytes]:
    found: list[Layer] = []
    fragment = b""
    layer = packet
    while layer is not None and type(layer).__name__ != "NoPayload":
        name = type(layer).__name__
        make = _MADE.get(name)
        found.append(make(layer) if make else Layer(_NAMES.get(name, name)))
        if name.startswith("ICMPv6") and not isinstance(found[-1], Icmp):
            found[-1] = Icmp("icmpv6", layer.fields.get("type", 0), layer.fields.get("code", 0))
        elif name == "IPv6ExtHdrFragment":
            _mark_fragment(found, layer)
        _follow_extension(found, layer)
        if not fragment and isinstance(found[-1], Ip) and name in ("IP", "IPv6"):
            fragment = bytes(layer.original)
        layer = layer.payload
    is_fragmented = any(isinstance(each, Ip) and (each.more or each.offset) for each in found)
    return found, fragment if is_fragmented else b""


def _ipv4(layer: Any) -> Ip:
    return Ip(
        "ip",
        source=layer.src,
        destination=layer.dst,
        ip_id=layer.id,
        ttl=layer.ttl,
        protocol=layer.proto,
        offset=layer.frag,
        more=bool(int(layer.flags) & 1),
        payload_len=layer.len - layer.ihl * 4 if layer.len else len(layer.original) - layer.ihl * 4,
        seal=sealed(layer.tos, layer.chksum, layer.ttl),
    )


def _ipv6(layer: Any) -> Ip:
    length = layer.plen or len(layer.original) - 40
    return Ip(
        "ipv6",
        source=layer.src,
        destination=layer.dst,
        ttl=layer.hlim,
        protocol=layer.nh,
        payload_len=length,
        seal=sealed(layer.tc, 0, 0),
    )


def _last_ip(found: list[Layer]) -> Ip | None:
    return next((each for each in reversed(found) if isinstance(each, Ip)), None)


def _follow_extension(found: list[Layer], layer: Any) -> None:
    """An extension header is part of IP: it shortens the payload, and names what is in it."""
    ip = _last_ip(found)
    if ip is not None and type(layer).__name__.startswith(("IPv6ExtHdr", "AH")) and ip.payload_len is not None:
        ip.payload_len -= len(layer.original) - len(layer.payload.original if layer.payload else b"")
        ip.protocol = layer.nh


def _mark_fragment(found: list[Layer], layer: Any) -> None:
    ip = _last_ip(found)
    if ip is not None and (layer.offset or layer.m):
        ip.ip_id = layer.id - ((layer.id & 0x8000_0000) << 1)
        ip.offset, ip.more = layer.offset, bool(layer.m)
    elif ip is not None:
        ip.ip_id = layer.id - ((layer.id & 0x8000_0000) << 1)


def _tcp(layer: Any) -> Tcp:
    octets = bytes(layer.original)
    there, header_len = len(octets), layer.dataofs * 4 if len(octets) > 12 else 0
    return Tcp(
        "tcp",
        source=layer.sport,
        destination=layer.dport,
        seq=layer.seq,
        ack=layer.ack if there >= 14 else None,
        flags=int(layer.flags) if there >= 14 else None,
        window=layer.window if there >= 20 else None,
        checksum=layer.chksum or 0,
        urgent=layer.urgptr or 0,
        header_len=header_len,
        options=octets[20:header_len] if there >= header_len > 20 else None,
        payload=octets[header_len:],
    )


def _udp(layer: Any) -> Udp:
    return Udp("udp", layer.sport, layer.dport, layer.len or 0, layer.chksum or 0, bytes(layer.original[8:]))


def _icmp(layer: Any) -> Icmp:
    return Icmp("icmp", layer.type, layer.code)


_MADE = {
    "ICMP": _icmp,
    "IP": _ipv4,
    "IPerror": _ipv4,
    "IPv6": _ipv6,
    "IPerror6": _ipv6,
    "TCP": _tcp,
    "TCPerror": _tcp,
    "UDP": _udp,
    "UDPerror": _udp,
}
