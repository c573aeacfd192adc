"""A file that is there whole or not at all: written beside its place, and renamed when it is done.

Whoever runs the command owns it: under `sudo` privileges have been dropped before. What exists is replaced; what is no
plain file (a folder, a device) is refused.
"""

from __future__ import annotations

from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING, BinaryIO

from inspector.errors import OutputError, system_words
from inspector.language import said

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["AtomicFile", "cannot_write"]


class AtomicFile:
    """Opened when made. Raises OutputError where the system does not let us."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._aside = path.with_name(f".{path.name}.{token_hex(4)}.part")
        try:
            if path.exists() and not path.is_file():
                raise OutputError(str(path), said("expected a plain file, or none"))
            self.stream: BinaryIO = self._aside.open("xb")
        except OSError as error:
            raise cannot_write(path, error) from error

    def commit(self) -> None:
        """Put it into its place."""
        try:
            self.stream.close()
            self._aside.replace(self.path)
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def discard(self) -> None:
        """Leave nothing behind; after a commit there is nothing to leave."""
        with suppress(OSError):
            self.stream.close()  # a full disk fails here once more
        with suppress(OSError):
            self._aside.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError) -> OutputError:
    """The error to raise where the system does not let us write."""
    return OutputError(
        str(path),
        system_words(error),
        remedies=(said("name a file in a folder that exists, that you may write to, and that has room"),),
    )
