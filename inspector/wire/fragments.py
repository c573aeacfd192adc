"""Reassembly of fragmented datagrams: the rare slow path, in plain Python, over rows that the decoder flagged.

A fragmented segment belongs to the frame that completed it, as in Wireshark: that frame's row becomes the row of the
whole datagram, flagged `Fragment.REASSEMBLED`. The other fragments stay rows of their own, of no segment: a first
fragment waiting for the rest is `Reason.FIRST_FRAGMENT`, so that no segment is counted twice.

Laws:

1. Overlap is refused: a datagram of which two fragments claim the same byte is given up as a whole (RFC 5722 for IPv6;
   Linux does so for IPv4 too). Whoever picks one of two versions picks what an attacker wants picked. An exact
   copy of a fragment is no overlap, it is a duplicate, and changes nothing.
2. Memory is bounded: 4 MiB in all (Linux's `ipfrag_high_thresh`) and 1,024 datagrams at once; the oldest go.
3. Age is bounded: what is not complete after 30 s (Linux's `ipfrag_time`) never will be. Time comes from frames.
4. Nothing is silent: whole, incomplete and refused datagrams are counted.
5. A datagram is lost with any of its fragments: where the capture says that one was (`Direction.LOST`), the whole is
   marked as lost, though all of it was captured.

Not here: a fragment cut by a snaplen. Its bytes are not there to be put together, so it stays as the
decoder left it; a first one, with its headers, is then still a segment.
"""

from __future__ import annotations

from bisect import bisect, insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inspector.wire.decode import decode
from inspector.wire.frame import FrameRef
from inspector.wire.ip import NextHeader, extension_size, internet
from inspector.wire.links import first_header, network_layer
from inspector.wire.octets import u8, u16
from inspector.wire.row import NO_TIME, Direction, Fragment, Row, Tunnel
from inspector.wire.tunnels import tunnelled
from inspector.wire.undecoded import Reason

if TYPE_CHECKING:
    from inspector.wire.batch import Batch

__all__ = ["Reassembly"]

_LIMIT_BYTES = 4 << 20
_LIMIT_DATAGRAMS = 1024
_LIMIT_AGE_NS = 30_000_000_000
_OVERHEAD = 200
"""Bytes that a fragment costs besides its own."""
_LONGEST = 65535
_RAW = 101

_Key = tuple[int, int, int, int, int, int, int]


@dataclass(slots=True)
class _Piece:
    """One fragment, found in its frame."""

    key: _Key
    """Version, addresses, identification, and IPv4's protocol: what makes fragments belong together."""
    offset: int
    more: bool
    header: bytes
    """The datagram's header as it would be without fragmentation, but for its length."""
    data: bytes
    at: int
    """Offset of the IP header in the frame."""
    tunnels: int
    """How many IP headers enclose it."""


@dataclass(slots=True)
class _Datagram:
    """What has come of one datagram."""

    since: int
    pieces: dict[int, bytes] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    """Their offsets, ascending."""
    header: bytes = b""
    total: int = -1
    """Bytes of the whole; -1 until the last fragment has come."""
    size: int = 0
    closed: bool = False
    """Whole or refused: kept for its age, so that late copies are known for what they are."""
    refused: bool = False
    frames: dict[int, int] = field(default_factory=dict)
    """The frames that brought them, by offset."""
    lost: set[int] = field(default_factory=set)
    """The offsets of fragments that were lost on their way, as the capture says."""

    @property
    def cost(self) -> int:
        """Bytes that it occupies, roughly."""
        return self.size + _OVERHEAD * (1 + len(self.pieces))


class Reassembly:
    """The fragments of one capture."""

    def __init__(self) -> None:
        self.whole = 0
        """Datagrams put together."""
        self.refused = 0
        """Datagrams given up because their fragments contradict each other."""
        self.pieces: tuple[int, ...] = ()
        """The frames that made the latest datagram put together, in the order of their fragments."""
        self._dropped = 0
        self._bytes = 0
        self._datagrams: dict[_Key, _Datagram] = {}

    @property
    def incomplete(self) -> int:
        """Datagrams of which some fragments came and others did not, so far."""
        return self._dropped + sum(not datagram.closed for datagram in self._datagrams.values())

    def apply(self, batch: Batch, verify: bool) -> None:  # noqa: FBT001 - as in `decode`
        """Feed every fragment of `batch` and put the rows of completed datagrams into it."""
        for index in _fragmented(batch):
            row = batch.row(index)
            whole = self.feed(row, batch.octets(index), verify)
            _put(batch, index, row)
            if whole:
                batch.reassembled[index] = whole
                batch.pieces[index] = self.pieces

    def feed(self, row: Row, data: bytes, verify: bool) -> bytes:  # noqa: FBT001 - as in `decode`
        """Take the fragment that `row` was decoded from, `data` being its frame's bytes.

        If it completes its datagram, `row` becomes the row of the whole, and the whole is returned, which the row's
        offsets then count in; otherwise nothing is.
        """
        piece = _find_piece(data, row)
        if piece is None:
            return b""
        self._forget_old(row.time_ns)
        datagram = self._datagram_of(piece, row.time_ns)
        known = len(datagram.pieces)
        whole = self._add(datagram, piece, lost=row.direction == Direction.LOST)
        if len(datagram.pieces) > known:
            datagram.frames[piece.offset] = row.frame
        if whole:
            self.pieces = tuple(datagram.frames[offset] for offset in datagram.order)
            _become(row, whole, piece.tunnels, verify)
            if datagram.lost:
                row.direction = Direction.LOST
        elif row.fragment == Fragment.FIRST and not datagram.refused:
            row.undecoded, row.undecoded_at = Reason.FIRST_FRAGMENT, piece.at
        return whole

    def _datagram_of(self, piece: _Piece, now: int) -> _Datagram:
        known = self._datagrams.get(piece.key)
        if known is not None and known.closed and not known.refused and known.pieces.get(piece.offset) != piece.data:
            # The identification is in use again.
            self._drop(piece.key)
            known = None
        if known is None:
            known = self._datagrams[piece.key] = _Datagram(now)
            self._bytes += known.cost
        return known

    def _add(self, datagram: _Datagram, piece: _Piece, *, lost: bool) -> bytes:
        if datagram.closed or datagram.pieces.get(piece.offset) == piece.data:
            if not lost:
                datagram.lost.discard(piece.offset)
            return b""
        if _contradicts(datagram, piece):
            self._bytes -= datagram.cost
            datagram.pieces.clear()
            datagram.order.clear()
            datagram.size = 0
            datagram.closed = datagram.refused = True
            self._bytes += datagram.cost
            self.refused += 1
            return b""
        before = datagram.cost
        insort(datagram.order, piece.offset)
        datagram.pieces[piece.offset] = piece.data
        datagram.size += len(piece.data)
        if lost:
            datagram.lost.add(piece.offset)
        if piece.offset == 0:
            datagram.header = piece.header
        if not piece.more:
            datagram.total = piece.offset + len(piece.data)
        self._bytes += datagram.cost - before
        if datagram.size != datagram.total or not datagram.header:
            return b""
        datagram.closed = True
        self.whole += 1
        return _joined(datagram)

    def _forget_old(self, now: int) -> None:
        # Insertion order is age; a capture whose times jump backwards is still bounded by the two other limits.
        while self._datagrams:
            key, oldest = next(iter(self._datagrams.items()))
            aged = NO_TIME not in (now, oldest.since) and now - oldest.since > _LIMIT_AGE_NS
            if not aged and self._bytes <= _LIMIT_BYTES and len(self._datagrams) < _LIMIT_DATAGRAMS:
                return
            self._drop(key)

    def _drop(self, key: _Key) -> None:
        datagram = self._datagrams.pop(key)
        self._bytes -= datagram.cost
        self._dropped += not datagram.closed


def _contradicts(datagram: _Datagram, piece: _Piece) -> bool:
    """Whether `piece` overlaps another fragment, or does not fit the datagram's length."""
    end = piece.offset + len(piece.data)
    if end > _LONGEST or (datagram.total >= 0 and (end > datagram.total or not piece.more)):
        return True
    # The fragments so far do not overlap, so only the two neighbours can.
    place = bisect(datagram.order, piece.offset)
    before, after = datagram.order[max(place - 1, 0) : place], datagram.order[place : place + 1]
    if any(offset + len(datagram.pieces[offset]) > piece.offset for offset in before):
        return True
    return any(offset < end or not piece.more for offset in after)


def _joined(datagram: _Datagram) -> bytes:
    """The whole datagram: the first fragment's header with its length, and the data in order."""
    header = bytearray(datagram.header)
    if header[0] >> 4 == 4:
        header[2:4] = min(len(header) + datagram.total, _LONGEST).to_bytes(2, "big")
        header[10:12] = _header_checksum(header).to_bytes(2, "big")
    else:
        header[4:6] = min(len(header) - 40 + datagram.total, _LONGEST).to_bytes(2, "big")
    return bytes(header) + b"".join(datagram.pieces[offset] for offset in datagram.order)


def _header_checksum(header: bytearray) -> int:
    """IPv4's header checksum (RFC 791 section 3.1; RFC 1071)."""
    total = sum(int.from_bytes(header[place : place + 2], "big") for place in range(0, len(header), 2) if place != 10)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _become(row: Row, whole: bytes, tunnels: int, verify: bool) -> None:  # noqa: FBT001 - as in `decode`
    """Make `row` the row of the datagram `whole`, keeping what belongs to the frame that completed it."""
    link_type, wire_len, tunnel = row.link_type, row.wire_len, row.tunnel
    ref = FrameRef(row.frame, row.time_ns, 0, len(whole), len(whole), _RAW, row.interface, row.direction)
    decode(whole, ref, row, verify)
    row.link_type, row.wire_len = link_type, wire_len
    row.tunnels += tunnels
    row.tunnel = row.tunnel or tunnel
    if row.fragment == Fragment.WHOLE:
        row.fragment = Fragment.REASSEMBLED


def _find_piece(data: bytes, row: Row) -> _Piece | None:
    """The outermost fragment in a frame that `row` was decoded from; None where its bytes are not all there."""
    at, kind = network_layer(data, 0, len(data), first_header(row.link_type))
    limit = max(row.wire_len, len(data))
    tunnels = 0
    while kind >= 0 and tunnels <= row.tunnels:
        scratch = Row()
        ip_at = at
        at, limit, protocol = internet(data, ip_at, min(len(data), limit), limit, scratch)
        if scratch.fragment != Fragment.WHOLE:
            read = _piece_of_ipv4 if scratch.version == 4 else _piece_of_ipv6
            return read(data, ip_at, limit, scratch, tunnels)
        end = min(len(data), limit)
        at, kind, tunnel = tunnelled(data, at, end, limit, protocol, scratch.version)
        if tunnel == Tunnel.NONE:
            return None
        at, kind = network_layer(data, at, end, kind)
        tunnels += 1
    return None


def _piece_of_ipv4(data: bytes, ip_at: int, limit: int, row: Row, tunnels: int) -> _Piece | None:
    begin = ip_at + max(u8(data, ip_at) & 0x0F, 5) * 4
    control = u16(data, ip_at + 6)
    header = bytearray(data[ip_at:begin])
    header[6:8] = (control & 0xC000).to_bytes(2, "big")
    return _piece(
        data,
        begin,
        limit,
        _key(row, u8(data, ip_at + 9)),
        (control & 0x1FFF) * 8,
        more=bool(control & 0x2000),
        header=bytes(header),
        at=ip_at,
        tunnels=tunnels,
    )


def _piece_of_ipv6(data: bytes, ip_at: int, limit: int, row: Row, tunnels: int) -> _Piece | None:
    named_at, at = ip_at + 6, ip_at + 40
    # `internet` has walked this chain before: it ends, at a header that is not atomic, inside the frame.
    while data[named_at] != NextHeader.FRAGMENT or not u16(data, at + 2) & 0xFFF9:
        size = extension_size(data[named_at], data[at + 1])
        named_at, at = at, at + size
    header = bytearray(data[ip_at:at])
    header[named_at - ip_at] = data[at]
    control = u16(data, at + 2)
    return _piece(
        data,
        at + 8,
        limit,
        _key(row, 0),
        control & 0xFFF8,
        more=bool(control & 1),
        header=bytes(header),
        at=ip_at,
        tunnels=tunnels,
    )


def _key(row: Row, protocol: int) -> _Key:
    return row.version, row.src_hi, row.src_lo, row.dst_hi, row.dst_lo, row.ip_id, protocol


def _piece(data: bytes, begin: int, limit: int, key: _Key, offset: int, **rest: Any) -> _Piece | None:
    """The piece whose data are `data[begin:limit]`; None if they are cut, empty, or of an impossible length."""
    length = limit - begin
    if limit > len(data) or length <= 0 or (rest["more"] and length % 8):
        return None
    return _Piece(key, offset, data=data[begin:limit], **rest)


def _fragmented(batch: Batch) -> list[int]:
    if batch.columnar:
        import numpy as np

        return [int(index) for index in np.flatnonzero(batch.rows["fragment"][: batch.count])]
    return [index for index in range(batch.count) if batch.rows[index].fragment]


def _put(batch: Batch, index: int, row: Row) -> None:
    if batch.columnar:
        from inspector.columns import values_of

        batch.rows[index] = values_of(Row)(row)
