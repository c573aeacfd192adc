"""`nothing` is a sequence too, and `provokes:` says which faults belong to what is expected."""

from __future__ import annotations

import pytest

from inspector.expect.comparison import compare_all
from inspector.expect.library import load
from inspector.expect.notation import Sequence
from inspector.expect.parser import parse
from inspector.findings import Side
from tests.expect.said import Said, told
from tests.expect.test_subjects import exchange

NOTHING = parse("title: A call that never leaves the host\nnothing  # as promised\n", "never-leaves.seq")


def test_nothing_is_as_expected_where_nothing_was_seen() -> None:
    (comparison,) = compare_all(NOTHING, (), ())

    assert comparison.matched
    assert comparison.expects_nothing


def test_where_nothing_is_expected_every_segment_is_one_too_many() -> None:
    (comparison,) = compare_all(NOTHING, (Said().client("SYN").server("RST,ACK").connection(),), ())

    assert told(comparison) == [("extra", None, 1, ""), ("extra", None, 2, "")]


def test_where_nothing_is_expected_a_datagram_is_one_too_many() -> None:
    (comparison,) = compare_all(NOTHING, (), (exchange((Side.ORIGINATOR, 3)),))

    assert told(comparison) == [("extra", None, 1, "")]


@pytest.mark.parametrize("text", ["...\n", "optional: a > b SYN\n", "part: beginning\nnothing\n"])
def test_a_sequence_that_lets_nothing_pass_does_not_expect_it(text: str) -> None:
    (comparison,) = compare_all(parse(text), (), ())

    assert comparison.matched
    assert not comparison.expects_nothing
    assert not parse(text).expects_nothing


def test_a_file_that_uses_it_expects_nothing_too() -> None:
    def find(_name: str, *, beside: str = "") -> Sequence:  # noqa: ARG001 - the signature of `load`
        return NOTHING

    (comparison,) = compare_all(parse("use that\n"), (), (), find)

    assert comparison.expects_nothing


def test_what_a_sequence_provokes_is_told_with_its_comparison() -> None:
    sequence = parse("provokes: syn-ack-wrong-ack, no-ack-flag\n...\n")
    (comparison,) = compare_all(sequence, (Said().handshake().connection(),), ())

    assert comparison.provokes == ("syn-ack-wrong-ack", "no-ack-flag")


def test_an_ordinary_sequence_provokes_no_fault_and_expects_something() -> None:
    sequence = load("three-way-handshake")

    assert sequence.provokes == ()
    assert not sequence.expects_nothing
