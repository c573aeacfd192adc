"""Explanations for people and for programs: what `inspector explain` prints.

As text, one block for each meaning of a word; as JSON, the same in the shape of `schema/explain-1.schema.json`. A word
of the user's, and the interface of an address, may hold anything: all of it is escaped.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from inspector.explain.catalogue import KINDS, entries
from inspector.language import marked, shown
from inspector.report.escape import portable, safe_text
from inspector.report.page import Page, Text, named
from inspector.report.words import either, listed

if TYPE_CHECKING:
    from inspector.explain.model import Answer, Explanation

__all__ = ["EXPLAIN_SCHEMA_NAME", "answer_to_json", "explain_schema", "render_answer", "render_index"]

EXPLAIN_SCHEMA_NAME = "inspector/explain/1"
_HEADS = {"belief": marked("not so")}
"""Heads that read better otherwise."""
_BY_FORM = marked(
    "And any address (10.0.0.1), prefix (192.168.1.77/24), endpoint ([::1]:80), port (8080, 53/udp), set of flags"
    " ([S.], SYN,ACK, 0x012), history of Zeek's (ShADadFf), and the name of any demo."
)


def render_answer(answer: Answer, *, width: int, colour: bool, unicode: bool = True) -> str:
    """Every explanation, one below the other; nothing of what is unknown."""
    page = Page(width, unicode=unicode)
    for explanation in answer.explanations:
        page.blank()
        _block(page, explanation)
    return page.text(colour=colour)


def _block(page: Page, explanation: Explanation) -> None:
    title = safe_text(explanation.name, ascii_only=not page.unicode)
    page.wrap(Text.assemble((title, "bold"), (f" {page.glyphs.bullet} {shown(KINDS[explanation.kind])}", "dim")))
    said = ""
    for head, text in explanation.lines:
        words = safe_text(shown(text), ascii_only=not page.unicode)
        if head == "belief":
            words = shown('"{belief}"', belief=words)
        _line(page, "" if head == said else shown(_HEADS.get(head, head)), words)
        said = head
    if explanation.demos:
        _line(page, shown("demo"), f"inspector demo {either(explanation.demos)}")
    if explanation.captures:
        _line(page, shown("capture"), listed(f"captures/{name}" for name in explanation.captures))


def _line(page: Page, head: str, text: str) -> None:
    page.wrap(text, lead=Text.assemble("  ", named(head, 11, "dim")), hang=" " * 13)


def render_index(*, width: int, colour: bool, unicode: bool = True) -> str:
    """All names there are, by kind."""
    page = Page(width, unicode=unicode)
    for kind, title in KINDS.items():
        names = list(entries(kind))
        if names:
            page.blank()
            page.add(shown(title), "bold")
            page.wrap(f" {page.glyphs.bullet} ".join(names), lead="  ", hang="  ")
    page.blank()
    page.wrap(shown(_BY_FORM))
    return page.text(colour=colour)


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """The same for programs."""
    return {
        "schema": EXPLAIN_SCHEMA_NAME,
        "explanations": [
            {
                "kind": each.kind,
                "name": portable(each.name),
                "lines": [{"head": line.head, "text": portable(line.text)} for line in each.lines],
                "demos": list(each.demos),
                "captures": list(each.captures),
            }
            for each in answer.explanations
        ],
        "unknown": [
            {"word": portable(each.word), "reason": each.reason, "near": list(each.near)} for each in answer.unknown
        ],
    }


def explain_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `answer_to_json` returns."""
    text = files("inspector.report").joinpath("schema/explain-1.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
