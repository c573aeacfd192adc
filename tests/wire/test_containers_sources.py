"""Where bytes come from: pipes, streams, gzip whole and broken; and formats that are not ours, by name."""

from __future__ import annotations

import gzip
import io
import os
import random
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast

import pytest

from inspector.errors import CaptureFileError
from inspector.wire import open_capture
from inspector.wire.containers.sources import GzipSource, StreamSource, Window
from tests.wire.files import NOW, drained, enhanced, frames_of, interface, opened, pcap, section

if TYPE_CHECKING:
    from pathlib import Path

CAPTURE = pcap([(NOW, number, bytes([number]) * number, number) for number in range(200)])
EXPECTED = frames_of(CAPTURE)


class Trickle(io.RawIOBase):
    """A stream that gives at most `most` bytes at once, as a pipe may."""

    def __init__(self, data: bytes, most: int) -> None:
        self._rest = io.BytesIO(data)
        self._most = most

    def readable(self) -> bool:
        return True

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        data = self._rest.read(min(self._most, len(room)))
        room[: len(data)] = data
        return len(data)


class OnlyRead:
    """The least that a stream can be."""

    def __init__(self, data: bytes) -> None:
        self.read = io.BytesIO(data).read


class Failing(Trickle):
    """A device that fails after its bytes."""

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        count = super().readinto(room)
        if not count:
            raise OSError(5, "Input/output error")
        return count


@pytest.mark.parametrize("most", [1, 7, 100_000])
@pytest.mark.parametrize("data", [CAPTURE, gzip.compress(CAPTURE)], ids=["plain", "gzip"])
def test_it_does_not_matter_in_what_pieces_the_bytes_come(data: bytes, most: int) -> None:
    reader = open_capture(cast("BinaryIO", Trickle(data, most)))

    assert drained(reader) == EXPECTED
    assert reader.cut == ""


def test_a_buffered_stream_and_the_least_of_streams_do_as_well() -> None:
    for stream in (io.BufferedReader(Trickle(CAPTURE, 10)), OnlyRead(CAPTURE)):
        assert drained(open_capture(cast("BinaryIO", stream))) == EXPECTED


def test_frames_of_a_pipe_come_before_the_pipe_ends() -> None:
    receiving, sending = os.pipe()
    with os.fdopen(receiving, "rb") as source, os.fdopen(sending, "wb", buffering=0) as sink:
        sink.write(pcap([(NOW, 0, b"first", 5)]))
        reader = open_capture(source)
        batch = next(reader)

        assert [batch.frame(index).data for index in range(batch.count)] == [b"first"]


def test_a_failing_device_gives_everything_before_the_failure_and_says_so() -> None:
    reader = open_capture(cast("BinaryIO", Failing(CAPTURE[:-3], 1000)))

    assert EXPECTED[:-1] == drained(reader)
    assert "reading failed (Input/output error)" in reader.cut


def test_gzip_of_several_members_and_padding_is_one_stream() -> None:
    half = len(CAPTURE) // 2
    made = gzip.compress(CAPTURE[:half]) + bytes(5) + gzip.compress(b"") + gzip.compress(CAPTURE[half:]) + bytes(1000)
    reader = opened(made)

    assert drained(reader) == EXPECTED
    assert (reader.format, reader.cut) == ("gzip of pcap (microseconds, little-endian)", "")


def test_gzip_of_pcapng_is_named() -> None:
    assert opened(gzip.compress(section() + interface())).format == "gzip of pcapng"


NOISE = random.Random(1).randbytes(300_000)  # noqa: S311 - noise, not a secret


def test_a_cut_gzip_gives_all_that_it_holds() -> None:
    capture = pcap([(NOW, 0, NOISE[start : start + 100], 100) for start in range(0, len(NOISE), 100)])
    whole = frames_of(capture)
    for kept in (10, 40, 1000, 70_000, 131_072):
        archive = gzip.compress(capture)[:kept]
        inflated = zlib.decompressobj(wbits=31).decompress(archive)
        if len(inflated) < 24:
            with pytest.raises(CaptureFileError):
                opened(archive)
            continue
        reader = opened(archive)

        assert whole[: (len(inflated) - 24) // 116] == drained(reader)
        assert "the gzip stream is cut" in reader.cut


def test_a_gzip_cut_between_two_records_is_still_said_to_be_cut() -> None:
    reader = opened(gzip.compress(CAPTURE)[:-8])

    assert drained(reader) == EXPECTED
    assert "the gzip stream is cut" in reader.cut


def test_a_damaged_gzip_gives_what_comes_before_the_damage() -> None:
    archive = bytearray(gzip.compress(CAPTURE))
    archive[-6] ^= 1
    reader = opened(bytes(archive))

    assert drained(reader) == EXPECTED
    assert "the gzip stream is damaged" in reader.cut


def test_what_follows_a_gzip_member_and_is_none_is_said() -> None:
    reader = opened(gzip.compress(CAPTURE) + b"garbage")

    assert drained(reader) == EXPECTED
    assert "no gzip member" in reader.cut


def test_a_gzip_bomb_is_inflated_a_window_at_a_time() -> None:
    source = GzipSource(StreamSource(io.BytesIO(gzip.compress(bytes(50 << 20)))))
    window = Window(source, 1000)
    total = 0
    while window.read():
        total += window.available
        window.position = window.end

    assert total == 50 << 20
    assert len(window.buffer) == 1000


def test_a_window_grows_for_what_does_not_fit_and_keeps_its_place() -> None:
    window = Window(StreamSource(io.BytesIO(bytes(range(256)) * 8)), 16)
    window.need(10)
    window.position = 10

    assert window.need(1000)
    assert window.place == 10
    assert window.peek(5) == bytes([10, 11, 12, 13, 14])
    assert not window.need(5000)


@pytest.mark.parametrize(
    ("head", "what", "remedy"),
    [
        (b"\x28\xb5\x2f\xfd", "Zstandard", "zstd -d made"),
        (b"\x04\x22\x4d\x18", "LZ4", "lz4 -d made"),
        (b"BZh9", "bzip2", "bunzip2 -k made"),
        (b"PK\x03\x04", "zip", "unzip made"),
        (b"snoop\0\0\0\0\0\0\2\0\0\0\4", "snoop", "editcap -F pcapng made made.pcapng"),
        (b"GMBU", "Network Monitor", "editcap -F pcapng made made.pcapng"),
        (b"12:00:01.0 IP 1.2.3.4.5 > 6.7.8.9.10: Flags [S]\n", "text", "text2pcap made made.pcapng"),
        ("0000  中文\n".encode(), "text", "text2pcap made made.pcapng"),
        (gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "gzip inside gzip", "gunzip -k made"),
        (bytes.fromhex("00000000d2f1ec5e0200003000000020") + bytes(32), "ERF", "editcap -F pcapng made made.pcapng"),
        (b"\xd0\x0d\xfe\xed" * 9, "a format that is not known", "editcap -F pcapng made made.pcapng"),
    ],
)
def test_a_foreign_format_is_named_with_what_mends_it(head: bytes, what: str, remedy: str) -> None:
    with pytest.raises(CaptureFileError, match=what) as caught:
        opened(head)

    assert list(caught.value.remedies) == [remedy]


def test_a_name_is_quoted_where_a_shell_would_read_it() -> None:
    with pytest.raises(CaptureFileError) as caught:
        open_capture(io.BytesIO(b"BZh9"), name="my file;reboot")

    assert caught.value.remedies == ("bunzip2 -k 'my file;reboot'",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "the file is empty"), (gzip.compress(b"", mtime=0), "contents are empty")],
    ids=["file", "contents"],
)
def test_an_empty_file_is_its_own_error(data: bytes, reason: str) -> None:
    with pytest.raises(CaptureFileError, match=reason):
        opened(data)


def test_a_file_that_is_not_there_and_a_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(CaptureFileError, match="No such file"):
        open_capture(tmp_path / "absent.pcap")
    with pytest.raises(CaptureFileError, match="directory"):
        open_capture(str(tmp_path))


def test_a_file_may_be_opened_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "made.pcapng"
    path.write_bytes(section() + interface() + enhanced(b"f"))
    with open_capture(path) as reader:
        assert len(drained(reader)) == 1

    assert reader.name == str(path)


@pytest.mark.parametrize("plain_frames", [0, 1, 199, 200, 1000])
def test_an_archive_that_is_cut_behind_a_whole_record_says_so_in_the_same_words_at_any_speed(plain_frames: int) -> None:
    reader = opened(gzip.compress(CAPTURE)[:-8], plain_frames=plain_frames)

    assert len(drained(reader)) == 200
    assert reader.cut == f"byte {len(CAPTURE)}: the gzip stream is cut"
