"""Damage in the middle of a capture: reading goes on behind it, and what was skipped is said."""

from __future__ import annotations

import struct
import tracemalloc
from io import BytesIO
from random import Random

import pytest

from inspector.wire import CaptureReader, open_capture
from tests.wire.files import NOW, block, drained, enhanced, interface, opened, pcap, section

RECORD = 16


def records(count: int, first: int = 0, *, order: str = "<", size: int = 40) -> bytes:
    made = [(NOW + number // 10, number, bytes([number % 251]) * size, size) for number in range(first, first + count)]
    return pcap(made, order=order)[24:]


def blocks(count: int, *, order: str = "<") -> bytes:
    return b"".join(enhanced(bytes([number % 251]) * 40, ticks=number, order=order) for number in range(count))


def numbers(data: bytes, plain_frames: int = 2000) -> tuple[list[int], str, str]:
    """The first byte of each frame, and what the reader says."""
    reader = opened(data, plain_frames=plain_frames)
    return [frame.data[0] for frame in drained(reader)], str(reader.skipped), reader.cut


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("plain_frames", [0, 3, 2000])
def test_a_record_of_an_impossible_length_is_skipped(order: str, plain_frames: int) -> None:
    data = bytearray(pcap([], order=order) + records(9, order=order))
    place = 24 + 4 * (RECORD + 40)
    data[place + 8 : place + 12] = b"\xff" * 4
    found, skipped, cut = numbers(bytes(data), plain_frames)

    assert found == [0, 1, 2, 3, 5, 6, 7, 8]
    assert skipped.startswith(f"56 damaged bytes at byte {place}: a record claims 4294967295 captured bytes")
    assert cut == ""


@pytest.mark.parametrize("damage", [1, 7, 100, 5000, 200_000])
@pytest.mark.parametrize("missing", [True, False], ids=["bytes missing", "rubbish between"])
def test_reading_goes_on_behind_a_hole_of_any_size(damage: int, *, missing: bool) -> None:
    sound = records(200, size=1000)
    middle = 50 * (RECORD + 1000)
    rubbish = b"" if missing else Random(1).randbytes(damage)  # noqa: S311 - no secret
    data = pcap([]) + sound[:middle] + rubbish + sound[middle + (damage if missing else 0) :]
    found, skipped, _ = numbers(data)

    if missing:
        # The record at the hole is no longer its own: its header is gone, or what it carries.
        assert len(found) >= 200 - 1 - damage // (RECORD + 1000) - 2
    else:
        assert found == list(range(200))
    assert "damaged bytes" in skipped or (missing and damage == 200_000)


def test_of_two_damaged_places_the_first_is_told_and_both_are_counted() -> None:
    sound = records(12)
    data = pcap([]) + sound[: 4 * 56] + b"\xff" * 100 + sound[4 * 56 : 8 * 56] + b"\xfe" * 30 + sound[8 * 56 :]
    found, skipped, _ = numbers(data)

    assert found == list(range(12))
    assert skipped.startswith(f"130 damaged bytes in 2 places, the first at byte {24 + 4 * 56}: ")


@pytest.mark.parametrize("plain_frames", [0, 2000])
@pytest.mark.parametrize("count", [1, 5, 80_000])
def test_a_pcapng_goes_on_at_the_next_block(count: int, plain_frames: int) -> None:
    data = section() + interface() + blocks(5) + b"\xff" * count + blocks(5)

    assert numbers(data, plain_frames)[0] == [0, 1, 2, 3, 4] * 2


def test_a_pcapng_goes_on_at_a_section_of_the_other_byte_order() -> None:
    other = section(order=">") + interface(order=">") + blocks(3, order=">")
    found, skipped, cut = numbers(section() + interface() + blocks(2) + b"rubbish" + other)

    assert (found, cut) == ([0, 1, 0, 1, 2], "")
    assert skipped.startswith("7 damaged bytes")


@pytest.mark.parametrize(
    "data",
    [
        pcap([]) + struct.pack("<IIII", NOW, 0, 0xFFFFFFF0, 0xFFFFFFF0) + bytes(60_000_000),
        section() + interface() + struct.pack("<II", 6, 0xFFFFFFF0) + bytes(60_000_000),
        section() + interface() + struct.pack("<II", 6, (1 << 24) - 4) + bytes(60_000_000),
    ],
    ids=["pcap", "pcapng", "pcapng, believable"],
)
def test_a_record_that_claims_four_gigabytes_costs_no_memory(data: bytes) -> None:
    stream = BytesIO(data)
    tracemalloc.start()
    reader = open_capture(stream, name="made")
    assert drained(reader) == []
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert reader.cut
    assert most < 100 << 20


def test_zeros_are_no_records() -> None:
    found, skipped, cut = numbers(pcap([]) + records(3) + b"\xff" * 16 + bytes(500))

    assert found == [0, 1, 2]
    assert (skipped, cut[:9]) == ("", "byte 192:")


def test_a_cut_file_has_no_damage() -> None:
    data = pcap([]) + records(9)
    for length in range(len(data) - 3 * 56, len(data)):
        reader = opened(data[:length])
        drained(reader)

        assert str(reader.skipped) == ""


def test_the_file_may_be_cut_behind_its_damage() -> None:
    found, skipped, cut = numbers(pcap([]) + records(3) + b"\xff" * 20 + records(5, 3)[:-10])

    assert found == [0, 1, 2, 3, 4, 5, 6]
    assert skipped.startswith("20 damaged bytes")
    assert "has only 30 left" in cut


class Pieces:
    """A pipe that gives so many bytes at a time."""

    def __init__(self, data: bytes, at_once: int) -> None:
        self._data, self._at_once = BytesIO(data), at_once

    def readinto(self, room: memoryview) -> int:
        return self._data.readinto(room[: self._at_once])


@pytest.mark.parametrize("at_once", [1, 7, 61, 150])
@pytest.mark.parametrize(
    "damaged",
    [enhanced(enhanced(b"inside", ticks=1) + bytes(100), number=7), block(0x0A0D0D0A, bytes(8) + enhanced(b"inside"))],
    ids=["no such interface", "no byte-order word"],
)
def test_a_block_that_is_damaged_inside_is_skipped_whole_in_whatever_pieces_it_comes(
    damaged: bytes, at_once: int
) -> None:
    """What stands in it is no block, though it looks like one."""
    after = section() + interface() + enhanced(b"two")
    reader = CaptureReader(Pieces(section() + interface() + enhanced(b"one") + damaged + after, at_once), "made")

    assert [frame.data for frame in drained(reader)] == [b"one", b"two"]
    assert str(reader.skipped).startswith(f"{len(damaged)} damaged bytes at byte ")
