"""pcapng's index loop: blocks, each of a type and a length, the length again at its end.

Packet blocks of all three kinds (Enhanced, Simple, and the obsolete one) become `FrameRef`s. Section headers,
interface descriptions and statistics go back to Python (`pcapng_blocks`), which is rare. All other
blocks, known or not, are skipped by their length.

Laws: a length is checked before it is used, against the limit and against the block's second length; the loop never
allocates. What cannot be a block stops the loop with a reason: from there on nothing can be trusted.
Not here: finding the next sound block after damage (`resync`).

Source: draft-ietf-opsawg-pcapng, sections 3 and 4; the obsolete Packet Block in its appendix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.columns import I64, U8
from inspector.compiled import Constants, compilable
from inspector.wire.containers.times import nanoseconds
from inspector.wire.containers.words import MAX_RECORD, Stop, word16, word32
from inspector.wire.row import NO_TIME, Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.wire.containers.times import Ticks
    from inspector.wire.frame import FrameRef

__all__ = ["MIN_BLOCK", "Kind", "Section", "index_pcapng"]

MIN_BLOCK = 12
_NOTHING_SAID = -1


class Kind(Constants):
    """Block types that mean something to us."""

    INTERFACE = 1
    PACKET = 2
    """Obsolete."""
    SIMPLE_PACKET = 3
    STATISTICS = 5
    ENHANCED_PACKET = 6
    SECTION = 0x0A0D0D0A
    """The same in either byte order."""


class _PacketOption(Constants):
    """Options of packet blocks that the loop reads."""

    END = 0
    FLAGS = 2
    DROP_COUNT = 4
    """Not in the obsolete block, which has a field for it."""
    VERDICT = 7


class _Verdict(Constants):
    """Who decided on a frame (the first byte of the option), and by which word he drops it (linux/bpf.h, pkt_cls.h)."""

    TC = 1
    TC_ACT_SHOT = 2
    XDP = 2
    XDP_DROP = 1


@dataclass(slots=True)
class Section:
    """What the index loop knows of the current section: a record for `inspector.columns`."""

    big_endian: U8 = 0
    first: I64 = 0
    """Index of the section's interface 0 among all interfaces of the file."""
    count: I64 = 0
    """How many interfaces the section has described so far."""


@compilable
def index_pcapng(  # noqa: PLR0913 - compiled code has no objects to group these in
    buffer: Sequence[int],
    start: int,
    end: int,
    sections: Sequence[Section],
    interfaces: Sequence[Ticks],
    number: int,
    refs: Sequence[FrameRef],
    count: int,
) -> tuple[int, int, int, int]:
    """Fill `refs` from `count` on with the frames of the blocks in `buffer[start:end]`.

    `sections[0]` is the current section, `interfaces` are those of the whole file, `number` is the number of the
    frame that goes into `refs[0]`. Returns `(stop, position, count, lost)`: why (a `Stop`) and where it stopped, how
    many `refs` are filled, and how many frames the blocks say were lost between them (-1: none says anything).
    """
    section = sections[0]
    big_endian = section.big_endian
    at = start
    lost = _NOTHING_SAID
    while count < len(refs):
        stop = _check_block(buffer, at, end, big_endian)
        if stop != Stop.FULL:
            return stop, at, count, lost
        kind = word32(buffer, at, big_endian)
        after = at + (word32(buffer, at + 4, big_endian) + 3 & ~3)
        if kind in (Kind.ENHANCED_PACKET, Kind.PACKET, Kind.SIMPLE_PACKET):
            ref = refs[count]
            if kind == Kind.SIMPLE_PACKET:
                stop = _take_simple(buffer, at, after, section, interfaces, ref)
            else:
                stop = _take_packet(buffer, at, after, section, interfaces, ref)
            if stop != Stop.FULL:
                return stop, at, count, lost
            ref.number = number + count
            count += 1
            said = _lost_before(buffer, at, after, big_endian)
            if said >= 0:
                lost = max(lost, 0) + said
        at = after
    return Stop.FULL, at, count, lost


@compilable
def _check_block(  # noqa: PLR0911 - one reason each
    buffer: Sequence[int], at: int, end: int, big_endian: int
) -> int:
    """FULL if a whole block stands at `at` that can be read or skipped here, else why not."""
    if end - at < MIN_BLOCK:
        return Stop.MORE
    kind = word32(buffer, at, big_endian)
    if kind == Kind.SECTION:
        return Stop.BLOCK
    length = word32(buffer, at + 4, big_endian)
    if length < MIN_BLOCK:
        return Stop.TOO_SHORT
    if length > MAX_RECORD:
        return Stop.TOO_LONG
    padded = length + 3 & ~3
    if end - at < padded:
        return Stop.MORE
    if word32(buffer, at + padded - 4, big_endian) != length:
        return Stop.LENGTHS_DIFFER
    if kind in (Kind.INTERFACE, Kind.STATISTICS):
        return Stop.BLOCK
    return Stop.FULL


@compilable
def _take_packet(  # noqa: PLR0913 - as above
    buffer: Sequence[int],
    at: int,
    after: int,
    section: Section,
    interfaces: Sequence[Ticks],
    ref: FrameRef,
) -> int:
    """Fill `ref` from an Enhanced or obsolete Packet Block; FULL, or what is wrong with it."""
    big_endian = section.big_endian
    if after - at < 32:
        return Stop.TOO_SHORT
    if word32(buffer, at, big_endian) == Kind.PACKET:
        interface = word16(buffer, at + 8, big_endian)
    else:
        interface = word32(buffer, at + 8, big_endian)
    if interface >= section.count:
        return Stop.NO_INTERFACE
    captured_len = word32(buffer, at + 20, big_endian)
    if captured_len > after - at - 32:
        return Stop.OVERRUN
    face = interfaces[section.first + interface]
    ref.time_ns = nanoseconds(word32(buffer, at + 12, big_endian), word32(buffer, at + 16, big_endian), face)
    ref.start = at + 28
    ref.captured_len = captured_len
    ref.wire_len = word32(buffer, at + 24, big_endian)
    ref.link_type = face.link_type
    ref.interface = section.first + interface
    ref.direction = _direction_of(buffer, at, after, big_endian)
    return Stop.FULL


@compilable
def _take_simple(  # noqa: PLR0913 - as above
    buffer: Sequence[int],
    at: int,
    after: int,
    section: Section,
    interfaces: Sequence[Ticks],
    ref: FrameRef,
) -> int:
    """Fill `ref` from a Simple Packet Block: of interface 0, cut at its snaplen, and without a time."""
    if after - at < 16:
        return Stop.TOO_SHORT
    if section.count == 0:
        return Stop.NO_INTERFACE
    face = interfaces[section.first]
    wire_len = word32(buffer, at + 8, section.big_endian)
    captured_len = min(wire_len, after - at - 16)
    if face.snaplen > 0:
        captured_len = min(captured_len, face.snaplen)
    ref.time_ns = NO_TIME
    ref.start = at + 12
    ref.captured_len = captured_len
    ref.wire_len = wire_len
    ref.link_type = face.link_type
    ref.interface = section.first
    ref.direction = Direction.UNKNOWN
    return Stop.FULL


@compilable
def _find_option(buffer: Sequence[int], at: int, after: int, big_endian: int, wanted: int) -> int:
    """Where the option `wanted` of the packet block at `at` begins, or -1."""
    place = at + 28 + (word32(buffer, at + 20, big_endian) + 3 & ~3)
    last = after - 4
    while last - place >= 4:
        code = word16(buffer, place, big_endian)
        length = word16(buffer, place + 2, big_endian)
        if code == _PacketOption.END or length > last - place - 4:
            return -1
        if code == wanted:
            return place
        place += 4 + (length + 3 & ~3)
    return -1


@compilable
def _direction_of(buffer: Sequence[int], at: int, after: int, big_endian: int) -> int:
    """The direction that a packet block's flags word tells (its lowest two bits), or that its verdict was to drop."""
    if _was_dropped(buffer, at, after, big_endian):
        return Direction.LOST
    place = _find_option(buffer, at, after, big_endian, _PacketOption.FLAGS)
    if place < 0 or word16(buffer, place + 2, big_endian) != 4:
        return Direction.UNKNOWN
    way = word32(buffer, place + 4, big_endian) & 3
    if way == 1:
        return Direction.INBOUND
    if way == 2:
        return Direction.OUTBOUND
    return Direction.UNKNOWN


@compilable
def _was_dropped(buffer: Sequence[int], at: int, after: int, big_endian: int) -> bool:
    """Whether the verdict on a frame (epb_verdict) was to drop it: a byte for who decided, and 64 bits of his word."""
    place = _find_option(buffer, at, after, big_endian, _PacketOption.VERDICT)
    if place < 0 or word16(buffer, place + 2, big_endian) != 9:
        return False
    first, second = word32(buffer, place + 5, big_endian), word32(buffer, place + 9, big_endian)
    high, low = (first, second) if big_endian else (second, first)
    who = buffer[place + 4]
    if high:
        return False
    return (who == _Verdict.TC and low == _Verdict.TC_ACT_SHOT) or (who == _Verdict.XDP and low == _Verdict.XDP_DROP)


@compilable
def _lost_before(buffer: Sequence[int], at: int, after: int, big_endian: int) -> int:
    """How many frames a packet block says were lost before it, or -1."""
    kind = word32(buffer, at, big_endian)
    if kind == Kind.PACKET:
        drops = word16(buffer, at + 10, big_endian)
        return _NOTHING_SAID if drops == 0xFFFF else drops
    if kind != Kind.ENHANCED_PACKET:
        return _NOTHING_SAID
    place = _find_option(buffer, at, after, big_endian, _PacketOption.DROP_COUNT)
    if place < 0 or word16(buffer, place + 2, big_endian) != 8:
        return _NOTHING_SAID
    first, second = word32(buffer, place + 4, big_endian), word32(buffer, place + 8, big_endian)
    high, low = (first, second) if big_endian else (second, first)
    # No true count comes near 2^47; beyond, a sum over hostile blocks would overflow.
    return (high & 0x7FFF) << 32 | low
