"""Several connections in one sequence: who is who, who is missing, who is too many, and what ties them."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import ExpectationError
from inspector.expect import connections
from inspector.expect.assignment import cheapest
from inspector.expect.comparison import Comparer, check_comparable, compare, compare_all
from inspector.expect.expansion import expand
from inspector.expect.formatter import format_sequence
from inspector.expect.library import load
from inspector.expect.model import Comparison
from inspector.expect.parser import parse
from inspector.expect.subject import Subject
from tests.expect.said import Said, capture, told

SHORT = """
    use three-way-handshake
    use three-segment-close(client, server)
"""
REFUSED = """
    client > server  SYN      seq=x
    server > client  RST,ACK  ack=x+1
"""
TWO = f"connection first:{SHORT}connection second:{REFUSED}"
REUSED = f"connection first:{SHORT}connection second(endpoints of first, after first):{SHORT}"


def short() -> Said:
    return Said().handshake().closed()


def refused() -> Said:
    return Said().client("SYN").server("RST,ACK", seq=0)


def compared(text: str, *said: Said | tuple[Said, int]) -> tuple[Comparison, ...]:
    return compare_all(parse(text, "here.seq"), capture(*said), [])


def who(comparisons: tuple[Comparison, ...]) -> list[tuple[str, int | None, bool]]:
    return [(each.block, each.connection, each.matched) for each in comparisons]


# ------------------------------------------------------------------------------------ who is who


def test_where_all_is_as_expected_none_is_compared_in_full_with_what_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    compared_in_full: list[int | None] = []
    compare_one = Comparer.compare

    def counted(comparer: Comparer, inspected: Subject) -> Comparison:
        compared_in_full.append(inspected.number)
        return compare_one(comparer, inspected)

    monkeypatch.setattr(Comparer, "compare", counted)

    assert who(compared(TWO, refused(), short())) == [("first", 2, True), ("second", 1, True)]
    assert sorted(filter(None, compared_in_full)) == [1, 2]
    compared_in_full.clear()
    assert not all(each.matched for each in compared(TWO, refused(), refused()))
    assert sorted(filter(None, compared_in_full)) == [1, 1, 2, 2]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_each_block_finds_its_connection_in_whatever_order(order: tuple[int, int]) -> None:
    said = [short(), refused()]
    found = compared(TWO, *(said[place] for place in order))
    assert who(found) == [("first", order.index(0) + 1, True), ("second", order.index(1) + 1, True)]


def test_among_equals_the_order_of_the_first_segments_decides() -> None:
    text = f"connection a:{SHORT}connection b:{SHORT}connection c:{SHORT}"
    assert who(compared(text, short(), short(), short())) == [("a", 1, True), ("b", 2, True), ("c", 3, True)]


def test_a_difference_is_told_in_its_connection_and_the_others_stay() -> None:
    found = compared(TWO, refused(), short().changed(5, ack=7))
    assert who(found) == [("first", 2, False), ("second", 1, True)]
    assert told(found[0]) == [("changed", 5, 7, "ack")]
    assert found[0].title == "here, connection first"


def test_a_missing_connection_is_one_difference() -> None:
    found = compared(TWO, short())
    assert who(found) == [("first", 1, True), ("second", None, False)]
    (difference,) = found[1].differences
    assert (difference.kind, difference.frame, difference.field) == ("missing", None, "connection")
    assert difference.expected == "a connection as second has it, of 2 lines"


def test_a_surplus_connection_is_one_difference_unless_others_may_be_there() -> None:
    found = compared(TWO, short(), refused(), short())
    assert who(found) == [("first", 1, True), ("second", 2, True), ("", 3, False)]
    (difference,) = found[2].differences
    assert (difference.kind, difference.frame, difference.field) == ("extra", 9, "connection")
    assert difference.actual == "6 segments between 127.0.0.1:40003 and 127.0.0.1:80"
    assert who(compared(TWO + "...\n", short(), refused(), short())) == [("first", 1, True), ("second", 2, True)]


def test_without_any_connection_all_that_must_be_there_is_missing() -> None:
    found = compare_all(parse(TWO + f"optional:\n  connection third:{SHORT}".replace("\n    ", "\n      ")), [], [])
    assert who(found) == [("first", None, False), ("second", None, False)]


# ------------------------------------------------------------------------------------ counts


def counted(count: str, block: str = "connection each:") -> str:
    return f"repeat {count}:\n  {block}" + SHORT.replace("\n    ", "\n      ")


@pytest.mark.parametrize(
    ("count", "number", "missing", "surplus"),
    [
        ("{3}", 3, 0, 0),
        ("{3}", 2, 1, 0),
        ("{3}", 4, 0, 1),
        ("*", 0, 0, 0),
        ("*", 5, 0, 0),
        ("+", 0, 1, 0),
        ("{1,2}", 1, 0, 0),
        ("{1,2}", 2, 0, 0),
        ("{1,2}", 3, 0, 1),
        ("{2,}", 5, 0, 0),
    ],
)
def test_counts_of_connections(count: str, number: int, missing: int, surplus: int) -> None:
    found = compared(counted(count), *(short() for _ in range(number)))
    kinds = [difference.kind for each in found for difference in each.differences]
    assert kinds == ["missing"] * missing + ["extra"] * surplus


def test_one_of_many_that_differs_is_told_and_not_called_surplus() -> None:
    found = compared(counted("*"), short(), short().changed(5, ack=7), short())
    assert [each.matched for each in found] == [True, False, True]
    assert told(found[1]) == [("changed", 5, 11, "ack")]


def test_where_none_is_asked_for_and_none_came_that_is_as_expected() -> None:
    (comparison,) = compared(counted("*"))
    assert (comparison.matched, comparison.connection, comparison.block) == (True, None, "")


# ------------------------------------------------------------------------------------ ties


def test_port_reuse_as_it_should_be() -> None:
    assert who(compared(REUSED, (short(), 5000), (short(), 5000))) == [("first", 1, True), ("second", 2, True)]


def test_other_endpoints_are_told_with_both() -> None:
    found = compared(REUSED, (short(), 5000), (short(), 5001))
    assert told(found[1]) == [("changed", None, 7, "endpoints")]
    (difference,) = found[1].differences
    assert difference.expected == "127.0.0.1:5000 and 127.0.0.1:80, as first has them"
    assert difference.actual == "127.0.0.1:5001 and 127.0.0.1:80"


def test_one_that_begins_too_early_is_told_with_both_frames() -> None:
    first, second = capture((short(), 5000), (short(), 5000))
    late = tuple(replace(each, row=replace(each.row, frame=each.row.frame + 20)) for each in first.segments[1:])
    first = replace(first, segments=(first.segments[0], *late))
    (one, two) = compare_all(parse(REUSED), [first, second], [])
    assert one.matched
    assert told(two) == [("changed", None, 7, "begin")]
    assert (two.differences[0].expected, two.differences[0].actual) == ("after frame 26, the last of first", "frame 7")
    assert two.differences[0].display_filter == "frame.number == 7 || frame.number == 26"


def test_a_tie_is_kept_by_choosing_others_where_some_fit() -> None:
    said = [(short(), 5000), (short(), 6000), (short(), 6000)]
    assert who(compared(REUSED + "...\n", *said)) == [("first", 2, True), ("second", 3, True)]


def test_a_repeated_connection_may_be_tied_to_the_one_before_it() -> None:
    text = counted("{3}", "connection each(endpoints of each, after each):")
    assert all(each.matched for each in compared(text, *[(short(), 5000)] * 3))
    found = compared(text, (short(), 5000), (short(), 5001), (short(), 5001))
    assert [told(each) for each in found] == [[], [("changed", None, 7, "endpoints")], []]


def test_after_a_repeated_block_is_after_all_of_it() -> None:
    text = counted("*", "connection short:") + "connection last(after short):" + REFUSED
    assert all(each.matched for each in compared(text, short(), short(), refused()))
    found = compared(text, short(), refused(), short())
    assert [told(each) for each in found if not each.matched] == [[("changed", None, 7, "begin")]]


# ------------------------------------------------------------------------------------ bounds and refusals


def test_too_many_are_refused_with_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, words in [
        ("MOST_CONNECTIONS", "2 connections"),
        ("MOST_SLOTS", "2 blocks"),
        ("MOST_PAIRS", "4 pairs"),
        ("MOST_CELLS_IN_ALL", "steps of the sequence"),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(connections, name, 1)
            with pytest.raises(ExpectationError, match=words):
                compared(TWO, short(), refused())


def test_a_search_that_gives_up_tells_the_best_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_MOST_TRIED", 0)
    found = compared(REUSED + "...\n", (short(), 5000), (short(), 6000), (short(), 6000))
    assert [told(each) for each in found] == [[], [("changed", None, 7, "endpoints")]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("connection a:\n  client > server SYN\n  client > server UDP\n", "TCP and UDP lines in one connection"),
        ("connection a:\n  client > server SYN\n  stranger > server ACK\n", "third peer"),
    ],
)
def test_what_cannot_be_one_connection_is_refused(text: str, words: str) -> None:
    with pytest.raises(ExpectationError, match=words):
        compared(text, short())


def test_one_connection_alone_cannot_be_compared_with_several() -> None:
    with pytest.raises(ExpectationError, match="expected the lines of one"):
        compare(parse(TWO), short().connection())


def test_a_file_of_connections_is_expanded_block_by_block() -> None:
    sequence = parse("# words\n" + TWO + "optional:\n  connection third:\n    part p: client > server SYN\n")
    text = format_sequence(replace(sequence, items=expand(sequence)))
    assert "use" not in text
    assert text.count("connection ") == 3
    assert parse(text).items == expand(sequence)


def test_a_file_of_connections_is_used_by_no_other(tmp_path: Path) -> None:
    (tmp_path / "two.seq").write_text(TWO, encoding="utf-8")
    (tmp_path / "user.seq").write_text("connection a:\n  use two\n", encoding="utf-8")
    with pytest.raises(ExpectationError, match="found several connections") as raised:
        check_comparable(load(str(tmp_path / "user.seq")))
    assert raised.value.path.endswith("two.seq")


def test_what_can_be_compared_with_nothing_is_refused_before_there_is_anything() -> None:
    check_comparable(parse(TWO))
    for text in ("connection a:\n  use nosuch", "use nosuch", "connection a:\n  no segment for 1s"):
        with pytest.raises(ExpectationError):
            check_comparable(parse(text))


# ------------------------------------------------------------------------------------ the assignment


@settings(max_examples=60)
@given(st.data())
def test_the_assignment_is_the_cheapest_that_there_is(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 4))
    columns = data.draw(st.integers(rows, 5))
    table = [[data.draw(st.integers(-4, 9)) for _ in range(columns)] for _ in range(rows)]
    found = cheapest(table)
    assert len(set(found)) == rows
    costs = (sum(table[row][way[row]] for row in range(rows)) for way in permutations(range(columns), rows))
    assert sum(table[row][found[row]] for row in range(rows)) == min(costs)


def test_where_there_is_nothing_to_assign_nothing_is() -> None:
    assert cheapest([]) == []
