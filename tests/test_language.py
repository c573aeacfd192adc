"""English everywhere, and another language where it is shown."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from inspector.language import Said, joined, marked, retold, said, said_n, shown, shown_n, speak


def test_what_is_said_is_an_ordinary_english_string() -> None:
    text = said("{count:,} segments of {name}", count=1234, name="a{b}")

    assert text == "1,234 segments of a{b}"
    assert isinstance(text, str)
    assert json.dumps(text) == '"1,234 segments of a{b}"'
    assert hash(text) == hash("1,234 segments of a{b}")
    assert shown(text) == text


def test_without_values_braces_stand_for_themselves() -> None:
    assert said("repeat {n}: ...") == "repeat {n}: ..."
    assert shown(marked("repeat {m,n}")) == "repeat {m,n}"


@pytest.mark.parametrize(("number", "text"), [(0, "0 frames"), (1, "1 frame"), (2, "2 frames"), (1000, "1,000 frames")])
def test_one_is_not_many(number: int, text: str) -> None:
    assert said_n("{n:,} frame", "{n:,} frames", number) == text
    assert shown_n("{n:,} frame", "{n:,} frames", number) == text


@pytest.mark.parametrize("carry", [copy.copy, copy.deepcopy, lambda text: pickle.loads(pickle.dumps(text))])  # noqa: S301
def test_it_keeps_its_pattern_wherever_it_is_carried(carry: object) -> None:
    text = said("tolerated {reason}", reason=said("a window update"))
    carried = carry(text)  # type: ignore[operator] # one of the three above

    assert carried == text
    assert isinstance(carried, Said)
    assert carried.pattern == "tolerated {reason}"
    assert isinstance(carried.values["reason"], Said)


def test_what_is_joined_keeps_its_parts() -> None:
    text = joined(["{x}", said("one")], separator=" {} ")

    assert text == "{x} {} one"
    assert shown(text) == text
    assert joined([]) == ""


def test_a_text_stays_what_it_is_when_it_is_made_a_string_again() -> None:
    """As `str(error)` does."""
    text = said("tolerated {reason}", reason="x")

    assert str(text) is text
    assert str(ValueError(text)) is text


def test_names_are_not_looked_up() -> None:
    assert retold("capture") == "capture"
    speak("zh_CN")
    try:
        assert shown("capture") != "capture"
        assert retold("capture") == "capture"
        assert retold(said("capture")) == shown("capture")
        assert shown(joined([said("capture"), "b"], "; ")) == f"{shown('capture')}{shown('; ')}b"
    finally:
        speak("en")
