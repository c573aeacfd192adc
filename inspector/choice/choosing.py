"""Some connections of a capture, asked for by number: what is taken of them while the capture goes by, once.

    choice = Choice({7}, takers=[...])      inspect_chosen(source, choice)

`watch` knows their rows; this room goes and gets what lies behind the rows, in the bytes of the batch, while they are
there: the payload and the comments that a ladder shows. Whoever needs more is a `Taker`, and sees the same rows: the
payload in stream order (`hearing`), the frames themselves (`saving`).

Not here: the numbers (`tcp.watch`), and how any of it looks (`report/`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from inspector.errors import ExpectationError, NoSuchConnection
from inspector.language import joined, said, said_n
from inspector.tcp.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from inspector.referee.dissected import Reader
    from inspector.tcp.model import Connection
    from inspector.tcp.watch import Pick
    from inspector.wire.batch import Batch

__all__ = ["Choice", "Taker"]

_MOST_ROWS = 200_000
"""Rows that are kept of all of them together."""
_PAYLOAD_SHOWN = 2048
_MOST_PAYLOADS = 5000
_MOST_COMMENTS = 5000


class Taker(Protocol):
    """Who takes something of every batch."""

    saved_to: str
    """Where it put what it took; empty if nowhere."""

    def take(self, batch: Batch, picks: Sequence[Pick], reader: Reader) -> None:
        """Take from `batch` what is wanted; `picks` are the rows of it that concern anybody watched."""

    def close(self) -> None:
        """The capture has come to its end, and all connections that were asked for are in it."""

    def discard(self) -> None:
        """Leave nothing half done behind; after `close` nothing is."""


class Choice:
    """The connections that were asked for, while their capture is read."""

    def __init__(self, numbers: Collection[int], takers: Sequence[Taker] = ()) -> None:
        self.watch = Watch(numbers, most=_MOST_ROWS)
        self.payloads: dict[int, bytes] = {}
        self.comments: dict[int, tuple[str, ...]] = {}
        self._numbers = frozenset(numbers)
        self._takers = list(takers)

    def add(self, taker: Taker) -> None:
        """Somebody else takes something too."""
        self._takers.append(taker)

    @property
    def saved_to(self) -> str:
        """Where parts of the capture were saved; empty if nowhere."""
        return ", ".join(taker.saved_to for taker in self._takers if taker.saved_to)

    @property
    def left_out(self) -> tuple[tuple[str, int], ...]:
        """What was not kept, in words, and how many."""
        return tuple((_left_out(number), count) for number, count in self.watch.left_out.items())

    def take(self, batch: Batch, reader: Reader) -> None:
        """Take what is wanted of a batch that has just been folded."""
        picks = self.watch.picks
        for each in picks:
            is_kept = each.number in self._numbers and each.number not in self.watch.left_out
            if is_kept or each.is_stray:
                self._keep(batch, each)
        for taker in self._takers:
            taker.take(batch, picks, reader)

    def _keep(self, batch: Batch, pick: Pick) -> None:
        row = pick.row
        if row.captured_len and len(self.payloads) < _MOST_PAYLOADS:
            self.payloads[row.frame] = batch.payload(pick.place, _PAYLOAD_SHOWN, pick.row)
        if len(self.comments) < _MOST_COMMENTS and (written := batch.comments(pick.place)):
            self.comments[row.frame] = written

    def close(self) -> tuple[Connection, ...]:
        """The connections, when the capture has come to its end.

        Raises NoSuchConnection, with the numbers that there are, if it has not all of them.
        """
        connections = tuple(self.watch.connections())
        missing = sorted(self._numbers - {each.number for each in connections})
        if missing:
            found = joined(map(str, missing))
            raise NoSuchConnection(_not_there(self.watch.seen, found))
        for taker in self._takers:
            taker.close()
        return connections

    def whole(self, connections: tuple[Connection, ...]) -> tuple[Connection, ...]:
        """`connections`, to be compared; ExpectationError where one has more segments than were kept."""
        for number in sorted(self.watch.left_out):
            raise ExpectationError(
                f"connection {number}",
                said(
                    "more than {most:,} segments, of which no more are kept, expected fewer to compare: take a part of"
                    " the capture (-c N, editcap), or replay it without an expected sequence",
                    most=_MOST_ROWS,
                ),
            )
        return connections

    def discard(self) -> None:
        """Leave nothing half done behind."""
        for taker in self._takers:
            taker.discard()


def _left_out(number: int) -> str:
    return said(
        "segments of connection {number} beyond the first {most:,} that are kept: neither drawn nor judged one by one",
        number=number, most=_MOST_ROWS,
    )  # fmt: skip


def _not_there(seen: int, found: str) -> str:
    if not seen:
        return said(
            "the capture has no TCP connection (and only these are opened by number); found {found}", found=found
        )
    return said_n(
        "the capture has {n} connection; expected a number from 1 to {n}, found {found}",
        "the capture has {n} connections; expected a number from 1 to {n}, found {found}",
        seen, found=found,
    )  # fmt: skip
