"""One frame of a capture of any size, asked for by its number, with what is needed to explain it.

Two passes: up to the frame, whose endpoints are then known; and from the start again, where only the rows between
these two endpoints are followed, so that memory follows their talk and not the capture. The second goes to the end of
the capture, for some things are known in hindsight only (`tcp.view`, `tcp.judgement`), or until so many rows
(_MOST_ROWS) have been kept: a frame that lies beyond them is refused with that reason.

So the source must be a file that can be read twice. What the frame means is `explain.frame`'s.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from inspector.errors import NoSuchFrame
from inspector.explain.frame_model import FrameSubject
from inspector.language import said, said_n
from inspector.opening import open_source
from inspector.tcp.tracker import Tracker
from inspector.udp.tracker import ExchangeTracker
from inspector.wire.ip import datagram
from inspector.wire.linkkinds import first_header
from inspector.wire.row import Protocol, Row
from inspector.wire.undecoded import Reason

if TYPE_CHECKING:
    from inspector.referee.dissected import Reader
    from inspector.tcp.model import Connection
    from inspector.udp.model import Exchange
    from inspector.wire.batch import Batch

__all__ = ["find_frame"]

_MOST_ROWS = 200_000
"""Rows between the two endpoints that are followed."""
_FRAGMENTS = (Reason.FIRST_FRAGMENT, Reason.LATER_FRAGMENT)
_ENDS = ("src_hi", "src_lo", "src_port", "dst_hi", "dst_lo", "dst_port")


def find_frame(name: str, number: int, opened: BinaryIO | None = None) -> FrameSubject:
    """The frame with this number, and its conversation; CaptureFileError, or NoSuchFrame, where there is none.

    `opened` is the file, where only somebody else could open it.
    """
    source = _Source(name, opened)
    found = _up_to(source, number)
    row = found.row
    if row.undecoded in _FRAGMENTS:
        return replace(found, pieces=_pieces_of(source, number))
    if row.undecoded:
        return found
    followed = _Followed(row)
    followed.read(source)
    connection, exchange = followed.conversation(number)
    if not followed.has(number):
        raise NoSuchFrame(
            said(
                "frame {number} lies beyond the first {most:,} frames between its two endpoints, which are followed;"
                " expected an earlier one (save the connection: inspector replay --save-connection)",
                number=number,
                most=_MOST_ROWS,
            )
        )
    return replace(found, connection=connection, exchange=exchange, quoted=followed.quoted, cut=followed.cut)


class _Source(NamedTuple):
    """A capture that is read more than once, from its beginning."""

    name: str
    opened: BinaryIO | None

    def open(self, *, verify: bool = True) -> Reader:
        if self.opened is not None:
            self.opened.seek(0)
        return open_source(self.opened or self.name, self.name, "native", None, verify=verify)


def _up_to(source: _Source, number: int) -> FrameSubject:
    seen = 0
    with source.open() as reader:
        for batch in reader:
            if number <= seen + batch.count:
                return _subject(batch, number - seen - 1)
            seen += batch.count
        cut = reader.cut
    has = said_n("the capture has {n:,} frame", "the capture has {n:,} frames", seen)
    if cut:
        has = said("{has} (reading stopped at {cut})", has=has, cut=cut)
    expected = said("expected one from 1 to {last}", last=seen) if seen else said("there is none to explain")
    raise NoSuchFrame(said("{source}: {has}; {expected}, found {number}", source=source.name, has=has,
                           expected=expected, number=number))  # fmt: skip


def _subject(batch: Batch, index: int) -> FrameSubject:
    row, octets = batch.row(index), batch.octets(index)
    whole = batch.reassembled.get(index)
    inner = whole if whole is not None else _datagram(octets, row)
    return FrameSubject(
        row=row,
        octets=octets,
        datagram=inner,
        payload=batch.payload(index),
        pieces=batch.pieces.get(index, ()),
        comments=batch.comments(index),
    )


def _datagram(octets: bytes, row: Row) -> bytes:
    """The bytes of the innermost datagram, from its IP header on; empty where there is none."""
    again = Row(wire_len=row.wire_len, link_type=row.link_type)
    at = datagram(octets, len(octets), first_header(row.link_type), again)[0]
    return octets[at:] if again.version else b""


def _pieces_of(source: _Source, number: int) -> tuple[int, ...]:
    """The frames whose fragments were put together with those of frame `number`; none if they never were."""
    with source.open(verify=False) as reader:
        for batch in reader:
            for pieces in batch.pieces.values():
                if number in pieces:
                    return tuple(sorted(pieces))
    return ()


class _Followed:
    """The conversations between the two endpoints of a row, and nothing else of the capture."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self._tracker, self._exchanges = Tracker(), ExchangeTracker()
        self._kept = 0
        self._latest = 0
        self.cut = ""
        self.quoted: Row | None = None

    def read(self, source: _Source) -> None:
        """Follow them to the end of the capture, or as far as rows are kept."""
        with source.open() as reader:
            for batch in reader:
                self._take(batch)
                if self._kept >= _MOST_ROWS:
                    return
            self.cut = reader.cut

    def _take(self, batch: Batch) -> None:
        places = self._places(batch)
        if not places:
            return
        mine = batch.only(places)
        self._kept += mine.count
        self._latest = mine.row(mine.count - 1).frame
        self._look_for_the_quoted(mine)
        self._tracker.feed(mine.rows, mine.count, columnar=mine.columnar)
        self._exchanges.feed(mine.rows, mine.count, columnar=mine.columnar)

    def _places(self, batch: Batch) -> list[int]:
        one = tuple(getattr(self._row, name) for name in _ENDS)
        two = one[3:] + one[:3]
        if not batch.columnar:
            rows = batch.rows
            return [at for at in range(batch.count) if tuple(getattr(rows[at], name) for name in _ENDS) in {one, two}]
        rows = batch.rows[: batch.count]
        found: list[int] = (_same(rows, one) | _same(rows, two)).nonzero()[0].tolist()
        return found

    def _look_for_the_quoted(self, batch: Batch) -> None:
        """For an ICMP error about TCP: the segment with its number, the latest before it."""
        me = self._row
        if me.quoted_protocol != Protocol.TCP:
            return
        for row in batch:
            is_mine = row.protocol == Protocol.TCP and (row.seq, row.src_port) == (me.seq, me.src_port)
            if is_mine and not row.undecoded and row.frame < me.frame and row.source == me.source:
                self.quoted = row

    def has(self, number: int) -> bool:
        """Whether reading came as far as that frame."""
        return self._latest >= number

    def conversation(self, number: int) -> tuple[Connection | None, Exchange | None]:
        """The connection, or the exchange, that has the frame."""
        if self._row.protocol == Protocol.TCP:
            for connection in self._tracker.connections():
                if any(each.row.frame == number for each in connection.segments):
                    return connection, None
            return None, None
        exchanges = self._exchanges.exchanges()
        return None, exchanges[0] if exchanges else None


def _same(rows: Any, ends: tuple[int, ...]) -> Any:
    mask = rows[_ENDS[0]] == ends[0]
    for name, value in zip(_ENDS[1:], ends[1:], strict=True):
        mask = mask & (rows[name] == value)
    return mask
