"""The same connections, as objects and as columns, are chosen, sorted and told of alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.columns import columns, enlarged
from inspector.pipeline import inspect
from inspector.query.evaluation import holds
from inspector.query.fields import FIELDS, WRITTEN
from inspector.query.order import Order
from inspector.query.parser import parse
from inspector.query.reading import UNKNOWN, span_of
from inspector.query.selection import Selection
from inspector.query.written import column_of, value_of
from inspector.tcp import ledger
from inspector.tcp.account import Account
from inspector.tcp.found import KIND_WORDS
from inspector.tcp.judgement import KINDS
from inspector.wire.row import Row, Tunnel
from tests.query.asking import EXPRESSIONS, HOUR_NS, PATIENT, Collector, elsewhere, objects, summed
from tests.tcp.conversation import Conversation
from tests.tcp.test_summary import crowds, numbered

if TYPE_CHECKING:
    from inspector.query.expression import Node
    from inspector.tcp.model import Connection

CAPTURES = sorted((Path(__file__).resolve().parents[2] / "captures").glob("*/*.pcapng"))
SORTABLE = [field for field in FIELDS.values() if field.is_sortable]


class Keeper(Collector):
    """Keeps the accounts themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.accounts: Any = columns(Account, 0)

    def take_accounts(self, accounts: Any) -> None:
        have = len(self.accounts)
        self.accounts = enlarged(Account, self.accounts, have + len(accounts))
        self.accounts[have:] = accounts


def both_forms(rows: list[Row]) -> tuple[list[Connection], Any]:
    keeper = Keeper()
    summed(rows, sink=keeper)
    return objects(rows), keeper.accounts[keeper.accounts["number"].argsort()]


@st.composite
def mixed(draw: st.DrawFn) -> list[Row]:
    """A crowd, some of it IPv6, inside a tunnel, or without time."""
    rows = draw(crowds())
    change = draw(st.sampled_from(["nothing", "IPv6", "6to4", "tunnel", "no time"]))
    if change == "IPv6":
        rows = elsewhere(rows, "2001:db8::1", "fe80::2")
    if change == "6to4":
        rows = [replace(row, tunnel=Tunnel.SIX_IN_FOUR) for row in elsewhere(rows, "2002:a00:1::1", "2002::2")]
    if change == "tunnel":
        rows = [replace(row, tunnel=Tunnel.VXLAN) for row in rows]
    return [replace(row, time_ns=UNKNOWN) for row in rows] if change == "no time" else rows


@settings(max_examples=80)
@given(mixed(), EXPRESSIONS)
def test_both_speeds_choose_the_same(rows: list[Row], node: Node) -> None:
    plain, columnar = Collector(), Collector()
    chosen = Selection(node, sink=plain).pick(objects(rows))

    summary = summed(rows, node, sink=columnar)

    assert sorted(columnar.numbers) == [each.number for each in chosen] == plain.numbers
    assert (summary.connections, summary.of) == (len(chosen), len(objects(rows)))
    assert sorted(columnar.found) == sorted(plain.found)


@settings(max_examples=60)
@given(mixed())
def test_every_field_says_the_same_in_both(rows: list[Row]) -> None:
    plain, accounts = both_forms(rows)

    for field in WRITTEN:
        if field.name in ("tcp.stream", "ended"):  # which a large replay cannot, and alone can, know
            continue
        assert column_of(field, accounts) == [value_of(field, each) for each in plain], field.name


@settings(max_examples=60)
@given(mixed(), st.sampled_from(SORTABLE), st.booleans())
def test_both_speeds_sort_alike(rows: list[Row], field: Any, descending: bool) -> None:  # noqa: FBT001 - a parameter
    order = Order(field, descending)

    ranked = summed(rows, order=order).ranked

    expected = Selection(order=order).pick(objects(rows))
    assert [one.connection.number for one in ranked] == [each.number for each in expected]


def test_blocks_of_columns_are_merged_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_AT_ONCE", 2)
    rows = [
        row for at in range(9) for row in elsewhere(Conversation().handshake().rows, f"10.0.{at * 5 % 9}.1", "10.9.0.2")
    ]

    ranked = summed(numbered(rows), order=Order(FIELDS["originator.address"], descending=True)).ranked

    assert [one.connection.originator.endpoint.address for one in ranked] == [f"10.0.{at}.1" for at in range(8, -1, -1)]


@settings(max_examples=40)
@given(crowds(), EXPRESSIONS)
def test_the_sum_is_the_sum_of_those_chosen(rows: list[Row], node: Node) -> None:
    """Against the sum of the rows of those chosen alone, numbered as they were."""
    chosen = {each.number for each in objects(rows) if holds(node, each)}
    summary = summed(rows, node)

    found = [(each.number, finding) for each in objects(rows) if each.number in chosen for finding in each.findings]
    assert summary.findings == len(found)
    assert summary.segments == sum(
        each.originator.segments + each.responder.segments for each in objects(rows) if each.number in chosen
    )
    assert set(summary.kinds) == {finding.kind for _, finding in found}
    for name, kind in summary.kinds.items():
        of_kind = sorted((one for one in found if one[1].kind == name), key=lambda one: one[1].frame or 0)
        assert (kind.findings, kind.connections) == (len(of_kind), len({number for number, _ in of_kind}))
        assert [(one.connection, one.finding) for one in kind.examples] == of_kind[:3]
    assert [one.connection.number for one in summary.first] == sorted(chosen)[:40]


def gaps(at: int, number: int) -> list[Row]:
    """A connection with so many segments that were not captured."""
    talk = Conversation().handshake()
    for each in range(number):
        talk.client("ACK", seq=1000 + 500 * each, ack=301, data=10)
    return elsewhere(talk.rows, f"10.0.0.{at}", "10.9.0.1")


@pytest.mark.parametrize("most", [3, 1000])
def test_what_was_judged_early_is_told_of_those_chosen_alone(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Segments are judged while it is not known yet which connections will be chosen."""
    monkeypatch.setattr(ledger, "MOST", most)
    rows = numbered([row for pair in zip(gaps(1, 12), gaps(2, 12), strict=True) for row in pair])
    collector = Collector()

    summary = summed(rows, parse("originator.address == 10.0.0.2"), sink=collector, batch=1)

    (kind,) = summary.kinds.values()
    (chosen,) = (each for each in objects(rows) if each.originator.endpoint.address == "10.0.0.2")
    assert (kind.findings, kind.connections, summary.untold) == (12, 1, 0)
    assert [one.finding for one in kind.examples] == list(chosen.findings[:3])
    assert sorted(row[1] for row in collector.found) == sorted(finding.frame or 0 for finding in chosen.findings)


def test_more_judged_early_than_can_be_held_are_counted_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MOST", 3)
    monkeypatch.setattr(ledger, "HELD", 5)
    collector = Collector()

    summary = summed(numbered(gaps(1, 12)), parse("number == 1"), sink=collector, batch=1)

    assert summary.findings == summary.untold + len(collector.found) == 12
    assert summary.untold > 0


@pytest.mark.parametrize("limit", [1, 4])
def test_connections_that_move_in_the_table_keep_what_was_judged_early(
    monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(ledger, "MOST", 3)
    rows = numbered([row for at in range(1, 9) for row in gaps(at, 5)])
    tight = replace(PATIENT, most_open=limit)
    collector, all_of_them = Collector(), Collector()

    summed(rows, parse("findings > 0"), sink=collector, limits=tight, batch=1)
    summed(rows, sink=all_of_them, limits=tight, batch=1)

    assert sorted(collector.found) == sorted(all_of_them.found)
    assert len({row[0] for row in collector.found}) == 8


SAYINGS = [
    'handshake == "complete"', 'close != "none"', "findings > 0", "originator.port > 40000", "address in 127.0.0.0/8",
    "bytes == 0 or retransmissions > 0", 'zeek.conn_state in ("SF", "REJ")', "handshake_time < 1ms",
    'zeek.history contains "T"', "not (repeated_syns == 0)", 'finding == "syn-ack-wrong-ack"', "completeness == 31",
    'originator.state == "TIME-WAIT"', "duration > 1s",
    "segments > 9 and faults == 0", 'tunnel != "none"', "syn_to_syn_ack != unknown",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.parent.name)
def test_our_own_captures_are_chosen_alike(path: Path) -> None:
    patient = replace(PATIENT, idle_ns=24 * HOUR_NS, closed_ns=24 * HOUR_NS, attempt_ns=24 * HOUR_NS)
    for saying in SAYINGS:
        selection = Selection(parse(saying))
        plain = inspect(path, selection=selection)
        columnar = inspect(path, keep=1, limits=patient, selection=selection)
        if columnar.summary is None:  # a single frame
            continue
        assert columnar.summary.connections == len(plain.connections), saying
        assert columnar.verdict == plain.verdict, saying
        assert columnar.selected == plain.selected


def test_of_a_kind_all_findings_have_the_same_words() -> None:
    assert set(KIND_WORDS) == set(KINDS)
    for path in CAPTURES:
        for each in inspect(path, verify=True).connections:
            for finding in each.findings:
                words = KIND_WORDS[finding.kind]
                assert (words.blame, words.section, words.field) == (finding.blame, finding.rule, finding.field)


def test_a_span_that_no_clock_can_have_is_unknown_in_both() -> None:
    import numpy as np

    ends = [(0, 5), (5, 5), (5, 0), (UNKNOWN, 5), (5, UNKNOWN), (UNKNOWN + 1, (1 << 63) - 1)]
    firsts, lasts = (np.array(each, np.int64) for each in zip(*ends, strict=True))

    assert [span_of(*each) for each in ends] == [5, 0, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]
    assert span_of(firsts, lasts).tolist() == [span_of(*each) for each in ends]


KNOWN_ANSWERS = [
    ("handshake_time == unknown", True), ("handshake_time != unknown", False), ("handshake_time == 5ms", False),
    ("handshake_time != 5ms", False), ("not handshake_time == 5ms", True), ("handshake_time < 5d", False),
    ("port == 80", True), ("port != 80", False), ("port != 81", True), ("port in (1, 40000)", True),
    ("address != 10.0.0.1", False), ("address in 10.0.0.2/31", True), ("address in 10.0.0.4/30", False),
    ("address in ::/0", False), ("address in 0.0.0.0/0", True), ("originator.address == 10.0.0.1", True),
    ('zeek.history == "S"', True), ('zeek.history in ("s", "S")', True), ('zeek.history contains "s"', False),
    ('finding != "fin-moved"', True), ('finding == "fin-moved"', False), ("findings == 0 and faults == 0", True),
    ('originator.state == "SYN-SENT"', True), ("first_frame == 1", True), ('first == "1970-01-01T00:00:00.01Z"', True),
    ("duration == 0s", True), ('tunnel == "none"', True), ("segments == 1", True), ("completeness == 1", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "answer"), KNOWN_ANSWERS, ids=[text for text, _ in KNOWN_ANSWERS])
def test_of_a_lone_syn_it_holds_or_not(text: str, answer: bool) -> None:  # noqa: FBT001 - a parameter
    rows = Conversation().client("SYN", seq=100).rows

    assert [holds(parse(text), each) for each in objects(rows)] == [answer]
    assert summed(rows, parse(text)).connections == answer
