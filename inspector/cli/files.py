"""`replay`: captures that already exist, and the way that `check` shares with it (`inspect_all`, `inspect_one`)."""

from __future__ import annotations

import gc
import shlex
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from inspector.cli.asking import asking_options
from inspector.cli.decoding import decoding_options
from inspector.cli.environment import invoking_user
from inspector.cli.jobs import Told, refusal_of, told_of
from inspector.cli.large import cost_of, is_held_whole, telling
from inspector.cli.lifetimes import lifetime_options
from inspector.cli.one_connection import connection_options
from inspector.cli.output import (
    ExitCode,
    exit_code,
    exit_code_of,
    print_reports,
    rendered,
    report_options,
    tell_error,
)
from inspector.cli.progress import Progress
from inspector.cli.speaking import Command
from inspector.cli.streams import STANDARD_INPUT, refuse_a_terminal, standard_input, streams_of
from inspector.errors import CaptureFileError
from inspector.language import marked, said, shown
from inspector.pipeline import inspect, inspect_chosen
from inspector.referee.decoders import advised
from inspector.report.inspection import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inspector.cli.asking import Asked
    from inspector.cli.decoding import Decoding
    from inspector.cli.jobs import Refusal
    from inspector.cli.one_connection import Wanted
    from inspector.cli.streams import Stream
    from inspector.expect.notation import Sequence
    from inspector.opening import Source
    from inspector.tcp.lifetimes import Limits
    from inspector.wire.series import FileOfSeries

__all__ = ["as_table", "inspect_all", "inspect_one", "replay", "with_jobs", "with_rosetta"]

_FURTHER_FILES = 200
"""That may have to be open beside captures."""

with_rosetta = click.option(
    "--rosetta", is_flag=True, help="Add what Wireshark, Zeek, tcptrace and Suricata would call each connection."
)
with_jobs = click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="Inspect N captures at once (default: as processors and work allow).",
)
as_table = click.option("--table", is_flag=True, help="List connections (at most 40, or --max N) and draw none.")


@click.command(cls=Command)
@click.argument("files", nargs=-1)
@click.option("-r", "more_files", multiple=True, metavar="FILE", help="Same as FILE (as tcpdump and tshark have it).")
@click.option("-n", "_numeric", is_flag=True, help="Accepted for tcpdump's sake: names are never resolved.")
@click.option(
    "--merge/--no-merge",
    default=None,
    help="Read all FILEs as one stream, or each for itself; by default, the files of a ring buffer are one.",
)
@with_jobs
@with_rosetta
@asking_options
@connection_options
@as_table
@decoding_options
@lifetime_options
@report_options
def replay(
    files: tuple[str, ...],
    more_files: tuple[str, ...],
    *,
    merge: bool | None,
    _numeric: bool,
    limits: Limits,
    wanted: Wanted,
    **how: Any,
) -> int:
    """Inspect captures (pcap, pcapng and others, compressed or not; `-` is standard input).

    Draws every connection with the label of each segment and the states of both ends, and tells what was wrong.
    A capture of more than 200,000 frames is summed up instead, in memory that follows its open connections.
    """
    names = files + more_files
    if not names:
        raise click.UsageError(shown("expected a capture: inspector replay FILE... (`-` reads standard input)"))
    streams = streams_of(names, merge=merge)
    if wanted:
        return inspect_one(streams, wanted, limits, **how)
    return inspect_all(streams, None, limits, **how)


def inspect_all(  # noqa: PLR0913 - what to inspect, and how
    streams: list[Stream], expected: Sequence | None, limits: Limits | None, *, as_json: bool, jobs: int | None,
    asked: Asked, decoding: Decoding, one_is_enough: bool = False, **how: Any,
) -> int:  # fmt: skip
    """Inspect captures one by one, print what they came to, and give the exit code."""
    # A run is short and makes no cycles worth collecting, and looking for them among a million connections took a
    # third of the time (measured).
    gc.disable()
    is_held = is_held_whole(expected, as_json=as_json)
    options: dict[str, Any] = {"keep": None} if is_held else {"limits": limits}
    cost = cost_of(expected, is_held=is_held)
    options |= {"expected": expected, "one_is_enough": one_is_enough}
    names = [name for stream in streams for name in stream.files]
    refuse_a_terminal(names)
    worst = ExitCode.AS_EXPECTED
    reports: list[Told] = []
    progress = Progress(streams)  # which looks at sizes that the user who asked may not see
    asked.prepare(names)
    with ExitStack() as stack:
        opened = _open_before_dropping(names, stack)
        results = stack.enter_context(asked.results())
        options |= {"selection": asked.selection(how["most"], results), "most": asked.frames}

        def work(position: int, hear: Callable[[int, int], None] | None) -> Told:
            if results is not None:
                results.begin(streams[position].name)
            if cost:
                hear = telling(streams[position].name, cost, expected.name if expected else "", hear)
            how_read = {**options, "progress": hear}
            return _inspect(streams[position], opened, decoding, how_read, {"as_json": as_json, **how})

        # Another program is asked by one process at a time, and one writes what is written.
        jobs = jobs if decoding.is_plain and results is None else 1
        with closing(told_of(streams, work, jobs, progress)) as all_told:
            for told in all_told:
                for refusal in told.refusals:
                    worst = tell_error(refusal.error())
                reports += [told] * (told.report is not None)
    asked.told(results)
    if reports:
        print_reports([each.report or "" for each in reports], as_json=as_json, alone=len(streams) == 1)
    return worst or exit_code((Verdict(each.verdict), each.is_incomplete) for each in reports)


def inspect_one(  # noqa: PLR0913 - as above
    streams: list[Stream], wanted: Wanted, limits: Limits, *, asked: Asked, decoding: Decoding,
    expected: Sequence | None = None, one_is_enough: bool = False, **how: Any,
) -> int:  # fmt: skip
    """Open single connections of one capture, or of files that are one stream; the exit code."""
    how = {name: value for name, value in how.items() if name not in {"jobs", "table"}}
    if asked.chooses:
        words = marked(
            "--connection, --follow and --save-connection ask by number; expected no --where, --sort or --out"
            " beside them"
        )
        raise click.UsageError(shown(words))
    if len(streams) != 1:
        words = marked(
            "expected one capture, or files that are one stream (--merge), whose connection is meant; found {number}"
        )
        raise click.UsageError(shown(words, number=len(streams)))
    (stream,) = streams
    if wanted.saved and not decoding.has_bytes:
        words = marked("--save-connection saves what was captured; expected it without --decoder {decoder}")
        raise click.UsageError(shown(words, decoder=decoding.decoder))
    refuse_a_terminal(stream.files)
    gc.disable()  # as in `inspect_all`
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(streams))
        opened = _open_before_dropping(list(stream.files), stack)
        choice, hearers = wanted.choose(stream.files, opened)
        stack.callback(choice.discard)
        hear = progress.hearer(0)
        given, how_read = stack.enter_context(_to_be_read(stream, opened, decoding))
        how_read |= {"limits": limits, "most": asked.frames, "progress": hear}
        how_read |= {"expected": expected, "one_is_enough": one_is_enough}
        worst = ExitCode.AS_EXPECTED
        try:
            inspection = inspect_chosen(given, choice, name=stream.name, **how_read)
        finally:  # that none of the others has the connection may be for what these had
            for refusal in _refusals_of(given):
                worst = tell_error(refusal.error())
    wanted.show(inspection, hearers, **how)
    return worst or exit_code_of([inspection])


def _open_before_dropping(names: list[str], stack: ExitStack) -> dict[str, BinaryIO]:
    """Under `sudo`: what only root can open, opened; whoever decodes it is the user who asked.

    What cannot be opened even so is told when its turn comes.
    """
    opened: dict[str, BinaryIO] = {}
    if invoking_user() is not None:
        from inspector.cli.privilege import drop_privilege

        _make_room_for(len(names))
        for name in names:
            if name != STANDARD_INPUT and not _is_folder(name):
                with suppress(OSError):
                    opened[name] = stack.enter_context(Path(name).open("rb", buffering=0))  # noqa: SIM115 - it is one
        drop_privilege()
    return opened


def _make_room_for(files: int) -> None:
    """Have so many files open at once, as far as the system lets us."""
    import resource  # Unix's alone, as `sudo` is

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files + _FURTHER_FILES if hard == resource.RLIM_INFINITY else min(files + _FURTHER_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _inspect(
    stream: Stream, opened: dict[str, BinaryIO], decoding: Decoding, options: dict[str, Any], how: dict[str, Any]
) -> Told:
    """Inspect a stream, and say it in as little as is printed of it."""
    try:
        with _to_be_read(stream, opened, decoding) as (given, how_read):
            inspection = inspect(given, name=stream.name, **how_read, **options)
    except CaptureFileError as error:
        return Told(refusals=(refusal_of(advised(error)),))
    return Told(rendered(inspection, **how), inspection.verdict, inspection.capture.is_incomplete, _refusals_of(given))


@contextmanager
def _to_be_read(
    stream: Stream, opened: dict[str, BinaryIO], decoding: Decoding
) -> Iterator[tuple[Source, dict[str, Any]]]:
    """The capture, or the files of a series, and how they are to be read."""
    if len(stream.files) == 1:
        with decoding.of(_source(stream.name, opened), stream.name) as read:
            yield read
    else:
        with decoding.of_series(_files_of(stream, opened), stream.name) as read:
            yield read


def _refusals_of(source: Source) -> tuple[Refusal, ...]:
    """Why files of a series could not be read."""
    files = source if isinstance(source, (list, tuple)) else ()
    return tuple(refusal_of(file.refused) for file in files if file.refused is not None)


def _source(name: str, opened: dict[str, BinaryIO]) -> str | BinaryIO:
    """What is to be read: a capture by its name, or one that is open."""
    if name == STANDARD_INPUT:
        return standard_input()
    if name not in opened and _is_folder(name):
        raise CaptureFileError(name, said("expected a capture file, found a folder"), remedies=_captures_in(Path(name)))
    return opened.get(name, name)


def _files_of(stream: Stream, opened: dict[str, BinaryIO]) -> list[FileOfSeries]:
    from inspector.wire.series import FileOfSeries

    files = []
    for name in stream.files:
        try:
            files.append(FileOfSeries(name, _source(name, opened)))
        except CaptureFileError as error:
            files.append(FileOfSeries(name, name, refused=error))
    return files


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
