"""The table of agreement: over many runs, how often the kernel's states were ours, and why not where they were not.

Made from reports for programs (`json_report`): a run is a process of its own, and that is what it leaves.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from inspector.kernel.agreement import Witness
from inspector.kernel.reasons import EXPLANATIONS, Reason
from inspector.language import marked, shown, shown_n
from inspector.report.page import Page, Text
from inspector.report.tables import draw_table
from inspector.report.words import count, unexplained_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["table_of_agreement"]

_COLUMNS = (
    ("", ""), (marked("ends"), ">"), (marked("traced"), ">"), (marked("met in tables"), ">"),
    (marked("explained"), ">"), (marked("unexplained"), ">"),
)  # fmt: skip


def table_of_agreement(
    reports: Sequence[Mapping[str, Any]], *, width: int = 80, colour: bool = False, unicode: bool = True
) -> str:
    """A line for each run that heard the kernel, their sum, and the reasons with their counts.

    `traced` and `met in tables` are states that were the kernel's and ours, by the tracepoint and by the tables.
    """
    page = Page(width, unicode=unicode)
    heard = [(str(each["source"]).removeprefix("demo "), _ends(each)) for each in reports if "kernel" in each]
    heard = [(name, ends) for name, ends in heard if ends]
    everything = [end for _, ends in heard for end in ends]
    rows = [(name, count(_number(ends)), *_counted(page, ends)) for name, ends in heard]
    total = count(sum(_number(ends) for _, ends in heard))
    heads = [(shown(name), alignment) for name, alignment in _COLUMNS]
    draw_table(page, heads, [*rows, (Text(shown("all"), "bold"), total, *_counted(page, everything))])
    page.blank()
    reasons = _reasons(everything)
    for reason, number in reasons.most_common():
        page.wrap(
            Text.assemble((f"{count(number)} {reason}{shown(': ')}", "bold"), shown(EXPLANATIONS[reason])), hang="  "
        )
    for why in dict.fromkeys(each["kernel"]["untraced"] for each in reports if "kernel" in each):
        if why:
            page.wrap(shown("the tracepoint was not asked: {reason}", reason=shown(why)), "yellow", hang="  ")
    _verdict(page, everything, reasons[Reason.UNEXPLAINED])
    return page.text(colour=colour)


def _ends(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [end for each in report["kernel"]["connections"] for end in each["ends"]]


def _reasons(ends: Sequence[Mapping[str, Any]]) -> Counter[Reason]:
    return Counter(Reason(step["reason"]) for end in ends for step in end["steps"] if step["reason"])


def _number(ends: Sequence[Mapping[str, Any]]) -> int:
    """How many ends of one run there are, by whichever witness heard more of them."""
    return max(Counter(end["witness"] for end in ends).values())


def _counted(page: Page, ends: Sequence[Mapping[str, Any]]) -> list[Text | str]:
    reasons = _reasons(ends)
    unexplained = reasons[Reason.UNEXPLAINED]
    by_witness = [[end for end in ends if end["witness"] == witness] for witness in Witness]
    return [
        *(count(sum(map(_agreed, mine))) if mine else page.glyphs.bullet for mine in by_witness),
        count(reasons.total() - unexplained),
        Text(count(unexplained), "bold red" if unexplained else ""),
    ]


def _agreed(end: Mapping[str, Any]) -> int:
    return sum(step["ours"] == step["kernel"] for step in end["steps"])


def _verdict(page: Page, ends: Sequence[Mapping[str, Any]], unexplained: int) -> None:
    ambiguous = sum(end["ambiguous"] for end in ends)
    if ambiguous:
        words = shown_n(
            "{n:,} end could not be compared: two sockets at once had their endpoints",
            "{n:,} ends could not be compared: two sockets at once had their endpoints",
            ambiguous,
        )
        page.wrap(words, "yellow")
    page.blank()
    page.wrap(unexplained_in_words(unexplained), "bold red" if unexplained else "bold")
