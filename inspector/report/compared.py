"""How an expected sequence fared with many conversations: a table of them, the nearest, and the sums.

The table has those that differ first, the nearest at the top; where one conversation is enough and there is one, those
that match come first. Its rows may be fewer than there were comparisons, and the sums are of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.expect.model import Kind, Transport
from inspector.language import marked, shown, shown_n
from inspector.report.differences import line_in_words
from inspector.report.page import Text
from inspector.report.tables import draw_table
from inspector.report.words import count
from inspector.tcp.model import Connection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.expect.model import Comparison, Difference, Sums
    from inspector.report.inspection import Inspection
    from inspector.report.page import Page
    from inspector.udp.model import Exchange

__all__ = ["compared_table", "nearest", "sums", "transport_of", "urgency_of"]

_NEAREST = 3

_FIRST_DIFFERENCES = {
    Kind.MISSING: marked("{place} is missing"),
    Kind.EXTRA: marked("frame {frame} is extra"),
    Kind.SWAPPED: marked("{place} came late"),
    Kind.CHANGED: marked("{place}, {field}"),
}


def transport_of(conversations: Sequence[Connection] | Sequence[Exchange]) -> Transport:
    """What they are, all of one kind."""
    return Transport.TCP if any(isinstance(each, Connection) for each in conversations) else Transport.UDP


def urgency_of(inspection: Inspection, transport: Transport) -> dict[int, tuple[bool, int, int]]:
    """In which order conversations are told of, by number: those that the verdict is about, the nearest first."""
    mine = [each for each in inspection.comparisons if each.transport is transport and each.connection is not None]
    good_first = inspection.one_is_enough and any(each.matched for each in mine)
    return {each.connection or 0: (each.matched != good_first, each.distance, each.connection or 0) for each in mine}


def compared_table(
    page: Page, inspection: Inspection, conversations: Sequence[Connection] | Sequence[Exchange], most: int | None
) -> int:
    """A row for each comparison of one of `conversations`, at most so many; how many there are."""
    by_number = {each.number: each for each in conversations}
    transport = transport_of(conversations)
    urgency = urgency_of(inspection, transport)
    mine = [each for each in inspection.comparisons if each.transport is transport and each.connection in by_number]
    mine.sort(key=lambda each: urgency[each.connection or 0])
    rows = [_row(page, each, by_number[each.connection or 0]) for each in mine[:most]]
    heads = (
        ("#", ">"), (shown("endpoints"), ""), (shown("outcome"), ""), (shown("distance"), ">"),
        (shown("first difference"), ""),
    )  # fmt: skip
    draw_table(page, heads, rows)
    return len(rows)


def _row(page: Page, comparison: Comparison, conversation: Connection | Exchange) -> tuple[Text | str, ...]:
    if isinstance(conversation, Connection):
        ends = conversation.originator.endpoint, conversation.responder.endpoint
    else:
        ends = conversation.originator, conversation.responder
    if comparison.matched:
        outcome = Text(f"{page.glyphs.good} {shown('as expected')}", "green")
    else:
        told = shown_n("{n:,} difference", "{n:,} differences", len(comparison.differences))
        outcome = Text(f"{page.glyphs.differs} {told}", "red")
    first = _in_a_word(comparison.differences[0]) if comparison.differences else ""
    distance = "" if comparison.matched else count(comparison.distance)
    return str(comparison.connection), f"{ends[0]}\n{ends[1]}", outcome, distance, first


def _in_a_word(difference: Difference) -> str:
    words, place = _FIRST_DIFFERENCES[difference.kind], line_in_words(difference)
    return shown(words, place=place, frame=difference.frame, field=difference.field)


def sums(page: Page, inspection: Inspection) -> None:
    """How many are as expected, of all."""
    for each in inspection.sums:
        name, good, total = each.name, count(each.matched), count(each.total)
        told = (
            shown("{name}: {good} of {total} connections as expected", name=name, good=good, total=total)
            if each.transport is Transport.TCP
            else shown("{name}: {good} of {total} exchanges as expected", name=name, good=good, total=total)
        )
        page.fact(shown("expected"), told, _style(each, one_is_enough=inspection.one_is_enough))
        if each.recorded:
            told = shown_n(
                "{n:,} of them by what was recorded of it, without its segments",
                "{n:,} of them by what was recorded of them, without their segments",
                each.recorded,
            )
            page.fact("", told, "dim")
        if each.untold:
            told = shown_n(
                "{n:,} could not be compared: its segments are too many to hold (--connection N opens one)",
                "{n:,} could not be compared: their segments are too many to hold (--connection N opens one)",
                each.untold,
            )
            page.fact("", told, "bold yellow")


def _style(each: Sums, *, one_is_enough: bool) -> str:
    is_good = each.matched > 0 if one_is_enough else each.matched == each.total
    return "" if is_good else "bold red"


def nearest(page: Page, inspection: Inspection) -> None:
    """Which of those that differ come nearest, and how far; nothing where there is no choice among them."""
    for transport in Transport:
        mine = [each for each in inspection.comparisons if each.transport is transport]
        differing = [each for each in mine if not each.matched and each.connection is not None]
        is_answered = inspection.one_is_enough and len(differing) < len(mine)
        if len(differing) < 2 or is_answered:
            continue
        differing.sort(key=lambda each: (each.distance, each.connection or 0))
        title = shown("nearest")
        for each in differing[:_NEAREST]:
            page.fact(title, _how_far(each))
            title = ""


def _how_far(comparison: Comparison) -> str:
    differences = shown_n("{n:,} difference", "{n:,} differences", len(comparison.differences))
    pattern = (
        marked("connection {number}: {differences}, distance {distance:,}")
        if comparison.transport is Transport.TCP
        else marked("exchange {number}: {differences}, distance {distance:,}")
    )
    return shown(pattern, number=comparison.connection, differences=differences, distance=comparison.distance)
