"""A frame explained, as text and as JSON: within the width, escaped, and in the shape that its schema promises."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from inspector.choice.one_frame import find_frame
from inspector.explain.frame import explain_frame
from inspector.explain.frame_model import FrameSubject
from inspector.report.escape import cells
from inspector.report.frame_explained import render_frame
from inspector.report.frame_json import EXPLAIN_FRAME_SCHEMA_NAME, explain_frame_schema, frame_to_json
from inspector.wire.row import NO_TIME
from tests.conftest import Golden

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
GOLDEN = Path(__file__).parent / "golden" / "frames"
VALIDATOR = Draft202012Validator(explain_frame_schema())
FRAMES = [
    ("tcp-hello", 1),
    ("tcp-hello", 4),
    ("tcp-hello", 9),
    ("wrong-syn-ack", 2),
    ("refused", 2),
    ("udp-unreachable", 2),
    ("udp-request", 1),
    ("tcp-last-ack-lost", 10),
    ("doubled-loopback", 2),
]


def subject(name: str, frame: int) -> FrameSubject:
    return find_frame(str(CAPTURES / name / f"{name}.pcapng"), frame)


def shown(found: FrameSubject, source: str = "x.pcapng", width: int = 80, *, unicode: bool = True) -> str:
    return render_frame(explain_frame(found), found, source, width=width, colour=False, unicode=unicode)


@pytest.mark.parametrize(("name", "frame"), FRAMES)
def test_the_text_is_the_golden_one(name: str, frame: int, golden: Golden) -> None:
    golden(GOLDEN / f"{name}-{frame}.txt", shown(subject(name, frame), f"{name}.pcapng"))


def test_of_a_wrong_segment_the_fault_comes_first_and_nothing_is_called_right_that_is_not() -> None:
    text = shown(subject("wrong-third-ack-beyond", 3))

    fault, fields = text.index("✗ third segment acknowledges 5100"), text.index("\nframe\n")
    right = text.index("what a right ACK (3 of 3) looks like\n")
    assert fault < fields < right < text.index("ack = y + 1")


@pytest.mark.parametrize(("name", "frame"), FRAMES)
def test_it_keeps_to_the_page_and_the_json_to_its_schema(name: str, frame: int) -> None:
    found = subject(name, frame)
    for width in (24, 60, 80, 200):
        for unicode in (True, False):
            text = shown(found, width=width, unicode=unicode)
            assert max(map(cells, text.splitlines())) <= width
            assert unicode or text.isascii()

    value = frame_to_json(explain_frame(found), found, "x.pcapng")
    VALIDATOR.validate(json.loads(json.dumps(value)))
    assert value["schema"] == EXPLAIN_FRAME_SCHEMA_NAME


def test_the_schema_is_a_schema_and_describes_everything() -> None:
    Draft202012Validator.check_schema(explain_frame_schema())

    text = json.dumps(explain_frame_schema())

    assert text.count('"properties"') == text.count('"additionalProperties": false')


def test_programs_get_the_numbers_before_and_after() -> None:
    found = subject("tcp-hello", 9)
    client, server = frame_to_json(explain_frame(found), found, "x")["ends"]

    assert (client["before"]["state"], client["after"]["state"]) == ("FIN-WAIT-1", "TIME-WAIT")
    assert (client["before"]["snd_una"], client["after"]["snd_una"]) == (382772193, 382772194)
    assert server["after"]["snd_nxt"] == client["after"]["rcv_nxt"] == 15062797


def test_what_a_file_holds_is_escaped() -> None:
    hostile = "\x1b[31m\u202e"
    found = replace(subject("tcp-hello", 4), payload=b"\x1b]0;x\x07", comments=(hostile,))

    text = shown(found, f"{hostile}.pcapng")

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("\\x1b[31m\\u202e") == 2


def test_a_frame_without_a_time_says_so() -> None:
    found = subject("udp-request", 1)
    found = replace(found, row=replace(found.row, time_ns=NO_TIME))

    assert "none: this capture records no times" in shown(found)


def test_programs_get_no_time_where_there_is_none() -> None:
    found = subject("udp-request", 1)
    found = replace(found, row=replace(found.row, time_ns=NO_TIME))

    assert frame_to_json(explain_frame(found), found, "x")["time_ns"] is None
