"""`replay` with single connections: drawn, followed, saved; from files and pipes, small and large."""

from __future__ import annotations

import gzip
import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from inspector.wire.frame import Frame
from inspector.wire.reader import open_capture
from inspector.wire.writer import CaptureWriter
from tests.cli.command import CAPTURES, inspector

if TYPE_CHECKING:
    from pathlib import Path

HELLO = CAPTURES / "tcp-hello" / "tcp-hello.pcapng"
MULTI = CAPTURES / "tcp-multi" / "tcp-multi.pcapng"
REUSE = CAPTURES / "tcp-port-reuse" / "tcp-port-reuse.pcapng"


def frames_of(path: Path) -> list[Frame]:
    with open_capture(path) as reader:
        return [batch.frame(index) for batch in reader for index in range(batch.count)]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More frames than are kept: one conversation at the end, and many short ones before it."""
    path = tmp_path_factory.mktemp("large") / "large.pcapng"
    syn = frames_of(HELLO)[0]
    with CaptureWriter(path) as writer:
        for number in range(1, 200_011):
            port = (10_000 + number % 30_000).to_bytes(2, "big")
            ip = bytearray(syn.data)
            ip[34:36], ip[18:20], ip[28:30] = (
                port,
                (number & 0xFFFF).to_bytes(2, "big"),
                (number >> 12).to_bytes(2, "big"),
            )
            writer.write(Frame(number, number * 1000, bytes(ip), syn.wire_len, 1))
        for frame in frames_of(MULTI):
            writer.write(Frame(frame.number, 201_000_000 + frame.number, frame.data, frame.wire_len, 1))
    return path


def test_one_connection_is_drawn_and_no_other() -> None:
    done = inspector("replay", MULTI, "--connection", "2")

    assert done.code == 0
    assert "connection 2 of 3" in done.out
    assert "127.0.0.1:49776" in done.out
    assert "connection 1 of" not in done.out
    assert "127.0.0.1:49784" not in done.out


def test_several_are_drawn_beyond_the_usual_limit() -> None:
    done = inspector("replay", MULTI, "--connection", "3", "--connection", "1", "--max", "1")

    assert done.out.index("connection 1 of 3") < done.out.index("connection 3 of 3")


def test_a_ladder_is_the_same_as_among_all() -> None:
    whole = inspector("replay", REUSE).out
    one = inspector("replay", REUSE, "--connection", "2").out

    ladder = one[one.index("── connection 2") : one.index("capture ")].rstrip()
    assert ladder in whole


def test_json_has_only_those_that_were_asked_for() -> None:
    report = json.loads(inspector("replay", MULTI, "--connection", "2", "--json").out)

    assert [each["number"] for each in report["connections"]] == [2]
    assert (report["exchanges"], report["chosen_of"]) == ([], 3)


@pytest.mark.parametrize("option", ["--connection", "--follow"])
def test_a_number_that_is_not_there_is_one_clear_line(option: str) -> None:
    done = inspector("replay", MULTI, option, "7")

    assert (done.code, done.out) == (2, "")
    assert done.err == "inspector: the capture has 3 connections; expected a number from 1 to 3, found 7\n"


def test_a_capture_without_tcp_says_so() -> None:
    done = inspector("replay", CAPTURES / "udp-oneway" / "udp-oneway.pcapng", "--connection", "1")

    assert (done.code, done.err) == (
        2,
        "inspector: the capture has no TCP connection (and only these are opened by number); found 1\n",
    )


def test_two_captures_have_two_connections_of_a_number() -> None:
    done = inspector("replay", HELLO, MULTI, "--connection", "1")

    assert done.code == 2
    assert (
        "expected one capture, or files that are one stream (--merge), whose connection is meant; found 2" in done.err
    )


def test_what_was_said_is_followed() -> None:
    done = inspector("replay", HELLO, "--follow", "1")

    assert done.code == 0
    assert "    4 ◀ Hello, Client!\n    6 ▶ Thank you, Server!\n" in done.out
    assert "SYN" not in done.out


def test_followed_as_bytes_and_cut() -> None:
    done = inspector("replay", HELLO, "--follow", "1", "--hex", "--follow-bytes", "4")

    assert "    4 ◀ 0000  48 65 6c 6c " in done.out
    assert "[the responder said more than 4 bytes: --follow-bytes N shows more]" in done.out


def test_saved_and_told(tmp_path: Path) -> None:
    target = tmp_path / "two.pcapng"
    done = inspector("replay", MULTI, "--save-connection", "2", target)

    assert done.code == 0
    assert str(target) in done.out.replace("\n          ", "")
    assert len(frames_of(target)) == 10
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_pipe_and_a_compressed_capture_are_read_once(tmp_path: Path) -> None:
    one, two = tmp_path / "one.pcapng", tmp_path / "two.pcapng"

    first = inspector("replay", "-", "--save-connection", "2", one, stdin=gzip.compress(MULTI.read_bytes()))
    second = inspector("replay", MULTI, "--save-connection", "2", two)

    assert (first.code, second.code) == (0, 0)
    assert [frame.data for frame in frames_of(one)] == [frame.data for frame in frames_of(two)]


def test_the_capture_itself_is_not_overwritten(tmp_path: Path) -> None:
    capture, link = tmp_path / "a.pcapng", tmp_path / "link.pcapng"
    capture.write_bytes(MULTI.read_bytes())
    link.symlink_to(capture)

    for target in (capture, link):
        done = inspector("replay", capture, "--save-connection", "2", target)
        assert done.code == 2
        assert "is the capture that is read" in done.err
    assert capture.read_bytes() == MULTI.read_bytes()


def test_one_file_is_not_written_by_two_connections(tmp_path: Path) -> None:
    target = tmp_path / "a.pcapng"
    done = inspector("replay", MULTI, "--save-connection", "1", target, "--save-connection", "2", target)

    assert done.code == 2
    assert "one is named twice" in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    done = inspector("replay", MULTI, "--save-connection", "1", tmp_path / "no" / "a.pcapng")

    assert done.code == 3
    assert done.err.splitlines() == [f"inspector: {tmp_path}/no/a.pcapng: cannot be written: No such file or directory"]


@pytest.mark.slow
def test_out_of_a_capture_that_is_summed_up(large: Path, tmp_path: Path) -> None:
    target = tmp_path / "late.pcapng"
    number = "2"
    whole = inspector("replay", large, "-v")
    total = int(whole.out.split("sum        ")[1].split(" connection")[0].replace(",", ""))
    number = str(total - 1)  # the three conversations come last

    done = inspector("replay", large, "--connection", number, "--follow", number, "--save-connection", number, target)

    assert done.code == 0
    assert f"connection {number} of {total}" in done.out
    assert "client 2" in done.out
    assert "frame.number >= " in done.out  # others may have had these endpoints
    assert [frame.data for frame in frames_of(target)] == [
        frame.data for frame in frames_of(MULTI) if b"\xc2\x70" in frame.data[34:38]
    ]
