"""The line that tells how far a long replay is: when it is there, what it says, and that it goes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

import pytest

from tests.cli.command import plain_environment, shipped

if TYPE_CHECKING:
    from pathlib import Path

LONG_RUN = """
from inspector.cli import progress
from inspector.cli.output import tell
from inspector.cli.streams import streams_of

clock = iter({times!r})
progress.monotonic = lambda: next(clock)
with progress.Progress(streams_of({files!r}, merge=False)) as shown:
    shown.hear(0, 1000, 250)
    shown.hear(0, 4000, 1000)
    tell("a word in between")
    shown.finish(0)
    shown.hear(1, 100, 100)
"""


def on_a_terminal(words: list[str], **environment: str) -> str:
    """What a program writes to standard error, which is a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    kept = {**plain_environment(), "TERM": "xterm", **environment}
    del kept["COLUMNS"]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs, env=kept)
    os.close(theirs)
    told = b""
    try:
        while data := os.read(ours, 1 << 16):
            told += data
    except OSError:
        pass  # Linux's end of a terminal
    os.close(ours)
    assert process.wait() == 0, told.decode()
    return told.decode()


def long_run(tmp_path: Path, *, times: list[float], pipe: bool = False, **environment: str) -> str:
    files = [tmp_path / "one.pcap", tmp_path / "other.pcap"]
    for file in files:
        file.write_bytes(bytes(1000))
    if pipe:
        files[1].unlink()
        os.mkfifo(files[1])
    program = LONG_RUN.format(times=times, files=[str(file) for file in files])
    return on_a_terminal([sys.executable, "-c", program], **environment)


def screen(told: str) -> list[str]:
    """What is to be seen in the end: lines, with a cursor that goes back and up, and lines that are cleared."""
    lines, row = [""], 0
    column = 0
    for piece in re.findall(r"\x1b\[\d*[A-Za-z]|\x1b\[[\d;]*m|\r|\n|[^\x1b\r\n]+", told):
        if piece == "\n":
            row, lines = row + 1, [*lines, ""]
        elif piece == "\r":
            column = 0
        elif piece == "\x1b[2K":
            lines[row] = ""
        elif piece == "\x1b[1A":
            row -= 1
        elif not piece.startswith("\x1b"):
            lines[row] = lines[row][:column] + piece + lines[row][column + len(piece) :]
            column += len(piece)
        else:
            assert piece.endswith("m"), piece
    return [line for line in lines if line.strip()]


def plain(told: str) -> str:
    return re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", told)


SLOW = [0.0, 2.0, 4.0, 5.0, 6.0, 7.0]


def test_a_long_run_tells_share_bytes_and_speed_in_one_line(tmp_path: Path) -> None:
    told = plain(long_run(tmp_path, times=SLOW))

    assert "file 1 of 2" in told
    assert "50%" in told
    assert "1.0/2.0 kB" in told
    assert "1,000 frames/s" in told
    assert "file 2 of 2" in told
    assert max(len(line) for line in re.split(r"[\r\n]", told)) <= 80


def test_it_makes_way_for_words_and_is_gone_at_the_end(tmp_path: Path) -> None:
    assert screen(long_run(tmp_path, times=SLOW)) == ["inspector: a word in between"]


def test_nothing_is_shown_in_the_first_second(tmp_path: Path) -> None:
    assert long_run(tmp_path, times=[0.0, 0.2, 0.4, 0.8, 0.99]) == "inspector: a word in between\r\n"


def test_it_is_not_shown_more_often_than_ten_times_a_second(tmp_path: Path) -> None:
    told = plain(long_run(tmp_path, times=[0.0, 2.0, 2.05, 2.09, 2.099]))

    assert "0.2/2.0 kB" in told
    assert "1.0/2.0 kB" not in told


def test_where_a_pipe_is_among_them_nobody_knows_the_whole(tmp_path: Path) -> None:
    told = plain(long_run(tmp_path, times=SLOW, pipe=True))

    assert "1.0 kB 1,000 frames/s" in told
    assert "%" not in told


@pytest.mark.parametrize("dumb", ["dumb", ""])
def test_a_dumb_terminal_gets_none(tmp_path: Path, dumb: str) -> None:
    assert long_run(tmp_path, times=SLOW, TERM=dumb) == "inspector: a word in between\r\n"


def test_without_colour_it_has_none_and_in_ascii_no_bar(tmp_path: Path) -> None:
    told = long_run(tmp_path, times=SLOW, NO_COLOR="1", LC_ALL="C")

    assert told.isascii()
    assert not re.search(r"\x1b\[\d+;?\d*m", told)


def test_a_small_capture_leaves_a_terminal_alone() -> None:
    """However slow the machine: here no time passes."""
    program = (
        "from inspector.cli import main, progress; progress.monotonic = lambda: 0.0;"
        f"main.cli.main(['replay', {str(shipped('tcp-hello'))!r}], standalone_mode=False)"
    )
    assert on_a_terminal([sys.executable, "-c", program]) == ""


def test_a_small_capture_does_not_wait_for_what_shows_progress() -> None:
    program = (
        "import sys; from inspector.cli.main import cli;"
        f"cli.main(['replay', {str(shipped('refused'))!r}], standalone_mode=False);"
        "sys.exit('rich.progress' in sys.modules or 'inspector.cli.workers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=False).returncode == 0
