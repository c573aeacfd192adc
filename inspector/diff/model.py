"""What a comparison of two captures yields. They are called A, which is the expectation, and B."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.expect.model import Comparison, Difference
    from inspector.tcp.model import Connection
    from inspector.udp.model import Exchange

    Conversation = Connection | Exchange

__all__ = ["Clocks", "Compared", "Diff", "Pair", "Placed"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A conversation of A, and the one of B with which it is compared."""

    one: Conversation
    other: Conversation
    is_same: bool
    """Whether both are one and the same, seen at two places or twice."""
    mirrored: bool = False
    """Whether the originator of one is the responder of the other."""
    is_translated: bool = False
    """Whether both are the same though their endpoints are not: some box on the way has translated them."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A difference with its places in both captures."""

    difference: Difference
    frame_a: int | None
    frame_b: int | None
    what: str
    """The segment or datagram in a word or two: `SYN`, `FIN,ACK`, `ICMP port-unreachable`."""
    is_lost: bool = False
    """Whether the capture that has it says itself that it was dropped on its way."""
    has_passed: bool = False
    """Whether the capture that has it not says itself, by an acknowledgment, that it did pass there."""
    copy_of: int | None = None
    """The frame of the same capture that is the same datagram: somebody on the way has doubled it."""
    part: tuple[int, int] | None = None
    """The first and the last of its sequence numbers, where it is about a part of the frame's data."""
    elsewhere: int | None = None
    """The frame of the other capture that it is after all: there it is a part of another connection."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of two places where one conversation was seen."""

    ahead_ns: int
    """How far B's is ahead of A's."""
    way_ns: int | None
    """How long a frame takes between them, both ways taken to be alike; None where frames went one way only."""
    frames: int
    """By how many frames."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A pair, compared."""

    pair: Pair
    comparison: Comparison
    placed: tuple[Placed, ...]
    clocks: Clocks | None
    last: tuple[int, int] = (0, 0)
    """The last frames of A and of B that were found in the other; 0 where none was."""


@dataclass(frozen=True, slots=True)
class Diff:
    """Two captures, compared."""

    pairs: tuple[Compared, ...]
    only_a: tuple[Conversation, ...]
    only_b: tuple[Conversation, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to compare."""
        return not (self.pairs or self.only_a or self.only_b)

    @property
    def differs(self) -> bool:
        """Whether anything differs."""
        return bool(self.only_a or self.only_b) or any(not each.comparison.matched for each in self.pairs)
