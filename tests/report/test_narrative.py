"""`--narrate` on the page: golden dialogues of our captures, within the width, and nothing unescaped."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from inspector.pipeline import inspect
from inspector.report.escape import cells
from inspector.report.inspection import Inspection
from inspector.report.terminal import render_inspection
from tests.conftest import Golden
from tests.report.made import inspections
from tests.report.stories import hello, inspection

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent / "golden" / "narrated"
TOLD = [
    "half-close",
    "half-open-discovery",
    "keep-alive-and-zero-window",
    "midstream",
    "refused",
    "reset-in-window",
    "simultaneous-open-and-close",
    "tcp-fast-open",
    "tcp-hello",
    "tcp-last-ack-lost",
    "tcp-retransmission",
    "tcp-self-connect",
    "tcp-synack-lost",
    "udp-unreachable",
    "udp-request",
    "wrong-syn-ack",
]


def told(found: Inspection, width: int = 80, *, unicode: bool = True, absolute: bool = False) -> str:
    return render_inspection(
        found, width=width, colour=False, unicode=unicode, absolute=absolute, narrate=True, max_connections=3
    )


@pytest.mark.parametrize("name", TOLD)
def test_the_dialogue_is_the_golden_one(name: str, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "captures" / name)

    golden(GOLDEN / f"{name}.txt", told(inspect(f"{name}.pcapng")))


@settings(max_examples=10)
@given(inspections())
def test_no_line_is_wider_than_the_page_and_all_of_it_can_be_seen(found: Inspection) -> None:
    for width in (24, 80):
        for unicode in (True, False):
            text = told(found, width, unicode=unicode)

            assert max(map(cells, text.splitlines()), default=0) <= width
            assert unicode or text.isascii()
            assert all(line.isprintable() for line in text.splitlines())


def test_what_was_carried_is_escaped() -> None:
    story = hello()
    hostile = dict.fromkeys(story.payloads, b'\x1b[2J" ho\xe2\x80\xaeho\r')

    text = told(inspection(story.connection(), payloads=hostile))

    assert "\\x1b[2J" in text
    assert "\\u202e" in text
    assert "\x1b" not in text


def test_absolute_numbers_have_no_symbols() -> None:
    text = told(inspection(hello().connection()), absolute=True)

    assert '"SYN: let us talk; my numbers begin at 2871234567."' in text
    assert "x+1" not in text


def test_several_connections_are_told_one_by_one_and_no_more_than_asked_for() -> None:
    found = inspect(str(ROOT / "captures" / "tcp-short" / "tcp-short.pcapng"))

    text = told(found)

    assert text.count("SYN: let us talk") == 3
    assert len(found.connections) > 3


def test_what_was_expected_and_did_not_come_is_told_all_the_same() -> None:
    from inspector.expect.library import load

    name = str(ROOT / "captures" / "wrong-syn-ack" / "wrong-syn-ack.pcapng")
    text = told(inspect(name, expected=load("three-way-handshake")))

    assert "expected x+1 = 1000+1 = 1001, found x = 1000" in " ".join(text.split())
