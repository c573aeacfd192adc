"""Where the text of a sequence comes from, and where it goes: `-` and files; what is written is written as a whole.

Where it has errors, the first is raised, and its one line ends with how many more there are.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from inspector.cli.output import print_text
from inspector.cli.streams import STANDARD_INPUT
from inspector.errors import ExpectationError, system_words
from inspector.language import said, said_n, shown
from inspector.report.escape import safe_text

if TYPE_CHECKING:
    from inspector.expect.notation import Sequence

__all__ = [
    "deliver_sequence",
    "own_text",
    "print_sequence",
    "read_sequence",
    "text_of",
    "with_others",
    "write_sequence",
]


def read_sequence(name: str) -> Sequence:
    """The sequence that `name` says: one of the library, a file, or `-`. ExpectationError where there is none."""
    from inspector.expect.library import load
    from inspector.expect.parser import parse

    path, text = own_text(name)
    if not path:
        return load(name)
    try:
        sequence = parse(text, path)
    except ExpectationError as error:
        raise with_others(error, text) from None
    return replace(sequence, name=shown("standard input")) if name == STANDARD_INPUT else sequence


def own_text(name: str) -> tuple[str, str]:
    """The path and the text of a file of the user's, or of `-`; both empty for a name of the library, or of nothing."""
    from inspector.expect.library import own_path

    path = name if name == STANDARD_INPUT else str(own_path(name) or "")
    return path, text_of(path) if path else ""


def with_others(error: ExpectationError, text: str) -> ExpectationError:
    """`error`, its line ending with how many more there are in `text`, of which it is the first."""
    from inspector.expect.lint import errors_of

    found = errors_of(text, error.path)
    more, path = found.number - 1, quote(error.path)
    if more > 0 and found.is_all:
        error.message = said_n(
            "{message} ({n:,} more error: inspector expect lint {path})",
            "{message} ({n:,} more errors: inspector expect lint {path})",
            more,
            message=error.message,
            path=path,
        )
    elif more > 0:
        error.message = said(
            "{message} (at least {n:,} more errors: inspector expect lint {path})",
            message=error.message,
            n=more,
            path=path,
        )
    return error


def text_of(name: str) -> str:
    """The text of a file or of `-`, in UTF-8; ExpectationError where it cannot be read."""
    from inspector.expect.parser import LONGEST

    try:
        if name == STANDARD_INPUT:
            return sys.stdin.buffer.read(4 * LONGEST).decode()
        with Path(name).open(encoding="utf-8") as file:
            return file.read(LONGEST + 1)
    except (OSError, ValueError) as error:
        reason = system_words(error) if isinstance(error, OSError) else said("expected text in UTF-8")
        raise ExpectationError(name, said("cannot be read: {reason}", reason=reason)) from error


def deliver_sequence(text: str, output: str | None, *, replaces: bool) -> None:
    """Put it where `-o` says, or print it."""
    if output is None:
        print_sequence(text)
    else:
        write_sequence(Path(output), text, replaces=replaces)


def print_sequence(text: str) -> None:
    """Print `text`, with what must not reach a terminal escaped, its line breaks kept."""
    print_text("\n".join(safe_text(line, len(line) + 1) for line in text.split("\n")))


def write_sequence(path: Path, text: str, *, replaces: bool) -> None:
    """Put `text` into `path` as a whole; what a link points to is written, not the link."""
    from inspector.export.atomic import AtomicFile, cannot_write

    try:
        path = path.resolve()
        mode = path.stat().st_mode if path.exists() else None
    except OSError as error:  # in a folder that we may not look into
        raise cannot_write(path, error) from error
    if mode is not None and not replaces:
        raise click.UsageError(shown("{name} exists; expected a new file, or --force", name=safe_text(str(path))))
    file = AtomicFile(path)
    try:
        file.stream.write(text.encode())
        file.commit()
        if mode is not None:
            path.chmod(mode)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        file.discard()
