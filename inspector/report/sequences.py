"""The library of expected sequences, and what a packetdrill script left out, for people and for programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from inspector.expect.notation import Part, lines_of
from inspector.language import marked, shown
from inspector.report.escape import portable, safe_text
from inspector.report.page import Page, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.expect import notation

__all__ = ["LIST_SCHEMA_NAME", "render_list", "sequences_to_json"]

LIST_SCHEMA_NAME = "inspector/expect-list/1"

_GROUPS = (
    (Part.BEGINNING, marked("How a connection begins")),
    (Part.ENDING, marked("How a connection ends")),
    (Part.ANYWHERE, marked("Something within a connection")),
    (Part.WHOLE, marked("Whole connections and exchanges")),
)
_DEMO = "Demo "
_FIRST_SENTENCE = re.compile(r".*?(?:\.(?=\s|$)|。|$)")


def render_list(sequences: Sequence[notation.Sequence], *, width: int, colour: bool, unicode: bool = True) -> str:
    """Each sequence with its title and the symbols that it shares, by how much of a connection it describes."""
    page = Page(width, unicode=unicode)
    longest = max((len(each.name) for each in sequences), default=0)
    for part, heading in _GROUPS:
        of_part = [each for each in sequences if each.part is part]
        if not of_part:
            continue
        page.blank()
        page.add(shown(heading), "bold")
        for each in of_part:
            lead = Text(f"  {each.name:<{longest}}  ")
            page.wrap(safe_text(_words(each), ascii_only=not unicode), lead=lead, hang=" " * lead.cell_len)
    page.blank()
    page.wrap(
        shown(
            "inspector expect show NAME prints one; inspector check FILE --expect NAME compares a capture with it, and"
            " `use NAME` includes it in a sequence of yours."
        )
    )
    return page.text(colour=colour)


def _words(sequence: notation.Sequence) -> str:
    """Its title; a demo's sequence is named after the demo, so that its words are told instead."""
    if not sequence.title.startswith(_DEMO):
        return shown(sequence.title)
    words = shown(" ".join(sequence.about))
    return _FIRST_SENTENCE.match(words)[0] if words else shown(sequence.title)  # type: ignore[index] # it always does


def sequences_to_json(sequences: Iterable[notation.Sequence]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "schema": LIST_SCHEMA_NAME,
        "sequences": [
            {
                "name": portable(each.name),
                "title": portable(each.title),
                "about": [portable(line) for line in each.about],
                "part": str(each.part),
                "parameters": list(each.parameters),
                "strict": each.strict,
                "provokes": list(each.provokes),
                "lines": sum(1 for _ in lines_of(each.items)),
            }
            for each in sequences
        ],
    }
