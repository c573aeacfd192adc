"""Several batches into one, in time order: a stable merge of sorted runs, in the plain form or by columns.

A frame's *key* is the latest time in its file so far. So the frames of one file never change their order: one whose
clock stepped back, and one that has no time, come right behind their predecessor. Of equal keys the file that began
first comes first, and of files that began at once the one named first. That is what a merge gives that always takes
the earliest of the files' next frames (Wireshark's `mergecap`, which among equal times prefers the file named last).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.columns import dtype_of, to_columns
from inspector.wire.batch import Batch
from inspector.wire.frame import FrameRef
from inspector.wire.row import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from inspector.wire.containers.container import Container

__all__ = ["Part", "WovenBatch", "keys_of", "number_frames", "renumber_interfaces", "weave"]


class Part(NamedTuple):
    """Some frames of one file, and their keys."""

    file: int
    batch: Batch
    keys: Any


class WovenBatch(Batch):
    """Frames of several files; valid as long as the batches that it was made of."""

    __slots__ = ("owners", "parts")

    def __init__(self, parts: Sequence[Part], refs: Any, rows: Any, owners: Any, *, columnar: bool) -> None:
        super().__init__(*parts[0].batch.home(0), refs, rows, count=len(owners), columnar=columnar)
        self.parts = parts
        self.owners = owners
        """For each frame, which of `parts` it comes from."""

    def home(self, index: int) -> tuple[Container | None, bytearray]:
        """See `Batch`."""
        part: Part = self.parts[self.owners[index]]
        return part.batch.home(0)

    def only(self, places: list[int]) -> WovenBatch:
        """See `Batch`."""
        some = super().only(places)
        owners = self.owners[places] if self.columnar else [self.owners[place] for place in places]
        made = WovenBatch(self.parts, some.refs, some.rows, owners, columnar=self.columnar)
        made.reassembled, made.pieces = some.reassembled, some.pieces
        return made

    def files(self) -> bytes:
        """For each frame the index of its file, two bytes each in the order of this machine."""
        files = [part.file for part in self.parts]
        if not self.columnar:
            return array("H", [files[owner] for owner in self.owners]).tobytes()
        import numpy as np

        of_each: np.ndarray[Any, Any] = np.array(files, np.uint16)[self.owners]
        return of_each.tobytes()


def keys_of(batch: Batch, latest: int) -> Any:
    """The keys of a batch that follows frames of which `latest` was the latest time."""
    if batch.columnar:
        import numpy as np

        return np.maximum(np.maximum.accumulate(batch.rows["time_ns"][: batch.count]), latest)
    keys: list[int] = []
    for row in batch.rows[: batch.count]:
        latest = max(latest, row.time_ns)
        keys.append(latest)
    return keys


def weave(parts: Sequence[Part]) -> WovenBatch:
    """One batch of `parts`, which are in the order of their files, which equal keys keep."""
    if any(part.batch.columnar for part in parts):
        return _weave_columns(parts)
    owners = [owner for owner, part in enumerate(parts) for _ in range(part.batch.count)]
    keys = [key for part in parts for key in part.keys]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    rows = [row for part in parts for row in part.batch.rows[: part.batch.count]]
    refs = [ref for part in parts for ref in part.batch.refs[: part.batch.count]]
    return WovenBatch(
        parts, [refs[i] for i in order], [rows[i] for i in order], [owners[i] for i in order], columnar=False
    )


def _weave_columns(parts: Sequence[Part]) -> WovenBatch:
    import numpy as np

    keys = np.concatenate([np.asarray(part.keys, np.int64) for part in parts])
    numbers = np.repeat(np.arange(len(parts), dtype=np.uint16), [part.batch.count for part in parts])
    # Each part is sorted, which is what this sort is quick at.
    owners = numbers[np.argsort(keys, kind="stable")]
    places = [np.flatnonzero(owners == owner) for owner in range(len(parts))]
    refs, rows = (
        _scattered(record, [_columns_of(record, part.batch) for part in parts], places) for record in (FrameRef, Row)
    )
    return WovenBatch(parts, refs, rows, owners, columnar=True)


def _columns_of(record: type[Any], batch: Batch) -> np.ndarray[Any, Any]:
    records = batch.rows if record is Row else batch.refs
    if batch.columnar:
        columns: np.ndarray[Any, Any] = records[: batch.count]
        return columns
    return to_columns(record, records[: batch.count], batch.count)


def _scattered(record: type[Any], pieces: Sequence[Any], places: Sequence[Any]) -> np.ndarray[Any, Any]:
    """The records of `pieces`, those of each at its `places`."""
    import numpy as np

    dtype = dtype_of(record)
    made = np.empty(sum(map(len, pieces)), dtype)
    # As bytes, as in `columns`.
    octets = made.view(np.uint8).reshape(-1, dtype.itemsize)
    for piece, place in zip(pieces, places, strict=True):
        octets[place] = piece.view(np.uint8).reshape(-1, dtype.itemsize)
    return made


def number_frames(batch: Batch, first: int) -> None:
    """Number the frames of a batch, from `first` on."""
    if batch.columnar:
        import numpy as np

        numbers = np.arange(first, first + batch.count)
        batch.rows["frame"][: batch.count] = numbers
        batch.refs["number"][: batch.count] = numbers
    else:
        for number, row, ref in zip(range(first, first + batch.count), batch.rows, batch.refs, strict=False):
            row.frame = ref.number = number


def renumber_interfaces(batch: Batch, numbers: Sequence[int]) -> None:
    """Give every frame of a batch the number of its interface that stands at its old number in `numbers`."""
    for records in (batch.rows, batch.refs):
        if batch.columnar:
            import numpy as np

            old = records["interface"][: batch.count]
            old[:] = np.array(numbers, np.int32)[old]
        else:
            for record in records[: batch.count]:
                record.interface = numbers[record.interface]
