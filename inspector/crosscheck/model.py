"""What a cross-check finds: counts of agreement, and every disagreement with both words and a reason. Frozen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.crosscheck.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ANALYSIS_PREFIX", "CrossCheck", "Disagreement", "Tally"]

ANALYSIS_PREFIX = "tcp.analysis."


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One field of one segment, or of one stream, of which tshark and we say different things."""

    frame: int
    """As we count; for a stream, the first in which both are there."""
    connection: int | None
    """Ours, by its number; None where we have none there."""
    field: str
    """`segment` (whether there is one), `flags`, `seq`, `ack`, `len`, `stream`, `completeness`, `handshake`, `close`,
    or one of `tcp.analysis.*`."""
    tshark: str
    """Its word; empty where it has none. So is ours. For a label: all the labels that it, or we, give the segment."""
    ours: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a field agreed. A label counts where either of both says it."""

    agreed: int = 0
    explained: int = 0
    unexplained: int = 0


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """One capture, read by both."""

    source: str
    """The capture's path as given."""
    tshark: tuple[int, ...]
    """The version that was asked."""
    frames: int
    segments: int
    """That both read."""
    connections: int
    """Ours."""
    tallies: Mapping[str, Tally]
    """By field, in the order in which they are told."""
    disagreements: tuple[Disagreement, ...]
    """In the order of their frames."""
    cut: str = ""
    """Why the capture was not read to its end by one of us; empty where both read all."""

    @property
    def unexplained(self) -> int:
        """How many disagreements nobody has explained."""
        return self.reasons[Reason.UNEXPLAINED]

    @property
    def reasons(self) -> Counter[Reason]:
        """How often each reason holds."""
        return Counter(each.reason for each in self.disagreements)
