"""What tcptrace calls a connection, by its own rule: sides are counted, not segments.

A side has sent a SYN or has not, and the same of a FIN; repeats do not add, and a SYN,ACK counts as a SYN. Complete is
a SYN and a FIN of each side, in any order and with any numbers; a RST is noted beside it, whoever sent it; one silent
side is unidirectional. In courses the count is written S2F2, with an R where there was a RST.

tcptrace (6.6.7) tells connections apart by addresses and ports and by what it remembers, so a pair of endpoints that
is used again may be one connection to it and several to us; and both ends of a self-connect are one side to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.language import said
from inspector.rosetta.model import Called
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from inspector.tcp.model import Connection

__all__ = ["called_by_tcptrace"]


def called_by_tcptrace(connection: Connection) -> Called:
    """`complete S2F2`."""
    ends = (connection.originator.endpoint, connection.responder.endpoint)
    rows = [traced.row for traced in connection.segments]
    syns = {row.source for row in rows if row.flags & Flag.SYN}
    fins = {row.source for row in rows if row.flags & Flag.FIN}
    has_reset = any(row.flags & Flag.RST for row in rows)
    words = [
        word
        for word, holds in (
            ("complete", set(ends) == syns == fins and len(syns) == len(ends)),
            ("reset", has_reset),
            ("unidirectional", len({row.source for row in rows}) < len(ends)),
        )
        if holds
    ]
    notation = f"S{len(syns)}F{len(fins)}{' R' * has_reset}"
    word = f"{' '.join(words)}, {notation}" if words else said("(no word), {notation}", notation=notation)
    return Called("tcptrace", word)
