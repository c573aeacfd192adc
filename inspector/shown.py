"""What is shown of frames beside their rows: payload and comments, of so many frames and no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.wire.batch import Batch

__all__ = ["Shown"]

_PAYLOAD_SHOWN = 2048
"""Bytes of each payload kept for display."""
_PAYLOADS_SHOWN = 5000
_COMMENTS_SHOWN = 5000


@dataclass(slots=True)
class Shown:
    """What was kept so far, by frame number; hostile data."""

    payloads: dict[int, bytes] = field(default_factory=dict)
    comments: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def take(self, batch: Batch) -> None:
        """Keep it of so many frames, and no more."""
        if len(self.payloads) < _PAYLOADS_SHOWN:
            self.payloads.update(_payloads(batch))
        if not batch.columnar and len(self.comments) < _COMMENTS_SHOWN:
            self.comments.update(_comments(batch))


def _payloads(batch: Batch) -> Iterator[tuple[int, bytes]]:
    if batch.columnar:
        carrying = batch.rows["captured_len"][: batch.count].nonzero()[0].tolist()
    else:
        carrying = [index for index in range(batch.count) if batch.rows[index].captured_len]
    for index in carrying:
        yield batch.row(index).frame, batch.payload(index, _PAYLOAD_SHOWN)


def _comments(batch: Batch) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The comments of each frame that has some."""
    for index in range(batch.count):
        said = batch.comments(index)
        if said:
            yield batch.ref(index).number, said
