"""`expect` on the command line: what there is, whether it is well written, how it is written, and what is imported."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from inspector.expect.formatter import format_sequence
from inspector.expect.library import load, names
from inspector.report.lint_json import lint_schema
from tests.cli.command import inspector, shipped

UNTIDY = "# how it begins\nclient > server SYN seq=x\nserver>client SYN,ACK seq=y ack=x+1 # hi\n"
TIDY = "# how it begins\nclient > server  SYN      seq=x\nserver > client  SYN,ACK  seq=y  ack=x+1  # hi\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.seq"
    path.write_text(UNTIDY, encoding="utf-8")
    return path


def test_the_list_has_every_sequence_within_80_columns() -> None:
    done = inspector("expect", "list")

    assert (done.code, done.err) == (0, "")
    assert all(any(line.split()[:1] == [name] for line in done.out.splitlines()) for name in names())
    assert max(map(len, done.out.splitlines())) <= 80


def test_the_list_as_json_has_the_words_too() -> None:
    listed = json.loads(inspector("expect", "list", "--json").out)

    assert listed["schema"] == "inspector/expect-list/1"
    assert [each["name"] for each in listed["sequences"]] == list(names())
    handshake = next(each for each in listed["sequences"] if each["name"] == "three-way-handshake")
    assert (handshake["part"], handshake["parameters"], handshake["lines"]) == ("beginning", ["x", "y"], 3)


def test_what_is_shown_can_be_used(tmp_path: Path) -> None:
    shown = inspector("expect", "show", "tcp-hello")
    own = tmp_path / "own.seq"
    own.write_text(shown.out, encoding="utf-8")

    assert shown.out == format_sequence(load("tcp-hello"))
    assert inspector("check", shipped("tcp-hello"), "-e", own).code == 0


@pytest.mark.parametrize("name", ["tcp-hello", "any-close", "three-way-handshake"])
def test_what_is_shown_expanded_uses_nothing_and_means_the_same(name: str, tmp_path: Path) -> None:
    own = tmp_path / "own.seq"
    own.write_text(inspector("expect", "show", name, "--expanded").out, encoding="utf-8")

    assert "use " not in own.read_text("utf-8").split("\n\n", 1)[1]
    assert inspector("check", shipped("tcp-hello"), "-e", own).code == 0
    assert inspector("check", shipped("wrong-fin-ack"), shipped("refused"), "-e", own).code == 1


def test_lint_says_of_each_file_what_is_wrong_with_it(own: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.seq"
    bad.write_text("client > server  SYN  seq=\n", encoding="utf-8")
    done = inspector("expect", "lint", own, bad, "three-way-handshake", "three-way-hanshake")

    assert done.code == 1
    assert done.out == (
        f"{own}: well written, 2 lines; inspector expect format would lay it out anew\n"
        "three-way-handshake: well written, 3 lines\n"
    )
    assert f"{bad}, line 1, column 27: found the end of the line, expected a sum" in done.err
    assert "did you mean three-way-handshake?" in done.err


SLIPS = "client > server  SNY  seq=x\nserver > client  SYN,ACK  seq=\nclient > server  ACK  lne=3\n"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.seq"
    path.write_text(SLIPS, encoding="utf-8")
    return path


def test_lint_tells_all_errors_of_a_file_and_how_many_they_are(bad: Path) -> None:
    done = inspector("expect", "lint", bad)
    *told, summary = done.err.splitlines()

    assert (done.code, done.out) == (1, "")
    assert [line.partition(": found ")[0] for line in told] == [
        f"inspector: {bad}, line 1, column 18",
        f"inspector: {bad}, line 2, column 31",
        f"inspector: {bad}, line 3, column 23",
    ]
    assert "found `SNY`, expected flags such as" in told[0]
    assert told[0].endswith("; did you mean `SYN`?")
    assert summary == f"inspector: {bad}: 3 errors"


@pytest.mark.parametrize(
    ("slips", "summary"),
    [(57, "57 errors, of which 20 are told"), (5_000, "at least 200 errors, of which 20 are told")],
)
def test_lint_tells_twenty_and_counts_the_rest(slips: int, summary: str) -> None:
    done = inspector("expect", "lint", "-", stdin=b"a > b SNY\n" * slips)

    assert done.code == 1
    assert len(done.err.splitlines()) == 21
    assert done.err.endswith(f"inspector: -: {summary}\n")


def test_lint_as_json_is_by_its_schema(own: Path, bad: Path) -> None:
    done = inspector("expect", "lint", "--json", own, bad, "three-way-handshake", "nobody")
    told = json.loads(done.out)
    jsonschema.Draft202012Validator.check_schema(lint_schema())
    jsonschema.validate(told, lint_schema())

    assert (done.code, done.err, told["schema"]) == (1, "", "inspector/expect-lint/1")
    untidy, slips, shipped_one, nobody = told["sequences"]
    assert (untidy["well_written"], untidy["lines"], untidy["laid_out"], untidy["errors"]) == (True, 2, False, [])
    assert [(each["path"], each["line"], each["column"], each["text"]) for each in slips["errors"]] == [
        (str(bad), 1, 18, "SNY"),
        (str(bad), 2, 31, ""),
        (str(bad), 3, 23, "lne"),
    ]
    assert (slips["well_written"], slips["lines"], slips["laid_out"]) == (False, None, None)
    assert (slips["more_errors"], slips["all_counted"]) == (0, True)
    assert slips["errors"][0]["reason"].startswith("found `SNY`, expected flags such as `SYN,ACK`")
    assert (shipped_one["name"], shipped_one["laid_out"]) == ("three-way-handshake", True)
    assert (nobody["errors"][0]["line"], nobody["errors"][0]["column"]) == (None, None)


def test_check_tells_the_first_error_and_how_to_see_the_others(bad: Path) -> None:
    done = inspector("check", shipped("tcp-hello"), "-e", bad)

    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(f"inspector: {bad}, line 1, column 18: found `SNY`, expected flags")
    assert done.err.endswith(f"(2 more errors: inspector expect lint {bad})\n")
    for text, end in ((SLIPS, "(2 more errors: inspector expect lint -)\n"), (SLIPS[:27], "did you mean `SYN`?\n")):
        assert inspector("check", shipped("tcp-hello"), "-e", "-", stdin=text.encode()).err.endswith(end)


def test_format_leaves_a_file_with_errors_as_it_is_and_lays_out_the_others(own: Path, bad: Path) -> None:
    done = inspector("expect", "format", bad, own)

    assert done.code == 2
    assert (bad.read_text("utf-8"), own.read_text("utf-8")) == (SLIPS, TIDY)
    assert done.err.startswith(f"inspector: not laid out: {bad}, line 1, column 18: found `SNY`")
    assert done.err.endswith(f"(2 more errors: inspector expect lint {bad})\n")
    assert inspector("expect", "format", "--check", bad, own).code == 2


def test_no_option_is_advised_that_the_command_does_not_have() -> None:
    for done in (
        inspector("expect", "lint", "-", stdin=b"use three-way-handshak\n"),
        inspector("expect", "lint", "three-way-handshak"),
        inspector("expect", "show", "three-way-handshak"),
        inspector("check", shipped("tcp-hello"), "-e", "-", stdin=b"use three-way-handshak\n"),
    ):
        assert done.code in (1, 2)
        assert done.err.endswith("did you mean three-way-handshake?\n")
        assert done.err.count("\n") == 1


def test_what_cannot_be_seen_is_escaped_once() -> None:
    done = inspector("expect", "lint", "-", stdin=b"client > server SYN\x00\x1b")

    assert "found `SYN\\x00\\x1b`, expected" in done.err


def test_the_whole_library_is_well_written() -> None:
    done = inspector("expect", "lint", *names())

    assert (done.code, done.err) == (0, "")
    assert done.out.count(": well written, ") == len(names())


def test_format_rewrites_a_file_in_its_place_and_only_once(own: Path) -> None:
    own.chmod(0o640)
    told = inspector("expect", "format", "--check", own)

    assert told.code == 1
    assert own.read_text("utf-8") == UNTIDY
    assert inspector("expect", "format", own).code == 0
    assert own.read_text("utf-8") == TIDY
    assert own.stat().st_mode & 0o777 == 0o640
    assert inspector("expect", "format", "--check", own).code == 0


def test_format_works_on_a_pipe() -> None:
    assert inspector("expect", "format", "-", stdin=UNTIDY.encode()).out == TIDY


def test_format_leaves_what_it_cannot_read_as_it_is(tmp_path: Path) -> None:
    bad = tmp_path / "bad.seq"
    bad.write_bytes(b"client > server \xff\n")
    done = inspector("expect", "format", bad)

    assert (done.code, bad.read_bytes()) == (2, b"client > server \xff\n")
    assert done.err == f"inspector: {bad}: cannot be read: expected text in UTF-8\n"


def test_a_packetdrill_script_is_imported_and_what_is_left_out_is_told(tmp_path: Path) -> None:
    script, out = tmp_path / "refused.pkt", tmp_path / "refused.seq"
    script.write_text("+0 > S 0:0(0) <mss 1460,FO>\n+0 < R. 0:0(0) ack 1\n", encoding="utf-8")
    done = inspector("expect", "import", script, "-o", out)

    assert (done.code, done.out) == (0, "")
    assert done.err == f"inspector: {script}, line 1: left out: the option `FO` is not compared\n"
    assert "client > server  SYN      seq=x           len=0" in out.read_text("utf-8")
    again = inspector("expect", "import", script, "-o", out)
    assert again.code == 2
    assert "exists; expected a new file, or --force" in again.err
    assert inspector("expect", "import", script, "-o", out, "--force").code == 0


def test_several_connections_of_a_script_are_one_file_and_one_may_be_chosen(tmp_path: Path) -> None:
    script, out = tmp_path / "two.pkt", tmp_path / "two.seq"
    script.write_text("+0 > S 0:0(0)\n+0 < R. 0:0(0) ack 1\n+0 > S 0:9(9)\n", encoding="utf-8")

    assert inspector("expect", "import", script, "-o", out).code == 0
    assert "\nconnection second(after first):\n" in out.read_text("utf-8")
    assert inspector("expect", "lint", out).code == 0
    assert inspector("expect", "format", "--check", out).code == 0
    alone = inspector("expect", "import", script, "--connection", "2").out
    assert "len=9" in alone
    assert "\nconnection" not in alone
    assert inspector("expect", "import", script, "--connection", "3").code == 2


@pytest.mark.parametrize("words", [["show", "nonesuch"], ["format", "/no/such.seq"], ["import", "/no/such.pkt"], ["x"]])
def test_what_there_is_not_is_one_line_and_wrong_usage(words: list[str]) -> None:
    done = inspector("expect", *words)

    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
