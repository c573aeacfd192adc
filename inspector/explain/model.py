"""What an explanation is made from, and what it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from inspector.explain.severity import Severity, severity_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "HEADS",
    "Answer",
    "DemoNote",
    "Entry",
    "Explanation",
    "Line",
    "Listing",
    "System",
    "Unknown",
    "plain",
    "sections",
]

HEADS = ("belief", "seen", "rule", "why", "look")
"""The lines of an entry in their order; each has four of them at most."""

_AS_WRITTEN = frozenset({"state", "conn_state", "flag", "difference", "block", "history", "completeness"})
"""Kinds whose names are identifiers already: the RFC's, Zeek's, or our own."""
_SECTIONS = re.compile(r"(RFC \d+)(?: sections? ([\d.]*\d(?:(?:, | and )[\d.]*\d)*))?")


def plain(text: str) -> str:
    """What is compared of a name: its letters and digits, words joined by hyphens."""
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")


def sections(rule: str) -> Iterator[str]:
    """Every section that a text cites, each by itself: `RFC 9293 section 3.5`, or the RFC where it names none."""
    for rfc, numbers in _SECTIONS.findall(rule):
        yield from (f"{rfc} section {number}" for number in re.findall(r"[\d.]*\d", numbers)) if numbers else (rfc,)


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
    short: str = ""
    """All of it in a few words; of a kind that belongs to the catalogue."""
    blame: str = ""
    """One of `severity.Blamed`; empty where there is nothing to blame anybody for: a word, an address, a port."""
    misconception: int = 0
    """Its number among the misconceptions; 0 if it is none."""
    met: tuple[str, ...] = ()
    """The identifiers at which somebody who believes it is looking."""

    @property
    def identifier(self) -> str:
        """Its stable name: kind and name, `finding.syn-ack-wrong-ack`."""
        return f"{self.kind}.{self.name if self.kind in _AS_WRITTEN else plain(self.name)}"

    @property
    def in_chinese(self) -> str:
        """The first of its spellings that is not Latin, which is its title beside the name; empty if it has none."""
        return next((each for each in self.also if not each.isascii()), "")

    @property
    def severity(self) -> Severity | None:
        """How grave it is; None where there is nothing to blame anybody for."""
        return severity_of(self.kind, self.identifier, self.blame) if self.blame else None

    @property
    def rules(self) -> tuple[str, ...]:
        """The sections that it cites, each once, those of its rule first."""
        texts = (self.texts.get(head, "") for head in ("rule", *HEADS))
        return tuple(dict.fromkeys(section for text in texts for section in sections(text)))

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
    entry: Entry | None = None
    """The entry that it is of; None for what is worked out: an address, a port, a demo."""
    answers: tuple[Entry, ...] = ()
    """The misconceptions that are met here."""


class Listing(NamedTuple):
    """Every entry of one kind, or of several that one word names (`outcomes`), or every misconception."""

    name: str
    """The first kind, or `misconception`."""
    entries: tuple[Entry, ...]


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
    listings: tuple[Listing, ...] = ()


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
