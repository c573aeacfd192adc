"""A batch: some frames of a capture, decoded, in the plain or the column form.

`rows` and `refs` are a list of instances (plain) or a numpy record array (columnar); only the first `count` of them
count. **A batch is valid until the next one is asked for**: the buffer behind it is used again, and so are the
arrays of a columnar one. What `row`, `frame`, `payload` and `comments` return is the caller's to keep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from inspector.wire.frame import Frame, FrameRef
from inspector.wire.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.wire.containers.container import Container

__all__ = ["Batch"]


class Batch:
    """Frames `0 ... count - 1` of one stretch of a capture."""

    __slots__ = ("_container", "buffer", "columnar", "count", "pieces", "reassembled", "refs", "rows")

    def __init__(  # noqa: PLR0913 - its fields
        self, container: Container, buffer: bytearray, refs: Any, rows: Any, *, count: int, columnar: bool
    ) -> None:
        self._container = container
        self.buffer = buffer
        self.refs = refs
        self.rows = rows
        self.count = count
        self.columnar = columnar
        self.reassembled: dict[int, bytes] = {}
        """Index of a row to the whole datagram that its frame, the last fragment to come, completed."""
        self.pieces: dict[int, tuple[int, ...]] = {}
        """Index of such a row to the numbers of the frames whose fragments made the datagram, its own among them."""

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Row]:
        return (self.row(index) for index in range(self.count))

    def row(self, index: int) -> Row:
        """The row of frame `index`, in the plain form."""
        return cast("Row", self._plain(Row, self.rows, index))

    def ref(self, index: int) -> FrameRef:
        """Where frame `index` lies in the buffer, in the plain form."""
        return cast("FrameRef", self._plain(FrameRef, self.refs, index))

    def frame(self, index: int) -> Frame:
        """Frame `index` with its own copy of its bytes, and with its comments."""
        ref = self.ref(index)
        return Frame(
            number=ref.number,
            time_ns=ref.time_ns,
            data=bytes(self.buffer[ref.start : ref.start + ref.captured_len]),
            wire_len=ref.wire_len,
            link_type=ref.link_type,
            interface=ref.interface,
            direction=ref.direction,
            comments=self._container.comments_of(self.buffer, ref.start, ref.captured_len),
        )

    def comments(self, index: int) -> tuple[str, ...]:
        """What people wrote to frame `index` (pcapng `opt_comment`); hostile text, as everything in a file."""
        ref = self.ref(index)
        return self._container.comments_of(self.buffer, ref.start, ref.captured_len)

    def payload(self, index: int, limit: int | None = None, row: Row | None = None) -> bytes:
        """The captured bytes of the payload of row `index`, at most `limit` of them; `row` is that row, if known."""
        row = row or self.row(index)
        length = row.captured_len if limit is None else min(row.captured_len, limit)
        whole = self.reassembled.get(index)
        if whole is not None:
            return whole[row.payload_at : row.payload_at + length]
        ref = self.refs[index]
        start = int(ref["start"] if self.columnar else ref.start) + row.payload_at
        return bytes(self.buffer[start : start + length])

    def _plain(self, record: type[Any], records: Any, index: int) -> Any:
        if not 0 <= index < self.count:
            raise IndexError(f"frame {index} of a batch of {self.count}")
        if not self.columnar:
            return records[index]
        from inspector.columns import to_instance

        return to_instance(record, records, index)
