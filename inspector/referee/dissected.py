"""A capture read by another dissector, with the doors of `wire.reader.CaptureReader`: batches, and what was lost.

The rows are plain, a few at a time; payload is kept beside them for the display. What such a batch has not: the bytes
of its frames (`Batch.frame`), for a dissector tells fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from inspector.referee.layers import row_of
from inspector.wire.batch import Batch
from inspector.wire.frame import Frame, FrameRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType

    from inspector.referee.layers import Dissected
    from inspector.wire.containers.pcapng_blocks import Interface
    from inspector.wire.fragments import Reassembly
    from inspector.wire.origins import Origins
    from inspector.wire.reader import Skipped
    from inspector.wire.row import Row
    from inspector.wire.series import FileOfSeries

__all__ = ["DissectedBatch", "DissectingReader", "Reader", "batches_of"]

_BATCH = 256


class Reader(Protocol):
    """What an inspection asks of whoever reads a capture."""

    name: str
    fragments: Reassembly

    @property
    def interfaces(self) -> Sequence[Interface]:
        """The interfaces met so far; `Row.interface` is an index into them."""

    @property
    def files(self) -> Sequence[FileOfSeries]:
        """Those of a series; none of a single capture."""

    @property
    def origins(self) -> Origins | None:
        """Which of them a frame comes from; None of a single capture."""

    @property
    def taken(self) -> int:
        """Bytes read so far."""

    def outlast_one(self) -> None:
        """From now on the rows of a batch stay valid while one more is asked for."""

    @property
    def frames(self) -> int:
        """Frames so far."""

    @property
    def cut(self) -> str:
        """Where and why the capture ends before its time; empty where it does not."""

    @property
    def skipped(self) -> Skipped | str:
        """What was damaged in the middle."""

    @property
    def dropped(self) -> int | None:
        """Frames that the capture says it lost; None if it says nothing."""

    def __iter__(self) -> Iterator[Batch]: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class DissectingReader:
    """What readers by another dissector have in common: each reads a single capture, and makes rows anew."""

    interfaces: Sequence[Interface] = ()
    files: Sequence[FileOfSeries] = ()
    origins: Origins | None = None
    taken = 0
    """Not told."""
    _batches: Iterator[DissectedBatch]

    def outlast_one(self) -> None:
        """See `Reader`."""

    def close(self) -> None:
        """Let go of the dissector."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[DissectedBatch]:
        return self._batches

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class DissectedBatch(Batch):
    """Some frames as rows, with their payloads and comments."""

    __slots__ = ("_told",)

    def __init__(self, told: Sequence[Dissected], rows: list[Row]) -> None:
        refs = [
            FrameRef(
                each.number,
                each.time_ns,
                0,
                each.captured_len,
                row.wire_len,
                each.link_type,
                each.interface,
                row.direction,
            )
            for each, row in zip(told, rows, strict=True)
        ]
        super().__init__(None, bytearray(), refs, rows, count=len(rows), columnar=False)
        self._told = told

    def only(self, places: list[int]) -> DissectedBatch:
        """See `Batch`."""
        return DissectedBatch([self._told[i] for i in places], [self.rows[i] for i in places])

    def frame(self, index: int) -> Frame:
        """Not to be had; see the head of this file."""
        raise LookupError(f"the bytes of frame {self.ref(index).number} are not told")

    def comments(self, index: int) -> tuple[str, ...]:
        """See `Batch`."""
        return self._told[index].comments

    def payload(self, index: int, limit: int | None = None, row: Row | None = None) -> bytes:
        """See `Batch`."""
        del row
        return self._told[index].payload[:limit]


def batches_of(told: Iterable[Dissected]) -> Iterator[DissectedBatch]:
    """Batches of what a dissector tells, as it tells it."""
    some: list[Dissected] = []
    rows: list[Row] = []
    for each in told:
        some.append(each)
        rows.append(row_of(each))
        if len(some) == _BATCH:
            yield DissectedBatch(some, rows)
            some, rows = [], []
    if some:
        yield DissectedBatch(some, rows)
