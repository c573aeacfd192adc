"""The file of a recording: its folders made, and owned by whoever asked for it rather than by root."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, BinaryIO

from inspector.errors import CaptureFileError, system_words
from inspector.language import said

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cannot_write", "open_output"]


def open_output(path: Path, owner: tuple[int, int] | None = None) -> BinaryIO:
    """A file opened for writing, its missing folders made; what is made belongs to `owner` (uid, gid).

    A file that exists is overwritten and keeps its owner, unless another run is writing it just now: then it is left
    alone. It has no buffer: the writer's blocks leave it whole.

    Raises:
        CaptureFileError: if that cannot be.

    """
    try:
        _make_folders(path.parent, owner)
        try:
            output: BinaryIO = path.open("xb", buffering=0)
        except FileExistsError:
            output = os.fdopen(os.open(path, os.O_WRONLY | os.O_CLOEXEC), "wb", buffering=0)
        else:
            if owner is not None:
                os.fchown(output.fileno(), *owner)
        _claim(output)
    except BlockingIOError as error:
        raise CaptureFileError(
            str(path),
            said("another run is writing it just now; expected a file of one's own: name another with -w FILE"),
        ) from error
    except OSError as error:
        raise cannot_write(str(path), error) from error
    return output


def _claim(output: BinaryIO) -> None:
    """Lock the file for as long as it is open, and empty it; BlockingIOError where it is another's.

    `turn` tells apart runs in one network namespace; without root every run has a namespace of its own.
    """
    try:
        if stat.S_ISREG(os.fstat(output.fileno()).st_mode):
            if sys.platform != "win32":
                import fcntl  # Unix only

                fcntl.flock(output, fcntl.LOCK_EX | fcntl.LOCK_NB)
            output.truncate(0)
    except BaseException:
        output.close()
        raise


def _make_folders(folder: Path, owner: tuple[int, int] | None) -> None:
    missing = [ancestor for ancestor in (folder, *folder.parents) if not ancestor.exists()]
    for ancestor in reversed(missing):
        ancestor.mkdir(exist_ok=True)
        if owner is not None:
            os.chown(ancestor, *owner)


def cannot_write(name: str, error: OSError) -> CaptureFileError:
    """The error to raise where the system does not let us write a file."""
    return CaptureFileError(
        name,
        said("cannot be written: {reason}", reason=system_words(error)),
        remedies=(said("name a file in a folder that you may write to and that has room, or `-` for standard output"),),
    )
