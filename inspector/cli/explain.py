"""`explain`: what a word means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from inspector.cli.environment import pick_colour, pick_unicode, pick_width, port_settings
from inspector.cli.output import ExitCode, print_json, print_text, tell
from inspector.language import joined, shown
from inspector.report.escape import safe_text

if TYPE_CHECKING:
    from inspector.explain.model import System, Unknown

__all__ = ["explain"]


@click.command()
@click.argument("words", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON (schema inspector/explain/1).")
def explain(words: tuple[str, ...], *, as_json: bool) -> int:
    """Explain a word: an address, a prefix, an endpoint, a port, a flag, a state, a label, a finding, an outcome, a
    difference, what Zeek and Wireshark call a connection, or a misconception.

    \b
    inspector explain TIME_WAIT 192.168.1.77/24 8080 '[S.]' 37
    inspector explain zero window
    inspector explain finding.syn-ack-wrong-ack close.unanswered
    inspector explain findings misconceptions

    Several words are explained one after the other, or together where they are one name. The plural of a kind lists
    it; without a word: all that there are. Exit code 2 if one of them is unknown.
    """  # noqa: D205, D301 - click wraps the first paragraph; the backspace leaves the examples as they are
    from inspector.explain.answer import answer
    from inspector.report.explained import answer_to_json, index_to_json, render_answer, render_index

    look: dict[str, Any] = {"width": pick_width(), "colour": pick_colour(), "unicode": pick_unicode()}
    if not words:
        if as_json:
            print_json(index_to_json())
        else:
            print_text(render_index(**look))
        return ExitCode.AS_EXPECTED
    found = answer(words, _system())
    if as_json:
        print_json(answer_to_json(found))
    elif found.explanations or found.listings:
        print_text(render_answer(found, **look))
    for each in found.unknown:
        tell(_in_words(each))
    return ExitCode.USAGE if found.unknown else ExitCode.AS_EXPECTED


def _system() -> System:
    """What the explanations are told of this system and of the demos."""
    from inspector.demos.catalogue import catalogue
    from inspector.explain.model import DemoNote, System

    ephemeral, unprivileged_from = port_settings()
    demos = tuple(
        DemoNote(each.name, each.summary, each.transport, (each.port, *each.ports), each.lesson)
        for each in catalogue().values()
    )
    return System(ephemeral, unprivileged_from, demos)


def _in_words(unknown: Unknown) -> str:
    word = safe_text(unknown.word, 60)
    if unknown.reason:
        return shown("cannot explain {word}: {reason}", word=word, reason=unknown.reason)
    if unknown.near:
        near = joined(unknown.near, shown(" or "))
        return shown("cannot explain {word}: no such word; did you mean {near}?", word=word, near=near)
    return shown("cannot explain {word}: no such word; inspector explain lists all words", word=word)
