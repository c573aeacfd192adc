"""What was recorded matches what it was recorded of, has a text that reads back, and says something.

Over our own captures, at every level; over those of the corpus that have a whole connection.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from inspector.errors import CaptureFileError, ExpectationError
from inspector.expect.comparison import Comparer, compare
from inspector.expect.formatter import format_sequence
from inspector.expect.notation import Part, Repeat, Sequence, Use, lines_of
from inspector.expect.parser import parse
from inspector.expect.subject import subject_of
from inspector.pipeline import inspect
from inspector.record.recorder import MOST_LINES, MOST_LINES_OF_A_PART, record
from inspector.record.wish import Detail, Level, Wish
from inspector.tcp.model import Close, Connection, Handshake
from inspector.udp.model import Exchange
from inspector.wire.row import Flag
from tests.expect.said import Said, told

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
FOLDERS = sorted(path.parent.name for path in CAPTURES.glob("*/*.pcapng"))
ALL_DETAILS = frozenset(Detail)
WISHES = [Wish(level, source="x.pcap") for level in Level] + [
    Wish(Level.BOARD, ALL_DETAILS),
    Wish(Level.EXACT, ALL_DETAILS),
]


@cache
def conversations(name: str) -> tuple[Connection | Exchange, ...]:
    inspection = inspect(CAPTURES / name / f"{name}.pcapng")
    return (*inspection.connections, *inspection.exchanges)


def the_connection(name: str) -> Connection:
    found = conversations(name)[0]
    assert isinstance(found, Connection)
    return found


def holds(inspected: Connection | Exchange, wish: Wish) -> None:
    """The law."""
    recorded = record(inspected, wish)
    read = parse(format_sequence(recorded), "here.seq")
    assert read == recorded
    assert compare(read, inspected).differences == ()


def text(name: str, wish: Wish | None = None) -> str:
    """The lines of a recorded sequence, without header, comments and what aligns them."""
    return bare(record(the_connection(name), wish or Wish()))


def bare(recorded: Sequence) -> str:
    lines = (" ".join(line.split()) for line in format_sequence(recorded).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("#", "title:", "about:")))


@pytest.mark.parametrize("name", FOLDERS)
def test_what_was_recorded_matches_what_it_was_recorded_of(name: str) -> None:
    assert conversations(name) or name in ("udp-oversize", "tcp-address-in-use")
    for inspected in conversations(name):
        for wish in WISHES:
            holds(inspected, wish)


@pytest.mark.slow
def test_the_same_holds_of_every_whole_connection_of_the_corpus(corpus: Path) -> None:
    held = 0
    for path in sorted(path for path in corpus.rglob("*cap*") if path.is_file() and path.stat().st_size < 16_000):
        if "derived-forms" in path.parts:
            continue
        try:
            inspection = inspect(path)
        except CaptureFileError:
            continue
        for connection in inspection.connections:
            whole = connection.handshake is Handshake.COMPLETE and connection.close is not Close.NONE
            if whole and len(connection.segments) <= 200:
                held += 1
                for wish in WISHES[:3]:
                    holds(connection, wish)
    assert held > 100


def test_numbers_become_the_sums_of_a_board() -> None:
    assert text("tcp-hello") == (
        "client > server SYN seq=x\n"
        "server > client SYN,ACK seq=y ack=x+1\n"
        "client > server ACK seq=x+1 ack=y+1\n"
        "server > client ACK seq=y+1 ack=x+1 len=n\n"
        "client > server ACK seq=x+1 ack=y+1+n len=m\n"
        "client > server FIN,ACK seq=x+1+m ack=y+1+n\n"
        "server > client FIN,ACK seq=y+1+n ack=x+1+m+1\n"
        "client > server ACK seq=x+1+m+1 ack=y+1+n+1 len=0"
    )


def test_exact_has_every_segment_with_its_flags_window_options_and_states() -> None:
    lines = text("tcp-hello", Wish(Level.EXACT)).splitlines()

    assert lines[0] == "strict"
    assert len(lines) == 11
    assert lines[1] == (
        "client > server SYN seq=x len=0 win=65495 mss=65495 wscale=10 sack timestamps | SYN-SENT SYN-RECEIVED"
    )
    assert lines[4] == ("server > client PSH,ACK seq=y+1 ack=x+1 len=14 win=64 timestamps | ESTABLISHED ESTABLISHED")
    assert lines[8].startswith("client > server FIN,ACK seq=x+1+18 ack=y+1+14 len=0")


def test_a_shape_uses_the_parts_of_the_library_and_folds_data() -> None:
    recorded = record(the_connection("tcp-echo"), Wish(Level.SHAPE))

    assert [item.name for item in recorded.items if isinstance(item, Use)] == ["three-way-handshake", "any-close"]
    assert all(isinstance(item, Repeat) for item in recorded.items[1:-1])
    assert not [field for line in lines_of(recorded.items) for field in line.fields if field.name != "len"]


def test_a_refusal_has_the_shape_that_the_library_calls_so() -> None:
    assert text("refused", Wish(Level.SHAPE)) == "use refused"


def test_turns_that_go_on_are_folded_into_one_repeat() -> None:
    said = Said().handshake()
    for _ in range(5):
        said.client("ACK", len=3).server("ACK", len=4)
    said.closed()

    assert "".join(format_sequence(record(said.connection(), Wish(Level.SHAPE))).partition("use three")[1:]) == (
        "use three-way-handshake\n"
        "repeat +:\n"
        "    repeat +: client > server  ACK  len>0\n"
        "    repeat +: server > client  ACK  len>0\n"
        "use any-close\n"
    )


@pytest.mark.parametrize(
    ("name", "part"),
    [("midstream", Part.ENDING), ("tcp-hello", Part.WHOLE), ("tcp-half-open", Part.WHOLE), ("unanswered", Part.WHOLE)],
)
def test_what_is_not_the_whole_of_a_connection_says_so(name: str, part: Part) -> None:
    assert record(the_connection(name), Wish()).part is part


def test_a_connection_that_is_open_still_is_a_beginning_but_for_exact() -> None:
    connection = Said().handshake().client("ACK", len=5).connection()
    open_still = replace(
        connection,
        originator=replace(connection.originator, state=connection.segments[-1].states[0]),
        responder=replace(connection.responder, state=connection.segments[-1].states[1]),
    )

    assert record(open_still, Wish()).part is Part.BEGINNING
    assert record(open_still, Wish(Level.EXACT)).part is Part.WHOLE


def test_equal_lengths_are_one_symbol_and_a_hole_that_is_filled_has_the_length_of_what_fills_it() -> None:
    lines = text("lost-and-reordered").splitlines()

    assert "client > server ACK seq=x+1+2*n ack=y+1 len=n" in lines
    assert "client > server FIN,ACK seq=x+1+5*n ack=y+1" in lines


def test_a_sum_does_not_grow_without_end() -> None:
    said = Said().handshake()
    for length in range(1, 40):
        said.client("ACK", len=length)
    said.closed()
    recorded = record(said.connection(), Wish())
    terms = max(len(field.low.terms) for line in lines_of(recorded.items) for field in line.fields if field.low)

    assert terms < 18
    assert compare(recorded, said.connection()).matched


def test_a_number_that_nothing_explains_is_a_symbol_of_its_own() -> None:
    assert text("old-duplicate-syn").splitlines()[0] == "client > server SYN seq=x"
    said = Said().client("SYN", seq=3_000_000_000).client("SYN", seq=1000)
    said.server("SYN,ACK", ack=1001).client("ACK", seq=1001)

    lines = bare(record(said.connection(), Wish())).splitlines()

    assert lines[:2] == ["client > server SYN seq=z", "client > server SYN seq=x"]


def test_faults_of_a_peer_are_expected_of_it_and_said() -> None:
    recorded = record(the_connection("wrong-syn-ack"), Wish())

    assert recorded.provokes == ("syn-ack-wrong-ack",)
    assert any("syn-ack-wrong-ack" in line for line in recorded.about)
    assert "SYN,ACK seq=y ack=x" in text("wrong-syn-ack").splitlines()[2]


def test_what_is_left_out_is_counted_in_the_header() -> None:
    about = record(the_connection("tcp-syn-lost"), Wish()).about

    assert any("retransmissions (1)" in line for line in about)
    assert len(list(lines_of(record(the_connection("tcp-syn-lost"), Wish(Level.EXACT)).items))) == len(
        the_connection("tcp-syn-lost").segments
    )


KINDS = (
    "tcp-hello", "tcp-close-four", "refused", "reset-by-client", "reset-by-server", "half-close", "tcp-self-connect",
    "simultaneous-open-and-close", "tcp-half-open", "unanswered", "wrong-syn-ack", "tcp-full-duplex",
)  # fmt: skip


@pytest.mark.parametrize("level", [Level.EXACT, Level.BOARD])
def test_what_was_recorded_of_one_kind_matches_no_other(level: Level) -> None:
    for name in KINDS:
        comparer = Comparer(record(the_connection(name), Wish(level)))
        others = [other for other in KINDS if comparer.compare(the_connection(other)).matched]
        assert others == [name]


@pytest.mark.parametrize(
    ("name", "other"), [("tcp-hello", "tcp-echo"), ("tcp-echo", "refused"), ("tcp-hello", "unanswered")]
)
def test_a_shape_matches_no_other_shape(name: str, other: str) -> None:
    assert not compare(record(the_connection(name), Wish(Level.SHAPE)), the_connection(other)).matched


def changed(connection: Connection, index: int, **numbers: int) -> Connection:
    traced = connection.segments[index]
    segments = list(connection.segments)
    segments[index] = replace(traced, row=replace(traced.row, **numbers))
    return replace(connection, segments=tuple(segments))


@pytest.mark.parametrize(
    "name",
    ["tcp-hello", "half-close", "tcp-full-duplex", "wrap-around", "lost-and-reordered", "simultaneous-open-and-close"],
)
def test_a_number_that_was_changed_is_found(name: str) -> None:
    connection = the_connection(name)
    comparer = Comparer(record(connection, Wish()))
    for index, event in enumerate(subject_of(connection).events):
        if event.tolerated:
            continue
        row = connection.segments[index].row
        for field in ("seq", "ack") if event.flags & Flag.ACK else ("seq",):
            for shift in (1, -1, 7000):
                number = (getattr(row, field) + shift) % (1 << 32)
                assert not comparer.compare(changed(connection, index, **{field: number})).matched, (index, field)


def test_a_length_that_was_changed_is_found_where_it_is_acknowledged() -> None:
    connection = the_connection("tcp-hello")

    comparison = compare(record(connection, Wish()), changed(connection, 3, payload_len=13))

    assert ("changed", 4, 4, "len") in told(comparison)


def test_more_than_anybody_reads_is_refused_in_one_line_and_its_shape_is_not() -> None:
    said = Said().handshake()
    for _ in range(MOST_LINES):
        said.client("ACK", len=1)
    connection = said.closed().connection()

    with pytest.raises(ExpectationError, match="4,006 lines, expected at most 4,000: `--shape`"):
        record(connection, Wish())
    holds(connection, Wish(Level.SHAPE))


def test_a_part_that_would_take_long_to_be_found_is_refused_too() -> None:
    said = Said()
    for _ in range(MOST_LINES_OF_A_PART + 1):
        said.client("ACK", len=1)
    midstream = replace(said.connection(), handshake=Handshake.NOT_SEEN)

    with pytest.raises(ExpectationError, match="a part of 501 lines, expected at most 500"):
        record(midstream, Wish())
    holds(midstream, Wish(Level.EXACT))
    holds(midstream, Wish(Level.SHAPE))


def test_an_exchange_is_recorded_with_its_errors() -> None:
    exchange = conversations("udp-unreachable")[0]
    recorded = record(exchange, Wish())

    assert [" ".join(line.split()) for line in format_sequence(recorded).splitlines()[-2:]] == [
        "client > server UDP len=n",
        "server > client ICMP port-unreachable",
    ]


def test_a_title_may_hold_what_begins_a_comment() -> None:
    recorded: Sequence = record(the_connection("tcp-hello"), Wish(title="a # b"))

    assert parse(format_sequence(recorded), "here.seq").title == "a # b"
