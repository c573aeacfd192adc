"""Explanations for people and for programs: what `inspector explain` prints.

As text, one block for each meaning of a word; as JSON, the same in the shape of `schema/explain-1.schema.json`. A word
of the user's, and the interface of an address, may hold anything: all of it is escaped.

The texts of `explain/entries/` are English data: they are looked up in the language of the reader here, where they are
shown. Identifiers, names, severities in JSON, and whatever a person types are the same in every language.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from inspector.explain.catalogue import CATALOGUE, KINDS, MISCONCEPTION, entries
from inspector.language import language, marked, shown
from inspector.report.escape import portable, safe_text
from inspector.report.page import Page, Text, named
from inspector.report.words import either, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.explain.model import Answer, Entry, Explanation, Listing

__all__ = [
    "EXPLAIN_SCHEMA_NAME",
    "answer_to_json",
    "explain_schema",
    "index_to_json",
    "render_answer",
    "render_index",
]

EXPLAIN_SCHEMA_NAME = "inspector/explain/1"
_COLUMN = 13
_HEADS = {
    "belief": marked("not so"),
    "seen": marked("seen"),
    "rule": marked("rule"),
    "why": marked("why"),
    "look": marked("look"),
    "who": marked("who"),
    "next": marked("next"),
    "before": marked("before"),
    "shown": marked("shown"),
    "where": marked("where"),
    "lesson": marked("lesson"),
    "data": marked("data"),
    "numbers": marked("numbers"),
    "filter": marked("filter"),
    "service": marked("service"),
    "here": marked("here"),
    "is": marked("is"),
    "class": marked("class"),
    "also": marked("also"),
    "network": marked("network"),
    "hosts": marked("hosts"),
    "broadcast": marked("broadcast"),
    "role": marked("role"),
    "holds": marked("holds"),
    "demo": marked("demo"),
    "capture": marked("capture"),
}
"""Every head, as people read it; what is not here (the letters of a history) stands as it is."""
_GRAVE = {"note": marked("note"), "warning": marked("warning"), "error": marked("error")}
_BLAMED = {
    "peer": marked("to blame: the peer"),
    "capture": marked("to blame: the capture"),
    "path": marked("to blame: the path"),
    "program": marked("to blame: the program"),
    "nobody": "",
}
_BY_FORM = marked(
    "And any address (10.0.0.1), prefix (192.168.1.77/24), endpoint ([::1]:80), port (8080, 53/udp), set of flags"
    " ([S.], SYN,ACK, 0x012), history of Zeek's (ShADadFf), and the name of any demo."
)
_BY_IDENTIFIER = marked(
    "Each has an identifier, its kind and its name: inspector explain finding.syn-ack-wrong-ack. The plural of a kind"
    " lists it, how grave each is and who is to blame: inspector explain findings; and so: inspector explain"
    " misconceptions."
)


def render_answer(answer: Answer, *, width: int, colour: bool, unicode: bool = True) -> str:
    """Every explanation, one below the other, then every list; nothing of what is unknown."""
    page = Page(width, unicode=unicode)
    for explanation in answer.explanations:
        page.blank()
        _block(page, explanation)
    for listing in answer.listings:
        page.blank()
        _listing(page, listing)
    return page.text(colour=colour)


def _block(page: Page, explanation: Explanation) -> None:
    title, entry = safe_text(_title(explanation), ascii_only=not page.unicode), explanation.entry
    page.wrap(Text.assemble((title, "bold"), (f" {page.glyphs.bullet} {shown(KINDS[explanation.kind])}", "dim")))
    if entry and entry.short:
        page.wrap(safe_text(shown(entry.short), ascii_only=not page.unicode), lead="  ", hang="  ")
    above = ""
    for head, text in explanation.lines:
        said = safe_text(shown(text), ascii_only=not page.unicode)
        if head == "belief":
            said = shown('"{belief}"', belief=said)
        _line(page, "" if head == above else head, said)
        above = head
    _answered(page, explanation)
    if entry:
        _line(page, "id", f" {page.glyphs.bullet} ".join(_about(entry)))
    if explanation.demos:
        _line(page, "demo", f"inspector demo {either(explanation.demos)}")
    if explanation.captures:
        _line(page, "capture", listed(f"captures/{name}" for name in explanation.captures))


def _title(explanation: Explanation) -> str:
    """Its name, as the catalogues have it; where they have not, with its title in the language of the reader."""
    title, entry = shown(explanation.name), explanation.entry
    if language() == "en" or title != explanation.name or entry is None or not entry.in_chinese:
        return title
    return shown("{name} ({title})", name=title, title=entry.in_chinese)


def _answered(page: Page, explanation: Explanation) -> None:
    """The misconceptions that are met here, unless it is itself the answer."""
    for number, entry in enumerate(explanation.answers):
        text = shown('"{belief}": see {identifier}', belief=shown(entry.texts["belief"]), identifier=_number(entry))
        _line(page, "" if number else "belief", safe_text(text, ascii_only=not page.unicode))


def _line(page: Page, head: str, text: str) -> None:
    name = shown(_HEADS.get(head, head)) if head else ""
    page.wrap(text, lead=Text.assemble("  ", named(name, _COLUMN - 2, "dim")), hang=" " * _COLUMN)


def _about(entry: Entry) -> list[str]:
    """What it is called, how grave it is, and who is to blame."""
    told = [entry.identifier, _number(entry) if entry.misconception else ""]
    if entry.blame:
        told += [shown(_GRAVE[str(entry.severity)]), shown(_BLAMED[entry.blame])]
    return [each for each in told if each]


def _number(entry: Entry) -> str:
    return f"{MISCONCEPTION}.{entry.misconception}"


def _listing(page: Page, listing: Listing) -> None:
    """Two lines for each: what it is called, and what it is."""
    for entry in listing.entries:
        mine = _about(entry)
        if listing.name == MISCONCEPTION:
            mine = [_number(entry), entry.identifier]
        name, *rest = mine
        page.wrap(Text.assemble((name, "bold"), *((f" {page.glyphs.bullet} {each}", "dim") for each in rest)))
        for text in _in_short(entry, listing.name):
            page.wrap(safe_text(text, ascii_only=not page.unicode), lead="    ", hang="    ")


def _in_short(entry: Entry, name: str) -> Iterable[str]:
    if name == MISCONCEPTION:
        yield f'"{shown(entry.texts["belief"])}"'
        yield shown("met at {places}", places=listed(entry.met))
        where = [*(f"captures/{name}" for name in entry.captures), *(f"demo {name}" for name in entry.demos)]
        yield shown("shown by {places}", places=listed(where))
    else:
        yield shown(entry.short) if entry.short else shown(entry.lines[0].text)


def render_index(*, width: int, colour: bool, unicode: bool = True) -> str:
    """All identifiers there are, by kind."""
    page = Page(width, unicode=unicode)
    for kind, title in KINDS.items():
        names = [each.identifier.removeprefix(f"{kind}.") for each in entries(kind).values()]
        if names:
            page.blank()
            page.wrap(Text.assemble((shown(title), "bold"), (f" {page.glyphs.bullet} {kind}.NAME", "dim")))
            page.wrap(f" {page.glyphs.bullet} ".join(names), lead="  ", hang="  ")
    page.blank()
    page.wrap(shown(_BY_FORM))
    page.blank()
    page.wrap(shown(_BY_IDENTIFIER))
    return page.text(colour=colour)


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """The same for programs; always in English."""
    return {
        "schema": EXPLAIN_SCHEMA_NAME,
        "explanations": [_explanation(each) for each in answer.explanations],
        "listed": [_entry(each) for listing in answer.listings for each in listing.entries],
        "unknown": [
            {"word": portable(each.word), "reason": each.reason, "near": list(each.near)} for each in answer.unknown
        ],
    }


def index_to_json() -> dict[str, Any]:
    """All of the catalogue: what inspector itself says of a capture."""
    return {
        "schema": EXPLAIN_SCHEMA_NAME,
        "explanations": [],
        "listed": [_entry(entry) for kind in CATALOGUE for entry in entries(kind).values()],
        "unknown": [],
    }


def _explanation(explanation: Explanation) -> dict[str, Any]:
    entry = explanation.entry
    return {
        "id": entry.identifier if entry else None,
        "kind": explanation.kind,
        "name": portable(explanation.name),
        **_judged(entry),
        "lines": [{"head": line.head, "text": portable(line.text)} for line in explanation.lines],
        "demos": list(explanation.demos),
        "captures": list(explanation.captures),
        "misconceptions": [_number(each) for each in explanation.answers],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    listed = {"id": entry.identifier, "kind": entry.kind, "name": entry.name, **_judged(entry)}
    if entry.misconception:
        listed |= {"belief": entry.texts["belief"], "met_at": list(entry.met)}
    return listed | {"demos": list(entry.demos), "captures": list(entry.captures)}


def _judged(entry: Entry | None) -> dict[str, Any]:
    """What every entry of the catalogue has, and others have in part; null where there is none."""
    if entry is None:
        return dict.fromkeys(("short", "severity", "blame", "misconception")) | {"rules": []}
    return {
        "short": entry.short or None,
        "severity": str(entry.severity) if entry.severity else None,
        "blame": entry.blame or None,
        "misconception": entry.misconception or None,
        "rules": list(entry.rules),
    }


def explain_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `answer_to_json` returns."""
    text = files("inspector.report").joinpath("schema/explain-1.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
