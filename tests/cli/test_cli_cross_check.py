"""`cross-check` as a user meets it: exit codes, one clear line for each failure, the width, and JSON in its shape."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from inspector.cli.main import cli
from inspector.referee import wireshark
from inspector.report.cross_check_json import cross_check_schema
from inspector.report.escape import cells
from tests.cli.command import inspector, shipped

VALIDATOR = Draft202012Validator(cross_check_schema())


@pytest.mark.usefixtures("tshark")
def test_0_where_nothing_is_unexplained() -> None:
    done = inspector("cross-check", shipped("tcp-hello"), shipped("wrong-third-ack"))

    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("verdict   ✓ no difference is unexplained\n")


class Told(list[Any]):
    """A list that is a context manager, as `Opinions` are."""

    cut = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.usefixtures("tshark")
def test_1_where_something_is_unexplained(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Told(wireshark.bulk_opinions(shipped("tcp-hello")))
    said[2] = replace(said[2], seq=7)
    monkeypatch.setattr(wireshark, "opinions", lambda _: said)

    done = CliRunner().invoke(cli, ["cross-check", str(shipped("tcp-hello"))], standalone_mode=False)

    assert done.return_value == 1
    assert "seq: tshark 7 · ours 382772175 · unexplained" in done.output


def test_2_for_standard_input() -> None:
    done = inspector("cross-check", "-")

    assert done.code == 2
    assert "expected a file, found standard input" in done.err


@pytest.mark.usefixtures("tshark")
@pytest.mark.parametrize("content", [b"", b"Dear Wireshark, this is no capture at all.\n"])
def test_3_for_what_is_no_capture_and_the_others_are_still_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.pcap"
    path.write_bytes(content)

    done = inspector("cross-check", path, shipped("refused"))

    assert done.code == 3
    assert done.err.count("inspector: ") == 1
    assert "1 ack-of-refusal" in done.out


@pytest.mark.usefixtures("tshark")
def test_3_for_a_cut_capture_after_what_both_read(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcapng"
    path.write_bytes(shipped("tcp-hello").read_bytes()[:-300])

    done = inspector("cross-check", path)

    assert done.code == 3
    assert "  cut: " in done.out
    assert "segment " in done.out


def test_4_without_tshark_in_one_line_with_what_installs_it(tmp_path: Path) -> None:
    done = inspector("cross-check", shipped("tcp-hello"), PATH=str(tmp_path))

    assert done.code == 4
    assert done.err.splitlines()[0] == "inspector: tshark, which gives the second opinion, is not installed"
    assert "  sudo apt install tshark" in done.err.splitlines()
    assert done.out == ""


def test_4_with_an_old_tshark(tmp_path: Path) -> None:
    fake = tmp_path / "tshark"
    fake.write_text("#!/bin/sh\necho 'TShark (Wireshark) 2.6.20'\n", encoding="utf-8")
    fake.chmod(0o755)

    done = inspector("cross-check", shipped("tcp-hello"), PATH=str(tmp_path))

    assert done.code == 4
    assert "expected tshark 3.6 or newer, found 2.6.20" in done.err.splitlines()[0]


@pytest.mark.usefixtures("tshark")
def test_5_where_there_is_no_segment() -> None:
    assert inspector("cross-check", shipped("udp-oneway")).code == 5


@pytest.mark.usefixtures("tshark")
def test_json_has_the_shape_that_its_schema_promises() -> None:
    alone = json.loads(inspector("cross-check", "--json", shipped("half-open-discovery")).out)
    several = json.loads(inspector("cross-check", "--json", shipped("refused"), shipped("tcp-hello")).out)

    for report in (alone, *several):
        VALIDATOR.validate(report)
    assert {each["reason"] for each in alone["disagreements"]} == {"stray-syn", "grouped-apart"}
    assert [report["unexplained"] for report in several] == [0, 0]


@pytest.mark.usefixtures("tshark")
def test_a_hostile_name_is_escaped_and_no_line_is_too_wide(tmp_path: Path) -> None:
    path = tmp_path / "x\x1b[31m\u202ey.pcapng"
    path.write_bytes(shipped("simultaneous-open-and-close").read_bytes())

    done = inspector("cross-check", path, "-v")

    assert done.code == 0
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert max(map(cells, done.out.splitlines())) <= 80
