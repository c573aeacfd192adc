"""Explanations as text and as JSON: within the width, escaped, and in the shape that their schema promises."""

from __future__ import annotations

import gettext
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from inspector import language
from inspector.explain.answer import answer
from inspector.explain.catalogue import CATALOGUE, KINDS, entries
from inspector.explain.model import Answer, DemoNote, Explanation, Line, System
from inspector.report.escape import cells
from inspector.report.explained import (
    EXPLAIN_SCHEMA_NAME,
    answer_to_json,
    explain_schema,
    index_to_json,
    render_answer,
    render_index,
)

VALIDATOR = Draft202012Validator(explain_schema())
EVERY_NAME = [name for kind in KINDS for name in entries(kind)]


def everything() -> Answer:
    return answer(EVERY_NAME, System())


def shown(*words: str, **choices: Any) -> str:
    return render_answer(answer(words, System()), **({"width": 80, "colour": False} | choices))


def test_a_block_names_the_word_and_what_it_is() -> None:
    lines = shown("REJ").splitlines()

    assert lines[0] == "REJ · Zeek's conn_state"
    assert lines[1] == "  seen       Refused: the SYN was answered with RST."
    assert lines[-1] == "  capture    captures/refused"


def test_a_head_is_printed_once_for_the_lines_that_share_it() -> None:
    lines = shown("TIME-WAIT").splitlines()

    assert sum(line.startswith("  before ") for line in lines) == 1
    assert "             CLOSING, when its FIN is acknowledged" in lines


def test_what_people_believe_wrongly_is_marked_as_wrong() -> None:
    assert '  not so     "FIN ends the connection"' in shown("half-close").splitlines()


def test_blocks_are_kept_apart_by_one_blank_line() -> None:
    text = shown("LISTEN", "CLOSING")

    assert text.count("\n\n") == 1
    assert not text.startswith("\n")


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("unicode", [True, False], ids=["unicode", "ascii"])
def test_no_line_is_wider_than_the_page(width: int, *, unicode: bool) -> None:
    text = render_answer(everything(), width=width, colour=False, unicode=unicode)
    index = render_index(width=width, colour=False, unicode=unicode)

    assert max(map(cells, (text + index).splitlines())) <= width
    assert unicode or (text + index).isascii()


def test_the_index_names_everything() -> None:
    index = " ".join(render_index(width=80, colour=False).split())

    everything = [entry for kind in KINDS for entry in entries(kind).values()]
    assert [each for each in everything if each.identifier.removeprefix(f"{each.kind}.") not in index] == []


def test_a_block_ends_with_what_it_is_called_how_grave_it_is_and_whom_to_blame() -> None:
    lines = shown("finding.syn-ack-wrong-ack").splitlines()

    assert lines[1] == "  SYN,ACK acknowledges another number than x + 1"
    assert "  id         finding.syn-ack-wrong-ack · error · to blame: the peer" in lines


def test_the_explanation_of_the_catalogue_is_four_lines_at_80_columns() -> None:
    lines = shown("finding.syn-ack-wrong-ack").splitlines()

    assert [line[2:6].strip() for line in lines[2:6]] == ["seen", "rule", "why", "look"]
    assert max(map(cells, lines[2:6])) <= 80


def test_what_people_believe_is_answered_where_they_look() -> None:
    assert '  not so     "TIME-WAIT is an error, and the server\'s": see misconception.12' in shown("TIME-WAIT")


def test_the_misconceptions_are_listed_with_where_they_are_met() -> None:
    text = shown("misconceptions")

    assert text.startswith('misconception.1 · word.sequence-numbers-of-syn-and-fin\n    "SYN and FIN carry')
    assert "misconception.25" in text
    assert "    met at state.TIME-WAIT, label.ack-of-fin-repeated\n" in text


def test_a_kind_is_listed_with_how_grave_each_is() -> None:
    lines = shown("labels").splitlines()

    assert lines[:2] == [
        "label.capture-duplicate · warning · to blame: the capture",
        "    the same frame once more: the capture's doing",
    ]


def test_everything_is_shown_in_the_language_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    class Upper(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return re.sub(r"(?<![{\w])[a-z]+(?![\w]*})", lambda found: found[0].upper(), message)

    monkeypatch.setattr(language._Spoken, "catalogue", Upper())

    text = shown("finding.syn-ack-wrong-ack", "TIME-WAIT")

    assert "ACKNOWLEDGES ANOTHER NUMBER" in text
    assert "  WHY        NO" in text or "  WHY        No" in text
    assert "finding.syn-ack-wrong-ack · ERROR · TO BLAME: THE PEER" in text


def test_colour_changes_no_word() -> None:
    assert "\x1b[" in shown("LISTEN", colour=True)
    assert "\x1b" not in shown("LISTEN")


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=30))
def test_nothing_of_a_users_word_reaches_the_terminal_unescaped(scope: str) -> None:
    hostile = Answer((Explanation("address", f"fe80::1%{scope}", (Line("also", scope),)),), ())

    assert all(line.isprintable() for line in render_answer(hostile, width=80, colour=False).splitlines())


def test_a_hostile_interface_is_escaped() -> None:
    text = shown("fe80::1%\x1b[31m\u202e")

    assert "\x1b" not in text
    assert "\\x1b[31m\\u202e" in text


# -- for programs


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(explain_schema())


def test_everything_that_there_is_has_the_shape_of_the_schema() -> None:
    demo = DemoNote("tcp-hello", "a greeting", "tcp", (12345,))
    words = [*EVERY_NAME, "10.0.0.1", "::1/64", "53/udp", "[S.]", "ShAr", "tcp-hello", "nonsense", "70000", "\udcff"]

    report = answer_to_json(answer(words, System((1, 2), 3, (demo,))))

    VALIDATOR.validate(report)
    assert report["schema"] == EXPLAIN_SCHEMA_NAME
    assert {each["word"] for each in report["unknown"]} == {"nonsense", "70000", "\\udcff"}


def test_a_program_learns_what_a_thing_is_called_how_grave_it_is_and_by_which_sections() -> None:
    (told,) = answer_to_json(answer(["finding.rst-wrong-ack"], System()))["explanations"]

    assert (told["id"], told["severity"], told["blame"]) == ("finding.rst-wrong-ack", "error", "peer")
    assert told["rules"] == ["RFC 9293 section 3.5.2"]
    assert told["short"] == "a RST answers a SYN and does not acknowledge it"


def test_the_catalogue_and_its_lists_have_the_shape_of_the_schema() -> None:
    index = index_to_json()
    lists = answer_to_json(answer(["misconceptions", "differences"], System()))

    VALIDATOR.validate(index)
    VALIDATOR.validate(lists)
    assert {each["id"] for each in index["listed"]} == {
        each.identifier for kind in CATALOGUE for each in entries(kind).values()
    }
    assert [each["met_at"] for each in lists["listed"] if each["misconception"] == 14] == [["label.capture-duplicate"]]


def test_the_schema_knows_every_kind_and_no_other() -> None:
    assert set(explain_schema()["$defs"]["explanation"]["properties"]["kind"]["enum"]) == set(KINDS)
