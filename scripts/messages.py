"""Every text that a person reads, as `scripts/translations` finds it in today's source.

In Python by the keywords of `inspector/language.py`, in the syntax tree and not by eye; where texts are data, by asking
the rooms that have them, so that nothing about a file's form is known here twice.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "inspector"

KEYWORDS = {"said": 1, "said_n": 2, "shown": 1, "shown_n": 2, "marked": 1, ".note": 1, ".raised": 1}
"""How many of the first arguments are messages; the last two are how a program of a demo speaks (`demos.end.End`)."""
_LATER = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.IfExp)
"""What may be said beside a literal: something that was marked elsewhere; `marked` itself takes nothing else."""
NO_TEXTS = frozenset(
    {"also", "blame", "captures", "demos", "met", "netstat", "over", "prefix", "severity", "ss", "words"}
)
"""What is no text in the tables of `explain/entries`: names, numbers and what is typed."""

Key = str | tuple[str, str]
"""A message; a pair is one with a plural."""


@cache
def extracted() -> dict[Key, list[str]]:
    """Every message of today's source with the files that it stands in; a pair is one with a plural."""
    found: dict[Key, list[str]] = {}
    for where, message in (*_in_python(), *_in_entries(), *_in_library(), *_in_demos(), *_in_commands()):
        places = found.setdefault(message, [])
        if where not in places:
            places.append(where)
    return found


def _in_python() -> Iterator[tuple[str, Key]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for call in keyword_calls(path):
            texts = [_literal(each) for each in call.args[: KEYWORDS[_called(call)]]]
            if texts and all(texts):
                yield _named(path), texts[0] if len(texts) == 1 else (texts[0], texts[1])


def keyword_calls(path: Path) -> Iterator[ast.Call]:
    """Every call of a keyword in a file, in the order of the file."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    calls.sort(key=lambda node: (node.lineno, node.col_offset))
    known = KEYWORDS if "demos" in path.parts else {name for name in KEYWORDS if not name.startswith(".")}
    yield from (node for node in calls if _called(node) in known)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return f".{call.func.attr}"
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _literal(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def unheard(path: Path) -> list[str]:
    """Calls in a file whose messages no catalogue can have, for they are put together when it is too late."""
    found = []
    for call in keyword_calls(path):
        texts = call.args[: KEYWORDS[_called(call)]]
        loose = [each for each in texts if not _literal(each)]
        if _called(call) == "marked":
            found += [_at(path, call)] * bool(loose)
        elif any(not isinstance(each, _LATER) for each in loose):
            found.append(_at(path, call))
    return found


def _at(path: Path, call: ast.Call) -> str:
    return f"{_named(path)}:{call.lineno}: {ast.unparse(call)}"


def _in_entries() -> Iterator[tuple[str, Key]]:
    for path in sorted((PACKAGE / "explain" / "entries").glob("*.toml")):
        for entry in tomllib.loads(path.read_text("utf-8")).values():
            for key, value in entry.items():
                for text in value if isinstance(value, list) else [value]:
                    if isinstance(text, str) and key not in NO_TEXTS:
                        yield _named(path), text


def _in_library() -> Iterator[tuple[str, Key]]:
    from inspector.expect.library import load, names

    for name in names():
        sequence = load(name)
        texts = (sequence.title, " ".join(sequence.about))
        yield from (("inspector/expect/library", text) for text in texts if text)


def _in_demos() -> Iterator[tuple[str, Key]]:
    from inspector.demos.catalogue import GROUPS

    for title, demos in GROUPS.items():
        yield "inspector/demos/catalogue.py", title
        for demo in demos:
            where = _named(Path(sys.modules[demo.client.__module__].__file__ or ""))
            for text in (demo.summary, *demo.lesson, *(option.help for option in demo.options)):
                yield where, text


def _in_commands() -> Iterator[tuple[str, Key]]:
    import click

    from inspector.cli.main import cli
    from inspector.cli.speaking import CLICK_SAYS, paragraphs
    from inspector.language import Said

    def below(command: click.Command, context: click.Context) -> Iterator[str]:
        # What is said is made of patterns, and these stand in the source.
        texts = [command.help, command.short_help, command.epilog]
        yield from (each for text in texts if text and not isinstance(text, Said) for each in paragraphs(text))
        helps = [getattr(parameter, "help", None) for parameter in command.get_params(context)]
        yield from (text for text in helps if text and not isinstance(text, Said))
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                lower = command.get_command(context, name)
                if lower is not None:
                    yield from below(lower, click.Context(lower, parent=context, info_name=name))

    yield from (("inspector/cli/speaking.py", message) for message in CLICK_SAYS)
    # A command remembers the help option of the context that it is first asked in: let it be the one it is run in.
    for text in (*cli.summaries(), *below(cli, click.Context(cli, info_name="inspector", **cli.context_settings))):
        yield "inspector/cli", text


def _named(path: Path) -> str:
    return path.resolve().relative_to(ROOT).as_posix()
