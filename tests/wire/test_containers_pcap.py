"""pcap in all its variants: what every record says arrives, and nothing else."""

from __future__ import annotations

import struct
import subprocess
from typing import TYPE_CHECKING

import pytest

from inspector.errors import CaptureFileError
from inspector.wire import Direction
from tests.wire.files import NOW, RAW, SECOND, drained, frames_of, opened, pcap, times_of

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = pytest.mark.parametrize("order", ["<", ">"])
RECORDS = [(NOW, 1, b"one", 3), (NOW + 1, 999_999, b"second", 60)]


@ORDERS
def test_microseconds_become_nanoseconds_exactly(order: str) -> None:
    assert times_of(pcap(RECORDS, order=order)) == [NOW * SECOND + 1000, (NOW + 1) * SECOND + 999_999_000]


@ORDERS
def test_nanoseconds_stay_what_they_are(order: str) -> None:
    data = pcap([(NOW, 123_456_789, b"x", 1), (2**32 - 1, 999_999_999, b"x", 1)], magic=0xA1B23C4D, order=order)

    assert times_of(data) == [NOW * SECOND + 123_456_789, (2**32 - 1) * SECOND + 999_999_999]


@ORDERS
def test_bytes_and_lengths_arrive(order: str) -> None:
    frames = frames_of(pcap(RECORDS, order=order))

    assert [(frame.number, frame.data, frame.wire_len) for frame in frames] == [(1, b"one", 3), (2, b"second", 60)]


@pytest.mark.parametrize(
    ("magic", "order", "text"),
    [
        (0xA1B2C3D4, "<", "pcap (microseconds, little-endian)"),
        (0xA1B23C4D, ">", "pcap (nanoseconds, big-endian)"),
        (0xA1B2CD34, "<", "pcap (modified header, microseconds, little-endian)"),
        (0x1C0001AC, ">", "pcap (Ixia hardware, microseconds, big-endian)"),
    ],
)
def test_the_format_is_named(magic: int, order: str, text: str) -> None:
    assert opened(pcap([], magic=magic, order=order, after_header=bytes(4))).format == text


@ORDERS
def test_a_modified_header_has_eight_bytes_more_and_tells_the_direction(order: str) -> None:
    def made(packet_type: int) -> bytes:
        extra = struct.pack(order + "iHBB", 2, 0x0800, packet_type, 0)
        return pcap(RECORDS, magic=0xA1B2CD34, order=order, extra=extra)

    assert [frame.data for frame in frames_of(made(0))] == [b"one", b"second"]
    assert [frames_of(made(kind))[0].direction for kind in range(5)] == [
        Direction.INBOUND,
        Direction.INBOUND,
        Direction.INBOUND,
        Direction.UNKNOWN,
        Direction.OUTBOUND,
    ]


@pytest.mark.parametrize("magic", [0x1C0001AC, 0x1C0001AB])
def test_ixia_has_four_bytes_more_in_the_file_header(magic: int) -> None:
    frames = frames_of(pcap(RECORDS, magic=magic, after_header=b"size"))

    assert [(frame.data, frame.time_ns % SECOND) for frame in frames] == [(b"one", 1000), (b"second", 999_999_000)]


@pytest.mark.parametrize("version", [(2, 2), (543, 0)])
def test_old_versions_exchange_the_two_lengths(version: tuple[int, int]) -> None:
    head = pcap([], version=version)
    (frame,) = frames_of(head + struct.pack("<IIII", NOW, 0, 60, 3) + b"one")

    assert (frame.data, frame.wire_len) == (b"one", 60)


@pytest.mark.parametrize("lengths", [(60, 3), (3, 60)])
def test_version_2_3_may_do_either(lengths: tuple[int, int]) -> None:
    (frame,) = frames_of(pcap([], version=(2, 3)) + struct.pack("<IIII", NOW, 0, *lengths) + b"one")

    assert (frame.data, frame.wire_len) == (b"one", 60)


def test_the_length_of_a_frame_check_sequence_is_no_part_of_the_link_type() -> None:
    assert frames_of(pcap(RECORDS, link_type=0x2400_0000 | RAW))[0].link_type == RAW


def test_a_header_alone_is_a_capture_of_no_frames() -> None:
    reader = opened(pcap([]))

    assert drained(reader) == []
    assert reader.cut == ""


def test_pcap_says_nothing_of_drops() -> None:
    assert opened(pcap(RECORDS)).dropped is None


@ORDERS
def test_a_cut_at_every_byte_gives_everything_before_it_and_says_so(order: str) -> None:
    whole = pcap(RECORDS, order=order)
    ends = [24, 24 + 16 + 3, len(whole)]
    for length in range(24, len(whole)):
        reader = opened(whole[:length])
        frames = drained(reader)

        assert len(frames) == sum(end <= length for end in ends[1:])
        assert (reader.cut == "") == (length in ends)


@pytest.mark.parametrize("length", range(1, 24))
def test_a_cut_inside_the_file_header_is_an_error(length: int) -> None:
    with pytest.raises(CaptureFileError, match=r"made"):
        opened(pcap([])[:length])


def test_a_record_of_four_gigabytes_stops_the_reading_and_says_where() -> None:
    reader = opened(
        pcap(RECORDS, snaplen=0xFFFFFFFF) + struct.pack("<IIII", NOW, 0, 0xFFFFFFFF, 0xFFFFFFFF) + b"x" * 99
    )

    assert len(drained(reader)) == 2
    assert reader.cut == "byte 65: a record claims 4294967295 captured bytes, more than the 16777216 that are possible"


def test_a_record_longer_than_the_snaplen_and_any_usual_one_is_not_believed() -> None:
    reader = opened(pcap(RECORDS, snaplen=96) + struct.pack("<IIII", NOW, 0, 262_145, 262_145) + bytes(262_145))

    assert len(drained(reader)) == 2
    assert "more than the 262144" in reader.cut


def test_a_record_longer_than_a_window_is_read_whole() -> None:
    data = bytes(range(256)) * 4096 * 3
    (frame,) = frames_of(pcap([(NOW, 0, data, len(data))], snaplen=1 << 24))

    assert frame.data == data


@ORDERS
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34, 0x1C0001AC, 0x1C0001AB])
def test_tshark_reads_the_same(tmp_path: Path, tshark: str, magic: int, order: str) -> None:
    path = tmp_path / "made.pcap"
    extra = bytes(8) if magic == 0xA1B2CD34 else b""
    size = bytes(4) if magic in (0x1C0001AC, 0x1C0001AB) else b""
    records = [(NOW, 1, bytes(60), 60), (NOW + 1, 999_999, bytes(61), 99)]
    path.write_bytes(pcap(records, magic=magic, order=order, extra=extra, after_header=size))
    command = [
        tshark,
        "-r",
        str(path),
        "-T",
        "fields",
        "-e",
        "frame.time_epoch",
        "-e",
        "frame.cap_len",
        "-e",
        "frame.len",
    ]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    ours = [
        f"{frame.time_ns // SECOND}.{frame.time_ns % SECOND:09}\t{len(frame.data)}\t{frame.wire_len}"
        for frame in frames_of(path.read_bytes())
    ]

    assert lines == ours


def test_an_unknown_version_is_an_error_that_names_it() -> None:
    with pytest.raises(CaptureFileError, match=r"expected pcap version 2, found 1\.4"):
        opened(pcap(RECORDS, version=(1, 4)))
