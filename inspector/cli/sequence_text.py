"""Where the text of a sequence goes: to standard output, safe to look at, or to a file, as a whole."""

from __future__ import annotations

from pathlib import Path

import click

from inspector.cli.output import print_text
from inspector.language import shown
from inspector.report.escape import safe_text

__all__ = ["deliver_sequence", "print_sequence", "write_sequence"]


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
