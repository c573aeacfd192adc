"""The options of `replay` that open single connections: draw them, follow what they said, save them.

Numbers are those of tables and summaries, and belong to one capture, or to files that are one stream; so there is one.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from inspector.choice.choosing import Choice
from inspector.choice.hearing import Hearer
from inspector.choice.saving import Saver
from inspector.cli.output import print_json, render
from inspector.cli.streams import STANDARD_INPUT
from inspector.language import marked, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeVar

    from inspector.report.inspection import Inspection
    from inspector.report.page import Page

    F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["Wanted", "connection_options"]

_FOLLOWED = 1 << 16
"""Bytes of each end that are shown."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for of single connections."""

    drawn: tuple[int, ...]
    followed: tuple[int, ...]
    as_hex: bool
    most_bytes: int
    saved: tuple[tuple[int, Path], ...]

    def __bool__(self) -> bool:
        return bool(self.drawn or self.followed or self.saved)

    def choose(self, files: Sequence[str], opened: Mapping[str, BinaryIO]) -> tuple[Choice, list[Hearer]]:
        """What goes along with the reading of the capture. No file is opened that is the capture itself, or of it."""
        _refuse_to_overwrite(files, opened, [path for _, path in self.saved])
        hearers = [Hearer(number, self.most_bytes) for number in dict.fromkeys(self.followed)]
        choice = Choice({*self.drawn, *self.followed, *(number for number, _ in self.saved)}, hearers)
        try:
            for number, path in self.saved:
                choice.add(Saver(number, path))
        except BaseException:
            choice.discard()
            raise
        return choice, hearers

    def show(self, inspection: Inspection, hearers: list[Hearer], *, as_json: bool, **how: Any) -> None:
        """Print the connections that were asked for, each as it was asked for."""
        talks = [(each.number, each.talk) for each in hearers]
        if as_json:
            from inspector.report.follow_json import talks_to_json
            from inspector.report.json_report import to_json

            print_json(to_json(inspection, rosetta=how["rosetta"]) | talks_to_json(talks))
            return
        from inspector.report.follow import transcripts
        from inspector.report.tables import connections_table

        told = {*self.drawn, *self.followed}
        others = [each for each in inspection.connections if each.number not in told]

        def below_the_ladders(page: Page) -> None:
            transcripts(page, inspection, talks, as_hex=self.as_hex)
            if others:
                page.blank()
                connections_table(page, others)

        render([inspection], as_json=False, drawn=frozenset(self.drawn), after=below_the_ladders, **how)


def _refuse_to_overwrite(files: Sequence[str], opened: Mapping[str, BinaryIO], targets: list[Path]) -> None:
    """A capture is not overwritten while it is read, nor one file by two connections."""
    if any(str(target) == "-" for target in targets):
        raise click.UsageError(shown("--save-connection: expected a file, found - (standard output has the report)"))
    known: list[os.stat_result] = []
    for name in files:
        with suppress(OSError, ValueError):  # what cannot be looked at is told when it is read
            stream = sys.stdin if name == STANDARD_INPUT else opened.get(name)
            known.append(os.fstat(stream.fileno()) if stream else Path(name).stat())
    for target in targets:
        with suppress(OSError):
            found = target.stat()
            if any(os.path.samestat(found, each) for each in known if stat.S_ISREG(found.st_mode)):
                words = marked("expected another file to save to: {file} is the capture that is read")
                raise click.UsageError(shown(words, file=target))
    if len({target.absolute() for target in targets}) < len(targets):
        raise click.UsageError(shown("expected a file for each connection that is saved; one is named twice"))


def connection_options(command: F) -> F:
    """Options of a command that takes `wanted`."""

    @wraps(command)
    def with_wanted(
        *arguments: Any,
        connection: tuple[int, ...],
        save_connection: tuple[tuple[int, Path], ...],
        follow: tuple[int, ...],
        as_hex: bool,
        follow_bytes: int,
        **others: Any,
    ) -> Any:
        return command(*arguments, wanted=Wanted(connection, follow, as_hex, follow_bytes, save_connection), **others)

    number = click.IntRange(1)
    for option in (
        click.option(
            "--save-connection",
            type=(number, click.Path(dir_okay=False, path_type=Path)),
            multiple=True,
            metavar="N FILE",
            help="Save the frames of connection N as a pcapng of its own.",
        ),
        click.option(
            "--follow-bytes",
            type=number,
            default=_FOLLOWED,
            metavar="BYTES",
            help="With --follow: at most so many bytes of each end (65536).",
        ),
        click.option("--hex", "as_hex", is_flag=True, help="With --follow: as bytes."),
        click.option(
            "--follow",
            type=number,
            multiple=True,
            metavar="N",
            help="Show what both ends of connection N said, in the order of the streams, safely escaped.",
        ),
        click.option(
            "--connection",
            type=number,
            multiple=True,
            metavar="N",
            help="Draw connection N, and only that, also out of a capture that is summed up; may be repeated.",
        ),
    ):
        with_wanted = option(with_wanted)
    return with_wanted  # type: ignore[return-value]  # it has the options in place of `wanted`
