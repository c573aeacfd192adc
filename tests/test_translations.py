"""The catalogues are whole: everything that a person reads has its translation, with its values, and is shipped."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from inspector.language import CATALOGUES, DOMAIN
from scripts.messages import PACKAGE, ROOT, extracted, unheard
from scripts.translations import LANGUAGES, catalogue, compiled, fault, faults, renewed

every_language = pytest.mark.parametrize("language", LANGUAGES)


@every_language
def test_nothing_is_missing_fuzzy_obsolete_or_without_its_values(language: str) -> None:
    """`scripts/translations missing` and `take` mend it."""
    assert faults(language) == []


def test_every_pattern_is_a_literal() -> None:
    """One that is put together is in no catalogue, and said in English for ever."""
    assert [call for path in sorted(PACKAGE.rglob("*.py")) for call in unheard(path)] == []


def test_what_is_put_together_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.messages.ROOT", tmp_path)
    path = tmp_path / "a.py"
    path.write_text(
        'said(f"{x} frames")\nmarked(x)\nshown(f"{x}")\nshown("a" + x)\nshown(x)\nshown("literal")\n', "utf-8"
    )

    assert [call.split(": ")[0] for call in unheard(path)] == ["a.py:1", "a.py:2", "a.py:3", "a.py:4"]


@every_language
def test_the_committed_catalogue_is_what_update_would_write(language: str) -> None:
    """In the order of the source, with nothing that changes by itself."""
    there, fresh = catalogue(language), renewed(language)

    assert [message.id for message in there if message.id] == [message.id for message in fresh if message.id]
    assert (CATALOGUES / language / "LC_MESSAGES" / "inspector.mo").read_bytes() == compiled(language)


def test_messages_are_found_wherever_they_stand() -> None:
    found = extracted()

    assert "Show this message and exit." in found, "what click says"
    assert "Inspect captures: who opened, who closed, what was wrong." in found, "the summary of a command"
    assert "Same as FILE (as tcpdump and tshark have it)." in found, "the help of an option"
    assert "The three-way handshake" in found, "the title of a sequence"
    assert "First conversations" in found, "a group of demos"
    assert "LISTEN" not in found, "a spelling is no text"


@pytest.mark.parametrize(
    ("message", "text", "is_right"),
    [
        ("{n:,} of {name}", "{name} 的 {n:,}", True),
        ("{n:,} of {name}", "{name} 的 {n}", False),
        ("{n:,} of {name}", "{n:,}", False),
        ("{n:,} of {name}", "{n:,} {name} {other}", False),
        ("repeat {{n}}", "重复 {{n}}", True),
        ("%(prog)s", "prog", False),
        ("{a} and {a}", "{a}", True),
        ("because", "", False),
        (("one frame", "{n:,} frames"), "{n:,} 帧", True),
        (("one frame", "{n:,} frames"), "一帧", False),
        (("{n:,} frame of {it}", "{n:,} frames"), "{it} 的 {n:,} 帧", True),
    ],
)
def test_a_translation_has_the_values_of_its_message(message: str | tuple[str, str], text: str, is_right: bool) -> None:  # noqa: FBT001 - a column of the table above
    assert (fault(message, text) == "") is is_right


@every_language
def test_gettext_reads_what_is_shipped(language: str) -> None:
    spoken = gettext.translation(DOMAIN, str(CATALOGUES), [language])

    assert spoken.gettext("Options") != "Options"
    assert spoken.ngettext("a", "b", 2) == "b"


def test_a_wheel_holds_the_catalogues() -> None:
    builder = WheelBuilder(str(ROOT))
    files = {Path(each.path).relative_to(ROOT).as_posix() for each in builder.recurse_included_files()}

    assert {f"inspector/locale/{language}/LC_MESSAGES/inspector.mo" for language in LANGUAGES} <= files
