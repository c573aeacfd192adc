"""Where a search begins: our own captures, and what the tests of each room make by hand; others' captures if named."""

from __future__ import annotations

import bz2
import gzip
import lzma
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.errors import CaptureFileError
from inspector.wire import open_capture
from tests.fuzz.laws import LINK_TYPES
from tests.fuzz.shapes import bytes_of_frames
from tests.wire import files
from tests.wire.test_links import IPV4_FRAMES
from tests.wire.test_tunnels import TUNNELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["seeds"]

ROOT = Path(__file__).resolve().parents[2]
_LARGEST = 8192
_FRAMES_OF_EACH = 12


def seeds(law: str, more: Path | None = None) -> Iterator[bytes]:
    """Inputs of a law that it keeps; `more` is a folder of captures to take some from, too."""
    return _SEEDS[law]([*sorted(ROOT.glob("captures/*/*.pcapng")), *(_captures_below(more) if more else ())])


def _captures_below(folder: Path) -> list[Path]:
    named = (path for path in folder.rglob("*") if ".pcap" in path.name or path.suffix == ".cap")
    return sorted(path for path in named if path.is_file())


def _containers(captures: list[Path]) -> Iterator[bytes]:
    for path in captures:
        with path.open("rb") as file:
            yield file.read(_LARGEST)
    records = [(files.NOW + n, n, bytes([n]) * 40, 60) for n in range(4)]
    one = files.pcap(records)
    yield from (one, one[:-7], files.pcap(records, order=">"), files.pcap(records, magic=0xA1B23C4D, version=(2, 3)))
    yield files.pcap(records, magic=0xA1B2CD34, extra=bytes(8))
    yield files.pcap(records, magic=0x1C0001AC, after_header=bytes(4))
    for order in "<>":
        head = files.section((1, b"a comment"), order=order) + files.interface((9, b"\x09"), order=order)
        body = files.enhanced(b"abc", (1, b"said"), (2, b"\1\0\0\0"), ticks=5, order=order)
        body += files.obsolete(b"defg", order=order, drops=2) + files.simple(b"hijkl", order=order)
        yield head + body + files.statistics((5, bytes(8)), order=order) + head + body
        yield head + body[:-9] + b"\0\0\0\0" + body + b"\xff" * 50 + body
    yield from (gzip.compress(one), bz2.compress(one), lzma.compress(one), gzip.compress(one) + gzip.compress(one[24:]))
    yield gzip.compress(one)[:-9]
    with suppress(ImportError):
        from zstandard import ZstdCompressor

        yield ZstdCompressor().compress(one)
    with suppress(ImportError):
        from lz4.frame import compress

        yield compress(one)


def _frames(captures: list[Path]) -> Iterator[bytes]:
    for link_type, octets in chain(IPV4_FRAMES.values(), TUNNELS.values()):
        number = LINK_TYPES.index(link_type) if link_type in LINK_TYPES else LINK_TYPES.index(101)
        yield bytes([number, 0]) + octets
    for path in captures:
        for link_type, octets in _taken_from(path):
            if link_type in LINK_TYPES and len(octets) < 600:
                yield bytes([LINK_TYPES.index(link_type), 0]) + octets


def _taken_from(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with open_capture(path) as reader:
            batch = next(reader, None)
            for index in range(min(batch.count, _FRAMES_OF_EACH) if batch else 0):
                frame = batch.frame(index) if batch else None
                if frame:
                    yield frame.link_type, frame.data
    except CaptureFileError:
        return


def _reports(captures: list[Path]) -> Iterator[bytes]:
    for choice, path in enumerate(captures):
        octets = [data[14:] if link_type == 1 else data for link_type, data in islice(_taken_from(path), 12)]
        yield bytes_of_frames(octets, choice % 256)


def _folds(captures: list[Path]) -> Iterator[bytes]:
    del captures
    syn, syn_ack, ack = (
        b"\x04\x02\x08\x00\0\xff\x03\2\1\x70",
        b"\x05\x12\x08\x09\0\xff\x03\2\2\x70",
        b"\x04\x10\x09\x09",
    )
    opening = syn + syn_ack + ack + b"\0\xff\0\2\3\0"
    data = b"\x04\x18\x09\x09\4\xff\0\2\4\0" + b"\x05\x10\x09\x0e\0\xff\0\2\5\0"
    closing = (
        b"\x04\x11\x0e\x09\0\xff\0\2\6\0" + b"\x05\x11\x09\x0f\0\xff\0\2\7\0" + b"\x04\x10\x0f\x0a\0\xff\0\2\x08\0"
    )
    yield from (opening, opening + data, opening + data + closing, syn + b"\x05\x14\0\x09\0\0\0\2\2\0", 2 * syn)
    yield opening + data + closing + opening


def _texts(pattern: str) -> Callable[[list[Path]], Iterator[bytes]]:
    def read(captures: list[Path]) -> Iterator[bytes]:
        del captures
        return (path.read_bytes() for path in sorted(ROOT.glob(pattern)))

    return read


def _lines(*lines: str) -> Callable[[list[Path]], Iterator[bytes]]:
    return lambda _captures: (line.encode() for line in lines)


_SEEDS: dict[str, Callable[[list[Path]], Iterator[bytes]]] = {
    "container": _containers,
    "frame": _frames,
    "by_scapy": _frames,
    "fold": _folds,
    "dialogue": _folds,
    "report": _reports,
    "explained": _reports,
    "sequence": _texts("inspector/expect/library/*.seq"),
    "script": _lines(
        "drop SYN once", "delay data from server by 50ms; duplicate FIN twice", "hold FIN until FIN",
        "reorder 2nd data",
        "drop ACK of FIN from client 3 times # why\nhold SYN,ACK from server until RST", "duplicate datagram after 3us",
    ),
    "word": _lines(
        "FIN-WAIT-1", "192.168.1.77/24", "[::1]:80", "53/udp", ":8080", "[S.]", "ShADadFf", "31", "zero\nwindow",
        "tcp-hello", "255.255.255.0", "2002::1", "icmp port-unreachable", "keep-alive-with-data", "0x012", "10.0.0.256",
    ),
}  # fmt: skip
