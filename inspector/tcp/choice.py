"""Who is told of in a large replay, in which order, and where else they go: what the ledger asks of whoever chooses.

`Everybody` is the answer where nothing was asked. What is asked on the command line is `query.selection`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from inspector.tcp.summary import LISTED

if TYPE_CHECKING:
    from inspector.tcp.summary import Listed

__all__ = ["Choice", "Everybody", "Leaving", "Sink"]


class Sink(Protocol):
    """Takes what is chosen, as columns, which are the ledger's and used again."""

    def take_accounts(self, accounts: Any) -> None:
        """Connections that have left the table (`account.Account`)."""

    def take_found(self, rows: Any) -> None:
        """Findings of theirs (`found.FoundRow`)."""


class Choice(Protocol):
    """Who is told of."""

    @property
    def rows(self) -> int:
        """How many connections are kept as objects."""

    @property
    def sink(self) -> Sink | None:
        """Who else wants those that were chosen."""

    @property
    def chooses(self) -> bool:
        """Whether some may be left out, so that nobody is told of before all is known of him."""

    def mask(self, accounts: Any) -> Any:
        """Which of the accounts are chosen; None where all are."""

    def first_of(self, accounts: Any) -> Any:
        """The places of those that come first in the order that was asked for; None where none was."""

    def ordered(self, listed: list[Listed]) -> list[Listed]:
        """`listed` in that order."""


class Leaving(Protocol):
    """Goes along with a large replay, and sees every connection that is chosen when it leaves the table."""

    def folded(self, rows: Any, traces: Any, first: int, last: int, ordinal: int, connections: Any) -> None:  # noqa: PLR0913 - all that there is
        """`rows[first:last]` have been folded, the first of them being of `ordinal`; `connections` is the table."""

    def leave(self, numbers: Any, taken: Any) -> None:
        """Connections of these numbers leave now; `taken` are ordinals of rows that proved to begin others."""

    def left(self, accounts: Any, places: Any, tables: Any) -> None:
        """Some of them, as far as they are chosen, and their places in the fold's tables."""

    def gone(self, numbers: Any) -> None:
        """They have left, all of them."""


class Everybody:
    """Nobody is left out, in no order."""

    rows = LISTED
    sink: Sink | None = None
    chooses = False

    def mask(self, _accounts: Any) -> Any:
        """All."""
        return None

    def first_of(self, _accounts: Any) -> Any:
        """There is no order."""
        return None

    def ordered(self, listed: list[Listed]) -> list[Listed]:
        """As they are."""
        return listed
