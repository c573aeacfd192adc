"""How grave a thing is, who is to blame for it, and how the one follows from the other.

* *error*: the verdict fails by it, and the exit code is 1. Somebody broke a rule of the protocol, or what was expected
  did not happen, or two witnesses contradict each other and nobody has written down why.
* *warning*: nobody broke a rule and the verdict stands, and yet it did not go its orderly course: something was lost,
  repeated, refused, cut off, or is not in the capture. Somebody should look.
* *note*: as it should be.

Who is to blame stands in `entries/` (of findings it is `findings.Blame`, and a test compares); how grave it is stands
nowhere: it follows from who is to blame, and is written down here only where the exit code says otherwise.
"""

from __future__ import annotations

from enum import StrEnum

from inspector.findings import Blame

__all__ = ["Blamed", "Severity", "severity_of"]


class Severity(StrEnum):
    """How grave, the least first."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class Blamed(StrEnum):
    """Who is to blame."""

    PEER = str(Blame.PEER)
    """Broke a rule of the protocol: a stack, or whoever made the segment."""
    CAPTURE = str(Blame.CAPTURE)
    """It happened otherwise, and the capture does not hold it so."""
    PATH = str(Blame.PATH)
    """The network: lost, repeated, overtaken, refused on the way."""
    PROGRAM = "program"
    """The stack did what it should; the program above it did not read, close or listen, or did what nobody expected."""
    NOBODY = "nobody"


_FAILS = frozenset({"difference", "verdict.differs", "kernel.unexplained", "cross-check.unexplained"})
"""Kinds and identifiers that make the exit code 1, though nobody broke a rule of the protocol."""


def severity_of(kind: str, identifier: str, blame: str) -> Severity:
    """How grave an entry is."""
    if blame == Blamed.PEER or not _FAILS.isdisjoint({kind, identifier}):
        return Severity.ERROR
    return Severity.NOTE if blame == Blamed.NOBODY else Severity.WARNING
