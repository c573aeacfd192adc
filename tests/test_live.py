"""A live run trusts its own count of frames before it trusts a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.capture.engine import Statistics
from inspector.capture.recording import Recording
from inspector.errors import CaptureError, CaptureFileError
from inspector.expect.library import load
from inspector.live import _refuse_unless_whole
from inspector.pipeline import inspect


class Counted(Recording):
    """A recording that is over, and counted so many frames."""

    def __init__(self, received: int) -> None:
        super().__init__("lo")
        self._statistics = Statistics(received, 0)
        self._ended.set()


def test_a_file_with_all_that_was_captured_is_accepted(captures: Path) -> None:
    path = captures / "tcp-hello" / "tcp-hello.pcapng"

    _refuse_unless_whole(inspect(path), Counted(10), path, load("tcp-hello"))


def test_a_file_that_another_run_wrote_is_no_matter_of_tcp(captures: Path) -> None:
    path = captures / "tcp-hello" / "tcp-hello.pcapng"

    with pytest.raises(CaptureFileError, match="expected the 12 frames that were captured, found 10"):
        _refuse_unless_whole(inspect(path), Counted(12), path, load("tcp-hello"))


def test_a_demo_of_which_nothing_was_captured_is_a_failed_capture(captures: Path) -> None:
    path = captures / "tcp-hello" / "tcp-hello.pcapng"

    with pytest.raises(CaptureError, match="not one frame"):
        _refuse_unless_whole(inspect(path), Counted(0), path, load("tcp-hello"))


def test_a_demo_of_which_nothing_is_expected_may_leave_nothing(captures: Path, tmp_path: Path) -> None:
    path = captures / "tcp-hello" / "tcp-hello.pcapng"
    (tmp_path / "nothing.seq").write_text("nothing\n", encoding="utf-8")
    expected = load(str(tmp_path / "nothing.seq"))

    with pytest.raises(CaptureFileError, match="expected the 0 frames that were captured, found 10"):
        _refuse_unless_whole(inspect(path), Counted(0), path, expected)
