"""How times, counts, sides, lists and rules are written; the same words in every report.

Times are integers to the last digit: a float would lose nanoseconds. How many there are of something is a phrase of its
own in each language: `shown_n("{n:,} segment", "{n:,} segments", number)`.
"""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING

from inspector.findings import Side
from inspector.language import shown, shown_n
from inspector.wire.row import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.wire.row import Row

__all__ = [
    "Clock",
    "by_side",
    "captured_in_words",
    "cited",
    "count",
    "duration",
    "either",
    "listed",
    "side_in_words",
    "strung",
    "unexplained_in_words",
]

_MILLISECOND = 1_000_000
_SECOND = 1_000_000_000
_SECTION = re.compile(r"RFC (?P<number>\d+) section (?P<section>[\d.]*\d)")


def count(number: int) -> str:
    """`173,760`."""
    return f"{number:,}"


def side_in_words(side: Side) -> str:
    """`originator`, `responder`."""
    return shown("responder") if side else shown("originator")


def by_side(what: str, side: Side) -> str:
    """`what`, and which end did it."""
    if side is Side.ORIGINATOR:
        return shown("{what}, by the originator", what=what)
    return shown("{what}, by the responder", what=what)


def captured_in_words(row: Row) -> str:
    """How much of a payload the snaplen left."""
    size = shown_n("{n:,} byte", "{n:,} bytes", row.payload_len)
    return shown("captured {captured} of {size}", captured=row.captured_len, size=size)


def unexplained_in_words(differences: int) -> str:
    """How many differences nobody has explained."""
    if not differences:
        return shown("no difference is unexplained")
    return shown_n("{n:,} difference unexplained", "{n:,} differences unexplained", differences)


def listed(parts: Iterable[str]) -> str:
    """`a, b, c`: each is shown already."""
    return shown(", ").join(parts)


def strung(parts: Iterable[str]) -> str:
    """`a, b, c`, of phrases where `listed` is of names: each is shown already."""
    return reduce(lambda fact, further: shown("{fact}, {further}", fact=fact, further=further), parts)


def either(parts: Iterable[str]) -> str:
    """`a or b or c`: each is shown already."""
    return shown(" or ").join(parts)


def cited(rule: str) -> str:
    """A rule as it is cited: `RFC 9293 section 3.5`."""
    return _SECTION.sub(lambda found: shown("RFC {number} section {section}", **found.groupdict()), shown(rule))


def duration(nanoseconds: int) -> str:
    """A length of time with a unit that suits it: `0.045 ms`, `12.345 s`."""
    if abs(nanoseconds) < _SECOND:
        return f"{_decimal(nanoseconds, _MILLISECOND, 3)} ms"
    return f"{_decimal(nanoseconds, _SECOND, 3)} s"


def _decimal(nanoseconds: int, unit: int, digits: int) -> str:
    """`nanoseconds` in `unit`, cut and not rounded: a time never reads later than it was."""
    whole, rest = divmod(abs(nanoseconds), unit)
    return f"{'-' if nanoseconds < 0 else ''}{whole:,}.{rest * 10**digits // unit:0{digits}d}"


class Clock:
    """Times since a start, all in one unit, so that a column can be compared by eye."""

    def __init__(self, start_ns: int, times_ns: Iterable[int]) -> None:
        known = [time for time in times_ns if time != NO_TIME]
        self._start = start_ns if start_ns != NO_TIME else min(known, default=0)
        longest = max((abs(time - self._start) for time in known), default=0)
        # Microseconds in either unit: three decimals of a millisecond, six of a second.
        in_ms = longest < 10 * _SECOND
        self.unit, self._scale, self._digits = ("ms", _MILLISECOND, 3) if in_ms else ("s", _SECOND, 6)

    def since_start(self, time_ns: int) -> str:
        """`12.345`, or `-` where the frame bears no time."""
        return "-" if time_ns == NO_TIME else _decimal(time_ns - self._start, self._scale, self._digits)

    def gap(self, earlier_ns: int, time_ns: int) -> str:
        """`+0.031` since the segment before; empty where either bears no time."""
        if NO_TIME in (earlier_ns, time_ns):
            return ""
        text = _decimal(time_ns - earlier_ns, self._scale, self._digits)
        return text if text.startswith("-") else f"+{text}"
