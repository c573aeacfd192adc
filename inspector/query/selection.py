"""What was asked of a replay: which connections, in which order, how many rows of a table, and where else they go.

One value serves both speeds: `pick` takes connections that are kept as objects, and the rest is what a ledger asks of a
choice (`tcp.choice`) for columns of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

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

    @property
    def chooses(self) -> bool:
        """Whether some may be left out."""
        return self.where is not None

    @property
    def text(self) -> str:
        """The expression as we read it; empty without one."""
        return "" if self.where is None else text_of(self.where)

    def pick(self, connections: Iterable[Connection]) -> tuple[Connection, ...]:
        """Those that are chosen, in the order that was asked for; the sink has them before that, by number."""
        where = self.where
        chosen = [each for each in connections if where is None or holds(where, each)]
        if self.sink is not None:
            self.sink.take_connections(chosen)
        return tuple(chosen if self.order is None else self.order.ordered(chosen, lambda each: each))

    def mask(self, accounts: Any) -> Any:
        """Which of the accounts are chosen; None where all are."""
        return None if self.where is None else mask_of(self.where, accounts)

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
