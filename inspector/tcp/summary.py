"""A capture of any size in numbers: what all its connections came to, with examples.

`Summary.take` gets connections by columns (`account`), some at a time and in no particular order, adds them up and lets
go of them; so its memory follows what is told, and neither connections nor frames. The sum does not depend on how the
connections were dealt out, with one exception that is bounded: of more than 65,536 endpoints with trouble,
those that had the least are forgotten.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inspector.findings import Blame
from inspector.tcp.account import CLOSES, CONN_STATES, HANDSHAKES, distinct
from inspector.tcp.judgement import KINDS, RULES
from inspector.tcp.lifetimes import Ended
from inspector.tcp.model import Handshake
from inspector.tcp.spans import Spans
from inspector.wire.row import Endpoint, address_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from inspector.findings import Finding
    from inspector.tcp.model import Connection

__all__ = ["EXAMPLES", "LISTED", "Example", "Kind", "Listed", "Summary"]

EXAMPLES = 3
"""Examples of each kind of finding: the first in the capture."""
LISTED = 40
"""Connections that are kept as objects: the first, and as many of the worst."""
_MOST_ENDPOINTS = 65_536

_TROUBLE = (Handshake.UNANSWERED, Handshake.REFUSED, Handshake.RESET, Handshake.HALF_OPEN)
_BLAMES = {rule.kind: rule.blame for rule in RULES}


@dataclass(frozen=True, slots=True)
class Example:
    """One finding, and whose it is."""

    connection: int
    originator: Endpoint
    responder: Endpoint
    finding: Finding


@dataclass(frozen=True, slots=True)
class Listed:
    """A connection that is told of by itself."""

    connection: Connection
    """Without segments, and with its first findings only."""
    findings: int
    faults: int

    @property
    def rank(self) -> tuple[int, int]:
        """The worst first: most faults, then their order."""
        return -self.faults, self.connection.number


@dataclass(slots=True)
class Kind:
    """How often a kind of finding occurred."""

    blame: Blame
    findings: int = 0
    connections: int = 0
    examples: list[Example] = field(default_factory=list)

    def wants(self, frame: int) -> bool:
        """Whether an example at `frame` would be among the first."""
        return len(self.examples) < EXAMPLES or frame < (self.examples[-1].finding.frame or 0)

    def show(self, example: Example) -> None:
        """Keep the example, if it is among the first."""
        self.examples.append(example)
        self.examples.sort(key=lambda one: one.finding.frame or 0)
        del self.examples[EXAMPLES:]


@dataclass(slots=True)
class Summary:
    """The sum of all connections."""

    rows: int = LISTED
    """Connections that are kept as objects, of each sort."""
    of: int = 0
    """Connections that there were, whether they were chosen or not ..."""
    connections: int = 0
    """... and those that were, which all that follows is about."""
    segments: int = 0
    payload_bytes: int = 0
    retransmissions: int = 0
    handshakes: Counter[Handshake] = field(default_factory=Counter)
    closes: Counter[Any] = field(default_factory=Counter)
    conn_states: Counter[Any] = field(default_factory=Counter)
    ended: Counter[int] = field(default_factory=Counter)
    """By `Ended`."""
    kinds: dict[str, Kind] = field(default_factory=dict)
    findings: int = 0
    faults: int = 0
    syn_to_syn_ack: Spans = field(default_factory=Spans)
    syn_ack_to_ack: Spans = field(default_factory=Spans)
    repeated_syns: int = 0
    repeaters: int = 0
    """Connections with a repeated SYN."""
    refused_ports: Counter[int] = field(default_factory=Counter)
    troubled: Counter[tuple[int, int, int, int]] = field(default_factory=Counter)
    """Responders by how many of their connections did not open or had a fault: `(version, high, low, port)`."""
    first: list[Listed] = field(default_factory=list)
    worst: list[Listed] = field(default_factory=list)
    """Those with faults: most faults first, then in their order."""
    untold: int = 0
    """Segments with findings that are counted, and of which nothing more is told: there were too many to hold."""
    ranked: list[Listed] = field(default_factory=list)
    """The first in the order that was asked for, if one was."""

    @property
    def evicted(self) -> int:
        """Connections that left the table for want of room, and may have gone on."""
        return self.ended[Ended.CROWDED]

    def endpoints_with_trouble(self, most: int) -> list[tuple[Endpoint, int]]:
        """Responders with the most connections that did not open or had a fault."""
        ranked = sorted(self.troubled.items(), key=lambda each: (-each[1], each[0]))[:most]
        return [(Endpoint(address_text(*key[:3]), key[3]), number) for key, number in ranked]

    def kind(self, kind: str) -> Kind:
        """The entry of a kind of finding."""
        return self.kinds.setdefault(kind, Kind(_BLAMES.get(kind, Blame.CAPTURE)))

    def take(self, accounts: np.ndarray[Any, Any]) -> None:
        """Add some connections."""
        self.connections += len(accounts)
        for column in ("segments", "bytes", "retransmissions"):
            name = "payload_bytes" if column == "bytes" else column
            both = int(accounts[f"orig_{column}"].sum()) + int(accounts[f"resp_{column}"].sum())
            setattr(self, name, getattr(self, name) + both)
        _count(self.handshakes, accounts["handshake"], HANDSHAKES)
        _count(self.closes, accounts["close"], CLOSES)
        _count(self.conn_states, accounts["conn_state"], CONN_STATES)
        _count(self.ended, accounts["ended"], range(256))
        self.findings += int(accounts["findings"].sum())
        self.faults += int(accounts["faults"].sum())
        self.syn_to_syn_ack.add(accounts["syn_to_syn_ack_ns"])
        self.syn_ack_to_ack.add(accounts["syn_ack_to_ack_ns"])
        self.repeated_syns += int(accounts["repeated_syns"].sum())
        self.repeaters += int((accounts["repeated_syns"] > 0).sum())
        self._take_kinds(accounts)
        self._take_trouble(accounts)

    def _take_kinds(self, accounts: np.ndarray[Any, Any]) -> None:
        found = accounts["kinds"][accounts["kinds"] != 0]
        for position, kind in enumerate(KINDS):
            number = int((found >> position & 1).sum()) if len(found) else 0
            if number:
                self.kind(kind).connections += number

    def _take_trouble(self, accounts: np.ndarray[Any, Any]) -> None:
        import numpy as np

        refused = accounts["handshake"] == HANDSHAKES.index(Handshake.REFUSED)
        _count(self.refused_ports, accounts["resp_port"][refused], range(65_536))
        codes = [HANDSHAKES.index(each) for each in _TROUBLE]
        troubled = np.isin(accounts["handshake"], codes) | (accounts["faults"] > 0)
        columns = [accounts[name][troubled] for name in ("version", "resp_hi", "resp_lo", "resp_port")]
        examples, which = distinct(columns)
        keys = zip(*(column[examples].tolist() for column in columns), strict=True)
        for key, number in zip(keys, np.bincount(which).tolist(), strict=True):
            self.troubled[key] += number
        if len(self.troubled) > _MOST_ENDPOINTS:
            self.troubled = Counter(dict(self.troubled.most_common(_MOST_ENDPOINTS // 2)))

    def wants(self, number: int, faults: int) -> bool:
        """Whether the connection would be among those that are kept as objects."""
        if len(self.first) < self.rows or number < self.first[-1].connection.number:
            return True
        return faults > 0 and (len(self.worst) < self.rows or (-faults, number) < self.worst[-1].rank)

    def keep(self, listed: Listed) -> None:
        """Keep a connection as an object, where it belongs."""
        self.first.append(listed)
        self.first.sort(key=lambda one: one.connection.number)
        del self.first[self.rows :]
        if listed.faults:
            self.worst.append(listed)
            self.worst.sort(key=lambda one: one.rank)
            del self.worst[self.rows :]


def _count(counter: Counter[Any], column: np.ndarray[Any, Any], words: Sequence[Any]) -> None:
    import numpy as np

    counts = np.bincount(column)
    for code in counts.nonzero()[0].tolist():
        counter[words[code]] += int(counts[code])
