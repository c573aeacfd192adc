"""The library: every file is documentation, canonical, and can be compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inspector.demos.catalogue import catalogue
from inspector.errors import ExpectationError
from inspector.expect.automaton import build
from inspector.expect.expansion import expand
from inspector.expect.formatter import format_sequence
from inspector.expect.library import load, names
from inspector.expect.notation import connections_of


@pytest.mark.parametrize("name", names())
def test_every_file_is_written_as_the_formatter_writes_it(name: str) -> None:
    sequence = load(name)
    assert format_sequence(sequence) == Path(sequence.path).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", names())
def test_every_file_says_what_it_is_and_can_be_unrolled(name: str) -> None:
    sequence = load(name)
    assert sequence.title
    assert sequence.about
    bodies = [replace(sequence, items=block.items) for block in connections_of(sequence.items)] or [sequence]
    for body in bodies:
        assert len(build(expand(body), name).lines) > 1 or sequence.expects_nothing


def test_every_demo_has_its_sequence() -> None:
    assert set(catalogue()) <= set(names())


def test_a_mistyped_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ExpectationError) as raised:
        load("three-way-handshak")
    assert raised.value.message.endswith("did you mean three-way-handshake?")
    assert raised.value.remedies[0] == "three-way-handshake"


def test_a_name_like_no_other_is_answered_with_the_way_to_all() -> None:
    with pytest.raises(ExpectationError) as raised:
        load("quux")
    assert raised.value.message.endswith("; inspector expect list tells all that there are")
    assert raised.value.remedies == ()


def test_a_file_of_ones_own_is_loaded_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.seq"
    path.write_text("client > server  SYN\n", encoding="utf-8")
    assert load(str(path)).name == "mine"


@pytest.mark.parametrize("content", [None, b"\xff\xfe client > server SYN"])
def test_a_file_that_cannot_be_read_is_an_expectation_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "mine.seq"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ExpectationError, match="cannot be read"):
        load(str(path))


def test_a_file_finds_its_neighbours_before_the_library(tmp_path: Path) -> None:
    (tmp_path / "refused.seq").write_text("client > server  FIN\n", encoding="utf-8")
    (tmp_path / "mine.seq").write_text("use refused\n", encoding="utf-8")
    assert format_sequence_of(load(str(tmp_path / "mine.seq"))) == "client > server  FIN\n"


def format_sequence_of(sequence: object) -> str:
    from inspector.expect.notation import Sequence

    assert isinstance(sequence, Sequence)
    return format_sequence(Sequence(expand(sequence)))
