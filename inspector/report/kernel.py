"""The kernel's word in a report: its states on the ladder's time line, both paths side by side, and the reasons.

    CLOSED       = CLOSED            agreed
    TIME-WAIT    a CLOSED            differs, for the reason that is listed under `a`
    ESTABLISHED  ! SYN-SENT          differs, and nobody knows why (the sign is the page's own)
    CLOSED       .                   not met: the tables are a sample

Reasons have one letter each, the same in the whole report, and are told once, at its end.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from inspector.kernel.agreement import Agreement, Witness, agreements
from inspector.kernel.reasons import EXPLANATIONS, Reason
from inspector.language import marked, shown, shown_n
from inspector.report.page import Text, broken, pad
from inspector.report.words import listed, side_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from inspector.findings import Side
    from inspector.kernel.agreement import EndAgreement, Step
    from inspector.kernel.model import Testimony
    from inspector.kernel.paths import News
    from inspector.report.inspection import Inspection
    from inspector.report.page import Page
    from inspector.tcp.model import Connection

__all__ = ["KernelsWord", "PlacedNews"]

_STATE = 12
"""Cells of the longest state."""
_END = _STATE + 3 + _STATE
_NAME = 10
_WORDS = {
    Witness.TRACEPOINT: marked("by the tracepoint sock:inet_sock_set_state"),
    Witness.TABLES: marked("by the socket tables, a look at each frame"),
}


@dataclass(frozen=True, slots=True)
class PlacedNews:
    """A change of the kernel's, and before which of the connection's segments it is told."""

    index: int
    """Of the first segment after it."""
    side: Side
    words: str
    time_ns: int | None
    """None of a look at a table, which stands beside a frame and has no moment of its own."""


class KernelsWord:
    """What the kernel said of the connections of one inspection, ready to be told. Empty where it was not asked."""

    def __init__(self, inspection: Inspection) -> None:
        self.testimony: Testimony | None = inspection.kernel
        self.agreements: dict[int, Agreement] = {}
        if inspection.kernel is not None:
            found = agreements(inspection.connections, inspection.kernel)
            self.agreements = {each.connection: each for each in found}
        met = [step.reason for each in self.agreements.values() for end in each.ends for step in end.steps]
        known = dict.fromkeys(reason for reason in met if reason not in {None, Reason.UNEXPLAINED})
        self.letters = dict(zip(known, "abcdefghijklmnopqrstuvwxyz", strict=False))

    def news(self, connection: Connection) -> list[PlacedNews]:
        """The changes to tell in the ladder of `connection`, in their order."""
        agreement = self.agreements.get(connection.number)
        if agreement is None:
            return []
        placed = []
        for end in agreement.ends:
            from_table = end.witness is Witness.TABLES
            said = _traced_states(agreement, end.side) if from_table else ()
            who = marked("table: {state}") if said else marked("kernel: {state}")
            told = (news for news in end.news if not from_table or _is_new(news, said))
            placed += [_placed(news, connection, who) for news in told]
        return sorted(placed, key=lambda each: (each.index, each.time_ns is None, each.time_ns or 0))

    def paths(self, page: Page, connection: Connection) -> None:
        """Both paths of each end side by side; by the second witness in one line, where all is explained."""
        agreement = self.agreements.get(connection.number)
        if agreement is None:
            return
        by_witness = [[end for end in agreement.ends if end.witness is witness] for witness in Witness]
        for number, ends in enumerate(filter(None, by_witness)):
            words = shown(_WORDS[ends[0].witness])
            reasons = {reason for end in ends for reason in end.reasons}
            if number and Reason.UNEXPLAINED not in reasons:
                short = self._in_short(ends, reasons)
                page.fact("", shown("{witness}: {agreement}", witness=words, agreement=short))
            else:
                page.fact("" if number else shown("kernel"), words)
                self._table(page, ends)

    def _in_short(self, ends: Sequence[EndAgreement], reasons: Collection[Reason]) -> str:
        met = sum(end.agreed for end in ends)
        if not reasons:
            return shown_n("{n:,} state met, all as ours", "{n:,} states met, all as ours", met)
        differing = sum(end.reasons.total() for end in ends)
        letters = listed(letter for reason, letter in self.letters.items() if reason in reasons)
        return shown_n(
            "{n:,} state met, {agreed} as ours, {differing} not ({letters})",
            "{n:,} states met, {agreed} as ours, {differing} not ({letters})",
            met + differing,
            agreed=met,
            differing=differing,
            letters=letters,
        )

    def _table(self, page: Page, ends: Sequence[EndAgreement]) -> None:
        beside = page.width >= _NAME + 2 * _END + 3
        for group in (ends,) if beside else ((end,) for end in ends):
            indent = " " * (_NAME if page.width >= _NAME + _END else 0)
            for columns in zip_longest(*(self._column(page, end) for end in group), fillvalue=Text()):
                page.add(Text.assemble(indent, Text("   ").join(pad(column, _END) for column in columns)))

    def _column(self, page: Page, end: EndAgreement) -> Iterator[Text]:
        yield Text(side_in_words(end.side), "dim")
        heads = (pad(Text(shown("ours")), _STATE), pad(Text(shown("kernel")), _STATE))
        yield Text(heads[0].plain + "   " + heads[1].plain, "dim")
        if end.ambiguous:
            for line in broken(Text(shown("two sockets at once here have these endpoints")), _STATE * 2 + 1):
                line.stylize("yellow")
                yield line
        for step in end.steps:
            yield self._step(page, step)

    def _step(self, page: Page, step: Step) -> Text:
        if step.agrees:
            mark, style = "=", ""
        elif step.reason is None:
            mark, style = page.glyphs.bullet, "dim"
        elif step.reason is Reason.UNEXPLAINED:
            mark, style = page.glyphs.differs, "bold red"
        else:
            mark, style = self.letters[step.reason], "yellow"
        return Text(f"{step.ours:<{_STATE}} {mark} {step.kernel}", style)

    def total(self, page: Page) -> None:
        """How often both agreed, why they differed, and what could not be asked: among the last facts of a report."""
        if self.testimony is None:
            return
        ends = [end for each in self.agreements.values() for end in each.ends]
        agreed, differences = sum(end.agreed for end in ends), sum(end.reasons.total() for end in ends)
        if ends:
            unexplained = sum(each.unexplained for each in self.agreements.values())
            parts = [
                shown_n("{n:,} state as ours", "{n:,} states as ours", agreed),
                shown_n("{n:,} difference", "{n:,} differences", differences),
            ]
            if unexplained:
                parts.append(shown("{number} unexplained", number=unexplained))
            elif differences:
                parts.append(shown("explained"))
            mark = page.glyphs.differs if unexplained else page.glyphs.good
            page.fact(shown("kernel"), f"{mark} {listed(parts)}", "bold red" if unexplained else "")
        for reason, letter in self.letters.items():
            told = Text.assemble((f"{reason}{shown(': ')}", "bold"), shown(EXPLANATIONS[reason]))
            page.wrap(told, lead=f"        {letter} ", hang=" " * _NAME)
        for number, why in enumerate(filter(None, (self.testimony.untraced, self.testimony.unlooked))):
            of_tables = why == self.testimony.unlooked
            words = marked("not asked (tables): {reason}") if of_tables else marked("not asked (tracepoint): {reason}")
            page.fact("" if ends or number else shown("kernel"), shown(words, reason=shown(why)), "yellow")


def _traced_states(agreement: Agreement, side: Side) -> tuple[str, ...]:
    """What the tracepoint said of an end."""
    traced = [end for end in agreement.ends if end.witness is Witness.TRACEPOINT and end.side is side]
    return ("CLOSED", *(news.state for end in traced for news in end.news)) if traced else ()


def _is_new(news: News, said: Sequence[str]) -> bool:
    """Whether a look at a table says what the tracepoint does not: what is no socket, TIME-WAIT and a request."""
    is_request = news.state == "SYN-RECEIVED" and "SYN-SENT" not in said
    return is_request or news.state not in said


def _placed(news: News, connection: Connection, who: str) -> PlacedNews:
    rows = [traced.row for traced in connection.segments]
    words = shown(who, state=news.state)
    if news.frame is None:
        return PlacedNews(bisect_right([row.time_ns for row in rows], news.time_ns), news.side, words, news.time_ns)
    return PlacedNews(bisect_right([row.frame for row in rows], news.frame), news.side, words, None)
