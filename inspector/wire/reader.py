"""Reading captures: from a path, a pipe or standard input to batches of decoded rows.

Two speeds, one path. The first frames come as plain lists, read and decoded by plain Python: a small capture never
imports numpy and answers at once. If more remains, the rest comes in columns, indexed and decoded by the
compiled forms of the very same functions.

Laws:

1. Loss is never silent: a cut file gives everything before the cut, and `cut` says where and why; behind damage
   reading goes on where something sound follows, and `skipped` says what was left out.
2. A capture of which no interface has a link type that we decode is an error that names the link type,
   never a capture without connections. In a mixed capture such frames are rows that say so.
3. Memory is bounded by the longest record, whatever the size of the file.

Not here: which bytes mean what (`containers/`, `decode`).
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from inspector.columns import instances
from inspector.errors import CaptureFileError, system_words
from inspector.language import joined, said
from inspector.wire.batch import Batch
from inspector.wire.containers.detection import open_container
from inspector.wire.containers.sources import StreamSource
from inspector.wire.containers.words import Stop
from inspector.wire.decode import decode_batch
from inspector.wire.fragments import Reassembly
from inspector.wire.frame import FrameRef
from inspector.wire.links import supported_link_types
from inspector.wire.linktypes import link_type_text
from inspector.wire.row import Row

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from types import TracebackType

    from inspector.wire.containers.pcapng_blocks import Interface
    from inspector.wire.origins import Origins
    from inspector.wire.series import FileOfSeries

__all__ = ["PLAIN_BYTES", "PLAIN_FRAMES", "CaptureReader", "Skipped", "open_capture"]

_SUPPORTED = frozenset(supported_link_types())
PLAIN_FRAMES = 20_000
"""Where reading plainly would take as long as loading numba and machine code from the cache (measured)."""
PLAIN_BYTES = 32 << 20
"""The same for few but long frames."""
_PLAIN_BATCH = 256
_COLUMNAR_BATCH = 4096
"""Rows that fit the processor's cache together with the bytes that they come from."""


def open_capture(
    source: str | Path | BinaryIO,
    *,
    name: str = "",
    plain_frames: int = PLAIN_FRAMES,
    verify: bool = False,
    any_link: bool = False,
) -> CaptureReader:
    """Open a capture: a path, or a binary stream that needs no seeking (named `name` in messages, `-` by default).

    The first `plain_frames` frames, or PLAIN_BYTES of the capture, come in the plain form (of a file that is larger
    than that, none); `verify` has the decoder
    verify checksums; with `any_link` a capture may be of link types that we do not decode. A stream stays the caller's
    to close.

    Raises CaptureFileError: no such file, not readable, empty, a format or link type that we do not read.
    """
    if not isinstance(source, (str, Path)):
        return CaptureReader(source, name or "-", plain_frames=plain_frames, verify=verify, any_link=any_link)
    name = name or str(source)
    try:
        stream = Path(source).open("rb", buffering=0)  # noqa: SIM115 - the reader closes it
    except OSError as error:
        raise CaptureFileError(name, said("cannot be opened: {reason}", reason=system_words(error))) from error
    try:
        return CaptureReader(stream, name, plain_frames=plain_frames, verify=verify, any_link=any_link, owned=True)
    except BaseException:
        stream.close()
        raise


def _is_large(stream: Any) -> bool:
    """Whether it is a file of which the plain form would only be the beginning."""
    with suppress(OSError, ValueError, AttributeError):
        status = os.fstat(stream.fileno())
        return stat.S_ISREG(status.st_mode) and status.st_size > PLAIN_BYTES
    return False


@dataclass(slots=True)
class Skipped:
    """What was damaged in the middle of a capture: where first and why, how many bytes, in how many places."""

    place: int = 0
    fault: str = ""
    bytes: int = 0
    places: int = 0

    def note(self, place: int, count: int, fault: str) -> None:
        """Another damaged stretch."""
        if not self.places:
            self.place, self.fault = place, fault
        self.bytes += count
        self.places += 1

    def __str__(self) -> str:
        if not self.places:
            return ""
        if self.places > 1:
            return said(
                "{bytes} damaged bytes in {places} places, the first at byte {place}: {fault}",
                bytes=self.bytes, places=self.places, place=self.place, fault=self.fault,
            )  # fmt: skip
        return said(
            "{bytes} damaged bytes at byte {place}: {fault}", bytes=self.bytes, place=self.place, fault=self.fault
        )


class CaptureReader:
    """An open capture: iterate it for its batches, once. A context manager, to close it.

    What it says of the capture (`frames`, `cut`, `dropped`, ...) is complete when the iteration has ended.
    """

    files: Sequence[FileOfSeries] = ()
    origins: Origins | None = None
    """Those of a `wire.series`; a single capture has neither."""

    def __init__(  # noqa: PLR0913 - `open_capture` says what each is
        self,
        stream: BinaryIO | Any,
        name: str,
        *,
        plain_frames: int = PLAIN_FRAMES,
        verify: bool = False,
        any_link: bool = False,
        owned: bool = False,
    ) -> None:
        self.name = name
        self.frames = 0
        self.cut = ""
        """Where and why the capture ends before its time; empty where it does not."""
        self.skipped = Skipped()
        self.unsupported = 0
        """Frames of a link type that we do not decode, in a capture that has others too."""
        self.fragments = Reassembly()
        self._stream = stream if owned else None
        self.plain_frames = 0 if _is_large(stream) else plain_frames
        """Frames that come in the plain form; may be lowered while reading."""
        self._source = StreamSource(stream)
        self._container, self._window = open_container(name, self._source)
        self._verify = verify
        self._any_link = any_link
        self._ended = False
        self._foreign: set[int] = set()
        self._looked_at = 0
        self._rooms: list[tuple[Any, Any]] = []
        self._rooms_wanted = 1
        self._batches = self._read()
        if self._container.complete:
            self._refuse_unless_supported()

    @property
    def format(self) -> str:
        """`pcapng`, `pcap (nanoseconds, big-endian)`, `gzip of pcapng`, ..."""
        return self._container.format

    @property
    def taken(self) -> int:
        """Bytes read of the stream so far: of a compressed one, compressed."""
        return self._source.taken

    @property
    def place(self) -> int:
        """Bytes of the capture consumed so far: of a compressed one, unpacked."""
        return self._window.place

    @property
    def interfaces(self) -> list[Interface]:
        """The interfaces met so far; `Row.interface` is an index into them."""
        return self._container.interfaces

    @property
    def comments(self) -> list[str]:
        """What the sections of a pcapng say of themselves (those of frames: `Batch.comments`)."""
        return self._container.comments

    @property
    def dropped(self) -> int | None:
        """Frames that the capture says it lost; None if it says nothing."""
        return self._container.dropped

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, if it was opened here."""
        with suppress(ValueError):  # it is running, in a thread that was abandoned (`ahead`)
            self._batches.close()
        if self._stream is not None:
            self._stream.close()

    def outlast_one(self) -> None:
        """From now on the rows of a batch stay valid while one more is asked for; its payloads and comments do not."""
        self._rooms_wanted = 2

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        return next(self._batches)

    def _read(self) -> Generator[Batch]:
        while not self._ended:
            columnar = self.frames >= self.plain_frames or self._window.place >= PLAIN_BYTES
            if columnar and not self._window.need(1):
                break
            refs, rows = self._room(columnar=columnar)
            count = self._fill(refs, columnar=columnar)
            if count:
                self.frames += count
                yield self._decoded(refs, rows, count, columnar=columnar)
        if self._window.source.cut and not self.cut:
            self.cut = said("byte {place}: {reason}", place=self._window.place, reason=self._window.source.cut)
        self._refuse_unless_supported()

    def _room(self, *, columnar: bool) -> tuple[Any, Any]:
        if not columnar:
            room = min(_PLAIN_BATCH, self.plain_frames - self.frames)
            return instances(FrameRef, room), []
        if len(self._rooms) < self._rooms_wanted:
            from inspector.columns import columns

            self._rooms.append((columns(FrameRef, _COLUMNAR_BATCH), columns(Row, _COLUMNAR_BATCH)))
        else:
            self._rooms.append(self._rooms.pop(0))
        return self._rooms[-1]

    def _fill(self, refs: Any, *, columnar: bool) -> int:
        """Fill `refs` as far as the bytes at hand go, reading more only if they give nothing."""
        count = 0
        while True:
            stop, count = self._container.index(self._window, self.frames + 1, refs, count, columnar=columnar)
            if stop == Stop.FULL:
                return count
            if stop == Stop.BLOCK:
                if count and self._container.ends_batch(self._window):
                    return count
                fault = self._container.take_block(self._window)
            elif stop == Stop.MORE:
                if count:
                    return count
                if self._window.read():
                    continue
                fault = self._container.trouble(stop, self._window) if self._window.available else ""
                self._ended = not fault
            else:
                fault = self._container.trouble(stop, self._window)
            if (fault or self._ended) and not self._resumes(fault, count):
                return count

    def _resumes(self, fault: str, count: int) -> bool:
        """Whether reading goes on at once: behind the damage at the window's position, if anything sound follows."""
        place = self._window.place
        if fault and count:
            return False  # the search may move the bytes that the frames at hand lie in; it comes when they are done
        if fault and self._container.resume(self._window):
            self.skipped.note(place, self._window.place - place, fault)
            return True
        self._ended = True
        reasons = [reason for reason in (self._window.source.cut, fault) if reason]
        if reasons:
            self.cut = said("byte {place}: {reason}", place=place, reason=joined(reasons, "; "))
        return False

    def _decoded(self, refs: Any, rows: Any, count: int, *, columnar: bool) -> Batch:
        if columnar:
            from inspector.compiled import compiled

            fragments = compiled(decode_batch)(self._window.array(), refs, count, rows, self._verify)
        else:
            rows = instances(Row, count)
            fragments = decode_batch(self._window.buffer, refs, count, rows, self._verify)
        batch = Batch(self._container, self._window.buffer, refs, rows, count=count, columnar=columnar)
        self._count_unsupported(batch)
        if fragments:
            self.fragments.apply(batch, self._verify)
        return batch

    def _count_unsupported(self, batch: Batch) -> None:
        self._foreign.update(face.link_type for face in self.interfaces[self._looked_at :])
        self._foreign -= _SUPPORTED
        self._looked_at = len(self.interfaces)
        if not self._foreign:
            return
        if batch.columnar:
            import numpy as np

            self.unsupported += int(np.isin(batch.refs["link_type"][: batch.count], list(self._foreign)).sum())
        else:
            self.unsupported += sum(ref.link_type in self._foreign for ref in batch.refs[: batch.count])

    def _refuse_unless_supported(self) -> None:
        found = {face.link_type for face in self.interfaces}
        if self._any_link or not found or found & _SUPPORTED:
            return
        from shlex import quote

        kinds = joined(link_type_text(number) for number in sorted(found))
        known = joined(link_type_text(number) for number in sorted(_SUPPORTED))
        raise CaptureFileError(
            self.name,
            said("link type {kinds} is not supported; supported: {known}", kinds=kinds, known=known),
            links=True,
            remedies=[f"tshark -r {quote(self.name)}"],
        )
