"""What a comparison yields. The sequences themselves are in `expect.notation`."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as made_by
from enum import StrEnum
from typing import TYPE_CHECKING

from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.expect.notation import SourceLine
    from inspector.findings import Side

__all__ = ["Comparison", "Difference", "Kind", "Sums", "Transport", "place_of", "sums_of"]


class Transport(StrEnum):
    """What a sequence or a subject is made of."""

    TCP = "TCP"
    UDP = "UDP"


class Kind(StrEnum):
    """The ways in which what happened may differ from what was expected."""

    MISSING = "missing"
    EXTRA = "extra"
    SWAPPED = "swapped"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; a changed segment gives one for each wrong field.

    `expected` and `actual` are text in the notation with raw numbers and the sum beside the symbols
    (`x+1 = 1000+1 = 1001`). `line` counts the expected lines from 1, `frame` is the capture's.
    """

    kind: Kind
    line: int | None
    frame: int | None
    field: str
    """`flags`, `seq`, `ack`, `len` ...; empty where the whole line is missing, extra or swapped."""
    expected: str
    actual: str
    rule: str = ""
    """The RFC section that says so, where one does."""
    display_filter: str = ""
    """A Wireshark display filter that shows it."""
    part: str = ""
    """The named part of the sequence that its line lies in: `close`, or `close/first` within another."""
    sender: Side | None = None
    """Who should have sent a line that is missing."""
    written_at: SourceLine | None = made_by(default=None, compare=False)
    """Where its line stands."""
    is_of_capture: bool = False
    """Whether its line is a frame of another capture, which is named: the number of the line tells nothing."""


def place_of(number: int, written_at: SourceLine | None) -> str:
    """How its reader finds an expected line: `mine.seq:7` in a file of theirs, else by its number."""
    if written_at is not None and written_at.is_own:
        return str(written_at)
    return said("line {line}", line=number)


@dataclass(frozen=True, slots=True)
class Comparison:
    """An expected sequence against what one connection or exchange did."""

    name: str
    matched: bool
    differences: tuple[Difference, ...]
    bindings: tuple[tuple[str, int], ...]
    """Symbols and the raw numbers they stand for, in order of their binding."""
    lines: tuple[tuple[int, int], ...]
    """`(expected line, frame)` of the lines that found their segment, differing or not."""
    notes: tuple[str, ...] = ()
    """What was tolerated and is worth saying: retransmissions, capture duplicates."""
    connection: int | None = None
    """Number of the connection or exchange compared."""
    expects_nothing: bool = False
    """Whether the sequence says that nothing is seen at all; then a capture without frames is as expected."""
    provokes: tuple[str, ...] = ()
    """Kinds of findings that belong to what was expected, and are no fault here."""
    distance: int = 0
    """How far it is from what was expected: what the differences cost together, in the prices by which the nearest way
    was found (`evaluation`): 10 for a segment that is missing or extra, 12 for one with a wrong flag, 6 for a wrong
    number or a segment that came too late, 9 for two in the other order, 1 for a wrong state. 0 where it matches, and
    only there."""
    transport: Transport = Transport.TCP
    """Whether `connection` numbers a connection or, for UDP, an exchange."""
    block: str = ""
    """The block of a file of connections that this one was compared with; empty too where none is about it."""

    @property
    def title(self) -> str:
        """What a report calls it: the sequence, and the block of it."""
        if not self.block:
            return self.name
        return said("{name}, connection {block}", name=self.name, block=self.block)


@dataclass(frozen=True, slots=True)
class Sums:
    """How an expected sequence fared with the conversations of one transport, however many there were."""

    name: str
    transport: Transport
    matched: int
    differing: int
    recorded: int = 0
    """Of both: decided from what was recorded of a connection, without its segments."""
    untold: int = 0
    """Connections that could not be compared: their segments were too many to hold, or to compare."""
    provokes: tuple[str, ...] = ()
    """As in a comparison."""
    fewest_faults: int = 0
    """Of those that matched, where not all of them are kept."""

    @property
    def total(self) -> int:
        """All that had to match."""
        return self.matched + self.differing + self.untold


def sums_of(comparisons: Iterable[Comparison]) -> tuple[Sums, ...]:
    """How many matched, for each sequence and transport, in the order of their first comparison."""
    counted: dict[tuple[str, Transport], list[int]] = {}
    for each in comparisons:
        counted.setdefault((each.name, each.transport), [0, 0])[each.matched] += 1
    return tuple(Sums(*key, matched, differing) for key, (differing, matched) in counted.items())
