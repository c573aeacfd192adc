"""`replay` and `check`: captures that already exist."""

from __future__ import annotations

import gc
import shlex
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from inspector.cli.asking import Asked, asking_options
from inspector.cli.environment import invoking_user
from inspector.cli.lifetimes import lifetime_options
from inspector.cli.output import ExitCode, exit_code_of, render, report_options, tell_error
from inspector.errors import CaptureFileError
from inspector.pipeline import inspect
from inspector.report.escape import safe_text

if TYPE_CHECKING:
    from inspector.expect.notation import Sequence
    from inspector.report.inspection import Inspection
    from inspector.tcp.lifetimes import Limits

__all__ = ["check", "replay"]

_MANY_FRAMES = 100_000
"""Frames between two words of progress."""

_verifying = click.option(
    "--checksums", "verify", is_flag=True, help="Verify TCP and UDP checksums: real damage, told from offloading."
)
_with_rosetta = click.option(
    "--rosetta", is_flag=True, help="Add what Wireshark, Zeek, tcptrace and Suricata would call each connection."
)
_as_table = click.option("--table", is_flag=True, help="List connections (at most 40, or --max N) and draw none.")


@click.command()
@click.argument("files", nargs=-1)
@click.option("-r", "more_files", multiple=True, metavar="FILE", help="Same as FILE (as tcpdump and tshark have it).")
@click.option("-n", "_numeric", is_flag=True, help="Accepted for tcpdump's sake: names are never resolved.")
@_verifying
@_with_rosetta
@asking_options
@_as_table
@lifetime_options
@report_options
def replay(files: tuple[str, ...], more_files: tuple[str, ...], *, _numeric: bool, limits: Limits, **how: Any) -> int:
    """Inspect captures (pcap or pcapng, gzipped or not; `-` is standard input).

    Draws every connection with the label of each segment and the states of both ends, and tells what was wrong.
    A capture of more than 200,000 frames is summed up instead, in memory that follows its open connections.
    """
    names = files + more_files
    if not names:
        raise click.UsageError("expected a capture: inspector replay FILE... (`-` reads standard input)")
    return _inspect_all(names, None, limits, **how)


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option("-e", "--expect", required=True, metavar="NAME|FILE", help="A sequence of the library, or a .seq file.")
@_verifying
@_with_rosetta
@asking_options
@_as_table
@report_options
def check(files: tuple[str, ...], expect: str, **how: Any) -> int:
    """Compare captures with an expected sequence; exit code 1 if they differ.

    Every connection (for a UDP sequence: every exchange) has to match, and all differences are told at once.
    """
    from inspector.expect.library import load

    return _inspect_all(files, load(expect), None, **how)


def _inspect_all(  # noqa: PLR0913 - what a command line may ask for
    names: tuple[str, ...],
    expected: Sequence | None,
    limits: Limits | None,
    *,
    asked: Asked,
    as_json: bool,
    verify: bool,
    **how: Any,
) -> int:
    # A run is short and makes no cycles worth collecting, and looking for them among a million connections took a
    # third of the time (measured).
    gc.disable()
    inspections: list[Inspection] = []
    worst = ExitCode.AS_EXPECTED
    asked.prepare(names)
    with ExitStack() as stack:
        opened = _open_before_dropping(names, stack)
        results = asked.results()
        if results is not None:
            stack.enter_context(results)
        options: dict[str, Any] = {"keep": None} if as_json or expected is not None else {"limits": limits}
        options |= {"verify": verify, "selection": asked.selection(how["most"], results), "most": asked.frames}
        for name in names:
            if results is not None:
                results.begin(name)
            try:
                inspections.append(_inspect(name, opened, expected, options))
            except CaptureFileError as error:
                worst = tell_error(error)
    asked.told(results)
    if inspections:
        render(inspections, as_json=as_json, alone=len(names) == 1, **how)
    return worst or exit_code_of(inspections)


def _open_before_dropping(names: tuple[str, ...], stack: ExitStack) -> dict[str, BinaryIO]:
    """Under `sudo`: what only root can open, opened; whoever decodes it is the user who asked.

    What cannot be opened even so is told when its turn comes.
    """
    opened: dict[str, BinaryIO] = {}
    if invoking_user() is not None:
        from inspector.cli.privilege import drop_privilege

        for name in names:
            if name != "-" and not _is_folder(name):
                with suppress(OSError):
                    opened[name] = stack.enter_context(Path(name).open("rb", buffering=0))  # noqa: SIM115 - it is one
        drop_privilege()
    return opened


def _inspect(name: str, opened: dict[str, BinaryIO], expected: Sequence | None, options: Any) -> Inspection:
    source: str | BinaryIO = opened.get(name, name)
    if name == "-":
        if sys.stdin.isatty():
            raise click.UsageError(
                "standard input is a terminal; pipe a capture into it: tcpdump -w - | inspector replay -"
            )
        source = sys.stdin.buffer
    elif name not in opened and _is_folder(name):
        raise CaptureFileError(name, "expected a capture file, found a folder", remedies=_captures_in(Path(name)))
    return inspect(source, name=name, expected=expected, progress=_progress(name), **options)


def _is_folder(name: str) -> bool:
    with suppress(OSError):  # one that may not be looked at is told when it is opened
        return Path(name).is_dir()
    return False


def _captures_in(folder: Path) -> list[str]:
    """The command that reads the captures of `folder`, or of the folders in it."""
    for pattern in ("*.pcap*", "*/*.pcap*"):
        if next(folder.glob(pattern), None) is not None:
            return [f"inspector replay {shlex.quote(str(folder))}/{pattern}"]
    return [f"find {shlex.quote(str(folder))} -name '*cap*'"]


def _progress(name: str) -> Any:
    """A word on the way for large captures, on a terminal only."""
    if not sys.stderr.isatty():
        return None
    told = 0

    def hear(frames: int) -> None:
        nonlocal told
        if frames - told >= _MANY_FRAMES:
            told = frames
            click.echo(f"\r{safe_text(name)}: {frames:,} frames ...", err=True, nl=False)

    return hear
