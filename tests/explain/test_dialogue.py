"""The dialogue: every capture of ours is told to its end, and nothing is said that is not so."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.explain.dialogue import dialogue_of, ending_of
from inspector.explain.turns import copies_among, turns
from inspector.findings import Side
from inspector.pipeline import inspect
from inspector.tcp.facts import Fact
from inspector.tcp.model import Connection
from inspector.wire.row import Direction, Flag, Row
from tests.tcp.conversation import Conversation

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
NAMES = sorted(path.parent.name for path in CAPTURES.glob("*/*.pcapng"))


def raw(_: Side, number: int) -> str:
    return str(number)


def told(connection: Connection) -> list[str]:
    return [each.text for each in dialogue_of(connection, raw)]


def connections(name: str) -> tuple[Connection, ...]:
    return inspect(str(CAPTURES / name / f"{name}.pcapng")).connections


def end(row: Row) -> int:
    return (row.seq + row.payload_len + bool(row.flags & Flag.SYN) + bool(row.flags & Flag.FIN)) % 2**32


@pytest.mark.parametrize("name", NAMES)
def test_every_segment_is_in_one_turn_and_copies_in_none(name: str) -> None:
    for connection in connections(name):
        places = [place for turn in turns(connection.segments) for place in turn]

        assert places == sorted(set(places))
        assert len(places) + copies_among(connection.segments) == len(connection.segments)


@pytest.mark.parametrize("name", NAMES)
def test_who_says_that_it_has_a_syn_or_a_fin_acknowledges_one_that_arrived(name: str) -> None:
    for connection in connections(name):
        itself = connection.originator.endpoint == connection.responder.endpoint
        for each in dialogue_of(connection, raw):
            if each.segment is None:
                continue
            row = each.segment.row
            earlier = [
                other.row
                for other in connection.segments
                if other.row.frame < row.frame and (itself or other.sender is not each.side) and not other.lost
            ]
            for claim, flag in (("I have your SYN", Flag.SYN), ("I have your FIN", Flag.FIN)):
                if claim in each.text:
                    assert any(one.flags & flag and end(one) == row.ack for one in earlier), (row.frame, each.text)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_once_more_was_said_before(name: str) -> None:
    for connection in connections(name):
        for each in dialogue_of(connection, raw):
            if each.segment is not None and "nce more" in each.text:
                row = each.segment.row
                assert any(
                    other.row.seq < row.seq + max(row.seg_len, 1) and end(other.row) >= row.seq
                    for other in connection.segments
                    if other.row.frame < row.frame and other.sender is each.side
                ), (row.frame, each.text)


@pytest.mark.parametrize("name", NAMES)
def test_states_are_those_of_the_ladder_and_stand_where_they_change(name: str) -> None:
    for connection in connections(name):
        states = None
        for each in dialogue_of(connection, raw):
            if each.segment is not None:
                assert (each.states is not None) == (each.segment.states != states)
                states = each.segment.states


def test_the_client_is_who_sent_the_syn() -> None:
    (connection,) = connections("tcp-close-server-first")
    first = next(dialogue_of(connection, raw))

    assert first.text.startswith("SYN: let us talk; my numbers begin at ")
    assert first.side is Side.ORIGINATOR


def test_a_fin_is_not_acknowledged_by_a_number_one_short() -> None:
    (connection,) = connections("wrong-fin-ack")

    assert told(connection)[7] == "I still expect 5001."
    assert ending_of(connection) == "the last FIN is never acknowledged in this capture"


def test_a_first_syn_that_acknowledges_nothing_is_not_had() -> None:
    (connection,) = connections("wrong-syn-ack")

    assert told(connection)[1] == "SYN,ACK: yes; my numbers begin at 5000. I expect 1000 next."


def test_what_is_lost_is_not_heard_and_no_answer_is_told_only_where_there_was_none() -> None:
    (connection,) = connections("tcp-synack-lost")
    utterances = list(dialogue_of(connection, raw))

    assert utterances[1].asides == ("lost on its way: the client does not hear it",)
    assert utterances[2].text.startswith("SYN, once more: I have had no answer.")


def test_a_syn_that_is_repeated_though_its_answer_was_on_the_way_claims_no_silence() -> None:
    talk = Conversation().client("SYN", seq=100).server("SYN,ACK", seq=300, ack=101).again(0)

    assert told(talk.connection())[2] == "SYN, once more: my numbers begin at 100, as I said."


def test_a_syn_that_is_repeated_after_a_refusal_claims_no_silence() -> None:
    talk = Conversation().client("SYN", seq=100).server("RST,ACK", seq=0, ack=101).again(0)

    assert told(talk.connection())[1:] == [
        "RST: nobody listens here.",
        "SYN, once more: my numbers begin at 100, as I said.",
    ]


def test_what_only_looks_like_a_repetition_is_not_said_once_more() -> None:
    (connection,) = connections("lost-and-reordered")
    by_frame = {each.frames[0]: each for each in dialogue_of(connection, raw)}

    assert by_frame[12].segment is not None
    assert by_frame[12].segment.facts & Fact.FAST_RETRANSMISSION
    assert by_frame[12].text == "Here are 100 bytes, from 1101 on."


def test_a_block_of_what_came_twice_is_told_from_one_beyond_a_hole() -> None:
    (twice,), (hole,) = connections("tcp-simultaneous-open"), connections("tcp-retransmission")

    assert "has come twice (D-SACK)" in told(twice)[4]
    assert "beyond a hole (SACK)" in " ".join(told(hole))


def test_plain_data_is_told_once_and_then_at_once() -> None:
    talk = Conversation().handshake()
    for number in range(20):
        talk.client("ACK", seq=101 + 10 * number, ack=301, data=10)
        talk.server("ACK", seq=301, ack=111 + 10 * number)

    texts = told(talk.connection())

    assert texts[3:5] == ["Here are 10 bytes, from 101 on.", "ACK: I expect 111 next."]
    assert texts[5:] == ["the client sends 19 segments more, 190 bytes; the server acknowledges 19 times"]


def test_a_dialogue_without_an_end_is_folded_in_its_middle() -> None:
    talk = Conversation().handshake()
    for number in range(300):
        talk.client("ACK", seq=101 + 20 * number, ack=301, data=10)  # every one of them behind a hole

    assert len(told(talk.connection())) == 81


def test_what_is_folded_is_called_what_it_is() -> None:
    talk = Conversation().handshake()
    for number in range(120):
        talk.server("RST", seq=60_000 + number)  # beyond the window: every one of them is ignored
    middle = next(each for each in dialogue_of(talk.connection(), raw) if each.side is None)

    assert middle.text == "the server sends 43 other segments"


def test_nobody_is_client_where_nobody_saw_who_opened() -> None:
    (connection,) = connections("midstream")

    assert "client" not in " ".join(told(connection))


def test_a_reset_that_answers_the_challenge_knows_no_connection() -> None:
    first, _ = connections("half-open-discovery")

    assert told(first)[3:6] == [
        "SYN: let us talk; my numbers begin at 400.",
        "ACK: that does not fit; I expect 100. Are you still who you were?",
        "RST: what you say fits no connection of mine.",
    ]


def test_half_open_and_unanswered_say_how_it_stands() -> None:
    lost = Conversation().client("SYN", seq=1).server("SYN,ACK", seq=2, ack=2, direction=Direction.LOST).connection()

    assert ending_of(lost) == "the handshake is never completed in this capture"
    assert str(ending_of(connections("unanswered")[0])).startswith("nobody answers")


def test_who_got_an_answer_that_it_must_ignore_is_not_said_to_have_got_none() -> None:
    (refused,) = connections("wrong-refusal")
    nobody = connections("wrong-flags")[0]

    assert "the client still waits for an answer" in str(ending_of(refused))
    assert "nobody answers" in str(ending_of(nobody))


def test_a_reset_that_carries_a_syn_says_both() -> None:
    (words,) = told(connections("wrong-flags")[1])

    assert words == "SYN: let us talk; my numbers begin at 1000. RST: I end this, at once."
