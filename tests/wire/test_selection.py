"""Some frames of a capture: only those come through, with their numbers, in both forms of a batch."""

from __future__ import annotations

from io import BytesIO

import pytest

from inspector.wire import open_capture
from inspector.wire.selection import FrameSelection, SelectedReader
from tests.wire.files import NOW, RAW, pcap
from tests.wire.frames import ipv4, tcp

EVERY_FORM = pytest.mark.parametrize("plain_frames", [0, 7, 1000], ids=["columns", "both", "plain"])


def chosen(*numbers: int) -> bytearray:
    marks = bytearray(max(numbers, default=0) + 1)
    for number in numbers:
        marks[number] = 1
    return marks


def selected(marks: bytearray, plain_frames: int, frames: int = 20) -> SelectedReader:
    made = pcap([(NOW, n, ipv4(tcp(bytes([n]))), 41) for n in range(1, frames + 1)], link_type=RAW)
    return SelectedReader(open_capture(BytesIO(made), plain_frames=plain_frames), FrameSelection("words", marks))


@EVERY_FORM
def test_only_chosen_frames_come_with_their_numbers_and_payloads(plain_frames: int) -> None:
    with selected(chosen(2, 3, 9, 20), plain_frames) as reader:
        seen = [
            (batch.row(i).frame, batch.ref(i).number, batch.payload(i)) for batch in reader for i in range(batch.count)
        ]

    assert seen == [(n, n, bytes([n])) for n in (2, 3, 9, 20)]
    assert (reader.frames, reader.read) == (4, 20)


@EVERY_FORM
def test_marks_that_end_early_choose_nothing_behind_them(plain_frames: int) -> None:
    reader = selected(chosen(1), plain_frames)

    assert [row.frame for batch in reader for row in batch] == [1]


@EVERY_FORM
def test_where_nothing_is_chosen_there_is_no_batch_and_all_is_read(plain_frames: int) -> None:
    reader = selected(chosen(), plain_frames)

    assert list(reader) == []
    assert (reader.frames, reader.read) == (0, 20)


@EVERY_FORM
def test_a_datagram_put_together_stays_with_the_frame_that_completed_it(plain_frames: int) -> None:
    whole = tcp(bytes(range(200)))
    first, rest = ipv4(whole[:24], control=0x2000), ipv4(whole[24:], control=3)
    made = pcap([(NOW, n, data, len(data)) for n, data in enumerate((first, ipv4(tcp()), rest))], link_type=RAW)
    reader = SelectedReader(open_capture(BytesIO(made), plain_frames=plain_frames), FrameSelection("", chosen(3)))
    payloads = [batch.payload(0) for batch in reader]

    assert payloads == [bytes(range(200))]


def test_what_is_said_of_the_capture_is_the_reader_s() -> None:
    reader = selected(chosen(1), 0)
    list(reader)

    assert (reader.name, reader.cut, str(reader.skipped), reader.fragments.incomplete) == ("-", "", "", 0)
