"""What stands between segments: silences, the end, states; and what lines are called by: choices and named parts."""

from __future__ import annotations

import pytest

from inspector.errors import ExpectationError
from inspector.expect.automaton import MOST_MARKS
from inspector.expect.marks import passed_text
from inspector.expect.model import Kind
from inspector.tcp.facts import Fact
from inspector.tcp.states import State
from inspector.wire.row import NO_TIME
from tests.expect.said import Said, told

MS = 1_000_000

# ------------------------------------------------------------------------------------ one of


@pytest.mark.parametrize(("flags", "matched"), [("RST", True), ("RST,ACK", True), ("FIN", False), ("RST,FIN", False)])
def test_one_of_two_flags(flags: str, matched: bool) -> None:  # noqa: FBT001 - a table of cases
    assert Said().client(flags).compare("client > server  RST or RST,ACK\n").matched is matched


def test_a_choice_is_told_whole_with_what_came() -> None:
    (difference,) = Said().client("FIN,ACK").compare("client > server  RST or RST,ACK\n").differences
    assert (difference.kind, difference.field) == (Kind.CHANGED, "flags")
    assert (difference.expected, difference.actual) == ("RST or RST,ACK", "FIN,ACK")
    assert (difference.rule, difference.frame) == ("RFC 9293 section 3.5.2", 1)


def test_a_choice_that_is_missing_is_shown_by_a_filter_for_each() -> None:
    said = Said().client("SYN")
    (difference,) = said.compare("client > server  SYN\nserver > client  SYN,ACK or RST,ACK\n").differences
    assert difference.kind is Kind.MISSING
    assert "tcp.flags.syn == 1 && tcp.flags.ack == 1" in difference.display_filter
    assert "tcp.flags.rst == 1 && tcp.flags.ack == 1" in difference.display_filter


def test_a_choice_of_at_least_these() -> None:
    text = "client > server  FIN+ or RST+\n"
    assert Said().client("FIN,PSH,ACK").compare(text).matched
    assert Said().client("RST,ACK").compare(text).matched
    assert not Said().client("ACK").compare(text).matched


# ------------------------------------------------------------------------------------ named parts


def test_a_difference_tells_the_part_that_its_line_lies_in() -> None:
    text = "part opening:\n  use three-way-handshake\npart closing:\n  part all of it:\n".replace(" all of it", " last")
    text += "    use three-segment-close(client, server)\n"
    assert Said().handshake().closed().compare(text).matched
    (difference,) = Said().handshake().closed().changed(5, ack=7).compare(text).differences
    assert (difference.part, difference.line, difference.frame, difference.field) == ("closing/last", 5, 5, "ack")
    (missing,) = Said().handshake().closed().without(2).compare(text).differences
    assert (missing.kind, missing.part) == (Kind.MISSING, "opening")


def test_a_part_stays_together_in_any_order() -> None:
    text = "any order:\n  part one:\n    client > server SYN\n    server > client FIN\n  client > server RST\n"
    assert Said().client("SYN").server("FIN").client("RST").compare(text).matched
    assert Said().client("RST").client("SYN").server("FIN").compare(text).matched
    assert not Said().client("SYN").client("RST").server("FIN").compare(text).matched


# ------------------------------------------------------------------------------------ silence

SILENT = "client > server  ACK  len=n\nno segment for 100ms\nclient > server  ACK  len=m\n"


def at(said: Said, *milliseconds: int) -> Said:
    for frame, time in enumerate(milliseconds, start=1):
        said.changed(frame, time_ns=time * MS)
    return said


@pytest.mark.parametrize(("time", "matched"), [(100, True), (99, False), (5000, True)])
def test_a_silence_lasts_as_long_as_it_says(time: int, matched: bool) -> None:  # noqa: FBT001 - a table of cases
    assert at(Said().client("ACK", len=1).client("ACK", len=2), 0, time).compare(SILENT).matched is matched


def test_a_broken_silence_is_told_with_both_times_and_both_frames() -> None:
    (difference,) = at(Said().client("ACK", len=1).client("ACK", len=2), 0, 40).compare(SILENT).differences
    assert (difference.kind, difference.field, difference.line, difference.frame) == (Kind.CHANGED, "silence", 1, 2)
    assert difference.expected == "no segment for 100ms"
    assert difference.actual.startswith("client > server  ACK")
    assert difference.actual.endswith(", 40 ms after frame 1")
    assert difference.display_filter == "frame.number == 1 || frame.number == 2"


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1 us"),
        (1_050_001, "1.050001 ms"),
        (999_999_999, "999.999999 ms"),
        (1_021_238_638, "1.021238638 s"),
        (60_000_000_000, "60 s"),
        (4_000_000_000_001, "4,000.000000001 s"),
        (-17, "-17 ns"),
    ],
)
def test_a_time_is_told_in_the_unit_that_suits_and_with_every_digit(nanoseconds: int, text: str) -> None:
    assert passed_text(nanoseconds) == text


def test_what_breaks_a_silence_is_not_told_as_extra_too() -> None:
    said = at(Said().client("ACK", len=1).server("RST").client("ACK", len=2), 0, 40, 200)
    assert told(said.compare(SILENT)) == [("changed", 1, 2, "silence")]


def test_what_is_tolerated_breaks_no_silence_but_a_strict_one() -> None:
    said = at(Said().client("ACK", len=1).server("ACK").client("ACK", len=2), 0, 40, 200)
    comparison = said.compare(SILENT)
    assert comparison.matched
    assert comparison.notes == ("tolerated plain acknowledgments of data: frame 2",)
    assert told(said.compare("strict\n" + SILENT)) == [("changed", 1, 2, "silence")]


def test_a_silence_of_one_peer_is_about_that_peer() -> None:
    text = "client > server  ACK  len=n\nno segment from {} for 100ms\n...\n"
    said = at(Said().client("ACK", len=1).server("ACK", len=2), 0, 40)
    assert said.compare(text.format("client")).matched
    assert told(said.compare(text.format("server"))) == [("changed", 1, 2, "silence")]


def test_a_silence_at_the_end_holds_as_far_as_the_capture_goes() -> None:
    text = "client > server  ACK  len=n\nno segment for 100s\n"
    assert Said().client("ACK", len=1).compare(text).matched
    assert told(Said().client("ACK", len=1).server("FIN").compare(text)) == [("changed", 1, 2, "silence")]


def test_a_silence_after_dots_is_before_the_next_line() -> None:
    text = "part: ending\nno segment for 100ms\nclient > server  FIN\n"
    said = Said().client("SYN").client("ACK", len=1).client("FIN")
    assert at(said, 0, 10, 110).compare(text).matched
    assert told(at(said, 0, 10, 109).compare(text)) == [("changed", None, 3, "silence")]


def test_a_silence_needs_a_clock_in_the_capture_and_a_line_that_was_found() -> None:
    said = at(Said().client("ACK", len=1).client("ACK", len=2), 0, 40)
    assert said.changed(2, time_ns=NO_TIME).compare(SILENT).matched
    text = "client > server SYN\nserver > client SYN,ACK\nno segment for 1s\nclient > server ACK len=n\n"
    assert told(at(Said().client("SYN").client("ACK", len=1), 0, 4).compare(text)) == [("missing", 2, None, "")]


def test_a_silence_of_datagrams_belongs_to_the_exchange() -> None:
    from inspector.expect.comparison import Comparer
    from inspector.expect.parser import parse
    from inspector.expect.subject import Event, Subject, Transport
    from inspector.findings import Side
    from inspector.wire.row import Protocol

    numbers = (None, None, 5, *[None] * 6)
    events = [Event(frame, frame * MS, Side.ORIGINATOR, Protocol.UDP, numbers=numbers) for frame in (1, 2)]
    subject = Subject(Transport.UDP, 1, tuple(events), "udp")
    comparer = Comparer(parse("client > server UDP\nno datagram for 2ms\nclient > server UDP\n"))
    assert told(comparer.compare(subject)) == [("changed", 1, 2, "silence")]


# ------------------------------------------------------------------------------------ the end


def test_nothing_after_this_ends_a_beginning() -> None:
    text = "part: beginning\nclient > server  SYN\nserver > client  RST,ACK\n"
    said = Said().client("SYN").server("RST,ACK").client("SYN")
    assert said.compare(text).matched
    (difference,) = said.compare(text + "nothing after this\n").differences
    assert (difference.kind, difference.frame, difference.expected) == (Kind.EXTRA, 3, "nothing after this")
    assert difference.actual.startswith("client > server  SYN")
    assert said.without(3).compare(text + "nothing after this\n").matched


def test_one_way_may_end_where_another_goes_on() -> None:
    text = "client > server SYN\neither:\n  server > client RST,ACK\n  nothing after this\n"
    text += "or:\n  server > client SYN,ACK\nclient > server ACK ack=y+1\n"
    assert Said().client("SYN").server("RST,ACK").compare(text).matched
    assert Said().client("SYN").server("SYN,ACK").client("ACK").compare(text).matched
    assert told(Said().client("SYN").server("SYN,ACK").compare(text)) == [("missing", 3, None, "")]
    assert told(Said().client("SYN").server("RST,ACK").client("ACK").compare(text)) == [("extra", None, 3, "")]


def test_a_way_may_end_with_nothing_at_all() -> None:
    text = "client > server SYN\neither:\n  nothing after this\nor:\n  server > client RST,ACK\nclient > server SYN\n"
    assert Said().client("SYN").compare(text).matched
    assert Said().client("SYN").server("RST,ACK").client("SYN").compare(text).matched
    assert not Said().client("SYN").server("RST,ACK").compare(text).matched
    assert not Said().client("SYN").client("SYN").compare(text).matched


def test_a_later_round_of_a_repeat_may_be_the_end() -> None:
    text = "repeat *:\n  either: nothing after this\n  or: client > server SYN\nclient > server RST\n"
    assert Said().client("SYN").client("SYN").compare("strict\n" + text).matched
    assert Said().client("SYN").client("RST").compare("strict\n" + text).matched
    assert not Said().client("RST").client("SYN").compare("strict\n" + text).matched


def test_what_is_tolerated_may_follow_the_end_but_not_a_strict_one() -> None:
    text = "client > server SYN\nnothing after this\n"
    said = Said().client("SYN").client("SYN", seq=1000, facts=Fact.RETRANSMISSION)
    assert said.compare(text).matched
    assert told(said.compare("strict\n" + text)) == [("extra", None, 2, "")]


# ------------------------------------------------------------------------------------ states

ESTABLISHED = State.ESTABLISHED, State.ESTABLISHED
CLOSING = State.FIN_WAIT_1, State.CLOSE_WAIT


def test_states_on_a_line_of_their_own_are_those_after_the_line_before() -> None:
    text = "client > server  FIN,ACK\n| {}\nserver > client  ACK  ack=any\n"
    said = Said().client("FIN,ACK", states=CLOSING).server("ACK", states=(State.FIN_WAIT_2, State.CLOSE_WAIT))
    assert said.compare(text.format("FIN-WAIT-1 CLOSE-WAIT")).matched
    assert said.compare(text.format("- CLOSE-WAIT")).matched
    (difference,) = said.compare(text.format("FIN-WAIT-2 CLOSE-WAIT")).differences
    assert (difference.kind, difference.field, difference.line, difference.frame) == (Kind.CHANGED, "states", 1, 1)
    assert (difference.expected, difference.actual) == ("FIN-WAIT-2 CLOSE-WAIT", "FIN-WAIT-1 CLOSE-WAIT")
    assert difference.rule == "RFC 9293 section 3.3.2"
    assert difference.display_filter == "frame.number == 1"


def test_states_after_dots_are_those_before_the_next_line_or_at_the_end() -> None:
    said = Said().client("SYN", states=ESTABLISHED).client("ACK", len=3, states=ESTABLISHED)
    said.client("FIN", states=CLOSING)
    assert said.compare("part: ending\n| ESTABLISHED ESTABLISHED\nclient > server FIN\n").matched
    assert told(said.compare("part: ending\n| ESTABLISHED CLOSED\nclient > server FIN\n")) == [
        ("changed", None, 2, "states")
    ]
    assert said.compare("client > server SYN\n...\n| FIN-WAIT-1 CLOSE-WAIT\n").matched
    assert not said.compare("client > server SYN\n...\n| ESTABLISHED ESTABLISHED\n").matched


def test_roles_that_are_exchanged_exchange_states_and_silences_too() -> None:
    text = "peers: closer other either way\ncloser > other FIN\n"
    text += "no segment from other for 100ms\n| FIN-WAIT-1 CLOSE-WAIT\n...\n"
    swapped = State.CLOSE_WAIT, State.FIN_WAIT_1
    assert Said().client("FIN", states=CLOSING).compare(text).matched
    assert Said().server("FIN", states=swapped).compare(text).matched
    assert not Said().server("FIN", states=CLOSING).compare(text).matched
    assert told(at(Said().server("FIN", states=swapped).client("FIN"), 0, 5).compare(text)) == [
        ("changed", 1, 2, "silence")
    ]


# ------------------------------------------------------------------------------------ complaints


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no segment for 1s\nclient > server SYN", "expected a line before it"),
        ("| CLOSED LISTEN\nclient > server SYN", "expected a line before it"),
        ("client > server SYN\n...\nno segment for 1s\n...\n", "expected a line before it"),
        ("client > server SYN\n...\nno segment for 1s\n", "expected a line before it"),
        ("client > server SYN\n" + "| CLOSED LISTEN\n" * (MOST_MARKS + 1) + "client > server SYN\n", "more than"),
        ("use three-way-handshake\nno segment from klient for 1s", "third peer `klient`"),
    ],
)
def test_a_mark_without_a_place_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(ExpectationError, match=words) as raised:
        Said().client("SYN").compare(text + "\n")
    assert raised.value.line


def test_of_two_ways_between_the_same_lines_the_one_that_says_less_counts() -> None:
    text = "client > server SYN\neither: no segment for 1s\nor: optional: server > client RST\nclient > server ACK\n"
    assert (
        at(Said().client("SYN").client("ACK"), 0, 1).compare(text.replace("or: optional:", "or:\n  optional:")).matched
    )


def test_of_lines_in_the_other_order_no_silence_is_told() -> None:
    text = "client > server SYN seq=x\nno segment for 1s\nserver > client SYN,ACK ack=x+1\n"
    said = Said().client("SYN").server("SYN,ACK").swapped(1)
    assert told(said.compare(text)) == [("swapped", 1, 2, "")]


def test_where_a_block_is_optional_its_marks_are_too() -> None:
    text = "client > server SYN\noptional:\n  server > client SYN,ACK\n  no segment for 1s\nclient > server ACK\n"
    assert at(Said().client("SYN").client("ACK"), 0, 1).compare(text).matched
    assert told(at(Said().client("SYN").server("SYN,ACK").client("ACK"), 0, 1, 2).compare(text)) == [
        ("changed", 2, 3, "silence")
    ]


def test_a_silence_in_each_round_of_a_repeat() -> None:
    text = "repeat +:\n  client > server ACK len=n\n  no segment for 10ms\n"
    said = Said().client("ACK", len=1).client("ACK", len=2).client("ACK", len=3)
    assert at(said, 0, 10, 20).compare(text).matched
    assert told(at(said, 0, 10, 19).compare(text)) == [("changed", 2, 3, "silence")]
