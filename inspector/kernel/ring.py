"""Pages of the kernel's trace ring, as it wrote them, into events: no text is parsed, and no nanosecond is lost.

A page is a time, a length and events one behind the other. An event is a word whose lowest 5 bits are its kind or
length and whose others are the nanoseconds since the event before. Where a field lies in an event the kernel says
itself, in the event's `format`. Source: linux include/linux/ring_buffer.h, kernel/trace/ring_buffer.c.
"""

from __future__ import annotations

import re
import struct
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Layout", "events_of", "layout_of"]

_FIELD = re.compile(r"field:[^;]*?(\w+)(?:\[\w*\])?;\s*offset:(\d+);\s*size:(\d+);\s*signed:([01]);")
_NUMBER = re.compile(r"^ID: (\d+)$", re.MULTILINE)
_WORD = struct.Struct("=I")
_PADDING, _TIME_EXTEND, _TIME_STAMP = 29, 30, 31
_COMMITTED = 0xFFFFF
_MISSED = 1 << 31


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields of an event lie: offset, size and whether it is signed, by name."""

    number: int
    """The event's own, as the first field of each says it."""
    fields: Mapping[str, tuple[int, int, bool]]

    def read(self, event: bytes, name: str) -> int:
        """The number in the field `name`."""
        offset, size, signed = self.fields[name]
        return int.from_bytes(event[offset : offset + size], sys.byteorder, signed=signed)

    def octets(self, event: bytes, name: str) -> bytes:
        """The bytes of the field `name`."""
        offset, size, _ = self.fields[name]
        return event[offset : offset + size]

    def is_of(self, event: bytes) -> bool:
        """Whether `event` is one of these."""
        return self.read(event, "common_type") == self.number


def layout_of(text: str) -> Layout:
    """The layout that a `format` file (or `header_page`, which has no number) describes."""
    number = _NUMBER.search(text)
    fields = {name: (int(offset), int(size), signed == "1") for name, offset, size, signed in _FIELD.findall(text)}
    return Layout(int(number[1]) if number else -1, fields)


def events_of(page: bytes, header: Layout) -> Iterator[tuple[int, bytes]]:
    """Every event of a page with its time; OverflowError where the kernel says that it left some out."""
    time, committed, start = header.read(page, "timestamp"), header.read(page, "commit"), header.fields["data"][0]
    if committed & _MISSED:
        raise OverflowError(said("the kernel left out events for want of room"))
    at, end = start, start + (committed & _COMMITTED)
    while at + _WORD.size <= end:
        word = _WORD.unpack_from(page, at)[0]
        kind, delta = (word & 31, word >> 5) if sys.byteorder == "little" else (word >> 27, word & 0x7FFFFFF)
        at += _WORD.size
        if kind == _TIME_EXTEND:
            time += delta + (_WORD.unpack_from(page, at)[0] << 27)
            at += _WORD.size
        elif kind == _TIME_STAMP:
            # 59 bits of an absolute time; the five above them are those of the time before.
            time = time >> 59 << 59 | delta | _WORD.unpack_from(page, at)[0] << 27
            at += _WORD.size
        elif kind == _PADDING:
            if not delta:
                return
            at += _WORD.unpack_from(page, at)[0]
        else:
            time += delta
            length = 4 * kind if kind else _WORD.unpack_from(page, at)[0]
            yield time, page[at + (0 if kind else _WORD.size) : at + length]
            at += length
