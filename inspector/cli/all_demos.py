"""`demo all`: every demo, each in a process of its own, and a table of verdicts.

A process of its own, since a run gives up its privileges for good (`live`), and since demos that mostly wait can
wait together. Those on loopback that share a port take turns (`capture.turn`). A child says its report, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.capture.namespaces import die_with_parent
from inspector.cli.environment import pick_colour, pick_unicode, pick_width
from inspector.cli.output import ExitCode, print_json, print_text, tell, tell_error
from inspector.cli.privilege import scratch_folder, secure_privilege
from inspector.cli.running import record
from inspector.cli.speaking import Command
from inspector.demos.catalogue import catalogue
from inspector.errors import InspectorError
from inspector.language import shown, shown_n
from inspector.report.inspection import Verdict
from inspector.report.json_report import to_json
from inspector.report.kernel_table import table_of_agreement
from inspector.report.tables import DemoResult, table_of_verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.demos.demo import Demo

__all__ = ["all_demos"]

_AT_ONCE = 4
"""Demos that run at the same time: nearly all of them wait nearly all of the time."""


@dataclass(frozen=True, slots=True)
class _Ran:
    """What became of one demo."""

    demo: Demo
    code: int
    report: dict[str, Any] | None
    trouble: str


@click.command("all", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="Print all reports as one JSON array.")
@click.option(
    "--kernel", is_flag=True, help="Ask the kernel too, over a wire, and sum up how its states agree with ours."
)
@click.option("-w", "--write", "folder", metavar="FOLDER", help="Save the captures here.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "linux", "portable"]),
    default="auto",
    show_default=True,
    help="Who captures: our own sockets (linux) or scapy (portable).",
)
def all_demos(*, as_json: bool, kernel: bool, folder: str | None, engine: str) -> int:
    """Run every demo and show a table of verdicts."""
    demos = tuple(catalogue().values())
    secure_privilege(wired=True)
    how = {"engine": engine, "kernel": kernel}
    with scratch_folder() as scratch:
        ran = list(_run_all(demos, Path(scratch), Path(folder or scratch), how))
    ran.sort(key=lambda one: demos.index(one.demo))
    done = [each.report for each in ran if each.report is not None]
    if as_json:
        print_json(done)
    else:
        rows = [_result(each.demo, each.report) for each in ran if each.report is not None]
        look: Any = {"width": pick_width(), "colour": pick_colour(), "unicode": pick_unicode()}
        print_text(table_of_verdicts(rows, **look))
        if kernel:
            print_text("\n" + table_of_agreement(done, **look))
    failed = [each for each in ran if each.report is None]
    for each in failed:
        tell(shown("{demo} did not run: {reason}", demo=each.demo.name, reason=each.trouble))
    return ExitCode.DIFFERS if failed else max(each.code for each in ran)


def _run_all(demos: tuple[Demo, ...], scratch: Path, folder: Path, how: dict[str, Any]) -> Iterator[_Ran]:
    """Every demo in a child; the slowest begin first, and at most `_AT_ONCE` run together."""
    waiting = sorted(demos, key=lambda each: each.seconds)
    playing: dict[int, Demo] = {}
    told = sys.stderr.isatty()
    while waiting or playing:
        while waiting and len(playing) < _AT_ONCE:
            demo = waiting.pop()
            playing[_start(demo, scratch, folder, how)] = demo
        child, status = os.wait()
        demo = playing.pop(child)
        if told:
            done = len(demos) - len(waiting) - len(playing)
            words = shown_n("{done} of {n} demo", "{done} of {n} demos", len(demos), done=done)
            click.echo(f"\r{words}", err=True, nl=False)
        yield _ran(demo, os.waitstatus_to_exitcode(status), scratch)
    if told:
        click.echo("\r\033[K", err=True, nl=False)


def _start(demo: Demo, scratch: Path, folder: Path, how: dict[str, Any]) -> int:
    """Fork a child that runs `demo` and leaves its report, or its trouble, in `scratch`; the child's process number."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        die_with_parent()
        code = _play(demo, scratch, folder, how)
    finally:
        os._exit(code)  # whatever happened, this copy of the process ends here


def _play(demo: Demo, scratch: Path, folder: Path, how: dict[str, Any]) -> int:
    trouble = scratch / f"{demo.name}.trouble"
    with trouble.open("w", encoding="utf-8") as told:
        os.dup2(told.fileno(), sys.stderr.fileno())
        try:
            inspection = record(demo, folder / f"{demo.name}.pcapng", **how)
        except InspectorError as error:
            return tell_error(error)
        except KeyboardInterrupt:
            return ExitCode.INTERRUPTED
        (scratch / f"{demo.name}.json").write_text(json.dumps(to_json(inspection)), encoding="utf-8")
    return ExitCode.AS_EXPECTED if inspection.verdict.is_good else ExitCode.DIFFERS


def _ran(demo: Demo, code: int, scratch: Path) -> _Ran:
    report = scratch / f"{demo.name}.json"
    if report.exists():
        return _Ran(demo, code, json.loads(report.read_text("utf-8")), "")
    said = (scratch / f"{demo.name}.trouble").read_text("utf-8", "replace").strip().splitlines()
    if code > 0 and said:
        return _Ran(demo, code, None, said[0].removeprefix("inspector: "))
    return _Ran(demo, code, None, shown("it ended with {code}: {words}", code=code, words=" ".join(said[-1:])))


def _result(demo: Demo, report: dict[str, Any]) -> DemoResult:
    times = [(each["first_ns"], each["last_ns"]) for each in (*report["connections"], *report["exchanges"])]
    elapsed = max(last for _, last in times) - min(first for first, _ in times) if times else 0
    return DemoResult(demo.name, demo.transport, report["capture"]["frames"], Verdict(report["verdict"]), elapsed)
