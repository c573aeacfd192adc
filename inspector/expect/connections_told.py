"""What is told of a file of connections beside the differences of each: which block found none, which is surplus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.expect.differences import NOTHING
from inspector.expect.model import Comparison, Difference, Kind
from inspector.expect.subject import Transport
from inspector.language import said, said_n

if TYPE_CHECKING:
    from inspector.expect.notation import ConnectionBlock
    from inspector.expect.subject import Subject

__all__ = ["broken_tie", "missing_block", "surplus"]


def missing_block(block: ConnectionBlock, comparison: Comparison) -> Difference:
    """No connection is as a block has it; `comparison` is the block's with nothing."""
    lines = len(comparison.differences)
    expected = said_n(
        "a connection as {name} has it, of {n:,} line",
        "a connection as {name} has it, of {n:,} lines",
        lines,
        name=block.name,
    )
    return Difference(Kind.MISSING, None, None, "connection", expected, NOTHING)


def broken_tie(block: ConnectionBlock, mine: Subject, theirs: Subject, what: str) -> Difference:
    """A connection that is as its block has it, and not where that puts it beside another: `endpoints`, `after`."""
    first, last = mine.events[0].frame, theirs.events[-1].frame
    if what == "endpoints":
        expected = said("{ends}, as {name} has them", ends=_ends(theirs), name=block.endpoints_of)
        return _changed(what, first, expected, _ends(mine))
    expected = said("after frame {frame}, the last of {name}", frame=last, name=block.after)
    return _changed(what, first, expected, said("frame {frame}", frame=first), f" || frame.number == {last}")


def _changed(field: str, frame: int, expected: str, actual: str, more: str = "") -> Difference:
    return Difference(Kind.CHANGED, None, frame, field, expected, actual, "", f"frame.number == {frame}{more}")


def _ends(subject: Subject) -> str:
    return said("{one} and {two}", one=subject.ends[0], two=subject.ends[1]) if subject.ends else said("unknown")


def surplus(subject: Subject, name: str, provokes: tuple[str, ...]) -> Comparison:
    """A connection that no block is about."""
    frame = subject.events[0].frame if subject.events else None
    count = said_n("{n:,} segment", "{n:,} segments", len(subject.events))
    if subject.transport is Transport.UDP:
        count = said_n("{n:,} datagram", "{n:,} datagrams", len(subject.events))
    actual = said("{count} between {ends}", count=count, ends=_ends(subject))
    nothing = said("no further connection")
    found = Difference(Kind.EXTRA, None, frame, "connection", nothing, actual, "", subject.display_filter)
    return Comparison(
        name,
        matched=False,
        differences=(found,),
        bindings=(),
        lines=(),
        connection=subject.number,
        provokes=provokes,
    )
