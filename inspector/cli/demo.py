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
from inspector.language import Said, joined, marked, said, shown
from inspector.report.escape import safe_text
from inspector.report.speech import role_in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.demos.demo import Demo
    from inspector.demos.demo import Said as Message

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
    click.option(
        "--engine",
        type=click.Choice(["auto", "linux", "portable"]),
        default="auto",
        show_default=True,
        help="Who captures: our own sockets (linux) or scapy (portable).",
    ),
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
        print_text(f"{shown(title)}\n")
        for each in group:
            print_wrapped(f"  {each.name:<{widest}} ", _summary(each))
    print_text("\n")
    words = marked("inspector demo NAME runs one, inspector demo all runs them all; -h after NAME shows its options.")
    print_wrapped("", shown(words))
    return ExitCode.AS_EXPECTED


def _summary(chosen: Demo) -> str:
    """What it shows, and what is out of the ordinary: a run that takes long."""
    summary = shown(chosen.summary)
    if chosen.seconds < 2:
        return summary
    return shown("{summary} (about {seconds:.0f} s)", summary=summary, seconds=chosen.seconds)


def _command_for(chosen: Demo) -> click.Command:
    def command(**arguments: Any) -> int:
        own = {option.name: arguments.pop(option.name.replace("-", "_")) for option in chosen.options}
        return _run_one(chosen, own, **arguments)

    for option in chosen.options:
        kind = click.Choice(option.choices) if option.choices else None
        default: Any = {"default": option.default, "show_default": option.default != ""}
        command = click.option(f"--{option.name}", type=kind, help=option.help, **default)(command)
    for decorate in reversed((*_RUN_OPTIONS, report_options)):
        command = decorate(command)
    lesson = joined([Said(each, {}) for each in chosen.lesson], "\n\n")
    summary = Said(chosen.summary, {})
    told = said("{summary} ({where}).\n\n{lesson}", summary=summary, where=_where(chosen), lesson=lesson)
    return click.command(chosen.name, cls=Command, help=told, short_help=summary)(command)


def _where(chosen: Demo) -> str:
    if chosen.link is None:
        return said("port {port}", port=chosen.port)
    if not chosen.link:
        return said("port {port}, on a private network", port=chosen.port)
    return said("port {port}, on a private network whose wire obeys `{script}`", port=chosen.port, script=chosen.link)


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
        raise click.UsageError(shown("-w: expected a file: what a demo prints to standard output is its report"))
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
        words = marked(
            "--role: {demo} runs on the two hosts of a private network here, which no other terminal can reach;"
            " run it whole, without --role"
        )
        raise click.UsageError(shown(words, demo=chosen.name))


def _port(text: str | None) -> int | str | None:
    if text is None or text == "auto":
        return text
    if not text.isascii() or not text.isdecimal():
        raise click.UsageError(shown("--port: expected a number or `auto`, found {found!r}", found=text))
    return int(text)


def _file_for(chosen: Demo) -> Path:
    """`NAME.pcapng` here; an earlier capture of the same demo is replaced, a file of any other making never."""
    for number in range(1, 1000):
        path = Path(f"{chosen.name}.pcapng" if number == 1 else f"{chosen.name}-{number}.pcapng")
        if not path.exists() or _is_ours(path, chosen):
            return path
    raise DemoError(said("no free name for the capture of {demo} here; say where with -w FILE", demo=chosen.name))


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
    command = f"inspector demo {chosen.name} --role {other}{where}"
    tell(shown("this end alone, not captured; in another terminal: {command}", command=command))


def _show_said(message: Message) -> None:
    role, text = role_in_words(message.role), safe_text(message.text)
    if message.verb == "sent":
        words = shown("{role} sent: {text}", role=role, text=text)
    elif message.verb == "received":
        words = shown("{role} received: {text}", role=role, text=text)
    else:
        words = shown(message.text)
    print_text(f"{words}\n")


def _ask(role: str) -> str | None:
    if sys.stdin.isatty():
        sys.stderr.write(f"{role}> ")
        sys.stderr.flush()
    line = sys.stdin.readline()
    return line.rstrip("\r\n") if line else None
