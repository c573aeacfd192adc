"""Choosing, sorting and writing, as a user does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.query.fields import ASKED, FIELDS
from tests.cli.command import inspector, plain_environment, shipped

MULTI, WRONG, UDP = shipped("tcp-multi"), shipped("wrong-syn-ack"), shipped("udp-request")
README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_only_what_is_asked_for_is_drawn() -> None:
    done = inspector("replay", MULTI, "--where", "number == 2")

    assert done.code == 0
    assert "connection 2 of 3" in done.out
    assert "connection 1 of 3" not in done.out
    assert "selected  1 of 3 connections matches --where number == 2" in squeezed(done.out).replace(
        "selected ", "selected  "
    )


def test_where_nothing_matches_that_is_said_and_the_code_is_5() -> None:
    done = inspector("replay", MULTI, "--where", 'handshake == "refused"')

    assert done.code == 5
    assert 'no connection of 3 matches --where handshake == "refused"' in squeezed(done.out)


def test_a_fault_that_is_not_selected_makes_no_verdict() -> None:
    assert inspector("replay", WRONG).code == 1
    assert inspector("replay", MULTI, WRONG, "--where", "faults == 0").code == 0


def test_a_wrong_expression_is_one_line_and_the_code_is_2() -> None:
    done = inspector("replay", MULTI, "--where", 'handshake == "refussed"')

    assert (done.code, done.out) == (2, "")
    assert done.err == (
        'inspector: --where, column 14: handshake is never "refussed"; did you mean "refused"? expected one of'
        " complete, unanswered, refused, reset, half-open, simultaneous, not-seen; here: handshake =="
        ' --> "refussed" <--\n'
    )


def test_a_wrong_order_is_one_line_with_the_names() -> None:
    done = inspector("replay", MULTI, "--sort", "byte")

    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "there is no order by byte; did you mean bytes" in done.err


def test_what_udp_says_is_left_out_of_an_answer_about_connections() -> None:
    done = inspector("replay", UDP, MULTI, "--where", "number > 0")

    assert "2 UDP exchanges are left out: --where asks for connections" in squeezed(done.out)
    assert inspector("replay", UDP, "--where", "number > 0").code == 5


def test_sorted_connections_are_drawn_and_listed_in_that_order() -> None:
    done = inspector("replay", MULTI, "--sort", "-originator.port", "--max", "2")

    assert re.findall(r"connection (\d) of 3", done.out) == ["3", "2"]
    assert re.findall(r"^(\d)  127", done.out, re.MULTILINE) == ["3", "2", "1"]


def test_a_table_has_no_ladder() -> None:
    done = inspector("replay", MULTI, "--table", "--max", "2")

    assert "SYN-SENT" not in done.out
    assert re.findall(r"^(\d)  127", done.out, re.MULTILINE) == ["1", "2"]
    assert "and 1 more connection" in done.out


def test_reading_stops_after_so_many_frames() -> None:
    done = inspector("replay", MULTI, "-c", "7", "--json")

    told = json.loads(done.out)
    assert told["capture"]["frames"] == 7
    assert sum(len(each["segments"]) for each in told["connections"]) == 7
    assert inspector("replay", MULTI, "-c", "0").code == 2


def test_json_says_what_was_asked() -> None:
    told = json.loads(inspector("replay", MULTI, "--json", "--where", "number>1", "--sort", "-number").out)

    assert told["selection"] == {
        "where": "number > 1", "sort": "-number", "connections": 2, "of": 3, "exchanges_left_out": 0,
    }  # fmt: skip
    assert [each["number"] for each in told["connections"]] == [3, 2]


def test_only_those_chosen_are_compared() -> None:
    sequence = ("--expect", "three-way-handshake")

    assert inspector("check", WRONG, MULTI, *sequence).code == 1
    assert inspector("check", MULTI, *sequence, "--where", "number == 1").code == 0
    assert inspector("check", WRONG, *sequence, "--where", "number == 9").code == 5


def test_files_are_written_and_told(tmp_path: Path) -> None:
    done = inspector("replay", MULTI, WRONG, "--out", "x.csv", cwd=tmp_path)

    assert done.code == 1
    assert done.err == "inspector: 4 connections in x.csv, 1 finding in x.findings.csv\n"
    assert len((tmp_path / "x.csv").read_text("utf-8").splitlines()) == 5


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("x.txt", 2, "expected a file that ends in .csv, .jsonl, .ndjson, .parquet, found 'x.txt'"),
        ("x", 2, "expected a file that ends in"),
        ("none/x.csv", 3, "none/x.csv: cannot be written: No such file or directory"),
        ("capture.csv", 2, "is a capture that is read; it is not overwritten"),
        ("link.csv", 2, "is a capture that is read; it is not overwritten"),
    ],
)
def test_what_cannot_be_written_is_one_error_and_nothing_changes(
    tmp_path: Path, name: str, code: int, reason: str
) -> None:
    capture = tmp_path / "capture.csv"
    shutil.copy(MULTI, capture)
    (tmp_path / "link.csv").symlink_to(capture)
    before = capture.read_bytes()

    done = inspector("replay", capture, "--out", name, cwd=tmp_path)

    assert done.code == code
    assert reason in squeezed(done.err)
    assert "Traceback" not in done.err
    assert capture.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2


def test_the_fields_are_listed_without_a_capture() -> None:
    done = inspector("replay", "--fields")

    assert done.code == 0
    assert re.findall(r"^([a-z_.]+) +(?:number|time|moment|words?|address|text),", done.out, re.MULTILINE) == list(
        FIELDS
    )


def test_fields_that_the_readme_names_exist() -> None:
    told = README.partition("## Choose and write")[2].partition("\n## ")[0]
    named = {word for word in re.findall(r"`([a-z_.]+)`", told) if not word.startswith("and")}

    assert len(named) > 20
    assert sorted(named - set(ASKED)) == ["file", "not", "or", "parquet", "tcp.stream", "unknown"]


def test_a_small_replay_without_these_options_imports_none_of_it() -> None:
    code = (
        "import sys; from inspector.cli.main import cli; cli.main(sys.argv[1:], standalone_mode=False);"
        "print([name for name in sys.modules if name.split('.')[0] in ('numpy', 'pyarrow')"
        " or name.startswith(('inspector.query', 'inspector.export', 'inspector.expect.parser', 'inspector.capture'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "replay", str(MULTI)],
        capture_output=True, text=True, check=True, env=plain_environment(),
    )  # fmt: skip

    assert done.stdout.splitlines()[-1] == "[]"
