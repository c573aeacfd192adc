"""Who listens to a connection: its payload, in the order of the streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tcp.talk import Talk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.referee.dissected import Reader
    from inspector.tcp.watch import Pick
    from inspector.wire.batch import Batch

__all__ = ["Hearer"]


class Hearer:
    """A `Taker` of what both ends of a connection say; at most `limit` bytes of each are kept."""

    saved_to = ""

    def __init__(self, number: int, limit: int) -> None:
        self.number = number
        self.talk = Talk(limit)

    def take(self, batch: Batch, picks: Sequence[Pick], reader: Reader) -> None:
        """See `Taker`."""
        del reader
        for each in picks:
            if each.number == self.number:
                self.talk.hear(each, batch.payload(each.place, row=each.row) if each.row.captured_len else b"")

    def close(self) -> None:
        """See `Taker`; a talk needs no end."""

    def discard(self) -> None:
        """See `Taker`; nothing was begun."""
