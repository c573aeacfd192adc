"""What one segment says, in the first person: `explain.dialogue` tells who says it and what comes of it.

Nothing is said that is not so: a SYN or a FIN is had only where the number acknowledges it; "once more" only where the
same was said before; "I have had no answer" only where none was on its way; a SACK block of what came twice (RFC 2883)
is told from one beyond a hole (RFC 2018).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.numbers import acknowledged, end_of
from inspector.language import Said, marked, said, said_n
from inspector.tcp.facts import Fact
from inspector.tcp.sequence import ahead
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.explain.numbers import Past
    from inspector.findings import Side

    Number = Callable[[Side, int], str]

__all__ = ["sentences_of"]

_AGAIN = Fact.RETRANSMISSION | Fact.FAST_RETRANSMISSION | Fact.SPURIOUS_RETRANSMISSION


def sentences_of(past: Past, number: Number) -> list[Said]:
    """All that it says; `number` writes a number of one end's stream."""
    row, facts = past.this.row, past.this.facts
    values = _values(past, number)
    if row.flags & Flag.RST:
        opens = [said("SYN: let us talk; my numbers begin at {seq}.", **values)] if row.flags & Flag.SYN else []
        return [*opens, *([said("FIN: I have finished sending.")] if row.flags & Flag.FIN else []), _reset(past)]
    if facts & Fact.NO_ACK_FLAG and not row.flags & Flag.SYN:
        return [said("(flags that say nothing: neither SYN, RST nor ACK)")]
    sentences = []
    if row.flags & Flag.SYN:
        sentences += _syn(past, values)
    else:
        sentences += _answer(past, values)
    if row.payload_len and not facts & (Fact.KEEP_ALIVE | Fact.ZERO_WINDOW_PROBE):
        sentences.append(_data(past, values))
    if row.flags & Flag.FIN:
        sentences.append(_fin(past, values))
    return sentences or [_bare(past, values)]


def _values(past: Past, number: Number) -> dict[str, str]:
    row, side = past.this.row, past.this.sender
    is_stray = past.this.facts & Fact.SYN_IN_CONNECTION  # its number counts from no number of this connection
    seq = str(row.seq) if is_stray else number(side, row.seq)
    values = {"seq": seq, "ack": number(side.other, row.ack), "peer": past.roles.peer_of(side)}
    if row.sack_count:
        values |= {"left": number(side.other, row.sack_left), "right": number(side.other, row.sack_right)}
    return values


def _reset(past: Past) -> Said:
    facts = past.this.facts
    if facts & Fact.RST_REFUSES:
        return said("RST: nobody listens here.")
    if facts & (Fact.RST_WRONG_ACK | Fact.RST_CHALLENGED | Fact.RST_IGNORED):
        return said("RST: let this end.")
    earlier = next(past.before(past.this.sender), None)
    has_forgotten = earlier is not None and earlier.facts & Fact.SYN_IN_CONNECTION
    if facts & Fact.RST_ANSWERS or has_forgotten:
        return said("RST: what you say fits no connection of mine.")
    return said("RST: I end this, at once.")


def _syn(past: Past, values: dict[str, str]) -> list[Said]:
    row, facts = past.this.row, past.this.facts
    is_answer = bool(row.flags & Flag.ACK)
    again = facts & (_AGAIN | Fact.OUT_OF_ORDER)
    if not is_answer:
        if again and any(not each.lost for each in past.before(past.this.sender.other)):
            return [said("SYN, once more: my numbers begin at {seq}, as I said.", **values)]
        if again:
            return [said("SYN, once more: I have had no answer. My numbers begin at {seq}, as I said.", **values)]
        return [said("SYN: let us talk; my numbers begin at {seq}.", **values)]
    if again:
        opening = said("SYN,ACK, once more: my numbers begin at {seq}, as I said.", **values)
    elif facts & Fact.SYN_CROSSING:
        opening = said("SYN,ACK: my numbers begin at {seq}, as I said.", **values)
    else:
        opening = said("SYN,ACK: yes; my numbers begin at {seq}.", **values)
    if _has_the_syn(past):
        return [opening, said("I have your SYN, and expect {ack} next.", **values)]
    return [opening, said("I expect {ack} next.", **values)]


def _has_the_syn(past: Past) -> bool:
    found = acknowledged(past)
    return found is not None and bool(found.row.flags & Flag.SYN) and not past.this.facts & Fact.SYN_ACK_WRONG_ACK


def _answer(past: Past, values: dict[str, str]) -> list[Said]:
    """What a segment without SYN and RST says beside its data and its FIN."""
    facts = past.this.facts
    if facts & Fact.HANDSHAKE_3:
        if _has_the_syn(past):
            return [said("ACK: I have your SYN, and expect {ack} next.", **values)]
        return [said("ACK: I expect {ack} next.", **values)]
    if facts & Fact.ACKS_FIN:
        return [said("ACK: I have your FIN: {ack}.", **values)]
    for fact, pattern in _ANSWERS:
        if facts & fact:
            return [Said(pattern, values)]
    return []


_ANSWERS = (
    (Fact.TIME_WAIT_REPLY, marked("ACK, once more: I have your FIN.")),
    (Fact.CHALLENGE_ACK, marked("ACK: that does not fit; I expect {ack}. Are you still who you were?")),
    (Fact.KEEP_ALIVE, marked("Are you still there?")),
    (Fact.KEEP_ALIVE_ACK, marked("I am, and still expect {ack}.")),
    (Fact.ZERO_WINDOW_PROBE, marked("Have you room again?")),
    (Fact.ZERO_WINDOW_PROBE_ACK, marked("Not yet: my window is still 0.")),
)
"""What only a few segments say; the first that fits."""


def _bare(past: Past, values: dict[str, str]) -> Said:
    """A bare acknowledgment."""
    row, facts = past.this.row, past.this.facts
    if facts & Fact.ZERO_WINDOW:
        return said("ACK: I expect {ack} next, but stop: I have no room (window 0).", **values)
    if facts & Fact.WINDOW_UPDATE:
        if _was_closed(past):
            return said("I have room again: go on from {ack}.", **values)
        return said("My window has changed; I still expect {ack}.", **values)
    if row.sack_count:
        return _selective(past, values)
    if facts & Fact.DUPLICATE_ACK:
        return said("I still expect {ack}.", **values)
    return said("ACK: I expect {ack} next.", **values)


def _selective(past: Past, values: dict[str, str]) -> Said:
    """A bare acknowledgment with a SACK block: beyond a hole (RFC 2018), or of what came twice (RFC 2883)."""
    row = past.this.row
    if ahead(row.sack_left, row.ack) < 0:
        return said("I expect {ack} next; {left} to {right} has come twice (D-SACK).", **values)
    return said("I expect {ack} next, and have {left} to {right} beyond a hole (SACK).", **values)


def _was_closed(past: Past) -> bool:
    earlier = next(past.before(past.this.sender), None)
    return earlier is not None and not earlier.row.window


def _data(past: Past, values: dict[str, str]) -> Said:
    row, _facts = past.this.row, past.this.facts
    if _was_said(past):
        return said_n(
            "Once more, {n:,} byte from {seq} on.", "Once more, {n:,} bytes from {seq} on.", row.payload_len, **values
        )
    if row.flags & Flag.SYN:
        return said_n("And {n:,} byte at once.", "And {n:,} bytes at once.", row.payload_len, **values)
    return said_n("Here is {n:,} byte, {seq}.", "Here are {n:,} bytes, from {seq} on.", row.payload_len, **values)


def _was_said(past: Past) -> bool:
    """Whether some of these bytes went by before; what only looks like a retransmission may come for the first time."""
    row = past.this.row
    if not past.this.facts & _AGAIN:
        return False
    end = end_of(row)
    return any(
        ahead(end, each.row.seq) > 0 and ahead(end_of(each.row), row.seq) > 0
        for each in past.before(past.this.sender)
        if each.row.payload_len
    )


def _fin(past: Past, values: dict[str, str]) -> Said:
    facts, side = past.this.facts, past.this.sender
    if facts & _AGAIN:
        return said("FIN, once more: I have finished sending.")
    peer_has = any(each.row.flags & Flag.FIN and not each.lost for each in past.before(side.other))
    if peer_has and not facts & Fact.FIN_CROSSING and not past.roles.itself:
        return said("FIN: I have finished sending, too.", **values)
    return said("FIN: I have finished sending.", **values)
