"""Some frames of a capture: a reader that passes on those that were chosen, whoever chose them.

A frame keeps its number, and so all that is said of it can be found in the whole capture. What lies between two chosen
frames is not seen by anyone behind this door: a connection of which frames were left out looks as if they were lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from inspector.wire.batch import Batch

__all__ = ["FrameSelection", "SelectedReader"]


@dataclass(frozen=True, slots=True)
class FrameSelection:
    """Which frames, and by what words: `chosen[n]` is 1 where frame n is one of them, and may end early."""

    words: str
    chosen: bytearray

    def of(self, batch: Batch) -> list[int]:
        """The places in a batch of the frames that were chosen."""
        if batch.columnar:
            import numpy as np

            numbers = batch.rows["frame"][: batch.count]
            known = np.frombuffer(self.chosen, np.uint8)
            return np.flatnonzero(known[np.minimum(numbers, len(known) - 1)] & (numbers < len(known))).tolist()
        least = len(self.chosen)
        frames = [row.frame for row in batch.rows[: batch.count]]
        return [place for place, frame in enumerate(frames) if frame < least and self.chosen[frame]]


class SelectedReader:
    """The chosen frames of another reader, with all that it says of the capture; `frames` counts the chosen."""

    def __init__(self, reader: Any, selection: FrameSelection) -> None:
        self._reader = reader
        self.selection = selection
        self.frames = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    @property
    def read(self) -> int:
        """Frames read so far, chosen or not."""
        return int(self._reader.frames)

    def __enter__(self) -> Self:
        self._reader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.__exit__(kind, error, trace)

    def __iter__(self) -> Iterator[Batch]:
        for batch in self._reader:
            places = self.selection.of(batch)
            if places:
                self.frames += len(places)
                yield batch if len(places) == batch.count else batch.only(places)
