"""Classical mistakes, and what a teacher would mark: the principles are at the head of `inspector/expect/matching.py`.

Each case is a connection with a mistake that students and stacks make, and all that is to be said of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inspector.expect.model import Kind
from inspector.report.differences import in_words
from tests.expect.said import MODULUS, Said, told

if TYPE_CHECKING:
    from collections.abc import Callable

WHOLE = """
client > server  SYN      seq=x        mss=1460
server > client  SYN,ACK  seq=y        ack=x+1    win=65535
client > server  ACK      seq=x+1      ack=y+1
client > server  ACK      seq=x+1      ack=y+1    len=n
server > client  ACK      seq=y+1      ack=x+1+n  len=m
client > server  FIN,ACK  seq=x+1+n    ack=y+1+m
server > client  ACK      seq=y+1+m    ack=x+1+n+1  len=0
server > client  FIN,ACK  seq=y+1+m    ack=x+1+n+1
client > server  ACK      seq=x+1+n+1  ack=y+1+m+1
"""


def whole() -> Said:
    """As it should be: frames 1 to 9 are lines 1 to 9."""
    said = Said().handshake().client("ACK", len=5).server("ACK", len=7)
    said.client("FIN,ACK").server("ACK").server("FIN,ACK").client("ACK")
    return said.changed(1, options=1, mss=1460)


def wrong_isn_throughout() -> Said:
    """The server acknowledges everything with 100 too much: its own idea of x."""
    said = whole()
    for frame in (2, 5, 7, 8):
        said.changed(frame, ack=said.segments[frame - 1].row.ack + 100)
    return said


def one_byte_more() -> Said:
    """Six bytes of data instead of five, and every number after it follows."""
    said = Said().handshake().client("ACK", len=6).server("ACK", len=7)
    said.client("FIN,ACK").server("ACK").server("FIN,ACK").client("ACK")
    return said.changed(1, options=1, mss=1460)


CASES: dict[str, tuple[Callable[[], Said], list[tuple[str, int | None, int | None, str]]]] = {
    "as it should be": (whole, []),
    "the last ACK of the handshake is missing": (lambda: whole().without(3), [("missing", 3, None, "")]),
    "SYN,ACK acknowledges x": (lambda: whole().changed(2, ack=1000), [("changed", 2, 2, "ack")]),
    "third segment acknowledges y": (lambda: whole().changed(3, ack=2000), [("changed", 3, 3, "ack")]),
    "the ACK of the FIN is one short": (lambda: whole().changed(7, ack=1006), [("changed", 7, 7, "ack")]),
    "the last ACK is one short": (lambda: whole().changed(9, ack=2008), [("changed", 9, 9, "ack")]),
    "FIN before the ACK of the other": (lambda: whole().swapped(7), [("swapped", 7, 8, "")]),
    "RST instead of FIN": (lambda: whole().changed(8, flags="RST,ACK"), [("changed", 8, 8, "flags")]),
    "the SYN once more, with another number": (
        lambda: _again(whole(), 1, seq=77_000),
        [("extra", None, 100, "")],
    ),
    "the server believes in another x": (
        wrong_isn_throughout,
        [("changed", frame, frame, "ack") for frame in (2, 5, 7, 8)],
    ),
    "one byte more, and all that follows agrees": (one_byte_more, []),
    "FIN without its ACK bit": (lambda: whole().changed(6, flags="FIN"), [("changed", 6, 6, "flags")]),
    "the data are missing, and their numbers stay": (lambda: whole().without(4), [("missing", 4, None, "")]),
    "the FIN of the server is missing": (lambda: whole().without(8), [("missing", 8, None, "")]),
    "data and ACK exchanged": (lambda: whole().swapped(4), [("swapped", 4, 5, "")]),
    "data and ACK exchanged, and a number wrong": (
        lambda: whole().changed(5, ack=99).swapped(4),
        [("changed", 5, 4, "ack"), ("swapped", 4, 5, "")],
    ),
    # Where packetdrill stops at the first.
    "two wrong fields of one segment": (
        lambda: whole().changed(2, ack=1000, window=100),
        [("changed", 2, 2, "ack"), ("changed", 2, 2, "win")],
    ),
    "a wrong flag and a wrong number together": (
        lambda: whole().changed(6, flags="FIN,RST,ACK", seq=1007),
        [("changed", 6, 6, "flags"), ("changed", 6, 6, "seq")],
    ),
    "another MSS": (lambda: whole().changed(1, mss=536), [("changed", 1, 1, "mss")]),
    "no MSS": (lambda: whole().changed(1, options=0), [("changed", 1, 1, "mss")]),
    "another window": (lambda: whole().changed(2, window=0), [("changed", 2, 2, "win")]),
    "three faults far apart": (
        lambda: whole().changed(2, ack=1000).changed(5, ack=1).changed(9, ack=9),
        [("changed", 2, 2, "ack"), ("changed", 5, 5, "ack"), ("changed", 9, 9, "ack")],
    ),
}


TURNS = """
use three-way-handshake
repeat *:
    client > server  ACK  seq=s    len=n
    server > client  ACK  ack=s+n  len=m
use any-close
"""


def turns() -> Said:
    """Two requests with their answers: frames 4 to 7."""
    return Said().handshake().client("ACK", len=5).server("ACK", len=6).client("ACK", len=5).server("ACK", len=6)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (turns().closed(), []),
        (turns().closed().without(5), [("missing", 5, None, "")]),
        (turns().closed().changed(5, ack=7), [("changed", 5, 5, "ack")]),
        (turns().server("ACK", len=6).client("ACK", len=4).server("ACK", len=3).closed(), [("extra", None, 8, "")]),
    ],
)
def test_of_turns_an_answer_that_is_lost_is_missing_and_one_more_is_extra(
    said: Said, expected: list[tuple[str, int | None, int | None, str]]
) -> None:
    assert told(said.compare(TURNS)) == expected


def test_a_reset_that_is_there_twice_is_one_too_many_and_no_attempt_is_missing() -> None:
    said = Said().client("SYN").server("RST,ACK", seq=0, ack=1001).server("RST,ACK", seq=0, ack=1001)
    said.client("SYN", seq=1000).server("RST,ACK", seq=0, ack=1001)
    text = "repeat +:\n    client > server  SYN      seq=x\n    server > client  RST,ACK  ack=x+1\n"

    assert told(said.compare(text)) == [("extra", None, 3, "")]


def _again(said: Said, after: int, seq: int) -> Said:
    """The same with frame `after` once more, as frame 100, with another sequence number."""
    traced = said.segments[after - 1]
    said.segments.insert(after, replace(traced, row=replace(traced.row, frame=100, seq=seq)))
    return said


@pytest.mark.parametrize("case", CASES)
def test_what_a_teacher_marks(case: str) -> None:
    make, expected = CASES[case]

    assert told(make().compare(WHOLE)) == expected


def test_sums_are_shown_for_each() -> None:
    said = whole().changed(2, ack=1000).changed(6, flags="FIN,RST,ACK", seq=1007).changed(1, options=0)

    assert [in_words(each) for each in said.compare(WHOLE).differences] == [
        "here.seq:2, mss: expected 1460, found no mss (RFC 9293 section 3.7.1)",
        "here.seq:3, ack: expected x+1 = 1000+1 = 1001, found x = 1000 (RFC 9293 section 3.5)",
        "here.seq:7, flags: expected FIN,ACK, found FIN,RST,ACK (RFC 9293 section 3.6)",
        "here.seq:7, seq: expected x+1+n = 1000+1+5 = 1006, found x+n+2 = 1007 (RFC 9293 section 3.6)",
    ]


# ------------------------------------------------------------------------- every kind has all that it needs

OPTIONS = (
    "client > server  SYN  seq=x  win=8000  urg=0  mss=1460  wscale=7  sack  timestamps  | SYN-SENT SYN-RECEIVED\n"
)
OPTIONS += "server > client  SYN,ACK  ack=x+1  len=0  within 1ms\n"


def test_each_field_is_named_with_both_values_its_rule_and_its_frame() -> None:
    said = Said().client("SYN").server("SYN,ACK", len=4).changed(1, window=9000, urgent=3).changed(2, time_ns=9_000_000)
    found = said.compare(OPTIONS).differences

    assert {each.field for each in found} == {"win", "urg", "mss", "wscale", "sack", "timestamps", "len", "time"}
    for each in found:
        assert (each.kind, each.line) == (Kind.CHANGED, each.frame)
        assert each.expected
        assert each.actual
        assert each.expected != each.actual
        assert each.rule or each.field == "time"
        assert each.display_filter == f"frame.number == {each.frame}"


def test_a_state_that_alone_is_wrong_is_told_and_one_that_follows_is_noted() -> None:
    text = "client > server  SYN  seq=x  | SYN-SENT LISTEN\nserver > client  SYN,ACK  seq=y  ack=x+1\n"
    said = Said().client("SYN").server("SYN,ACK")

    assert told(said.compare(text)) == [("changed", 1, 1, "states")]
    comparison = said.changed(2, ack=7).compare(text)
    assert told(comparison) == [("changed", 2, 2, "ack")]
    assert comparison.notes == ("states that follow from the differences: frame 1",)


def test_where_the_line_before_is_missing_the_time_since_says_nothing() -> None:
    text = "client > server SYN\nserver > client SYN,ACK within 1ms\nclient > server ACK within 1ms\n"
    said = Said().client("SYN").server("SYN,ACK").client("ACK").changed(3, time_ns=900_000_000).without(2)

    assert told(said.compare(text)) == [("missing", 2, None, "")]


def test_an_acknowledgment_of_data_whose_number_is_wrong_is_no_fault_of_its_own() -> None:
    """Four bytes end at x+5, and x+6 is acknowledged, since the data began one too early."""
    text = "use three-way-handshake\nclient > server  ACK  seq=x+1  len=5\nuse three-segment-close(client, server)\n"
    said = Said().handshake().client("ACK", len=5).server("ACK").closed().changed(4, seq=1000)
    comparison = said.compare(text)

    assert told(comparison) == [("changed", 4, 4, "seq")]
    assert comparison.notes == ("tolerated plain acknowledgments of data: frame 5",)


def test_a_first_segment_with_ack_is_a_wrong_flag_and_not_another_originator() -> None:
    """SYN,ACK comes from a responder, so whoever sends it first is taken for one; then nothing would fit."""
    said = Said().handshake().client("ACK", len=3).changed(1, flags="SYN,ACK")
    text = "use three-way-handshake\nclient > server  ACK  seq=x+1  ack=y+1  len=3\n"
    said.segments = [replace(each, sender=each.sender.other) for each in said.segments]
    comparison = said.compare(text)

    assert told(comparison) == [("changed", 1, 1, "flags")]
    assert comparison.notes == ("nearer with the roles exchanged: client is the responder",)


def test_a_segment_that_is_said_again_word_for_word_was_sent_again() -> None:
    said = Said().handshake().client("ACK", len=3).client("ACK", seq=1001, len=3)

    assert said.compare("use three-way-handshake\nclient > server ACK len=3\n").matched


def test_numbers_far_away_are_shown_as_they_are() -> None:
    (difference,) = whole().changed(7, ack=MODULUS // 2).compare(WHOLE).differences

    assert difference.actual == str(MODULUS // 2)


def test_a_reset_that_repeats_a_wrong_number_is_no_witness_of_it() -> None:
    """RFC 9293 section 3.5.2: its sequence number is taken from the segment that it answers."""
    said = Said().client("SYN").server("SYN,ACK").client("ACK", ack=2100).server("RST", seq=2100)

    assert told(said.compare("three-way-handshake")) == [("changed", 3, 3, "ack")]


def test_a_wrong_sum_of_the_expectations_own_is_told_where_it_is_written() -> None:
    """The length is confirmed by all that follows, and so is the acknowledgment: the first use is believed."""
    said = Said().handshake().server("ACK", len=14).client("ACK").client("ACK", len=18).server("ACK").closed()
    text = "use three-way-handshake\nserver > client ACK seq=y+1 len=n\nclient > server ACK ack=y+1+n+5 len=0\n...\n"

    assert told(said.compare(text)) == [("changed", 5, 5, "ack")]


def test_no_length_is_made_up_that_is_less_than_nothing() -> None:
    said = Said().handshake().server("ACK", len=14).client("ACK").closed()
    comparison = said.compare("use three-way-handshake\n...\nuse any-close(server, client, u=y+99)\n")

    assert not comparison.matched
    assert all(value < 2**31 for _, value in comparison.bindings)


def test_a_first_segment_with_a_wrong_flag_is_still_the_first() -> None:
    """Also where `...` would take it, and no other number speaks for it."""
    said = Said().client("FIN,SYN").server("RST,ACK")

    assert told(said.compare("three-way-handshake"))[0] == ("changed", 1, 1, "flags")
