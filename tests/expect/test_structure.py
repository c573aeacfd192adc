"""Optional, repeated, alternative and any-order lines; symbols in them; the other fields of a line."""

from __future__ import annotations

import pytest

from inspector.tcp.states import State
from inspector.wire.row import NO_TIME, Option
from tests.expect.said import Said, told


def data(*lengths: int) -> Said:
    """Data from the client, and nothing else."""
    said = Said()
    for length in lengths:
        said.client("ACK", len=length)
    return said


@pytest.mark.parametrize(
    ("count", "lengths", "matched"),
    [
        ("*", (), True),
        ("*", (1, 2, 3), True),
        ("+", (), False),
        ("+", (1,), True),
        ("{2}", (1,), False),
        ("{2}", (1, 2), True),
        ("{2}", (1, 2, 3), False),
        ("{1,2}", (), False),
        ("{1,2}", (1, 2), True),
        ("{1,2}", (1, 2, 3), False),
        ("{0,1}", (), True),
        ("{2,}", (1,), False),
        ("{2,}", (1, 2, 3, 4), True),
    ],
)
def test_counts(count: str, lengths: tuple[int, ...], matched: bool) -> None:  # noqa: FBT001 - a table of cases
    assert data(*lengths).compare(f"repeat {count}: client > server ACK len=n\n").matched is matched


def test_a_symbol_used_only_in_a_repeat_is_new_in_each_round_and_checked_within_it() -> None:
    rounds = "repeat +:\n  client > server ACK seq=p len=n\n  server > client ACK ack=p+n len=m\n"
    said = Said().client("ACK", len=3).server("ACK", len=4).client("ACK", len=5).server("ACK", len=6)
    assert said.compare(rounds).matched
    assert told(said.changed(4, ack=1).compare(rounds)) == [("changed", 4, 4, "ack")]


def test_a_symbol_used_outside_as_well_is_the_same_in_each_round() -> None:
    text = "client > server ACK len=n\nrepeat *: client > server ACK len=n\n"
    assert data(5, 5, 5).compare(text).matched
    assert told(data(5, 5, 6, 5).compare(text)) == [("changed", 3, 3, "len")]


def test_an_optional_line_may_be_there_or_not_but_not_be_another() -> None:
    text = "client > server SYN\noptional: client > server ACK len=3\nclient > server FIN\n"
    assert Said().client("SYN").client("FIN").compare(text).matched
    assert Said().client("SYN").client("ACK", len=3).client("FIN").compare(text).matched
    assert not Said().client("SYN").client("ACK", len=4).client("FIN").compare(text).matched


def test_the_alternative_that_comes_nearest_is_told() -> None:
    text = "either:\n  client > server SYN\n  client > server FIN\nor:\n  client > server RST\n"
    assert Said().client("RST").compare(text).matched
    assert told(Said().client("SYN").compare(text)) == [("missing", 2, None, "")]


@pytest.mark.parametrize("order", ["abc", "acb", "bac", "bca", "cab", "cba"])
def test_any_order_takes_every_order_once(order: str) -> None:
    text = "any order:\n  client > server SYN\n  server > client FIN\n  client > server RST\n"
    say = {
        "a": lambda said: said.client("SYN"),
        "b": lambda said: said.server("FIN"),
        "c": lambda said: said.client("RST"),
    }
    said = Said()
    for letter in order:
        say[letter](said)
    assert said.compare(text).matched
    assert told(said.without(3).compare(text))[0][0] == "missing"


def test_what_is_included_in_any_order_stays_together() -> None:
    text = "any order:\n  use three-segment-close(client, server)\n  client > server RST\n"
    assert Said().client("RST").closed().compare(text).matched
    assert Said().closed().client("RST").compare(text).matched
    assert not Said().client("FIN,ACK").client("RST").server("FIN,ACK").client("ACK").compare(text).matched


def test_dots_take_any_segments_without_a_note() -> None:
    said = Said().handshake().client("RST", len=1).server("SYN").closed()
    comparison = said.compare("use three-way-handshake\n...\nuse any-close\n")
    assert comparison.matched
    assert comparison.notes == ()


def test_flags_at_least_and_any_flags() -> None:
    assert Said().client("FIN,PSH,ACK").compare("client > server FIN+\n").matched
    assert told(Said().client("ACK").compare("client > server FIN+\n")) == [("changed", 1, 1, "flags")]
    assert Said().client("RST").compare("client > server any\n").matched


@pytest.mark.parametrize(
    ("field", "matched"),
    [
        ("len>0", True),
        ("len>5", False),
        ("len>=5", True),
        ("len<5", False),
        ("len<=5", True),
        ("len!=5", False),
        ("len=1..9", True),
        ("len=6..9", False),
        ("len=any", True),
        ("win=65535", True),
        ("win<100", False),
        ("seq>999", True),
        ("seq>1000", False),
        ("mss=1460", True),
        ("mss=1400", False),
        ("mss", True),
        ("no-mss", False),
        ("sack", False),
        ("no-sack", True),
        ("wscale=0", False),
    ],
)
def test_fields_and_relations(field: str, matched: bool) -> None:  # noqa: FBT001 - a table of cases
    said = data(5).changed(1, options=Option.MSS, mss=1460)
    assert said.compare(f"client > server ACK {field}\n").matched is matched


def test_an_option_that_is_not_there_is_told_by_name() -> None:
    (difference,) = data(5).compare("client > server ACK mss=1460\n").differences
    assert (difference.field, difference.expected, difference.actual) == ("mss", "1460", "no mss")
    assert difference.rule == "RFC 9293 section 3.7.1"


def test_order_of_sequence_numbers_is_modular() -> None:
    said = Said(x=(1 << 32) - 3).client("ACK", len=2).client("ACK", len=9).client("ACK", len=1)
    assert said.compare("client > server ACK seq=x\nclient > server ACK seq>x\nclient > server ACK seq>x+3\n").matched


def test_an_acknowledgment_with_a_length_in_symbols_is_data() -> None:
    assert told(Said().client("ACK").compare("client > server ACK len=n\n"))[0][0] in {"changed", "missing"}
    assert Said().client("FIN,ACK").compare("client > server FIN,ACK len=n\n").matched


def test_states_are_compared_where_they_are_written() -> None:
    said = Said().client("SYN", states=(State.SYN_SENT, State.SYN_RECEIVED))
    assert said.compare("client > server SYN | SYN-SENT SYN-RECEIVED\n").matched
    assert said.compare("client > server SYN | - SYN-RECEIVED\n").matched
    (difference,) = said.compare("client > server SYN | SYN-SENT LISTEN\n").differences
    assert (difference.field, difference.actual) == ("states", "SYN-SENT SYN-RECEIVED")


def test_time_is_compared_where_it_is_written_and_where_the_capture_has_it() -> None:
    text = "client > server SYN\nserver > client SYN,ACK within 1ms\n"
    said = Said().client("SYN").server("SYN,ACK")
    assert said.compare(text).matched
    assert told(said.changed(2, time_ns=9_000_000).compare(text)) == [("changed", 2, 2, "time")]
    assert said.changed(2, time_ns=NO_TIME).compare(text).matched


def test_line_numbers_count_the_lines_of_the_way_that_was_taken() -> None:
    text = "either: client > server SYN\nor: client > server RST\nrepeat {2}: client > server ACK len=n\n"
    assert Said().client("RST").client("ACK", len=1).client("ACK", len=2).compare(text).lines == (
        (1, 1),
        (2, 2),
        (3, 3),
    )
