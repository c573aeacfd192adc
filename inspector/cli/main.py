"""The command `inspector`: words in, exit code out.

Verbs are imported when they are called, so that a small capture answers before a live one's
libraries would have been loaded. Every failure of ours becomes one line and its exit code here.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from inspector import __version__
from inspector.cli.environment import cache_folder, invoking_user
from inspector.cli.output import ExitCode, tell, tell_error, tell_slow_start
from inspector.cli.speaking import Group, show_complaint
from inspector.compiled import tell_when_compiling, use_cache
from inspector.errors import InspectorError
from inspector.language import joined, marked, shown

__all__ = ["cli", "main"]

_VERBS = {
    "demo": ("inspector.cli.demo", "demo", "Run a demo on loopback, capture it, judge it."),
    "replay": ("inspector.cli.files", "replay", "Inspect captures: who opened, who closed, what was wrong."),
    "check": ("inspector.cli.check", "check", "Compare a capture with an expected sequence."),
    "record": ("inspector.cli.record", "record", "Make an expected sequence of a good capture."),
    "diff": ("inspector.cli.diff", "diff", "Two captures against each other: where was the SYN lost?"),
    "cross-check": ("inspector.cli.cross_check", "cross_check", "The same captures through tshark, beside ours."),
    "capture": ("inspector.cli.live", "capture", "Capture until told to stop, then inspect."),
    "exec": ("inspector.cli.live", "exec_", "Run a command of yours while capturing, then inspect."),
    "expect": ("inspector.cli.expect", "expect", "Expected sequences: list, show, lint, format, import."),
    "explain": ("inspector.cli.explain", "explain", "What a word means: an address, a port, a flag, a state ..."),
    "doctor": ("inspector.cli.doctor", "doctor", "What works on this system, what does not, and why."),
}


class _Verbs(Group):
    """Commands by name, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _VERBS:
            return None
        module, name, _ = _VERBS[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _VERBS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], _VERBS, n=1)
            words = marked("no command {name!r} (commands: {commands})")
            if near:
                words = marked("no command {name!r}; did you mean {near!r}? (commands: {commands})")
            ctx.fail(shown(words, name=args[0], near="".join(near), commands=joined(_VERBS)))
        return super().resolve_command(ctx, args)

    def summaries(self) -> list[str]:
        """What is said of each verb in the list of them."""
        return [summary for _, _, summary in _VERBS.values()]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section(shown("Commands")):
            formatter.write_dl([(name, shown(summary)) for name, (_, _, summary) in _VERBS.items()])


def _tell_version(ctx: click.Context, *, is_wanted: bool) -> None:
    if is_wanted and not ctx.resilient_parsing:
        click.echo(shown("inspector, version {version}", version=__version__))
        ctx.exit()


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, _, wanted: _tell_version(ctx, is_wanted=wanted),
    help="Show the version and exit.",
)
def cli() -> None:
    """Show, prove and grade what TCP and UDP really did on the wire.

    \b
    Exit codes: 0 as expected, 1 differs or has findings, 2 wrong usage,
    3 unreadable or cut input, 4 no privilege or tool, 5 nothing to inspect,
    130 interrupted.
    """  # noqa: D301 - the backspace itself, not its name, tells click to leave the lines as they are
    use_cache(cache_folder())
    tell_when_compiling(tell_slow_start)


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(_run())


def _run() -> int:
    try:
        code: Any = cli.main(standalone_mode=False)
    except InspectorError as error:
        return tell_error(error)
    except click.ClickException as error:
        return show_complaint(error)
    except ImportError as error:
        if invoking_user() is None:
            raise
        words = marked(
            "{error}: the user who asked may not read this Python; expected one that all may read, or no SUDO_UID"
        )
        tell(shown(words, error=error))
        return ExitCode.NO_PRIVILEGE
    except (KeyboardInterrupt, click.Abort):
        tell(shown("interrupted"))
        return ExitCode.INTERRUPTED
    return code if isinstance(code, int) else ExitCode.AS_EXPECTED
