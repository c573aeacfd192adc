"""A container: what turns the bytes of a window into frames, whatever the format.

Both containers have the same four doors (`Container`), so the reader knows no format. Each keeps its state as
records in the plain form, and makes the column form of them when compiled code is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from inspector.language import said
from inspector.wire.containers.pcap import PcapForm, describe, index_pcap
from inspector.wire.containers.pcapng import MIN_BLOCK, Kind, Section, index_pcapng
from inspector.wire.containers.pcapng_blocks import (
    BYTE_ORDER,
    Interface,
    frame_comments,
    read_interface,
    read_options,
    read_statistics,
    texts,
)
from inspector.wire.containers.resync import find_block, find_record, search
from inspector.wire.containers.words import MAX_RECORD, Stop, word16, word32

if TYPE_CHECKING:
    from inspector.wire.containers.sources import Window
    from inspector.wire.containers.times import Ticks

__all__ = ["Container", "PcapContainer", "PcapngContainer"]

_MAX_INTERFACES = 1 << 16
_MAX_COMMENTS = 1 << 10
"""Bounds on what a hostile file can make us remember."""


class Container(Protocol):
    """What the reader asks of a format."""

    format: str
    interfaces: list[Interface]
    comments: list[str]
    complete: bool
    """Whether `interfaces` is all that there will ever be."""

    @property
    def dropped(self) -> int | None:
        """Frames that the capture says it lost; None if it says nothing."""

    def index(self, window: Window, number: int, refs: Any, count: int, *, columnar: bool) -> tuple[int, int]:
        """Fill `refs` from `count` on and consume what was read; returns a `Stop` and the new count."""

    def take_block(self, window: Window) -> str:
        """Consume the block that the loop stopped at; returns what is wrong with it, or nothing."""

    def ends_batch(self, window: Window) -> bool:
        """Whether the block that the loop stopped at changes how earlier frames are read."""

    def trouble(self, stop: int, window: Window) -> str:
        """What is wrong with the bytes at the window's position, in one line."""

    def resume(self, window: Window) -> bool:
        """Consume the damage at the window's position, up to the next sound place; False if there is none."""

    def comments_of(self, buffer: bytearray, start: int, captured_len: int) -> tuple[str, ...]:
        """The comments of a frame of the latest batch."""


class PcapContainer:
    """A pcap file: one interface, no blocks."""

    complete = True
    dropped: int | None = None

    def __init__(self, form: PcapForm, magic: int) -> None:
        self.format = describe(form, magic)
        tick = "10^-9 s" if form.tick_ns == 1 else "10^-6 s"
        self.interfaces = [Interface(form.link_type, form.snaplen, resolution=tick)]
        self.comments: list[str] = []
        self._form = form
        self._forms: Any = None

    def index(self, window: Window, number: int, refs: Any, count: int, *, columnar: bool) -> tuple[int, int]:
        """See `Container`."""
        if columnar:
            stop, position, count = self._loop()(
                window.array(), window.position, window.end, self._forms, number, refs, count
            )
        else:
            stop, position, count = index_pcap(
                window.buffer, window.position, window.end, [self._form], number, refs, count
            )
        window.position = position
        return stop, count

    def _loop(self) -> Any:
        from inspector.columns import to_columns
        from inspector.compiled import compiled

        if self._forms is None:
            self._forms = to_columns(PcapForm, [self._form], 1)
        return compiled(index_pcap)

    def take_block(self, window: Window) -> str:
        """See `Container`; pcap has no blocks."""
        del window
        return ""

    def ends_batch(self, window: Window) -> bool:
        """See `Container`; pcap has no blocks."""
        del window
        return False

    def trouble(self, stop: int, window: Window) -> str:
        """See `Container`."""
        there, needed = window.available, self._form.header_len
        if there < needed:
            return said("a record header needs {needed} bytes and {there} are left", needed=needed, there=there)
        one, other = (word32(window.buffer, window.position + place, self._form.big_endian) for place in (8, 12))
        captured = (one, other, min(one, other))[self._form.lengths]
        if stop == Stop.TOO_LONG:
            return said(
                "a record claims {captured} captured bytes, more than the {limit} that are possible",
                captured=captured,
                limit=self._form.limit,
            )
        return said(
            "a record of {captured} captured bytes has only {left} left", captured=captured, left=there - needed
        )

    def resume(self, window: Window) -> bool:
        """See `Container`."""
        return search(window, find_record, lambda columnar: self._in_form(columnar=columnar))

    def _in_form(self, *, columnar: bool) -> Any:
        self._loop() if columnar else None
        return self._forms if columnar else [self._form]

    def comments_of(self, buffer: bytearray, start: int, captured_len: int) -> tuple[str, ...]:
        """See `Container`; pcap has no comments."""
        del buffer, start, captured_len
        return ()


def _section_fault(buffer: bytearray, at: int, length: int, big_endian: int) -> str:
    if word32(buffer, at + length - 4, big_endian) != length:
        return said("the two lengths of a section header differ")
    major = word16(buffer, at + 12, big_endian)
    return (
        ""
        if major == 1
        else said("a section of pcapng version {major}, and version 1 is the only one known", major=major)
    )


class PcapngContainer:
    """A pcapng file: sections, each of its own byte order and with its own interfaces."""

    format = "pcapng"
    complete = False

    def __init__(self) -> None:
        self.interfaces: list[Interface] = []
        self.comments: list[str] = []
        self._section = Section()
        self._is_known = True
        """Whether the section is of the version that is read."""
        self._ticks: list[Ticks] = []
        self._columns: tuple[Any, Any] | None = None
        self._in_columns = 0
        self._statistics: dict[int, int] = {}
        self._lost: int | None = None

    @property
    def dropped(self) -> int | None:
        """See `Container`: the latest statistics of each interface, else what packet blocks say."""
        return sum(self._statistics.values()) if self._statistics else self._lost

    def index(self, window: Window, number: int, refs: Any, count: int, *, columnar: bool) -> tuple[int, int]:
        """See `Container`."""
        if columnar:
            loop, sections, interfaces = self._loop()
            buffer = window.array()
        else:
            loop, sections, interfaces, buffer = index_pcapng, [self._section], self._ticks, window.buffer
        stop, position, count, lost = loop(
            buffer, window.position, window.end, sections, interfaces, number, refs, count
        )
        window.position = position
        if lost >= 0:
            self._lost = (self._lost or 0) + lost
        return stop, count

    def _loop(self) -> tuple[Any, Any, Any]:
        from inspector.columns import to_columns, values_of
        from inspector.compiled import compiled
        from inspector.wire.containers.times import Ticks

        if self._columns is None:
            self._columns = to_columns(Section, [self._section], 1), to_columns(Ticks, [], 1)
        sections, faces = self._columns
        sections[0] = values_of(Section)(self._section)
        if len(self._ticks) > len(faces):
            # Doubled, so that a file of interfaces without end costs no more than each of them once or twice.
            faces = to_columns(Ticks, self._ticks, 2 * len(self._ticks))
            self._columns = sections, faces
        for number in range(self._in_columns, len(self._ticks)):
            faces[number] = values_of(Ticks)(self._ticks[number])
        self._in_columns = len(self._ticks)
        return compiled(index_pcapng), sections, faces

    def ends_batch(self, window: Window) -> bool:
        """See `Container`: after a section header the byte order may be another."""
        return word32(window.buffer, window.position, 0) == Kind.SECTION

    def take_block(self, window: Window) -> str:
        """See `Container`."""
        if self.ends_batch(window):
            return self._take_section(window)
        at, big_endian = window.position, self._section.big_endian
        after = at + ((word32(window.buffer, at + 4, big_endian) + 3) & ~3)
        if word32(window.buffer, at, big_endian) == Kind.INTERFACE:
            fault = self._take_interface(window.buffer, at, after)
        else:
            fault = self._take_statistics(window.buffer, at, after)
        if not fault:
            window.position = after
        return fault

    def _take_section(self, window: Window) -> str:
        if not window.need(MIN_BLOCK + 4):
            return said("a section header needs 28 bytes and {available} are left", available=window.available)
        big_endian = int(word32(window.buffer, window.position + 8, 1) == BYTE_ORDER)
        if word32(window.buffer, window.position + 8, big_endian) != BYTE_ORDER:
            return said("a section header without a byte-order word")
        length = word32(window.buffer, window.position + 4, big_endian)
        if length < 28 or length > MAX_RECORD or length & 3:
            return said("a section header claims a length of {length} bytes", length=length)
        if not window.need(length):
            return said(
                "a section header of {length} bytes has only {available} left",
                length=length,
                available=window.available,
            )
        at = window.position
        fault = _section_fault(window.buffer, at, length, big_endian)
        self._is_known = word16(window.buffer, at + 12, big_endian) == 1
        if fault:
            return fault
        options = list(read_options(window.buffer, at + 24, at + length - 4, big_endian))
        self._remember(texts(options, 1))
        self._section = Section(big_endian, len(self._ticks), 0)
        window.position = at + length
        return ""

    def _remember(self, comments: tuple[str, ...]) -> None:
        self.comments.extend(comments[: _MAX_COMMENTS - len(self.comments)])

    def _take_interface(self, buffer: bytearray, at: int, after: int) -> str:
        if not self._is_known:
            return said("an interface of a section that is not read")
        made = read_interface(buffer, at, after, self._section.big_endian)
        if made is None:
            return said("an interface description is too short")
        if len(self._ticks) == _MAX_INTERFACES:
            return said("more than {most} interfaces", most=_MAX_INTERFACES)
        self._ticks.append(made[0])
        self.interfaces.append(made[1])
        self._section.count += 1
        return ""

    def _take_statistics(self, buffer: bytearray, at: int, after: int) -> str:
        told = read_statistics(buffer, at, after, self._section.big_endian)
        if told is not None and told[0] < self._section.count:
            self._statistics[self._section.first + told[0]] = told[1]
        return ""

    def trouble(self, stop: int, window: Window) -> str:
        """See `Container`."""
        there = window.available
        if there < MIN_BLOCK:
            return said("a block needs at least {needed} bytes and {there} are left", needed=MIN_BLOCK, there=there)
        kind, length = (word32(window.buffer, window.position + place, self._section.big_endian) for place in (0, 4))
        return self._damage(stop, kind, length, there)

    def _damage(self, stop: int, kind: int, length: int, there: int) -> str:
        """What is wrong with a block that claims to be of that kind and length."""
        if stop == Stop.MORE:
            return said(
                "a block of type {kind:#x} and {length} bytes has only {there} left",
                kind=kind, length=length, there=there,
            )  # fmt: skip
        if stop == Stop.TOO_LONG:
            return said(
                "a block of type {kind:#x} claims {length} bytes, more than the {most} that are possible",
                kind=kind, length=length, most=MAX_RECORD,
            )  # fmt: skip
        if stop == Stop.TOO_SHORT:
            return said(
                "a block of type {kind:#x} claims {length} bytes, too few for its fields", kind=kind, length=length
            )
        if stop == Stop.LENGTHS_DIFFER:
            return said("the two lengths of a block of type {kind:#x} differ", kind=kind)
        if stop == Stop.NO_INTERFACE:
            return said(
                "a block of type {kind:#x} belongs to an interface that its section does not describe", kind=kind
            )
        return said("a block of type {kind:#x} claims more captured bytes than it has", kind=kind)

    def resume(self, window: Window) -> bool:
        """See `Container`; a block whose lengths agree is damaged only inside, and skipped whole."""
        if not window.need(MIN_BLOCK):
            window.position = window.end
            return False
        if self.ends_batch(window):
            # Nothing behind it belongs to the section before it.
            self._section = Section(self._section.big_endian, len(self._ticks), 0)
        length = word32(window.buffer, window.position + 4, self._section.big_endian)
        # All of it, if there is as much: what is skipped must not depend on the pieces that a pipe gives.
        is_framed = MIN_BLOCK <= length <= MAX_RECORD and not length & 3 and window.need(length)
        if is_framed and word32(window.buffer, window.position + length - 4, self._section.big_endian) == length:
            window.position += length
            return True
        return search(window, find_block, lambda columnar: self._loop()[1] if columnar else [self._section])

    def comments_of(self, buffer: bytearray, start: int, captured_len: int) -> tuple[str, ...]:
        """See `Container`."""
        return frame_comments(buffer, start, captured_len, self._section.big_endian)
