"""`explain`: what a word means, or one frame of a capture.

`FILE:FRAME` is a frame where there is such a file, or the name before the colon is one that captures have; everything
else is a word. Where a word could be both (`10.0.0.1:80` beside a file of that name), the file wins, and that is said.
"""

from __future__ import annotations

import re
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from inspector.cli.environment import invoking_user, pick_colour, pick_unicode, pick_width, port_settings
from inspector.cli.output import ExitCode, print_json, print_text, tell, tell_error
from inspector.cli.speaking import Command
from inspector.errors import InspectorError, NoSuchFrame
from inspector.language import marked, said, shown
from inspector.report.escape import safe_text
from inspector.report.words import either

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.explain.model import System, Unknown

__all__ = ["explain"]

_CAPTURE = re.compile(r"\.(pcap|pcapng|cap|dmp|snoop|trc|erf|ntar)[0-9]*(\.(gz|xz|bz2|zst|lz4))?$", re.IGNORECASE)
"""How the names of captures end."""
_LARGEST = 10**30


@click.command(cls=Command)
@click.argument("words", nargs=-1)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON (schema inspector/explain/1; of a frame explain-frame/1)."
)
def explain(words: tuple[str, ...], *, as_json: bool) -> int:
    """Explain a word: an address, a prefix, an endpoint, a port, a flag, a state, a label, a finding, an outcome, a
    difference, what Zeek and Wireshark call a connection, or a misconception. Or a frame of a capture, FILE:FRAME:
    every field, why this number, and what each end now believes.

    \b
    inspector explain TIME_WAIT 192.168.1.77/24 8080 '[S.]' 37
    inspector explain zero window
    inspector explain captures/tcp-hello/tcp-hello.pcapng:4
    inspector explain finding.syn-ack-wrong-ack close.unanswered
    inspector explain findings misconceptions

    Several words are explained one after the other, or together where they are one name. The plural of a kind lists
    it; without a word: all that there are. Exit code 2 if one of them is unknown, or the capture has no such frame.
    """  # noqa: D205, D301 - click wraps the first paragraph; the backspace leaves the examples as they are
    look: dict[str, Any] = {"width": pick_width(), "colour": pick_colour(), "unicode": pick_unicode()}
    if not words:
        from inspector.report.explained import index_to_json, render_index

        if as_json:
            print_json(index_to_json())
        else:
            print_text(render_index(**look))
        return ExitCode.AS_EXPECTED
    values: list[Any] = []
    worst = ExitCode.AS_EXPECTED
    for number, group in enumerate(_groups(words)):
        if number and not as_json:
            print_text("\n")
        code, value = (
            _frame(group, look, as_json=as_json) if isinstance(group, str) else _words(group, look, as_json=as_json)
        )
        worst = max(worst, code)
        values += [value] * (value is not None)
    if as_json and values:
        print_json(values[0] if len(values) == 1 else values)
    return worst


def _groups(words: tuple[str, ...]) -> Iterator[str | tuple[str, ...]]:
    """Runs of words, and between them what names a frame."""
    run: list[str] = []
    for word in words:
        if _names_a_file(word):
            if run:
                yield tuple(run)
                run = []
            yield word
        else:
            run.append(word)
    if run or not words:
        yield tuple(run)


def _names_a_file(word: str) -> bool:
    """Whether a word is a file, or a file and what should be a frame of it."""
    from inspector.explain.answer import answer
    from inspector.explain.model import System

    name, colon, _ = word.rpartition(":")
    if colon and name and _is_file(name):
        return True
    if answer([word], System()).explanations:
        return False
    return bool(_CAPTURE.search(name or word)) or _is_file(word)


def _is_file(name: str) -> bool:
    try:
        return bool(name) and Path(name).exists()
    except PermissionError:  # it is told when it is opened
        return True
    except (OSError, ValueError):
        return False


def _words(words: tuple[str, ...], look: dict[str, Any], *, as_json: bool) -> tuple[int, Any]:
    from inspector.explain.answer import answer
    from inspector.report.explained import answer_to_json, render_answer

    found = answer(words, _system())
    if not as_json and (found.explanations or found.listings):
        print_text(render_answer(found, **look))
    for each in found.unknown:
        tell(_in_words(each))
    code = ExitCode.USAGE if found.unknown else ExitCode.AS_EXPECTED
    return code, answer_to_json(found) if as_json else None


# ----------------------------------------------------------------------------------------------- frames


def _frame(word: str, look: dict[str, Any], *, as_json: bool) -> tuple[int, Any]:
    """Explain `FILE:FRAME`: the exit code, and the value for programs."""
    from inspector.choice.one_frame import find_frame
    from inspector.explain.frame import explain_frame
    from inspector.report.frame_explained import render_frame
    from inspector.report.frame_json import frame_to_json

    try:
        source, number = _source_and_number(word)
        with ExitStack() as stack:
            subject = find_frame(source, number, _opened_before_dropping(source, stack))
    except InspectorError as error:
        return tell_error(error), None
    explanation = explain_frame(subject)
    code = ExitCode.AS_EXPECTED
    if subject.cut:
        code = ExitCode.UNREADABLE
        words = marked("{source}: cut: {reason}; what came behind is not known")
        tell(shown(words, source=safe_text(source), reason=safe_text(shown(subject.cut))))
    if as_json:
        return code, frame_to_json(explanation, subject, source)
    print_text(render_frame(explanation, subject, source, **look))
    return code, None


def _opened_before_dropping(name: str, stack: ExitStack) -> BinaryIO | None:
    """Under `sudo`: what only root can open, opened; whoever decodes it is the user who asked."""
    if invoking_user() is None:
        return None
    from inspector.cli.privilege import drop_privilege

    opened = None
    with suppress(OSError):
        opened = stack.enter_context(Path(name).open("rb", buffering=0))  # noqa: SIM115 - it is one
    drop_privilege()
    return opened


def _source_and_number(word: str) -> tuple[str, int]:
    name, colon, number = word.rpartition(":")
    if not colon or (_is_file(word) and not _is_file(name)):
        raise NoSuchFrame(said("{word} is a file; expected one of its frames: inspector explain {word}:1", word=word))
    values = {"name": name, "found": number or said("nothing")}
    if not number.isascii() or not number.isdecimal():
        raise NoSuchFrame(said("{name}: expected the number of a frame after the colon, found {found}", **values))
    if not number.strip("0"):
        raise NoSuchFrame(
            said("{name}: frames are numbered from 1, as Wireshark numbers them; found {found}", **values)
        )
    with suppress(OSError, ValueError):  # what may not be looked at is told when it is opened
        if Path(name).is_dir():
            raise NoSuchFrame(said("{name}: expected a capture, found a folder", name=name))
        if Path(name).exists() and not Path(name).is_file():
            reason = said("{name}: expected a file, which can be read twice; found a pipe or a device", name=name)
            raise NoSuchFrame(reason)
    _tell_if_a_word(word)
    return name, int(number) if len(number.lstrip("0")) <= len(str(_LARGEST)) else _LARGEST


def _tell_if_a_word(word: str) -> None:
    from inspector.explain.answer import answer
    from inspector.explain.model import System

    if answer([word], System()).explanations:
        shown_word = safe_text(word)
        tell(shown("{word} is a word too, and here a frame of that file; {word}/tcp is the endpoint", word=shown_word))


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
        return shown("cannot explain {word}: {reason}", word=word, reason=shown(unknown.reason))
    if unknown.near:
        near = either(unknown.near)
        return shown("cannot explain {word}: no such word; did you mean {near}?", word=word, near=near)
    return shown("cannot explain {word}: no such word; inspector explain lists all words", word=word)
