"""`-Y`: tshark chooses, in its own words, and numbers as we do."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.errors import CaptureFileError, FilterError
from inspector.referee.display_filter import frames_matching
from inspector.wire import open_capture
from tests.wire.files import block, frames_of

pytestmark = pytest.mark.usefixtures("tshark")


def matching(path: Path, display_filter: str) -> list[int]:
    chosen = frames_matching(path, path.name, display_filter).chosen
    return [number for number, is_chosen in enumerate(chosen) if is_chosen]


@pytest.fixture
def hello(captures: Path) -> Path:
    return captures / "tcp-hello" / "tcp-hello.pcapng"


def test_frames_that_match_are_chosen(hello: Path) -> None:
    assert matching(hello, "tcp.flags.syn == 1") == [1, 2]
    assert matching(hello, "tcp.flags.fin == 1 || frame.number == 4") == [4, 8, 9]


def test_fields_that_need_two_passes_are_known_from_the_first_frame_on(hello: Path) -> None:
    assert matching(hello, "tcp.completeness == 31") == list(range(1, 11))


def test_nothing_may_match(hello: Path) -> None:
    assert matching(hello, "dns") == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("foo bar", '"bar" was unexpected in this context.'),
        ("tcp.nosuch", "tcp.nosuch"),
        ("tcp) || (udp", "unexpected"),
        ("tcp ==", "nexpected end of filter expression"),
    ],
)
def test_a_wrong_filter_is_told_in_tshark_s_own_words(hello: Path, wrong: str, words: str) -> None:
    with pytest.raises(FilterError, match="-Y") as refused:
        frames_matching(hello, "hello", wrong)

    assert words in refused.value.message
    assert "\n" not in refused.value.message


def test_custom_blocks_are_no_frames_here(hello: Path, tmp_path: Path) -> None:
    """Tshark numbers them; a filter that is about frames must not move."""
    octets = hello.read_bytes()
    custom = block(0xBAD, (32473).to_bytes(4, "little") + b"said")
    dressed = tmp_path / "dressed.pcapng"
    at, made = 0, b""
    while at < len(octets):
        length = int.from_bytes(octets[at + 4 : at + 8], "little")
        made += octets[at : at + length] + (custom if octets[at] == 6 else b"")
        at += length
    dressed.write_bytes(made)

    assert len(frames_of(made)) == 10
    assert matching(dressed, "tcp.flags.syn == 1") == [1, 2]
    assert matching(dressed, "tcp.flags.fin == 1") == [8, 9]


def test_a_cut_capture_is_chosen_from_as_far_as_it_goes(hello: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(hello.read_bytes()[:-150])
    with open_capture(cut) as reader:
        there = sum(batch.count for batch in reader)

    assert matching(cut, "tcp") == list(range(1, there + 1))
    assert matching(cut, "dns") == []


def test_what_tshark_cannot_read_is_an_error_with_its_words(tmp_path: Path) -> None:
    letter = tmp_path / "letter.pcap"
    letter.write_bytes(b"Dear Wireshark, this is no capture at all.\n")

    with pytest.raises(CaptureFileError, match='letter: tshark cannot read it: The file "letter" isn\'t a capture'):
        frames_matching(letter, "letter", "tcp")
