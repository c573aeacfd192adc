"""Which container a file is, from its first bytes; never from its name.

A format that we do not read is named, with the command that mends it, wherever its first bytes tell it:
"0 packets" is never the answer. Not here: reading any of them.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from typing import TYPE_CHECKING

from inspector.errors import CaptureFileError
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
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "zstd -d {name}"),
    (b"\x04\x22\x4d\x18", "an LZ4 archive", "lz4 -d {name}"),
    (b"\xfd7zXZ\0", "an xz archive", "xz -dk {name}"),
    (b"BZh", "a bzip2 archive", "bunzip2 -k {name}"),
    (b"PK\x03\x04", "a zip archive", "unzip {name}"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "7z x {name}"),
    (b"\x1f\x9d", "a file of compress", "uncompress -k {name}"),
    (b"snoop\0\0\0", "a snoop capture", _EDITCAP),
    (b"GMBU", "a capture of Microsoft Network Monitor 2", _EDITCAP),
    (b"RTSS", "a capture of Microsoft Network Monitor 1", _EDITCAP),
    (b"TRSNIFF data    \x1a", "a capture of Network General's Sniffer", _EDITCAP),
    (b"XCP\0", "a capture of NetXray or Sniffer for Windows", _EDITCAP),
    (b"iptrace ", "an AIX iptrace capture", _EDITCAP),
    (b"\x7fver", "an EtherPeek capture", _EDITCAP),
    (b"btsnoop\0", "a Bluetooth (btsnoop) capture", ""),
    (b"<?xml", "XML", ""),
    (b"\x7fELF", "a program", ""),
    (b"%PDF", "a PDF document", ""),
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
        container.format = f"{zipped} of {container.format}"
    return container, window


def _recognise(name: str, window: Window, zipped: str) -> Container:
    whole = window.need(HEADER_LEN)
    head = window.peek(HEADER_LEN)
    magic = word32(head, 0, 0) if len(head) >= 4 else 0
    if magic == Kind.SECTION:
        return _first_section(name, window)
    if magic in MAGICS or (magic and word32(head, 0, 1) in MAGICS):
        if not whole:
            there = f"{len(head)} are there" + (f": {window.source.cut}" if window.source.cut else "")
            raise CaptureFileError(name, f"a pcap file header needs {HEADER_LEN} bytes, and only {there}")
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
        raise CaptureFileError(name, f"expected pcap version 2, found {version}", offset=4)
    form, magic = read
    if not window.need(form.first):
        raise CaptureFileError(name, f"the file header needs {form.first} bytes, and {window.available} are there")
    window.position += form.first
    return PcapContainer(form, magic)


def _first_section(name: str, window: Window) -> PcapngContainer:
    container = PcapngContainer()
    fault = container.take_block(window)
    if fault:
        raise CaptureFileError(name, f"expected a pcapng section header, found {fault}", offset=window.place)
    return container


def _empty(name: str, window: Window, zipped: str) -> CaptureFileError:
    if window.source.cut:
        return CaptureFileError(name, f"expected a capture, and nothing could be read: {window.source.cut}")
    if zipped:
        return CaptureFileError(name, f"the {zipped} archive is sound and its contents are empty (0 bytes)")
    return CaptureFileError(name, "the file is empty (0 bytes); a capture without frames would have a header")


def _foreign(name: str, head: bytes, cut: str) -> CaptureFileError:
    what, remedy = "a format that is not known here", _EDITCAP
    for magic, named, mends in _FOREIGN:
        if head.startswith(magic):
            what, remedy = named, mends
            break
    else:
        if head.startswith(GZIP_MAGIC):
            what, remedy = "gzip inside gzip", "gunzip -k {name}"
        elif _is_text(head):
            what, remedy = "text", _TEXT2PCAP
        elif _is_erf(head):
            what, remedy = "an ERF capture of an Endace card", _EDITCAP
    remedies = [remedy.format(name=_quoted(name))] if remedy else []
    reason = f"expected a pcap or pcapng capture, found {what}" + (f"; {cut}" if cut else "")
    return CaptureFileError(name, reason, offset=0, foreign=remedy == _EDITCAP, remedies=remedies)


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
