"""The grammar page: each example is read, is canonical, and holds for its capture; and it has all there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from rich.cells import cell_len

from inspector.errors import ExpectationError
from inspector.expect import automaton, connections, expansion, icmp, notation, parser, wholeness
from inspector.expect.comparison import check_comparable
from inspector.expect.complaints import MOST_KEPT
from inspector.expect.formatter import format_sequence
from inspector.expect.lint import MOST_TOLD, errors_of
from inspector.expect.notation import Line, Part, Relation, Sequence
from inspector.expect.parser import parse
from inspector.expect.simple_parser import MOST_VALUES
from inspector.expect.wholeness import all_items
from inspector.expect.written import MOST_CHOICES
from inspector.pipeline import inspect
from inspector.wire.row import Protocol

PAGE = Path(notation.__file__).with_name("GRAMMAR.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```seq ?([\w-]*)\n(.*?)```", PAGE, re.DOTALL)
SEQUENCES = [parse(text) for _, text in EXAMPLES]
ALL_ITEMS = [item for sequence in SEQUENCES for item in all_items(sequence.items)]
LINES = [item for item in ALL_ITEMS if isinstance(item, Line)]


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_an_example_is_canonical_and_holds_for_its_capture(name: str, text: str, captures: Path) -> None:
    sequence = parse(text, "example.seq")
    assert format_sequence(sequence) == text
    check_comparable(sequence)
    if name:
        inspection = inspect(captures / name / f"{name}.pcapng", expected=sequence)
        assert [each.differences for each in inspection.comparisons if not each.matched] == []
        assert inspection.comparisons


def test_of_the_sequence_with_errors_those_are_told_that_the_page_says() -> None:
    section = PAGE.partition("## What is wrong with a file")[2]
    text, said = re.findall(r"```\n(.*?)```\n\nit tells five, of lines ([^.]*)\.", section, re.DOTALL)[0]

    assert [error.line for error in errors_of(text, "mine.seq").told] == list(map(int, re.findall(r"\d+", said)))
    assert f"(to {MOST_KEPT})" in section
    assert MOST_TOLD == 20
    assert "at most twenty" in section


def test_every_construct_has_its_example() -> None:
    assert {type(item) for item in ALL_ITEMS} == set(get_args(notation.Item))
    assert {type(line.carried) for line in LINES} == set(get_args(notation.Carried))
    assert {field.relation for line in LINES for field in line.fields} == set(Relation)
    assert {field.name for line in LINES for field in line.fields} == {
        *("seq", "ack", "len", "win", "urg", "mss", "wscale", "sack", "timestamps")
    }
    assert any(line.within_ns for line in LINES)
    assert any(line.states for line in LINES)
    for header in ("title", "about", "peers", "either_way", "parameters", "provokes", "strict"):
        assert any(getattr(sequence, header) for sequence in SEQUENCES), header
    assert set(Part) - {Part.ANYWHERE} <= {sequence.part for sequence in SEQUENCES}


def test_every_word_of_the_grammar_in_the_head_of_notation_is_on_the_page() -> None:
    assert notation.__doc__
    grammar = notation.__doc__.partition("The grammar, line by line")[2].partition("The rules of reading")[0]
    words = set(
        re.findall(r"\b[a-z]+:|\.\.\.|\b(?:nothing|strict|within|use|segment|datagram|after|or|any)\b", grammar)
    )
    assert len(words) > 15
    assert {word for word in words if word.rstrip(":") not in PAGE} == set()


def test_the_page_has_every_name_of_an_icmp_error_and_its_numbers() -> None:
    for name, kinds in icmp.KINDS.items():
        numbers = {protocol: f"{number}/{code}" for protocol, number, code in kinds}
        assert f"| `{name}` | {numbers[Protocol.ICMP]} | {numbers[Protocol.ICMPV6]} |" in PAGE


@pytest.mark.parametrize("part", list(Part))
def test_the_page_has_every_part(part: Part) -> None:
    header = PAGE.partition("## The header")[2].partition("```")[0]
    assert re.search(rf"`(part: )?{part}`", header)


LIMITS = {
    "characters": parser.LONGEST,
    "depth": parser.DEEPEST,
    "lines": expansion.MOST_LINES,
    "positions": automaton.MOST_POSITIONS,
    "any order": automaton.MOST_IN_ANY_ORDER,
    "marks": automaton.MOST_MARKS,
    "uses": expansion.MOST_USES_WITHIN,
    "values": MOST_VALUES,
    "terms": expansion.MOST_TERMS,
    "choices": MOST_CHOICES,
    "blocks": wholeness.MOST_BLOCKS,
    "slots": connections.MOST_SLOTS,
    "connections": connections.MOST_CONNECTIONS,
    "pairs": connections.MOST_PAIRS,
}


@pytest.mark.parametrize("most", LIMITS.values(), ids=LIMITS)
def test_the_page_has_every_limit(most: int) -> None:
    assert re.search(rf"\b{most:,}\b", PAGE.partition("## What there is a limit of")[2])


def test_chinese_peers_titles_and_comments_are_read_and_full_width_signs_are_not() -> None:
    text = "title: 三次握手：标题里可以\n\n# 注释，也可以。\n客户端 > 服务器  SYN  seq=编号  # 好\n"
    sequence: Sequence = parse(text)
    assert format_sequence(sequence) == text


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("客户端 > 服务器  SYN", ">"),
        ("a > b  SYN,ACK", ","),
        ("a > b  SYN  seq=x", "="),
        ("a > b  SYN  seq=x+1", "+"),
        ("a > b  SYN | CLOSED LISTEN", "|"),
        ("optional: a > b SYN", ":"),
        ("use three-way-handshake(a, b)", "("),
    ],
)
def test_full_width_signs_are_refused_where_they_stand(text: str, sign: str) -> None:
    parse(text)
    wide = chr(ord(sign) + 0xFEE0)
    with pytest.raises(ExpectationError) as raised:
        parse(text.replace(sign, wide))
    assert 1 <= raised.value.column <= text.index(sign) + 1


def test_columns_are_aligned_by_what_a_terminal_shows() -> None:
    text = format_sequence(
        parse("甲 > b SYN seq=x\nb > 甲 SYN,ACK seq=y\n甲 > b ACK seq=编号 ack=y\n甲 > b ACK seq=xy ack=y")
    )
    assert len({cell_len(line.partition("ack=")[0]) for line in text.splitlines() if "ack=" in line}) == 1
    assert len({len(line.partition("ack=")[0]) for line in text.splitlines() if "ack=" in line}) == 2
