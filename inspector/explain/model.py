"""What an explanation is made from, and what it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HEADS", "Answer", "DemoNote", "Entry", "Explanation", "Line", "System", "Unknown"]

HEADS = ("belief", "seen", "rule", "why", "look")
"""The lines of an entry in their order; each has four of them at most."""


class Line(NamedTuple):
    """One thing to say. A head may be repeated: the line goes on with what the one above began."""

    head: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of `entries/`: a name of some kind, and what there is to say of it."""

    kind: str
    name: str
    texts: Mapping[str, str]
    """By `HEADS`: what people believe wrongly, what is seen, the rule, why it matters, how to see or cure it."""
    also: tuple[str, ...] = ()
    """Other spellings."""
    demos: tuple[str, ...] = ()
    captures: tuple[str, ...] = ()
    details: Mapping[str, str | int | bool] = field(default_factory=dict)
    """What only entries of this kind have."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """Its texts, in order."""
        return tuple(Line(head, self.texts[head]) for head in HEADS if head in self.texts)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one word means in one of its meanings."""

    kind: str
    name: str
    lines: tuple[Line, ...]
    demos: tuple[str, ...] = ()
    captures: tuple[str, ...] = ()


class Unknown(NamedTuple):
    """A word that means nothing here."""

    word: str
    reason: str = ""
    """What is wrong with it, where it is almost something."""
    near: tuple[str, ...] = ()


class Answer(NamedTuple):
    """All that is known of some words."""

    explanations: tuple[Explanation, ...]
    unknown: tuple[Unknown, ...]


@dataclass(frozen=True, slots=True)
class DemoNote:
    """What an explanation tells of a demo."""

    name: str
    summary: str
    transport: str
    ports: tuple[int, ...]
    lesson: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """What this room is told of its surroundings."""

    ephemeral: tuple[int, int] | None = None
    """The first and the last port that the system gives to clients; None where it does not say."""
    unprivileged_from: int | None = None
    """The lowest port that everybody may bind; None where the system does not say."""
    demos: tuple[DemoNote, ...] = ()
