"""pcapng blocks that only Python reads: section headers, interfaces, statistics, and options for people.

Text from a file is decoded with replacement and otherwise given as it is: escaping is for those who show it. Broken
options end the list of options; they never end the file.

Source: draft-ietf-opsawg-pcapng, sections 3.5 (options), 4.1, 4.2, 4.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from inspector.wire.containers.times import ticks
from inspector.wire.containers.words import word16, word32

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.wire.containers.times import Ticks

__all__ = ["BYTE_ORDER", "Interface", "frame_comments", "read_interface", "read_options", "read_statistics", "texts"]

BYTE_ORDER = 0x1A2B3C4D
_COMMENT = 1
_IF_NAME, _IF_DESCRIPTION, _IF_TSRESOL, _IF_TSOFFSET = 2, 3, 9, 14
_ISB_IFDROP, _ISB_OSDROP = 5, 7
_MICROSECONDS = 6
_ENHANCED_PACKET, _PACKET = 6, 2


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface of a capture, for people."""

    link_type: int
    snaplen: int
    """0: no limit."""
    name: str = ""
    description: str = ""
    resolution: str = "10^-6 s"


def _order_of(big_endian: int) -> Literal["big", "little"]:
    """The byte order in Python's words."""
    return "big" if big_endian else "little"


def read_options(buffer: bytes | bytearray, at: int, end: int, big_endian: int) -> Iterator[tuple[int, bytes]]:
    """The options that begin at `at`: code and value, up to the first broken one."""
    while end - at >= 4:
        code, length = word16(buffer, at, big_endian), word16(buffer, at + 2, big_endian)
        if code == 0 or length > end - at - 4:
            return
        yield code, bytes(buffer[at + 4 : at + 4 + length])
        at += 4 + ((length + 3) & ~3)


def texts(options: list[tuple[int, bytes]], wanted: int) -> tuple[str, ...]:
    """The values of all options with the code `wanted`, as text."""
    return tuple(value.decode("utf-8", "replace").rstrip("\0") for code, value in options if code == wanted)


def read_interface(buffer: bytearray, at: int, after: int, big_endian: int) -> tuple[Ticks, Interface] | None:
    """What the interface description at `at` says, for the loop and for people; None if it is too short."""
    if after - at < 20:
        return None
    link_type, snaplen = word16(buffer, at + 8, big_endian), word32(buffer, at + 12, big_endian)
    options = list(read_options(buffer, at + 16, after - 4, big_endian))
    values = dict(reversed(options))
    resolution = values.get(_IF_TSRESOL, b"")[:1] or bytes([_MICROSECONDS])
    offset = values.get(_IF_TSOFFSET, b"")
    seconds = 0
    if len(offset) == 8:
        seconds = int.from_bytes(offset, _order_of(big_endian), signed=True)
    base, power = (2, resolution[0] & 0x7F) if resolution[0] & 0x80 else (10, resolution[0])
    person = Interface(
        link_type,
        snaplen,
        "".join(texts(options, _IF_NAME)[:1]),
        "".join(texts(options, _IF_DESCRIPTION)[:1]),
        f"{base}^-{power} s",
    )
    return ticks(link_type, snaplen, resolution[0], seconds), person


def read_statistics(buffer: bytearray, at: int, after: int, big_endian: int) -> tuple[int, int] | None:
    """`(interface, dropped)` of the statistics block at `at`; None if it says nothing of drops.

    Drops of the interface and of the operating system are different frames and add up.
    """
    if after - at < 24:
        return None
    dropped = [
        int.from_bytes(value, _order_of(big_endian))
        for code, value in read_options(buffer, at + 20, after - 4, big_endian)
        if code in (_ISB_IFDROP, _ISB_OSDROP) and len(value) == 8
    ]
    return (word32(buffer, at + 8, big_endian), sum(dropped)) if dropped else None


def frame_comments(buffer: bytearray, start: int, captured_len: int, big_endian: int) -> tuple[str, ...]:
    """The comments of the frame whose bytes begin at `start`, read from the block around them.

    A Simple Packet Block has none; that its neighbour's bytes pass for the header of another kind
    takes a hostile file, which gets the comments that it wrote there.
    """
    at = start - 28
    if at < 0 or word32(buffer, at, big_endian) not in (_ENHANCED_PACKET, _PACKET):
        return ()
    padded = (captured_len + 3) & ~3
    after = at + ((word32(buffer, at + 4, big_endian) + 3) & ~3)
    if word32(buffer, at + 20, big_endian) != captured_len or not start + padded + 4 <= after <= len(buffer):
        return ()
    return texts(list(read_options(buffer, start + padded, after - 4, big_endian)), _COMMENT)
