"""Captures in formats that we do not read, by way of Wireshark's `editcap`: a pipe of pcapng, where it is installed.

`editcap` runs as whoever runs us, on a file that may be hostile, with nothing but that file's path; it is asked only
for files that we cannot read ourselves. What it says when it fails becomes the reason why the capture ends.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from inspector.errors import CaptureFileError
from inspector.language import said
from inspector.wire.reader import CaptureReader

__all__ = ["ConvertedReader", "converted"]

_MOST_SAID = 4096


def converted(path: str | Path, refusal: CaptureFileError, *, verify: bool) -> CaptureReader:
    """A reader of what `editcap` makes of the file; raises `refusal` where it is absent, or can make nothing of it."""
    editcap = shutil.which("editcap")
    if editcap is None:
        raise refusal
    pipe = _Pipe(editcap, Path(path))
    try:
        return ConvertedReader(pipe, refusal.path, verify=verify)
    except CaptureFileError:
        pipe.close()
        raise refusal from None


class _Pipe:
    """What `editcap` writes, as a stream."""

    def __init__(self, editcap: str, path: Path) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `close`
        # An absolute path cannot be taken for an option.
        command = [editcap, "-F", "pcapng", str(path.absolute()), "-"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._said, bufsize=0
        )

    def readinto(self, room: memoryview) -> int:
        """Bytes as they come; OSError at the end if `editcap` had something to say."""
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        count = self._process.stdout.readinto(room)  # type: ignore[attr-defined]  # raw, since bufsize is 0
        if not count and (complaint := self._complaint()):
            raise OSError(0, complaint)
        return count or 0

    def _complaint(self) -> str:
        """Its own words: a cut file is no failure to it. Others' warnings (that it runs as root) do not count."""
        code = self._process.wait()
        self._said.seek(0)
        lines = self._said.read(_MOST_SAID).decode("ascii", "replace").splitlines()
        own = [line for line in lines if line.startswith("editcap: ")]
        return own[0] if own else said("editcap: exit code {code}", code=code) if code else ""

    def close(self) -> None:
        """End it, whether it is done or not."""
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        self._process.stdout.close()
        self._process.kill()
        self._process.wait()
        self._said.close()


class ConvertedReader(CaptureReader):
    """A reader that ends the program it reads from."""

    def __init__(self, pipe: _Pipe, name: str, *, verify: bool) -> None:
        super().__init__(pipe, name, verify=verify)
        self._pipe = pipe

    def close(self) -> None:
        """Close what it reads, and end the program that writes it."""
        super().close()
        self._pipe.close()
