"""What the wire's inhabitants did wrong, as values: shared by `tcp/` and `udp/`.

Two kinds are kept apart (the observer's humility, as connection trackers know it): a *peer* broke a
rule of the protocol, or the *capture* may simply not hold what happened. A third, the *path*, is
neither's fault: segments lost, repeated or overtaken.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

__all__ = ["Blame", "Finding", "Side"]


class Side(IntEnum):
    """Who sent it. Originator is who spoke first; never client or server, for both ends may be clients."""

    ORIGINATOR = 0
    RESPONDER = 1

    def __str__(self) -> str:
        return self.name.lower()

    @property
    def other(self) -> Side:
        """The opposite end."""
        return Side(1 - self)


class Blame(StrEnum):
    """Who is answerable for a finding."""

    PEER = "peer"
    CAPTURE = "capture"
    PATH = "path"

    @property
    def is_fault(self) -> bool:
        """Whether somebody broke a rule."""
        return self is Blame.PEER


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth saying about a segment, a datagram or a whole connection.

    `kind` is a stable identifier in kebab-case. `message` is one line that shows the sum where a
    number is wrong. `frame` counts from 1, or is None for the connection as a whole; `field`,
    `expected` and `actual` are given where a single number is wrong (raw values, not relative).
    """

    kind: str
    blame: Blame
    message: str
    rule: str = ""
    """The section that says so, for instance `RFC 9293 section 3.10.7.3`."""
    frame: int | None = None
    field: str = ""
    expected: int | None = None
    actual: int | None = None

    @property
    def is_fault(self) -> bool:
        """Whether somebody broke a rule, so that a run must not be called clean."""
        return self.blame.is_fault
