"""What other tools say of a connection: Wireshark's completeness and Zeek's history, taken apart."""

from __future__ import annotations

import re

from inspector.explain.catalogue import entries
from inspector.explain.model import Explanation, Line
from inspector.language import joined, said
from inspector.tcp.completeness import Completeness, describe

__all__ = ["LARGEST_COMPLETENESS", "explain_completeness", "explain_history", "is_history"]

LARGEST_COMPLETENESS = sum(Completeness.members().values())

_NAMES = {bit: name.replace("_", ",") for name, bit in Completeness.members().items()} | {
    Completeness.DATA: said("data")
}
_MOST_LETTERS = 48
"""Nobody's history is longer than this here, and a hostile one shall not fill a screen."""


def explain_completeness(value: int) -> Explanation:
    """The sum, its parts, and what there is to say of it."""
    parts = [said("{bit} {name}", bit=bit, name=_NAMES[bit]) for bit in Completeness.members().values() if value & bit]
    entry = entries("completeness").get(str(value))
    return Explanation(
        kind="completeness",
        name=str(value),
        lines=(
            Line("seen", said("{sum}: {parts}.", sum=describe(value), parts=joined(parts, " + ") or said("nothing"))),
            Line("rule", said("Which kinds of segment were seen: no direction, no order, no arithmetic.")),
            *(entry.lines if entry else ()),
            Line("filter", f"tcp.completeness == {value}"),
        ),
        captures=entry.captures if entry else (),
        entry=entry,
    )


def is_history(word: str) -> bool:
    """Whether `word` is one of Zeek's letters, or can be nothing but a history: letters of both ends, or a turn."""
    letters = "".join(entries("history"))
    if not re.fullmatch(f"[{re.escape(letters + letters.lower())}]{{1,{_MOST_LETTERS}}}", word):
        return False
    return len(word) == 1 or "^" in word or not (word.isupper() or word.islower())


def explain_history(word: str) -> Explanation:
    """A history, letter by letter, in order."""
    said = entries("history")
    return Explanation(
        "history", word, tuple(Line(each, _letter(each, said[each.upper()].texts["seen"])) for each in word)
    )


def _letter(letter: str, meaning: str) -> str:
    if not letter.isalpha():
        return said(meaning)
    if letter.isupper():
        return said("the originator: {meaning}", meaning=said(meaning))
    return said("the responder: {meaning}", meaning=said(meaning))
