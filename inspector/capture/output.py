"""The file of a recording: its folders made, and owned by whoever asked for it rather than by root."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from inspector.errors import CaptureFileError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cannot_write", "open_output"]


def open_output(path: Path, owner: tuple[int, int] | None = None) -> BinaryIO:
    """A file opened for writing, its missing folders made; what is made belongs to `owner` (uid, gid).

    A file that exists is overwritten and keeps its owner. It has no buffer: the writer's blocks leave it whole.

    Raises:
        CaptureFileError: if that cannot be.

    """
    try:
        _make_folders(path.parent, owner)
        try:
            output = path.open("xb", buffering=0)
        except FileExistsError:
            return path.open("wb", buffering=0)
        if owner is not None:
            os.fchown(output.fileno(), *owner)
    except OSError as error:
        raise cannot_write(str(path), error) from error
    return output


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
        f"cannot be written: {error.strerror or error}",
        remedies=("name a file in a folder that you may write to and that has room, or `-` for standard output",),
    )
