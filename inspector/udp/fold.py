"""The fold: rows in, a trace of each and the memory of each exchange out. Compilable.

One function for the live run and for any replay (see `inspector.compiled`). An exchange is all that passes between
one pair of endpoints, and the ICMP errors about it: UDP has neither opening nor close, so nothing on the wire
ends one. A pair that speaks again after a long silence continues its exchange (Zeek would begin another after a
minute: its `udp_inactivity_timeout`). Replies to a broadcast or a multicast come from another address than
the datagrams went to, and so are exchanges of their own; tying them together is left to whoever reads them.

Rows of other protocols pass through, so that one batch serves this fold and TCP's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.compiled import compilable
from inspector.flows.copies import COPY, FIRST, copy_of, remember_frame
from inspector.flows.pairs import EMPTY, REVERSE, find_slot, latest_of, open_pair, renew, side_of
from inspector.udp.records import Part
from inspector.wire.row import Fragment, Protocol

if TYPE_CHECKING:
    from inspector.flows.pairs import PairTable
    from inspector.udp.records import ExchangeEnd
    from inspector.wire.row import Row

__all__ = ["count_duplicates", "fold", "is_doubled", "is_undelivered"]


@compilable
def fold(  # noqa: PLR0913 - numba takes arrays one by one
    rows: Any, first: int, count: int, traces: Any, index: Any, exchanges: Any, ends: Any, tables: Any
) -> int:
    """Fold `rows[first:count]`; the number of the row where it stopped, which is `count` unless the table is full.

    `traces` is parallel to `rows`, `ends` has two records for each of `exchanges`, `tables` holds the one
    header. A full table is the caller's to enlarge, who then calls again.
    """
    table = tables[0]
    for i in range(first, count):
        row = rows[i]
        trace = traces[i]
        trace.pair = -1
        trace.side = 0
        trace.part = Part.NONE
        is_error = row.protocol == Protocol.ICMP or row.protocol == Protocol.ICMPV6  # noqa: PLR1714 - numba
        protocol = row.quoted_protocol if is_error else row.protocol
        if protocol != Protocol.UDP or row.undecoded or row.fragment == Fragment.LATER:
            continue
        if table.count >= table.capacity:
            return i
        number = _exchange_of(row, index, exchanges, ends, table)
        exchange = exchanges[number]
        side = 1 if side_of(row, exchange) == REVERSE else 0
        trace.pair = number
        trace.side = side
        exchange.last_ns = row.time_ns
        if is_error:
            trace.part = _take_error(row, ends[2 * number + side])
        elif row.fragment == Fragment.FIRST:
            trace.part = Part.FIRST_FRAGMENT
        else:
            trace.part = _take(row, ends[2 * number + side])
            if exchange.first_sender < 0:
                exchange.first_sender = side
    return count


@compilable
def count_duplicates(ends: Any, count: int) -> int:
    """Capture duplicates in `count` exchanges: the sure ones, and the likely ones where all was doubled."""
    total = 0
    for number in range(count):
        one = ends[2 * number]
        two = ends[2 * number + 1]
        total += one.duplicates + two.duplicates
        if is_doubled(one, two):
            total += one.repeated + two.repeated
    return total


@compilable
def is_doubled(one: ExchangeEnd, two: ExchangeEnd) -> bool:
    """Whether the datagrams that may be copies are: a capture that doubles frames doubles *every* one of them."""
    all_of_both = one.datagrams == 2 * one.repeated and two.datagrams == 2 * two.repeated
    return all_of_both and one.repeated + two.repeated > 0


@compilable
def is_undelivered(protocol: int, icmp_type: int, icmp_code: int) -> int:
    """1 where an ICMP error says that the datagram did not arrive as it was sent; 0 for mere advice.

    Destination unreachable but for "fragmentation needed", which a sender mends by itself; time exceeded.
    """
    if protocol == Protocol.ICMPV6:
        return 1 if icmp_type in (1, 3) else 0
    return 1 if icmp_type == 11 or (icmp_type == 3 and icmp_code != 4) else 0


@compilable
def _exchange_of(row: Row, index: Any, exchanges: Any, ends: Any, table: PairTable) -> int:
    """The number of the row's exchange; whoever sent the first row (or what it quotes) is its originator."""
    number = latest_of(row, index, exchanges, table)
    if number == EMPTY:
        number = int(table.count)
        index[find_slot(row, index, table.index_mask, exchanges, table.seed)] = number
        renew(exchanges, table.count, table.blank)
        renew(ends, 2 * table.count, 2 * table.blank)
        renew(ends, 2 * table.count + 1, 2 * table.blank)
        open_pair(row, exchanges[table.count], table.seed, 0)
        table.count += 1
    table.latest = number
    return number


@compilable
def _take(row: Row, end: ExchangeEnd) -> int:
    """Count a datagram of `end`, unless it is a capture duplicate; its `Part`."""
    copy = _copy_of(row, end)
    if copy == Part.DUPLICATE:
        end.duplicates += 1
        return copy
    end.datagrams += 1
    end.payload_bytes += row.payload_len
    if copy == Part.REPEATED:
        end.repeated += 1
        end.repeated_bytes += row.payload_len
    else:
        remember_frame(row, end)
    return copy


@compilable
def _take_error(row: Row, end: ExchangeEnd) -> int:
    """Count an ICMP error about a datagram of `end`, unless it is a capture duplicate; its `Part`."""
    copy = _copy_of(row, end)
    if copy == Part.DUPLICATE:
        end.duplicates += 1
        return copy
    if copy == Part.REPEATED:
        return Part.REPEATED_ERROR
    remember_frame(row, end)
    end.undelivered += is_undelivered(row.protocol, row.icmp_type, row.icmp_code)
    return Part.ERROR


@compilable
def _copy_of(row: Row, end: ExchangeEnd) -> int:
    """Whether a datagram was captured before: DATAGRAM (no), DUPLICATE (surely), or REPEATED (see `is_doubled`)."""
    copy = copy_of(row, end)
    if copy == FIRST:
        return Part.DATAGRAM
    return Part.DUPLICATE if copy == COPY else Part.REPEATED
