"""Several connections as one file: the laws of a recording, what is taken together, and who is tied to whom.

Over our own captures, at every level; over small ones of the corpus.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from inspector.errors import CaptureFileError, ExpectationError
from inspector.expect.comparison import compare_all
from inspector.expect.formatter import format_sequence
from inspector.expect.model import Comparison
from inspector.expect.notation import AnySegments, ConnectionBlock, Repeat, Sequence, connections_of
from inspector.expect.parser import parse
from inspector.pipeline import inspect
from inspector.record.recorder import MOST_LINES
from inspector.record.several import record_all
from inspector.record.wish import Detail, Level, Wish
from inspector.report.inspection import Inspection
from inspector.tcp.model import Connection, Handshake
from inspector.udp.model import Exchange
from tests.expect.said import Said, capture

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
ALL_DETAILS = frozenset(Detail)
WISHES = [Wish(level, source="x.pcap") for level in Level] + [
    Wish(Level.BOARD, ALL_DETAILS),
    Wish(Level.EXACT, ALL_DETAILS),
]


@cache
def inspected(name: str) -> Inspection:
    return inspect(CAPTURES / name / f"{name}.pcapng")


def all_of(name: str) -> tuple[Connection | Exchange, ...]:
    return (*inspected(name).connections, *inspected(name).exchanges)


@cache
def with_several() -> list[str]:
    names = sorted(path.parent.name for path in CAPTURES.glob("*/*.pcapng"))
    return [name for name in names if len(all_of(name)) > 1]


def compared(sequence: Sequence, every: tuple[Connection | Exchange, ...]) -> tuple[Comparison, ...]:
    connections = [each for each in every if isinstance(each, Connection)]
    exchanges = [each for each in every if isinstance(each, Exchange)]
    return compare_all(sequence, connections, exchanges)


def holds(every: tuple[Connection | Exchange, ...], wish: Wish) -> None:
    """The law: it reads back, and each block finds a connection with nothing to tell."""
    recorded = record_all(every, wish)
    read = parse(format_sequence(recorded), "here.seq")
    assert read == recorded
    found = compared(read, every)
    assert len(found) == len(every)
    assert not [difference for each in found for difference in each.differences]


def blocks(sequence: Sequence) -> list[tuple[str, int, str, str]]:
    """Each block's name and number, and what ties it."""
    found: list[tuple[str, int, str, str]] = []
    for item in sequence.items:
        times = item.least if isinstance(item, Repeat) else 1
        inner = connections_of((item,)) if isinstance(item, ConnectionBlock | Repeat) else ()
        found += [(block.name, times, block.endpoints_of, block.after) for block in inner]
    return found


def recorded(*said: Said | tuple[Said, int], level: Level = Level.BOARD) -> list[tuple[str, int, str, str]]:
    every = tuple(capture(*said))
    holds(every, Wish(level))
    return blocks(record_all(every, Wish(level)))


def short(length: int = 5) -> Said:
    return Said().handshake().client("ACK", len=length).closed()


def unlike(lines: int) -> Said:
    """A connection that is like none with another number of lines."""
    said = Said().handshake()
    for _ in range(lines):
        said.client("ACK", len=1)
    return said.closed()


# -------------------------------------------------------------------------------------- the laws


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: f"{wish.level}{'+' * bool(wish.details)}")
def test_what_was_recorded_of_a_whole_capture_matches_it(wish: Wish) -> None:
    assert len(with_several()) > 20
    for name in with_several():
        holds(all_of(name), wish)


@pytest.mark.slow
def test_the_same_holds_of_captures_of_the_corpus(corpus: Path) -> None:
    held = 0
    for path in sorted(path for path in corpus.rglob("*cap*") if path.is_file() and path.stat().st_size < 16_000):
        if "derived-forms" in path.parts:
            continue
        try:
            inspection = inspect(path)
        except CaptureFileError:
            continue
        every: tuple[Connection | Exchange, ...] = (*inspection.connections, *inspection.exchanges)
        if 1 < len(every) <= 60 and inspection.capture.frames < 200:
            held += 1
            for wish in WISHES[:3]:
                holds(every, wish)
    assert held > 60


@pytest.mark.parametrize("level", Level)
def test_another_capture_is_told_to_be_another(level: Level) -> None:
    sequence = record_all(all_of("tcp-short"), Wish(level))

    assert all(each.matched for each in compared(sequence, all_of("tcp-short")))
    assert not all(each.matched for each in compared(sequence, all_of("tcp-short")[:5]))
    assert not all(each.matched for each in compared(sequence, all_of("tcp-multi")))


# ------------------------------------------------------------------------------- what is alike


def test_connections_that_are_alike_are_one_block_that_is_repeated() -> None:
    text = format_sequence(record_all(all_of("tcp-short"), Wish(Level.SHAPE)))

    assert text == (
        "title: 6 connections\n"
        "about: Recorded from frames 1 to 68: 68 segments.\n"
        "about: Left out, since they are tolerated: plain acknowledgments of data (12).\n"
        "\n"
        "# Connections 1 to 5, which are alike\n"
        "repeat {5}:\n"
        "    connection first-to-fifth:\n"
        "        use three-way-handshake\n"
        "        repeat +: client > server  ACK  len>0\n"
        "        repeat +: server > client  ACK  len>0\n"
        "        use any-close\n"
        "\n"
        "# Connection 6: frames 49 to 68\n"
        "connection sixth:\n"
        "    use three-way-handshake\n"
        "    repeat +:\n"
        "        repeat +: client > server  ACK  len>0\n"
        "        repeat +: server > client  ACK  len>0\n"
        "    use any-close\n"
    )


def test_a_block_for_several_has_no_frames_in_its_comments() -> None:
    text = format_sequence(record_all(all_of("tcp-multi"), Wish()))

    assert "\n        # Handshake\n" in text
    assert "frames" not in text.partition("\n\n")[2]


def test_exact_takes_nothing_together() -> None:
    assert recorded(short(), short(), level=Level.EXACT) == [("first", 1, "", ""), ("second", 1, "", "")]
    assert recorded(short(), short()) == [("first-and-second", 2, "", "")]


def test_connections_that_are_alike_need_not_stand_side_by_side() -> None:
    assert recorded(short(), unlike(3), short()) == [("first-and-alike", 2, "", ""), ("second", 1, "", "")]


def test_a_length_is_a_symbol_so_that_connections_of_other_lengths_are_alike() -> None:
    assert recorded(short(5), short(6)) == [("first-and-second", 2, "", "")]


def test_beyond_twelve_a_name_is_a_number() -> None:
    every = capture(*(unlike(lines) for lines in range(1, 15)), short(), short())
    names = [name for name, *_ in blocks(record_all(every, Wish()))]

    assert names[:2] == ["first-and-alike", "second"]
    assert names[11:] == ["twelfth", "number-13", "number-14"]


def test_an_exchange_is_a_block_and_is_called_so() -> None:
    assert blocks(record_all(all_of("udp-vs-tcp"), Wish())) == [("first-exchange", 1, "", ""), ("first", 1, "", "")]


# ------------------------------------------------------------------------------ who is tied to whom


def test_endpoints_that_are_used_again_are_told() -> None:
    assert recorded((short(), 5000), (short(), 5000)) == [("first", 1, "", ""), ("second", 1, "first", "first")]
    assert recorded((short(), 5000), (unlike(2), 6000), (unlike(3), 5000)) == [
        ("first", 1, "", ""),
        ("second", 1, "", ""),
        ("third", 1, "first", "first"),
    ]


def test_where_all_of_a_repeated_block_use_the_same_endpoints_it_names_itself() -> None:
    name = "first-to-third"

    assert recorded((short(), 5000), (short(), 5000), (short(), 5000)) == [(name, 3, name, name)]
    assert recorded((short(), 5000), (short(), 6000), (short(), 5000)) == [(name, 3, "", "")]


def test_endpoints_that_are_used_no_longer_are_a_difference() -> None:
    sequence = record_all(capture((short(), 5000), (short(), 5000)), Wish())
    found = compare_all(sequence, capture((short(), 5000), (short(), 6000)), [])

    assert [difference.field for each in found for difference in each.differences] == ["endpoints"]


def test_one_that_begins_before_the_other_ended_does_not_come_after_it() -> None:
    one, two = capture((short(), 5000), (unlike(2), 5000))
    late = replace(one.segments[-1].row, frame=one.segments[-1].row.frame + 100)
    one = replace(one, segments=(*one.segments[:-1], replace(one.segments[-1], row=late)))

    holds((one, two), Wish())
    assert blocks(record_all((one, two), Wish()))[1] == ("second", 1, "first", "")


def test_ties_among_more_than_a_reader_follows_give_way_to_what_is_alike() -> None:
    said = [unlike(1 + number % 2) for number in range(14)]

    assert [times for _, times, *_ in recorded(*((each, 5000) for each in said))] == [7, 7]
    assert [times for _, times, *_ in recorded(*((each, 5000) for each in said[:6]))] == [1] * 6


# ----------------------------------------------------------------------------- parts, and faults


def test_each_block_says_for_itself_how_much_of_its_connection_it_is() -> None:
    whole, midstream = capture(short(), Said().client("ACK", len=3).server("ACK", len=4))
    every = (whole, replace(midstream, handshake=Handshake.NOT_SEEN))

    holds(every, Wish())
    first, second = connections_of(record_all(every, Wish()).items)
    assert AnySegments() not in first.items
    assert [second.items[0], second.items[-1]] == [AnySegments(), AnySegments()]


def test_faults_of_any_of_them_are_expected_of_the_file() -> None:
    wrong = inspected("wrong-syn-ack").connections[0]

    assert record_all((wrong, replace(wrong, number=2)), Wish()).provokes == ("syn-ack-wrong-ack",)


# -------------------------------------------------------------------------------------- the bounds


def test_what_one_file_has_no_room_for_is_refused_in_one_line() -> None:
    cure = "`--shape` folds what is alike, `--connection N` or `--exchange N` takes one"
    many = capture(*[short()] * 201)
    with pytest.raises(ExpectationError, match=f"^All .*: found 201 connections and exchanges, .* at most 200: {cure}"):
        record_all(many, Wish())
    assert blocks(record_all(many[:200], Wish())) == [("number-1-to-200", 200, "", "")]

    with pytest.raises(ExpectationError, match="found 101 blocks that are not alike, expected at most 100"):
        record_all(many[:101], Wish(Level.EXACT))
    with pytest.raises(ExpectationError, match=r"64 blocks that are not alike for 64 connections, .* 4,000"):
        record_all(many[:64], Wish(Level.EXACT))

    long = capture(unlike(MOST_LINES // 2 - 3), unlike(MOST_LINES // 2 - 4))
    with pytest.raises(ExpectationError, match="it would be 4,005 lines, expected at most 4,000"):
        record_all(long, Wish())


def test_what_could_not_be_compared_again_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.expect.connections.MOST_CELLS_IN_ALL", 100)

    with pytest.raises(ExpectationError, match=r"could not be compared again: found .* segments times steps"):
        record_all(capture(short(), unlike(4)), Wish())
