"""The datagram that an ICMP error quotes.

A quotation holds the datagram's endpoints, length and checksum (RFC 792: at least 8 bytes of it). The endpoints have
brought it to its exchange already. Among the datagrams sent before it that no other error has claimed, it
means the latest of the same length and checksum; and where there is none, the latest of the same length,
since a network card may have put the checksum in after the capture saw the datagram.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.udp.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.udp.records import Trace
    from inspector.wire.row import Row

__all__ = ["datagrams_quoted"]


def datagrams_quoted(shown: Sequence[tuple[Row, Trace]]) -> dict[int, int]:
    """The frame of the quoted datagram, by the frame of the error; errors whose datagram is not there are left out."""
    quoted: dict[int, int] = {}
    open_datagrams: list[tuple[Row, Trace]] = []
    for row, trace in shown:
        if trace.part not in {Part.ERROR, Part.REPEATED_ERROR}:
            open_datagrams.append((row, trace))
            continue
        position = _position_of_quoted(row, trace.side, open_datagrams)
        if position is not None:
            quoted[row.frame] = open_datagrams.pop(position)[0].frame
    return quoted


def _position_of_quoted(error: Row, side: int, candidates: Sequence[tuple[Row, Trace]]) -> int | None:
    latest_alike = None
    for position in range(len(candidates) - 1, -1, -1):
        row, trace = candidates[position]
        if trace.side != side or not _same_length(row, error, trace.part):
            continue
        if row.checksum == error.checksum:
            return position
        if latest_alike is None:
            latest_alike = position
    return latest_alike


def _same_length(row: Row, error: Row, part: int) -> bool:
    """A quoted fragment's UDP header gives the length of the whole, as does the datagram put together."""
    return row.payload_len == error.payload_len or part == Part.FIRST_FRAGMENT
