"""The options that say which connections are meant, in which order, and where else they go."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli.output import print_text, tell
from inspector.language import joined, marked, shown, shown_n

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeVar

    from inspector.export.results import Results
    from inspector.query.expression import Node
    from inspector.query.order import Order
    from inspector.query.selection import Selection

    F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["Asked", "asking_options"]

_MOST_ROWS = 100_000
"""Connections that a table of a large capture may list: each is kept as an object."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for."""

    where: Node | None = None
    order: Order | None = None
    out: Path | None = None
    frames: int | None = None
    ports: frozenset[int] = frozenset()
    exchanges: frozenset[int] = frozenset()

    def selection(self, rows: int | None, results: Results | None) -> Selection | None:
        """What the pipeline is asked; None where nothing was, so that nothing needs to be imported."""
        if not self.chooses and results is None and rows is None:
            return None
        from inspector.query.selection import Selection
        from inspector.tcp.summary import LISTED

        most = min(max(rows or 0, LISTED), _MOST_ROWS)
        return Selection(self.where, self.order, most, results, self.ports, self.exchanges)

    def prepare(self, captures: Sequence[str]) -> None:
        """Look at what is to be written while all is still allowed, and import what is still to come.

        For under `sudo` privileges are dropped next, and what is imported may lie where only root can read.
        """
        if self.chooses:
            import_module("inspector.query.selection")
        if self.out is None:
            return
        from inspector.export.formats import FORMATS, need_parquet
        from inspector.export.results import findings_path, is_known

        if not is_known(self.out):
            words = marked("--out: expected a file that ends in {endings}, found {file!r}")
            raise click.UsageError(shown(words, endings=joined(FORMATS), file=str(self.out)))
        if self.out.suffix.lower() == ".parquet":
            need_parquet()
        for path in (self.out, findings_path(self.out)):
            if any(_is_same(path, name) for name in captures):
                words = marked("--out: {file!r} is a capture that is read; it is not overwritten")
                raise click.UsageError(shown(words, file=str(path)))

    @property
    def chooses(self) -> bool:
        """Whether anything was asked but how many frames."""
        asks = self.where is not None or self.order is not None or self.out is not None
        return bool(asks or self.ports or self.exchanges)

    def results(self) -> AbstractContextManager[Results | None]:
        """The files to write, opened; without an error they are there when it is left."""
        if self.out is None:
            return nullcontext()
        from inspector.export.results import Results

        return Results(self.out)

    def told(self, results: Results | None) -> None:
        """Say what was written."""
        if results is None or self.out is None:
            return
        from inspector.export.results import findings_path
        from inspector.report.escape import safe_text

        connections, findings = results.rows
        name, other = (safe_text(str(path)) for path in (self.out, findings_path(self.out)))
        words = shown(
            "{connections} in {file}, {findings} in {other}",
            connections=shown_n("{n:,} connection", "{n:,} connections", connections),
            file=name,
            findings=shown_n("{n:,} finding", "{n:,} findings", findings),
            other=other,
        )
        tell(words)


def _is_same(path: Path, name: str) -> bool:
    try:
        return name != "-" and path.samefile(name)
    except OSError:  # one of them is not there
        return False


def asking_options(command: F) -> F:
    """Options of a command that takes `asked`."""

    @wraps(command)
    def with_asked(
        *arguments: Any, where: str | None, sort: str | None, out: str | None, frames: int | None, **others: Any
    ) -> Any:
        asked = Asked(_expression(where), _order(sort), Path(out) if out else None, frames)
        return command(*arguments, asked=asked, **others)

    for option in reversed(tuple(_options())):
        with_asked = option(with_asked)
    return with_asked  # type: ignore[return-value]  # it has the options in place of `asked`


def _options() -> Iterator[Callable[[Any], Any]]:
    yield click.option(
        "--where", metavar="EXPR", help="Only connections for which EXPR holds: 'handshake == \"refused\"'."
    )
    yield click.option("--sort", metavar="FIELD", help="Sort connections by FIELD; -FIELD: the greatest first.")
    yield click.option(
        "--out", metavar="FILE", help="Write connections to FILE (.csv, .jsonl, .parquet), findings beside it."
    )
    yield click.option("-c", "frames", type=click.IntRange(1), metavar="N", help="Stop after N frames.")
    yield click.option(
        "--fields", is_flag=True, is_eager=True, expose_value=False, callback=_tell_fields,
        help="List the fields of --where, --sort and --out.",
    )  # fmt: skip


def _expression(text: str | None) -> Node | None:
    if text is None:
        return None
    from inspector.query.parser import parse

    return parse(text)


def _order(text: str | None) -> Order | None:
    if text is None:
        return None
    from inspector.query.order import parse_order

    return parse_order(text)


def _tell_fields(ctx: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's signature
    if not asked or ctx.resilient_parsing:
        return
    from inspector.cli.environment import pick_colour, pick_unicode, pick_width
    from inspector.report.fields import render_fields

    print_text(render_fields(width=pick_width(), colour=pick_colour(), unicode=pick_unicode()))
    ctx.exit()
