"""What a comparison yields. The sequences themselves are in `expect.notation`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.findings import Side

from inspector.language import said

__all__ = ["Comparison", "Difference", "Kind"]


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
    block: str = ""
    """The block of a file of connections that this one was compared with; empty too where none is about it."""

    @property
    def title(self) -> str:
        """What a report calls it: the sequence, and the block of it."""
        if not self.block:
            return self.name
        return said("{name}, connection {block}", name=self.name, block=self.block)
