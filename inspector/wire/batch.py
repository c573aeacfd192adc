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

    __slots__ = ("_buffer", "_container", "columnar", "count", "pieces", "reassembled", "refs", "rows")

    def __init__(  # noqa: PLR0913 - its fields
        self, container: Container | None, buffer: bytearray, refs: Any, rows: Any, *, count: int, columnar: bool
    ) -> None:
        self._container = container
        self._buffer = buffer
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
            data=self.octets(index),
            wire_len=ref.wire_len,
            link_type=ref.link_type,
            interface=ref.interface,
            direction=ref.direction,
            comments=self.comments(index),
        )

    def octets(self, index: int) -> bytes:
        """What was captured of frame `index`."""
        ref = self.ref(index)
        return bytes(self.home(index)[1][ref.start : ref.start + ref.captured_len])

    def home(self, index: int) -> tuple[Container | None, bytearray]:
        """The container that frame `index` came from, and the buffer that its bytes lie in."""
        del index
        return self._container, self._buffer

    def part(self, first: int, last: int) -> Batch:
        """Frames `first ... last - 1` as a batch of their own, valid as long as this one."""
        refs, rows = self.refs[first:last], self.rows[first:last]
        return Batch(self._container, self._buffer, refs, rows, count=last - first, columnar=self.columnar)

    def comments(self, index: int) -> tuple[str, ...]:
        """What people wrote to frame `index` (pcapng `opt_comment`); hostile text, as everything in a file."""
        ref = self.ref(index)
        container, buffer = self.home(index)
        return container.comments_of(buffer, ref.start, ref.captured_len) if container is not None else ()

    def payload(self, index: int, limit: int | None = None, row: Row | None = None) -> bytes:
        """The captured bytes of the payload of row `index`, at most `limit` of them; `row` is that row, if known."""
        row = row or self.row(index)
        length = row.captured_len if limit is None else min(row.captured_len, limit)
        whole = self.reassembled.get(index)
        if whole is not None:
            return whole[row.payload_at : row.payload_at + length]
        ref = self.refs[index]
        start = int(ref["start"] if self.columnar else ref.start) + row.payload_at
        return bytes(self.home(index)[1][start : start + length])

    def only(self, places: list[int]) -> Batch:
        """The frames at some places, in their order, as a batch of their own; as short-lived as this one."""
        rows, refs = self.rows, self.refs
        some = (rows[places], refs[places]) if self.columnar else ([rows[i] for i in places], [refs[i] for i in places])
        made = Batch(self._container, self._buffer, some[1], some[0], count=len(places), columnar=self.columnar)
        made.reassembled = {new: self.reassembled[old] for new, old in enumerate(places) if old in self.reassembled}
        made.pieces = {new: self.pieces[old] for new, old in enumerate(places) if old in self.pieces}
        return made

    def _plain(self, record: type[Any], records: Any, index: int) -> Any:
        if not 0 <= index < self.count:
            raise IndexError(f"frame {index} of a batch of {self.count}")
        if not self.columnar:
            return records[index]
        from inspector.columns import to_instance

        return to_instance(record, records, index)
