"""Sequence numbers as a board shows them: `x`, `x+1`, `y+1+30`, `y+1+30+1`.

The sum says where a number comes from: the initial sequence number, one for the SYN, the bytes sent so
far, one for the FIN. All arithmetic is modulo 2^32 (RFC 9293 section 3.4). Names are those that the
expected sequence bound; without one, `x` is the originator's and `y` the responder's.

Not here: whether a number is right. A symbol is a way to write it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.findings import Side
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.tcp.model import Connection

__all__ = ["Origin", "Symbols", "symbols_of"]

_MODULUS = 1 << 32
_JUST_BELOW = 1 << 16
"""How far before the initial sequence number a number is still written as `x-5`, and not as a huge sum."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the numbers of one end start and where its FIN ends them; None where that was not seen."""

    name: str
    iss: int | None
    after_fin: int | None = None
    """Bytes between SYN and FIN, plus 2: the offset that acknowledges the FIN."""

    def symbol(self, number: int) -> str:
        """`number` as a sum from this end's initial sequence number; empty where that was not seen."""
        if self.iss is None:
            return ""
        offset = (number - self.iss) % _MODULUS
        if offset > _MODULUS - _JUST_BELOW:
            return f"{self.name}-{_MODULUS - offset}"
        if offset == 0:
            return self.name
        if offset == 1:
            return f"{self.name}+1"
        if offset == self.after_fin:
            middle = f"+{offset - 2}" if offset > 2 else ""
            return f"{self.name}+1{middle}+1"
        return f"{self.name}+1+{offset - 1}"


@dataclass(frozen=True, slots=True)
class Symbols:
    """Both origins of a connection."""

    origins: tuple[Origin, Origin]

    def seq(self, sender: Side, number: int) -> str:
        """A sequence number counts from its sender's origin."""
        return self.origins[sender].symbol(number)

    def ack(self, sender: Side, number: int) -> str:
        """An acknowledgment number counts from its receiver's origin."""
        return self.origins[sender.other].symbol(number)


def symbols_of(connection: Connection, bindings: Iterable[tuple[str, int]] = ()) -> Symbols:
    """The symbols of `connection`, named as `bindings` (of its comparison) name them."""
    named = {number: name for name, number in reversed(tuple(bindings))}
    origins = []
    for side, default in ((Side.ORIGINATOR, "x"), (Side.RESPONDER, "y")):
        iss = connection.end(side).iss
        name = default if iss is None else named.get(iss, default)
        origins.append(Origin(name, iss, _after_fin(connection, side, iss)))
    if origins[0].iss == origins[1].iss and connection.originator.endpoint == connection.responder.endpoint:
        # Self-connect: one socket, so one initial sequence number, and one name for it.
        origins[1] = Origin(origins[0].name, origins[1].iss, origins[1].after_fin)
    return Symbols((origins[0], origins[1]))


def _after_fin(connection: Connection, side: Side, iss: int | None) -> int | None:
    if iss is None:
        return None
    for traced in connection.segments:
        if traced.sender is side and traced.row.flags & Flag.FIN:
            syn = bool(traced.row.flags & Flag.SYN)
            return (traced.row.seq + syn + traced.row.payload_len + 1 - iss) % _MODULUS
    return None
