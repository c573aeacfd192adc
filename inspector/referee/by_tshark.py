"""`--decoder tshark`: whatever Wireshark can read and dissect, as rows.

One pass, with fragments joined, streams not: a row is a segment as it was sent. Frames are numbered as in our own
reading: the records of a pcapng that are no packets (Custom Blocks), which tshark numbers too, are passed over.

Limits: some thousands of frames a second; no count of frames that the capturing lost (tshark does not tell it);
where a capture is damaged, tshark stops, which is said as a cut; checksums are not judged; the payload of a RST is not
told, nor a TCP header that the capture cuts, nor the way of a frame that a pcap of the modified form tells.
Not here: running tshark (`referee.tshark`), and what a row is (`referee.layers`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.errors import CaptureFileError
from inspector.language import said
from inspector.referee.dissected import DissectingReader, batches_of
from inspector.referee.layers import Dissected, Icmp, Ip, Layer, Tcp, Udp, sealed
from inspector.referee.tshark import Run, fields_wanted
from inspector.wire.fragments import Reassembly
from inspector.wire.reader import Skipped
from inspector.wire.row import NO_TIME, Direction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from inspector.referee.dissected import DissectedBatch

__all__ = ["TsharkReader"]

_PREFERENCES = {"tcp.desegment_tcp_streams": "FALSE", "tcp.analyze_sequence_numbers": "FALSE"}
_CONTRADICTED = ("ip.fragment.overlap.conflict", "ipv6.fragment.overlap.conflict")
_OF_FRAME = (
    *("frame.encap_type", "frame.protocols", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.interface_id"),
    *("frame.comment", "frame.packet_flags_direction", "frame.verdict.ebpf_tc", "frame.verdict.ebpf_xdp"),
    *("frame.p2p_dir", "sll.pkttype", "ip.reassembled.length", "ipv6.reassembled.length", "_ws.malformed"),
    *_CONTRADICTED,
)
_OF_IPV4 = ("src", "dst", "id", "ttl", "proto", "frag_offset", "flags.mf", "len", "hdr_len", "checksum", "dsfield")
_OF_IPV6 = ("src", "dst", "hlim", "nxt", "plen", "tclass")
_OF_IPV6_FRAGMENT = ("ident", "offset", "more")
_OF_TCP = (
    *("srcport", "dstport", "seq_raw", "seq", "ack_raw", "flags", "hdr_len", "len", "window_size_value", "checksum"),
    *("urgent_pointer", "options", "payload"),
)
_OF_UDP = ("srcport", "dstport", "length", "checksum", "payload")
_FIELDS = (
    *_OF_FRAME,
    *(f"ip.{name}" for name in _OF_IPV4),
    *(f"ipv6.{name}" for name in _OF_IPV6),
    *(f"ipv6.fraghdr.{name}" for name in _OF_IPV6_FRAGMENT),
    *(f"tcp.{name}" for name in _OF_TCP),
    *(f"udp.{name}" for name in _OF_UDP),
    *(f"{protocol}.{name}" for protocol in ("icmp", "icmpv6") for name in ("type", "code")),
)
_TRANSPORTS = (6, 17, 58)
"""Behind which `ipv6.plen` is all theirs; extension headers would have a part in it."""
_MISSING = "<MISSING>"
_TC_ACT_SHOT, _XDP_DROP = 2, 1
_ESCAPED = re.compile(r"\\([nrt\\])")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}


class TsharkReader(DissectingReader):
    """A capture as tshark reads it: iterate it for its batches, once. A context manager, to end tshark.

    Raises CaptureError: no tshark, or one that is too old. CaptureFileError: it cannot read the file.
    """

    format = said("as tshark reads it")
    dropped: int | None = None

    def __init__(self, path: str | Path, name: str) -> None:
        self.name = name
        self.frames = 0
        self.cut: str = ""
        self.skipped = Skipped()
        self.fragments = Reassembly()
        self._path = path
        self._run = Run(path, *fields_wanted(_FIELDS), preferences=_PREFERENCES)
        self._batches = self._read()

    def close(self) -> None:
        """See `DissectingReader`."""
        self._run.close()

    def _read(self) -> Iterator[DissectedBatch]:
        for batch in batches_of(self._told()):
            self.frames += batch.count
            yield batch
        if not self._run.wait():
            if not self.frames and not Path(self._path).stat().st_size:
                raise CaptureFileError(
                    self.name, said("the file is empty (0 bytes); a capture without frames has a header")
                )
            return
        if not self.frames:
            raise CaptureFileError(
                self.name, said("tshark cannot read it: {reason}", reason=self._run.reason(self.name))
            )
        self.cut = said(
            "after frame {frame}, by the word of tshark: {reason}",
            frame=self.frames,
            reason=self._run.reason(self.name),
        )

    def _told(self) -> Iterator[Dissected]:
        number = 0
        for told in self._run.columns(_FIELDS):
            if told["frame.encap_type"]:
                number += 1
                is_contradicted = _is_contradicted(told)
                self.fragments.refused += is_contradicted
                yield _dissected(number, told, is_contradicted=is_contradicted)


def _is_contradicted(told: Mapping[str, Sequence[str]]) -> bool:
    """Whether it completes a datagram whose fragments contradict each other, and which is believed here by nobody."""
    return any(_first(told, name) for name in _CONTRADICTED)


def _dissected(number: int, told: Mapping[str, Sequence[str]], *, is_contradicted: bool) -> Dissected:
    is_joined = bool(told["ip.reassembled.length"] or told["ipv6.reassembled.length"])
    return Dissected(
        number=number,
        time_ns=_nanoseconds(told["frame.time_epoch"]),
        wire_len=_first(told, "frame.len"),
        captured_len=_first(told, "frame.cap_len"),
        interface=_first(told, "frame.interface_id"),
        direction=_direction(told),
        layers=list(_layers(told)),
        malformed=bool(told["_ws.malformed"]),
        joined=is_joined and not is_contradicted,
        comments=tuple(_ESCAPED.sub(lambda found: _ESCAPES[found[1]], text) for text in told["frame.comment"]),
    )


def _nanoseconds(values: Sequence[str]) -> int:
    if not values:
        return NO_TIME
    seconds, _, fraction = values[0].partition(".")
    nanoseconds = int(fraction.ljust(9, "0")[:9] or 0)
    return int(seconds) * 1_000_000_000 + (-nanoseconds if seconds.startswith("-") else nanoseconds)


def _direction(told: Mapping[str, Sequence[str]]) -> int:
    if (
        _first(told, "frame.verdict.ebpf_tc", -1) == _TC_ACT_SHOT
        or _first(told, "frame.verdict.ebpf_xdp", -1) == _XDP_DROP
    ):
        return Direction.LOST
    way = _first(told, "frame.packet_flags_direction")
    if way in (1, 2):
        return Direction.INBOUND if way == 1 else Direction.OUTBOUND
    packet_type = _first(told, "sll.pkttype", -1)
    if packet_type >= 0:
        return Direction.OUTBOUND if packet_type == 4 else Direction.INBOUND if packet_type < 3 else Direction.UNKNOWN
    to_peer = _first(told, "frame.p2p_dir", -1)
    return (Direction.OUTBOUND, Direction.INBOUND)[to_peer] if to_peer in (0, 1) else Direction.UNKNOWN


def _layers(told: Mapping[str, Sequence[str]]) -> Iterator[Layer]:
    """The layers in order; of those that a frame may have several times, the n-th has the n-th value of each field."""
    names = ":".join(told["frame.protocols"]).split(":")
    met = dict.fromkeys(_MADE, 0)
    for name in names:
        make = _MADE.get(name)
        if make is None:
            yield Layer(name)
        elif (layer := make(told, met[name], names.count(name))) is not None:
            met[name] += 1
            yield layer


def _ipv4(told: Mapping[str, Sequence[str]], place: int, of: int) -> Ip | None:
    del of
    if place >= min(len(told["ip.src"]), len(told["ip.dst"])):
        return None
    length, header_len = _at(told, "ip.len", place), _at(told, "ip.hdr_len", place)
    return Ip(
        name="ip",
        source=told["ip.src"][place],
        destination=told["ip.dst"][place],
        ip_id=_at(told, "ip.id", place),
        ttl=_at(told, "ip.ttl", place),
        protocol=_at(told, "ip.proto", place),
        offset=_at(told, "ip.frag_offset", place),
        more=bool(_at(told, "ip.flags.mf", place)),
        payload_len=length - header_len if length else None,
        seal=sealed(_at(told, "ip.dsfield", place), _at(told, "ip.checksum", place), _at(told, "ip.ttl", place)),
    )


def _ipv6(told: Mapping[str, Sequence[str]], place: int, of: int) -> Ip | None:
    if place >= min(len(told["ipv6.src"]), len(told["ipv6.dst"])):
        return None
    identification = told["ipv6.fraghdr.ident"]
    # Which of several headers is the fragmented one is not told: the last is the usual one.
    is_fragment = bool(identification) and place == of - 1
    ident = _number(identification[-1]) if is_fragment else -1
    more = _number(told["ipv6.fraghdr.more"][-1]) if is_fragment else 0
    offset = _number(told["ipv6.fraghdr.offset"][-1]) if is_fragment else 0
    return Ip(
        name="ipv6",
        source=told["ipv6.src"][place],
        destination=told["ipv6.dst"][place],
        ip_id=ident - ((ident & 0x8000_0000) << 1) if is_fragment else -1,
        ttl=_at(told, "ipv6.hlim", place),
        protocol=_at(told, "ipv6.nxt", place),
        offset=offset,
        more=bool(more),
        payload_len=_at(told, "ipv6.plen", place) or None if _at(told, "ipv6.nxt", place) in _TRANSPORTS else None,
        seal=sealed(_at(told, "ipv6.tclass", place), 0, 0),
    )


def _tcp(told: Mapping[str, Sequence[str]], place: int, of: int) -> Tcp | None:
    if place >= min(len(told["tcp.srcport"]), len(told["tcp.dstport"])):
        return None
    alone = of == 1
    window = _at(told, "tcp.window_size_value", place, -1)
    length = _at(told, "tcp.len", place, -1)
    flags, ack = _at(told, "tcp.flags", place, -1), _at(told, "tcp.ack_raw", place, -1)
    return Tcp(
        name="tcp",
        source=_at(told, "tcp.srcport", place),
        destination=_at(told, "tcp.dstport", place),
        seq=_at(told, "tcp.seq_raw", place, _at(told, "tcp.seq", place)),
        ack=ack if ack >= 0 else None,
        flags=flags if flags >= 0 else None,
        window=window if window >= 0 else None,
        checksum=_at(told, "tcp.checksum", place),
        urgent=_at(told, "tcp.urgent_pointer", place),
        header_len=_at(told, "tcp.hdr_len", place),
        options=_octets(told["tcp.options"]) if alone else None,
        payload_len=length if length >= 0 else None,
        payload=(_octets(told["tcp.payload"]) or b"") if alone else b"",
    )


def _udp(told: Mapping[str, Sequence[str]], place: int, of: int) -> Udp | None:
    if place >= min(len(told["udp.srcport"]), len(told["udp.dstport"])):
        return None
    payloads = told["udp.payload"]
    # One without payload has no value, so that places are sure only where all have one.
    sure = payloads if len(payloads) == of else payloads[-1:] if place == of - 1 else ()
    return Udp(
        name="udp",
        source=_at(told, "udp.srcport", place),
        destination=_at(told, "udp.dstport", place),
        length=_at(told, "udp.length", place),
        checksum=_at(told, "udp.checksum", place),
        payload=_octets(sure[min(place, len(sure) - 1) :]) or b"",
    )


def _icmp(told: Mapping[str, Sequence[str]], place: int, of: int) -> Icmp | None:
    del of
    return Icmp("icmp", _at(told, "icmp.type", place), _at(told, "icmp.code", place)) if told["icmp.type"] else None


def _icmpv6(told: Mapping[str, Sequence[str]], place: int, of: int) -> Icmp | None:
    del of
    if not told["icmpv6.type"]:
        return None
    return Icmp("icmpv6", _at(told, "icmpv6.type", place), _at(told, "icmpv6.code", place))


_MADE = {"ip": _ipv4, "ipv6": _ipv6, "tcp": _tcp, "udp": _udp, "icmp": _icmp, "icmpv6": _icmpv6}


def _first(told: Mapping[str, Sequence[str]], field: str, default: int = 0) -> int:
    return _at(told, field, 0, default)


def _at(told: Mapping[str, Sequence[str]], field: str, place: int, default: int = 0) -> int:
    values = told[field]
    return _number(values[place]) if place < len(values) else default


def _number(text: str) -> int:
    """A number as tshark writes it; a flag may be a word, in newer versions."""
    return {"True": 1, "False": 0}.get(text) if text in ("True", "False") else int(text, 0)  # type: ignore[return-value]


def _octets(values: Sequence[str]) -> bytes | None:
    """The bytes of a field that stands alone in its frame; None where there is none, or the capture ends in it."""
    return bytes.fromhex(values[0].replace(":", "")) if values and values[0] != _MISSING else None
