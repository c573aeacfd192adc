"""How results leave the house: data to standard output, everything else to standard error."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli.environment import pick_colour, pick_unicode, pick_width
from inspector.compiled import keeps_code
from inspector.errors import (
    CaptureError,
    CaptureFileError,
    ExpectationError,
    InspectorError,
    NothingToInspect,
    OutputError,
)
from inspector.language import marked, shown
from inspector.report.breaking import lines_of
from inspector.report.escape import cells, safe_text, safe_words
from inspector.report.inspection import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    from inspector.report.inspection import Inspection

    F = TypeVar("F", bound=Callable[..., Any])

__all__ = [
    "ExitCode",
    "clear_line_by",
    "exit_code",
    "exit_code_of",
    "print_json",
    "print_reports",
    "print_text",
    "print_wrapped",
    "render",
    "rendered",
    "report_options",
    "tell",
    "tell_error",
    "tell_slow_start",
]


_MOST_DRAWN = 8
_MOST_LISTED = 40
_NARROWEST_TEXT = 10


class ExitCode:
    """What a shell learns; stable."""

    AS_EXPECTED = 0
    DIFFERS = 1
    USAGE = 2
    UNREADABLE = 3
    NO_PRIVILEGE = 4
    NOTHING = 5
    INTERRUPTED = 130


def exit_code_of(inspections: Iterable[Inspection]) -> int:
    """One code for all: an incomplete answer first, then differences and findings, then an empty one."""
    return exit_code((each.verdict, each.capture.is_incomplete) for each in inspections)


def exit_code(outcomes: Iterable[tuple[Verdict, bool]]) -> int:
    """The same of verdicts, and of whether each is of an incomplete capture."""
    told = tuple(outcomes)
    if any(is_incomplete for _, is_incomplete in told):
        return ExitCode.UNREADABLE
    verdicts = {verdict for verdict, _ in told}
    if verdicts & {Verdict.DIFFERS, Verdict.FINDINGS}:
        return ExitCode.DIFFERS
    return ExitCode.NOTHING if verdicts <= {Verdict.NOTHING} else ExitCode.AS_EXPECTED


def report_options(
    command: F, *, json_help: str = marked("Print the report as JSON (schema inspector/report/1).")
) -> F:
    """The options that every command with a report has."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help=json_help),
        click.option("-S", "--absolute", is_flag=True, help="Sequence numbers as they are on the wire, no symbols."),
        click.option(
            "-v",
            "--verbose",
            is_flag=True,
            help="Explain, each thing once; fold nothing; show display filters and more payload.",
        ),
        click.option("--narrate", is_flag=True, help="Tell each conversation as a dialogue, in place of its ladder."),
        click.option("--max", "most", type=int, metavar="N", help="Draw at most N connections (8); see --table."),
    ):
        command = option(command)
    return command


def render(inspections: Sequence[Inspection], *, as_json: bool, **how: Any) -> None:
    """Print reports: one after the other as text, or as one JSON value (an array unless there is but one)."""
    print_reports([rendered(each, as_json=as_json, **how) for each in inspections], as_json=as_json, alone=True)


def rendered(  # noqa: PLR0913 - the options of every report
    inspection: Inspection,
    *,
    as_json: bool,
    absolute: bool,
    verbose: bool,
    most: int | None,
    rosetta: bool = False,
    table: bool = False,
    narrate: bool = False,
    **chosen: Any,
) -> str:
    """One report, as text or as JSON, for `print_reports`.

    `chosen` is what a report of single connections has beyond others (`terminal.render_inspection`).
    """
    if as_json:
        from inspector.report.json_report import to_json

        return _as_json(to_json(inspection, rosetta=rosetta))
    from inspector.report.terminal import render_inspection

    return render_inspection(
        inspection,
        width=pick_width(),
        colour=pick_colour(),
        absolute=absolute,
        unicode=pick_unicode(),
        max_connections=_MOST_DRAWN if most is None else most,
        verbose=verbose,
        rosetta=rosetta,
        narrate=narrate,
        rows=None if not table else _MOST_LISTED if most is None else max(most, 0),
        **chosen,
    )


def print_reports(reports: Sequence[str], *, as_json: bool, alone: bool) -> None:
    """Print what `rendered` gave; JSON is an array unless `alone` and a single one."""
    if not as_json:
        print_text("\n".join(reports))
    elif alone and len(reports) == 1:
        print_text(reports[0] + "\n")
    else:
        # No string of JSON has a line break in it.
        print_text("[\n" + ",\n".join("  " + report.replace("\n", "\n  ") for report in reports) + "\n]\n")


def print_json(value: Any) -> None:
    """Print one JSON value."""
    print_text(_as_json(value) + "\n")


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=not pick_unicode(), indent=2)


def print_text(text: str) -> None:
    """Print to standard output, whatever its encoding can take.

    A reader that went away (`| head`) is told nothing more; the exit code still tells the verdict.
    """
    _clear_line()
    encoding = sys.stdout.encoding or "ascii"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())  # else Python complains when it flushes at its end


def print_wrapped(lead: str, text: str) -> None:
    """Print `text` behind `lead`, its further lines aligned with the first."""
    width = pick_width() - 1
    if text.isascii() and lead.isascii():
        print_text(click.wrap_text(text, width, lead, " " * len(lead)) + "\n")
        return
    # click counts characters, and knows no other place to break a line than a blank.
    hang = " " * cells(lead)
    lines = lines_of(text, max(width - cells(lead), _NARROWEST_TEXT))
    print_text("".join(f"{hang if number else lead}{line}\n" for number, line in enumerate(lines)))


_clearers: list[Callable[[], None]] = []


def clear_line_by(clear: Callable[[], None]) -> None:
    """Call `clear` before anything is printed: a line that changes stands in its way."""
    _clearers[:] = [clear]


def _clear_line() -> None:
    for clear in _clearers:
        clear()


def tell(line: str) -> None:
    """One line to standard error."""
    _clear_line()
    click.echo(f"inspector: {line}", err=True)


_told_once: set[str] = set()


def tell_slow_start() -> None:
    """Say, once a run, why a large capture keeps its user waiting before the first frame is counted."""
    words = marked("a large capture: compiling the fast path for this machine, once; it is kept for later runs")
    if not keeps_code():
        words = marked(
            "a large capture: compiling the fast path; no folder can keep it for later runs: inspector doctor"
        )
    if words not in _told_once:
        _told_once.add(words)
        tell(shown(words))


def tell_error(error: InspectorError) -> int:
    """Tell the user what is wrong and what mends it; the exit code to leave with."""
    tell(safe_words(shown(error.message)))
    if error.remedies:
        click.echo(shown("try:"), err=True)
        option = "--expect " if isinstance(error, ExpectationError) else ""  # whose remedies are names of sequences
        for remedy in error.remedies:
            click.echo(f"  {option}{safe_text(shown(remedy))}", err=True)
    if isinstance(error, CaptureError):
        return ExitCode.NO_PRIVILEGE
    if isinstance(error, (CaptureFileError, OutputError)):
        return ExitCode.UNREADABLE
    return ExitCode.NOTHING if isinstance(error, NothingToInspect) else ExitCode.USAGE
