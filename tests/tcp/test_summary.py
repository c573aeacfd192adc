"""The summary: what is said of each connection, added up by columns, the same whatever the batches and the speed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.columns import columns, to_columns
from inspector.tcp import ledger
from inspector.tcp.account import Account, Judge, Tables, distinct
from inspector.tcp.lifetimes import Ended, Limits
from inspector.tcp.outcomes import close_of, handshake_of, outcome_code
from inspector.tcp.records import ConnectionRecord, EndRecord
from inspector.tcp.spans import Spans
from inspector.tcp.tracker import Tracker
from inspector.tcp.view import connection_findings
from inspector.tcp.zeek import code_of, words
from inspector.tcp.zeek_history import ZeekEnd, ZeekRecord
from inspector.wire.row import Row
from tests.tcp.conversation import CLIENT, STEP_NS, Conversation
from tests.tcp.test_properties import conversations

if TYPE_CHECKING:
    from inspector.tcp.summary import Summary
    from inspector.tcp.view import Memory

HOUR_NS = 3_600_000_000_000
PATIENT = Limits(HOUR_NS, HOUR_NS, HOUR_NS)
HASTY = Limits(8 * STEP_NS, 2 * STEP_NS, 4 * STEP_NS, most_open=3)


def summed(rows: list[Row], limits: Limits, *, batch: int = 0, columnar: bool = False) -> Summary:
    tracker = Tracker(keep=False, limits=limits)
    size = batch or max(len(rows), 1)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        fed = to_columns(Row, part, len(part)) if columnar else part
        tracker.feed(fed, len(part), columnar=columnar)
    return tracker.summary()


def moved(rows: list[Row], by: int) -> list[Row]:
    """The same between other addresses."""
    return [replace(row, src_lo=row.src_lo + 256 * by, dst_lo=row.dst_lo + 256 * by) for row in rows]


def numbered(rows: list[Row]) -> list[Row]:
    return [replace(row, frame=at + 1, time_ns=(at + 1) * STEP_NS) for at, row in enumerate(rows)]


@st.composite
def crowds(draw: st.DrawFn) -> list[Row]:
    """Several conversations, mixed."""
    talks = draw(st.lists(conversations, min_size=1, max_size=6))
    queues = [moved(talk.rows, index) for index, talk in enumerate(talks)]
    order = draw(st.permutations([index for index, queue in enumerate(queues) for _ in queue]))
    return numbered([queues[index].pop(0) for index in order])


@settings(max_examples=60)
@given(crowds())
def test_the_sum_is_the_sum_of_what_is_said_of_each(rows: list[Row]) -> None:
    tracker = Tracker()
    tracker.feed(rows, len(rows))
    each = list(tracker.connections())

    summary = summed(rows, PATIENT)

    found = [(connection, finding) for connection in each for finding in connection.findings]
    assert summary.connections == len(each)
    assert summary.handshakes == Counter(one.handshake for one in each)
    assert summary.closes == Counter(one.close for one in each)
    assert summary.conn_states == Counter(one.zeek.conn_state for one in each)
    assert summary.segments == sum(end.segments for one in each for end in (one.originator, one.responder))
    assert {name: kind.findings for name, kind in summary.kinds.items()} == Counter(one.kind for _, one in found)
    assert {name: kind.connections for name, kind in summary.kinds.items()} == Counter(
        kind for kinds in ({finding.kind for finding in one.findings} for one in each) for kind in kinds
    )
    assert summary.findings == len(found)
    assert summary.faults == sum(finding.is_fault for _, finding in found)
    for name, kind in summary.kinds.items():
        of_kind = sorted((one for one in found if one[1].kind == name), key=lambda one: one[1].frame or 0)
        assert [one.finding for one in kind.examples] == [finding for _, finding in of_kind[:3]]
        assert [one.connection for one in kind.examples] == [connection.number for connection, _ in of_kind[:3]]


@settings(max_examples=40)
@given(crowds())
def test_what_is_listed_is_what_is_said_of_each(rows: list[Row]) -> None:
    tracker = Tracker()
    tracker.feed(rows, len(rows))

    listed = summed(rows, PATIENT).first

    bare = [replace(each, segments=(), findings=(), is_alone=False) for each in tracker.connections()]
    assert [replace(one.connection, findings=()) for one in listed] == bare
    assert [one.findings for one in listed] == [len(each.findings) for each in tracker.connections()]


@pytest.mark.slow
@settings(max_examples=60)
@given(crowds(), st.integers(1, 7))
def test_neither_batches_nor_speed_change_the_sum_where_connections_are_let_go(rows: list[Row], size: int) -> None:
    at_once = summed(rows, HASTY)

    assert summed(rows, HASTY, batch=size) == at_once
    assert summed(rows, HASTY, batch=size, columnar=True) == at_once


@settings(max_examples=40)
@given(crowds())
def test_when_it_is_swept_changes_nothing(rows: list[Row]) -> None:
    """A table with much room sweeps late or never, and who is over is over all the same."""
    roomy = replace(HASTY, most_open=1000)
    tight = Tracker(keep=False, limits=roomy)
    tight._follower.set_header(capacity=2)
    tight.feed(rows, len(rows))

    assert tight.summary() == summed(rows, roomy)


@pytest.mark.parametrize(("limit", "rows"), [("closed_ns", 5), ("attempt_ns", 1), ("idle_ns", 3)])
@pytest.mark.parametrize("late", [0, 1])
def test_a_connection_is_over_past_its_time_and_not_at_it(limit: str, rows: int, late: int) -> None:
    talk = Conversation().handshake().client("FIN,ACK", seq=101, ack=301).server("RST", seq=301)
    first = talk.rows[:rows]
    after = replace(talk.rows[0], frame=99, seq=101, flags=0x10, ack=301)
    last = replace(after, time_ns=first[-1].time_ns + STEP_NS + late)
    limits = replace(PATIENT, **{limit: STEP_NS})

    assert summed([*first, last], limits).connections == 1 + late


def test_frames_without_time_end_nothing() -> None:
    rows = [replace(row, time_ns=-(1 << 63)) for row in Conversation().handshake().rows]

    assert summed(rows, Limits(1, 1, 1)).connections == 1


def test_one_frame_from_the_far_future_does_not_end_what_comes_after() -> None:
    rows = Conversation().handshake().rows
    strays = moved([replace(rows[0], time_ns=(1 << 63) - 1)], 1)

    assert summed([*strays, *rows], HASTY).connections == 2


def flood(number: int) -> list[Row]:
    (syn,) = Conversation().client("SYN", seq=100).rows
    return numbered([replace(syn, src_lo=syn.src_lo + at) for at in range(number)])


@pytest.mark.parametrize("columnar", [False, True])
def test_a_flood_stays_within_the_bound_and_says_what_it_evicted(columnar: bool) -> None:  # noqa: FBT001 - a parameter
    tracker = Tracker(keep=False, limits=replace(PATIENT, most_open=100))
    rows = flood(1000)
    fed = to_columns(Row, rows, len(rows)) if columnar else rows
    tracker.feed(fed, len(rows), columnar=columnar)

    assert tracker._follower.header("capacity") == 100
    summary = tracker.summary()
    assert summary.connections == summary.handshakes["unanswered"] == 1000  # type: ignore[index]  # a StrEnum
    # 100 fill the table; a quarter goes, and again for every 25 after.
    assert summary.evicted == 900


def test_who_was_silent_longest_is_evicted() -> None:
    """The first of the flood speaks again, and stays: its second segment belongs to it."""
    rows = flood(8)
    again = [replace(rows[0], frame=50 + at, time_ns=(50 + at) * STEP_NS, digest=at) for at in range(2)]
    mixed = [*rows[:4], again[0], *(replace(row, time_ns=70 * STEP_NS) for row in rows[4:5]), again[1]]

    summary = summed(mixed, replace(PATIENT, most_open=4))

    assert summary.evicted == 1
    assert summary.connections == 5
    assert summary.repeated_syns == 2


def test_a_half_open_attempt_ages_out() -> None:
    rows = flood(3)
    late = moved([replace(rows[0], time_ns=HOUR_NS)], 9)

    summary = summed([*rows, *late], Limits())

    assert summary.ended == {Ended.ATTEMPT: 3, Ended.WITH_CAPTURE: 1}


def test_a_captures_beginning_is_not_limited() -> None:
    rows = flood(10)
    tracker = Tracker(keep=False, limits=Limits(1, 1, 1, most_open=2), limited_from=10)
    tracker.feed(rows, 10)

    assert tracker._follower.header("count") == 10


def test_too_many_suspects_are_judged_before_their_connection_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Conversation().handshake()
    for at in range(12):
        talk.client("ACK", seq=1000 + 500 * at, ack=301, data=10)
    whole = summed(talk.rows, PATIENT, batch=1)
    monkeypatch.setattr(ledger, "MOST", 3)

    early = summed(talk.rows, PATIENT, batch=1)

    assert whole.findings > 3
    assert (early.findings, early.kinds) == (whole.findings, whole.kinds)


def test_times_refusals_and_repeats_are_counted() -> None:
    talk = Conversation().client("SYN", seq=100).client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101)
    talk.client("ACK", seq=101, ack=301)
    refused = moved(Conversation().client("SYN", seq=1).server("RST,ACK", ack=2).rows, 1)

    summary = summed([*talk.rows, *refused], PATIENT)

    assert (summary.syn_to_syn_ack.longest, summary.syn_ack_to_ack.longest) == (2 * STEP_NS, STEP_NS)
    assert (summary.repeated_syns, summary.repeaters) == (1, 1)
    assert summary.refused_ports == {80: 1}
    assert [(str(endpoint), number) for endpoint, number in summary.endpoints_with_trouble(5)] == [("10.0.1.2:80", 1)]


def test_the_worst_are_those_with_most_faults() -> None:
    good = Conversation().handshake().rows
    bad = Conversation().client("SYN", seq=1000).server("SYN,ACK", seq=5000, ack=1000).client("ACK", seq=1001, ack=5001)

    summary = summed([*good, *moved(bad.rows, 1)], PATIENT)

    (worst,) = summary.worst
    assert (worst.connection.number, worst.faults) == (2, 1)
    assert [finding.kind for finding in worst.connection.findings] == ["syn-ack-wrong-ack"]


@st.composite
def ends(draw: st.DrawFn) -> EndRecord:
    bits = st.integers(0, (1 << 19) - 1)
    return EndRecord(state=draw(st.integers(0, 11)), seen=draw(bits), facts=draw(st.integers(0, (1 << 48) - 1)))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[ConnectionRecord, EndRecord, EndRecord]:
    sides = st.integers(-1, 1)
    record = ConnectionRecord(itself=draw(st.integers(0, 1)), first_closer=draw(sides), last_reset=draw(sides))
    return record, draw(ends()), draw(ends())


KEPT_SEEN = 1 | 2 | 16 | 64 | 256 | 512 | 16384
KEPT_FACTS = 1 << 14 | 1 << 21 | 1 << 22 | 1 << 27


@settings(max_examples=300)
@given(pairs(), ends(), ends())
def test_connections_of_one_code_have_one_outcome(
    pair: tuple[ConnectionRecord, EndRecord, EndRecord], one: EndRecord, two: EndRecord
) -> None:
    """What the code leaves out is replaced by anything, and nothing that is said changes."""
    record, originator, responder = pair
    like = [
        replace(
            end,
            seen=end.seen & KEPT_SEEN | noise.seen & ~KEPT_SEEN,
            facts=end.facts & KEPT_FACTS | noise.facts & ~KEPT_FACTS,
            segments=noise.seen,
            iss=noise.seen,
        )
        for end, noise in ((originator, one), (responder, two))
    ]
    other = replace(record, completeness=3, first_ns=5)

    assert outcome_code(record, originator, responder) == outcome_code(other, *like)
    assert handshake_of(record, originator, responder) == handshake_of(other, *like)
    assert close_of(record, originator, responder) == close_of(other, *like)
    assert [each.kind for each in connection_findings(record, originator, responder)] == [
        each.kind for each in connection_findings(other, *like)
    ]


@settings(max_examples=300)
@given(st.lists(pairs(), min_size=2, max_size=8))
def test_different_states_or_sides_have_different_codes(
    many: list[tuple[ConnectionRecord, EndRecord, EndRecord]],
) -> None:
    """The parts of a code do not run into each other."""

    def parts(record: ConnectionRecord, one: EndRecord, two: EndRecord) -> tuple[int, ...]:
        seen = (one.seen & KEPT_SEEN, two.seen & KEPT_SEEN, (one.facts | two.facts) & KEPT_FACTS)
        return (*seen, one.state, two.state, record.itself, record.last_reset, record.first_closer)

    assert len({parts(*each) for each in many}) == len({outcome_code(*each) for each in many})
    assert all(0 <= outcome_code(*each) < 1 << 63 for each in many)


@st.composite
def zeek_ends(draw: st.DrawFn) -> ZeekEnd:
    small = st.integers(0, 3)
    return ZeekEnd(
        zeek_state=draw(st.integers(0, 9)), zeek_last=draw(small), zeek_acked=draw(small), zeek_fin=draw(small)
    )


@settings(max_examples=400)
@given(zeek_ends(), zeek_ends(), zeek_ends(), zeek_ends(), st.integers(0, 15), st.sampled_from([(), (4, 14), (4, 10)]))
def test_one_code_and_history_have_one_conn_state(
    one: ZeekEnd, two: ZeekEnd, three: ZeekEnd, four: ZeekEnd, marks: int, letters: tuple[int, ...]
) -> None:
    packed = sum(letter << 5 * at for at, letter in enumerate(letters))
    zeek = ZeekRecord(zeek_marks=marks, zeek_length=len(letters), zeek_history_0=packed)
    three = replace(three, zeek_state=one.zeek_state)
    four = replace(four, zeek_state=two.zeek_state)
    if code_of(zeek, one, two) == code_of(zeek, three, four):
        assert words(zeek, one, two) == words(zeek, three, four)


@given(st.lists(st.integers(-1, 1 << 62), max_size=60), st.integers(1, 100))
def test_a_percentile_is_never_too_long_and_a_sixtieth_too_short_at_most(spans: list[int], percent: int) -> None:
    distribution = Spans()
    for part in (spans[::2], spans[1::2]):
        distribution.add(np.array(part, np.int64))
    known = sorted(span for span in spans if span >= 0)
    if not known:
        assert distribution.percentile(percent) == distribution.count == 0
        return

    exact = known[-(-len(known) * percent // 100) - 1]
    told = distribution.percentile(percent)

    assert exact - exact / 60 <= told <= exact
    assert (distribution.shortest, distribution.longest) == (known[0], known[-1])


def test_no_more_are_open_than_the_limit_once_connections_are_limited() -> None:
    """Also where the table had room for more before."""
    tracker = Tracker(keep=False, limits=replace(PATIENT, most_open=8), limited_from=50)
    rows = flood(90)
    tracker.feed(rows[:60], 60)
    tracker.feed(rows[60:61], 1)
    assert tracker._follower.header("count") <= 8
    tracker.feed(rows[61:], 29)
    left = tracker._follower.header("count")
    assert left <= 8

    summary = tracker.summary()
    assert (summary.connections, summary.evicted) == (90, 90 - left)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_who_stays_fills_the_gaps(going: list[bool]) -> None:
    tracker = Tracker(keep=False, limits=PATIENT)
    rows = flood(len(going))
    tracker.feed(to_columns(Row, rows, len(rows)), len(rows), columnar=True)
    follower = tracker._follower
    before = follower.table(0)["number"].tolist()

    places = follower.let_go(np.array(going))

    left = going.count(False)
    numbers = follower.table(0)["number"].tolist()
    assert [numbers[places[at]] for at, goes in enumerate(going) if not goes] == [
        before[at] for at, goes in enumerate(going) if not goes
    ]
    assert len(set(numbers[:left])) == left


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 2), st.just(7)), min_size=1, max_size=40))
def test_each_combination_has_one_example(rows: list[tuple[int, int, int]]) -> None:
    examples, which = distinct([np.array(column, np.int64) for column in zip(*rows, strict=True)])

    assert len(examples) == len(set(rows))
    assert [rows[examples[each]] for each in which] == rows


def test_a_combination_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from inspector.tcp import account

    asked: list[Memory] = []
    real = account._outcome

    def ask(memory: Memory) -> tuple[int, ...]:
        asked.append(memory)
        return real(memory)

    monkeypatch.setattr(account, "_outcome", ask)
    rows = numbered([row for at in range(40) for row in moved(Conversation().handshake().rows, at)])

    assert summed(rows, PATIENT).handshakes == {"complete": 40}
    assert len(asked) == 1


def test_accounts_are_the_columns_of_a_connection() -> None:
    tracker = Tracker(keep=False, limits=PATIENT)
    rows = to_columns(Row, Conversation().handshake().rows, 3)
    tracker.feed(rows, 3, columnar=True)
    tables = Tables(*(tracker._follower.table(position) for position in range(4)))

    (account,) = Judge().accounts(tables, np.array([0]), columns(Account, 1)).tolist()

    said = dict(zip(Account.__dataclass_fields__, account, strict=True))
    assert (said["orig_port"], said["orig_segments"], said["handshake_ns"]) == (CLIENT[1], 2, 2 * STEP_NS)
    assert (said["history_length"], said["completeness"], said["kinds"]) == (3, 7, 0)
