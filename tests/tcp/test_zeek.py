"""Zeek's words for connections made by hand: what each letter takes, how the roles turn, and the machine as a whole."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.columns import columns, to_columns, to_instance
from inspector.compiled import compilable, compiled
from inspector.tcp import zeek_machine
from inspector.tcp.zeek import ZeekEnd, ZeekRecord, observe, words
from inspector.tcp.zeek_machine import CLOSED, RESET, STATE, TURN, ZeekState, look_up
from inspector.wire.row import Flag, Row

FLAGS = {"S": Flag.SYN, "A": Flag.ACK, "F": Flag.FIN, "R": Flag.RST, "P": Flag.PSH}
ISN = (1000, 4_294_967_290)
PORTS = (40000, 7)

Segment = tuple[int, str, int, int, int]
"""Side, flags, sequence and acknowledgment number relative to the ISNs, payload length."""

OPEN: list[Segment] = [(0, "S", 0, 0, 0), (1, "SA", 0, 1, 0), (0, "A", 1, 1, 0)]
TALK: list[Segment] = [(0, "PA", 1, 1, 10), (1, "A", 1, 11, 0), (1, "PA", 1, 11, 20), (0, "A", 11, 21, 0)]
CLOSE: list[Segment] = [(0, "FA", 11, 21, 0), (1, "FA", 21, 12, 0), (0, "A", 12, 22, 0)]


def row_of(segment: Segment, ports: tuple[int, int] = PORTS, isn: tuple[int, int] = ISN, **fields: int) -> Row:
    side, flags, seq, ack, length = segment
    row = Row(payload_len=length, captured_len=length, window=1000, flags=sum(FLAGS[letter] for letter in flags))
    row.src_port, row.dst_port = ports[side], ports[1 - side]
    row.seq = (isn[side] + seq) & 0xFFFF_FFFF
    row.ack = (isn[1 - side] + ack) & 0xFFFF_FFFF if "A" in flags else 0
    for name, value in fields.items():
        setattr(row, name, value)
    return row


def zeek_of(rows: list[tuple[int, Row]]) -> tuple[str, str]:
    """`(conn_state, history)` of rows with their sides."""
    record, ends = ZeekRecord(), (ZeekEnd(), ZeekEnd())
    for side, row in rows:
        observe(row, side, record, ends[side], ends[1 - side])
    said = words(record, *ends)
    return said.conn_state, said.history


def zeek(*segments: Segment, ports: tuple[int, int] = PORTS, isn: tuple[int, int] = ISN) -> tuple[str, str]:
    return zeek_of([(segment[0], row_of(segment, ports, isn)) for segment in segments])


# -- conn_state


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        pytest.param([], ("OTH", ""), id="nothing"),
        pytest.param(OPEN[:1], ("S0", "S"), id="no answer"),
        pytest.param(OPEN[:2], ("S1", "Sh"), id="answered"),
        pytest.param(OPEN, ("S1", "ShA"), id="established"),
        pytest.param(OPEN + TALK, ("S1", "ShADad"), id="talking"),
        pytest.param(OPEN + TALK + CLOSE, ("SF", "ShADadFf"), id="closed"),
        pytest.param(OPEN + TALK + CLOSE[:1], ("S2", "ShADadF"), id="closed by the originator"),
        pytest.param([*OPEN, (1, "FA", 1, 1, 0)], ("S3", "ShAf"), id="closed by the responder"),
        pytest.param([*OPEN[:1], (1, "RA", 0, 1, 0)], ("REJ", "Sr"), id="refused"),
        pytest.param([*OPEN, (0, "R", 1, 0, 0)], ("RSTO", "ShAR"), id="reset by the originator"),
        pytest.param([*OPEN, (1, "RA", 1, 1, 0)], ("RSTR", "ShAr"), id="reset by the responder"),
        pytest.param([*OPEN[:1], (0, "R", 1, 0, 0)], ("RSTOS0", "SR"), id="SYN, then RST"),
        pytest.param([*OPEN[:1], (0, "FA", 1, 0, 0)], ("SH", "SF"), id="SYN, then FIN"),
        pytest.param([(0, "R", 1, 0, 0)], ("OTH", "R"), id="a lone RST"),
        pytest.param([(0, "A", 1, 1, 0)], ("OTH", "A"), id="a lone ACK"),
        pytest.param(TALK[:3], ("OTH", "Dad"), id="midstream"),
        pytest.param(TALK + CLOSE, ("SF", "DadAFf"), id="midstream, closed"),
        pytest.param([OPEN[0], (1, "S", 0, 0, 0)], ("S1", "Ss"), id="simultaneous open"),
        pytest.param([(0, "SFRA", 0, 0, 0)], ("OTH", "I"), id="FIN with RST"),
        pytest.param([(0, "SF", 0, 0, 0)], ("SH", "Q"), id="SYN with FIN"),
    ],
)
def test_words_for_the_ways_a_connection_can_go(segments: list[Segment], expected: tuple[str, str]) -> None:
    assert zeek(*segments) == expected


def test_a_reset_after_both_fins_is_an_orderly_close_all_the_same() -> None:
    assert zeek(*OPEN, *TALK, *CLOSE, (0, "R", 12, 0, 0)) == ("SF", "ShADadFfR")


def test_a_reset_between_the_two_fins_is_taken_back_by_the_second() -> None:
    assert zeek(*OPEN, (0, "FA", 1, 1, 0), (0, "R", 2, 0, 0), (1, "FA", 1, 2, 0)) == ("SF", "ShAFRf")


# -- Roles


def test_a_lone_syn_ack_keeps_its_sender_as_originator() -> None:
    """It may be a stealth scan."""
    assert zeek((0, "SA", 0, 1, 0)) == ("OTH", "H")


def test_an_acknowledgment_after_a_lone_syn_ack_turns_the_roles() -> None:
    assert zeek(*OPEN[1:]) == ("S1", "^hA")
    assert zeek((0, "SA", 0, 1, 0), (0, "A", 1, 1, 0)) == ("OTH", "^ha")


def test_a_reset_after_a_lone_syn_ack_turns_nothing() -> None:
    assert zeek((0, "SA", 0, 1, 0), (1, "R", 1, 0, 0)) == ("REJ", "Hr")


def test_a_likely_servers_port_turns_the_roles_at_once() -> None:
    assert zeek((0, "PA", 1, 1, 9), ports=(80, 40000)) == ("OTH", "^d")
    assert zeek((0, "SA", 0, 1, 0), ports=(80, 40000)) == ("OTH", "^h")
    assert zeek((0, "S", 0, 0, 0), ports=(80, 40000)) == ("S0", "S")


def test_between_two_likely_servers_the_lower_port_is_the_server() -> None:
    assert zeek((0, "PA", 1, 1, 9), ports=(22, 80)) == ("OTH", "^d")
    assert zeek((0, "PA", 1, 1, 9), ports=(80, 22)) == ("OTH", "D")
    assert zeek((0, "SA", 0, 1, 0), ports=(22, 80)) == ("OTH", "H")


def test_syn_and_syn_ack_in_the_wrong_order_turn_the_roles() -> None:
    assert zeek((1, "SA", 0, 1, 0), (0, "S", 0, 0, 0), *OPEN[2:], *TALK) == ("S1", "Hs^ADad")


@given(st.integers(0, 1))
def test_words_are_the_same_whichever_end_we_call_originator(side: int) -> None:
    segments = [(side ^ who, flags, seq, ack, length) for who, flags, seq, ack, length in OPEN + TALK + CLOSE]

    assert zeek(*segments, ports=PORTS[::-1] if side else PORTS) == ("SF", "ShADadFf")


# -- Letters that come again


def test_the_same_syn_fin_and_rst_again_say_nothing() -> None:
    assert zeek(OPEN[0], *OPEN, *TALK, *CLOSE, CLOSE[1]) == ("SF", "ShADadFf")


def test_a_fin_or_rst_with_another_number_speaks_again() -> None:
    assert zeek(*OPEN, (0, "FA", 1, 1, 0), (0, "FA", 5, 1, 0)) == ("S2", "ShAFF")
    assert zeek(*OPEN, (0, "R", 1, 1, 0), (0, "R", 5, 1, 0)) == ("RSTO", "ShARR")


@pytest.mark.parametrize(("times", "letters"), [(1, "T"), (9, "T"), (10, "TT"), (99, "TT"), (100, "TTT")])
def test_repeated_payload_speaks_at_powers_of_ten(times: int, letters: str) -> None:
    assert zeek(*OPEN, TALK[0], *[TALK[0]] * times) == ("S1", "ShAD" + letters)


def test_zero_windows_speak_unless_nothing_more_can_come() -> None:
    closed = [(segment[0], row_of(segment)) for segment in [*OPEN, (1, "FA", 1, 1, 0)]]
    zero = (0, row_of((0, "A", 1, 1, 0), window=0))

    assert zeek_of([*closed[:3], zero]) == ("S1", "ShAW")
    assert zeek_of([*closed, zero]) == ("S3", "ShAf")


# -- Gaps


def test_acknowledged_payload_that_was_not_captured_is_a_gap() -> None:
    assert zeek(*OPEN, (1, "A", 1, 11, 0)) == ("S1", "ShAaG")


def test_a_hole_that_is_filled_in_time_is_no_gap() -> None:
    hole = [(0, "PA", 11, 1, 10), (0, "PA", 21, 1, 10), (0, "PA", 1, 1, 10), (1, "A", 1, 31, 0)]

    assert zeek(*OPEN, *hole) == ("S1", "ShADTa")


def test_a_hole_that_is_acknowledged_open_is_one_gap() -> None:
    assert zeek(*OPEN, (0, "PA", 11, 1, 10), (1, "A", 1, 21, 0), (1, "A", 1, 21, 0)) == ("S1", "ShADaG")


def test_payload_cut_by_the_snaplen_is_a_gap_once_acknowledged() -> None:
    rows = [(segment[0], row_of(segment)) for segment in [*OPEN, *TALK[:2]]]
    rows[3][1].captured_len = 9

    assert zeek_of(rows) == ("S1", "ShADaG")


def test_the_acknowledgment_of_a_fin_is_no_gap() -> None:
    assert "G" not in zeek(*OPEN, *TALK, *CLOSE)[1].upper()


def test_one_direction_alone_has_no_gaps() -> None:
    assert zeek(OPEN[0], OPEN[2], (0, "A", 1, 1000, 0), (0, "A", 1, 9000, 0)) == ("S0", "SA")


# -- What changes nothing


@given(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)))
def test_shifting_the_isns_changes_nothing(isn: tuple[int, int]) -> None:
    assert zeek(*OPEN, *TALK, TALK[0], *CLOSE, isn=isn) == ("SF", "ShADadTFf")


def test_a_history_without_end_is_cut_and_says_so() -> None:
    resets = [(0, "R", number, 0, 0) for number in range(2, 80)]

    _, history = zeek(*OPEN, *resets)

    assert history == "ShA" + "R" * 45 + "..."


segments_of_any_kind = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["S", "SA", "A", "PA", "FA", "R", "RA", "F", "", "SF", "SR", "FR", "SFR"]),
        st.integers(0, 40),
        st.integers(0, 40),
        st.integers(0, 20),
    ),
    max_size=30,
)


@given(segments_of_any_kind)
def test_any_segments_get_a_word(segments: list[Segment]) -> None:
    conn_state, history = zeek(*segments)

    assert conn_state in {"S0", "S1", "S2", "S3", "SF", "SH", "SHR", "REJ", "RSTO", "RSTR", "RSTOS0", "RSTRH", "OTH"}
    assert set(history) <= set("^SsHhAaDdFfRrIiQqTtWwGg.")


@compilable
def observe_all(rows: object, sides: object, count: int, records: object, ends: object) -> None:
    for i in range(count):
        observe(rows[i], sides[i], records[0], ends[sides[i]], ends[1 - sides[i]])  # type: ignore[index]


@pytest.mark.slow
@settings(max_examples=60)
@given(segments_of_any_kind, st.sampled_from([(40000, 7), (80, 40000), (22, 80)]))
def test_compiled_and_plain_say_the_same(segments: list[Segment], ports: tuple[int, int]) -> None:
    import numpy as np

    sides = np.array([segment[0] for segment in segments], np.int64)
    rows = [row_of(segment, ports, window=segment[4] % 3) for segment in segments]
    plain_record, plain_ends = [ZeekRecord()], [ZeekEnd(), ZeekEnd()]
    record, ends = columns(ZeekRecord, 1), columns(ZeekEnd, 2)

    observe_all(rows, sides.tolist(), len(rows), plain_record, plain_ends)
    compiled(observe_all)(to_columns(Row, rows, len(rows) + 1), sides, len(rows), record, ends)

    assert to_instance(ZeekRecord, record, 0) == plain_record[0]
    assert [to_instance(ZeekEnd, ends, i) for i in range(2)] == plain_ends


# -- The machine, whole

STATES = tuple(ZeekState.members().values())
SEGMENTS = tuple(product(range(2), (0, 1), (sum(set_) for set_ in product((0, 1), (0, 2), (0, 4), (0, 16)))))


@pytest.mark.parametrize("state", STATES, ids=ZeekState.members())
def test_the_memo_is_the_rules(state: int) -> None:
    for peer, (role, payload, flags) in product(STATES, SEGMENTS):
        assert look_up(state, peer, role, flags, payload) == zeek_machine._after(
            state, peer, bool(role), flags, bool(payload)
        )


def test_what_was_seen_stays_seen() -> None:
    """No state leads back to INACTIVE, none out of RESET, and CLOSED only to a reset."""
    for state, peer, (role, payload, flags) in product(STATES, STATES, SEGMENTS):
        after = look_up(state, peer, role, flags, payload) & STATE
        if state in RESET:
            assert after == state
        if state in CLOSED:
            assert after == state or after in RESET
        if state != ZeekState.INACTIVE:
            assert after != ZeekState.INACTIVE


def test_the_roles_turn_only_for_a_late_syn() -> None:
    for state, peer, (role, payload, flags) in product(STATES, STATES, SEGMENTS):
        if look_up(state, peer, role, flags, payload) & TURN:
            assert (state, peer, role) == (ZeekState.INACTIVE, ZeekState.SYN_ACK_SENT, 1)
            assert flags & (Flag.SYN | Flag.ACK) == Flag.SYN


def test_every_state_is_reached() -> None:
    reached = {ZeekState.INACTIVE}
    while True:
        found = {
            look_up(state, peer, role, flags, payload) & STATE
            for state, peer, (role, payload, flags) in product(reached, reached, SEGMENTS)
        }
        if found <= reached:
            break
        reached |= found

    assert reached == set(STATES)
