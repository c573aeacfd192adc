"""Exit codes are a promise to scripts: 0, 1, 2, 3, 4, 5, 130, each by a real case (4 is in `test_cli_privileges`)."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.cli.command import PATIENCE_S, Done, inspector, shipped, start

if TYPE_CHECKING:
    from pathlib import Path

CLASSIC_HEADER = bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000")
ARP_FRAME = bytes.fromhex(
    "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002"
)


def classic(*frames: bytes) -> bytes:
    """A classic pcap file."""
    records = (b"\0" * 8 + len(frame).to_bytes(4, "little") * 2 + frame for frame in frames)
    return CLASSIC_HEADER + b"".join(records)


def file(folder: Path, content: bytes) -> Path:
    path = folder / "x.pcap"
    path.write_bytes(content)
    return path


def is_one_line(done: Done, *parts: str) -> None:
    """What is wrong stands in the first line of standard error, and standard output has nothing."""
    first = done.err.splitlines()[0]

    assert first.startswith("inspector: ")
    for part in parts:
        assert part in first
    assert done.out == ""


# ---------------------------------------------------------------------------- 0 and 1


def test_0_nothing_is_wrong() -> None:
    assert inspector("replay", shipped("tcp-hello")).code == 0


def test_0_as_expected() -> None:
    assert inspector("check", shipped("tcp-hello"), "--expect", "tcp-hello").code == 0


def test_1_a_peer_broke_a_rule() -> None:
    assert inspector("replay", shipped("wrong-syn-ack")).code == 1


def test_1_not_as_expected() -> None:
    assert inspector("check", shipped("refused"), "-e", "three-way-handshake").code == 1


def test_1_one_of_several_files_is_enough() -> None:
    assert inspector("replay", shipped("tcp-hello"), shipped("wrong-syn-ack"), shipped("refused")).code == 1


# ---------------------------------------------------------------------------- 2


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["repaly", "x"], "did you mean 'replay'?"),
        (["demo", "tcp-helo"], "did you mean tcp-hello"),
        (["check", str(shipped("refused")), "-e", "refsued"], "did you mean refused"),
        (["replay", "--jsno", "x"], "No such option '--jsno'"),
        (["demo", "tcp-hello", "--prot", "1"], "'--port'"),
        (["replay"], "expected a capture"),
        (["check", str(shipped("refused"))], "'--expect'"),
        (["demo", "tcp-hello", "--port", "many"], "expected a number or `auto`, found 'many'"),
        (["demo", "tcp-hello", "--port", "70000"], "found 70000"),
        (["demo", "tcp-hello", "-w", "-"], "expected a file"),
        (["demo", "tcp-hello", "--host", "192.0.2.1", "--role", "server"], "expected an address of this machine"),
        (["demo", "tcp-object", "--role", "client", "--age", "200"], "expected a number from 0 to 150, found"),
        (["capture", "-a", "3"], "expected duration:SECONDS, found '3'"),
        (["capture", "-f", "host 10.0.0.1"], "expected `port N [or port M ...]`, found 'host 10.0.0.1'"),
        (["capture", "--port", "0"], "0 is not in the range"),
        (["exec"], "COMMAND"),
    ],
)
def test_2_wrong_usage_says_what_was_expected(words: list[str], hint: str) -> None:
    done = inspector(*words)

    assert done.code == 2
    assert hint in done.err
    assert done.out == ""


def test_2_a_wrong_line_of_an_expectation_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.seq").write_text("client > server  SYN\nclient > server  SNY\n", encoding="utf-8")
    done = inspector("check", shipped("refused"), "-e", "mine.seq", cwd=tmp_path)

    assert done.code == 2
    is_one_line(done, "mine.seq", "line 2")


# ---------------------------------------------------------------------------- 3


def test_3_no_such_file(tmp_path: Path) -> None:
    done = inspector("replay", "none.pcap", cwd=tmp_path)

    assert done.code == 3
    is_one_line(done, "none.pcap", "No such file or directory")


def test_3_a_folder_and_the_command_that_reads_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "my captures" / "one").mkdir(parents=True)
    (tmp_path / "my captures" / "one" / "one.pcapng").touch()
    done = inspector("replay", "my captures", cwd=tmp_path)

    assert done.code == 3
    is_one_line(done, "found a folder")
    assert "inspector replay 'my captures'/*/*.pcap*" in done.err


def test_3_an_empty_file(tmp_path: Path) -> None:
    done = inspector("replay", file(tmp_path, b""))

    assert done.code == 3
    is_one_line(done, "empty (0 bytes)")


def test_3_a_text(tmp_path: Path) -> None:
    done = inspector("replay", file(tmp_path, b"not a capture at all\n"))

    assert done.code == 3
    is_one_line(done, "expected a pcap or pcapng capture, found text")


def test_3_a_cut_file_with_the_report_of_what_was_read(tmp_path: Path) -> None:
    done = inspector("replay", file(tmp_path, shipped("tcp-hello").read_bytes()[:700]))

    assert done.code == 3
    assert "SYN,ACK (2 of 3)" in done.out
    assert "cut: byte" in done.out


def test_3_one_unreadable_file_does_not_hide_the_others(tmp_path: Path) -> None:
    done = inspector("replay", "none.pcap", shipped("refused"), cwd=tmp_path)

    assert done.code == 3
    assert "handshake refused" in done.out


def test_3_a_capture_that_cannot_be_written(tmp_path: Path, can_capture: None) -> None:  # noqa: ARG001 - a fixture
    (tmp_path / "file").touch()
    done = inspector("demo", "tcp-hello", "--port", "auto", "-w", tmp_path / "file" / "x.pcapng")

    assert done.code == 3
    is_one_line(done, "cannot be written", "Not a directory")


# ---------------------------------------------------------------------------- 5 and 130


def test_5_a_capture_of_no_frames(tmp_path: Path) -> None:
    done = inspector("replay", file(tmp_path, classic()))

    assert done.code == 5
    assert "nothing to inspect" in done.out


def test_5_a_capture_of_other_protocols(tmp_path: Path) -> None:
    done = inspector("replay", file(tmp_path, classic(ARP_FRAME, ARP_FRAME)))

    assert done.code == 5
    assert "2 frames" in done.out
    assert "nothing to inspect" in done.out


def test_130_interrupted(free_port: int) -> None:
    server = start("demo", "tcp-hello", "--role", "server", "--port", str(free_port))
    assert server.stdout is not None
    assert "waiting" in server.stdout.readline()
    server.send_signal(signal.SIGINT)
    _, err = server.communicate(timeout=PATIENCE_S)

    assert server.returncode == 130
    assert err.splitlines()[-1] == "inspector: interrupted"
