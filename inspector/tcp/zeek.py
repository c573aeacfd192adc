"""A TCP connection in Zeek's words: `conn_state` and `history`, by the rules of Zeek's TCP analyzer.

A second opinion beside RFC 9293's states, in a vocabulary that many people already read. It shares nothing with
the rest of the fold: where Zeek's notion of a number differs from ours, Zeek's is what counts here.

Zeek's originator may not be ours. It turns the roles round (`^`) where a connection begins at a likely server's port
without a SYN, where acknowledgments or data follow a lone SYN,ACK, and where SYN and SYN,ACK were captured in the
wrong order. The turn stays inside these records.

A gap is payload that was acknowledged and never captured whole. Zeek finds it by reassembling; here an end
has an edge (all before it was captured) and one *island* above it, and a second hole above the first is taken
as filled with it. So the first `G` may be missed only where two holes were open at once.

Not here, on purpose: `C` (checksums are not judged, as under `zeek -C`, for on loopback all of them are unfinished),
`X` (Zeek's protocol analyzers gave up), and Zeek's timers, which split a long-silent connection in two: what one
incarnation is, the tracker decides. The machine is in `tcp.zeek_machine`, the letters in `tcp.zeek_history`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inspector.compiled import compilable
from inspector.tcp.model import ConnState, Zeek
from inspector.tcp.sequence import ahead, plus
from inspector.tcp.zeek_history import (
    CONTROL,
    Letter,
    Mark,
    Seen,
    ZeekEnd,
    ZeekRecord,
    history,
    is_power_of_ten,
    say,
    say_part,
)
from inspector.tcp.zeek_machine import (
    CLOSED,
    PEER_CLOSED,
    PEER_ESTABLISHED,
    RESET,
    SILENT,
    STATE,
    TURN,
    ZeekState,
    look_up,
)
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from inspector.wire.row import Row

__all__ = ["ZeekEnd", "ZeekRecord", "code_of", "observe", "words"]

_SERVER_PORTS = (
    *(21, 22, 25, 53, 79, 80, 81, 88, 110, 135, 139, 143, 389, 443, 445, 502, 563, 585, 587, 614, 631, 636),
    *(989, 990, 992, 993, 995, 1080, 1434, 1883, 2811, 3128, 3268, 3306, 3389, 5222, 5223, 5269, 5432, 6379),
    *(6666, 6667, 6668, 6669, 8000, 8080, 8888, 20000),
)
"""TCP ports at which Zeek's default scripts expect a server (`likely_server_ports`)."""

_LIKELY_SERVERS = sum(1 << port for port in _SERVER_PORTS).to_bytes(8192, "little")
"""The same, one bit for each port."""

_LARGE_JUMP = 1_048_576
"""A SYN, a RST or an acknowledgment of 0 that jumps farther is not believed."""
_MOST_ABOVE_HOLE = 16_384
"""Zeek's `tcp_max_above_hole_without_any_acks`."""
_MOST_UNACKNOWLEDGED = 10 * 1_048_576
"""Zeek's `tcp_excessive_data_without_further_acks`."""

_SYN_THEN_RST = re.compile(r"\^?S[^HAFGIQ]*R.*")


@compilable
def observe(row: Row, side: int, zeek: ZeekRecord, sender: ZeekEnd, receiver: ZeekEnd) -> None:
    """Take in one TCP segment of a connection; in capture order, and no capture duplicate.

    `side` is 0 where our originator sent it; `sender` and `receiver` are the records of both ends. Any
    records will do that have the fields of `ZeekRecord` and `ZeekEnd`. An end that talks with itself is
    side 0 and has two records all the same.
    """
    flags = row.flags
    if not zeek.zeek_marks & Mark.BEGUN:
        _begin(row, side, zeek)
    elif zeek.zeek_length == 1 and zeek.zeek_history_0 == Letter.SYN_ACK and not flags & CONTROL:
        _turn_after_lone_syn_ack(zeek, sender, receiver)
    role = side ^ (zeek.zeek_marks >> 1 & 1)
    seg_len = (0 if flags & Flag.RST else row.payload_len) + (flags >> 1 & 1) + (flags & 1)
    if sender.zeek_state == ZeekState.INACTIVE or flags & Flag.SYN:
        _number(row, role, zeek, sender, seg_len)
    first = sender.zeek_last + ahead(row.seq, plus(sender.zeek_start, sender.zeek_last))
    say_part(row, zeek, sender, role, first)
    if row.window == 0:
        _zero_window(flags, role, zeek, sender, receiver)
    if flags & Flag.FIN:
        sender.zeek_fin = first + seg_len
    acked = _acknowledge(row, receiver) if flags & Flag.ACK else 0
    _advance(row, role, zeek, sender, first + seg_len)
    if flags & CONTROL or sender.zeek_state != ZeekState.ESTABLISHED:
        _move(row, role, zeek, sender, receiver)
        role = side ^ (zeek.zeek_marks >> 1 & 1)
    if acked > receiver.zeek_edge:
        _look_for_gap(1 - role, acked, zeek, receiver, sender)
    if row.payload_len and first >= 0 and row.captured_len >= row.payload_len and not flags & Flag.RST:
        first += flags >> 1 & 1
        _deliver(sender, first, first + row.payload_len)


@compilable
def _likely_server(port: int) -> int:
    return int(_LIKELY_SERVERS[port >> 3]) >> (port & 7) & 1


@compilable
def _begin(row: Row, side: int, zeek: ZeekRecord) -> None:
    """Decide on the first segment of all who is Zeek's originator."""
    zeek.zeek_marks |= Mark.BEGUN
    turned = 0
    if row.flags & (Flag.SYN | Flag.ACK) != Flag.SYN and _likely_server(row.src_port):
        turned = 1
        if _likely_server(row.dst_port) and (row.flags & Flag.SYN or row.src_port >= row.dst_port):
            turned = 0
    if turned:
        say(zeek, Letter.TURNED)
    if turned != side:
        zeek.zeek_marks |= Mark.TURNED


@compilable
def _turn_after_lone_syn_ack(zeek: ZeekRecord, sender: ZeekEnd, receiver: ZeekEnd) -> None:
    """Acknowledgments or data after a lone SYN,ACK: its sender was the responder after all, and no scanner."""
    zeek.zeek_marks = (zeek.zeek_marks ^ Mark.TURNED) & ~Mark.PARTIAL
    zeek.zeek_length = 0
    zeek.zeek_history_0 = 0
    say(zeek, Letter.TURNED)
    say(zeek, Letter.SYN_ACK | 1)
    if sender.zeek_state == ZeekState.SYN_ACK_SENT:
        sender.zeek_state = ZeekState.ESTABLISHED
    else:
        receiver.zeek_state = ZeekState.ESTABLISHED


@compilable
def _restart(end: ZeekEnd, start: int, last: int) -> None:
    end.zeek_start = start & 0xFFFF_FFFF
    end.zeek_acked = 0
    end.zeek_last = last


@compilable
def _number(row: Row, role: int, zeek: ZeekRecord, sender: ZeekEnd, seg_len: int) -> None:
    """Number the sender on its first segment, and anew on a SYN that may begin it again."""
    state = sender.zeek_state
    syn = row.flags & Flag.SYN
    if state == ZeekState.INACTIVE:
        missed = not syn or (role == 0 and row.flags & Flag.ACK)
        if missed or (role == 1 and zeek.zeek_marks & Mark.PARTIAL):
            zeek.zeek_marks |= Mark.PARTIAL
        else:
            zeek.zeek_marks &= ~Mark.PARTIAL
        if not syn:
            _restart(sender, row.seq - 1, 1)
    again = state in (ZeekState.INACTIVE, ZeekState.ESTABLISHED, ZeekState.PARTIAL, ZeekState.RESET_UNSEEN)
    moved = state in (ZeekState.SYN_SENT, ZeekState.SYN_ACK_SENT) and row.seq != sender.zeek_start
    if syn and (again or moved):
        _restart(sender, row.seq, seg_len)


@compilable
def _zero_window(flags: int, role: int, zeek: ZeekRecord, sender: ZeekEnd, receiver: ZeekEnd) -> None:
    """A zero window is news unless its sender has reset, or its receiver has nothing more to send."""
    if flags & Flag.RST or receiver.zeek_state in (ZeekState.CLOSED, ZeekState.CLOSED_EARLY):
        return
    if sender.zeek_state in (ZeekState.RESET, ZeekState.RESET_UNSEEN, ZeekState.RESET_CLOSED):
        return
    sender.zeek_zero_windows += 1
    if is_power_of_ten(sender.zeek_zero_windows):
        say(zeek, Letter.ZERO_WINDOW | role)


@compilable
def _acknowledge(row: Row, receiver: ZeekEnd) -> int:
    """Note what is acknowledged of the receiver; the relative number, or 0 where it lies before all of them."""
    if receiver.zeek_state == ZeekState.INACTIVE:
        _restart(receiver, row.ack - 1, 0)
        return 1
    advance = ahead(row.ack, plus(receiver.zeek_start, receiver.zeek_acked))
    acked = receiver.zeek_acked + advance
    if acked < 0:
        return 0
    if advance > 0 and not row.flags & Flag.RST and (row.ack != 0 or advance <= _LARGE_JUMP):
        receiver.zeek_acked = acked
    return acked


@compilable
def _advance(row: Row, role: int, zeek: ZeekRecord, sender: ZeekEnd, end: int) -> None:
    """Move the highest number sent to `end`, or note that this payload was seen before."""
    advance = end - sender.zeek_last
    if row.flags & (Flag.SYN | Flag.RST) and (advance > _LARGE_JUMP or advance < -_LARGE_JUMP):
        return
    if row.flags & Flag.FIN and sender.zeek_last == 1:  # only its SYN was seen: gigabytes may lie between
        sender.zeek_last = 1 + (end - 1 & 0xFFFF_FFFF)
    elif sender.zeek_state in (ZeekState.RESET, ZeekState.RESET_UNSEEN, ZeekState.RESET_CLOSED):
        return
    elif advance > 0:
        sender.zeek_last = end
    elif row.payload_len > 0:
        sender.zeek_repeats += 1
        if is_power_of_ten(sender.zeek_repeats):
            say(zeek, Letter.REPEATED | role)


@compilable
def _move(row: Row, role: int, zeek: ZeekRecord, sender: ZeekEnd, receiver: ZeekEnd) -> None:
    """One step of the machine."""
    before = sender.zeek_state
    found = look_up(before, receiver.zeek_state, role, row.flags, row.payload_len)
    sender.zeek_state = found & STATE
    if found & PEER_ESTABLISHED:
        receiver.zeek_state = ZeekState.ESTABLISHED
    elif found & PEER_CLOSED:
        receiver.zeek_state = ZeekState.CLOSED_EARLY
    if found & TURN:
        zeek.zeek_marks = (zeek.zeek_marks ^ Mark.TURNED) & ~Mark.PARTIAL
        say(zeek, Letter.TURNED)
    elif before == ZeekState.INACTIVE and found == ZeekState.ESTABLISHED and not row.flags & Flag.SYN:
        zeek.zeek_marks &= ~Mark.PARTIAL


@compilable
def _look_for_gap(role: int, acked: int, zeek: ZeekRecord, end: ZeekEnd, other: ZeekEnd) -> None:
    """All payload of `end` before `acked` has arrived; what was not captured of it is a gap."""
    if end.zeek_fin > 0 and acked >= end.zeek_fin:
        acked = end.zeek_fin - 1
    # Where the SYN was supposed, the octet after it may be a keep-alive's, and is not missed.
    if acked <= end.zeek_edge or (zeek.zeek_marks & Mark.PARTIAL and acked <= 2):
        return
    gaps = 1
    if end.zeek_island > 0 and end.zeek_island <= acked:
        gaps = 2 if end.zeek_top < acked else 1
        acked = max(acked, end.zeek_top)
        end.zeek_island = 0
    end.zeek_edge = acked
    orderly = end.zeek_state in (ZeekState.ESTABLISHED, ZeekState.CLOSED) and other.zeek_state in (
        ZeekState.ESTABLISHED,
        ZeekState.CLOSED,
    )
    if not orderly or end.zeek_seen & Seen.GAVE_UP:
        return
    for _ in range(gaps):
        end.zeek_gaps += 1
        if is_power_of_ten(end.zeek_gaps):
            say(zeek, Letter.GAP | role)


@compilable
def _deliver(sender: ZeekEnd, first: int, end: int) -> None:
    """Payload from `first` to `end` was captured whole: move the edge, or begin or widen the island."""
    if end <= sender.zeek_edge:
        return
    if first <= sender.zeek_edge:
        sender.zeek_edge = end
        if sender.zeek_island > 0 and end >= sender.zeek_island:
            sender.zeek_edge = max(end, sender.zeek_top)
            sender.zeek_island = 0
    elif sender.zeek_island > 0:
        sender.zeek_island = min(sender.zeek_island, first)
        sender.zeek_top = max(sender.zeek_top, end)
    else:
        sender.zeek_island = first
        sender.zeek_top = end
    above = sender.zeek_top - sender.zeek_island if sender.zeek_island > 0 else 0
    if sender.zeek_acked <= 1:
        if above > 0 and sender.zeek_top - sender.zeek_edge > _MOST_ABOVE_HOLE:
            sender.zeek_seen |= Seen.GAVE_UP
    elif sender.zeek_edge - sender.zeek_acked + above > _MOST_UNACKNOWLEDGED:
        sender.zeek_seen |= Seen.GAVE_UP


def words(zeek: ZeekRecord, originator: ZeekEnd, responder: ZeekEnd) -> Zeek:
    """Zeek's `conn_state` and `history`. The ends are *our* originator and responder."""
    letters = history(zeek)
    if zeek.zeek_marks & Mark.TURNED:
        originator, responder = responder, originator
    return Zeek(conn_state=_conn_state(originator, responder, letters), history=letters)


def _conn_state(originator: ZeekEnd, responder: ZeekEnd, letters: str) -> ConnState:  # noqa: PLR0911 - a word, a return
    """Zeek's word for the states of both ends, asked in Zeek's order: resets, closes, the rest."""
    ours, theirs = originator.zeek_state, responder.zeek_state
    if theirs in RESET:
        empty = _size(originator) == _size(responder) == 0
        if ours in {ZeekState.SYN_SENT, ZeekState.SYN_ACK_SENT} or (ours in RESET and empty):
            return ConnState.REJ
        return ConnState.RSTRH if ours in SILENT else ConnState.RSTR
    if ours in RESET:
        if theirs in SILENT:
            return ConnState.RSTOS0 if _SYN_THEN_RST.fullmatch(letters) else ConnState.OTH
        return ConnState.RSTO
    if ours in CLOSED:
        if theirs in CLOSED:
            return ConnState.SF
        return ConnState.SH if theirs in SILENT else ConnState.S2
    if theirs in CLOSED:
        return ConnState.SHR if ours in SILENT else ConnState.S3
    if ours == ZeekState.SYN_SENT and theirs == ZeekState.INACTIVE:
        return ConnState.S0
    return ConnState.S1 if ours == theirs == ZeekState.ESTABLISHED else ConnState.OTH


@compilable
def code_of(zeek: ZeekRecord, originator: ZeekEnd, responder: ZeekEnd) -> int:
    """All that `words` looks at for the `conn_state`, but for the history."""
    empty = 1 if _size(originator) == 0 and _size(responder) == 0 else 0
    turned = 1 if zeek.zeek_marks & Mark.TURNED else 0
    return originator.zeek_state << 6 | responder.zeek_state << 2 | turned << 1 | empty


@compilable
def _size(end: ZeekEnd) -> int:
    """Payload bytes, as Zeek infers them from sequence numbers: neither SYN nor FIN."""
    size = max(end.zeek_last, end.zeek_acked)
    return max(size - (2 if end.zeek_fin else 1), 0)
