"""From whatever was named to batches of frames: a file, a pipe, several files as one; by us or by another decoder.

What all readers have in common is `referee.dissected.Reader`; each of them is found here, and nowhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from inspector.ahead import ahead, processors
from inspector.errors import CaptureFileError
from inspector.wire.reader import open_capture
from inspector.wire.selection import SelectedReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.referee.dissected import Reader
    from inspector.wire.batch import Batch
    from inspector.wire.reader import CaptureReader
    from inspector.wire.selection import FrameSelection
    from inspector.wire.series import FileOfSeries

    Source = str | Path | BinaryIO | list[FileOfSeries] | tuple[FileOfSeries, ...]

__all__ = ["first_of", "on_two_processors", "open_one", "open_source"]


def open_source(source: Source, name: str, decoder: str, matching: FrameSelection | None, *, verify: bool) -> Reader:
    """A reader of the capture: our own or the one that was asked for, and of the frames that were."""
    reader: Reader
    if isinstance(source, (list, tuple)):
        from inspector.wire.series import SeriesReader

        reader = SeriesReader(source, open_one, name=name, verify=verify)
    elif decoder == "native":
        reader = open_one(source, name=name, verify=verify)
    else:
        from inspector.referee.decoders import opened_by

        reader = opened_by(decoder, source, name)
    return reader if matching is None else SelectedReader(reader, matching)


def open_one(source: str | Path | BinaryIO, *, name: str, verify: bool, **form: Any) -> CaptureReader:
    """A reader of one capture: our own, or for a foreign format one of what `editcap` makes of it."""
    try:
        return open_capture(source, name=name, verify=verify, **form)
    except CaptureFileError as error:
        if not error.foreign or not isinstance(source, (str, Path)):
            raise
        from inspector.referee.conversion import converted

        return converted(source, error, verify=verify)


def first_of(reader: Reader, most: int | None) -> Iterator[Batch]:
    """The batches of the capture, up to so many frames."""
    for batch in reader:
        if most is not None and reader.frames >= most:
            batch.count -= reader.frames - most
            yield batch
            return
        yield batch


def on_two_processors(batches: Iterator[Batch], reader: Reader) -> Iterator[Batch]:
    """The same batches; where there is a second processor, the next one is read while one is consumed."""
    if processors() < 2:
        return batches
    reader.outlast_one()
    return ahead(batches)
