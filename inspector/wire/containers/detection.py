"""Which container a file is, from its first bytes; never from its name.

A format that we do not read is named, with the command that mends it, wherever its first bytes tell it:
"0 packets" is never the answer. Not here: reading any of them.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from typing import TYPE_CHECKING

from inspector.errors import CaptureFileError
from inspector.language import Said, joined, marked, said
from inspector.wire.containers.archives import LONGEST_MAGIC, ArchiveSource, archive_of
from inspector.wire.containers.container import PcapContainer, PcapngContainer
from inspector.wire.containers.pcap import HEADER_LEN, MAGICS, read_form
from inspector.wire.containers.pcapng import Kind
from inspector.wire.containers.sources import GZIP_MAGIC, GzipSource, Prefixed, Window
from inspector.wire.containers.words import word16, word32

if TYPE_CHECKING:
    from inspector.wire.containers.container import Container
    from inspector.wire.containers.sources import Source

__all__ = ["open_container"]

_EDITCAP = "editcap -F pcapng {name} {name}.pcapng"
_FOREIGN = (
    (b"\x28\xb5\x2f\xfd", marked("a Zstandard archive"), "zstd -d {name}"),
    (b"\x04\x22\x4d\x18", marked("an LZ4 archive"), "lz4 -d {name}"),
    (b"\xfd7zXZ\0", marked("an xz archive"), "xz -dk {name}"),
    (b"BZh", marked("a bzip2 archive"), "bunzip2 -k {name}"),
    (b"PK\x03\x04", marked("a zip archive"), "unzip {name}"),
    (b"7z\xbc\xaf\x27\x1c", marked("a 7-Zip archive"), "7z x {name}"),
    (b"\x1f\x9d", marked("a file of compress"), "uncompress -k {name}"),
    (b"snoop\0\0\0", marked("a snoop capture"), _EDITCAP),
    (b"GMBU", marked("a capture of Microsoft Network Monitor 2"), _EDITCAP),
    (b"RTSS", marked("a capture of Microsoft Network Monitor 1"), _EDITCAP),
    (b"TRSNIFF data    \x1a", marked("a capture of Network General's Sniffer"), _EDITCAP),
    (b"XCP\0", marked("a capture of NetXray or Sniffer for Windows"), _EDITCAP),
    (b"iptrace ", marked("an AIX iptrace capture"), _EDITCAP),
    (b"\x7fver", marked("an EtherPeek capture"), _EDITCAP),
    (b"btsnoop\0", marked("a Bluetooth (btsnoop) capture"), ""),
    (b"<?xml", marked("XML"), ""),
    (b"\x7fELF", marked("a program"), ""),
    (b"%PDF", marked("a PDF document"), ""),
)
"""First bytes, what they say, and what mends it."""
_TEXT2PCAP = "text2pcap {name} {name}.pcapng"
_LOOKED_AT = 512
_ERF_HEADER = 16


def open_container(name: str, source: Source) -> tuple[Container, Window]:
    """The container of `source` and its window, at the first record or block.

    Raises CaptureFileError for an empty file, a file that is cut inside its header, and a format that we do not read.
    """
    window = Window(source)
    zipped = ""
    if window.need(2) and window.peek(2) == GZIP_MAGIC:
        rest = Prefixed(window.peek(window.available), source)
        window, zipped = Window(GzipSource(rest)), "gzip"
    elif window.need(LONGEST_MAGIC) and (archive := archive_of(window.peek(LONGEST_MAGIC))):
        rest = Prefixed(window.peek(window.available), source)
        window, zipped = Window(ArchiveSource(rest, archive)), archive.name
    container = _recognise(name, window, zipped)
    if zipped:
        container.format = said("{archive} of {format}", archive=zipped, format=container.format)
    return container, window


def _recognise(name: str, window: Window, zipped: str) -> Container:
    whole = window.need(HEADER_LEN)
    head = window.peek(HEADER_LEN)
    magic = word32(head, 0, 0) if len(head) >= 4 else 0
    if magic == Kind.SECTION:
        return _first_section(name, window)
    if magic in MAGICS or (magic and word32(head, 0, 1) in MAGICS):
        if not whole:
            reason = said(
                "a pcap file header needs {needed} bytes, and only {there} are there",
                needed=HEADER_LEN,
                there=len(head),
            )
            raise CaptureFileError(name, _with(reason, window.source.cut, ": "))
        return _pcap(name, window)
    if not head:
        raise _empty(name, window, zipped)
    window.need(_LOOKED_AT)
    raise _foreign(name, window.peek(_LOOKED_AT), window.source.cut)


def _pcap(name: str, window: Window) -> PcapContainer:
    head = window.peek(HEADER_LEN)
    read = read_form(head)
    if read is None:
        big_endian = int(word32(head, 0, 1) in MAGICS)
        version = f"{word16(head, 4, big_endian)}.{word16(head, 6, big_endian)}"
        raise CaptureFileError(name, said("expected pcap version 2, found {version}", version=version), offset=4)
    form, magic = read
    if not window.need(form.first):
        reason = said(
            "the file header needs {needed} bytes, and {there} are there", needed=form.first, there=window.available
        )
        raise CaptureFileError(name, reason)
    window.position += form.first
    return PcapContainer(form, magic)


def _first_section(name: str, window: Window) -> PcapngContainer:
    container = PcapngContainer()
    fault = container.take_block(window)
    if fault:
        reason = said("expected a pcapng section header, found {fault}", fault=fault)
        raise CaptureFileError(name, reason, offset=window.place)
    return container


def _empty(name: str, window: Window, zipped: str) -> CaptureFileError:
    if window.source.cut:
        return CaptureFileError(
            name, said("expected a capture, and nothing could be read: {reason}", reason=window.source.cut)
        )
    if zipped:
        return CaptureFileError(
            name, said("the {archive} archive is sound and its contents are empty (0 bytes)", archive=zipped)
        )
    return CaptureFileError(name, said("the file is empty (0 bytes); a capture without frames would have a header"))


def _foreign(name: str, head: bytes, cut: str) -> CaptureFileError:
    what, remedy = said("a format that is not known here"), _EDITCAP
    for magic, named, mends in _FOREIGN:
        if head.startswith(magic):
            what, remedy = Said(named, {}), mends
            break
    else:
        if head.startswith(GZIP_MAGIC):
            what, remedy = said("gzip inside gzip"), "gunzip -k {name}"
        elif _is_text(head):
            what, remedy = said("text"), _TEXT2PCAP
        elif _is_erf(head):
            what, remedy = said("an ERF capture of an Endace card"), _EDITCAP
    remedies = [remedy.format(name=_quoted(name))] if remedy else []
    reason = _with(said("expected a pcap or pcapng capture, found {what}", what=what), cut, "; ")
    return CaptureFileError(name, reason, offset=0, foreign=remedy == _EDITCAP, remedies=remedies)


def _with(reason: str, cut: str, separator: str) -> str:
    """A reason, with the one that the bytes ended for."""
    return joined([reason, cut], separator) if cut else reason


def _is_erf(head: bytes) -> bool:
    """ERF has no magic number: a record says its type, its length, and a time whose seconds are near today's."""
    if len(head) < _ERF_HEADER:
        return False
    seconds = int.from_bytes(head[4:8], "little")
    record, wire = int.from_bytes(head[10:12], "big"), int.from_bytes(head[14:16], "big")
    plausible = 1 <= head[8] & 0x7F <= 48 and _ERF_HEADER < record <= _ERF_HEADER + 16 + wire
    return plausible and 1 << 29 < seconds < 1 << 32 and wire > 0


def _is_text(head: bytes) -> bool:
    printable = sum(byte in b"\t\n\r" or byte >= 0x20 for byte in head)
    try:
        getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return printable == len(head)


def _quoted(name: str) -> str:
    from shlex import quote

    return quote(name)
