"""A connection as one record of integers: what a million connections are summed up, filtered and written from.

`Account` is that record, made for columns (`inspector.columns`): `accounts["close"]` is a column. Words are numbers in
it: `HANDSHAKES`, `CLOSES` and `CONN_STATES` say which, `KIND_BITS` which finding a bit of `kinds` is.

No rule is written here. What is arithmetic is copied from the fold's records by `fill`, which is compilable; what is a
judgement is asked of the very functions that judge a single connection (`outcomes`, `view`, `zeek`), once for
each combination of what they look at that occurs (`outcome_code`, `zeek.code_of`), and indexed back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.columns import I32, I64, U8, U16, to_instance
from inspector.compiled import compilable, compiled
from inspector.findings import Side
from inspector.tcp.completeness import settled
from inspector.tcp.judgement import KINDS
from inspector.tcp.model import Close, ConnState, Handshake
from inspector.tcp.outcomes import close_of, handshake_of, outcome_code, state_of
from inspector.tcp.records import ConnectionRecord, EndRecord, Seen
from inspector.tcp.view import Memory, connection_findings, span
from inspector.tcp.zeek import ZeekEnd, ZeekRecord, code_of, words
from inspector.wire.row import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

__all__ = [
    "CLOSES",
    "CONN_STATES",
    "HANDSHAKES",
    "KIND_BITS",
    "Account",
    "Judge",
    "Tables",
    "distinct",
    "fill",
    "memory_at",
]

HANDSHAKES = tuple(Handshake)
CLOSES = tuple(Close)
CONN_STATES = tuple(ConnState)
KIND_BITS = {kind: 1 << position for position, kind in enumerate(KINDS)}
"""Each kind of finding's bit of `Account.kinds`."""


@dataclass(slots=True)
class Account:
    """What is said of one connection. Times are nanoseconds; -1 in a span is unknown, NO_TIME in a time."""

    number: I64 = 0
    """In order of their first segment, from 1."""
    first_frame: I64 = 0
    first_ns: I64 = NO_TIME
    last_ns: I64 = NO_TIME
    version: U8 = 0
    """4 or 6; addresses as in `wire.Row`, in two signed halves."""
    orig_hi: I64 = 0
    orig_lo: I64 = 0
    orig_port: U16 = 0
    resp_hi: I64 = 0
    resp_lo: I64 = 0
    resp_port: U16 = 0
    tunnel: U8 = 0
    """What carried its first segment (`wire.row.Tunnel`)."""

    handshake: U8 = 0
    close: U8 = 0
    conn_state: U8 = 0
    completeness: U8 = 0
    """Wireshark's."""
    orig_state: U8 = 0
    resp_state: U8 = 0
    """RFC 9293 states at the end (`tcp.states.State`)."""
    ended: U8 = 0
    """Why it left the table (`tcp.lifetimes.Ended`)."""

    history_marks: U8 = 0
    history_length: U8 = 0
    history_0: I64 = 0
    history_1: I64 = 0
    history_2: I64 = 0
    history_3: I64 = 0
    """Zeek's history, packed as in `tcp.zeek_history.ZeekRecord`."""

    handshake_ns: I64 = -1
    """From the first SYN to the segment that completed the handshake ..."""
    syn_to_syn_ack_ns: I64 = -1
    syn_ack_to_ack_ns: I64 = -1
    """... and its two parts."""
    repeated_syns: I32 = 0

    orig_segments: I64 = 0
    resp_segments: I64 = 0
    orig_bytes: I64 = 0
    resp_bytes: I64 = 0
    """Distinct payload bytes."""
    orig_retransmissions: I64 = 0
    resp_retransmissions: I64 = 0

    kinds: I64 = 0
    """`KIND_BITS` of its findings."""
    findings: I32 = 0
    faults: I32 = 0
    """Findings, and those of them in which a peer broke a rule."""

    orig_facts: I64 = 0
    resp_facts: I64 = 0
    """Of all segments of an end, ORed (`tcp.facts`)."""
    itself: U8 = 0
    syn_data: U8 = 0
    """Whether a SYN carried data."""
    resp_start: I64 = 0
    """The sequence number before the responder's first segment that moved it (`tcp.zeek_history`)."""
    taken_ordinal: I64 = -1
    """The row of its SYN, where that was first taken for a stray one of the previous incarnation."""

    outcome_code: I64 = 0
    zeek_code: I64 = 0
    """All that the judgements above look at."""


class Tables(NamedTuple):
    """The fold's tables, as columns."""

    connections: np.ndarray[Any, Any]
    ends: np.ndarray[Any, Any]
    zeeks: np.ndarray[Any, Any]
    zeek_ends: np.ndarray[Any, Any]


def memory_at(tables: Tables, place: int) -> Memory:
    """All that is remembered of the connection at `place`, in plain form."""
    one, two = 2 * place, 2 * place + 1
    return Memory(
        to_instance(ConnectionRecord, tables.connections, place),
        (to_instance(EndRecord, tables.ends, one), to_instance(EndRecord, tables.ends, two)),
        to_instance(ZeekRecord, tables.zeeks, place),
        (to_instance(ZeekEnd, tables.zeek_ends, one), to_instance(ZeekEnd, tables.zeek_ends, two)),
    )


@compilable
def fill(  # noqa: PLR0913 - numba takes arrays one by one
    accounts: Any, places: Any, count: int, connections: Any, ends: Any, zeeks: Any, zeek_ends: Any
) -> None:
    """Make the account of each connection at `places[:count]`, but for what is judged."""
    for i in range(count):
        place = places[i]
        one = ends[2 * place]
        two = ends[2 * place + 1]
        _fill_pair(accounts[i], connections[place], one, two)
        _fill_ends(accounts[i], one, one if connections[place].itself else two)
        _fill_zeek(accounts[i], zeeks[place], zeek_ends[2 * place], zeek_ends[2 * place + 1])


@compilable
def _fill_pair(account: Account, connection: ConnectionRecord, one: EndRecord, two: EndRecord) -> None:
    account.number = connection.number
    account.first_frame = connection.first_frame
    account.first_ns, account.last_ns = connection.first_ns, connection.last_ns
    account.version = connection.version
    account.orig_hi, account.orig_lo, account.orig_port = connection.orig_hi, connection.orig_lo, connection.orig_port
    account.resp_hi, account.resp_lo, account.resp_port = connection.resp_hi, connection.resp_lo, connection.resp_port
    account.tunnel = connection.tunnel
    account.itself, account.taken_ordinal = connection.itself, connection.taken_ordinal
    account.completeness = settled(connection.completeness, one.segments + two.segments)
    account.handshake_ns = span(connection.syn_ns, connection.established_ns)
    account.syn_to_syn_ack_ns = span(connection.syn_ns, connection.syn_ack_ns)
    account.syn_ack_to_ack_ns = span(connection.syn_ack_ns, connection.established_ns)
    account.repeated_syns = connection.repeated_syns
    account.outcome_code = outcome_code(connection, one, two)
    account.kinds = 0
    account.findings = 0
    account.faults = 0


@compilable
def _fill_ends(account: Account, one: EndRecord, two: EndRecord) -> None:
    account.orig_segments, account.resp_segments = one.segments, two.segments
    account.orig_bytes, account.resp_bytes = one.payload_bytes, two.payload_bytes
    account.orig_retransmissions, account.resp_retransmissions = one.retransmissions, two.retransmissions
    account.orig_facts, account.resp_facts = one.facts, two.facts
    account.syn_data = 1 if (one.seen | two.seen) & Seen.TFO_DATA else 0


@compilable
def _fill_zeek(account: Account, zeek: ZeekRecord, one: ZeekEnd, two: ZeekEnd) -> None:
    account.history_marks, account.history_length = zeek.zeek_marks, zeek.zeek_length
    account.history_0, account.history_1 = zeek.zeek_history_0, zeek.zeek_history_1
    account.history_2, account.history_3 = zeek.zeek_history_2, zeek.zeek_history_3
    account.zeek_code = code_of(zeek, one, two)
    account.resp_start = two.zeek_start


class Judge:
    """Gives accounts their words: each combination that occurs is judged once, by the functions that judge one."""

    def __init__(self) -> None:
        self._outcomes: dict[Sequence[int], tuple[int, ...]] = {}
        self._zeek: dict[Sequence[int], tuple[int, ...]] = {}

    def accounts(self, tables: Tables, places: np.ndarray[Any, Any], room: np.ndarray[Any, Any]) -> Any:
        """The accounts of the connections at `places`, in `room`; without the findings of their segments."""
        accounts = room[: len(places)]
        compiled(fill)(accounts, places, len(places), *tables)
        codes: tuple[Any, ...] = (accounts["outcome_code"],)
        fields = ("handshake", "close", "orig_state", "resp_state", "kinds", "findings", "faults")
        self._judge(accounts, codes, self._outcomes, fields, lambda i: _outcome(memory_at(tables, int(places[i]))))
        histories = tuple(accounts[f"history_{column}"] for column in range(4))
        codes = (accounts["zeek_code"], *histories)
        self._judge(accounts, codes, self._zeek, ("conn_state",), lambda i: _zeek(memory_at(tables, int(places[i]))))
        return accounts

    def _judge(
        self, accounts: Any, codes: Any, known: dict[Any, tuple[int, ...]], fields: Sequence[str], ask: Any
    ) -> None:
        import numpy as np

        examples, which = distinct(codes)
        answers = []
        for example in examples.tolist():
            code = tuple(int(column[example]) for column in codes)
            if code not in known:
                if len(known) >= _MOST_KNOWN:
                    known.clear()
                known[code] = ask(example)
            answers.append(known[code])
        for field, values in zip(fields, np.array(answers, np.int64).reshape(-1, len(fields)).T, strict=True):
            accounts[field] = values[which]


_MOST_KNOWN = 100_000
"""Combinations of which the judgement is remembered; a hostile capture may have as many as connections."""


def distinct(columns: Sequence[np.ndarray[Any, Any]]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The place of one example of each combination in the rows of `columns`, and for each row which of them it is."""
    import numpy as np

    which = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        if len(column) and (column != column[0]).any():
            values, each = np.unique(column, return_inverse=True)
            # Both factors are at most the rows of a block, so their product stays far below 64 bits.
            which = np.unique(which * len(values) + each, return_inverse=True)[1]
    _, examples, which = np.unique(which, return_index=True, return_inverse=True)
    return examples, which


def _outcome(memory: Memory) -> tuple[int, ...]:
    record, (one, two) = memory.connection, memory.ends
    handshake = handshake_of(record, one, two)
    states = (state_of(record, memory.ends, side, handshake) for side in Side)
    findings = connection_findings(record, one, two)
    kinds = sum(KIND_BITS[kind] for kind in {finding.kind for finding in findings})
    close = CLOSES.index(close_of(record, one, two))
    faults = sum(finding.is_fault for finding in findings)
    return (HANDSHAKES.index(handshake), close, *states, kinds, len(findings), faults)


def _zeek(memory: Memory) -> tuple[int, ...]:
    return (CONN_STATES.index(words(memory.zeek, *memory.zeek_ends).conn_state),)
