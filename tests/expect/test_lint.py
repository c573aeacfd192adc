"""All errors of a file at once: each slip of the pen is told at its line, and nothing that follows from another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import ExpectationError
from inspector.expect import notation
from inspector.expect.comparison import check_comparable
from inspector.expect.complaints import MOST_KEPT
from inspector.expect.formatter import format_sequence
from inspector.expect.library import load, names
from inspector.expect.lint import MOST_TOLD, Errors, errors_of
from inspector.expect.parser import LONGEST, parse
from inspector.language import Said
from tests.expect.sequences import sequences

PAGE = Path(notation.__file__).with_name("GRAMMAR.md").read_text(encoding="utf-8")
WHOLE = [
    *(Path(load(name).path).read_text(encoding="utf-8") for name in names()),
    *re.findall(r"```seq ?[\w-]*\n(.*?)```", PAGE, re.DOTALL),
]
"""The library, and the examples of the grammar."""


def errors(text: str) -> list[tuple[int, str]]:
    """Line and offending text of each."""
    return [(error.line, error.text) for error in errors_of(text, "mine.seq").told]


# ------------------------------------------------------------------------------ k slips, k errors

_LINE = re.compile(r"( *)(?:[a-z ]+: )?[\w.-]+ > [\w.-]+  (\S+)")
_HEAD = re.compile(r" *(?:optional|repeat \S+|any order|either|part \w+|connection [\w-]+(?:\(.*\))?):")


def _slips_of_line(line: str) -> dict[str, str]:
    """What a slip of the pen makes of a line of who sends what, by its kind."""
    text, sign, remark = line.partition("#")
    behind, head = f"  {sign}{remark}" if sign else "", text.partition("|")[0].rstrip()
    return {
        "flags": re.sub(r"(> [\w.-]+ +)\S+", r"\1SNYX", line, count=1),
        "arrow": line.replace(">", " ", 1),
        "state": f"{head} | OPEN CLOSED{behind}",
        "end": f"{text.rstrip()} ?{behind}",
        "field": f"{head}  lne=3{behind}",
        "peer": re.sub(r"> ([\w.-]+)", r"> \1x", line, count=1),
        "aside": f" {line}",
    }


_OTHER_SLIPS = (
    (r" *use [\w.-]+$", (lambda line: f"{line}-not", lambda line: f"{line}(no_such=1)", lambda line: f"{line}(x")),
    (r" *\.\.\.$", (lambda line: line[:-1], lambda line: f"{line} x")),
    (r" *no segment", (lambda line: line.replace("segment", "segmnt"), lambda line: re.sub(r"\d+", "", line))),
    (r"(part|parameters|peers|provokes):", (lambda line: re.sub(":.*", ": 1", line), lambda line: f"{line} ?")),
    (_HEAD, (lambda line: line.replace(":", "", 1), lambda line: re.sub(r"(\w+)", r"\1 ?", line, count=1))),
)


def _slips(lines: list[str], index: int) -> list[str]:
    """That line with one slip, each of which is an error by itself."""
    line = lines[index]
    if not _LINE.match(line):
        return [slip(line) for pattern, slips in _OTHER_SLIPS if re.match(pattern, line) for slip in slips]
    found = _slips_of_line(line)
    before = [each for each in lines[:index] if _text(each)]
    # Somebody who is named first, or in a short sequence, may be who is meant; what is first in a block leads it.
    if not any(map(_LINE.match, before)) or sum(bool(_LINE.match(each)) for each in lines) < 6:
        del found["peer"]
    if not before or before[-1].rstrip().endswith(":") or ":" in line:
        del found["aside"]
    return list(found.values())


def _text(line: str) -> str:
    """What it holds beside a comment."""
    return line.partition("#")[0].strip()


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, list[int]]:
    """The text of a sequence with some lines broken, and which: between two of them stands one that is whole."""
    lines = draw(st.sampled_from(WHOLE)).split("\n")
    written = [index for index, line in enumerate(lines) if _text(line)]
    candidates = [place for place, index in enumerate(written) if _slips(lines, index)]
    chosen: set[int] = set()
    for place in draw(st.lists(st.sampled_from(candidates or [0]), min_size=1, max_size=6)):
        if candidates and not {place - 1, place, place + 1} & chosen:
            chosen.add(place)
    slips = {written[place]: draw(st.sampled_from(_slips(lines, written[place]))) for place in sorted(chosen)}
    return "\n".join(slips.get(index, line) for index, line in enumerate(lines)), [index + 1 for index in slips]


@settings(max_examples=100, deadline=None)
@given(broken())
def test_each_line_that_is_broken_is_told_and_no_other(case: tuple[str, list[int]]) -> None:
    text, lines = case
    found = errors_of(text, "mine.seq")

    assert sorted(error.line for error in found.told) == lines
    assert (found.more, found.is_all) == (0, True)
    assert all(error.path == "mine.seq" and error.column and isinstance(error.reason, Said) for error in found.told)


@settings(max_examples=40, deadline=None)
@given(st.one_of(broken().map(lambda case: case[0]), sequences().map(format_sequence)))
def test_the_first_that_is_told_is_the_one_that_is_raised_and_the_others_are_in_order(text: str) -> None:
    raised = []
    try:
        check_comparable(parse(text, "mine.seq"))
    except ExpectationError as error:
        raised.append(error.message)
    told = errors_of(text, "mine.seq").told

    assert [error.message for error in told[:1]] == raised
    places = [error.line or LONGEST for error in told[1:]]
    assert places == sorted(places)


@pytest.mark.parametrize("text", WHOLE, ids=range(len(WHOLE)))
def test_what_is_well_written_has_no_error(text: str) -> None:
    assert errors_of(text, str(Path(load("any-close").path).with_name("mine.seq"))) == Errors()


# ------------------------------------------------------------------------------ one slip, one error


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "a > b SNY\nb > a SYN,ACK sq=x\na > b ACK",
            [(1, "SNY"), (2, "sq")],
            id="a line that cannot be read names its peers all the same",
        ),
        pytest.param(
            "cleint > server SYN\nserver > client SYN,ACK\nclient > server ACK\nclient > server RST",
            [(2, "client")],
            id="a typo in the first line makes everybody else a third",
        ),
        pytest.param(
            "cleint > server SYN\nserver > client SNY\nclient > server ACK\nclient > server RST",
            [(2, "SNY"), (1, "cleint")],
            id="where something else is raised the typo is told at its place",
        ),
        pytest.param(
            "peers: client sever\nclient > server SYN\nserver > client SYN,ACK\nclient > server ACK sq=x",
            [(4, "sq"), (2, "server")],
            id="a typo in the header too",
        ),
        pytest.param(
            "a > b SYN\na > proxy SYN\nproxy > b SYN\nproxy > a ACK\nb > a ACK\na > b ACK",
            [(2, "proxy")],
            id="somebody else is one error however often he is named",
        ),
        pytest.param(
            "client > server SYN\nserver > client ACK\nclinet > server ACK\nserver > client ACK\nclient > sever ACK",
            [(3, "clinet"), (5, "sever")],
            id="each typo of a peer is one",
        ),
        pytest.param(
            "a b SYN\nuse any-close(a, b)\nno segment from a for 1s",
            [(1, "b")],
            id="peers that nobody could read",
        ),
        pytest.param(
            "repeat 3:\n  a > b SYN\n  optional:\n    b > a ACK\n  a > b SNY\nb > a ACK",
            [(1, "3:"), (5, "SNY")],
            id="what stands below a head that cannot be read is read",
        ),
        pytest.param(
            "optional\n  a > b SYN\n  b > a ACK\nb > a ACK", [(1, "")], id="a colon that is missing is no indentation"
        ),
        pytest.param("optional:\n    a > b SYN\n   b > a ACK\n    a > b ACK\na > b ACK", [(3, "b")], id="a step aside"),
        pytest.param("optional:\n    a > b SYN\n  b > a ACK\n  a > b ACK\na > b ACK", [(3, "b")], id="two of them"),
        pytest.param(
            "a > b SYN\n  b > a ACK\n\n  # so\n  a > b ACK\na > b ACK", [(2, "b")], id="a block without a head"
        ),
        pytest.param(
            "optional:\n    a > b SYN\n# hm\n   b > a ACK\n   a > b ACK\na > b ACK", [(4, "b")], id="behind a comment"
        ),
        pytest.param(
            "either:\n  a > b SYN\norr:\n  a > b RST\n  b > a SNY",
            [(1, ""), (5, "SNY")],
            id="an `or:` that is none leaves an `either:` alone",
        ),
        pytest.param(
            "either: a > b SYN\n or: a > b RST\nb > a SNY",
            [(1, ""), (3, "SNY")],
            id="and so does one that stands aside",
        ),
        pytest.param(
            "either: a > b SNY\nor: a > b RST sq=x\nor: a > b ACK lne=3",
            [(1, "SNY"), (2, "sq"), (3, "lne")],
            id="each branch is read",
        ),
        pytest.param(
            "tittle: x\nabuot: y\npart: begining\nparameters: x x\n\na > b SYN",
            [(1, "tittle"), (2, "abuot"), (3, "begining"), (4, "x")],
            id="a word of the header that is none does not end it",
        ),
        pytest.param(
            " title: x\nabout: y\npart: begining\na > b SYN",
            [(1, "title:"), (3, "begining")],
            id="nor does one that stands aside",
        ),
        pytest.param(
            "eithEr:\n  a > b SYN\n  repeat *:\n    a > b ACK\nor: ...\nor:\n  a > b SNY",
            [(1, "eithEr"), (7, "SNY")],
            id="an `or:` whose `either:` could not be read",
        ),
        pytest.param(
            "a > b SYN\n    a > b ACK\n    repeat *:\n        b > a ACK\n    a > b ACK\nor:\n    a > b RST",
            [(2, "a")],
            id="and one whose `either:` is not there",
        ),
        pytest.param(
            "  a > b SYN\nb > a RST,ACK\nnothing after this", [(1, "a")], id="nor does one that is not there end it all"
        ),
        pytest.param("nothing\nfoo:\n  nothing", [(1, "nothing"), (2, ":")], id="nothing below what is no head"),
        pytest.param("nothing\nnothing\na > b SYN", [(1, "nothing")], id="one nothing is as many"),
        pytest.param(
            "peers: one oter\n" + "use any-close(one, other)\n" * 3,
            [(2, "any-close")],
            id="a typo in the header that only a `use` meets",
        ),
        pytest.param(
            "peers: one other\n" + "".join(f"use any-close(one, {name})\n" for name in ["proxy", "other", "otter"] * 2),
            [(2, "any-close"), (4, "any-close"), (7, "any-close")],
            id="somebody else in several",
        ),
        pytest.param(
            "connetcion a: ...\nconnection b(after a): ...", [(1, "connetcion")], id="a head and its item on one line"
        ),
        pytest.param(
            "    use refused\nconnection b(after a):\n    use refused", [(1, "use")], id="a head that is not there"
        ),
        pytest.param("a > b SYN\ntitle: x\npart: y", [(2, "title:"), (3, ":")], id="a header in the middle"),
        pytest.param(
            "a > b SYN seq\nno segmnt for 1s\n| OPEN CLOSED\n| CLOSED LISTEN\nnothing after this\nno segment 1s",
            [(1, "seq"), (2, "no"), (3, "OPEN"), (6, "1s")],
            id="marks need a line before them and nothing may stand behind the end",
        ),
        pytest.param("use no-such\nno segment for 1s", [(1, "no-such")], id="what is used is a line to a mark"),
        pytest.param(
            "conection first:\n  use three-way-handshake\nconnection second(after first):\n  use refused",
            [(1, "conection")],
            id="a connection whose head cannot be read is one, and may be called as it is",
        ),
        pytest.param(
            "connection first(befor x):\n  ...\nconnection second(after first):\n  ...\nconnection second:\n  use no",
            [(1, "befor"), (5, "second"), (6, "no")],
            id="of one whose name could be read that is known",
        ),
        pytest.param(
            "connection a:\n  ...\na > b SYN\nb > a ACK\nconnection b(after c):\n  ...\na > b ACK",
            [(3, ""), (5, "c"), (7, "")],
            id="lines beside connections, once for each run",
        ),
        pytest.param(
            "repeat 5:\n  connection a:\n    ...\nconnection b(after a):\n  connection c:\n    use no",
            [(1, "5:"), (5, "c"), (6, "no")],
            id="connections below a head that cannot be read",
        ),
        pytest.param(
            "optional:\n  a > b UDP\n  b > a ACK\noptional:\n  a > b UDP\n  b > a UPD\nno segment for 1s",
            [(6, "UPD"), (3, "")],
            id="a line that cannot be read is of either kind",
        ),
        pytest.param(
            "connection a:\n  a > b UDP\n  a > b SYN\nconnection b:\n  a > b UDP\n  a > b ACK\n  ...",
            [(1, "a"), (4, "b")],
            id="a block of both kinds each",
        ),
        pytest.param(
            "use half-close(x=1)\nuse half-close(a, server)\nuse three-way-handshake(z=1)\nuse nobody",
            [(1, "half-close"), (2, "half-close"), (3, "three-way-handshake"), (4, "nobody")],
            id="each `use`",
        ),
        pytest.param(
            "any order:\n  no segment for 1s\n  a > b SYN\n  | CLOSED LISTEN\nnothing after this\na > b ACK",
            [(2, ""), (4, ""), (6, "")],
            id="marks in any order",
        ),
        pytest.param("no segment for 1s\n| CLOSED LISTEN", [(1, ""), (2, "")], id="marks without a line"),
    ],
)
def test_one_slip_is_one_error(text: str, told: list[tuple[int, str]]) -> None:
    assert errors(text) == told


def test_an_error_of_a_file_that_is_used_is_told_once_and_behind_those_of_the_file_itself(tmp_path: Path) -> None:
    (tmp_path / "other.seq").write_text("client > server SYN\nclient > server SNY\n", encoding="utf-8")
    mine = tmp_path / "mine.seq"
    text = "use three-way-handshake\nuse other\nuse other\nuse nobody\n"
    told = errors_of(text, str(mine)).told

    assert [(Path(error.path).name, error.line, error.text) for error in told] == [
        ("other.seq", 2, "SNY"),
        ("mine.seq", 4, "nobody"),
    ]


# ------------------------------------------------------------------------------------- how many


def test_twenty_are_told_and_the_rest_is_counted() -> None:
    found = errors_of("a > b SNY\n" * 57, "mine.seq")

    assert [error.line for error in found.told] == list(range(1, MOST_TOLD + 1))
    assert (found.more, found.number, found.is_all) == (37, 57, True)


def test_nonsense_is_not_counted_to_its_end() -> None:
    found = errors_of("a > b SNY\n" * (MOST_KEPT + 5), "mine.seq")

    assert (found.number, found.is_all) == (MOST_KEPT, False)


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab >SYN,ACK=+-*{}:|.#\n seqxrpot(['0123456789"), max_size=80))
def test_any_text_has_errors_or_none(text: str) -> None:
    assert len(errors_of(text, "mine.seq").told) <= MOST_TOLD


@pytest.mark.parametrize(
    "piece",
    [
        "a > b SNY\n",
        "a > c ACK\n",
        "a > b " + "SXN," * 200 + "\n",
        "optional:\n a > b SYN\n   a > b SYN\n  a > b SYN\n",
        "either: ...\norr: ...\n",
        "connection a: ...\n",
        "conection a(after b): ...\n",
        "connection a:\n connection b:\n  ...\n",
        "any order:\n no segment for 1s\n",
        "nothing\n",
        "nothing after this\n",
        "use half-close(zz=1)\n",
        "title: x\ntittle: x\n",
        "repeat {5000}:\n a > b UDP\n a > b SYN\n",
        "or: ...\n",
        "\t" * 40 + "x\n",
    ],
)
def test_a_hostile_file_costs_no_more_than_its_length(piece: str) -> None:
    """Quadratic time would take minutes here: it is a second, and no clock is asked."""
    text = "a > b SYN\nb > a ACK\n" + piece * (LONGEST // 16 // len(piece)) + "a > b FIN lne=3\n"

    assert errors_of(text, "mine.seq").told


def test_blocks_too_deep_are_one_error_for_all_that_stands_below() -> None:
    deep = "\n".join(" " * depth + "optional:" for depth in range(1_000)) + "\n" + " " * 1_000 + "..."

    assert errors(f"{deep}\na > b SNY") == [(21, ""), (1002, "SNY")]


def test_a_third_peer_is_told_where_its_name_stands() -> None:
    text = "client > server SYN seq=x\nserver > client SYN,ACK seq=y ack=x+1\nclient > third ACK\nclient > servr RST\n"

    assert [(each.line, each.column) for each in errors_of(text, "mine.seq").told] == [(3, 10), (4, 10)]


def test_a_sequence_is_looked_for_beside_the_one_that_uses_it_with_its_suffix_too(tmp_path: Path) -> None:
    (tmp_path / "one.seq").write_text("client > server SYN seq=x\n", "utf-8")
    two = tmp_path / "two.seq"
    two.write_text("use one.seq\n", "utf-8")

    assert not errors_of(two.read_text("utf-8"), str(two)).told
