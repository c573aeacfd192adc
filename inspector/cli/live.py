"""`capture` and `exec`: traffic that is not a demo's."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from inspector.cli.environment import command_line, invoking_user
from inspector.cli.output import ExitCode, exit_code_of, print_text, render, report_options, tell
from inspector.cli.privilege import drop_privilege, scratch_folder, secure_privilege
from inspector.cli.speaking import Command
from inspector.errors import system_words
from inspector.language import marked, said, shown
from inspector.report.escape import safe_text
from inspector.report.words import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inspector.capture.recording import Recording

__all__ = ["capture", "exec_"]

_PORT_FILTER = re.compile(r"(?:(?:tcp|udp)\s+)?port\s+(\d+)")
_DURATION = re.compile(r"duration:(\d+(?:\.\d+)?)")


def _capture_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("-i", "interface", default="lo", show_default=True, metavar="NAME", help="Interface, or `any`."),
        click.option(
            "--port", "ports", multiple=True, type=click.IntRange(1, 65535), help="Only this port; repeatable."
        ),
        click.option("-f", "capture_filter", default="", metavar="FILTER", help="Only `port N [or port M ...]`."),
        click.option("-w", "path", metavar="FILE", help="Save the capture as pcapng; `-` is standard output."),
        click.option("-e", "--expect", metavar="NAME|FILE", help="Compare with an expected sequence."),
        click.option(
            "--engine",
            type=click.Choice(["auto", "linux", "portable"]),
            default="auto",
            show_default=True,
            help="Who captures: our own sockets (linux) or scapy (portable).",
        ),
        click.option("-n", "_numeric", is_flag=True, help="Accepted for tcpdump's sake: names are never resolved."),
        report_options,
    ):
        command = option(command)
    return command


@click.command(cls=Command)
@_capture_options
@click.option("-c", "count", type=click.IntRange(1), metavar="N", help="Stop after N frames.")
@click.option("-a", "autostop", metavar="duration:N", help="Stop after N seconds.")
@click.option("-D", "list_interfaces", is_flag=True, help="List interfaces and leave.")
def capture(*, count: int | None, autostop: str | None, list_interfaces: bool, **options: Any) -> int:
    """Capture until Ctrl-C, a count or a duration, then draw and judge what was captured."""
    if list_interfaces:
        return _list_interfaces()
    interface = options["interface"]
    with _recording(options, count=count, duration=_seconds(autostop)) as (recording, armed, finish):
        with _stopped_by_signals(recording), recording:
            armed()
            tell(shown("capturing on {interface}; Ctrl-C ends it", interface=interface))
            while not recording.wait(0.5):
                pass
        return finish()


@click.command("exec", cls=Command, context_settings={"allow_interspersed_args": False})
@_capture_options
@click.option(
    "--link",
    metavar="SCRIPT",
    help="Run it on a host of its own whose loopback (127.0.0.0/8) is a wire that obeys SCRIPT: 'drop SYN once'.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(*, command: tuple[str, ...], link: str | None, **options: Any) -> int:
    """Run COMMAND while capturing, then draw and judge its traffic: inspector exec --port 80 -- curl ..."""
    if link is not None:
        return _exec_over(link, command, options)
    to_stdout = options["path"] == "-" or options["as_json"]
    with _recording(options, own_traffic=True) as (recording, armed, finish):
        with recording:
            armed()
            code = _run_command(command, stdout=sys.stderr if to_stdout else None)
        _tell_end(command, code)
        return finish()


def _exec_over(link: str, command: tuple[str, ...], options: dict[str, Any]) -> int:
    """Run COMMAND on a host of its own, over a wire; the options of an interface have no meaning there."""
    from inspector.expect.library import load
    from inspector.link.script import parse_script
    from inspector.live import record_command

    path, expect, ports = options.pop("path"), options.pop("expect"), options.pop("ports")
    if path == "-" or ports or options.pop("capture_filter") or options.pop("interface") != "lo":
        words = marked(
            "--link: the wire carries nothing but the command's own words to 127.0.0.0/8, and all of them are captured;"
            " leave out -i, --port and -f, and give -w a file"
        )
        raise click.UsageError(shown(words))
    options.pop("engine")
    options.pop("_numeric")
    script, expected = parse_script(link), load(expect) if expect else None
    secure_privilege(wired=True)
    with scratch_folder() as scratch:
        try:
            inspection = record_command(
                command, Path(path or f"{scratch}/capture.pcapng"), link=script, owner=invoking_user(),
                drop=drop_privilege, expected=expected,
                stdout=sys.stderr if options["as_json"] else None, tell_end=partial(_tell_end, command),
                tell_waiting=partial(_tell_waiting, command),
            )  # fmt: skip
        except OSError as error:
            raise click.UsageError(_not_run(command, error)) from error
    render([inspection], **options)
    return exit_code_of([inspection])


def _not_run(command: tuple[str, ...], error: OSError) -> str:
    return shown("{path}: {reason}", path=safe_text(command[0]), reason=system_words(error))


def _tell_waiting(command: tuple[str, ...]) -> None:
    tell(shown("waiting for {command} to end; Ctrl-C again ends it", command=safe_text(command[0])))


def _tell_end(command: tuple[str, ...], code: int) -> None:
    if code:
        tell(shown("{command} ended with exit code {code}", command=safe_text(command[0]), code=code))


def _run_command(command: tuple[str, ...], **streams: Any) -> int:
    """Its exit code; Ctrl-C, which reaches it too, ends it and not the report."""
    try:
        return subprocess.run(command, check=False, **streams).returncode
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except OSError as error:
        raise click.UsageError(_not_run(command, error)) from error


@contextmanager
def _recording(
    options: dict[str, Any], **limits: Any
) -> Iterator[tuple[Recording, Callable[[], None], Callable[[], int]]]:
    """A recording into the wanted file, or a scratch one; what to do when it is armed, and what inspects that file."""
    from inspector.capture.recording import Recording
    from inspector.expect.library import load
    from inspector.pipeline import KEEP_SEGMENTS, Take, inspect

    expected = load(options.pop("expect")) if options.get("expect") else options.pop("expect")
    path, interface, engine = options.pop("path"), options.pop("interface"), options.pop("engine")
    ports = {*options.pop("ports"), *_ports_of(options.pop("capture_filter"))}
    options.pop("_numeric")
    with scratch_folder() as scratch, ExitStack() as stack:
        to_stdout = path == "-"
        if to_stdout and sys.stdout.isatty():
            raise click.UsageError(shown("-w -: standard output is a terminal; pipe it on, or name a file"))
        target: Any = sys.stdout.buffer if to_stdout else Path(path or f"{scratch}/capture.pcapng")
        recording = Recording(
            interface, ports=ports, path=target, engine=engine, keep=False, owner=invoking_user(),
            command_line=command_line(), **limits,
        )  # fmt: skip

        written: list[BinaryIO] = []

        def armed() -> None:
            """Open what is being written, which root may have to, and be root no more."""
            if not to_stdout:
                written.append(stack.enter_context(target.open("rb", buffering=0)))
            drop_privilege()

        def finish() -> int:
            if to_stdout:
                return ExitCode.AS_EXPECTED
            statistics = recording.statistics
            take = Take(
                source=said("capture on {interface}", interface=interface),
                saved_to=path or "",
                dropped=statistics.dropped,
                duplicates=statistics.duplicates,
            )
            keep = None if expected or options["as_json"] else KEEP_SEGMENTS
            inspection = inspect(written[0], name=path or str(target), expected=expected, keep=keep, take=take)
            render([inspection], **options)
            return exit_code_of([inspection])

        yield recording, armed, finish


@contextmanager
def _stopped_by_signals(recording: Recording) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the capture and not the report."""
    former = {each: signal.signal(each, lambda *_: recording.stop()) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)


def _ports_of(capture_filter: str) -> set[int]:
    """The ports of a filter of the one form that is read here; UsageError for any other."""
    if not capture_filter.strip():
        return set()
    ports = set()
    for term in re.split(r"\s+or\s+", capture_filter.strip()):
        matched = _PORT_FILTER.fullmatch(term)
        if not matched:
            words = marked(
                "-f: expected `port N [or port M ...]`, found {filter!r}; for other filters use"
                " tcpdump -w - {filter!r} | inspector replay -"
            )
            raise click.UsageError(shown(words, filter=capture_filter))
        ports.add(int(matched[1]))
    return ports


def _seconds(autostop: str | None) -> float | None:
    if autostop is None:
        return None
    matched = _DURATION.fullmatch(autostop)
    if not matched:
        raise click.UsageError(shown("-a: expected duration:SECONDS, found {found!r}", found=autostop))
    return float(matched[1])


def _list_interfaces() -> int:
    from inspector.capture.interfaces import interfaces

    found = interfaces()
    if not found:
        raise click.UsageError(shown("no interfaces are known on this system"))
    widest = max(len(each.name) for each in found)
    for each in found:
        facts = [shown("loopback")] * each.loopback + [shown("down")] * (each.up is False)
        facts += [shown(each.note)] * bool(each.note)
        print_text(f"{each.name:<{widest}}  {listed(facts)}".rstrip() + "\n")
    return ExitCode.AS_EXPECTED
