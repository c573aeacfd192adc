"""How results leave the house: data to standard output, everything else to standard error."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli.environment import pick_colour, pick_unicode, pick_width
from inspector.errors import (
    CaptureError,
    CaptureFileError,
    ExpectationError,
    InspectorError,
    NothingToInspect,
    OutputError,
)
from inspector.report.escape import safe_text
from inspector.report.inspection import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from inspector.report.inspection import Inspection

    F = TypeVar("F", bound=Callable[..., Any])

__all__ = [
    "ExitCode",
    "exit_code_of",
    "print_json",
    "print_text",
    "print_wrapped",
    "render",
    "report_options",
    "tell",
    "tell_error",
]


_MOST_DRAWN = 8
_MOST_LISTED = 40


class ExitCode:
    """What a shell learns; stable."""

    AS_EXPECTED = 0
    DIFFERS = 1
    USAGE = 2
    UNREADABLE = 3
    NO_PRIVILEGE = 4
    NOTHING = 5
    INTERRUPTED = 130


def exit_code_of(inspections: Sequence[Inspection]) -> int:
    """One code for all: an incomplete answer first, then differences and findings, then an empty one."""
    if any(inspection.capture.cut or inspection.capture.skipped for inspection in inspections):
        return ExitCode.UNREADABLE
    verdicts = {inspection.verdict for inspection in inspections}
    if verdicts & {Verdict.DIFFERS, Verdict.FINDINGS}:
        return ExitCode.DIFFERS
    return ExitCode.NOTHING if verdicts <= {Verdict.NOTHING} else ExitCode.AS_EXPECTED


def report_options(command: F) -> F:
    """The options that every command with a report has."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the report as JSON (schema inspector/report/1)."),
        click.option("-S", "--absolute", is_flag=True, help="Sequence numbers as they are on the wire, no symbols."),
        click.option("-v", "--verbose", is_flag=True, help="Fold nothing; show display filters and more payload."),
        click.option("--max", "most", type=int, metavar="N", help="Draw at most N connections (8); see --table."),
    ):
        command = option(command)
    return command


def render(  # noqa: PLR0913 - the options of every report
    inspections: Sequence[Inspection],
    *,
    as_json: bool,
    absolute: bool,
    verbose: bool,
    most: int | None,
    rosetta: bool = False,
    table: bool = False,
    alone: bool = True,
) -> None:
    """Print reports: one after the other as text, or as one JSON value (an array unless `alone`)."""
    if as_json:
        from inspector.report.json_report import to_json

        reports = [to_json(inspection, rosetta=rosetta) for inspection in inspections]
        print_json(reports[0] if alone and len(reports) == 1 else reports)
        return
    from inspector.report.terminal import render_inspection

    for position, inspection in enumerate(inspections):
        text = render_inspection(
            inspection,
            width=pick_width(),
            colour=pick_colour(),
            absolute=absolute,
            unicode=pick_unicode(),
            max_connections=_MOST_DRAWN if most is None else most,
            verbose=verbose,
            rosetta=rosetta,
            rows=None if not table else _MOST_LISTED if most is None else max(most, 0),
        )
        print_text(("\n" if position else "") + text)


def print_json(value: Any) -> None:
    """Print one JSON value."""
    print_text(json.dumps(value, ensure_ascii=not pick_unicode(), indent=2) + "\n")


def print_text(text: str) -> None:
    """Print to standard output, whatever its encoding can take.

    A reader that went away (`| head`) is told nothing more; the exit code still tells the verdict.
    """
    encoding = sys.stdout.encoding or "ascii"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())  # else Python complains when it flushes at its end


def print_wrapped(lead: str, text: str) -> None:
    """Print `text` behind `lead`, its further lines aligned with the first."""
    print_text(click.wrap_text(text, pick_width() - 1, lead, " " * len(lead)) + "\n")


def tell(line: str) -> None:
    """One line to standard error."""
    click.echo(f"inspector: {line}", err=True)


def tell_error(error: InspectorError) -> int:
    """Tell the user what is wrong and what mends it; the exit code to leave with."""
    tell(safe_text(error.message))
    if error.remedies:
        click.echo("try:", err=True)
        option = "--expect " if isinstance(error, ExpectationError) else ""  # whose remedies are names of sequences
        for remedy in error.remedies:
            click.echo(f"  {option}{safe_text(remedy)}", err=True)
    if isinstance(error, CaptureError):
        return ExitCode.NO_PRIVILEGE
    if isinstance(error, (CaptureFileError, OutputError)):
        return ExitCode.UNREADABLE
    return ExitCode.NOTHING if isinstance(error, NothingToInspect) else ExitCode.USAGE
