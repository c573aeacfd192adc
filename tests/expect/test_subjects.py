"""Which connections and exchanges a sequence is compared with; UDP and ICMP; the bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector.errors import ExpectationError
from inspector.expect import matching
from inspector.expect.comparison import compare, compare_all
from inspector.expect.library import load
from inspector.expect.model import Comparison, Transport
from inspector.expect.parser import parse
from inspector.findings import Side
from inspector.udp.model import Exchange, Outcome, TracedDatagram
from inspector.wire.row import Endpoint, Protocol, Row
from tests.expect.said import Said, told


def exchange(*said: tuple[Side, int] | str) -> Exchange:
    """Datagrams as `(sender, length)`; `unreachable` is an ICMP error from the responder's host."""
    datagrams = []
    for frame, each in enumerate(said, start=1):
        if isinstance(each, str):
            row = Row(frame=frame, protocol=Protocol.ICMP, icmp_type=3, icmp_code=3)
            datagrams.append(TracedDatagram(row, Side.RESPONDER, each))
        else:
            datagrams.append(TracedDatagram(Row(frame=frame, protocol=Protocol.UDP, payload_len=each[1]), each[0], ""))
    ends = Endpoint("127.0.0.1", 9999), Endpoint("127.0.0.1", 8888)
    return Exchange(1, *ends, Outcome.REPLIED, tuple(datagrams), (0, 0), (0, 0), 0, 0, "SF", "Dd")


CLIENT, SERVER = Side.ORIGINATOR, Side.RESPONDER


def test_a_request_and_its_reply() -> None:
    request = load("udp-request")
    assert compare(request, exchange((CLIENT, 17), (SERVER, 27))).matched
    assert compare(request, exchange((CLIENT, 22))).matched
    (difference,) = compare(request, exchange((CLIENT, 17), (SERVER, 28))).differences
    assert (difference.field, difference.expected, difference.actual) == ("len", "n+10 = 17+10 = 27", "28")
    assert difference.rule == "RFC 768"


def test_a_datagram_may_be_empty() -> None:
    assert compare(load("udp-oneway"), exchange((CLIENT, 0))).matched


def test_no_turn_taken_is_no_ping_pong() -> None:
    assert not compare(load("udp-pingpong"), exchange((CLIENT, 3))).matched


@pytest.mark.parametrize("turns", [1, 3])
def test_taking_turns(turns: int) -> None:
    assert compare(load("udp-pingpong"), exchange(*[(CLIENT, 6), (SERVER, 4)] * turns, (CLIENT, 3))).matched


def test_an_icmp_error_is_a_line_of_its_own() -> None:
    refused = parse("client > server UDP\nserver > client ICMP port-unreachable\n")
    assert compare(refused, exchange((CLIENT, 5), "unreachable")).matched
    assert told(compare(refused, exchange((CLIENT, 5)))) == [("missing", 2, None, "")]
    other = parse("client > server UDP\nserver > client ICMP host-unreachable\n")
    (difference,) = compare(other, exchange((CLIENT, 5), "unreachable")).differences
    assert (difference.field, difference.expected, difference.actual) == (
        "icmp",
        "host-unreachable",
        "port-unreachable",
    )
    assert told(compare(load("udp-oneway"), exchange((CLIENT, 5), "unreachable"))) == [("extra", None, 2, "")]


def test_every_connection_is_judged_by_a_tcp_sequence_and_no_exchange() -> None:
    good, bad = Said().handshake().connection(), Said().handshake().changed(2, ack=7).connection()
    found = compare_all(load("three-way-handshake"), [good, replace(bad, number=2)], [exchange((CLIENT, 1))])
    assert [(each.connection, each.matched) for each in found] == [(1, True), (2, False)]


def test_every_exchange_is_judged_by_a_udp_sequence_and_no_connection() -> None:
    found = compare_all(load("udp-oneway"), [Said().handshake().connection()], [exchange((CLIENT, 1))])
    assert [(each.connection, each.matched) for each in found] == [(1, True)]


def test_where_there_is_none_to_judge_one_comparison_misses_everything() -> None:
    (found,) = compare_all(load("udp-oneway"), [Said().handshake().connection()], [])
    assert found == Comparison(
        "udp-oneway", matched=False, differences=found.differences, bindings=(), lines=(), distance=10,
        transport=Transport.UDP,
    )  # fmt: skip
    assert told(found) == [("missing", 1, None, "")]


BOTH = "a > b UDP len=n\na > b SYN seq=x\n...\n"


def test_a_sequence_of_both_kinds_judges_each_by_its_own_lines() -> None:
    found = compare_all(parse(BOTH), [Said().handshake().connection()], [exchange((CLIENT, 1))])
    assert [(each.matched, each.bindings) for each in found] == [(True, (("n", 1),)), (True, (("x", 1000),))]


def test_of_two_kinds_the_one_that_is_not_there_is_missing() -> None:
    without_connection = compare_all(parse(BOTH), [], [exchange((CLIENT, 1))])
    without_exchange = compare_all(parse(BOTH), [Said().handshake().connection()], [])
    assert [told(each) for each in without_connection] == [[], [("missing", 1, None, "")]]
    assert [told(each) for each in without_exchange] == [[("missing", 1, None, "")], []]


def test_any_segments_between_two_kinds_belong_to_what_was_spoken_of_last() -> None:
    sequence = parse("a > b SYN\n...\na > b UDP\n")
    found = compare_all(sequence, [Said().handshake().connection()], [exchange((CLIENT, 1), (CLIENT, 2))])
    assert [told(each) for each in found] == [[], [("extra", None, 2, "")]]


def test_what_a_part_leaves_out_is_left_out_of_both_kinds() -> None:
    sequence = parse("part: beginning\na > b SYN\na > b UDP\n")
    found = compare_all(sequence, [Said().handshake().connection()], [exchange((CLIENT, 1), (CLIENT, 2))])
    assert [told(each) for each in found] == [[], []]


def test_one_block_is_about_tcp_or_about_udp() -> None:
    with pytest.raises(ExpectationError, match="TCP and UDP lines in one block") as raised:
        compare_all(parse("repeat {2}:\n    a > b SYN\n    a > b UDP\n"), [], [])
    assert raised.value.line == 3


def test_a_connection_whose_rows_were_not_kept_is_not_called_different() -> None:
    connection = replace(Said().handshake().connection(), segments=())
    with pytest.raises(ExpectationError, match="not kept"):
        compare(load("three-way-handshake"), connection)


def test_too_much_work_is_a_complaint_and_what_matches_is_not_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said().handshake()
    for _ in range(50):
        said.client("ACK", len=1)
    said.closed()
    monkeypatch.setattr(matching, "MOST_CELLS", 200)
    assert said.compare("three-way-handshake").matched
    with pytest.raises(ExpectationError, match="too many"):
        said.compare("refused")
    monkeypatch.setattr(matching, "MOST_WORK", 10)
    with pytest.raises(ExpectationError, match="too many"):
        said.compare("tcp-upload")
