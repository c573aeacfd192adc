"""What was asked of a replay: which connections, in which order, how many rows of a table, and where else they go.

One value serves both speeds: `pick` takes connections that are kept as objects, and the rest is what a ledger asks of a
choice (`tcp.choice`) for columns of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from inspector.errors import NoSuchConnection
from inspector.language import joined, said, said_n
from inspector.query.evaluation import holds, mask_of
from inspector.query.expression import text_of
from inspector.tcp.choice import Sink
from inspector.tcp.summary import LISTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.query.expression import Node
    from inspector.query.order import Order
    from inspector.tcp.model import Connection
    from inspector.tcp.summary import Listed
    from inspector.udp.model import Exchange

__all__ = ["Selection", "Taker"]


class Taker(Sink, Protocol):
    """Takes what is chosen in either speed."""

    def take_connections(self, connections: Iterable[Connection]) -> None:
        """All that were chosen, in the order of their numbers."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked; by default all connections as they come."""

    where: Node | None = None
    order: Order | None = None
    rows: int = LISTED
    sink: Taker | None = None
    ports: frozenset[int] = frozenset()
    """Where there are some: only conversations with an end on one of them."""
    exchanges: frozenset[int] = frozenset()
    """Where there are some: only the UDP exchanges of these numbers, and no connection."""

    @property
    def chooses(self) -> bool:
        """Whether some may be left out."""
        return bool(self.where is not None or self.ports or self.exchanges)

    def ports_there(
        self, connections: Iterable[Connection], exchanges: Iterable[Exchange]
    ) -> tuple[tuple[int, int], ...]:
        """Where nobody has a port that was asked for: the responders' ports, and how many each has, the most first."""
        ends = [(each.originator.endpoint.port, each.responder.endpoint.port) for each in connections]
        ends += [(each.originator.port, each.responder.port) for each in exchanges]
        if any(self.ports.intersection(each) for each in ends):
            return ()
        return tuple(Counter(responder for _, responder in ends).most_common())

    @property
    def text(self) -> str:
        """The expression as we read it; empty without one."""
        return "" if self.where is None else text_of(self.where)

    def pick(self, connections: Iterable[Connection]) -> tuple[Connection, ...]:
        """Those that are chosen, in the order that was asked for; the sink has them before that, by number."""
        where, ports = self.where, self.ports
        chosen = [
            each
            for each in (() if self.exchanges else connections)
            if (where is None or holds(where, each))
            and (not ports or {each.originator.endpoint.port, each.responder.endpoint.port} & ports)
        ]
        if self.sink is not None:
            self.sink.take_connections(chosen)
        return tuple(chosen if self.order is None else self.order.ordered(chosen, lambda each: each))

    def pick_exchanges(self, exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
        """Those that are chosen; none where an expression asks, which is about connections.

        NoSuchConnection where one was asked for that there is not.
        """
        told = tuple(exchanges)
        missing = sorted(self.exchanges - {each.number for each in told})
        if missing:
            raise NoSuchConnection(
                said(
                    "the capture has {exchanges}; expected the number of one of them, found {found}",
                    exchanges=said_n("{n} UDP exchange", "{n} UDP exchanges", len(told)),
                    found=joined(map(str, missing)),
                )
            )
        return tuple(
            each
            for each in told
            if self.where is None
            and (not self.ports or {each.originator.port, each.responder.port} & self.ports)
            and (not self.exchanges or each.number in self.exchanges)
        )

    def mask(self, accounts: Any) -> Any:
        """Which of the accounts are chosen; None where all are."""
        if not self.chooses:
            return None
        import numpy as np

        chosen = np.full(len(accounts), not self.exchanges)
        if self.where is not None:
            chosen &= mask_of(self.where, accounts)
        if self.ports:
            ports = sorted(self.ports)
            chosen &= np.isin(accounts["orig_port"], ports) | np.isin(accounts["resp_port"], ports)
        return chosen

    def first_of(self, accounts: Any) -> Any:
        """The places of those that come first in the order; None where none was asked for."""
        return None if self.order is None else self.order.first_of(accounts, self.rows)

    def ordered(self, listed: list[Listed]) -> list[Listed]:
        """`listed` in that order."""
        if self.order is None:
            return listed
        # The connection has its first findings only.
        counted = {"findings": lambda one: one.findings, "faults": lambda one: one.faults}.get(self.order.field.name)
        return self.order.ordered(listed, lambda one: one.connection, counted)
