"""Whether a connection is as expected, from what the fold recorded of it: without one row, where that is enough.

    ByRecord(sequence).decide(record) -> MATCHES | DIFFERS | CANNOT_TELL

Laws: MATCHES implies that the matcher matches, DIFFERS that it does not; whatever is not certain is left to it. No rule
of TCP is written here. What is read is what the fold has decided: its facts, and the order in which kinds of segments
were first seen (Zeek's history).

DIFFERS, of any sequence. A line that is on every way through it, and no segment of the connection has its sender and
its flags; or a SYN,ACK, a FIN or a RST was seen, and no line of the sequence is one. Retransmissions, copies and the
like may be passed over, but not the first SYN, SYN,ACK or FIN of an end, and no RST.

MATCHES, of two sequences, whatever they are called: the three-way handshake followed by anything, and a refusal. A
close cannot be told to match: what came between two FINs is in no record.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from inspector.expect.expansion import expand, told_peers
from inspector.expect.flags import ACK, COMPARED, FIN, RST, SYN
from inspector.expect.library import load
from inspector.expect.notation import (
    ANY,
    Alternatives,
    AnyOrder,
    AnySegments,
    End,
    Flags,
    Line,
    Named,
    OneOf,
    Optional,
    Repeat,
    lines_of,
)
from inspector.findings import Side
from inspector.tcp.facts import Fact
from inspector.tcp.zeek_history import Mark, ZeekRecord, history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from inspector.expect.notation import Item, Sequence

__all__ = ["LOOKED_AT", "ByRecord", "Decision", "Record", "record_of"]


class Decision(IntEnum):
    """What a record tells."""

    CANNOT_TELL = 0
    MATCHES = 1
    DIFFERS = 2


class Record(NamedTuple):
    """What is looked at of a connection (`tcp.account.Account`)."""

    facts: tuple[int, int]
    """Of originator and responder."""
    history: str
    """Zeek's letters; empty where they do not tell who sent what."""
    itself: bool
    taken: bool
    """Whether its SYN was captured in the connection before."""
    syn_data: bool
    resp_start: int
    has_two_segments: bool


LOOKED_AT = (
    *("orig_facts", "resp_facts", "itself", "syn_data"),
    *("history_marks", "history_length", "history_0", "history_1", "history_2", "history_3"),
)
"""Columns of accounts; and three more, of which only one value matters (`record_of`)."""

_ANY_RST = (
    Fact.RST_REFUSES | Fact.RST_ABORTS | Fact.RST_ANSWERS | Fact.RST_CHALLENGED | Fact.RST_IGNORED | Fact.RST_WRONG_ACK
)
_BEFORE_ZERO = 0xFFFF_FFFF
_NOT_PLAIN = (
    Fact.MIDSTREAM | Fact.SYN_CROSSING | Fact.SYN_IN_CONNECTION | Fact.SYN_ACK_WRONG_ACK | Fact.SYN_ACK_OTHER_SEQ
    | Fact.HANDSHAKE_3_WRONG_ACK | Fact.HANDSHAKE_3_WRONG_SEQ | Fact.HANDSHAKE_MISSED | Fact.SYN_WITH_FIN
    | Fact.SYN_WITH_RST | Fact.NO_ACK_FLAG | Fact.FAST_OPEN | Fact.OUT_OF_ORDER
)  # fmt: skip
"""With one of these a handshake may have been another than the history tells."""

_Need = tuple[Side, int]
"""A sender and the flags of a line, as far as they are compared."""


def record_of(values: tuple[int, ...], *, taken: bool, resp_start: int, segments: int) -> Record:
    """The record of an account; `values` are its LOOKED_AT."""
    one, two, itself, syn_data, *zeek = values
    letters = "" if zeek[0] & (Mark.TURNED | Mark.OVERFLOW) else history(ZeekRecord(*zeek))
    return Record(
        (one, two), "" if "^" in letters else letters, bool(itself), taken, bool(syn_data), resp_start, segments == 2
    )


class ByRecord:
    """A sequence, made ready to be asked of any number of records."""

    def __init__(self, sequence: Sequence, find: Callable[..., Sequence] = load) -> None:
        items = expand(sequence, find)
        self._peers = told_peers(sequence)
        self._needs = self._needed(items) if not _may_end_early(items) else frozenset()
        lines = list(lines_of(items))
        self._kinds = {self._kind_of(line) for line in lines}
        self._has_room = any(_is_open(item) for item in items) or any(_takes_anything(line) for line in lines)
        self.is_handshake = not sequence.strict and items == expand(load("three-way-handshake"))
        self.is_refusal = not sequence.strict and items == expand(load("refused"))

    @property
    def may_match(self) -> bool:
        """Whether some record can tell that the sequence matches."""
        return self.is_handshake or self.is_refusal

    def decide(self, record: Record) -> Decision:
        """What the record tells."""
        if record.itself:
            return Decision.CANNOT_TELL
        if not all(_may_have(record, *need) for need in self._needs) or self._leaves_something(record):
            return Decision.DIFFERS
        if (self.is_handshake and _opened(record)) or (self.is_refusal and _was_refused(record)):
            return Decision.MATCHES
        return Decision.CANNOT_TELL

    def _kind_of(self, line: Line) -> _Need | None:
        if not isinstance(line.carried, Flags) or line.carried.at_least:
            return None
        bits = line.carried.bits & COMPARED
        return Side(self._peers.index(line.sender)), RST if bits & RST else bits

    def _needed(self, items: Iterable[Item]) -> frozenset[_Need]:
        """The kinds of segments that are on every way through `items`."""
        found: frozenset[_Need] = frozenset()
        for item in items:
            match item:
                case Line():
                    kind = self._kind_of(item)
                    found |= {kind} if kind is not None else set()
                case Repeat() if item.least:
                    found |= self._needed(item.items)
                case AnyOrder() | Named():
                    found |= self._needed(item.items)
                case Alternatives():
                    found |= frozenset.intersection(*(self._needed(branch) for branch in item.branches))
        return found

    def _leaves_something(self, record: Record) -> bool:
        """Whether there was a segment that cannot be passed over, and that no line can be."""
        if self._has_room:
            return False
        return any(
            not any((side, kind) in self._kinds for kind in kinds) and _surely_has(record, side, kinds[-1])
            for side in Side
            for kinds in ((SYN | ACK,), (FIN | ACK, FIN), (RST,))
        )


def _is_open(item: Item) -> bool:
    """Whether it holds a `...`."""
    match item:
        case AnySegments():
            return True
        case Optional() | Repeat() | AnyOrder() | Named():
            return any(map(_is_open, item.items))
        case Alternatives():
            return any(_is_open(each) for branch in item.branches for each in branch)
    return False


def _may_end_early(items: Iterable[Item]) -> bool:
    """Whether a `nothing after this` may end a way before the last item, which then is not on every way."""
    for item in items:
        match item:
            case End():
                return True
            case Optional() | Repeat() | AnyOrder() | Named():
                if _may_end_early(item.items):
                    return True
            case Alternatives():
                if any(map(_may_end_early, item.branches)):
                    return True
    return False


def _takes_anything(line: Line) -> bool:
    """Whether it may be a segment of another kind than `_kind_of` tells, or of several."""
    if isinstance(line.carried, Flags):
        return line.carried.at_least
    return line.carried is ANY or isinstance(line.carried, OneOf)


def _letters(side: Side, letters: str) -> str:
    return letters.upper() if side is Side.ORIGINATOR else letters.lower()


def _may_have(record: Record, side: Side, kind: int) -> bool:
    """Whether a segment of this sender with exactly these flags may have been there."""
    facts = record.facts[side]
    if kind == SYN:
        is_taken = record.taken and side is Side.ORIGINATOR
        return bool(facts & (Fact.HANDSHAKE_1 | Fact.SYN_IN_CONNECTION)) or is_taken
    if kind == SYN | ACK:
        return bool(facts & Fact.HANDSHAKE_2)
    if kind == RST:
        return bool(facts & _ANY_RST)
    if not record.history:
        return True
    if kind in (FIN, FIN | ACK):
        return any(letter in record.history for letter in _letters(side, "f"))
    return kind != ACK or any(letter in record.history for letter in _letters(side, "ad"))


def _surely_has(record: Record, side: Side, kind: int) -> bool:
    """Whether one was there that must be accounted for."""
    facts, letters = record.facts[side], record.history
    if kind == SYN | ACK:
        return bool(facts & Fact.HANDSHAKE_2) and not facts & (Fact.HANDSHAKE_1 | Fact.SYN_IN_CONNECTION)
    if kind == RST:
        return bool(facts & _ANY_RST)
    return not set(letters) & set("IiQq") and any(letter in letters for letter in _letters(side, "f"))


def _opened(record: Record) -> bool:
    """SYN, SYN,ACK and a bare ACK came in this order and before all else, and their numbers were due."""
    if (record.facts[0] | record.facts[1]) & _NOT_PLAIN or record.taken or record.syn_data:
        return False
    third = record.facts[0] & Fact.HANDSHAKE_3 and record.facts[1] & Fact.HANDSHAKE_2
    return bool(third) and record.history.startswith("ShA")


def _was_refused(record: Record) -> bool:
    """One SYN, and one RST,ACK that acknowledges it, with sequence number 0."""
    one, two = record.facts
    is_plain = one | Fact.REUSED_PORTS == Fact.HANDSHAKE_1 | Fact.REUSED_PORTS and two == Fact.RST_REFUSES
    if not is_plain or record.taken or record.syn_data or not record.has_two_segments:
        return False
    return record.history == "Sr" and record.resp_start == _BEFORE_ZERO
