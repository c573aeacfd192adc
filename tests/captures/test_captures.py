"""Every folder of `captures/` is a case: its capture, and what we say about it, which is the folder's baselines.

`report.txt` and `report.json` are `replay`'s, `check.txt` is `check`'s with the folder's `expected.seq`; all of them
at 80 columns, in UTF-8, without colour. `scripts/captures --baselines` writes them anew: they are claims, so read
the difference before you commit it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from inspector.cli.main import cli
from inspector.demos.catalogue import catalogue
from inspector.report.json_report import schema
from tests.opinions import said_by_tshark

if TYPE_CHECKING:
    from tests.conftest import Golden

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = sorted(path.name for path in (ROOT / "captures").iterdir() if path.is_dir() and path.name[0] not in "._")
SYNTHETIC = [name for name in FOLDERS if "_make" in (ROOT / "captures" / name / "recipe").read_text("utf-8")]

VALIDATOR = Draft202012Validator(schema())

Runner = Callable[..., "Run"]

each_folder = pytest.mark.parametrize("name", FOLDERS)


class Run(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    text: str


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture
def folder(name: str, captures: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the case, which is also where we are: reports name the capture as it was given."""
    monkeypatch.chdir(captures / name)
    return captures / name


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Runner:
    """Run a command there. Each is run once, and every test that asks is told what it said."""

    def runner(*words: str) -> Run:
        if (folder, *words) not in _SAID:
            code = cli.main(list(words), standalone_mode=False)
            _SAID[folder, *words] = Run(code, capsys.readouterr().out)
        return _SAID[folder, *words]

    return runner


_SAID: dict[tuple[Path | str, ...], Run] = {}


def replayed(name: str, run: Runner) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(run("replay", "--json", f"{name}.pcapng").text)
    return report


@each_folder
def test_a_folder_has_all_that_makes_a_case(folder: Path, name: str) -> None:
    parts = {path.name for path in folder.iterdir()}

    assert parts == {f"{name}.pcapng", "recipe", "expected.seq", "report.txt", "report.json", "check.txt"}
    assert os.access(folder / "recipe", os.X_OK)


@each_folder
def test_what_replay_draws_is_the_baseline(folder: Path, name: str, run: Runner, golden: Golden) -> None:
    golden(folder / "report.txt", run("replay", f"{name}.pcapng").text)


@each_folder
def test_what_replay_tells_programs_is_the_baseline_and_keeps_the_promise_of_the_schema(
    folder: Path, name: str, run: Runner, golden: Golden
) -> None:
    text = run("replay", "--json", f"{name}.pcapng").text

    VALIDATOR.validate(json.loads(text))
    golden(folder / "report.json", text)


@each_folder
def test_what_check_finds_is_the_baseline(folder: Path, name: str, run: Runner, golden: Golden) -> None:
    golden(folder / "check.txt", run("check", "-e", "expected.seq", f"{name}.pcapng").text)


@each_folder
def test_the_exit_code_of_a_check_is_that_of_its_verdict(folder: Path, name: str, run: Runner) -> None:
    done = run("check", "-e", "expected.seq", f"{name}.pcapng")
    is_well = "verdict   ✓ as expected" in (folder / "check.txt").read_text("utf-8")

    assert done.code == (0 if is_well else 1)


@pytest.mark.parametrize("name", catalogue())
def test_every_demo_has_its_folder_and_its_capture_is_as_expected(folder: Path, name: str) -> None:
    assert f"use {name}\n" in (folder / "expected.seq").read_text("utf-8")
    assert "verdict   ✓ as expected" in (folder / "check.txt").read_text("utf-8")


OUTCOMES = {"as expected": "✓ as expected", "differs": "✗ differs", "a fault is found": "✗ findings"}


def test_the_index_names_every_folder_with_its_verdict(captures: Path) -> None:
    lines = (captures / "README.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    listed = {row[0].strip("`"): row[3] for row in rows if len(row) == 4}

    assert sorted(listed) == FOLDERS
    for name, outcome in listed.items():
        assert f"verdict   {OUTCOMES[outcome]}" in (captures / name / "check.txt").read_text("utf-8"), name


# ---------------------------------------------------------------------------- the numbers that are wrong

WRONG = {
    "wrong-syn-ack": (
        ("syn-ack-wrong-ack", 2, 1001, 1000),
        "SYN,ACK acknowledges 1000; expected the SYN's sequence number + 1 = 1000 + 1 = 1001",
    ),
    "wrong-third-ack": (
        ("handshake-ack-wrong-ack", 3, 5001, 5000),
        "third segment acknowledges 5000; expected the SYN,ACK's sequence number + 1 = 5000 + 1 = 5001",
    ),
    "wrong-third-ack-beyond": (
        ("handshake-ack-wrong-ack", 3, 5001, 5100),
        "third segment acknowledges 5100; expected the SYN,ACK's sequence number + 1 = 5000 + 1 = 5001",
    ),
    "wrong-fin-ack": (
        ("fin-wrong-ack", 8, 5002, 5001),
        "ACK after the FIN acknowledges 5001; expected the FIN's sequence number + 1 = 5001 + 1 = 5002",
    ),
    "wrong-refusal": (
        ("rst-wrong-ack", 2, 1001, 1000),
        "RST in answer to a SYN acknowledges 1000; expected the SYN's sequence number + its length = 1001",
    ),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.usefixtures("folder")
def test_a_wrong_number_is_found_with_the_sum_shown(name: str, run: Runner) -> None:
    (kind, frame, expected, actual), message = WRONG[name]
    (connection,) = replayed(name, run)["connections"]
    finding = next(found for segment in connection["segments"] for found in segment["findings"])

    assert finding["message"].startswith(message)
    assert (finding["kind"], finding["frame"], finding["field"]) == (kind, frame, "ack")
    assert (finding["expected"], finding["actual"]) == (expected, actual)


FAULTY = {
    *WRONG,
    "old-duplicate-syn-at-client",
    "reset-in-window",
    "tcp-wrong-ack",
    "wrong-ending",
    "wrong-flags",
    "wrong-opening",
}
EMPTY = "tcp-address-in-use"
FAULTLESS = [name for name in FOLDERS if name not in FAULTY and name != EMPTY]


@pytest.mark.parametrize("name", FAULTLESS)
@pytest.mark.usefixtures("folder")
def test_where_nobody_broke_a_rule_no_fault_is_found(name: str, run: Runner) -> None:
    done = run("replay", f"{name}.pcapng")

    assert "✗" not in done.text
    assert done.code == 0


@pytest.mark.parametrize("name", [EMPTY])
@pytest.mark.usefixtures("folder")
def test_a_capture_of_nothing_is_nothing_to_inspect_unless_nothing_was_expected(name: str, run: Runner) -> None:
    replayed_alone = run("replay", f"{name}.pcapng")
    compared = run("check", "-e", "expected.seq", f"{name}.pcapng")

    assert (replayed_alone.code, compared.code) == (5, 0)
    assert "verdict   ✗ nothing to inspect" in replayed_alone.text
    assert "verdict   ✓ as expected" in compared.text


# ---------------------------------------------------------------------------- the recipes


@pytest.mark.slow
@pytest.mark.parametrize("name", SYNTHETIC)
def test_a_recipe_without_a_kernel_makes_the_same_bytes_again(folder: Path, name: str, tmp_path: Path) -> None:
    again = tmp_path / "again.pcapng"
    subprocess.run(
        [sys.executable, folder / "recipe", again], check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    )

    assert again.read_bytes() == (folder / f"{name}.pcapng").read_bytes()


# ---------------------------------------------------------------------------- the second opinion

BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32}
OTHER_STREAMS = {
    "half-open-discovery": "tshark begins a stream with the stray SYN, and gives it what the old connection still says",
    "tcp-half-open-discovery": "the same",
}


@pytest.mark.slow
@each_folder
@pytest.mark.usefixtures("tshark")
def test_tshark_reads_the_same_numbers(folder: Path, name: str, run: Runner) -> None:
    theirs = said_by_tshark(folder / f"{name}.pcapng")
    segments = [segment for each in replayed(name, run)["connections"] for segment in each["segments"]]
    ours = {
        segment["frame"]: (
            sum(BITS.get(flag, 0) for flag in segment["flags"].split(",")),
            segment["seq"],
            segment["ack"] or 0,
            segment["len"],
        )
        for segment in segments
    }

    assert ours == {each.frame: (each.flags, each.seq, each.ack, each.payload_len) for each in theirs}


@pytest.mark.slow
@each_folder
@pytest.mark.usefixtures("tshark")
def test_tshark_tells_the_same_connections_apart(folder: Path, name: str, run: Runner) -> None:
    streams: dict[int | None, set[int]] = defaultdict(set)
    for each in said_by_tshark(folder / f"{name}.pcapng"):
        streams[each.stream].add(each.frame)
    connections = replayed(name, run)["connections"]
    ours = [{segment["frame"] for segment in connection["segments"]} for connection in connections]

    assert (ours == list(streams.values())) is (name not in OTHER_STREAMS)
