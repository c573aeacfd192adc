"""What is printed where: data on standard output, the rest on standard error; on any terminal, in any locale."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len

from inspector.demos.catalogue import catalogue
from tests.cli.command import CAPTURES, command, inspector, plain_environment, shipped

if TYPE_CHECKING:
    from pathlib import Path

ESCAPE = "\x1b"


def test_json_stands_alone_on_standard_output() -> None:
    done = inspector("replay", "--json", shipped("tcp-hello"))

    assert json.loads(done.out)["schema"] == "inspector/report/1"
    assert done.err == ""


def test_several_files_are_one_json_array() -> None:
    done = inspector("replay", "--json", shipped("tcp-hello"), shipped("refused"))

    assert [report["verdict"] for report in json.loads(done.out)] == ["no-findings", "no-findings"]


def test_what_cannot_be_read_leaves_the_json_whole(tmp_path: Path) -> None:
    done = inspector("replay", "--json", shipped("refused"), "none.pcap", cwd=tmp_path)

    assert len(json.loads(done.out)) == 1
    assert "none.pcap" in done.err


def test_a_pipe_is_read_like_a_file() -> None:
    from_pipe = inspector("replay", "-", stdin=shipped("tcp-hello").read_bytes())
    from_file = inspector("replay", shipped("tcp-hello"))

    assert from_pipe.code == 0
    assert from_pipe.out.splitlines()[1:] == from_file.out.splitlines()[1:]


def test_the_file_may_be_named_as_for_tcpdump() -> None:
    assert inspector("replay", "-n", "-r", shipped("refused")).code == 0


def test_a_terminal_on_standard_input_is_no_capture() -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        command("replay", "-"), stdin=theirs, capture_output=True, text=True, check=False, env=plain_environment()
    )
    os.close(ours)
    os.close(theirs)

    assert done.returncode == 2
    assert "standard input is a terminal" in done.stderr


# ---------------------------------------------------------------------------- colour


def test_a_pipe_gets_no_colour() -> None:
    assert ESCAPE not in inspector("replay", shipped("refused")).out


def test_colour_can_be_forced_and_changes_no_word() -> None:
    coloured = inspector("replay", shipped("refused"), FORCE_COLOR="1").out

    assert ESCAPE in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == inspector("replay", shipped("refused")).out


def test_no_color_wins() -> None:
    assert ESCAPE not in inspector("replay", shipped("refused"), NO_COLOR="1", FORCE_COLOR="1").out


# ---------------------------------------------------------------------------- widths and encodings


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("name", ["wrong-syn-ack", "udp-unreachable"])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    done = inspector("check", shipped(name), "-e", CAPTURES / name / "expected.seq", cwd=CAPTURES, COLUMNS=str(width))

    assert [line for line in done.out.splitlines() if cell_len(line) > width] == []


@pytest.mark.parametrize("columns", ["0", "1", "many", ""])
def test_a_width_that_is_none_is_no_reason_to_fail(columns: str) -> None:
    assert inspector("replay", shipped("refused"), COLUMNS=columns).code == 0


@pytest.mark.parametrize(
    "locale",
    [{"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "latin-1"}],
    ids=["LC_ALL=C", "LC_ALL=POSIX", "latin-1"],
)
def test_where_utf_8_is_not_wanted_the_ladder_is_drawn_in_ascii(locale: dict[str, Any]) -> None:
    done = inspector("replay", shipped("tcp-greeting"), **locale)

    assert done.code == 0
    assert done.out.isascii()
    assert re.search(r"\|-+>\| ESTABLISHED", done.out)


def test_the_json_is_the_same_in_any_locale() -> None:
    reports = [inspector("replay", "--json", shipped("tcp-greeting"), LC_ALL=locale).out for locale in ("C", "C.UTF-8")]

    assert json.loads(reports[0]) == json.loads(reports[1])


# ---------------------------------------------------------------------------- readers that go, names that lie


def test_a_reader_that_goes_away_is_no_error_and_changes_no_exit_code() -> None:
    long: list[str | Path] = ["replay", shipped("wrong-syn-ack"), *[shipped("tcp-greeting")] * 20]
    with subprocess.Popen(
        command(*long), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=plain_environment()
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()

        assert running.stderr.read() == ""
    assert running.returncode == 1


NAMES = {
    "spaces": "my own capture.pcapng",
    "newline": "one\ntwo.pcapng",
    "escape": "\x1b[31mred\x1b]0;title\x07.pcapng",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_name_of_a_file_is_read_and_none_is_printed_raw(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(shipped("refused").read_bytes())
    done = inspector("replay", name, cwd=tmp_path)

    assert done.code == 0
    assert len(done.out.splitlines()) == len(inspector("replay", shipped("refused"), cwd=tmp_path).out.splitlines())
    assert ESCAPE not in done.out
    assert json.loads(inspector("replay", "--json", name, cwd=tmp_path).out)["verdict"] == "no-findings"


@pytest.mark.parametrize(
    "words",
    [
        ["replay"],
        ["check", "-e", "refused"],
        ["demo"],
        ["capture", "-i"],
        ["capture", "-f"],
        ["exec", "--"],
        ["check", "x", "-e"],
        [],
    ],
    ids=" ".join,
)
def test_a_word_of_the_command_line_is_not_printed_raw_either(words: list[str], tmp_path: Path) -> None:
    done = inspector(*words, "none\x1b[31m\nsuch", cwd=tmp_path, FORCE_COLOR="1")

    assert done.code in (2, 3, 4)
    assert ESCAPE not in done.err
    assert "\nsuch" not in done.err


# ---------------------------------------------------------------------------- help


def test_help_names_every_exit_code_and_command() -> None:
    done = inspector("--help")

    assert done.code == 0
    for word in ("demo", "replay", "check", "capture", "exec", "doctor", "130 interrupted"):
        assert word in done.out


def test_the_list_of_demos_has_a_line_for_each() -> None:
    done = inspector("demo")
    listed = re.findall(r"^  ((?:tcp|udp)-[\w-]+) ", done.out, re.MULTILINE)

    assert done.code == 0
    assert listed == list(catalogue())


def test_the_doctor_tells_programs_too() -> None:
    done = inspector("doctor", "--json")
    checks = json.loads(done.out)

    assert done.code in (0, 4)
    assert {"Python", "tshark", "compiled code"} <= {check["name"] for check in checks}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_list_of_demos_in_the_help_is_whole(language: str) -> None:
    told = inspector("demo", "--help", "--lang", language).out.partition("\n  tcp-hello")[2]
    assert "tcp-greeting" in told
    assert "..." not in told
    assert "…" not in told
