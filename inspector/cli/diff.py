"""`diff`: two captures against each other."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import click

from inspector.cli.decoding import decoding_options
from inspector.cli.environment import pick_colour, pick_unicode, pick_width
from inspector.cli.output import exit_code, print_json, print_text, report_options
from inspector.cli.privilege import drop_privilege
from inspector.cli.speaking import Command
from inspector.cli.streams import STANDARD_INPUT, refuse_a_terminal, standard_input
from inspector.errors import NoSuchConnection
from inspector.language import marked, shown
from inspector.report.escape import safe_text

if TYPE_CHECKING:
    from inspector.cli.decoding import Decoding
    from inspector.diff.model import Conversation, Diff
    from inspector.report.inspection import Inspection

__all__ = ["diff"]

_MOST_DRAWN = 8
_PAIR = re.compile(r"([1-9][0-9]{0,8}):([1-9][0-9]{0,8})")


def _numbers(_: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """`NA:NB`, as two numbers."""
    found = [_PAIR.fullmatch(each) for each in given]
    for each, match in zip(given, found, strict=True):
        if match is None:
            raise click.BadParameter(
                shown("expected NA:NB, a number of each capture, as in 1:1; found {value!r}", value=each), param=param
            )
    return tuple((int(match[1]), int(match[2])) for match in found if match)


@click.command(cls=Command)
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option(
    "--connection",
    "connections",
    metavar="NA:NB",
    callback=_numbers,
    multiple=True,
    help="Compare connection NA of A with NB of B.",
)
@click.option(
    "--exchange",
    "exchanges",
    metavar="NA:NB",
    callback=_numbers,
    multiple=True,
    help="Compare UDP exchange NA of A with NB of B.",
)
@decoding_options
@partial(report_options, json_help=marked("Print the report as JSON (schema inspector/diff/1)."))
def diff(  # noqa: PLR0913 - the options of the command
    first: str,
    second: str,
    *,
    connections: tuple[tuple[int, int], ...],
    exchanges: tuple[tuple[int, int], ...],
    decoding: Decoding,
    as_json: bool,
    absolute: bool,
    verbose: bool,
    narrate: bool,
    most: int | None,
) -> int:
    """Compare capture B with capture A: what is in one and not in the other, and what is not the same in both.

    One of them may be standard input (`-`).

    \b
    inspector diff client.pcapng server.pcapng
    ssh server cat server.pcapng | inspector diff client.pcapng -

    A connection that was captured at two places is known by its endpoints and initial numbers: which frames are in one
    capture only is told, and how far the clocks are apart. Others are compared in their order, with their numbers as
    sums. Exit code 0 if nothing differs, 1 otherwise.
    """  # noqa: D301 - the backspace leaves the examples as they are
    if first == second == STANDARD_INPUT:
        words = marked("expected two captures, found standard input twice: one of them has to be a file")
        raise click.UsageError(shown(words))
    refuse_a_terminal((first, second), "diff FILE -")
    drop_privilege()
    one, other = _inspected(first, decoding), _inspected(second, decoding)
    found = _compared(one, other, connections, exchanges)
    if as_json:
        from inspector.report.diff_json import diff_to_json

        print_json(diff_to_json(found, one, other))
    else:
        from inspector.report.diff import render_diff

        print_text(
            render_diff(
                found,
                one,
                other,
                width=pick_width(),
                colour=pick_colour(),
                unicode=pick_unicode(),
                absolute=absolute,
                verbose=verbose,
                narrate=narrate,
                max_connections=_MOST_DRAWN if most is None else most,
            )
        )
    from inspector.report.diff import diff_verdict

    is_incomplete = one.capture.is_incomplete or other.capture.is_incomplete
    return exit_code([(diff_verdict(found), is_incomplete)])


def _inspected(name: str, decoding: Decoding) -> Inspection:
    from inspector.pipeline import KEEP_SEGMENTS, inspect

    given = standard_input() if name == STANDARD_INPUT else name
    with decoding.of(given, name) as (source, how):
        inspection = inspect(source, name=name, **how)
    if inspection.capture.frames > KEEP_SEGMENTS:
        raise click.UsageError(
            shown(
                "{name} has more than {most:,} frames, expected fewer to be compared one by one: "
                "inspector replay FILE --save-connection N one.pcapng makes a capture of one connection",
                name=safe_text(name),
                most=KEEP_SEGMENTS,
            )
        )
    return inspection


def _compared(
    one: Inspection,
    other: Inspection,
    connections: tuple[tuple[int, int], ...],
    exchanges: tuple[tuple[int, int], ...],
) -> Diff:
    from inspector.diff.against import compare_pairs
    from inspector.diff.against import diff as compare_all
    from inspector.diff.model import Diff
    from inspector.diff.pairing import pair_of

    if not connections and not exchanges:
        return compare_all((*one.connections, *one.exchanges), (*other.connections, *other.exchanges))
    pairs = [
        pair_of(_numbered(one.connections, mine, "A"), _numbered(other.connections, theirs, "B"))
        for mine, theirs in connections
    ]
    pairs += [
        pair_of(_numbered(one.exchanges, mine, "A"), _numbered(other.exchanges, theirs, "B"))
        for mine, theirs in exchanges
    ]
    return Diff(compare_pairs(pairs), (), ())


def _numbered(those: tuple[Conversation, ...], number: int, of: str) -> Conversation:
    for each in those:
        if each.number == number:
            return each
    if not those:
        raise NoSuchConnection(shown("capture {of} has none of them; found number {number}", of=of, number=number))
    raise NoSuchConnection(
        shown(
            "expected a number from 1 to {most} of capture {of}, found {number}", most=len(those), of=of, number=number
        )
    )
