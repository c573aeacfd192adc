"""How numbers, times and places are written."""

from __future__ import annotations

import pytest

from inspector.expect.model import Comparison, Difference, Kind
from inspector.findings import Side
from inspector.report.differences import Placed, is_about
from inspector.report.inspection import Verdict
from inspector.report.page import Text, broken
from inspector.report.symbols import Origin, symbols_of
from inspector.report.tables import DemoResult, table_of_verdicts
from inspector.report.words import Clock, duration, plural
from inspector.wire.row import NO_TIME
from tests.report import stories

TOP = 2**32


@pytest.mark.parametrize(
    ("number", "symbol"),
    [
        (1000, "x"),
        (1001, "x+1"),
        (1031, "x+1+30"),
        (1032, "x+1+30+1"),
        (1033, "x+1+32"),
        (999, "x-1"),
        (1000 + 2**31, f"x+1+{2**31 - 1}"),
    ],
    ids=str,
)
def test_a_number_is_the_sum_of_syn_bytes_and_fin(number: int, symbol: str) -> None:
    assert Origin("x", 1000, after_fin=32).symbol(number) == symbol


def test_a_close_without_data_is_syn_and_fin() -> None:
    assert Origin("y", TOP - 1, after_fin=2).symbol(1) == "y+1+1"


def test_symbols_wrap_around() -> None:
    assert Origin("y", TOP - 6).symbol(9) == "y+1+14"


def test_without_an_initial_number_there_is_no_symbol() -> None:
    assert Origin("x", None).symbol(5) == ""


def test_an_acknowledgment_counts_from_the_other_end() -> None:
    symbols = symbols_of(stories.hello().connection())

    assert symbols.seq(Side.ORIGINATOR, stories.X + 1) == "x+1"
    assert symbols.ack(Side.RESPONDER, stories.X + 20) == "x+1+18+1"


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(0, "0.000 ms"), (62_000, "0.062 ms"), (999_999_999, "999.999 ms"), (10**9, "1.000 s"), (-1_500_000, "-1.500 ms")],
    ids=str,
)
def test_a_duration_is_cut_and_never_rounded_up(nanoseconds: int, text: str) -> None:
    assert duration(nanoseconds) == text


def test_a_clock_has_one_unit_and_shows_microseconds_in_it() -> None:
    short, long = Clock(0, [5_000_000]), Clock(0, [5_000_000, 11 * 10**9])

    assert (short.unit, short.since_start(5_001_000)) == ("ms", "5.001")
    assert (long.unit, long.since_start(5_001_000)) == ("s", "0.005001")


def test_a_clock_says_when_there_is_no_time() -> None:
    clock = Clock(NO_TIME, [NO_TIME, 7])

    assert clock.since_start(NO_TIME) == "-"
    assert clock.gap(NO_TIME, 7) == ""


def test_time_that_runs_backwards_is_shown() -> None:
    assert Clock(0, [10**6]).gap(10**6, 0) == "-1.000"


def test_one_segment_is_not_one_segments() -> None:
    assert [plural(number, "segment") for number in (0, 1, 1000)] == ["0 segments", "1 segment", "1,000 segments"]


def test_lines_break_at_spaces_and_count_wide_characters() -> None:
    assert [line.plain for line in broken(Text("ab cd  你好你"), 5)] == ["ab cd", "你好", "你"]


def test_a_difference_has_its_place() -> None:
    lost = Difference(Kind.MISSING, 3, None, "", "server > client  ACK", "nothing")
    comparison = Comparison("c", matched=False, differences=(lost,), bindings=(), lines=((1, 10), (2, 12), (4, 20)))

    assert Placed([comparison]).missing_after == {12: [lost]}


def test_a_comparison_is_known_by_its_frames_where_numbers_are_shared() -> None:
    connection = stories.refused()
    datagrams = stories.datagram(8, stories.ORIGINATOR, b"", "request"), stories.datagram(9, stories.RESPONDER, b"", "")
    exchange = stories.exchange(*datagrams)
    both = stories.inspection(connection, exchanges=(exchange,))
    comparison = Comparison("c", matched=True, differences=(), bindings=(), lines=((1, 9),), connection=1)

    assert is_about(comparison, exchange, both)
    assert not is_about(comparison, connection, both)


def test_the_table_of_verdicts_counts_and_marks() -> None:
    rows = [
        DemoResult("tcp-hello", "tcp", 11, Verdict.AS_EXPECTED, 12_345_678),
        DemoResult("udp-oneway", "udp", 1, Verdict.DIFFERS, 2_345_678_901),
    ]
    shown = table_of_verdicts(rows).splitlines()

    assert "✓ as-expected" in shown[2]
    assert shown[2].endswith("12.345 ms")
    assert "✗ differs" in shown[3]
    assert shown[-1] == "1 of 2 demos as expected"
    assert table_of_verdicts(rows, unicode=False).isascii()
