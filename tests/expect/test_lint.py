"""All errors of a file at once: each slip of the pen is told at its line, and nothing that follows from another."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inspector.errors import ExpectationError
from inspector.expect.comparison import check_comparable
from inspector.expect.complaints import MOST_KEPT
from inspector.expect.library import load, names
from inspector.expect.lint import MOST_TOLD, Errors, errors_of
from inspector.expect.parser import DEEPEST, LONGEST, parse
from tests.expect.sequences import sequences
from inspector.expect.formatter import format_sequence

LIBRARY = {name: Path(load(name).path).read_text(encoding="utf-8").split("\n") for name in names()}


def places(text: str) -> list[tuple[int, str]]:
    """Line and offending text of each error."""
    return [(error.line, error.text) for error in errors_of(text, "mine.seq").told]


# ------------------------------------------------------------------------------ k slips, k errors

_LINE = re.compile(r"( *)(?:[a-z ]+: )?[\w.-]+ > [\w.-]+  (SYN|ACK|FIN|RST|UDP|PSH)")
_HEAD = re.compile(r" *(optional|repeat \S+|any order|part \w+):")

_SLIPS = {
    "flags": lambda line: re.sub(r"(> [\w.-]+ +)\S+", r"\1SNYX", line, count=1),
    "field": lambda line: _before_remark(line, "  lne=3"),
    "sum": lambda line: _before_remark(line, "  len="),
    "room": lambda line: _before_remark(line, "  win=70000"),
    "arrow": lambda line: line.replace(">", " ", 1),
    "state": lambda line: _before_remark(line.partition("|")[0], " | OPEN CLOSED"),
    "peer": lambda line: re.sub(r"> ([\w.-]+)", r"> \1x", line, count=1),
    "aside": lambda line: " " + line,
}
"""Of a line: each is an error by itself."""


def _before_remark(line: str, words: str) -> str:
    text, sign, remark = line.partition("#")
    return text.rstrip() + words + (f"  {sign}{remark}" if sign else "")


def _slips(lines: list[str], index: int) -> list[str]:
    """Lines like that of `index`, each with one slip that is an error by itself."""
    line = lines[index]
    before = [each for each in lines[:index] if each.strip() and not each.lstrip().startswith("#")]
    if match := _LINE.match(line):
        udp = match[2] == "UDP"
        kinds = {"flags", "arrow", "field", "state"} if udp else set(_SLIPS) - {"peer", "aside"}
        if any(map(_LINE.match, before)) and len([each for each in lines if _LINE.match(each)]) > 3:
            kinds.add("peer")
        if before and not before[-1].rstrip().endswith(":") and ":" not in line:
            kinds.add("aside")
        return [_SLIPS[kind](line) for kind in sorted(kinds)]
    if _HEAD.match(line) and "(" not in line:
        return [line.replace(":", "", 1)]
    if re.match(r"( *)use [\w.-]+$", line):
        return [f"{line}-not", f"{line}(no_such=1)", f"{line}(x", f"{line} {line.strip()}"]
    if re.match(r" *\.\.\.$", line):
        return [line[:-1], f"{line} x"]
    if re.match(r"(part|parameters|peers|provokes):", line):
        return [re.sub(":.*", ": 1", line), f"{line} ?"]
    return []


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, list[int]]:
    """The text of a sequence of the library with some lines broken, and which: no two of them neighbours."""
    lines = list(LIBRARY[draw(st.sampled_from(names()))])
    candidates = [index for index in range(len(lines)) if _slips(lines, index)]
    chosen: list[int] = []
    for index in draw(st.lists(st.sampled_from(candidates), min_size=1, max_size=6, unique=True)):
        if not {index - 1, index + 1} & set(chosen):
            chosen.append(index)
    whole = list(lines)
    for index in chosen:
        lines[index] = draw(st.sampled_from(_slips(whole, index)))
    return "\n".join(lines), sorted(index + 1 for index in chosen)


@settings(max_examples=150, deadline=None)
@given(broken())
def test_each_line_that_is_broken_is_told_and_no_other(case: tuple[str, list[int]]) -> None:
    text, lines = case
    told = errors_of(text, "mine.seq")
    assert sorted(error.line for error in told.told) == lines
    assert (told.more, told.is_all) == (0, True)
    assert all(error.path == "mine.seq" and error.reason for error in told.told)


@settings(max_examples=100, deadline=None)
@given(broken())
def test_the_first_that_is_told_is_the_one_that_is_raised(case: tuple[str, list[int]]) -> None:
    text, _ = case
    with pytest.raises(ExpectationError) as raised:
        check_comparable(parse(text, "mine.seq"))
    first, *others = errors_of(text, "mine.seq").told
    assert (first.message, first.line, first.column) == (
        raised.value.message,
        raised.value.line,
        raised.value.column,
    )
    assert [each.line for each in others] == sorted(each.line for each in others)


@pytest.mark.parametrize("name", names())
def test_the_library_has_no_error(name: str) -> None:
    assert errors_of("\n".join(LIBRARY[name]), load(name).path) == Errors()


@settings(max_examples=50, deadline=None)
@given(sequences())
def test_what_can_be_read_and_compared_has_no_error(sequence: object) -> None:
    text = format_sequence(sequence)  # type: ignore[arg-type]
    try:
        check_comparable(parse(text))
    except ExpectationError as error:
        assert errors_of(text, "<text>").told[0].message == error.message  # noqa: PT017
    else:
        assert errors_of(text, "<text>") == Errors()
