"""The writer: what it writes our reader, tshark and scapy read again, even after a SIGKILL."""

from __future__ import annotations

import io
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import CaptureFileError
from inspector.wire import NO_TIME, CaptureWriter, Frame, open_capture
from tests.wire.files import ETHERNET, NOW, RAW, SECOND, drained, frames_of, opened

ROOT = Path(__file__).parents[2]
TIME = NOW * SECOND + 123_456_789

frames = st.builds(
    Frame,
    number=st.just(0),
    time_ns=st.one_of(st.just(NO_TIME), st.integers(0, (1 << 63) - 1)),
    data=st.binary(max_size=70),
    wire_len=st.integers(0, 0xFFFFFFFF),
    link_type=st.sampled_from([ETHERNET, RAW, 276]),
    interface=st.integers(0, 2),
    direction=st.integers(0, 3),
    comments=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9).filter(bool), max_size=3).map(
        tuple
    ),
)


def written(*made: Frame, **options: object) -> bytes:
    stream = io.BytesIO()
    with CaptureWriter(stream, **options) as writer:  # type: ignore[arg-type]
        for frame in made:
            writer.write(frame)
    return stream.getvalue()


def facts(frame: Frame) -> tuple[object, ...]:
    return frame.data, frame.wire_len, frame.link_type, frame.direction, [text.rstrip("\0") for text in frame.comments]


@given(st.lists(frames, max_size=6))
def test_what_is_written_is_read_again(made: list[Frame]) -> None:
    read = frames_of(written(*made))

    assert [facts(frame) for frame in made] == [facts(frame) for frame in read]
    for one, other in zip(made, read, strict=True):
        assert other.time_ns == one.time_ns or (one.time_ns == NO_TIME and other.time_ns == 0)


def test_a_frame_without_a_time_stays_without_one_if_a_block_can_say_all_else() -> None:
    simple = Frame(1, NO_TIME, b"whole", 5, ETHERNET)
    cut = Frame(2, NO_TIME, b"12345678", 99, ETHERNET)

    assert [frame.time_ns for frame in frames_of(written(simple, cut, snaplen=8))] == [NO_TIME, NO_TIME]
    assert frames_of(written(simple, cut, snaplen=8)) == [simple, cut]


def test_a_frame_is_never_filed_under_a_wrong_link_type() -> None:
    made = [Frame(1, TIME, b"a", 1, ETHERNET), Frame(2, TIME, b"b", 1, RAW), Frame(3, TIME, b"c", 1, RAW, interface=7)]
    reader = opened(written(*made))
    read = drained(reader)

    assert [(frame.link_type, frame.interface) for frame in read] == [(ETHERNET, 0), (RAW, 1), (RAW, 1)]
    assert [face.link_type for face in reader.interfaces] == [ETHERNET, RAW]


def test_interfaces_comments_and_counts_arrive() -> None:
    stream = io.BytesIO()
    writer = CaptureWriter(
        stream, interface_name="lo", interface_description="loopback", comment="made by a test", snaplen=99
    )
    assert writer.add_interface(RAW, name="tun0") == 1
    writer.write(Frame(1, TIME, b"a", 1, RAW, interface=1))
    writer.statistics(received=10, dropped=3)
    writer.flush()
    reader = opened(stream.getvalue())
    drained(reader)

    assert [(face.name, face.description, face.snaplen) for face in reader.interfaces] == [
        ("lo", "loopback", 99),
        ("tun0", "", 262144),
    ]
    assert reader.comments == ["made by a test"]
    assert reader.dropped == 3


def test_a_comment_too_long_for_its_block_is_cut_between_two_characters() -> None:
    (frame,) = frames_of(written(Frame(1, TIME, b"a", 1, ETHERNET, comments=("中" * 30_000,))))

    assert frame.comments == ("中" * 21_845,)


def test_nothing_is_kept_back_after_a_flush() -> None:
    stream = io.BytesIO()
    writer = CaptureWriter(stream)
    for number in range(1, 4):
        writer.write(Frame(number, TIME, b"a", 1, ETHERNET))
        writer.flush()

        assert len(frames_of(stream.getvalue())) == number


class Reluctant(io.RawIOBase):
    """A raw stream that takes seven bytes at once."""

    def __init__(self) -> None:
        self.taken = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: memoryview) -> int:  # type: ignore[override]
        self.taken += data[:7]
        return min(7, len(data))


def test_a_stream_that_takes_a_little_at_a_time_gets_everything() -> None:
    stream = Reluctant()
    with CaptureWriter(stream) as writer:  # type: ignore[arg-type]
        writer.write(Frame(1, TIME, b"abc", 3, ETHERNET))

    assert frames_of(bytes(stream.taken)) == [Frame(1, TIME, b"abc", 3, ETHERNET)]


def test_a_path_that_cannot_be_opened_is_our_error(tmp_path: Path) -> None:
    with pytest.raises(CaptureFileError, match=r"cannot be written: No such file or directory"):
        CaptureWriter(tmp_path / "absent" / "x.pcapng")


def test_a_full_disk_is_our_error_for_a_path_and_an_oserror_for_a_stream() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(CaptureFileError, match="No space left"), CaptureWriter(full):
        pass
    with full.open("wb", buffering=0) as stream, pytest.raises(OSError, match="No space left"), CaptureWriter(stream):
        pass


KILLED = """
import sys
from inspector.wire import CaptureWriter, Frame
writer = CaptureWriter(sys.argv[1])
for number in range(1, 1_000_000_000):
    writer.write(Frame(number, number, bytes(number % 1500), number % 1500, 1))
    if number % 100 == 0:
        writer.flush()
        print(number, flush=True)
"""


def test_what_was_flushed_is_read_after_a_sigkill(tmp_path: Path) -> None:
    path = tmp_path / "killed.pcapng"
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout is not None
        flushed = [int(process.stdout.readline()) for _ in range(20)][-1]
        process.send_signal(signal.SIGKILL)
        flushed = max([flushed, *map(int, process.stdout.read().split())])
    with open_capture(path) as reader:
        read = drained(reader)

    assert len(read) >= flushed
    assert [frame.time_ns for frame in read] == list(range(1, len(read) + 1))
    assert [len(frame.data) for frame in read] == [number % 1500 for number in range(1, len(read) + 1)]


MADE = [
    Frame(1, TIME, bytes(60), 60, ETHERNET, direction=1, comments=("one", "two")),
    Frame(2, TIME + 1, bytes(14) + b"E" + bytes(45), 1500, ETHERNET, direction=2),
    Frame(3, TIME + 2, b"E" + bytes(40), 41, RAW, interface=1),
]


def test_tshark_reads_the_same(tmp_path: Path, tshark: str) -> None:
    path = tmp_path / "made.pcapng"
    path.write_bytes(written(*MADE, comment="the whole"))
    fields = ["time_epoch", "len", "cap_len", "comment", "interface_id", "packet_flags_direction"]
    command = [tshark, "-r", str(path), "-T", "fields", *(word for name in fields for word in ("-e", f"frame.{name}"))]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    assert [line.split("\t") for line in lines] == [
        ["1700000000.123456789", "60", "60", "one,two", "0", "0x00000001"],
        ["1700000000.123456790", "1500", "60", "", "0", "0x00000002"],
        ["1700000000.123456791", "41", "41", "", "1", ""],
    ]


def test_scapy_reads_the_same(tmp_path: Path) -> None:
    scapy = pytest.importorskip("scapy.utils", reason="scapy is not installed")
    path = tmp_path / "made.pcapng"
    path.write_bytes(written(*MADE))
    with scapy.RawPcapNgReader(str(path)) as reader:
        read = [(data, metadata.wirelen, metadata.linktype) for data, metadata in reader]

    assert read == [(frame.data, frame.wire_len, frame.link_type) for frame in MADE]


def test_every_block_says_its_length_twice_and_is_padded() -> None:
    data = written(*MADE, comment="odd")
    place = 0
    while place < len(data):
        (length,) = struct.unpack_from("<I", data, place + 4)

        assert length % 4 == 0
        assert data[place + length - 4 : place + length] == data[place + 4 : place + 8]
        place += length
    assert place == len(data)
