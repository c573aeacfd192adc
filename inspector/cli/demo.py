"""`demo`: list the demos, run one, or one end of one. All of them: `all_demos`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli.output import (
    ExitCode,
    exit_code_of,
    print_text,
    print_wrapped,
    render,
    report_options,
    tell,
)
from inspector.cli.running import record
from inspector.cli.speaking import Command, Group
from inspector.demos.catalogue import GROUPS, catalogue, find
from inspector.demos.runner import run
from inspector.errors import DemoError
from inspector.report.escape import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.demos.demo import Demo, Said

__all__ = ["demo"]

_RUN_OPTIONS: tuple[Callable[..., Any], ...] = (
    click.option("--port", metavar="N", help="Another port, or `auto` for a free one."),
    click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="127.0.0.1 or ::1."),
    click.option("--role", type=click.Choice(["server", "client"]), help="Run this end alone, without capturing."),
    click.option("--interactive", is_flag=True, help="Type the lines yourself, as in the tutorials."),
    click.option(
        "--link",
        metavar="SCRIPT",
        help="Run it on two hosts of a private network, over a wire that obeys SCRIPT: 'drop SYN once'.",
    ),
    click.option("--kernel", is_flag=True, help="Ask the kernel itself for the states of both ends, over a wire."),
    click.option(
        "--sockets", is_flag=True, help="As --kernel, and show its socket tables at each milestone, as ss -tan does."
    ),
    click.option("-w", "--write", "path", metavar="FILE", help="Save the capture here."),
    click.option("--engine", type=click.Choice(["auto", "linux", "portable"]), default="auto", show_default=True),
)


class _Demos(Group):
    """One sub-command for each demo, with the demo's own options."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [*catalogue(), "all"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name == "all":
            from inspector.cli.all_demos import all_demos

            return all_demos
        return _command_for(find(cmd_name))


@click.group(cls=_Demos, invoke_without_command=True)
@click.option("--list", "_list", is_flag=True, help="List the demos (the same as no argument).")
@click.pass_context
def demo(ctx: click.Context, *, _list: bool) -> int | None:
    """Run one of the built-in programs, capture it, and judge what was on the wire."""
    if ctx.invoked_subcommand is not None:
        return None
    widest = max(map(len, catalogue())) + 1
    for title, group in GROUPS.items():
        print_text(f"{title}\n")
        for each in group:
            print_wrapped(f"  {each.name:<{widest}} ", each.summary + _remarks(each))
    print_text("\n")
    print_wrapped(
        "", "inspector demo NAME runs one, inspector demo all runs them all; -h after NAME shows its options."
    )
    return ExitCode.AS_EXPECTED


def _remarks(chosen: Demo) -> str:
    """What is out of the ordinary: a run that takes long."""
    return f" (about {chosen.seconds:.0f} s)" if chosen.seconds >= 2 else ""


def _command_for(chosen: Demo) -> click.Command:
    def command(**arguments: Any) -> int:
        own = {option.name: arguments.pop(option.name.replace("-", "_")) for option in chosen.options}
        return _run_one(chosen, own, **arguments)

    for option in chosen.options:
        hint = option.help if option.default == "" else f"{option.help}  [default: {option.default}]"
        kind = click.Choice(option.choices) if option.choices else None
        command = click.option(f"--{option.name}", default=option.default, type=kind, help=hint)(command)
    for decorate in reversed((*_RUN_OPTIONS, report_options)):
        command = decorate(command)
    lesson = "\n\n".join(chosen.lesson)
    where = f"port {chosen.port}"
    if chosen.link is not None:
        where += f", on a private network whose wire obeys `{chosen.link}`" if chosen.link else ", on a private network"
    return click.command(chosen.name, cls=Command, help=f"{chosen.summary} ({where}).\n\n{lesson}")(command)


def _run_one(  # noqa: PLR0913 - the options of one command
    chosen: Demo,
    own: dict[str, Any],
    *,
    port: str | None,
    host: str,
    role: Any,
    interactive: bool,
    link: str | None,
    kernel: bool,
    sockets: bool,
    path: str | None,
    engine: str,
    **how: Any,
) -> int:
    where: Any = _port(port)
    prompt = _ask if interactive else None
    if role is not None:
        _refuse_role(chosen, wired=link is not None or kernel or sockets)
        _announce_role(chosen, role, port=port, host=host)
        run(chosen, port=where, host=host, role=role, interactive=prompt, options=own, say=_show_said)
        return ExitCode.AS_EXPECTED
    if path == "-":
        raise click.UsageError("-w: expected a file: what a demo prints to standard output is its report")
    saved = Path(path) if path else _file_for(chosen)
    inspection = record(
        chosen, saved, port=where, host=host, interactive=prompt, options=own, engine=engine, link=link,
        kernel=kernel, sockets=sockets,
        say=_show_said if interactive and not how["as_json"] else None,
    )  # fmt: skip
    render([inspection], **how)
    return exit_code_of([inspection])


def _refuse_role(chosen: Demo, *, wired: bool) -> None:
    if wired or chosen.link is not None:
        raise click.UsageError(
            f"--role: {chosen.name} runs on the two hosts of a private network here, which no other terminal can reach;"
            " run it whole, without --role"
        )


def _port(text: str | None) -> int | str | None:
    if text is None or text == "auto":
        return text
    if not text.isascii() or not text.isdecimal():
        raise click.UsageError(f"--port: expected a number or `auto`, found {text!r}")
    return int(text)


def _file_for(chosen: Demo) -> Path:
    """`NAME.pcapng` here; an earlier capture of the same demo is replaced, a file of any other making never."""
    for number in range(1, 1000):
        path = Path(f"{chosen.name}.pcapng" if number == 1 else f"{chosen.name}-{number}.pcapng")
        if not path.exists() or _is_ours(path, chosen):
            return path
    raise DemoError(f"no free name for the capture of {chosen.name} here; say where with -w FILE")


def _is_ours(path: Path, chosen: Demo) -> bool:
    try:
        with path.open("rb") as stream:
            return f"inspector demo {chosen.name}".encode() in stream.read(512)
    except OSError:
        return False


def _announce_role(chosen: Demo, role: str, *, port: str | None, host: str) -> None:
    other = "client" if role == "server" else "server"
    where = f" --port {port}" if port else ""
    where += f" --host {host}" if host != "127.0.0.1" else ""
    tell(f"this end alone, not captured; in another terminal: inspector demo {chosen.name} --role {other}{where}")


def _show_said(said: Said) -> None:
    print_text(f"{said.role} {said.verb}: {safe_text(said.text)}\n" if said.verb != "note" else f"{said.text}\n")


def _ask(role: str) -> str | None:
    if sys.stdin.isatty():
        sys.stderr.write(f"{role}> ")
        sys.stderr.flush()
    line = sys.stdin.readline()
    return line.rstrip("\r\n") if line else None
