"""`explain FILE:FRAME` and `--narrate` on the command line: which words are frames, exit codes, one clear line."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.cli.main import cli
from tests.cli.command import CAPTURES, Done

Ask = Callable[..., Done]
HELLO = CAPTURES / "tcp-hello" / "tcp-hello.pcapng"


@pytest.fixture
def inspector(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Run a command within this process, which is quick; what a user sees of it is the same."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def ask(*words: str) -> Done:
        code = cli.main(list(words), standalone_mode=False)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return ask


def test_a_frame_is_explained_on_standard_output(inspector: Ask) -> None:
    done = inspector("explain", f"{HELLO}:4")

    assert (done.code, done.err) == (0, "")
    assert "continues where frame 2 ended: 15062781 + 1 (SYN)" in " ".join(done.out.split())
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("word", "code", "line"),
    [
        (f"{HELLO}:0", 2, f"{HELLO}: frames are numbered from 1, as Wireshark numbers them; found 0"),
        (f"{HELLO}:00", 2, f"{HELLO}: frames are numbered from 1, as Wireshark numbers them; found 00"),
        (f"{HELLO}:11", 2, f"{HELLO}: the capture has 10 frames; expected one from 1 to 10, found 11"),
        (f"{HELLO}:-1", 2, f"{HELLO}: expected the number of a frame after the colon, found -1"),
        (f"{HELLO}:x", 2, f"{HELLO}: expected the number of a frame after the colon, found x"),
        (f"{HELLO}:", 2, f"{HELLO}: expected the number of a frame after the colon, found nothing"),
        (f"{HELLO}", 2, f"{HELLO} is a file; expected one of its frames: inspector explain {HELLO}:1"),
        (f"{HELLO.parent}:1", 2, f"{HELLO.parent}: expected a capture, found a folder"),
        ("nowhere.pcapng:3", 3, "nowhere.pcapng: cannot be opened: No such file or directory"),
        (f"{HELLO.parent}/recipe:1", 3, ""),
    ],
)
def test_what_is_no_frame_is_one_clear_line(inspector: Ask, word: str, code: int, line: str) -> None:
    done = inspector("explain", word)

    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("inspector: ")
    assert "Traceback" not in done.err
    assert not line or done.err == f"inspector: {line}\n"


def test_a_number_of_any_length_is_no_frame(inspector: Ask) -> None:
    assert inspector("explain", f"{HELLO}:{'9' * 5000}").code == 2


def test_of_a_capture_that_is_cut_behind_it_a_frame_is_explained_and_it_is_told_where(
    inspector: Ask, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(HELLO.read_bytes()[:900])

    done = inspector("explain", f"{cut}:2")

    assert (done.code, done.err.count("\n")) == (3, 1)
    assert "cut.pcapng: cut: byte 888: " in done.err
    assert "SYN-SENT" in done.out


def test_a_pipe_cannot_be_read_twice(inspector: Ask, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    done = inspector("explain", f"{tmp_path}/pipe:1")

    assert done.code == 2
    assert "expected a file, which can be read twice" in done.err


@pytest.mark.parametrize("name", ["a:1", "12", "with space", "127.0.0.1"])
def test_a_file_may_be_named_as_it_likes(inspector: Ask, tmp_path: Path, name: str) -> None:
    shutil.copy(HELLO, tmp_path / name)

    done = inspector("explain", f"{tmp_path / name}:2")

    assert done.code == 0
    assert "SYN,ACK (2 of 3)" in done.out


def test_a_word_that_is_a_file_too_is_the_file_and_that_is_said(
    inspector: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(HELLO, tmp_path / "10.0.0.1")
    monkeypatch.chdir(tmp_path)

    frame, word = inspector("explain", "10.0.0.1:2"), inspector("explain", "10.0.0.2:2")

    assert "SYN,ACK (2 of 3)" in frame.out
    assert "10.0.0.1:2/tcp is the endpoint" in frame.err
    assert word.out.startswith("10.0.0.2 · address")
    assert word.err == ""


def test_frames_stand_among_words(inspector: Ask) -> None:
    done = inspector("explain", "zero", "window", f"{HELLO}:1", "FIN")

    assert done.code == 0
    assert done.out.index("zero window") < done.out.index("frame 1\n") < done.out.index("FIN · TCP flags")


def test_json_of_one_frame_is_one_value_and_of_several_words_an_array(inspector: Ask) -> None:
    alone = json.loads(inspector("explain", "--json", f"{HELLO}:1").out)
    both = json.loads(inspector("explain", "--json", f"{HELLO}:1", "FIN").out)

    assert alone["schema"] == "inspector/explain-frame/1"
    assert [each["schema"] for each in both] == ["inspector/explain-frame/1", "inspector/explain/1"]


def test_replay_and_check_narrate(inspector: Ask) -> None:
    replayed = inspector("replay", "--narrate", str(HELLO))
    checked = inspector("check", "--narrate", "-e", "tcp-hello", str(HELLO))

    for done in (replayed, checked):
        assert done.code == 0
        assert '1 client "SYN: let us talk' in done.out
    assert "verdict   ✓ as expected" in checked.out


def test_a_single_connection_is_narrated(inspector: Ask) -> None:
    multi = CAPTURES / "tcp-multi" / "tcp-multi.pcapng"

    done = inspector("replay", "--narrate", "--connection", "2", str(multi))

    assert done.out.count("SYN: let us talk") == 1
