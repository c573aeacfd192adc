"""`check`: captures that already exist, compared with an expected sequence.

A sequence of TCP lines is compared with connections, one of UDP or ICMP lines with exchanges. Every one has to match,
unless `--any` says that one of each capture is enough. `--port` says which of both kinds are meant; `--connection` and
`--exchange` ask by the numbers that tables print, and those belong to one capture.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from inspector.cli.asking import asking_options
from inspector.cli.decoding import decoding_options
from inspector.cli.files import as_table, inspect_all, inspect_one, with_jobs, with_rosetta
from inspector.cli.lifetimes import lifetime_options
from inspector.cli.once import Once
from inspector.cli.one_connection import Wanted
from inspector.cli.output import report_options
from inspector.cli.sequence_text import read_sequence
from inspector.cli.speaking import Command
from inspector.cli.streams import STANDARD_INPUT, streams_of
from inspector.language import shown

if TYPE_CHECKING:
    from inspector.cli.asking import Asked
    from inspector.expect.notation import Sequence
    from inspector.tcp.lifetimes import Limits

__all__ = ["check"]

_NUMBER = click.IntRange(1)
_PORT = click.IntRange(0, 65535)


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True)
@click.option(
    "-e", "--expect", cls=Once, required=True, metavar="NAME|FILE", help="A sequence of the library, or a .seq file."
)
@click.option("--all", "every", is_flag=True, help="Every connection has to match (what is asked by default).")
@click.option("--any", "one_is_enough", is_flag=True, help="One connection of each capture that matches is enough.")
@click.option(
    "--connection", "connections", type=_NUMBER, multiple=True, metavar="N", help="Only connection N; may be repeated."
)
@click.option(
    "--exchange", "exchanges", type=_NUMBER, multiple=True, metavar="N", help="Only UDP exchange N; may be repeated."
)
@click.option(
    "--port", "ports", type=_PORT, multiple=True, metavar="N",
    help="Only connections and exchanges with an end on port N; may be repeated.",
)  # fmt: skip
@with_jobs
@with_rosetta
@asking_options
@as_table
@decoding_options
@lifetime_options
@report_options
def check(  # noqa: PLR0913 - the options that only this command has
    files: tuple[str, ...],
    *,
    expect: str,
    every: bool,
    one_is_enough: bool,
    connections: tuple[int, ...],
    exchanges: tuple[int, ...],
    ports: tuple[int, ...],
    asked: Asked,
    limits: Limits,
    **how: Any,
) -> int:
    """Compare captures with an expected sequence; exit code 1 if they differ.

    Every connection (for a UDP sequence: every exchange) has to match, unless --any says that one is enough; all
    differences are told at once, and how far each is from what was expected.
    """
    if every and one_is_enough:
        raise click.UsageError(shown("expected one of --all (every connection has to match) and --any (one is enough)"))
    _refuse_contradictions(files, connections, exchanges, ports, asked)
    if expect == STANDARD_INPUT and STANDARD_INPUT in files:
        raise click.UsageError(shown("expected a sequence or a capture on standard input, found both"))
    expected, streams = read_sequence(expect), streams_of(files, merge=False)
    _refuse_the_other_kind(expected, connections, exchanges)
    if connections:
        wanted = Wanted(connections, (), as_hex=False, most_bytes=0, saved=())
        how |= {"expected": expected, "asked": asked}
        return inspect_one(streams, wanted, limits, one_is_enough=one_is_enough, **how)
    asked = replace(asked, ports=frozenset(ports), exchanges=frozenset(exchanges))
    return inspect_all(streams, expected, limits, one_is_enough=one_is_enough, asked=asked, **how)


def _refuse_the_other_kind(expected: Sequence, connections: tuple[int, ...], exchanges: tuple[int, ...]) -> None:
    """A sequence of TCP lines says nothing of an exchange, one of UDP lines nothing of a connection."""
    if not connections and not exchanges:
        return
    from inspector.expect.comparison import Comparer
    from inspector.expect.model import Transport
    from inspector.expect.notation import connections_of

    if any(connections_of(expected.items)):
        return
    comparer = Comparer(expected)
    if comparer.expects_nothing:
        return
    if exchanges and Transport.UDP not in comparer.matchers:
        raise click.UsageError(
            shown("{sequence} has no UDP line; expected --connection, found --exchange", sequence=expected.name)
        )
    if connections and Transport.TCP not in comparer.matchers:
        raise click.UsageError(
            shown("{sequence} has no TCP line; expected --exchange, found --connection", sequence=expected.name)
        )


def _refuse_contradictions(
    files: tuple[str, ...],
    connections: tuple[int, ...],
    exchanges: tuple[int, ...],
    ports: tuple[int, ...],
    asked: Asked,
) -> None:
    """A number says which is meant: expected alone, and of one capture."""
    if not connections and not exchanges:
        return
    by_number = "--connection" if connections else "--exchange"
    if connections and exchanges:
        raise click.UsageError(shown("expected one of --connection and --exchange: a connection is no exchange"))
    if ports or asked.chooses:
        raise click.UsageError(
            shown("{option} asks by number; expected no --port, --where, --sort or --out beside it", option=by_number)
        )
    if len(files) > 1:
        raise click.UsageError(
            shown(
                "{option} asks by number, and every capture has its own; expected one capture, found {captures}",
                option=by_number,
                captures=len(files),
            )
        )
