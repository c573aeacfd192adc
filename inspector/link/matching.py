"""Which rule acts on a frame: what the wire remembers of its connections, and how often each rule has matched.

A frame is decoded by `wire.decode` like every other. Of each direction the wire remembers two numbers, the initial
sequence number and the end of the FIN, since `ACK of SYN` and `ACK of FIN` are sums of them (RFC 9293 section 3.4).
It tracks no state: what a segment means is `tcp/`'s.

Frames that are no datagrams of the programs (ARP, IPv6 neighbour and listener discovery) match nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inspector.link.script import Kind
from inspector.wire.decode import decode_frame
from inspector.wire.row import Flag, Fragment, Protocol

if TYPE_CHECKING:
    from inspector.link.script import Rule, Script, What
    from inspector.wire.frame import Frame
    from inspector.wire.row import Endpoint, Row

__all__ = ["Matcher", "Seen", "Watch", "is_infrastructure"]

_MODULUS = 1 << 32
_DISCOVERY = frozenset({130, 131, 132, 133, 134, 135, 136, 137, 143})
"""ICMPv6: listener and neighbour discovery (RFC 2710, RFC 3810, RFC 4861)."""
_MARKS = Flag.SYN | Flag.FIN | Flag.RST


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame as the rules see it: what it is, and who sent it."""

    kinds: frozenset[Kind]
    sender: str

    def fits(self, what: What) -> bool:
        """Whether the frame is a `what`."""
        return what.kind in self.kinds and what.sender in {"", self.sender}


@dataclass(slots=True)
class Watch:
    """What a held frame waits for."""

    what: What
    not_from: str
    left: int

    def is_over(self, seen: Seen) -> bool:
        """Count `seen`; whether the waiting has come to its end."""
        if seen.fits(self.what) and (self.what.sender or seen.sender != self.not_from):
            self.left -= 1
        return self.left <= 0


@dataclass(slots=True)
class _Direction:
    """What one endpoint has sent to another."""

    syn: int | None = None
    after_fin: int | None = None


@dataclass(slots=True)
class Matcher:
    """The rules of a script, and what has been seen so far."""

    script: Script
    acted: set[int] = field(default_factory=set)
    """Which rules, by their place in the script, have acted."""
    _matches: dict[int, int] = field(default_factory=dict)
    _directions: dict[tuple[Endpoint, Endpoint], _Direction] = field(default_factory=dict)
    _clients: dict[frozenset[Endpoint], Endpoint] = field(default_factory=dict)

    def see(self, frame: Frame, sender: str) -> tuple[Seen, Rule | None]:
        """What `frame` is, and the rule that acts on it.

        `sender` is `client` or `server`, or empty where both stand on one host: then the client is who spoke first.
        """
        row = decode_frame(frame)
        seen = Seen(self._kinds(row), sender or self._sender(row))
        acting = None
        for number, rule in enumerate(self.script.rules):
            if seen.fits(rule.what):
                count = self._matches[number] = self._matches.get(number, 0) + 1
                if acting is None and rule.first <= count < rule.first + rule.times:
                    acting = rule
                    self.acted.add(number)
        return seen, acting

    def _sender(self, row: Row) -> str:
        if row.undecoded:
            return ""
        first = self._clients.setdefault(frozenset((row.source, row.destination)), row.source)
        return "client" if first == row.source else "server"

    def _kinds(self, row: Row) -> frozenset[Kind]:
        kinds = {Kind.ANYTHING}
        if row.fragment != Fragment.WHOLE:
            kinds.add(Kind.FRAGMENT)
        if row.protocol in (Protocol.ICMP, Protocol.ICMPV6):
            kinds.add(Kind.ICMP)
        elif row.protocol == Protocol.UDP and not row.undecoded:
            kinds.add(Kind.DATAGRAM)
        elif row.protocol == Protocol.TCP and not row.undecoded:
            kinds |= self._kinds_of_segment(row)
        return frozenset(kinds)

    def _kinds_of_segment(self, row: Row) -> set[Kind]:
        kinds = {Kind.SEGMENT}
        ours = self._directions.setdefault((row.source, row.destination), _Direction())
        theirs = self._directions.setdefault((row.destination, row.source), _Direction())
        if row.flags & Flag.SYN:
            kinds.add(Kind.SYN_ACK if row.flags & Flag.ACK else Kind.SYN)
            if ours.syn != row.seq:
                ours.syn, ours.after_fin = row.seq, None
        if row.flags & Flag.FIN:
            kinds.add(Kind.FIN)
            ours.after_fin = (row.seq + row.seg_len) % _MODULUS
        if row.flags & Flag.RST:
            kinds.add(Kind.RST)
        if row.payload_len:
            kinds.add(Kind.DATA)
        elif row.flags & Flag.ACK and not row.flags & _MARKS:
            kinds |= {Kind.ACK, _acknowledged(row, ours, theirs)}
        return kinds


def _acknowledged(row: Row, ours: _Direction, theirs: _Direction) -> Kind:
    """What a bare ACK acknowledges."""
    if theirs.syn is not None and row.ack == (theirs.syn + 1) % _MODULUS:
        # It completes the handshake only if nothing but the SYN stands before it.
        is_third = ours.syn is None or row.seq == (ours.syn + 1) % _MODULUS
        return Kind.ACK_OF_SYN if is_third else Kind.ACK
    return Kind.ACK_OF_FIN if row.ack == theirs.after_fin else Kind.ACK_OF_DATA


def is_infrastructure(data: bytes) -> bool:
    """Whether an Ethernet frame is none of the programs': ARP, or what IPv6 tells its neighbours."""
    protocol = data[12:14]
    if protocol == b"\x08\x00":
        return False
    if protocol != b"\x86\xdd" or len(data) < 55:
        return True
    # Listener reports stand behind a hop-by-hop header (RFC 3810 section 5).
    if data[20] == Protocol.ICMPV6:
        return data[54] in _DISCOVERY
    return data[20] == 0 and len(data) > 62 and data[54] == Protocol.ICMPV6 and data[62] in _DISCOVERY
