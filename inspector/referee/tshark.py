"""The program tshark: where it is, how old, how it is started and how it ends.

Laws:

1. It is started here and nowhere else, never through a shell. Its absence, its age and its failures leave this room as
   one line of `errors`, with what mends it.
2. Numbers are raw, as on the wire. What a user's preferences may turn (relative numbers, checksums, the joining of
   fragments, the grouping by address) is set here and not inherited.
3. Its exit code says whether it failed. Its stderr is read only then, and only for the reason, in its own words:
   warnings to root and verdicts look alike there.
4. A file is given by its absolute path, for one may be named `-`.

Not here: what is asked of it, and what to think of the answer.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from inspector.errors import CaptureError, CaptureFileError, system_words
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Run", "fields_wanted", "has_tshark", "refusal_of_filter", "tshark_path", "tshark_version"]

_OLDEST = (3, 6)
"""The first version that knows `tcp.completeness`."""

_INSTALL = ("sudo apt install tshark", "https://www.wireshark.org/download.html")
_ELSEWHERE = ("/Applications/Wireshark.app/Contents/MacOS/tshark", "C:/Program Files/Wireshark/tshark.exe")
"""Where Wireshark's installers for macOS and Windows leave it, off the PATH."""

_PREFERENCES = {
    "ip.defragment": "TRUE",
    "ipv6.defragment": "TRUE",
    "tcp.analyze_sequence_numbers": "TRUE",
    "tcp.check_checksum": "FALSE",
    "tcp.relative_sequence_numbers": "FALSE",
}
_EMPTY_CAPTURE = bytes.fromhex("d4c3b2a102000400 0000000000000000 0000040001000000")
_MOST_SAID = 4096
_UNIT = "\x1f"
"""Stands between the values of one field; not a comma, which comments hold."""


class Run:
    """One run of tshark over a file. A context manager, to end it early.

    Raises CaptureError: no tshark, or one that is too old. CaptureFileError: the file cannot be opened.
    """

    def __init__(self, path: str | Path, *arguments: str, preferences: Mapping[str, str] | None = None) -> None:
        tshark = tshark_path()
        try:
            with Path(path).open("rb"):
                pass
        except OSError as error:
            raise CaptureFileError(str(path), said("cannot be opened: {reason}", reason=system_words(error))) from error
        options = [word for pair in (_PREFERENCES | dict(preferences or {})).items() for word in ("-o", ":".join(pair))]
        self._path = str(Path(path).resolve())
        command = [tshark, "-n", "-r", self._path, *options, *arguments]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `close`
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._said)

    @property
    def output(self) -> IO[bytes]:
        """What it tells."""
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        return self._process.stdout

    def columns(self, fields: Sequence[str]) -> Iterator[dict[str, list[str]]]:
        """For each frame that it tells of, all values of each field; it was asked with `fields_wanted(fields)`."""
        for line in self.output:
            cells = line.decode("utf-8", "replace").rstrip("\r\n").split("\t")
            yield {field: cell.split(_UNIT) if cell else [] for field, cell in zip(fields, cells, strict=True)}

    def wait(self) -> int:
        """Its exit code, when it has ended; below zero where a signal ended it."""
        return self._process.wait()

    def reason(self, name: str) -> str:
        """Why it failed, in its own words, in one line; `name` is what the file is called here."""
        reason = _reason(self._said, self.wait())
        return reason.replace(self._path, name) if self._path in reason else reason

    def close(self) -> None:
        """End it, if it has not ended by itself."""
        self.output.close()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._said.close()


def fields_wanted(fields: Sequence[str]) -> list[str]:
    """The arguments that ask for all values of these fields, for `Run.columns`."""
    wanted = [word for field in fields for word in ("-e", field)]
    return ["-T", "fields", "-E", "occurrence=a", "-E", f"aggregator={_UNIT}", *wanted]


def refusal_of_filter(display_filter: str) -> str:
    """Why tshark does not take a display filter, in its own words; nothing where it does. Raises CaptureError."""
    with tempfile.TemporaryFile() as errors:
        done = subprocess.run(
            [tshark_path(), "-n", "-r", "-", "-Y", display_filter],
            input=_EMPTY_CAPTURE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            check=False,
        )
        return _reason(errors, done.returncode) if done.returncode else ""


def _reason(errors: IO[bytes], code: int) -> str:
    errors.seek(0)
    lines = errors.read(_MOST_SAID).decode("utf-8", "replace").splitlines()
    own = [line.removeprefix("tshark: ") for line in lines if line.startswith("tshark: ")]
    if own:
        return own[0]
    return said("it was ended by signal {signal}", signal=-code) if code < 0 else said("exit code {code}", code=code)


def tshark_version() -> tuple[int, ...]:
    """The version of the tshark that would be asked, for instance `(4, 0, 17)`.

    Raises CaptureError: there is none, or it does not say.
    """
    return _version_of(_found())


def has_tshark() -> bool:
    """Whether there is one."""
    return _look() is not None


def tshark_path() -> str:
    """The path of tshark. Raises CaptureError: there is none, or one that is too old."""
    path = _found()
    version = _version_of(path)
    if version < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        found = ".".join(map(str, version))
        raise CaptureError(
            said("expected tshark {oldest} or newer, found {found} at {path}", oldest=oldest, found=found, path=path),
            remedies=_INSTALL,
        )
    return path


def _look() -> str | None:
    return shutil.which("tshark") or next(filter(shutil.which, _ELSEWHERE), None)


def _found() -> str:
    path = _look()
    if path is None:
        raise CaptureError(said("tshark, which gives the second opinion, is not installed"), remedies=_INSTALL)
    return path


@cache
def _version_of(tshark: str) -> tuple[int, ...]:
    try:
        done = subprocess.run([tshark, "--version"], capture_output=True, check=False)
    except OSError as error:
        raise CaptureError(
            said("{tshark} cannot be run: {reason}", tshark=tshark, reason=system_words(error)), remedies=_INSTALL
        ) from error
    first = done.stdout.decode("utf-8", "replace").partition("\n")[0]
    found = re.search(r"\b(\d+)\.(\d+)\.(\d+)", first)
    if found is None:
        raise CaptureError(
            said("expected {tshark} --version to tell a version, found {found!r}", tshark=tshark, found=first[:80]),
            remedies=_INSTALL,
        )
    return tuple(map(int, found.groups()))
