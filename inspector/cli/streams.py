"""Which of the files that were named are one stream: those of a ring buffer, and with `--merge` all of them.

A ring buffer's files are known by their names, and by nothing else:

    x_00001_20260101120000.pcapng    dumpcap and tshark -b (also x_20260101120000_00001.pcapng)
    x.pcap  x.pcap1  x.pcap2         tcpdump -C; with -W from 0 on, and with leading zeros
    x-2026-01-01_12.00.00.pcap       tcpdump -G, where its pattern has a time to the second, or seconds since 1970

Such names differ in nothing but numbers, so what somebody called `test1.pcap` and `test2.pcap` stays apart. In which
order they are read is not for names to say: a ring begins anew at its first number, and times tell.
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

import click

from inspector.language import marked, said, shown
from inspector.report.escape import safe_text

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

__all__ = ["STANDARD_INPUT", "Stream", "refuse_a_terminal", "standard_input", "streams_of"]

STANDARD_INPUT = "-"

_PACKED = r"(?:\.(?:gz|xz|bz2|zst|lz4))?"
_DATE = r"(?:19|20)\d\d([-_.]?)[01]\d\1[0-3]\d"
_TIME = r"[0-2]\d([-_.:h]?)[0-5]\d[-_.:m]?[0-6]\d"
_STAMP = rf"(?<!\d)(?:{_DATE}[-_.T ]?{_TIME}|1\d{{9}})(?!\d)"
_NUMBER_BESIDE = r"_\d{5,}(?=_<time>)|(?<=_<time>)_\d{5,}"
_NUMBER_BEHIND = rf"(\.(?:pcapng|pcap|cap|dmp|dump))\d+({_PACKED})$"


class Stream(NamedTuple):
    """What one report is made of: a file, or several that are read as one."""

    name: str
    files: tuple[str, ...]


def streams_of(names: Sequence[str], *, merge: bool | None) -> list[Stream]:
    """The streams of `names`, each where its first file stands; `merge` is all (True), none (False), or by names.

    Raises click.UsageError where a stream would hold a file twice.
    """
    if merge or len(names) == 1:
        return [_stream(list(names))]
    patterns = ["" if merge is False else _pattern_of(name) for name in names]
    # The first file of `tcpdump -C` has no number: it belongs to those that have.
    rings = set(patterns) - {""}
    keys = [pattern or (name if name in rings else None) for name, pattern in zip(names, patterns, strict=True)]
    groups: dict[Hashable, list[str]] = {}
    for position, (name, key) in enumerate(zip(names, keys, strict=True)):
        groups.setdefault(position if key is None else key, []).append(name)
    return [_stream(files) for files in groups.values()]


def standard_input() -> BinaryIO:
    """A capture that is piped in; it stays open.

    Unbuffered: a thread that waits for a pipe must not hold the lock that the interpreter takes at its end.
    """
    return cast("BinaryIO", open(sys.stdin.fileno(), "rb", buffering=0, closefd=False))


def refuse_a_terminal(names: Sequence[str], command: str = "replay -") -> None:
    """Raises click.UsageError where standard input is named and nothing is piped into it, which `command` would be."""
    if STANDARD_INPUT in names and sys.stdin.isatty():
        words = marked("standard input is a terminal; pipe a capture into it: tcpdump -w - | inspector {command}")
        raise click.UsageError(shown(words, command=command))


def _pattern_of(name: str) -> str:
    """`name` without the numbers that a ring buffer counts in; empty if it has none."""
    folder, slash, base = name.rpartition("/")
    pattern = re.sub(_NUMBER_BESIDE, "", re.sub(_STAMP, "<time>", base))
    pattern = re.sub(_NUMBER_BEHIND, r"\1\2", pattern)
    return "" if pattern == base else f"{folder}{slash}{pattern}"


def _stream(files: list[str]) -> Stream:
    if len(files) == 1:
        return Stream(files[0], (files[0],))
    _refuse_twice(files)
    return Stream(said("{file} and {number} more", file=files[0], number=len(files) - 1), tuple(files))


def _refuse_twice(files: list[str]) -> None:
    seen: dict[Hashable, str] = {}
    for name in files:
        identity = _identity(name)
        first = seen.get(identity)
        if first is not None:
            words = marked("{file} is named twice: a stream has each file once (--no-merge reads files apart)")
            if first != name:
                words = marked(
                    "{file} is named twice, also as {first}: a stream has each file once (--no-merge reads files apart)"
                )
            raise click.UsageError(shown(words, file=safe_text(name), first=safe_text(first)))
        seen[identity] = name


def _identity(name: str) -> Hashable:
    if name != STANDARD_INPUT:
        with suppress(OSError):
            status = Path(name).stat()
            return status.st_dev, status.st_ino
    return name
