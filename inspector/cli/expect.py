"""`expect`: the expected sequences themselves; what there are, whether one is well written, and how it is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from inspector.cli.environment import pick_colour, pick_unicode, pick_width
from inspector.cli.once import Once
from inspector.cli.output import ExitCode, print_json, print_text, tell, tell_error
from inspector.cli.sequence_text import (
    deliver_sequence,
    own_text,
    print_sequence,
    text_of,
    with_others,
    write_sequence,
)
from inspector.cli.speaking import Group
from inspector.cli.streams import STANDARD_INPUT
from inspector.errors import ExpectationError
from inspector.language import said, shown, shown_n
from inspector.report.escape import safe_text

if TYPE_CHECKING:
    from inspector.expect.lint import Errors, Linted
    from inspector.expect.notation import Sequence

__all__ = ["expect"]


@click.group(cls=Group)
def expect() -> None:
    """Expected sequences: list, show, check and format them, or import them from packetdrill.

    \b
    inspector expect list
    inspector expect show three-way-handshake
    inspector expect lint mine.seq
    """  # noqa: D301 - the backspace leaves the examples as they are


@expect.command("list", short_help="List the sequences of the library.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (schema inspector/expect-list/1).")
def _list(*, as_json: bool) -> int:
    """List the sequences of the library with what each describes."""
    from inspector.expect.library import load, names
    from inspector.report.sequences import render_list, sequences_to_json

    sequences = [load(name) for name in names()]
    if as_json:
        print_json(sequences_to_json(sequences))
    else:
        print_text(render_list(sequences, width=pick_width(), colour=pick_colour(), unicode=pick_unicode()))
    return ExitCode.AS_EXPECTED


@expect.command("show", short_help="Print a sequence.")
@click.argument("name")
@click.option("--expanded", is_flag=True, help="Put the lines of what it uses in their places.")
def _show(name: str, *, expanded: bool) -> int:
    """Print a sequence: the text of NAME in the library, or of a .seq file."""
    from dataclasses import replace

    from inspector.expect.expansion import expand
    from inspector.expect.formatter import format_sequence
    from inspector.expect.notation import Part

    sequence = _load(name)
    if expanded:
        # What is expanded says where it begins and ends, and whose roles may be exchanged, in its items.
        sequence = replace(sequence, items=expand(sequence), peers=None, either_way=False, part=Part.WHOLE)
    print_sequence(format_sequence(sequence))
    return ExitCode.AS_EXPECTED


@expect.command("lint", short_help="Say whether sequences are well written.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (schema inspector/expect-lint/1).")
def _lint(files: tuple[str, ...], *, as_json: bool) -> int:
    """Say whether sequences are well written; exit code 1 if one is not.

    FILE is a .seq file, a name of the library, or `-` for standard input. Each is parsed, what it uses is included,
    and it is made ready to be compared. All of its errors are told, as far as one does not follow from another.
    """
    linted: list[Linted] = []
    for name in files:
        linted.append(_linted(name))
        if not as_json:
            _tell_linted(linted[-1])
    if as_json:
        from inspector.report.lint_json import lint_to_json

        print_json(lint_to_json(linted))
    return ExitCode.DIFFERS if any(each.errors.told for each in linted) else ExitCode.AS_EXPECTED


def _linted(name: str) -> Linted:
    from inspector.expect.comparison import check_comparable
    from inspector.expect.formatter import format_sequence
    from inspector.expect.lint import Errors, Linted, errors_of
    from inspector.expect.notation import lines_of
    from inspector.expect.parser import parse

    try:
        path, text = own_text(name)
        if path and (errors := errors_of(text, path)).told:
            return Linted(name, errors)
        sequence = parse(text, path) if path else _load(name)
        check_comparable(sequence)
    except ExpectationError as error:
        return Linted(name, Errors((error,)))
    lines = sum(1 for _ in lines_of(sequence.items))
    return Linted(name, Errors(), lines, is_laid_out=not path or text == format_sequence(sequence))


def _tell_linted(linted: Linted) -> None:
    path, errors = safe_text(linted.name), linted.errors
    for error in errors.told:
        tell_error(error)
    if errors.told:
        if summary := _summary(errors):
            tell(shown("{path}: {reason}", path=path, reason=summary))
        return
    found = shown_n("well written, {n:,} line", "well written, {n:,} lines", linted.lines)
    if not linted.is_laid_out:
        found = shown("{found}; inspector expect format would lay it out anew", found=found)
    print_text(shown("{path}: {reason}", path=path, reason=found) + "\n")


def _summary(errors: Errors) -> str:
    """How many errors there are; empty where there is one, which is seen."""
    told = len(errors.told)
    if not errors.is_all:
        return shown("at least {n:,} errors, of which {told} are told", n=errors.number, told=told)
    if errors.more:
        return shown("{n:,} errors, of which {told} are told", n=errors.number, told=told)
    return shown("{n} errors", n=told) if told > 1 else ""


@expect.command("format", short_help="Lay sequences out in the canonical form.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 if a file would be changed.")
def _format(files: tuple[str, ...], *, check: bool) -> int:
    """Lay sequences out in the one canonical form: columns aligned, blocks indented, comments kept.

    Each FILE is rewritten in its place; `-` reads standard input and writes standard output. One that has errors is
    left as it is, and its first error is told.
    """
    from inspector.expect.formatter import format_sequence

    code = ExitCode.AS_EXPECTED
    for name in files:
        try:
            sequence, text = _read(name)
        except ExpectationError as error:
            code = tell_error(error)
            continue
        formatted = format_sequence(sequence)
        if name == STANDARD_INPUT and not check:
            print_sequence(formatted)
        elif text == formatted:
            continue
        elif check:
            tell(shown("{name}: would be laid out anew", name=safe_text(name)))
            code = max(code, ExitCode.DIFFERS)
        else:
            write_sequence(Path(sequence.path), formatted, replaces=True)
    return code


@expect.command("import", short_help="Import the packet lines of a packetdrill script.")
@click.argument("script", metavar="FILE")
@click.option("-o", "--output", cls=Once, metavar="FILE.seq", help="Write it there instead of to standard output.")
@click.option("--force", is_flag=True, help="Replace an output that exists.")
@click.option(
    "--connection", cls=Once, type=click.IntRange(1), metavar="N", help="The Nth connection of the script alone."
)
def _import(script: str, *, output: str | None, force: bool, connection: int | None) -> int:
    """Make a sequence of the packet lines of a packetdrill script (`-` is standard input).

    Its numbers become sums with symbols; its system calls and its times are left out. Several connections become a
    block each.
    """
    from inspector.expect.formatter import format_sequence
    from inspector.expect.packetdrill import import_script

    imported = import_script(text_of(script), script)
    several = len(imported.sequences)
    if connection is not None and connection > several:
        raise click.UsageError(
            shown_n(
                "no connection {number}; the script has {n}", "no connection {number}; the script has {n}", several,
                number=connection,
            )
        )  # fmt: skip
    for line, reason in imported.left_out:
        where = shown("{name}, line {line}", name=safe_text(script), line=line)
        tell(shown("{where}: left out: {reason}", where=where, reason=safe_text(shown(reason))))
    sequence = imported.as_one if connection is None else imported.sequences[connection - 1]
    deliver_sequence(format_sequence(sequence), output, replaces=force)
    return ExitCode.AS_EXPECTED


def _read(name: str) -> tuple[Sequence, str]:
    """A sequence, and its text where it is a file of the user's."""
    from inspector.expect.parser import parse

    path, text = own_text(name)
    if not path:
        return _load(name), ""
    try:
        return parse(text, path), text
    except ExpectationError as error:
        raise _not_laid_out(error, text) from None


def _not_laid_out(error: ExpectationError, text: str) -> ExpectationError:
    error.message = said("not laid out: {message}", message=error.message)
    return with_others(error, text)


def _load(name: str) -> Sequence:
    from inspector.expect.library import load

    try:
        return load(name)
    except ExpectationError as error:
        error.remedies = ()  # they are for `--expect`, which no command here has
        raise
