"""Compressed captures: the same frames, whatever they are packed in; cut, damaged, and of several members."""

from __future__ import annotations

import bz2
import lzma
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from io import BytesIO

import pytest

from inspector.errors import CaptureFileError
from inspector.wire.containers import archives
from inspector.wire.containers.sources import StreamSource
from tests.wire.files import NOW, drained, frames_of, opened, pcap

CAPTURE = pcap([(NOW, number, bytes([number % 256]) * 60, 60) for number in range(500)])


def lz4(data: bytes) -> bytes:
    packed: bytes = pytest.importorskip("lz4.frame").compress(data)
    return packed


def zstd(data: bytes) -> bytes:
    packed: bytes = pytest.importorskip("zstandard").ZstdCompressor().compress(data)
    return packed


KINDS: dict[str, Callable[[bytes], bytes]] = {"xz": lzma.compress, "bzip2": bz2.compress, "LZ4": lz4, "Zstandard": zstd}
each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
def test_the_frames_are_those_of_the_capture(kind: str) -> None:
    reader = opened(KINDS[kind](CAPTURE))

    assert drained(reader) == frames_of(CAPTURE)
    assert (reader.format, reader.cut) == (f"{kind} of pcap (microseconds, little-endian)", "")


@each_kind
def test_several_members_are_one_stream(kind: str) -> None:
    pack = KINDS[kind]

    assert frames_of(pack(CAPTURE[:777]) + pack(b"") + pack(CAPTURE[777:])) == frames_of(CAPTURE)


@each_kind
def test_what_a_cut_archive_holds_is_given(kind: str) -> None:
    packed = KINDS[kind](CAPTURE)
    for length in range(8, len(packed), 7):
        try:
            reader = opened(packed[:length])
        except CaptureFileError as error:
            assert f"the {kind} archive is cut" in str(error)  # noqa: PT017 - it may also be read in part
            continue
        found = drained(reader)

        assert found == frames_of(CAPTURE)[: len(found)]
        assert f"the {kind} archive is cut" in reader.cut


@each_kind
def test_a_damaged_archive_says_so(kind: str) -> None:
    packed = bytearray(KINDS[kind](CAPTURE))
    packed[len(packed) // 2 :] = b"\xff" * (len(packed) - len(packed) // 2)
    try:
        reader = opened(bytes(packed))
    except CaptureFileError as error:
        assert f"the {kind} archive is" in str(error)  # noqa: PT017 - as above
        return
    drained(reader)

    assert f"the {kind} archive is" in reader.cut


@each_kind
def test_an_empty_archive_is_named(kind: str) -> None:
    with pytest.raises(CaptureFileError, match=f"the {kind} archive is sound and its contents are empty"):
        opened(KINDS[kind](b""))


@each_kind
def test_an_archive_of_one_byte_many_times_costs_no_memory(kind: str) -> None:
    packed = KINDS[kind](bytes(60 << 20))
    archive = archives.archive_of(packed[:6])
    assert archive is not None
    source = archives.ArchiveSource(StreamSource(BytesIO(packed)), archive)
    room = memoryview(bytearray(1 << 20))
    tracemalloc.start()
    assert sum(iter(lambda: source.read_into(room), 0)) == 60 << 20
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 20 << 20


@pytest.mark.parametrize(("kind", "command"), [("LZ4", "lz4 -d made"), ("Zstandard", "zstd -d made")])
def test_without_its_library_an_archive_is_named_with_what_unpacks_it(
    kind: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = KINDS[kind](CAPTURE)
    monkeypatch.setitem(sys.modules, "lz4.frame", None)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(CaptureFileError, match=f"found an? {kind} archive") as caught:
        opened(packed)

    assert caught.value.remedies == (command,)
    assert archives.archive_of(packed[:6]) is None


def test_what_the_programs_themselves_pack_is_read() -> None:
    for command in (["xz", "-9"], ["bzip2"], ["zstd", "-19", "--long=27"], ["lz4"]):
        try:
            packed = subprocess.run([*command, "-c"], input=CAPTURE, capture_output=True, check=True).stdout
        except FileNotFoundError:
            continue

        assert frames_of(packed) == frames_of(CAPTURE), command
