"""`record`: a good capture becomes an expected sequence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inspector.cli.decoding import decoding_options
from inspector.cli.once import Once
from inspector.cli.output import ExitCode, tell
from inspector.cli.privilege import drop_privilege
from inspector.cli.sequence_text import deliver_sequence
from inspector.cli.speaking import Command
from inspector.cli.streams import STANDARD_INPUT, refuse_a_terminal, standard_input
from inspector.errors import NoSuchConnection, NothingToInspect
from inspector.language import joined, marked, said, shown, shown_n
from inspector.record.wish import Detail, Level, Wish
from inspector.report.escape import safe_text

if TYPE_CHECKING:
    from inspector.cli.decoding import Decoding
    from inspector.report.inspection import CaptureSummary, Inspection
    from inspector.tcp.model import Connection
    from inspector.udp.model import Exchange

__all__ = ["record"]

_LISTED = 6
"""Connections that an error names."""


@click.command(cls=Command)
@click.argument("file")
@click.option("--exact", is_flag=True, help="All flags, numbers, windows, options, states; strict.")
@click.option("--shape", is_flag=True, help="Who sends what, no numbers; data folded to `repeat`.")
@click.option(
    "--with",
    "details",
    multiple=True,
    type=click.Choice([str(detail) for detail in Detail]),
    help="Write these as well; may be repeated.",
)
@click.option("--connection", cls=Once, type=click.IntRange(1), metavar="N", help="Record TCP connection N alone.")
@click.option("--exchange", cls=Once, type=click.IntRange(1), metavar="N", help="Record UDP exchange N alone.")
@click.option("--title", cls=Once, metavar="TEXT", help="Of the sequence.")
@click.option("-o", "--output", cls=Once, metavar="FILE.seq", help="Write it there instead of to standard output.")
@click.option("--force", is_flag=True, help="Replace an output that exists.")
@decoding_options
def record(  # noqa: PLR0913 - the options of the command
    file: str,
    *,
    exact: bool,
    shape: bool,
    details: tuple[str, ...],
    connection: int | None,
    exchange: int | None,
    title: str | None,
    output: str | None,
    force: bool,
    decoding: Decoding,
) -> int:
    """Make an expected sequence of the connections of FILE (`-` is standard input), to be compared with other captures.

    \b
    inspector record good.pcapng -o good.seq
    inspector check other.pcapng --expect good.seq

    By default as on a board: which numbers are x, x+1, x+1+n; what is tolerated is left out. Several connections and
    exchanges become a block each, those that are alike one for all. What was recorded matches what it was recorded of.
    """  # noqa: D301 - the backspace leaves the examples as they are
    from inspector.expect.formatter import format_sequence
    from inspector.record.recorder import record as recorded
    from inspector.record.several import record_all

    if exact and shape:
        raise click.UsageError(shown("expected one of --exact and --shape, found both"))
    level = Level.EXACT if exact else Level.SHAPE if shape else Level.BOARD
    if details and level is Level.SHAPE:
        raise click.UsageError(shown("--shape has no numbers; expected it without --with"))
    if connection is not None and exchange is not None:
        raise click.UsageError(shown("expected one of --connection and --exchange, found both"))
    refuse_a_terminal([file], "record -")
    drop_privilege()
    chosen, capture = _chosen(file, decoding, connection, exchange)
    source = "standard input" if file == STANDARD_INPUT else safe_text(Path(file).name)
    title = safe_text(" ".join((title or "").split()))
    wish = Wish(level, frozenset(map(Detail, details)), source=source, title=title)
    sequence = recorded(chosen[0], wish) if len(chosen) == 1 else record_all(chosen, wish)
    lacks = _lacks(capture)
    if lacks:
        sequence = replace(sequence, about=(*sequence.about, *(safe_text(about) for _, about in lacks)))
    deliver_sequence(format_sequence(sequence), output, replaces=force)
    for words, _ in lacks:
        tell(f"{source}: {safe_text(shown(words))}")
    if sequence.provokes:
        kinds = joined(sequence.provokes)
        tell(shown("a rule was broken in what was recorded, and is expected to be from now on: {kinds}", kinds=kinds))
    return ExitCode.UNREADABLE if lacks else ExitCode.AS_EXPECTED


def _lacks(capture: CaptureSummary) -> list[tuple[str, str]]:
    """What could not be read, and so is not in the sequence: as whoever records it is told, and for its header."""
    lacks: list[tuple[str, str]] = []
    if skipped := capture.skipped:
        words = said("damaged, and what was skipped is not recorded: {what}", what=skipped)
        lacks.append((words, said("The capture is damaged, and this lacks what was skipped: {what}.", what=skipped)))
    if cut := capture.cut:
        words = said("cut, and what came behind is not recorded: {reason}", reason=cut)
        lacks.append((words, said("The capture is cut, and this lacks what came behind: {reason}.", reason=cut)))
    return lacks


def _chosen(
    file: str, decoding: Decoding, connection: int | None, exchange: int | None
) -> tuple[tuple[Connection | Exchange, ...], CaptureSummary]:
    """The one that was asked for, or all that there are; and what was read."""
    from inspector.choice.choosing import Choice
    from inspector.pipeline import KEEP_SEGMENTS, inspect, inspect_chosen
    from inspector.tcp.lifetimes import Limits

    source = standard_input() if file == STANDARD_INPUT else file
    with decoding.of(source, file) as (given, how):
        if connection is not None:
            inspection = inspect_chosen(given, Choice({connection}), name=file, limits=Limits(), **how)
            return inspection.connections[:1], inspection.capture
        inspection = inspect(given, name=file, keep=KEEP_SEGMENTS, limits=Limits(), **how)
    if exchange is not None:
        return (_exchange(inspection, exchange),), inspection.capture
    return _all_of(inspection), inspection.capture


def _exchange(inspection: Inspection, number: int) -> Exchange:
    for each in inspection.exchanges:
        if each.number == number:
            return each
    found = sum(inspection.exchange_outcomes.values())
    has = shown_n("the capture has {n:,} UDP exchange", "the capture has {n:,} UDP exchanges", found)
    raise NoSuchConnection(shown("{has}; found --exchange {number}", has=has, number=number))


def _all_of(inspection: Inspection) -> tuple[Connection | Exchange, ...]:
    """All that there are, if one file has room for them; else a line that lists some."""
    from inspector.expect.connections import MOST_SLOTS
    from inspector.pipeline import KEEP_SEGMENTS

    summary = inspection.summary
    connections = summary.connections if summary is not None else len(inspection.connections)
    exchanges = sum(inspection.exchange_outcomes.values())
    every: tuple[Connection | Exchange, ...] = (*inspection.connections, *inspection.exchanges)
    if not connections and not exchanges:
        raise NothingToInspect(shown("there is no TCP connection and no UDP exchange in it to record"))
    if connections + exchanges <= MOST_SLOTS and len(every) == connections + exchanges:
        return every
    named = [_named(each) for each in every[:_LISTED]]
    if (more := connections + exchanges - len(named)) > 0:
        named.append(shown_n("{n:,} more", "{n:,} more", more))
    listed = joined(named)
    words = marked(
        "expected --connection N or --exchange N, since a sequence is of {most:,} connections at most, and of a capture"
        " of {frames:,} frames at most; there are {listed}"
    )
    raise click.UsageError(shown(words, most=MOST_SLOTS, frames=KEEP_SEGMENTS, listed=listed))


def _named(each: Connection | Exchange) -> str:
    from inspector.tcp.model import Connection

    if isinstance(each, Connection):
        one, two = each.originator.endpoint, each.responder.endpoint
        return shown("connection {number} ({one} > {two})", number=each.number, one=one, two=two)
    one, two = each.originator, each.responder
    return shown("exchange {number} ({one} > {two})", number=each.number, one=one, two=two)
