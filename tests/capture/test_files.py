"""The file of a recording: readable whatever happens to us, and owned by whoever asked for it."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inspector.capture import Recording, open_output
from inspector.errors import CaptureFileError
from inspector.wire import open_capture

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer


@pytest.fixture
def unprivileged_owner(root: None) -> tuple[int, int]:  # noqa: ARG001 - a fixture cannot be asked for otherwise
    """Somebody who is not us."""
    return 65534, 65534


def owner_of(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid


def test_new_files_and_folders_belong_to_the_one_who_asked(tmp_path: Path, unprivileged_owner: tuple[int, int]) -> None:
    path = tmp_path / "new" / "newer" / "x.pcapng"
    open_output(path, unprivileged_owner).close()

    assert {owner_of(made) for made in (path, path.parent, path.parent.parent)} == {unprivileged_owner}
    assert owner_of(tmp_path) == (os.geteuid(), os.getegid())


def test_a_file_that_exists_keeps_its_owner_and_loses_its_contents(
    tmp_path: Path, unprivileged_owner: tuple[int, int]
) -> None:
    path = tmp_path / "x.pcapng"
    path.write_bytes(b"old")
    open_output(path, unprivileged_owner).close()

    assert owner_of(path) == (os.geteuid(), os.getegid())
    assert path.read_bytes() == b""


@pytest.mark.parametrize("path", ["/proc/no/such/x.pcapng", "/dev/null/x.pcapng", "/"])
def test_a_path_that_cannot_be_written_is_named_with_a_remedy(path: str) -> None:
    with pytest.raises(CaptureFileError, match="cannot be written") as caught:
        open_output(Path(path))

    assert caught.value.path == path
    assert caught.value.remedies


@pytest.mark.usefixtures("can_capture")
def test_tshark_reads_what_was_recorded_with_times_to_the_nanosecond(
    tmp_path: Path, free_port: int, converse: Callable[..., None], tshark: str
) -> None:
    path = tmp_path / "x.pcapng"
    with Recording(ports={free_port}, path=path, comment="why") as recording:
        converse(free_port, bytes(200_000))
    frames = list(recording.frames())
    done = subprocess.run(
        [tshark, "-r", str(path), "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len"],
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout.splitlines() == [
        f"{frame.time_ns // 10**9}.{frame.time_ns % 10**9:09}\t{frame.wire_len}\t{len(frame.data)}" for frame in frames
    ]


@pytest.mark.usefixtures("can_capture")
@pytest.mark.parametrize("interface", ["lo", "any"])
def test_our_own_reader_gives_back_what_was_recorded(
    interface: str, tmp_path: Path, free_port: int, converse: Callable[..., None]
) -> None:
    path = tmp_path / "x.pcapng"
    with Recording(interface, ports={free_port}, path=path, comment="why") as recording:
        converse(free_port, bytes(200_000))
    with open_capture(path) as reader:
        read = [batch.frame(index) for batch in reader for index in range(len(batch))]

    assert read == list(recording.frames())
    assert reader.cut == ""
    assert reader.dropped == recording.statistics.dropped == 0
    assert reader.comments == ["why"]


@pytest.mark.usefixtures("can_capture")
def test_a_stream_is_written_and_left_open(free_port: int, converse: Callable[..., None]) -> None:
    stream = io.BytesIO()
    with Recording(ports={free_port}, path=stream, keep=False):
        converse(free_port)

    assert stream.getvalue().startswith(b"\x0a\x0d\x0d\x0a")


@pytest.mark.usefixtures("can_capture")
def test_a_reader_that_goes_away_is_an_end_and_no_failure(free_port: int, converse: Callable[..., None]) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", buffering=0) as pipe, Recording(ports={free_port}, path=pipe) as recording:
        os.close(reading)
        converse(free_port)

    assert recording.ended_by == "the reader of the output went away"


@pytest.mark.usefixtures("can_capture")
def test_a_full_disk_is_an_error_with_the_path() -> None:
    with pytest.raises(CaptureFileError, match=r"/dev/full.*No space left"):
        Recording(path="/dev/full").__enter__()


class Filling(io.BytesIO):
    """A disk with room for the head of a file only."""

    name = "small disk"

    def write(self, data: Buffer) -> int:
        if self.tell() > 1000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


@pytest.mark.usefixtures("can_capture")
def test_a_disk_that_fills_in_mid_capture_is_an_error_in_finish(free_port: int, converse: Callable[..., None]) -> None:
    recording = Recording(ports={free_port}, path=Filling()).__enter__()
    converse(free_port, bytes(100_000))
    with pytest.raises(CaptureFileError, match=r"small disk.*No space left"):
        recording.finish()


KILLED = """
import sys
from inspector.capture import Recording
with Recording(ports={int(sys.argv[1])}, path=sys.argv[2], on_frame=lambda frame: print(frame.number, flush=True)):
    print("armed", flush=True)
    sys.stdin.read()
"""


@pytest.mark.usefixtures("can_capture")
def test_sigkill_in_mid_capture_leaves_a_readable_file(
    tmp_path: Path, root_folder: Path, free_port: int, converse: Callable[..., None], tshark: str
) -> None:
    path = tmp_path / "x.pcapng"
    command = [sys.executable, "-c", KILLED, str(free_port), str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root_folder
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "armed\n"
        converse(free_port, bytes(500_000), connections=20)
        seen = [int(process.stdout.readline()) for _ in range(100)]
        process.send_signal(signal.SIGKILL)

    assert process.returncode == -signal.SIGKILL
    with open_capture(path) as reader:
        ours = sum(len(batch) for batch in reader)
    done = subprocess.run(
        [tshark, "-r", str(path), "-T", "fields", "-e", "frame.number"], check=False, capture_output=True, text=True
    )

    assert ours >= seen[-1], "what a callback has seen is in the file"
    assert len(done.stdout.splitlines()) == ours


def test_a_file_that_another_run_is_writing_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with open_output(path) as writing:
        writing.write(b"half a capture")

        with pytest.raises(CaptureFileError, match="another run is writing it just now"):
            open_output(path)

        assert path.read_bytes() == b"half a capture"
    with open_output(path):
        assert path.read_bytes() == b""
