"""`diff` on the command line: where the SYN was lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from inspector.report.diff_json import diff_schema
from tests.cli.command import inspector, shipped
from tests.diff.places import both_sides, frames_of, written

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    return both_sides("tcp-syn-lost", tmp_path)


def test_the_syn_that_was_lost_is_named(sides: tuple[Path, Path]) -> None:
    done = inspector("diff", *sides)
    text = " ".join(done.out.split())

    assert done.code == 1
    assert "frame 1 of A (SYN) is not in B: lost between them, or not captured there" in text
    assert "B's clock is 3.200 s ahead of A's, and a frame takes 0.001 ms between them (8 frames)" in text
    assert max(map(len, done.out.splitlines())) <= 80


def test_nothing_differs_from_itself(sides: tuple[Path, Path]) -> None:
    done = inspector("diff", sides[0], sides[0])

    assert done.code == 0
    assert "verdict   ✓ as expected" in done.out
    assert "clocks    the clocks agree, and a frame takes 0.000 ms between them (9 frames)" in done.out


def test_what_lies_behind_the_place_where_one_is_cut_is_told_so(tmp_path: Path) -> None:
    whole, cut = shipped("tcp-hello"), tmp_path / "cut.pcapng"
    cut.write_bytes(whole.read_bytes()[:900])

    for words, line in (
        ((whole, cut), "frames 8 to 10 of A (3 of this conversation) are not in B: behind the place where B is cut"),
        ((cut, whole), "frames 8 to 10 of B (3 of this conversation) are not in A: behind the place where A is cut"),
    ):
        done = inspector("diff", *words)
        assert done.code == 3
        assert line in " ".join(done.out.split())
        assert "lost between them" not in done.out
        assert "✗ B differs from A: " in done.out


def test_what_b_says_that_it_was_dropped_is_told_as_dropped(sides: tuple[Path, Path]) -> None:
    done = inspector("diff", sides[1], shipped("tcp-syn-lost"))

    line = "frame 1 of B (SYN) is not in A: dropped on its way, as B says"
    assert line in " ".join(done.out.split())


def test_no_line_and_no_rule_stand_beside_a_frame_that_is_named(sides: tuple[Path, Path]) -> None:
    """What A has are frames, and no rule says that two places see the same."""
    done = inspector("diff", *sides)

    assert "line 1" not in done.out
    assert "RFC" not in done.out
    assert "missing: client > server SYN" in " ".join(done.out.replace("│", " ").split())


def test_frames_on_end_are_told_together(tmp_path: Path) -> None:
    frames = frames_of("tcp-hello")
    some = written(tmp_path / "some.pcapng", frames[:3] + frames[6:])
    none = written(tmp_path / "none.pcapng", frames[:3])

    done = " ".join(inspector("diff", shipped("tcp-hello"), some).out.split())
    assert "frame 4 of A (PSH,ACK) is not in B: not captured there, for B has the acknowledgment" in done
    done = " ".join(inspector("diff", none, shipped("tcp-hello")).out.split())
    assert "frames 4 to 10 of B (7 of this conversation) are not in A: lost between them, or not captured" in done


def test_a_syn_that_never_came_is_named(tmp_path: Path) -> None:
    frames = frames_of("tcp-syn-lost")
    alone = written(tmp_path / "alone.pcapng", frames[:1])
    done = " ".join(inspector("diff", alone, shipped("udp-unreachable")).out.split())

    assert "is in A only: a SYN that nobody answered, and it is not in B" in done


def test_one_of_both_may_be_piped_in(sides: tuple[Path, Path]) -> None:
    client, server = (path.read_bytes() for path in sides)
    line = "frame 1 of A (SYN) is not in B: lost between them, or not captured there"

    for words, piped in ((("-", sides[1]), client), ((sides[0], "-"), server)):
        done = inspector("diff", *words, stdin=piped)
        assert done.code == 1
        assert line in " ".join(done.out.split())
    both = inspector("diff", "-", "-", stdin=client)
    assert (both.code, both.out) == (2, "")
    assert "expected two captures, found standard input twice: one of them has to be a file" in both.err


def test_its_help_names_the_schema_of_its_json() -> None:
    text = " ".join(inspector("diff", "--help").out.split())

    assert "schema inspector/diff/1" in text
    assert "inspector/report/1" not in text


def test_for_programs_it_keeps_the_promise_of_its_schema(sides: tuple[Path, Path]) -> None:
    for words in (
        sides,
        (shipped("tcp-hello"), shipped("udp-unreachable")),
        (shipped("tcp-hello"), shipped("tcp-echo")),
    ):
        done = inspector("diff", "--json", *words)
        found = json.loads(done.out)
        Draft202012Validator(diff_schema()).validate(found)
        assert done.code == 1
        assert found["verdict"] == "differs"
    lost = json.loads(inspector("diff", "--json", *sides).out)["pairs"][0]
    assert [(each["kind"], each["frame_a"], each["frame_b"]) for each in lost["differences"]] == [("missing", 1, None)]
    assert lost["clocks"] == {"b_ahead_ns": 3_200_000_000, "way_ns": 1_000, "frames": 8}


def test_a_pair_can_be_asked_for() -> None:
    several = shipped("tcp-multi")

    assert inspector("diff", several, several, "--connection", "2:2").code == 0
    done = inspector("diff", several, several, "--connection", "1:2")
    assert "are not the same: their numbers are compared as sums" in " ".join(done.out.split())


def test_what_has_no_counterpart_is_told() -> None:
    done = inspector("diff", shipped("tcp-hello"), shipped("udp-unreachable"))

    assert done.code == 1
    assert "connection 1 of A (127.0.0.1:48634 > 127.0.0.1:12345, frames 1 to 10) is in A only" in " ".join(
        done.out.split()
    )


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("--connection", "1:7"), 2, "expected a number from 1 to 1 of capture B, found 7"),
        (("--connection", "1"), 2, "expected NA:NB"),
        (("--exchange", "1:1"), 2, "capture A has none of them"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(words: tuple[str, ...], code: int, error: str) -> None:
    done = inspector("diff", shipped("tcp-hello"), shipped("tcp-hello"), *words)

    assert done.code == code
    assert error in done.err


def test_what_cannot_be_read_and_what_is_empty_have_their_exit_codes(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))

    assert inspector("diff", empty, tmp_path / "none").code == 3
    assert inspector("diff", empty, empty).code == 5
    assert inspector("diff", empty, shipped("tcp-hello")).code == 1


def test_what_is_a_part_of_another_connection_there_is_not_called_lost(captures: Path) -> None:
    """To the server the old SYN began a connection of its own; the client never asked for it."""
    one, other = (captures / name / f"{name}.pcapng" for name in ("old-duplicate-syn", "old-duplicate-syn-at-client"))
    for first, second in ((one, other), (other, one)):
        told = " ".join(inspector("diff", first, second).out.split())

        assert "(SYN,ACK) is not in the same connection of" in told
        assert "it is frame 2 there, of another connection" in told
        assert "it is frame 3 there, of another connection" in told
        assert "lost between them" not in told
