"""Foreign formats through `editcap`: the same connections as from the pcapng; without it, the format is named."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from inspector.errors import CaptureFileError
from inspector.pipeline import inspect

CAPTURE = Path(__file__).parents[2] / "captures/tcp-upload/tcp-upload.pcapng"

FOREIGN = {
    "snoop": "a snoop capture",
    "netmon1": "a capture of Microsoft Network Monitor 1",
    "netmon2": "a capture of Microsoft Network Monitor 2",
    "ngsniffer": "a capture of Network General's Sniffer",
    "ngwsniffer_1_1": "a capture of NetXray or Sniffer for Windows",
    "erf": "an ERF capture of an Endace card",
    "5views": "a format that is not known here",
    "k12text": "text",
}


@pytest.fixture
def editcap() -> str:
    found = shutil.which("editcap")
    if found is None:
        pytest.skip("editcap is not installed")
    return found


@pytest.fixture(params=FOREIGN)
def foreign(request: pytest.FixtureRequest, editcap: str, tmp_path: Path) -> tuple[str, Path]:
    path = tmp_path / "a capture"
    made = subprocess.run([editcap, "-F", request.param, CAPTURE, path], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"editcap does not write {request.param}")
    return request.param, path


def test_a_foreign_capture_has_the_same_connections(foreign: tuple[str, Path]) -> None:
    name, path = foreign
    if name == "k12text":
        pytest.skip("text is not taken for a capture")
    ours, theirs = inspect(CAPTURE), inspect(path)

    assert theirs.verdict == ours.verdict
    assert theirs.capture.frames == ours.capture.frames
    assert [(one.handshake, one.close, one.zeek) for one in theirs.connections] == [
        (one.handshake, one.close, one.zeek) for one in ours.connections
    ]


def test_without_editcap_the_format_is_named(foreign: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    name, path = foreign
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CaptureFileError, match=FOREIGN[name]) as caught:
        inspect(path)

    assert caught.value.remedies


def test_what_editcap_cannot_read_either_is_refused_in_our_words(tmp_path: Path) -> None:
    path = tmp_path / "-x"
    path.write_bytes(bytes(range(256)) * 9)
    with pytest.raises(CaptureFileError, match="found a format that is not known here"):
        inspect(path)


def test_a_capture_that_breaks_off_says_what_editcap_said(editcap: str, tmp_path: Path) -> None:
    path = tmp_path / "cut"
    subprocess.run([editcap, "-F", "snoop", CAPTURE, path], check=True)
    path.write_bytes(path.read_bytes()[:-20])
    inspection = inspect(path)

    assert inspection.capture.frames
    assert "editcap: " in inspection.capture.cut
