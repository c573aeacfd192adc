"""The page of the library is made of its sequences: `scripts/test --update-golden` writes it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.expect import library
from inspector.expect.library import load, names
from inspector.expect.notation import Part, connections_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from inspector.expect.notation import Sequence
    from tests.conftest import Golden

_HEAD = """# The library of expected sequences

Each file is documentation too: its header says what it is, its lines are what one writes on a board.
`inspector expect show NAME` prints one, `inspector check FILE --expect NAME` compares a capture with it, and `use NAME`
includes its lines in another; [the grammar](../GRAMMAR.md) has all that can be written. This page is made of the
headers by a test (`scripts/test --update-golden tests/expect/test_library_page.py`).
"""

_DEMO = "Demo "
_GROUPS: dict[str, Callable[[Sequence], bool]] = {
    "How a connection begins": lambda each: each.part is Part.BEGINNING,
    "How a connection ends": lambda each: each.part is Part.ENDING,
    "Whole connections, and several": lambda each: each.part is Part.WHOLE and not each.title.startswith(_DEMO),
    "What the demos do": lambda each: each.title.startswith(_DEMO),
}


def page(sequences: Iterable[Sequence]) -> str:
    left = list(sequences)
    text = _HEAD
    for heading, belongs in _GROUPS.items():
        text += f"\n## {heading}\n\n"
        for each in filter(belongs, left):
            text += _entry(each)
        left = [each for each in left if not belongs(each)]
    assert not left, "every sequence has its place"
    return text


def _entry(sequence: Sequence) -> str:
    title = "" if sequence.title.startswith(_DEMO) else f"{sequence.title}. "
    facts = []
    if blocks := sum(1 for _ in connections_of(sequence.items)):
        facts.append(f"{blocks} blocks of connections" if blocks > 1 else "a block of connections")
    if sequence.parameters:
        facts.append("parameters " + " ".join(f"`{symbol}`" for symbol in sequence.parameters))
    if sequence.provokes:
        facts.append("provokes " + " ".join(f"`{kind}`" for kind in sequence.provokes))
    more = f" ({', '.join(facts)})" if facts else ""
    return f"- [`{sequence.name}`]({sequence.name}.seq): {title}{' '.join(sequence.about)}{more}\n"


def test_the_page_is_what_the_files_say(root_folder: Path, golden: Golden) -> None:
    golden(root_folder / "inspector" / "expect" / "library" / "README.md", page(map(load, names())))


def test_a_sequence_of_the_library_has_a_title_words_and_no_warning() -> None:
    assert library.names() == names()
    for name in names():
        sequence = load(name)
        assert sequence.title.strip()
        assert " ".join(sequence.about).rstrip().endswith((".", "。", ":")), name
