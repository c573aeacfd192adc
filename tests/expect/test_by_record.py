"""What a record tells of a connection is what the matcher says of its segments, and so is what passes by in columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.choice.comparing import Comparing
from inspector.columns import to_columns
from inspector.errors import CaptureFileError
from inspector.expect.alike import Alike
from inspector.expect.by_record import LOOKED_AT, ByRecord, Decision, Record, record_of
from inspector.expect.comparison import Comparer
from inspector.expect.library import load
from inspector.expect.notation import Sequence
from inspector.expect.parser import parse
from inspector.tcp.account import Account, fill
from inspector.tcp.lifetimes import Limits
from inspector.tcp.tracker import Tracker
from inspector.wire.reader import open_capture
from inspector.wire.row import NO_TIME, Direction, Row
from tests.tcp.conversation import Conversation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from inspector.tcp.model import Connection

_HOUR = 3_600_000_000_000
_PATIENT = Limits(_HOUR, _HOUR, _HOUR)

NAMES = (
    *("three-way-handshake", "refused", "any-close", "three-segment-close", "four-segment-close", "half-close"),
    *("simultaneous-close", "tcp-hello", "tcp-short", "tcp-refused", "tcp-reset-linger", "tcp-unanswered"),
)
SEQUENCES = {name: load(name) for name in NAMES}
FEW = ("three-way-handshake", "refused", "any-close", "tcp-hello", "tcp-reset-linger")
ASKED = {name: (ByRecord(sequence), Comparer(sequence)) for name, sequence in SEQUENCES.items()}


def records_of(rows: list[Row]) -> Iterator[tuple[Record, Connection]]:
    """Each connection of the rows, and what was recorded of it."""
    tracker = Tracker()
    tracker.feed(rows, len(rows))
    for connection, memory in zip(tracker.connections(), tracker._memories(), strict=True):
        accounts = [Account()]
        fill(accounts, [0], 1, [memory.connection], memory.ends, [memory.zeek], memory.zeek_ends)
        (account,) = accounts
        yield (
            record_of(
                tuple(getattr(account, name) for name in LOOKED_AT),
                taken=account.taken_ordinal >= 0,
                resp_start=account.resp_start,
                segments=account.orig_segments + account.resp_segments,
            ),
            connection,
        )


def hold_against_each_other(rows: list[Row], names: Iterable[str] = NAMES) -> Counter[tuple[str, Decision]]:
    """Every record against the matcher; how often each was decided in which way."""
    told: Counter[tuple[str, Decision]] = Counter()
    for record, connection in records_of(rows):
        for name in names:
            by_record, comparer = ASKED[name]
            decision = by_record.decide(record)
            told[name, decision] += 1
            if decision is not Decision.CANNOT_TELL:
                matched = comparer.compare(connection).matched
                assert matched == (decision is Decision.MATCHES), (name, connection.number, record)
    return told


def passing(rows: list[Row], sequence: Sequence, *, columnar: bool = True) -> tuple[int, int, list[tuple[int, int]]]:
    """How many matched and differed as they left the table, and the numbers and distances of the nearest."""
    comparing = Comparing(sequence, one_is_enough=False)
    tracker = Tracker(keep=False, limits=_PATIENT, leaving=comparing)
    tracker.feed(to_columns(Row, rows, len(rows)) if columnar else rows, len(rows), columnar=columnar)
    tracker.summary()
    _, comparisons, sums = comparing.result()
    assert sums.untold == 0
    return sums.matched, sums.differing, [(each.connection or 0, each.distance) for each in comparisons]


def whole(rows: list[Row], sequence: Sequence) -> tuple[int, int, list[tuple[int, int]]]:
    """The same of connections that are held whole."""
    tracker = Tracker()
    tracker.feed(rows, len(rows))
    comparer = Comparer(sequence)
    found = [comparer.compare(each) for each in tracker.connections()]
    differing = sorted((each for each in found if not each.matched), key=lambda each: (each.distance, each.connection))
    nearest = sorted((each.connection or 0, each.distance) for each in differing[:40])
    return len(found) - len(differing), len(differing), nearest


def rows_of(path: Path) -> list[Row]:
    rows: list[Row] = []
    try:
        with open_capture(str(path)) as reader:
            for batch in reader:
                rows += [replace(batch.row(at)) for at in range(batch.count)]
    except CaptureFileError:
        pytest.skip("not a capture that is read")
    return rows


# ------------------------------------------------------------------------------- our captures


def test_no_record_of_a_shipped_capture_contradicts_the_matcher(captures: Path) -> None:
    told: Counter[tuple[str, Decision]] = Counter()
    for path in sorted(captures.glob("*/*.pcapng")):
        told += hold_against_each_other(rows_of(path))
    assert told["three-way-handshake", Decision.MATCHES] > 40
    assert told["three-way-handshake", Decision.DIFFERS] > 5
    assert told["refused", Decision.MATCHES] > 1
    assert told["refused", Decision.DIFFERS] > 40
    assert told["any-close", Decision.DIFFERS] > 5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["three-way-handshake", "any-close", "tcp-hello"])
def test_a_shipped_capture_that_passes_by_is_judged_as_one_that_is_held(captures: Path, name: str) -> None:
    for path in sorted(captures.glob("*/*.pcapng")):
        rows = rows_of(path)
        if any(row.protocol == 6 for row in rows):
            assert passing(rows, SEQUENCES[name]) == whole(rows, SEQUENCES[name]), path.stem


def openings() -> dict[str, Conversation]:
    """What hardly ever happens, and what a shorter look at the record would get wrong."""
    answered = Conversation().client("SYN", seq=100, data=5).server("SYN,ACK", seq=300, ack=101)
    return {
        "refused with a number": Conversation().client("SYN", seq=100).server("RST,ACK", seq=77, ack=101),
        "data refused": Conversation().client("SYN", seq=100, data=5).server("RST,ACK", seq=0, ack=106),
        "data refused, the SYN alone acknowledged": Conversation()
        .client("SYN", seq=100, data=5)
        .server("RST,ACK", seq=0, ack=101),
        "data in the SYN": answered.client("ACK", seq=101, ack=301),
        "data in the SYN, gone on behind them": Conversation()
        .client("SYN", seq=100, data=5)
        .server("SYN,ACK", seq=300, ack=106)
        .client("ACK", seq=106, ack=301),
    }


@pytest.mark.parametrize("name", openings())
def test_no_record_of_a_rare_opening_contradicts_the_matcher(name: str) -> None:
    told = hold_against_each_other(openings()[name].rows)

    assert told["refused", Decision.MATCHES] == told["three-way-handshake", Decision.MATCHES] == 0


CORPUS = (
    "zeek/testing/btest/Traces/wikipedia.pcap",
    "ppa-packets/activeosfingerprinting.pcapng",
    "ppa-packets/sessionhijacking.pcapng",
    "tcpdump/tests/kday4.pcap",
    "derived-forms/fast_reuse.pcap-le-us.pcap",
    "derived-forms/tfo.pcapng-le-spb.pcapng",
    "zeek/testing/btest/Traces/tcp/syn-then-stuff-then-rst.pcap",
    "zeek/testing/btest/Traces/tcp/retransmit-fast009.pcap",
)


@pytest.mark.parametrize("name", CORPUS)
def test_no_record_of_a_foreign_capture_contradicts_the_matcher(corpus: Path, name: str) -> None:
    assert hold_against_each_other(rows_of(corpus / name)).total()


# ------------------------------------------------------------------------------- any segments

_FLAGS = ("SYN", "SYN,ACK", "ACK", "FIN,ACK", "RST", "RST,ACK", "SYN,RST", "FIN", "SYN,FIN", "FIN,RST,ACK")
_USUAL: tuple[tuple[bool, str, int, int, int], ...] = (
    (True, "SYN", 100, 0, 0),
    (False, "SYN,ACK", 300, 101, 0),
    (True, "ACK", 101, 301, 0),
    (True, "ACK", 101, 301, 5),
    (False, "ACK", 301, 106, 0),
    (False, "ACK", 301, 106, 7),
    (True, "ACK", 106, 308, 0),
    (True, "FIN,ACK", 106, 308, 0),
    (False, "ACK", 308, 107, 0),
    (False, "FIN,ACK", 308, 107, 0),
    (True, "ACK", 107, 309, 0),
)
_REFUSED: tuple[tuple[bool, str, int, int, int], ...] = ((True, "SYN", 100, 0, 0), (False, "RST,ACK", 0, 101, 0))


@st.composite
def talks(draw: st.DrawFn) -> list[Row]:
    """A usual connection, or a refusal, of which a few segments are left out, repeated, swapped, changed or put in."""
    said = list(draw(st.sampled_from([_USUAL, _USUAL[:3], _USUAL[:7], _REFUSED, _REFUSED * 2])))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(len(said) - 1, 0)))
        deed = draw(st.sampled_from(["drop", "repeat", "swap", "flags", "number", "other end", "new"]))
        if deed == "new" or not said:
            ours, theirs = draw(st.sampled_from([(100, 300), (101, 301), (106, 301), (107, 309), (5000, 0)]))
            by_client = draw(st.booleans())
            numbers = (ours, theirs) if by_client else (theirs, ours)
            said.insert(at, (by_client, draw(st.sampled_from(_FLAGS)), *numbers, draw(st.sampled_from([0, 0, 3]))))
        elif deed == "drop":
            del said[at]
        elif deed == "repeat":
            said.insert(draw(st.integers(at, len(said))), said[at])
        elif deed == "swap":
            said[at], said[-1 - at] = said[-1 - at], said[at]
        else:
            by_client, flags, seq, ack, length = said[at]
            flags = draw(st.sampled_from(_FLAGS)) if deed == "flags" else flags
            if deed == "number":
                seq += draw(st.sampled_from([0, -1, 1, 4000]))
                ack += draw(st.sampled_from([0, -1, 1, 4000]))
                length += draw(st.sampled_from([0, 1]))
            said[at] = (by_client ^ (deed == "other end"), flags, seq, ack, length)
    return drawn_rows(draw, said)


def drawn_rows(draw: st.DrawFn, said: list[tuple[bool, str, int, int, int]]) -> list[Row]:
    """The segments as rows; one of them may be lost, have no time, or be in the capture twice."""
    talk = Conversation()
    for by_client, flags, seq, ack, length in said:
        (talk.client if by_client else talk.server)(flags, seq=seq, ack=ack, data=length)
    rows = talk.rows
    if rows and draw(st.integers(0, 2)) == 0:
        at = draw(st.integers(0, len(rows) - 1))
        change: dict[str, Any] = draw(
            st.sampled_from([{"time_ns": NO_TIME}, {"direction": Direction.LOST}, {"ip_id": 7, "digest": 5}])
        )
        rows[at] = replace(rows[at], **change)
    return rows


@settings(max_examples=50)
@given(talks())
def test_no_record_contradicts_the_matcher(rows: list[Row]) -> None:
    hold_against_each_other(rows, FEW)


@pytest.mark.slow
@settings(max_examples=250)
@given(talks())
def test_nor_do_many_more(rows: list[Row]) -> None:
    hold_against_each_other(rows, FEW)


@settings(max_examples=40)
@given(talks(), st.sampled_from(["three-way-handshake", "refused", "any-close", "tcp-hello"]), st.booleans())
def test_what_passes_by_is_judged_as_what_is_held(rows: list[Row], name: str, columnar: bool) -> None:  # noqa: FBT001 - as drawn
    assert passing(rows, SEQUENCES[name], columnar=columnar) == whole(rows, SEQUENCES[name])


# ------------------------------------------------------------------------------- alike


def many(isns: Iterable[int], length: int = 5) -> list[Row]:
    """Connections that are alike but for their initial numbers, one after the other."""
    rows: list[Row] = []
    for position, isn in enumerate(isns):
        talk = Conversation()
        talk.handshake(isn, 3 * isn + 9)
        talk.client("ACK", seq=isn + 1, ack=3 * isn + 10, data=length)
        rows += [
            replace(
                row,
                frame=len(rows) + at + 1,
                **({"src_port": 5000 + position} if row.src_port == 40000 else {"dst_port": 5000 + position}),
            )
            for at, row in enumerate(talk.rows)
        ]
    return rows


def test_connections_that_are_alike_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    compare = Comparer.compare

    def counted(self: Comparer, inspected: Any) -> Any:
        nonlocal compared
        compared += 1
        return compare(self, inspected)

    monkeypatch.setattr(Comparer, "compare", counted)
    sequence = parse("use three-way-handshake\nclient > server ACK seq=x+1 ack=y+1 len=5\n")
    assert passing(many([7, 4_294_967_290, 12345, 99]), sequence)[:2] == (4, 0)
    assert compared == 1


def test_a_sequence_with_a_number_of_its_own_tells_connections_apart_that_are_alike() -> None:
    sequence = parse("client > server SYN seq=7\n...\n")
    assert not Alike(sequence).is_possible
    assert passing(many([7, 8, 9]), sequence)[:2] == (1, 2)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("a > b SYN seq=x\nb > a SYN,ACK seq=y ack=x+1\n", True),
        ("a > b SYN seq=x\nb > a SYN,ACK seq=x\n", False),
        ("a > b SYN seq=2*x\n", False),
        ("a > b ACK seq=x ack=x\n", False),
        ("a > b ACK seq=x len=n\nb > a ACK ack=x+n\n", True),
        ("a > b ACK seq=x len=x\n", False),
        ("a > b SYN seq=x\nb > a SYN,ACK ack=x+1 within 1s\n", False),
        ("a > b SYN ack=0\n", False),
        ("either: a > b ACK seq=x\nor: b > a ACK seq=x\n", True),
        ("either: a > b ACK seq=x\nor: b > a ACK seq=x\na > b ACK seq=x\n", False),
    ],
)
def test_it_is_known_which_sequences_move_with_the_initial_numbers(text: str, possible: bool) -> None:  # noqa: FBT001
    assert Alike(parse(text)).is_possible == possible
