"""`cross-check`: the same captures through tshark beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli.environment import pick_colour, pick_unicode, pick_width
from inspector.cli.output import ExitCode, print_json, print_text, tell_error
from inspector.cli.privilege import drop_privilege
from inspector.cli.speaking import Command
from inspector.errors import CaptureFileError
from inspector.language import said, shown

if TYPE_CHECKING:
    from inspector.crosscheck.model import CrossCheck

__all__ = ["cross_check"]

_BY_PYSHARK = 1000
"""Frames up to which pyshark is asked; beyond, tshark's own columns, which say the same forty times as fast."""


@click.command("cross-check", cls=Command)
@click.argument("files", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON (schema inspector/cross-check/1).")
@click.option("-v", "--verbose", is_flag=True, help="Show every disagreement, the explained ones too.")
def cross_check(files: tuple[str, ...], *, as_json: bool, verbose: bool) -> int:
    """Read captures by tshark as well, and tell where it and we differ, and why.

    Compared are flags, numbers, lengths, streams, completeness and the labels tcp.analysis.*. Exit code 0 if no
    difference is unexplained, 1 otherwise, 4 without tshark.
    """
    if "-" in files:
        raise click.UsageError(shown("expected a file, found standard input: two read it, we and tshark"))
    drop_privilege()
    checks: list[CrossCheck] = []
    worst = ExitCode.AS_EXPECTED
    for name in files:
        try:
            checks.append(_check(name))
        except CaptureFileError as error:
            worst = tell_error(error)
    if checks and as_json:
        from inspector.report.cross_check_json import cross_check_to_json

        reports = [cross_check_to_json(check) for check in checks]
        print_json(reports[0] if len(files) == 1 else reports)
    elif checks:
        from inspector.report.cross_check import render_cross_checks

        look: dict[str, Any] = {"width": pick_width(), "colour": pick_colour(), "unicode": pick_unicode()}
        print_text(render_cross_checks(checks, verbose=verbose, **look))
    return worst or _exit_code(checks)


def _check(name: str) -> CrossCheck:
    from inspector.crosscheck.comparison import cross_check as compare
    from inspector.crosscheck.reading import read
    from inspector.referee.wireshark import bulk_opinions, opinions, tshark_version

    version = tshark_version()
    if Path(name).is_dir():
        raise CaptureFileError(name, said("expected a capture file, found a folder"))
    reading = read(name)
    if not reading.connections and not reading.others:
        heard, cut = [], False
    else:
        with (opinions if reading.frames <= _BY_PYSHARK else bulk_opinions)(name) as told:
            heard = list(told)
            cut = told.cut
    found = said("tshark found it cut or damaged") if cut else ""
    return compare(name, reading, heard, tshark=version, cut=found)


def _exit_code(checks: list[CrossCheck]) -> int:
    """An incomplete answer first, then what nobody has explained, then an empty one."""
    if any(check.cut for check in checks):
        return ExitCode.UNREADABLE
    if any(check.unexplained for check in checks):
        return ExitCode.DIFFERS
    return ExitCode.AS_EXPECTED if any(check.segments for check in checks) else ExitCode.NOTHING
