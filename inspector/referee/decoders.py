"""Who decodes a capture: we ourselves, scapy or tshark; and how to come from a pipe to the file that tshark needs."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from inspector.errors import CaptureFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.referee.dissected import Reader

__all__ = ["DECODERS", "NATIVE", "SCAPY", "TSHARK", "advised", "as_file", "opened_by"]

NATIVE, SCAPY, TSHARK = "native", "scapy", "tshark"
DECODERS = (NATIVE, SCAPY, TSHARK)


def opened_by(decoder: str, source: str | Path | BinaryIO, name: str) -> Reader:
    """A reader of the capture by scapy, or by tshark, which takes a path. Raises CaptureError, CaptureFileError."""
    if decoder == SCAPY:
        from inspector.referee.by_scapy import ScapyReader

        return ScapyReader(source, name)
    if not isinstance(source, (str, Path)):
        raise TypeError("tshark reads a file; see `as_file`")
    from inspector.referee.by_tshark import TsharkReader

    return TsharkReader(source, name or str(source))


@contextmanager
def as_file(source: str | Path | BinaryIO) -> Iterator[str | Path]:
    """The path of a capture; one that comes by a stream is written to a file, the user's own, until it is read."""
    if isinstance(source, (str, Path)):
        yield source
        return
    from shutil import copyfileobj
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(prefix="inspector-", suffix=".pcap") as file:
        copyfileobj(source, file)
        file.flush()
        yield file.name


def advised(error: CaptureFileError) -> CaptureFileError:
    """The error, and where its cause is a link type that we do not read and tshark is here, how tshark is asked."""
    from inspector.referee.tshark import has_tshark

    if not error.links or not has_tshark():
        return error
    asks = f"inspector replay --decoder {TSHARK} {shlex.quote(error.path)}"
    return CaptureFileError(
        error.path,
        error.reason,
        offset=error.offset,
        foreign=error.foreign,
        links=True,
        remedies=(asks, *error.remedies),
    )
