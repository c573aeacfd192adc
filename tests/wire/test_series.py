"""Several captures as one stream: the order, the numbers, and what becomes of files that are not whole."""

from __future__ import annotations

import gzip
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import CaptureFileError
from inspector.wire import open_capture
from inspector.wire import reader as reader_module
from inspector.wire.copying import copy_all
from inspector.wire.origins import Origin, Origins
from inspector.wire.row import NO_TIME
from inspector.wire.series import FileOfSeries, SeriesReader
from tests.wire.files import NOW, RAW, drained, enhanced, interface, pcap, section, simple, statistics

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.wire import CaptureReader, Frame

Times = list[int | None]


def datagram(file: int, number: int, *, more: int = 0, offset: int = 0) -> bytes:
    """An IPv4 datagram of UDP that says which file it is in, and where there; or a fragment of one."""
    payload = bytes([file]) + number.to_bytes(4) + bytes(11)
    udp = b"\x10\0\x20\0" + (24).to_bytes(2) + bytes(2) + payload
    data = udp if not (more or offset) else (udp[:16] if more else udp[16:])
    control = (more << 13) | offset
    head = b"\x45\0" + (20 + len(data)).to_bytes(2) + b"\0\x07" + control.to_bytes(2) + b"\x40\x11\0\0"
    return head + b"\x0a\0\0\x01\x0a\0\0\x02" + data


def capture(file: int, times: Times) -> bytes:
    """A pcapng of a frame for each time, in microseconds since 1970; None is a frame without one."""
    made = section() + interface(link_type=RAW)
    for number, time in enumerate(times, 1):
        data = datagram(file, number)
        made += simple(data) if time is None else enhanced(data, ticks=time)
    return made


def name_of(data: bytes) -> tuple[int, int]:
    return data[28], int.from_bytes(data[29:33])


def files_of(*contents: bytes) -> list[FileOfSeries]:
    return [FileOfSeries(f"file {number}", BytesIO(content)) for number, content in enumerate(contents)]


def series_of(*contents: bytes, plain_frames: int = 20_000) -> SeriesReader:
    return SeriesReader(files_of(*contents), open_capture, name="series", plain_frames=plain_frames)


def read(series: SeriesReader) -> list[Frame]:
    frames = []
    for batch in series:
        assert [row.frame for row in batch] == [batch.ref(i).number for i in range(len(batch))]
        frames += [batch.frame(i) for i in range(len(batch))]
    return frames


def names_in(series: SeriesReader) -> list[tuple[int, int]]:
    return [name_of(frame.data) for frame in read(series)]


def earliest_heads(files: list[Times]) -> list[tuple[int, int]]:
    """What a merge gives that always takes the earliest of the next frames: the plainest form of the rule."""
    places, told = [0] * len(files), []
    while any(place < len(times) for place, times in zip(places, files, strict=True)):
        heads = [
            (-1 if times[place] is None else times[place], -1 if times[0] is None else times[0], file)
            for file, (place, times) in enumerate(zip(places, files, strict=True))
            if place < len(times)
        ]
        *_, file = min(heads)  # of equal times the file that began first, then the one named first
        places[file] += 1
        told.append((file, places[file]))
    return told


@pytest.fixture(params=[1, 3, 256], ids=lambda size: f"batches of {size}")
def small_batches(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "_PLAIN_BATCH", request.param)
    monkeypatch.setattr(reader_module, "_COLUMNAR_BATCH", request.param + 1)


times = st.lists(st.one_of(st.none(), st.integers(0, 12)), max_size=12)


@pytest.mark.usefixtures("small_batches")
@settings(deadline=None, max_examples=60)
@given(files=st.lists(times, min_size=1, max_size=4), plain=st.integers(0, 20))
def test_the_earliest_of_the_next_frames_comes_first(files: list[Times], plain: int) -> None:
    """Whatever the clocks do, whatever the sizes of batches, in either form and where one turns into the other."""
    series = series_of(*(capture(number, each) for number, each in enumerate(files)), plain_frames=plain)

    assert names_in(series) == earliest_heads(files)
    assert [tuple(series.origins.of(number)) for number in range(1, series.frames + 1)] == earliest_heads(files)


def test_files_that_follow_each_other_are_passed_on_as_they_are() -> None:
    series = series_of(capture(1, [30, 40]), capture(0, [10, 20]))

    assert [len(batch) for batch in series] == [2, 2]
    assert series.frames == 4
    assert series.origins.of(3) == Origin(0, 1)


def test_of_equal_times_the_file_that_began_first_comes_first() -> None:
    """So the order over the border of a ring's files is kept, where the ring begins anew at its first number."""
    assert names_in(series_of(capture(0, [20, 30]), capture(1, [10, 20]))) == [(1, 1), (1, 2), (0, 1), (0, 2)]


def test_of_files_that_began_at_once_the_one_named_first_comes_first() -> None:
    assert names_in(series_of(capture(7, [10, 20]), capture(3, [10, 20]))) == [(7, 1), (3, 1), (7, 2), (3, 2)]


def test_microseconds_and_nanoseconds_are_one_time() -> None:
    coarse = pcap([(NOW, 5, datagram(0, 1), 44), (NOW, 7, datagram(0, 2), 44)], link_type=RAW)
    fine = pcap([(NOW, 5001, datagram(1, 1), 44), (NOW, 7001, datagram(1, 2), 44)], magic=0xA1B23C4D, link_type=RAW)

    assert names_in(series_of(fine, coarse)) == [(0, 1), (1, 1), (0, 2), (1, 2)]


@pytest.mark.parametrize("plain", [0, 100])
def test_interfaces_are_numbered_through(plain: int) -> None:
    two = section() + interface(link_type=RAW) + interface(link_type=RAW, snaplen=99)
    one = two + enhanced(datagram(0, 1), ticks=1, number=1) + enhanced(datagram(0, 2), ticks=5)
    other = two + enhanced(datagram(1, 1), ticks=2, number=1) + enhanced(datagram(1, 2), ticks=3)
    series = series_of(one, other, plain_frames=plain)
    frames = read(series)

    assert [frame.interface for frame in frames] == [1, 3, 2, 0]
    assert [series.interfaces[frame.interface].snaplen for frame in frames] == [99, 99, 0, 0]


@pytest.mark.parametrize("plain", [0, 100])
def test_fragments_meet_over_the_border_of_files(plain: int) -> None:
    head = section() + interface(link_type=RAW)
    first = head + enhanced(datagram(0, 1, more=1), ticks=1) + enhanced(datagram(0, 5), ticks=9)
    second = head + enhanced(datagram(0, 1, offset=2), ticks=2)
    series = series_of(first, second, plain_frames=plain)
    lengths = [row.payload_len for batch in series for row in batch if not row.undecoded]

    assert lengths == [16, 16]
    assert (series.fragments.whole, series.fragments.incomplete) == (1, 0)


def test_payloads_and_comments_are_found_in_their_own_file() -> None:
    contents = [
        section() + interface(link_type=RAW)
        + b"".join(enhanced(datagram(f, n), (1, f"{f}.{n}".encode()), ticks=10 * n + f) for n in (1, 2))
        for f in (0, 1)
    ]  # fmt: skip
    told = [
        (batch.comments(i), batch.payload(i)[:5]) for batch in series_of(*contents) for i in range(len(batch))
    ]  # fmt: skip

    assert told == [((f"{f}.{n}",), bytes([f, 0, 0, 0, n])) for n in (1, 2) for f in (0, 1)]


def test_drops_are_summed_up() -> None:
    lossy = capture(0, [1]) + statistics((5, (3).to_bytes(8, "little")))
    series = series_of(lossy, capture(1, [2]), lossy)
    read(series)

    assert series.dropped == 6
    assert [file.dropped for file in series.files] == [3, None, 3]


def test_a_cut_file_does_not_end_the_others() -> None:
    series = series_of(capture(0, [1, 3])[:-5], capture(1, [2, 4]))

    assert names_in(series) == [(0, 1), (1, 1), (1, 2)]
    assert series.cut.startswith("file 0: byte ")


def test_a_file_that_cannot_be_read_does_not_end_the_others(tmp_path: Path) -> None:
    files = [
        FileOfSeries("absent", tmp_path / "absent.pcap"),
        *files_of(b"<?xml", capture(1, [1])),
        FileOfSeries("foreign link", BytesIO(pcap([(0, 0, b"abc", 3)], link_type=147))),
    ]
    series = SeriesReader(files, open_capture, name="series")

    assert names_in(series) == [(1, 1)]
    refused = [file.refused.reason for file in files if file.refused]
    assert [reason.split(",")[0].split(":")[0] for reason in refused] == [
        "cannot be opened", "expected a pcap or pcapng capture", "link type 147 (USER0) is not supported; supported",
    ]  # fmt: skip


def test_a_link_type_that_turns_out_foreign_at_the_end_is_told_of_its_file() -> None:
    foreign = section() + interface(link_type=147) + enhanced(datagram(0, 1), ticks=5)
    series = series_of(foreign, capture(1, [1, 9]))

    assert names_in(series) == [(1, 1), (0, 1), (1, 2)]
    assert series.files[0].refused is not None


def test_a_file_without_frames_says_what_it_has_to_say() -> None:
    series = series_of(section() + interface() + statistics((5, (2).to_bytes(8, "little"))), capture(1, [1]))

    assert names_in(series) == [(1, 1)]
    assert series.dropped == 2


def test_a_compressed_file_and_a_pipe_are_merged_like_any_other(tmp_path: Path) -> None:
    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: Any) -> int:
            raise OSError("a pipe")

    packed = tmp_path / "packed.pcapng.gz"
    packed.write_bytes(gzip.compress(capture(0, [1, 3])))
    files = [FileOfSeries("packed", packed), FileOfSeries("-", Pipe(capture(1, [2, 4])))]

    with SeriesReader(files, open_capture, name="series") as series:
        assert names_in(series) == [(0, 1), (1, 1), (0, 2), (1, 2)]


def test_however_many_files_one_is_open_at_a_time(tmp_path: Path) -> None:
    files = []
    for number in range(150):
        path = tmp_path / f"{number:03}.pcapng"
        path.write_bytes(capture(number, [10 * number, 10 * number + 9]))
        files.append(FileOfSeries(path.name, path))
    open_at_once: list[CaptureReader] = []
    most = 0

    def open_file(source: Any, **how: Any) -> CaptureReader:
        nonlocal most
        reader = open_capture(source, **how)
        open_at_once.append(reader)
        open_at_once[:] = [each for each in open_at_once if each._stream and not each._stream.closed]
        most = max(most, len(open_at_once))
        return reader

    series = SeriesReader(files[::-1], open_file, name="series")

    assert names_in(series)[::2] == [(number, 1) for number in range(150)]
    assert most == 1


def test_a_chain_turns_to_columns_once_and_keeps_its_batches() -> None:
    """A chain is plain up to the same frame as a single capture, and in columns from there on."""
    contents = [capture(number, list(range(100 * number, 100 * number + 50))) for number in range(4)]
    series = series_of(*contents, plain_frames=60)

    assert [(len(batch), batch.columnar) for batch in series] == [
        (50, False), (10, False), (40, True), (50, True), (50, True),
    ]  # fmt: skip


def test_closing_early_closes_what_is_open() -> None:
    with series_of(capture(0, [1, 3]), capture(1, [2, 4])) as series:
        next(series)

    assert not list(series)


def test_a_series_may_be_one_file_whose_clock_steps_back() -> None:
    assert names_in(series_of(capture(0, [5, 1, 7]))) == [(0, 1), (0, 2), (0, 3)]


def test_frames_without_any_time_come_at_once() -> None:
    frames = read(series_of(capture(0, [1, 2]), capture(1, [None, None])))

    assert [name_of(frame.data) for frame in frames] == [(1, 1), (1, 2), (0, 1), (0, 2)]
    assert frames[0].time_ns == NO_TIME


def test_no_origin_of_a_frame_that_there_is_not() -> None:
    with pytest.raises(IndexError, match="frame 1 of a series of 0"):
        Origins().of(1)


def test_refusal_is_an_error_of_ours() -> None:
    series = series_of(b"nonsense")

    assert not list(series)
    assert isinstance(series.files[0].refused, CaptureFileError)


@pytest.mark.parametrize("plain_frames", [20_000, 0], ids=["plain", "columnar"])
def test_some_frames_of_a_batch_of_several_files_keep_their_own_bytes(plain_frames: int) -> None:
    """As a selection of frames takes them: each lies in the buffer of the file that it came from."""
    series = series_of(capture(1, [10, 30, 50]), capture(2, [20, 40, 60]), plain_frames=plain_frames)
    told = []
    for batch in series:
        every = [batch.frame(place) for place in range(batch.count)]
        some = batch.only(list(range(1, batch.count)))
        told += [some.frame(place) == every[place + 1] for place in range(some.count)]
        told += [some.payload(place) == batch.payload(place + 1) for place in range(some.count)]

    assert len(told) >= 6
    assert all(told)


def test_a_series_is_copied_as_one_file_with_the_numbers_and_interfaces_of_the_series(tmp_path: Path) -> None:
    copy_all(series_of(capture(1, [10, 30]), capture(2, [20, None])), tmp_path / "one.pcapng")

    with open_capture(tmp_path / "one.pcapng") as reader:
        frames = drained(reader)
    expected = read(series_of(capture(1, [10, 30]), capture(2, [20, None])))
    assert [(each.number, each.data, each.interface) for each in frames] == [
        (each.number, each.data, each.interface) for each in expected
    ]


def test_a_series_without_frames_is_copied_as_a_capture_without_frames(tmp_path: Path) -> None:
    copy_all(series_of(capture(1, []), capture(2, [])), tmp_path / "none.pcapng")

    with open_capture(tmp_path / "none.pcapng") as reader:
        assert drained(reader) == []
