"""An alignment: the steps of a way through a sequence and what happened, as `matching` finds and `reading` reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from inspector.expect.evaluation import Bindings

__all__ = ["Alignment", "Move", "Step", "Trace", "steps_of"]


class Move:
    """What a step of the alignment did (plain strings, they are only compared)."""

    MATCH = "match"
    MISSING = "missing"
    EXTRA = "extra"
    SWAP_FIRST = "swap-first"
    SWAP_SECOND = "swap-second"
    FREE = "free"
    """The way entered a `...`: the events up to the next step are its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the alignment, `position` being where it leads and `event` an index, or -1."""

    move: str
    position: int
    event: int
    forget: int = 0


class Alignment(NamedTuple):
    """The cheapest way through a sequence and a subject, and its price."""

    steps: list[Step]
    bindings: Bindings
    """What it takes the symbols to be at its end."""
    cost: int
    """The sum of the prices of `evaluation`: 0 where nothing is wrong."""


Trace = tuple["Trace | None", Step]
"""A way so far: its last step, and the way before that."""


def steps_of(trace: Trace | None) -> list[Step]:
    """The steps of a way, first to last."""
    steps = []
    while trace is not None:
        before, step = trace
        steps.append(step)
        trace = before
    return steps[::-1]
