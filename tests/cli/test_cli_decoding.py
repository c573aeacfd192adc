"""`--decoder` and `-Y`: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import inspector, shipped
from tests.wire.files import NOW, pcap

UPLOAD = shipped("tcp-upload")
needs_tshark = pytest.mark.usefixtures("tshark")


@needs_tshark
def test_only_frames_that_match_are_inspected_and_counted() -> None:
    done = inspector("replay", UPLOAD, "-Y", "tcp.flags.syn == 1")

    assert done.code == 0
    assert "2 of 10 frames match -Y tcp.flags.syn == 1" in done.out
    assert "handshake half-open" in done.out


@needs_tshark
def test_the_filter_is_in_the_json() -> None:
    done = inspector("replay", "--json", UPLOAD, "-Y", "tcp.flags.fin == 1")
    capture = json.loads(done.out)["capture"]

    assert capture["frames"] == 2
    assert capture["display_filter"] == {"expression": "tcp.flags.fin == 1", "matched": 2, "of": 10}


@needs_tshark
def test_5_where_nothing_matches() -> None:
    done = inspector("replay", UPLOAD, "-Y", "dns")

    assert done.code == 5
    assert "0 of 10 frames match -Y dns" in done.out


@needs_tshark
def test_2_for_a_wrong_filter_in_tshark_s_own_words() -> None:
    done = inspector("replay", UPLOAD, "-Y", "foo bar")

    assert (done.code, done.out) == (2, "")
    assert done.err == "inspector: -Y 'foo bar': \"bar\" was unexpected in this context.\n"


@needs_tshark
@pytest.mark.parametrize("words", [["-Y", "tcp"], ["--decoder", "tshark"], ["--decoder", "scapy", "-Y", "tcp"]])
def test_a_pipe_is_written_to_a_file_first(words: list[str]) -> None:
    done = inspector("replay", "-", *words, stdin=UPLOAD.read_bytes())

    assert done.code == 0
    assert "handshake complete, close four-segment" in done.out


@pytest.mark.parametrize("words", [["-Y", "tcp"], ["--decoder", "tshark"]])
def test_4_without_tshark(words: list[str], tmp_path: Path) -> None:
    done = inspector("replay", UPLOAD, *words, PATH=str(tmp_path))

    assert (done.code, done.out) == (4, "")
    assert "is not installed" in done.err.splitlines()[0]


def test_2_for_checksums_by_another_decoder() -> None:
    done = inspector("replay", UPLOAD, "--decoder", "scapy", "--checksums")

    assert done.code == 2
    assert "--checksums is our own decoder's" in done.err


def test_a_capture_is_checked_by_another_decoder() -> None:
    assert inspector("check", UPLOAD, "--expect", "half-close", "--decoder", "scapy").code == 0


@pytest.fixture
def docsis(tmp_path: Path) -> Path:
    path = tmp_path / "docsis.pcap"
    path.write_bytes(pcap([(NOW, 0, bytes(60), 60)], link_type=143))
    return path


@needs_tshark
def test_3_for_a_link_type_that_we_do_not_read_with_who_does(docsis: Path) -> None:
    done = inspector("replay", docsis)

    assert done.code == 3
    assert done.err.splitlines()[2] == f"  inspector replay --decoder tshark {docsis}"


def test_3_for_a_link_type_without_tshark_names_no_decoder(docsis: Path, tmp_path: Path) -> None:
    done = inspector("replay", docsis, PATH=str(tmp_path))

    assert done.code == 3
    assert "--decoder" not in done.err


def test_3_for_a_link_type_that_scapy_does_not_know(docsis: Path) -> None:
    done = inspector("replay", docsis, "--decoder", "scapy")

    assert done.code == 3
    assert "is not known to scapy" in done.err


@needs_tshark
def test_3_for_what_tshark_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "letter.pcap"
    path.write_bytes(b"Dear Wireshark, this is no capture at all.\n")
    done = inspector("replay", path, "--decoder", "tshark")

    assert done.code == 3
    assert "tshark cannot read it: The file" in done.err
