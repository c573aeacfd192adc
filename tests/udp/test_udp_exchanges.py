"""UDP exchanges from rows made by hand: counts, labels, outcomes, duplicates, quotations; and what changes nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.columns import to_columns
from inspector.findings import Blame, Side
from inspector.udp.model import Outcome
from inspector.udp.tracker import ExchangeTracker
from inspector.wire.row import Checksum, Direction, Fragment, Protocol, Row, address_halves

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.udp.model import Exchange

Address = tuple[str, int]
A: Address = ("10.0.0.1", 40000)
B: Address = ("10.0.0.2", 7)
MILLISECOND = 1_000_000


class Wire:
    """Makes rows in capture order: 10 ms apart, each with its own IP ID and digest unless told otherwise."""

    def __init__(self) -> None:
        self.frames = count(1)
        self.now = 1_000_000_000_000_000_000

    def send(self, source: Address, target: Address, length: int = 5, **fields: int) -> Row:
        """A datagram; `fields` are any fields of the row."""
        frame = next(self.frames)
        self.now += 10 * MILLISECOND
        row = Row(frame=frame, time_ns=self.now, protocol=Protocol.UDP, payload_len=length, captured_len=length)
        row.version, row.src_hi, row.src_lo = address_halves(source[0])
        _, row.dst_hi, row.dst_lo = address_halves(target[0])
        row.src_port, row.dst_port = source[1], target[1]
        row.ip_id = row.digest = frame
        for name, value in fields.items():
            setattr(row, name, value)
        return row

    def error(self, quoted: Row, icmp_type: int = 3, icmp_code: int = 3, **fields: int) -> Row:
        """An ICMP error from the host to which `quoted` was sent; port unreachable unless told otherwise."""
        fields = {"protocol": Protocol.ICMP, "checksum": quoted.checksum} | fields
        row = self.send(quoted.source, quoted.destination, quoted.payload_len, **fields)
        row.icmp_type, row.icmp_code, row.quoted_protocol = icmp_type, icmp_code, Protocol.UDP
        row.reporter_hi, row.reporter_lo = quoted.dst_hi, quoted.dst_lo
        return row

    def again(self, row: Row, *, after_ns: int = 2000, **fields: int) -> Row:
        """The same bytes once more."""
        return replace(row, frame=next(self.frames), time_ns=row.time_ns + after_ns, **fields)


def track(rows: Iterable[Row], *, keep: bool = True) -> ExchangeTracker:
    rows = list(rows)
    tracker = ExchangeTracker(keep=keep)
    tracker.feed(rows, len(rows))
    return tracker


def exchange_of(*rows: Row) -> Exchange:
    (exchange,) = track(rows).exchanges()
    return exchange


def labels_of(exchange: Exchange) -> list[str]:
    return [datagram.label for datagram in exchange.datagrams]


# -- Outcomes, labels, sizes


def test_a_datagram_and_its_answer_are_a_request_and_a_reply() -> None:
    wire = Wire()

    exchange = exchange_of(wire.send(A, B, 5), wire.send(B, A, 7))

    assert exchange.outcome is Outcome.REPLIED
    assert labels_of(exchange) == ["request", "reply"]
    assert (exchange.originator, exchange.responder) == (A, B)
    assert (exchange.counts, exchange.payload_bytes) == ((1, 1), (5, 7))
    assert (exchange.conn_state, exchange.history) == ("SF", "Dd")


def test_silence_is_an_outcome_and_no_finding() -> None:
    exchange = exchange_of(Wire().send(A, B))

    assert exchange.outcome is Outcome.UNANSWERED
    assert labels_of(exchange) == ["datagram"]
    assert (exchange.conn_state, exchange.history) == ("S0", "D")
    assert not exchange.findings


def test_taking_turns_pairs_each_reply_with_its_request() -> None:
    wire = Wire()

    exchange = exchange_of(*(wire.send(*ends) for ends in [(A, B), (B, A), (A, B), (B, A)]))

    assert labels_of(exchange) == ["request", "reply"] * 2


def test_requests_sent_ahead_are_requests_too() -> None:
    wire = Wire()

    exchange = exchange_of(*(wire.send(*ends) for ends in [(A, B), (A, B), (A, B), (B, A), (B, A), (B, A), (B, A)]))

    assert labels_of(exchange) == ["request"] * 3 + ["reply"] * 3 + ["datagram"]


def test_what_was_lost_on_its_way_has_no_reply() -> None:
    wire = Wire()

    exchange = exchange_of(wire.send(A, B, direction=Direction.LOST), wire.send(A, B), wire.send(B, A))

    assert labels_of(exchange) == ["datagram", "request", "reply"]
    assert [datagram.lost for datagram in exchange.datagrams] == [True, False, False]


def test_a_reply_that_was_lost_on_its_way_shows_that_the_request_was_not() -> None:
    wire = Wire()

    exchange = exchange_of(wire.send(A, B), wire.send(B, A, direction=Direction.LOST))

    assert labels_of(exchange) == ["request", "reply"]


def test_an_empty_datagram_counts_and_carries_nothing() -> None:
    exchange = exchange_of(Wire().send(A, B, 0))

    assert (exchange.counts, exchange.payload_bytes) == ((1, 0), (0, 0))
    assert exchange.history == "D"


def test_a_program_that_talks_with_its_own_port_has_one_side() -> None:
    wire = Wire()

    exchange = exchange_of(wire.send(A, A), wire.send(A, A))

    assert exchange.counts == (2, 0)
    assert labels_of(exchange) == ["datagram", "datagram"]


def test_a_reply_from_another_port_is_an_exchange_of_its_own() -> None:
    wire = Wire()

    exchanges = track([wire.send(A, B), wire.send((B[0], 8), A)]).exchanges()

    assert [exchange.outcome for exchange in exchanges] == [Outcome.UNANSWERED] * 2
    assert [exchange.number for exchange in exchanges] == [1, 2]


def test_a_long_silence_does_not_end_an_exchange() -> None:
    wire = Wire()
    first = wire.send(A, B)
    wire.now += 3600 * 1000 * MILLISECOND

    assert exchange_of(first, wire.send(A, B)).counts == (2, 0)


def test_other_protocols_pass_through() -> None:
    wire = Wire()
    rows = [wire.send(A, B, protocol=Protocol.TCP), wire.send(A, B, undecoded=15), wire.send(A, B, protocol=0)]

    assert track(rows).exchanges() == ()


def test_zeek_turns_round_an_answer_that_comes_first_from_a_servers_port() -> None:
    exchange = exchange_of(Wire().send(("10.0.0.2", 53), A))

    assert (exchange.conn_state, exchange.history) == ("SHR", "^d")


def test_a_wrong_checksum_is_said_and_blames_the_path() -> None:
    exchange = exchange_of(Wire().send(A, B, checksum_verdict=Checksum.WRONG), Wire().send(A, B))

    (finding,) = exchange.findings
    assert (finding.kind, finding.is_fault) == ("udp-wrong-checksum", False)


@pytest.mark.parametrize("verdict", [Checksum.UNVERIFIED, Checksum.CORRECT, Checksum.PARTIAL])
def test_an_unfinished_checksum_is_no_finding(verdict: int) -> None:
    assert not exchange_of(Wire().send(A, B, checksum_verdict=verdict)).findings


# -- Fragments


def test_a_fragmented_datagram_counts_once_and_whole() -> None:
    wire = Wire()
    pieces = [
        wire.send(A, B, 1472, fragment=Fragment.FIRST),
        wire.send(A, B, undecoded=132, fragment=Fragment.LATER),
        wire.send(A, B, 4000, fragment=Fragment.REASSEMBLED),
    ]

    exchange = exchange_of(*pieces)

    assert (exchange.counts, exchange.payload_bytes) == ((1, 0), (4000, 0))
    assert labels_of(exchange) == ["first fragment", "datagram"]


# -- ICMP errors


def test_an_error_is_tied_to_the_datagram_that_it_quotes() -> None:
    wire = Wire()
    first, second = wire.send(A, B, 5, checksum=1), wire.send(A, B, 5, checksum=2)

    exchange = exchange_of(first, second, wire.error(first))

    error = exchange.datagrams[-1]
    assert (error.label, error.about, error.sender) == ("ICMP port unreachable", first.frame, Side.RESPONDER)
    assert exchange.outcome is Outcome.UNREACHABLE
    assert (exchange.counts, exchange.history) == ((2, 0), "D")
    (finding,) = exchange.findings
    assert (finding.kind, finding.blame, finding.frame) == ("udp-port-unreachable", Blame.PATH, error.row.frame)
    assert "10.0.0.2:7" in finding.message


def test_errors_about_equal_datagrams_claim_one_each_the_latest_first() -> None:
    wire = Wire()
    one, two = wire.send(A, B), wire.send(A, B)

    exchange = exchange_of(one, two, wire.error(two), wire.error(one))

    assert [datagram.about for datagram in exchange.datagrams] == [None, None, two.frame, one.frame]


def test_a_checksum_finished_after_the_capture_does_not_hide_the_datagram() -> None:
    wire = Wire()
    other, meant = wire.send(A, B, 9, checksum=7), wire.send(A, B, 5, checksum=3)

    exchange = exchange_of(meant, other, wire.error(meant, checksum=4))

    assert exchange.datagrams[-1].about == meant.frame


def test_an_error_about_a_datagram_not_captured_blames_the_capture() -> None:
    wire = Wire()
    unseen = wire.send(A, B)

    exchange = exchange_of(wire.error(unseen))

    assert (exchange.outcome, exchange.counts) == (Outcome.UNREACHABLE, (0, 0))
    assert (exchange.conn_state, exchange.history) == ("OTH", "")
    assert [finding.blame for finding in exchange.findings] == [Blame.PATH, Blame.CAPTURE]


def test_an_error_about_a_reply_leaves_the_request_replied() -> None:
    wire = Wire()
    request, reply = wire.send(A, B), wire.send(B, A)

    exchange = exchange_of(request, reply, wire.error(reply))

    assert exchange.outcome is Outcome.REPLIED
    assert (exchange.datagrams[-1].about, exchange.datagrams[-1].sender) == (reply.frame, Side.ORIGINATOR)


@pytest.mark.parametrize(
    ("protocol", "icmp_type", "icmp_code", "label", "outcome"),
    [
        (Protocol.ICMP, 3, 1, "ICMP host unreachable", Outcome.UNREACHABLE),
        (Protocol.ICMP, 3, 4, "ICMP fragmentation needed", Outcome.UNANSWERED),
        (Protocol.ICMP, 3, 7, "ICMP destination unreachable", Outcome.UNREACHABLE),
        (Protocol.ICMP, 11, 0, "ICMP time to live exceeded", Outcome.UNREACHABLE),
        (Protocol.ICMP, 4, 0, "ICMP source quench", Outcome.UNANSWERED),
        (Protocol.ICMP, 99, 2, "ICMP error of type 99, code 2", Outcome.UNANSWERED),
        (Protocol.ICMPV6, 1, 4, "ICMPv6 port unreachable", Outcome.UNREACHABLE),
        (Protocol.ICMPV6, 2, 0, "ICMPv6 packet too big", Outcome.UNANSWERED),
    ],
)
def test_errors_have_names_and_only_some_say_undelivered(
    protocol: int, icmp_type: int, icmp_code: int, label: str, outcome: Outcome
) -> None:
    wire = Wire()
    sent = wire.send(A, B)

    exchange = exchange_of(sent, wire.error(sent, icmp_type, icmp_code, protocol=protocol))

    assert (exchange.datagrams[-1].label, exchange.outcome) == (label, outcome)


# -- Capture duplicates


def test_a_frame_captured_twice_counts_once() -> None:
    wire = Wire()
    sent = wire.send(A, B)

    tracker = track([sent, wire.again(sent)])

    assert tracker.duplicates == 1
    (exchange,) = tracker.exchanges()
    assert (exchange.counts, exchange.payload_bytes, len(exchange.datagrams)) == ((1, 0), (5, 0), 1)


def test_the_same_bytes_a_millisecond_later_are_another_datagram() -> None:
    wire = Wire()
    sent = wire.send(A, B)

    assert exchange_of(sent, wire.again(sent, after_ns=MILLISECOND + 1)).counts == (2, 0)


def test_without_ip_id_copies_are_believed_where_everything_is_doubled() -> None:
    wire = Wire()
    request, reply = wire.send(A, B, ip_id=-1), wire.send(B, A, ip_id=-1)

    tracker = track([request, wire.again(request), reply, wire.again(reply)])

    assert tracker.duplicates == 2
    (exchange,) = tracker.exchanges()
    assert (exchange.counts, labels_of(exchange)) == ((1, 1), ["request", "reply"])


def test_without_ip_id_the_same_may_be_sent_twice_at_once() -> None:
    wire = Wire()
    twin, reply = wire.send(A, B, ip_id=0), wire.send(B, A, ip_id=0)

    tracker = track([twin, wire.again(twin), reply])

    assert tracker.duplicates == 0
    assert tracker.exchanges()[0].counts == (2, 1)


def test_a_copy_that_arrives_where_the_first_left_needs_no_ip_id() -> None:
    wire = Wire()
    twin = wire.send(A, B, ip_id=0, direction=Direction.OUTBOUND)
    reply = wire.send(B, A, ip_id=0)

    tracker = track([twin, wire.again(twin, direction=Direction.INBOUND), reply])

    assert tracker.exchanges()[0].counts == (1, 1)


def test_an_error_captured_twice_is_shown_once() -> None:
    wire = Wire()
    sent = wire.send(A, B)
    error = wire.error(sent)

    assert labels_of(exchange_of(sent, error, wire.again(error))) == ["datagram", "ICMP port unreachable"]


# -- What changes nothing


@st.composite
def conversations(draw: st.DrawFn) -> list[Row]:
    """Datagrams, errors and copies between a few endpoints."""
    wire = Wire()
    families = [[A, B, ("10.0.0.1", 40001), ("10.0.0.2", 53)], [("2001:db8::1", 9), ("2001:db8::2", 40000)]]
    rows: list[Row] = []
    for _ in range(draw(st.integers(0, 25))):
        kind = draw(st.sampled_from(["datagram", "datagram", "error", "copy", "tcp"]))
        if kind == "error" and rows:
            rows.append(wire.error(draw(st.sampled_from(rows))))
        elif kind == "copy" and rows:
            rows.append(wire.again(rows[-1]))
        else:
            addresses = st.sampled_from(draw(st.sampled_from(families)))
            source, target = draw(addresses), draw(addresses)
            row = wire.send(source, target, draw(st.integers(0, 3)), ip_id=draw(st.sampled_from([-1, 0, 9])))
            row.protocol = Protocol.TCP if kind == "tcp" else Protocol.UDP
            rows.append(row)
    return rows


def shape(exchange: Exchange) -> tuple[object, ...]:
    """An exchange but for its number."""
    return tuple(getattr(exchange, name) for name in exchange.__dataclass_fields__ if name != "number")


@given(conversations(), st.data())
def test_batch_boundaries_change_nothing(rows: list[Row], data: st.DataObject) -> None:
    tracker = ExchangeTracker()
    left = list(rows)
    while left:
        size = data.draw(st.integers(1, len(left)))
        tracker.feed(left[:size], size)
        left = left[size:]

    assert tracker.exchanges() == track(rows).exchanges()


@given(conversations())
def test_exchanges_do_not_touch_each_other(rows: list[Row]) -> None:
    together = {exchange.originator + exchange.responder: shape(exchange) for exchange in track(rows).exchanges()}
    pairs = {frozenset((row.source, row.destination)) for row in rows}

    apart = [
        shape(exchange)
        for pair in pairs
        for exchange in track([row for row in rows if {row.source, row.destination} == pair]).exchanges()
    ]

    assert sorted(map(repr, apart)) == sorted(map(repr, together.values()))


@given(conversations())
def test_more_pairs_than_the_table_holds_change_nothing(rows: list[Row]) -> None:
    wire = Wire()
    crowd = [wire.send(("10.9.0.1", 1000 + port), B) for port in range(100)]

    alone = [shape(exchange) for exchange in track(rows).exchanges()]
    assert alone == [shape(exchange) for exchange in track(crowd + rows).exchanges()[100:]]


@given(conversations())
def test_without_keeping_rows_the_numbers_are_the_same(rows: list[Row]) -> None:
    kept, counted = track(rows), track(rows, keep=False)

    bare = [replace(exchange, datagrams=(), findings=()) for exchange in kept.exchanges()]

    assert tuple(bare) == counted.exchanges()
    assert kept.duplicates == counted.duplicates


@given(conversations())
def test_exchanging_the_addresses_mirrors_the_result(rows: list[Row]) -> None:
    mirrored = [
        replace(
            row,
            src_hi=row.dst_hi,
            src_lo=row.dst_lo,
            src_port=row.dst_port,
            dst_hi=row.src_hi,
            dst_lo=row.src_lo,
            dst_port=row.src_port,
        )
        for row in rows
    ]

    for one, two in zip(track(rows).exchanges(), track(mirrored).exchanges(), strict=True):
        assert (one.originator, one.responder) == (two.responder, two.originator)
        assert (one.counts, one.outcome, one.payload_bytes) == (two.counts, two.outcome, two.payload_bytes)


@pytest.mark.slow
@settings(max_examples=30)
@given(conversations())
def test_compiled_and_plain_say_the_same(rows: list[Row]) -> None:
    compiled_tracker = ExchangeTracker()
    compiled_tracker.feed(to_columns(Row, rows, len(rows)), len(rows), columnar=True)

    assert compiled_tracker.exchanges() == track(rows).exchanges()
    assert compiled_tracker.duplicates == track(rows).duplicates


@pytest.mark.slow
def test_a_tracker_may_turn_to_columns_on_its_way_and_back() -> None:
    wire = Wire()
    rows = [wire.send(("10.9.0.1", 1000 + port), B) for port in range(150)]
    tracker = ExchangeTracker()

    tracker.feed(rows[:50], 50)
    tracker.feed(to_columns(Row, rows[50:100], 60), 50, columnar=True)
    tracker.feed(rows[100:], 50)

    assert tracker.exchanges() == track(rows).exchanges()
