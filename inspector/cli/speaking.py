"""The language that a command answers in: `--lang`, or the locale; and click's part in it.

1. `--lang` stands before or after the verb; the last one counts. It is looked for before anything else is read, so that
   help and complaints are in that language too. What follows the command of `exec` is that command's.
2. click's own words (`Usage:`, `No such option`) are in our catalogue, by `CLICK_SAYS`, and it finds them by the means
   that the standard library gives it (`environment.gettext_in`): only while it reads a command line or tells what is
   wrong with it. Programs that we start see nothing of it.
3. Help is a constant of each command; it is looked up paragraph by paragraph, when it is shown.
4. English help is click's own, letter by letter. Where characters take two cells, click would count wrong.
"""

from __future__ import annotations

import copy
import inspect
from typing import TYPE_CHECKING

import click

from inspector.cli.environment import gettext_in, pick_language, why_not_shown
from inspector.language import Said, language, marked, shown, speak

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CLICK_SAYS", "LANGUAGE", "Command", "Group", "paragraphs", "show_complaint"]

_LANGUAGES = {"en": "en", "zh": "zh_CN"}
LANGUAGE = click.Option(
    ["--lang"],
    type=click.Choice(list(_LANGUAGES)),
    expose_value=False,
    help=marked("The language of what you read: en, zh; else that of the locale."),
)
_RAW = "\b"
"""What begins a paragraph whose lines are left as they are; click's sign."""

CLICK_SAYS = (
    "Options",
    "Commands",
    "Show this message and exit.",
    "default: {default}",
    "required",
    "Error: {message}",
    "Try '{command} {option}' for help.",
    "Missing command.",
    "Missing argument",
    "Missing option",
    "No such option {name!r}.",
    "No such command {name!r}.",
    "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}",
    "Option {name!r} does not take a value.",
    "{value!r} is not a valid {number_type}.",
    "{value} is not in the range {range}.",
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
)
"""What click may say here, of all that it can say; pairs have a plural."""
_NUMBERS = (marked("integer"), marked("integer range"))
"""What click calls a number that does not fit, and in capitals where it shows what an option takes."""


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a help text, each in one line unless its lines are to be left."""
    found: list[str] = []
    for part in inspect.cleandoc(text).partition("\f")[0].split("\n\n"):
        lines = part.strip("\n").splitlines()
        found.append("\n".join(lines) if lines[:1] == [_RAW] else " ".join(lines))
    return found


def show_complaint(error: click.ClickException) -> int:
    """Say what is wrong with the command line; the exit code to leave with."""
    with gettext_in(language()):
        _whole(error).show()
    return error.exit_code


def _whole(error: click.ClickException) -> click.ClickException:
    """`error`, ended as sentences end in the language that is spoken: what lacks is what click puts together itself."""
    if not isinstance(error, click.MissingParameter):
        return error
    complaint = error.format_message().removesuffix(".")
    return click.UsageError(shown("{complaint}.", complaint=complaint), error.ctx)


class _Context(click.Context):
    """Where a command line is read."""

    def make_formatter(self) -> click.HelpFormatter:
        formatter = click.HelpFormatter if language() == "en" else _WideFormatter
        return formatter(width=self.terminal_width, max_width=self.max_content_width)


class _Speaking(click.Command):
    """What single commands and groups of them have in common."""

    context_class = _Context
    _is_shown = False
    """Whether help is being written, whose texts are then looked up."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        params = super().get_params(ctx)
        at = len(params) - (self.get_help_option(ctx) is not None)
        params[at:at] = [LANGUAGE]
        if language() == "en":
            return params
        return [_shown(each, with_help=self._is_shown) for each in params]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        self._choose_language(ctx, args)
        with gettext_in(language()):
            return super().parse_args(ctx, args)

    def _choose_language(self, ctx: click.Context, args: list[str]) -> None:
        wanted = _LANGUAGES.get(_given(self, ctx, args))
        if wanted is not None or ctx.parent is None:
            chosen = pick_language() if wanted is None else wanted
            why = why_not_shown(chosen)
            speak("en" if why else chosen)
            if wanted is not None and why and not ctx.resilient_parsing:
                from inspector.cli.output import tell

                tell(why)

    def get_short_help_str(self, limit: int = 45) -> str:
        if isinstance(self.short_help, Said):  # told whole, over as many lines as it takes
            return shown(self.short_help)
        text = _in_language(self.help)
        if text is None or language() == "en":
            return super().get_short_help_str(limit)
        sentence = text.partition("\n\n")[0].partition("。")[0]
        return sentence if _cells(sentence) <= limit else _first_line(sentence, limit - 1) + "…"

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        text = self.help
        self._is_shown, self.help = True, _in_language(text)
        try:
            with gettext_in(language()):
                super().format_help(ctx, formatter)
        finally:
            self._is_shown, self.help = False, text


class Command(_Speaking):
    """A command whose help and complaints are in the language that was chosen."""


class Group(_Speaking, click.Group):
    """The same, of a command with commands."""

    command_class = Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or complain."""
        with gettext_in(language()):
            return super().resolve_command(ctx, args)


def _given(command: click.Command, ctx: click.Context, args: list[str]) -> str:
    """What follows `--lang` in a command line; the last word, as of any option."""
    try:
        options, others, _ = command.make_parser(ctx).parse_args(list(args))
        _need_command(command, ctx, others)
        given = options.get("lang")
    except click.UsageError:  # which will be said, in the language that was wished for as far as one can tell
        pairs = zip(args, [*args[1:], ""], strict=True)
        words = [value if name == "--lang" else name.partition("=")[2] for name, value in pairs if _names_it(name)]
        given = words[-1] if words else ""
    return given if isinstance(given, str) else ""


def _need_command(command: click.Command, ctx: click.Context, words: list[str]) -> None:
    if isinstance(command, click.Group) and words and words[0] not in command.list_commands(ctx):
        raise click.UsageError(words[0])


def _names_it(word: str) -> bool:
    return word == "--lang" or word.startswith("--lang=")


def _in_language(text: str | None) -> str | None:
    if text is None or language() == "en":
        return text
    return shown(text) if isinstance(text, Said) else "\n\n".join(shown(each) for each in paragraphs(text))


def _shown(parameter: click.Parameter, *, with_help: bool) -> click.Parameter:
    like = copy.copy(parameter)
    if parameter.type.name in _NUMBERS:
        like.type = copy.copy(parameter.type)
        like.type.name = shown(parameter.type.name)
    text = getattr(parameter, "help", None)
    if text and with_help:
        like.help = shown(text)
    return like


class _WideFormatter(click.HelpFormatter):
    """click's form, counted in cells of the terminal."""

    def write_heading(self, heading: str) -> None:
        self.write(" " * self.current_indent + shown("{heading}:", heading=heading) + "\n")

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        del prefix  # click never gives one
        begin = shown("Usage: {command}", command=prog) + " "
        self._write_broken(args, begin, " " * _cells(begin))

    def write_text(self, text: str) -> None:
        indent = " " * self.current_indent
        for number, part in enumerate(paragraphs(text)):
            self.write("\n" if number else "")
            if part.startswith(_RAW):
                self.write("".join(f"{indent}{line}\n" for line in part.splitlines()[1:]))
            else:
                self._write_broken(part, indent, indent)

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        rows = list(rows)
        column = self.current_indent + min(max(_cells(name) for name, _ in rows), col_max) + col_spacing
        for name, text in rows:
            begin = f"{'':>{self.current_indent}}{name}"
            if _cells(begin) > column - col_spacing:
                self.write(f"{begin}\n")
                begin = ""
            self._write_broken(text, begin + " " * (column - _cells(begin)), " " * column)

    def _write_broken(self, text: str, first: str, later: str) -> None:
        from inspector.report.page import Text, broken

        room = max(self.width - _cells(later), 10)
        for number, line in enumerate(broken(Text(text), room)):
            self.write(f"{later if number else first}{line.plain}".rstrip() + "\n")


def _first_line(text: str, width: int) -> str:
    from inspector.report.breaking import lines_of

    return lines_of(text, width)[0]


def _cells(text: str) -> int:
    from inspector.report.escape import cells

    return cells(text)
