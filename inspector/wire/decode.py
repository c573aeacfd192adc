"""From a frame to a row, and from a batch of frames to a batch of rows.

The laws of this file:

1. Any bytes give a row. What cannot be decoded is said in the row (`wire.undecoded`), never raised.
2. A row is filled from nothing: whatever it held before is gone.
3. Only this frame counts. No memory of others: reassembly is `wire.fragments`', meaning is `tcp/`'s.
4. It is a segment or a datagram if and only if `undecoded` is 0; `protocol` alone does not say so.

`decode_batch` runs compiled on a uint8 array and record arrays, and plain on bytes and lists: the same
code, and `decode_frame` is one turn of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.compiled import compilable
from inspector.wire.checksum import verdict
from inspector.wire.digest import digest_of
from inspector.wire.frame import FrameRef
from inspector.wire.icmp import icmp
from inspector.wire.ip import NextHeader, datagram
from inspector.wire.links import direction_of, first_header
from inspector.wire.row import Checksum, Direction, Fragment, Protocol, Row
from inspector.wire.transport import tcp, udp
from inspector.wire.undecoded import Reason

if TYPE_CHECKING:
    from inspector.wire.frame import Frame

__all__ = ["decode", "decode_batch", "decode_frame", "describe", "refuse", "reset", "transport"]

_OF_SEGMENT = 64
"""Bytes of a segment that its digest covers: the whole header, whose numbers and checksum tell the rest apart."""


def decode_frame(frame: Frame, verify: bool = False) -> Row:  # noqa: FBT001, FBT002 - as in `decode`
    """The row of one frame; `verify` asks for a verdict on its checksum."""
    row = Row()
    decode(frame.data, _ref_of(frame), row, verify)
    return row


def _ref_of(frame: Frame) -> FrameRef:
    return FrameRef(
        number=frame.number,
        time_ns=frame.time_ns,
        captured_len=len(frame.data),
        wire_len=frame.wire_len,
        link_type=frame.link_type,
        interface=frame.interface,
        direction=frame.direction,
    )


@compilable
def decode_batch(buffer: Any, refs: Any, count: int, rows: Any, verify: bool) -> int:  # noqa: FBT001 - numba takes no keywords
    """Decode the first `count` of `refs` into `rows`; returns how many belong to fragmented datagrams."""
    fragments = 0
    for i in range(count):
        decode(buffer, refs[i], rows[i], verify)
        if rows[i].fragment != Fragment.WHOLE:
            fragments += 1
    return fragments


@compilable
def decode(buffer: Any, ref: Any, row: Any, verify: bool) -> None:  # noqa: FBT001 - numba takes no keywords
    """Fill `row` from the frame that `ref` points to in `buffer`."""
    reset(row)
    # From here on offsets count from the start of the frame, as they do in the row.
    frame = buffer[ref.start : ref.start + ref.captured_len]
    end = len(frame)
    describe(ref, row)
    kind = first_header(ref.link_type)
    if ref.direction == Direction.UNKNOWN:
        row.direction = direction_of(frame, kind)
    ip_at, at, limit, protocol = datagram(frame, end, kind, row)
    if protocol < 0:
        refuse(row, -protocol, min(at, len(frame)))
        return
    row.protocol = protocol
    end = min(end, limit)
    row.digest = digest_of(frame, ip_at, min(end, at + _OF_SEGMENT) if protocol == Protocol.TCP else end)
    reason = transport(frame, at, end, limit, row)
    if reason:
        refuse(row, reason, min(at, len(frame)))
    elif verify:
        row.checksum_verdict = verdict(frame, ip_at, at, row)


@compilable
def transport(frame: Any, at: int, end: int, limit: int, row: Any) -> int:
    """Decode what the innermost datagram carries: a `Reason`, or 0."""
    if row.fragment == Fragment.LATER:
        return Reason.LATER_FRAGMENT
    if row.protocol == Protocol.TCP:
        return tcp(frame, at, end, limit, row)
    if row.protocol == Protocol.UDP:
        return udp(frame, at, end, limit, row)
    if row.protocol in (Protocol.ICMP, Protocol.ICMPV6):
        return icmp(frame, at, end, limit, row)
    return Reason.NO_NEXT_HEADER if row.protocol == NextHeader.NONE else Reason.OTHER_PROTOCOL


@compilable
def refuse(row: Any, reason: int, offset: int) -> None:
    """Say in `row` why decoding stopped, and at which byte of the frame."""
    row.undecoded = reason
    row.undecoded_at = offset


@compilable
def describe(ref: Any, row: Any) -> None:
    """What the container says of the frame."""
    row.frame = ref.number
    row.time_ns = ref.time_ns
    row.interface = ref.interface
    row.link_type = ref.link_type
    # A frame cannot be longer in the capture than on the wire, whatever its record says.
    row.wire_len = max(ref.wire_len, ref.captured_len)
    row.direction = ref.direction


@compilable
def reset(row: Any) -> None:  # noqa: PLR0915 - every field that `describe` does not set, in the order of `Row`
    """Bring a reused row back to nothing."""
    row.undecoded = 0
    row.undecoded_at = 0
    row.version = 0
    row.protocol = 0
    row.src_hi = 0
    row.src_lo = 0
    row.dst_hi = 0
    row.dst_lo = 0
    row.ip_id = -1
    row.ttl = 0
    row.fragment = Fragment.WHOLE
    row.tunnels = 0
    row.tunnel = 0
    row.digest = 0
    row.src_port = 0
    row.dst_port = 0
    row.checksum = 0
    row.checksum_verdict = Checksum.UNVERIFIED
    row.header_len = 0
    row.payload_at = 0
    row.payload_len = 0
    row.captured_len = 0
    row.seq = 0
    row.ack = 0
    row.flags = 0
    row.window = 0
    row.urgent = 0
    row.options = 0
    row.mss = 0
    row.window_scale = 0
    row.sack_count = 0
    row.sack_left = 0
    row.sack_right = 0
    row.tsval = 0
    row.tsecr = 0
    row.fast_open_len = 0
    row.icmp_type = 0
    row.icmp_code = 0
    row.quoted_protocol = 0
    row.reporter_hi = 0
    row.reporter_lo = 0
