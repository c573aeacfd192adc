"""The whole result of one inspection: what every report is made from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from inspector.expect.model import sums_of
from inspector.language import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspector.expect.model import Comparison, Sums
    from inspector.findings import Finding
    from inspector.kernel.model import Testimony
    from inspector.tcp.model import Connection
    from inspector.tcp.summary import Summary
    from inspector.udp.model import Exchange, Outcome
    from inspector.udp.summary import ExchangeSum
    from inspector.wire.origins import Origins

__all__ = ["CaptureSummary", "CapturedFile", "Inspection", "Message", "Selected", "Verdict"]


class Verdict(StrEnum):
    """The one word at the end."""

    AS_EXPECTED = marked("as-expected")
    DIFFERS = marked("differs")
    """From the expected sequence."""
    FINDINGS = marked("findings")
    """As expected or nothing expected, but somebody broke a rule."""
    NO_FINDINGS = marked("no-findings")
    """Nothing was expected, and nobody broke a rule."""
    NOTHING = marked("nothing-to-inspect")

    @property
    def is_good(self) -> bool:
        """Whether there is nothing to mend."""
        return self in {Verdict.AS_EXPECTED, Verdict.NO_FINDINGS}


class CapturedFile(NamedTuple):
    """One of several files that were read as one stream."""

    name: str
    frames: int
    dropped: int | None
    cut: str
    unread: str
    """Why it could not be read; empty where it could."""


@dataclass(frozen=True, slots=True)
class CaptureSummary:
    """What was read, and what was lost on the way: loss is never silent."""

    frames: int
    dropped: int | None
    """By the kernel, as the capture says; None where it does not say."""
    duplicates: int
    undecoded: int
    truncated: int
    undecoded_reasons: tuple[tuple[str, int], ...] = ()
    passed_over: tuple[tuple[str, int], ...] = ()
    """Healthy frames of kinds that are not inspected (ARP, ICMP echo, fragments on their way), by kind."""
    cut: str = ""
    """Where and why reading stopped early; empty for a whole file."""
    skipped: str = ""
    """What was damaged in the middle, and passed over; empty where nothing was."""
    artefacts: tuple[tuple[str, int], ...] = ()
    """What the capturing did to the capture (`report.artefacts`): what frames are, and how many."""
    selected_by: str = ""
    """The display filter by which frames were chosen, `frames` being those; empty where all were inspected."""
    read: int = 0
    """With it: how many there were to choose from."""
    stopped: bool = False
    """Whether reading was to stop after so many frames, and did (`-c`)."""
    undrained: str = ""
    """What was still under way when a live capture was ended; empty where all had come to rest."""
    files: tuple[CapturedFile, ...] = ()
    """Those that were read as one stream, in the order in which they were named; empty for a single capture."""

    @property
    def is_incomplete(self) -> bool:
        """Whether something that the input holds, or should hold, could not be read."""
        return bool(self.cut or self.skipped or any(file.unread for file in self.files))

    @property
    def is_lossy(self) -> bool:
        """Whether something that was on the wire may be missing. Duplicates and truncated payload lose no segment."""
        return bool(self.dropped or self.undecoded or self.is_incomplete)


@dataclass(frozen=True, slots=True)
class Message:
    """What a program of a demo said it sent or received, to be shown beside the segment that carried it.

    In the order in which the programs spoke, the n-th `sent` of a role is its n-th write on the wire.
    """

    role: str
    """`client` or `server`, with a number where there are several (`client 2`)."""
    text: str
    """Hostile: it may hold whatever a peer sent."""
    verb: str = "note"
    """`sent`, `received`, or `note` for what is tied to no segment."""
    size: int = 0
    """Bytes of what was sent or received, without headers; 0 where not known."""


@dataclass(frozen=True, slots=True)
class Selected:
    """What was asked for, and how much of the capture that is: all else in an inspection is about it."""

    chosen: int
    """Connections."""
    of: int
    where: str = ""
    """The expression, as it was understood; empty where all were asked for."""
    order: str = ""
    """The field that they are sorted by, `-` before it for the greatest first; empty for their own order."""
    exchanges: int = 0
    """UDP exchanges that were left out, since an expression asks for connections."""
    ports: tuple[int, ...] = ()
    """Where only some ports were asked for: these."""
    there: tuple[tuple[int, int], ...] = ()
    """Where nobody has one of them: the responders' ports and how many conversations each has, the most first."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything that a report may show."""

    source: str
    """The capture's path as given, or `demo tcp-hello`."""
    capture: CaptureSummary
    connections: tuple[Connection, ...]
    exchanges: tuple[Exchange, ...]
    comparisons: tuple[Comparison, ...]
    verdict: Verdict
    summary: Summary | None = None
    """Where there were too many connections to keep: what all of them came to, and `connections` is empty."""
    exchange_sum: ExchangeSum | None = None
    """The same of exchanges, of which `exchanges` has the first only."""
    title: str = ""
    differs: str = ""
    """How it is said that something differs, where nothing was expected but another capture."""
    saved_to: str = ""
    messages: tuple[Message, ...] = ()
    """In the order in which the programs spoke."""
    payloads: dict[int, bytes] = field(default_factory=dict)
    """Captured payload by frame number, for the segments that are shown; hostile data."""
    comments: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """What the capture says of a frame (pcapng `opt_comment`), by frame number; hostile data."""
    origins: Origins | None = None
    """Where frames lie in `capture.files`, if several were read as one stream."""
    kernel: Testimony | None = None
    """What the kernel said of the states of its sockets, in a live run that asked it."""
    selected: Selected | None = None
    """Where not all was asked for, or in another order."""
    lesson: tuple[str, ...] = ()
    """What a demo wants seen: a few lines that close its report."""
    chosen_of: int | None = None
    """Where only some connections were asked for: how many the capture has."""
    one_is_enough: bool = False
    """Whether one conversation as expected is enough, and not every one has to be (`check --any`)."""
    counted: tuple[Sums, ...] = ()
    """How all comparisons came out, where `comparisons` has only some of them (a large capture)."""

    @property
    def sums(self) -> tuple[Sums, ...]:
        """How all comparisons came out, for each transport; empty where nothing was expected."""
        return self.counted or sums_of(self.comparisons)

    @property
    def exchange_outcomes(self) -> Mapping[Outcome, int]:
        """How many exchanges went in which way, those that were not kept among them."""
        return self.exchange_sum.outcomes if self.exchange_sum else Counter(each.outcome for each in self.exchanges)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings of all conversations."""
        of_tcp = [finding for each in self.connections for finding in each.findings]
        return (*of_tcp, *(finding for each in self.exchanges for finding in each.findings))
