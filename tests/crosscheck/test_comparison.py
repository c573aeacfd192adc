"""What counts as a disagreement, without asking tshark: an echo of ourselves that is changed in one place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.crosscheck.model import Tally
from inspector.crosscheck.reading import read
from inspector.crosscheck.reasons import EXPLANATIONS, Reason
from inspector.crosscheck.rules import RULES
from inspector.referee.opinion import LABELS, Opinion
from inspector.rosetta.wireshark import ANALYSIS, EXPERT
from tests.crosscheck.echoing import checked, echo


@pytest.fixture
def hello(captures: Path) -> Path:
    return captures / "tcp-hello" / "tcp-hello.pcapng"


def found(path: Path, said: list[Opinion]) -> list[tuple[int, str, Reason]]:
    return [(each.frame, each.field, each.reason) for each in checked(path, said).disagreements]


def test_whoever_says_the_same_agrees_in_every_field(hello: Path) -> None:
    check = checked(hello, echo(read(hello)))

    assert check.disagreements == ()
    assert check.tallies["segment"] == check.tallies["stream"] == Tally(10)
    assert check.tallies["completeness"] == check.tallies["handshake"] == check.tallies["close"] == Tally(1)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("flags", {"flags": 0x18}),
        ("seq", {"seq": 7}),
        ("ack", {"ack": 7}),
        ("len", {"payload_len": 1000}),
        ("tcp.analysis.retransmission", {"labels": frozenset({"retransmission"})}),
        ("tcp.analysis.keep_alive", {"labels": frozenset({"keep_alive"})}),
        ("tcp.analysis.ack_lost_segment", {"labels": frozenset({"ack_lost_segment"})}),
    ],
)
def test_one_other_word_is_one_disagreement_that_nothing_explains(
    hello: Path, field: str, change: dict[str, Any]
) -> None:
    said = echo(read(hello))
    said[4] = replace(said[4], **change)

    check = checked(hello, said)

    mine = [each for each in check.disagreements if each.field == field]
    assert [(each.frame, each.connection, each.reason) for each in mine] == [(5, 1, Reason.UNEXPLAINED)]
    assert check.tallies[field].unexplained == check.unexplained == 1


def test_another_completeness_is_told_once_for_the_stream(hello: Path) -> None:
    said = [replace(each, completeness=15) for each in echo(read(hello))]

    assert found(hello, said) == [(1, "completeness", Reason.UNEXPLAINED)]


def test_a_segment_that_only_we_read_is_a_disagreement(hello: Path) -> None:
    said = echo(read(hello))
    del said[6]

    assert found(hello, said) == [(7, "segment", Reason.UNEXPLAINED)]


def test_a_segment_that_only_tshark_reads_is_a_disagreement(hello: Path) -> None:
    said = echo(read(hello))
    said.append(replace(said[-1], frame=99, seq=1))

    assert found(hello, said)[-1] == (99, "segment", Reason.UNEXPLAINED)


def test_another_stream_is_a_disagreement_of_each_of_its_frames(hello: Path) -> None:
    said = [replace(each, stream=1 if each.frame > 8 else 0) for each in echo(read(hello))]

    assert found(hello, said) == [(9, "stream", Reason.UNEXPLAINED), (10, "stream", Reason.UNEXPLAINED)]


def test_streams_may_have_other_numbers(hello: Path) -> None:
    assert found(hello, [replace(each, stream=each.stream + 5) for each in echo(read(hello))]) == []


def test_what_tshark_does_not_tell_is_not_compared(hello: Path) -> None:
    said = [replace(each, flags=None, seq=each.seq, ack=None, completeness=None) for each in echo(read(hello))]

    check = checked(hello, said)

    assert check.disagreements == ()
    assert check.tallies["flags"] == check.tallies["ack"] == check.tallies["completeness"] == Tally()


def test_custom_blocks_that_tshark_counts_shift_no_opinion(hello: Path) -> None:
    """Two before frame 4 and one more before frame 8."""
    said = [replace(each, frame=each.frame + 2 * (each.frame >= 4) + (each.frame >= 8)) for each in echo(read(hello))]

    assert found(hello, said) == []


def test_a_custom_block_before_every_frame_shifts_no_opinion(hello: Path) -> None:
    assert found(hello, [replace(each, frame=2 * each.frame) for each in echo(read(hello))]) == []


def test_every_label_but_one_has_a_sign_and_every_sign_an_expert() -> None:
    assert {sign.label for sign in ANALYSIS} == set(LABELS) - {"tfo_ignored"} == set(EXPERT)


def test_every_reason_has_its_words() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    assert all(rule.reason in EXPLANATIONS for rule in RULES)


@pytest.mark.parametrize("label", LABELS)
def test_no_rule_explains_a_label_out_of_nothing(hello: Path, label: str) -> None:
    """On every segment of an orderly connection in turn."""
    plain = echo(read(hello))
    for index, each in enumerate(plain):
        said = [*plain]
        said[index] = replace(each, labels=each.labels | {label})

        assert checked(hello, said).unexplained == 1, index
