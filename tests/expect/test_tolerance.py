"""What is passed over without being expected, and what never is."""

from __future__ import annotations

import pytest

from inspector.tcp.facts import Fact
from tests.expect.said import Said, told
from tests.tcp.conversation import Conversation

UPLOAD = """
use three-way-handshake
client > server  ACK  seq=x+1  len=n
use any-close
"""


def upload() -> Said:
    return Said().handshake().client("PSH,ACK", len=9).server("ACK").closed()


def test_push_is_not_compared_and_an_acknowledgment_of_data_is_passed_over_with_a_note() -> None:
    comparison = upload().compare(UPLOAD)
    assert comparison.matched
    assert comparison.notes == ("tolerated plain acknowledgments of data: frame 5",)


def test_push_that_is_written_is_compared() -> None:
    assert (
        Said().handshake().client("PSH,ACK", len=9).closed().compare(UPLOAD.replace("ACK  seq", "PSH,ACK  seq")).matched
    )
    plain = Said().handshake().client("ACK", len=9).closed()
    assert told(plain.compare(UPLOAD.replace("ACK  seq", "PSH,ACK  seq"))) == [("changed", 4, 4, "flags")]


def test_strict_passes_over_nothing() -> None:
    assert told(upload().compare("strict" + UPLOAD)) == [("extra", None, 5, "")]


def test_ecn_bits_of_a_syn_are_not_compared() -> None:
    assert upload().changed(1, flags="SYN,ECE,CWR").compare(UPLOAD).matched


@pytest.mark.parametrize(
    ("fact", "word"),
    [
        (Fact.DUPLICATE, "capture duplicates"),
        (Fact.RETRANSMISSION, "retransmissions"),
        (Fact.SPURIOUS_RETRANSMISSION, "retransmissions"),
        (Fact.KEEP_ALIVE, "keep-alives"),
        (Fact.WINDOW_UPDATE, "window updates"),
        (Fact.DUPLICATE_ACK, "duplicate acknowledgments"),
        (Fact.ZERO_WINDOW_PROBE, "zero-window probes"),
    ],
)
def test_what_was_sent_again_is_passed_over_and_noted_but_not_when_strict(fact: int, word: str) -> None:
    said = Said().handshake().client("ACK", len=9).client("ACK", seq=1001, len=9, facts=fact).closed()
    comparison = said.compare(UPLOAD)
    assert comparison.matched
    assert comparison.notes == (f"tolerated {word}: frame 5",)
    assert told(said.compare("strict" + UPLOAD)) == [("extra", None, 5, "")]


def test_the_third_segment_of_the_handshake_is_not_passed_over() -> None:
    said = upload().without(3)
    assert told(said.compare(UPLOAD)) == [("missing", 3, None, "")]


def test_an_acknowledgment_that_nobody_wrote_of_a_fin_is_extra() -> None:
    said = Said().handshake().client("FIN,ACK").server("ACK").server("FIN,ACK").client("ACK")
    assert told(said.compare("use three-way-handshake\nuse three-segment-close\n")) == [("extra", None, 5, "")]


def test_an_acknowledgment_of_what_was_never_sent_is_extra() -> None:
    assert told(upload().changed(5, ack=5000).compare(UPLOAD)) == [("extra", None, 5, "")]


def test_a_repeated_acknowledgment_is_passed_over() -> None:
    said = Said().handshake().client("ACK").client("ACK", len=9).closed()
    assert said.compare(UPLOAD).notes == ("tolerated repeated acknowledgments: frame 4",)


def test_many_frames_are_counted_in_one_note() -> None:
    said = Said().handshake()
    for _ in range(8):
        said.client("ACK", len=1).server("ACK")
    (note,) = (
        said.closed().compare("use three-way-handshake\nrepeat +: client > server ACK len=1\nuse any-close\n").notes
    )
    assert note == "tolerated plain acknowledgments of data: frames 5, 7, 9, 11, 13 and 3 more"


def test_what_the_tracker_calls_a_retransmission_is_passed_over() -> None:
    talk = Conversation().client("SYN", seq=100).again().again()
    talk.server("SYN,ACK", seq=300, ack=101).again().client("ACK", seq=101, ack=301)
    talk.client("ACK", seq=101, ack=301, data=9).again().server("ACK", seq=301, ack=110)
    talk.client("FIN,ACK", seq=110, ack=301).again().server("FIN,ACK", seq=301, ack=111)
    talk.client("ACK", seq=111, ack=302)
    from inspector.expect.comparison import compare
    from inspector.expect.parser import parse

    comparison = compare(parse(UPLOAD), talk.connection())
    assert comparison.differences == ()
    assert "tolerated retransmissions: frames 2, 3, 5, 8, 11" in comparison.notes


def test_a_syn_that_was_overtaken_by_its_answer_is_swapped_and_not_missing() -> None:
    from inspector.expect.comparison import compare
    from inspector.expect.library import load

    talk = Conversation().server("SYN,ACK", seq=300, ack=101).client("SYN", seq=100).client("ACK", seq=101, ack=301)
    talk.client("ACK", seq=101, ack=301, data=9)
    assert told(compare(load("three-way-handshake"), talk.connection())) == [("swapped", 1, 2, "")]
