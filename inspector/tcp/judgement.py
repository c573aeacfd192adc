"""Findings: what a segment's facts mean, with the sum shown, the rule that says so and who is answerable.

One table, read by one function. A peer *broke a rule*; a capture *may have missed something*; a path loses
and repeats. Some facts are only judged in hindsight, when the whole connection is known:

* A third segment that acknowledges too much is wrong, unless the responder turns out to go on beyond a gap:
  then the capture missed segments of it, and the number may be right.
* A SYN,ACK with a wrong acknowledgment is nobody's fault where it was answered with a RST and a right one
  followed: it answered an old duplicate SYN (RFC 9293 Figure 8).
* An ACK one short of a FIN may simply have crossed it. It is wrong if the FIN was never acknowledged, and it
  said nothing new or acknowledged data that came in one segment with the FIN.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from inspector.compiled import compilable
from inspector.findings import Blame, Finding
from inspector.language import Said, marked, said
from inspector.tcp.facts import Fact
from inspector.tcp.records import Seen
from inspector.tcp.sequence import UNKNOWN, ahead
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from inspector.tcp.records import EndRecord, Trace
    from inspector.wire.row import Row

__all__ = [
    "KINDS",
    "RULES",
    "TELLING",
    "Rule",
    "finding_of",
    "findings_of",
    "handshake_not_seen",
    "in_hindsight",
    "numbers_of",
    "syn_not_seen",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding: the fact that shows it, and how to say it.

    `message` is a format over the segment's `seq ack len`, the sender's `iss` and `own_fin`, the peer's `irs` and
    `fin` (the sequence numbers of their SYN and FIN), `due`, the number that `field` should have had, and `checksum`.
    """

    fact: int
    kind: str
    blame: Blame
    section: str
    message: str
    field: str = ""


_HANDSHAKE_NOT_CAPTURED = "handshake-not-captured"
_HANDSHAKE_SEGMENT_NOT_CAPTURED = "handshake-segment-not-captured"

RULES = (
    Rule(
        Fact.SYN_ACK_WRONG_ACK,
        "syn-ack-wrong-ack",
        Blame.PEER,
        "RFC 9293 section 3.5",
        marked("SYN,ACK acknowledges {ack}; expected the SYN's sequence number + 1 = {irs} + 1 = {due}"),
        "ack",
    ),
    Rule(
        Fact.SYN_ACK_FOR_OLD_SYN,
        "syn-ack-for-old-syn",
        Blame.PATH,
        "RFC 9293 section 3.5",
        marked(
            "SYN,ACK acknowledges {ack} where {irs} + 1 = {due} was due: it answers an old duplicate SYN, and is reset"
        ),
        "ack",
    ),
    Rule(
        Fact.SYN_ACK_OTHER_SEQ,
        "syn-ack-other-seq",
        Blame.PEER,
        "RFC 9293 section 3.5",
        marked("SYN,ACK has sequence number {seq}; this end had already chosen {due}"),
        "seq",
    ),
    Rule(
        Fact.HANDSHAKE_3_WRONG_ACK,
        "handshake-ack-wrong-ack",
        Blame.PEER,
        "RFC 9293 section 3.5",
        marked("third segment acknowledges {ack}; expected the SYN,ACK's sequence number + 1 = {irs} + 1 = {due}"),
        "ack",
    ),
    Rule(
        Fact.HANDSHAKE_3_WRONG_SEQ,
        "handshake-ack-wrong-seq",
        Blame.PEER,
        "RFC 9293 section 3.5",
        marked("third segment has sequence number {seq}; expected its own SYN's + 1 = {iss} + 1 = {due}"),
        "seq",
    ),
    Rule(
        Fact.RST_WRONG_ACK,
        "rst-wrong-ack",
        Blame.PEER,
        "RFC 9293 section 3.5.2",
        marked(
            "RST in answer to a SYN acknowledges {ack}; expected the SYN's sequence number + its length = {due}"
            " (the SYN's sender must ignore this RST)"
        ),
        "ack",
    ),
    Rule(
        Fact.RST_CHALLENGED,
        "rst-not-exact",
        Blame.PEER,
        "RFC 9293 section 3.10.7.4",
        marked(
            "RST has sequence number {seq}: in the window, but not the next one, {due}; it deserves a challenge ACK"
            " and resets nothing"
        ),
        "seq",
    ),
    Rule(
        Fact.RST_IGNORED,
        "rst-outside-window",
        Blame.PEER,
        "RFC 9293 section 3.10.7.4",
        marked(
            "RST has sequence number {seq}, outside the receiver's window, which begins at {due}; it resets nothing"
        ),
        "seq",
    ),
    Rule(
        Fact.FIN_ACK_SHORT,
        "fin-wrong-ack",
        Blame.PEER,
        "RFC 9293 section 3.6",
        marked("ACK after the FIN acknowledges {ack}; expected the FIN's sequence number + 1 = {fin} + 1 = {due}"),
        "ack",
    ),
    Rule(
        Fact.ACK_BEYOND_FIN,
        "ack-beyond-fin",
        Blame.PEER,
        "RFC 9293 section 3.6",
        marked(
            "acknowledges {ack}; the peer's last number is its FIN's, so at most {fin} + 1 = {due} can be acknowledged"
        ),
        "ack",
    ),
    Rule(
        Fact.DATA_AFTER_FIN,
        "data-after-fin",
        Blame.PEER,
        "RFC 9293 section 3.6",
        marked("{len} bytes from {seq} on, beyond this end's own FIN at {own_fin}"),
    ),
    Rule(
        Fact.FIN_MOVED,
        "fin-moved",
        Blame.PEER,
        "RFC 9293 section 3.6",
        marked("a second FIN, in a segment from {seq} with {len} bytes; this end's FIN is at {own_fin}"),
        "seq",
    ),
    Rule(
        Fact.AFTER_RESET,
        "segment-after-reset",
        Blame.PEER,
        "RFC 9293 section 3.5.3",
        marked("sent by an end that had reset the connection"),
    ),
    Rule(
        Fact.SYN_WITH_FIN,
        "syn-with-fin",
        Blame.PEER,
        "RFC 9293 section 3.10.7",
        marked("SYN and FIN in one segment: no program opens and closes at once"),
    ),
    Rule(
        Fact.SYN_WITH_RST,
        "syn-with-rst",
        Blame.PEER,
        "RFC 9293 section 3.10.7",
        marked("SYN and RST in one segment: no program asks for both"),
    ),
    Rule(
        Fact.NO_ACK_FLAG,
        "no-ack-flag",
        Blame.PEER,
        "RFC 9293 section 3.10.7.4",
        marked("neither SYN, RST nor ACK: every receiver drops it"),
    ),
    Rule(
        Fact.SYN_IN_CONNECTION,
        "syn-in-connection",
        Blame.PATH,
        "RFC 9293 section 3.10.7.4",
        marked(
            "SYN {seq} inside a living connection: an old duplicate, or an end that lost its memory;"
            " it deserves a challenge ACK"
        ),
    ),
    Rule(
        Fact.HANDSHAKE_MISSED,
        _HANDSHAKE_SEGMENT_NOT_CAPTURED,
        Blame.CAPTURE,
        "",
        marked("its sender is past the handshake, of which a segment was not captured before this one"),
    ),
    Rule(
        Fact.LOST_SEGMENT,
        "previous-segment-not-captured",
        Blame.CAPTURE,
        "",
        marked(
            "begins at {seq}, past the last number seen from this end: a segment before it was lost, overtaken"
            " or not captured"
        ),
    ),
    Rule(
        Fact.ACK_LOST_SEGMENT,
        "acked-segment-not-captured",
        Blame.CAPTURE,
        "",
        marked("acknowledges {ack}, which was not seen sent"),
    ),
    Rule(
        Fact.WRONG_CHECKSUM,
        "tcp-wrong-checksum",
        Blame.PATH,
        "RFC 9293 section 3.1",
        marked("the TCP checksum 0x{checksum:04x} does not fit the segment: it was damaged, or made by hand"),
        "checksum",
    ),
)
"""In the order in which they are told."""

KINDS = (*(rule.kind for rule in RULES), _HANDSHAKE_NOT_CAPTURED)
"""Every kind of finding that a TCP connection can have."""

TELLING = reduce(or_, (rule.fact for rule in RULES))
"""Facts that may be findings: a segment with none of them never has one, also in hindsight."""

_ARE_WRONG_ACKS = Fact.SYN_ACK_WRONG_ACK | Fact.HANDSHAKE_3_WRONG_ACK | Fact.ACK_BEYOND_FIN


def findings_of(row: Row, trace: Trace, me: EndRecord, peer: EndRecord) -> tuple[Finding, ...]:
    """What there is to say of one segment, now that its connection is known to its end."""
    facts = in_hindsight(row, trace.facts, me, peer)
    return tuple(finding_of(rule, row, trace, me, peer) for rule in RULES if facts & rule.fact)


@compilable
def in_hindsight(row: Row, facts: int, me: EndRecord, peer: EndRecord) -> int:
    """The facts of a segment, now that its connection is known to its end."""
    if facts & Fact.SYN_ACK_WRONG_ACK and me.seen & Seen.SYN_ACK_ACCEPTABLE and peer.facts & Fact.RST_ANSWERS:
        facts = facts & ~(Fact.SYN_ACK_WRONG_ACK | Fact.ACK_LOST_SEGMENT) | Fact.SYN_ACK_FOR_OLD_SYN
    if facts & Fact.AFTER_RESET and _was_overtaken(row, me):
        facts &= ~Fact.AFTER_RESET
    if facts & Fact.FIN_ACK_SHORT and peer.seen & Seen.FIN_ACKED:
        facts &= ~Fact.FIN_ACK_SHORT
    if facts & Fact.HANDSHAKE_3_WRONG_ACK and _was_unseen(row, peer):
        facts = facts & ~Fact.HANDSHAKE_3_WRONG_ACK | Fact.ACK_LOST_SEGMENT
    elif facts & _ARE_WRONG_ACKS:
        facts &= ~Fact.ACK_LOST_SEGMENT
    if facts & Fact.HANDSHAKE_3_WRONG_SEQ:
        facts &= ~Fact.LOST_SEGMENT
    return facts


@compilable
def _was_overtaken(row: Row, me: EndRecord) -> bool:
    """Whether a bare ACK is older than the data that its sender had sent: it left before the reset too."""
    return row.payload_len == 0 and not row.flags & Flag.FIN and ahead(row.seq, me.snd_nxt) < 0


@compilable
def _was_unseen(row: Row, peer: EndRecord) -> bool:
    """Whether what is acknowledged may have been sent and missed."""
    return ahead(row.ack, peer.iss) > 0 and peer.facts & Fact.LOST_SEGMENT > 0


def finding_of(rule: Rule, row: Row, trace: Trace, me: EndRecord, peer: EndRecord) -> Finding:
    """The finding that `rule` makes of a segment whose facts, in hindsight, show it."""
    due, actual = numbers_of(rule, row, trace)
    ack = row.ack if row.flags & Flag.ACK else None
    values = {
        "seq": row.seq,
        "ack": said("nothing (its ACK flag is clear)") if ack is None else ack,
        "len": row.payload_len,
        "iss": me.iss,
        "irs": peer.iss,
        "fin": peer.fin_seq,
        "own_fin": me.fin_seq,
        "due": due,
        "checksum": row.checksum,
    }
    return Finding(
        kind=rule.kind,
        blame=rule.blame,
        message=Said(rule.message, values),
        rule=rule.section,
        frame=row.frame,
        field=rule.field,
        expected=due if rule.field and due != UNKNOWN else None,
        actual=ack if rule.field == "ack" else actual if rule.field else None,
    )


def numbers_of(rule: Rule, row: Any, trace: Any) -> tuple[Any, Any]:
    """What the number that a rule is about should have been, and what it was: of one segment, or of columns."""
    if rule.field == "checksum":
        return UNKNOWN, row.checksum
    numbers = {"ack": (trace.expected_ack, row.ack), "seq": (trace.expected_seq, row.seq)}
    return numbers.get(rule.field, (UNKNOWN, UNKNOWN))


def handshake_not_seen(frame: int) -> Finding:
    """A connection that was already open when the capture began."""
    return Finding(
        kind=_HANDSHAKE_NOT_CAPTURED,
        blame=Blame.CAPTURE,
        message=said("the capture begins in the middle of this connection: its handshake was not captured"),
        frame=frame,
    )


def syn_not_seen(frame: int) -> Finding:
    """A connection of which the capture holds the SYN,ACK, and no SYN."""
    return Finding(
        kind=_HANDSHAKE_SEGMENT_NOT_CAPTURED,
        blame=Blame.CAPTURE,
        message=said("the capture of this connection begins with a SYN,ACK: the SYN was not captured"),
        frame=frame,
    )
