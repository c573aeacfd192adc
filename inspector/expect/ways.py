"""A way that is sought through a sequence, as far as it has come, and in which order such ways are gone.

A cost is one number: the price in units of `ONE`; below that how much of what is written of time it breaks, in units of
`LATE`; and below nothing the lines that matched. So one comparison orders all three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.expect.timing import marked_positions

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.expect.alignment import Trace
    from inspector.expect.automaton import Automaton
    from inspector.expect.evaluation import Bindings, Evaluation, Prepared

__all__ = [
    "FREE_OF_COST",
    "LATE",
    "ONE",
    "OWED",
    "Hypothesis",
    "agreeing",
    "forgotten",
    "only_bound",
    "owed",
    "rank_by",
    "used_after",
]

_LATE_BITS = 24
LATE = 1 << _LATE_BITS
"""The cost of one time that is broken."""
ONE = 1 << 40
"""The cost of a price of one."""
FREE_OF_COST = ONE // 2 + LATE // 2
"""What a way begins with: from here on the low digits may count below nothing."""
_LATEST = 1 << 62
"""After every event."""
OWED = -1
"""A use that is none: the length of missing data, which another line is to tell."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A way so far: its price, where it stands, what its symbols are, and its steps (linked backwards)."""

    cost: int
    position: int
    bindings: Bindings
    uses: tuple[int, ...]
    """For each symbol the fields that agree with it so far, which would be wrong if it were bound anew."""
    trace: Trace | None
    last: int = -1
    """The event of its last line; -1 where that is missing or came in another order, and times since say nothing."""


def rank_by(automaton: Automaton) -> Callable[[Hypothesis], object]:
    """What orders hypotheses: the cheapest first; where a `within` is written, of equal ones that of the latest line.

    For a time that is counted from it, that is the best, but for none at all; for a mark that stands right behind a
    line, the earliest.
    """
    if all(line is None or line.within_ns is None for line in automaton.lines):
        return lambda hypothesis: hypothesis.cost
    marked = marked_positions(automaton)

    def rank(hypothesis: Hypothesis) -> object:
        last = hypothesis.last if hypothesis.position in marked or hypothesis.last < 0 else _LATEST - hypothesis.last
        return hypothesis.cost >> _LATE_BITS, last, hypothesis.cost

    return rank


def used_after(line: Prepared, found: Evaluation, uses: tuple[int, ...]) -> tuple[int, ...]:
    """One more use for each symbol of a field that agrees."""
    counted = list(uses)
    for check in line.checks:
        if check.equation and check not in found.wrong:
            for symbol, _ in check.low[1]:
                counted[symbol] += 1
    return tuple(counted)


def agreeing(line: Prepared, found: Evaluation, before: Bindings) -> int:
    """How many equations agree, those apart that only told what a symbol is."""
    equations = sum(check.equation for check in line.checks) - sum(check.equation for check in found.wrong)
    told = sum(one is None and two is not None for one, two in zip(before, found.bindings, strict=True))
    return equations - found.unknown - told


def owed(line: Prepared | None, bindings: Bindings, uses: tuple[int, ...]) -> tuple[int, ...]:
    """Marks the length of data that are missing: whatever it comes to, it is not none."""
    if line is None or line.length < 0 or bindings[line.length] is not None:
        return uses
    return (*uses[: line.length], OWED, *uses[line.length + 1 :])


def only_bound(uses: tuple[int, ...], bindings: Bindings) -> tuple[int, ...]:
    """No uses of what was forgotten."""
    return tuple([0 if value is None else count for count, value in zip(uses, bindings, strict=True)])


def forgotten(bindings: Bindings, forget: int) -> Bindings:
    """The bindings without those symbols whose bits are set."""
    if not forget:
        return bindings
    return tuple(None if forget >> place & 1 else value for place, value in enumerate(bindings))
