"""Several captures read as one, in time order: a ring buffer's files, or what was captured in several places at once.

`SeriesReader` has the face of a `CaptureReader`: batches in, `frames`, `cut`, `dropped`, ... out. What is merged how
is `weaving`'s; this file decides when.

Laws:

1. Of every file the time of its first frame is looked up before; it is opened when its time has come, and closed at
   its end. Files that do not overlap are so read one after the other: each batch is passed on as it is, and one file
   is open at a time, however many there are.
2. A batch holds nothing that could still be preceded: it ends where a file's batch ends, or another file begins.
3. Frames are numbered through, from 1; `origins` tells the file of a frame, and its number there. Interfaces are
   numbered through as well. Fragments are put together over the borders of files.
4. A file that cannot be read is in `refused`, one that is cut is named in `cut`; the others are read all the same.

Not here: which files make one series (`cli/`), and formats that other programs convert (whoever gives `open_file`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, Self

from inspector.errors import CaptureFileError
from inspector.language import joined, said
from inspector.wire.beginnings import beginning_of
from inspector.wire.fragments import Reassembly
from inspector.wire.origins import Origins
from inspector.wire.reader import PLAIN_BYTES, PLAIN_FRAMES
from inspector.wire.row import NO_TIME
from inspector.wire.weaving import Part, keys_of, number_frames, renumber_interfaces, weave

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from inspector.wire.batch import Batch
    from inspector.wire.containers.pcapng_blocks import Interface
    from inspector.wire.reader import CaptureReader

__all__ = ["FileOfSeries", "OpenFile", "SeriesReader"]


class OpenFile(Protocol):
    """`wire.open_capture`, or what can read more formats than it."""

    def __call__(self, source: str | Path | BinaryIO, *, name: str, plain_frames: int, verify: bool) -> CaptureReader:
        """A reader; raises CaptureFileError."""


@dataclass(slots=True)
class FileOfSeries:
    """One of the files, and what is known of it when all is read."""

    name: str
    source: str | Path | BinaryIO
    frames: int = 0
    """Those that were read."""
    dropped: int | None = None
    cut: str = ""
    skipped: str = ""
    refused: CaptureFileError | None = None
    """Why it could not be read, or not to its end."""


@dataclass(slots=True)
class _Open:
    """A file whose frames are due, and the batch of it that is at hand: `batch[at:]` is still to come."""

    index: int
    reader: CaptureReader
    rank: tuple[int, ...] = ()
    """When it began, and its index: of frames of equal times, those of the file that began earlier come first."""
    numbers: list[int] = field(default_factory=list)
    """For each of its interfaces, the number in the series."""
    latest: int = NO_TIME
    batch: Any = None
    keys: Any = ()
    at: int = 0

    @property
    def head(self) -> int:
        return int(self.keys[self.at])

    @property
    def last(self) -> tuple[int, tuple[int, ...]]:
        return int(self.keys[-1]), self.rank


class _Later:
    """In place of a file's own reassembly: fragments are put together when their turn in the series has come."""

    def apply(self, batch: Batch, verify: bool) -> None:  # noqa: FBT001 - as Reassembly's
        del batch, verify


_LATER: Any = _Later()


class SeriesReader:
    """An open series: iterate it for its batches, once. A context manager, to close it."""

    def __init__(
        self, files: Sequence[FileOfSeries], open_file: OpenFile, *, name: str, verify: bool = False,
        plain_frames: int = PLAIN_FRAMES,
    ) -> None:  # fmt: skip
        self.name = name
        self.files = files
        self.frames = 0
        self.origins = Origins()
        self.fragments = Reassembly()
        self.interfaces: list[Interface] = []
        self._open_file = open_file
        self._verify = verify
        self._plain_frames = plain_frames
        self._outlasts = False
        self._bytes = 0
        self._taken = 0
        self._due: list[_Open] = []
        self._batches = self._read()
        self._waiting: list[tuple[int, int]] = []
        """When files begin, and their indexes: those whose time has not come, the next of them last."""
        for index, file in enumerate(files):
            if file.refused is None:
                self._look_up(index)
        self._waiting.sort(reverse=True)

    @property
    def cut(self) -> str:
        """Which files end before their time, where and why."""
        return _of_each((file.name, file.cut) for file in self.files)

    @property
    def skipped(self) -> str:
        """What was damaged, in which files."""
        return _of_each((file.name, file.skipped) for file in self.files)

    @property
    def dropped(self) -> int | None:
        """Frames that the files say were lost, all together; None if none says anything."""
        said = [file.dropped for file in self.files if file.dropped is not None]
        return sum(said) if said else None

    @property
    def taken(self) -> int:
        """Bytes read so far."""
        return self._taken + sum(each.reader.taken for each in self._due)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close whatever is open."""
        with suppress(ValueError):  # it is running, in a thread that was abandoned (`ahead`)
            self._batches.close()
        for each in self._due:
            each.reader.close()

    def outlast_one(self) -> None:
        """From now on the rows of a batch stay valid while one more is asked for; its payloads and comments do not."""
        self._outlasts = True
        for each in self._due:
            each.reader.outlast_one()

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        return next(self._batches)

    def _look_up(self, index: int) -> None:
        """When file `index` begins; what can be opened only once is opened for good, and due at once."""
        file = self.files[index]
        try:
            begins = beginning_of(file.source, file.name)
        except CaptureFileError as error:
            if not error.foreign:
                file.refused = error
                return
            begins = None
        if begins is None:
            self._open(index)
        else:
            self._waiting.append((begins, index))

    def _read(self) -> Generator[Batch]:
        while self._waiting or self._due:
            self._join()
            parts = self._next_parts()
            if parts:
                yield self._finished(parts)
            self._go_on()

    def _join(self) -> None:
        """Open the files that begin before anything at hand."""
        while self._waiting:
            begins, index = self._waiting[-1]
            if self._due and begins > min(each.head for each in self._due):
                return
            self._waiting.pop()
            self._open(index)

    def _open(self, index: int) -> None:
        file = self.files[index]
        is_plain = self.frames < self._plain_frames and self._bytes < PLAIN_BYTES
        plain = self._plain_frames - self.frames if is_plain else 0
        try:
            reader = self._open_file(file.source, name=file.name, plain_frames=plain, verify=self._verify)
        except CaptureFileError as error:
            file.refused = error
            return
        reader.fragments = _LATER
        if self._outlasts:
            reader.outlast_one()
        opened = _Open(index, reader)
        if self._has_more(opened):
            opened.rank = opened.head, index
            self._due.append(opened)
            self._due.sort(key=lambda each: each.rank)

    def _has_more(self, opened: _Open) -> bool:
        """Fetch the next batch of a file, if there is one; else note what the file came to, and close it."""
        try:
            batch = next(opened.reader, None)
        except CaptureFileError as error:
            self.files[opened.index].refused = error
            batch = None
        if batch is None:
            self._end(opened)
            return False
        self._renumber_interfaces(opened, batch)
        opened.batch, opened.at = batch, 0
        opened.keys = keys_of(batch, opened.latest)
        opened.latest = opened.last[0]
        return True

    def _end(self, opened: _Open) -> None:
        file, reader = self.files[opened.index], opened.reader
        file.frames, file.dropped, file.cut, file.skipped = (
            reader.frames, reader.dropped, reader.cut, str(reader.skipped),
        )  # fmt: skip
        self._bytes += reader.place
        self._taken += reader.taken
        reader.close()

    def _renumber_interfaces(self, opened: _Open, batch: Batch) -> None:
        for interface in opened.reader.interfaces[len(opened.numbers) :]:
            opened.numbers.append(len(self.interfaces))
            self.interfaces.append(interface)
        if opened.numbers[-1] != len(opened.numbers) - 1:
            renumber_interfaces(batch, opened.numbers)

    def _next_parts(self) -> list[Part]:
        """What nothing to come can precede, of each file; files in the order of their ranks."""
        bound = min((each.last for each in self._due), default=(NO_TIME, ()))
        if self._waiting:
            bound = min(bound, (self._waiting[-1][0], ()))
        parts = []
        for each in self._due:
            find = bisect_right if each.rank <= bound[1] else bisect_left
            end = find(each.keys, bound[0], each.at)
            if end > each.at:
                part = each.batch if end - each.at == each.batch.count else each.batch.part(each.at, end)
                parts.append(Part(each.index, part, each.keys[each.at : end]))
            each.at = end
        return parts

    def _finished(self, parts: list[Part]) -> Batch:
        """One batch of `parts`, its frames numbered through."""
        numbers = {part.file: part.batch.ref(0).number for part in parts}
        batch = parts[0].batch
        if len(parts) == 1:
            self.origins.note(parts[0].file, numbers[parts[0].file], batch.count)
        else:
            batch = woven = weave(parts)
            self.origins.note_mixed(numbers, woven.files())
        number_frames(batch, self.frames + 1)
        self.frames += batch.count
        self.fragments.apply(batch, self._verify)
        return batch

    def _go_on(self) -> None:
        """Fetch the next batches of the files of which nothing is at hand; those that have ended are due no more."""
        if (
            self.frames >= self._plain_frames
            or self._bytes + sum(each.reader.place for each in self._due) >= PLAIN_BYTES
        ):
            for each in self._due:
                each.reader.plain_frames = 0
        self._due = [each for each in self._due if each.at < each.batch.count or self._has_more(each)]


def _of_each(told: Iterable[tuple[str, str]]) -> str:
    return joined((said("{file}: {what}", file=name, what=what) for name, what in told if what), "; ")
