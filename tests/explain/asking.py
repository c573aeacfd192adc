"""A test's vocabulary: ask for a word, and read what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.answer import answer
from inspector.explain.model import DemoNote, System

if TYPE_CHECKING:
    from inspector.explain.model import Explanation

LINUX = System(
    ephemeral=(32768, 60999),
    unprivileged_from=1024,
    demos=(
        DemoNote("tcp-hello", "a greeting", "tcp", (12345,), ("Three segments open it.",)),
        DemoNote("udp-request", "a question", "udp", (8234, 7788)),
    ),
)


def ask(*words: str, system: System = LINUX) -> tuple[Explanation, ...]:
    """All that is known of some words, of which none is unknown."""
    found = answer(words, system)
    assert found.unknown == ()
    return found.explanations


def only(*words: str, system: System = LINUX) -> Explanation:
    """The one meaning of a word."""
    (meaning,) = ask(*words, system=system)
    return meaning


def kinds(*words: str) -> list[str]:
    """What sorts of thing the words are."""
    return [each.kind for each in ask(*words)]


def said(explanation: Explanation, head: str) -> list[str]:
    """The lines of a head."""
    return [line.text for line in explanation.lines if line.head == head]


def whole(explanation: Explanation) -> str:
    """All that is said, in one text."""
    return " ".join(line.text for line in explanation.lines)
