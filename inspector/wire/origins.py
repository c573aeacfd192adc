"""Where the frames of a series came from: the file of a frame, and its number in that file.

Kept in little more than nothing: a stretch of frames of one file is three integers, and where files take turns, a byte
or two for each frame, packed, which for two files that alternate at random is about a bit.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Origin", "Origins"]

_OWNER = 2
"""Bytes that name a file; more than 65,535 of them are not read at once."""


class Origin(NamedTuple):
    """A frame's place: which of the files, from 0, and which of its frames, from 1."""

    file: int
    number: int


class _Stretch(NamedTuple):
    """Frames one after the other: all of one file (`owners` is empty), or of those that `owners` tells one by one."""

    first: Mapping[int, int]
    """For each file, the number in it of its first frame here."""
    owners: bytes = b""


class Origins:
    """Told of every stretch of a series in its order; answers for every frame of it."""

    def __init__(self) -> None:
        self._begins: list[int] = []
        self._stretches: list[_Stretch] = []
        self._next = 1
        self._expected = Origin(-1, 0)

    def note(self, file: int, number: int, count: int) -> None:
        """The next `count` frames are those from `number` on of `file`."""
        if self._expected != (file, number):
            self._add(_Stretch({file: number}))
        self._expected = Origin(file, number + count)
        self._next += count

    def note_mixed(self, first: Mapping[int, int], owners: bytes) -> None:
        """The next frames belong to files in turn: `owners` are their indexes, as `WovenBatch.files` tells them."""
        import zlib

        self._add(_Stretch(dict(first), zlib.compress(owners, 1)))
        self._expected = Origin(-1, 0)
        self._next += len(owners) // _OWNER

    def _add(self, stretch: _Stretch) -> None:
        self._begins.append(self._next)
        self._stretches.append(stretch)

    def of(self, number: int) -> Origin:
        """The origin of frame `number` of the series; IndexError if there is none."""
        if not 1 <= number < self._next:
            raise IndexError(f"frame {number} of a series of {self._next - 1}")
        place = bisect_right(self._begins, number) - 1
        first, packed = self._stretches[place]
        behind = number - self._begins[place]
        if not packed:
            ((file, begins),) = first.items()
            return Origin(file, begins + behind)
        import zlib

        owners = memoryview(zlib.decompress(packed)[: (behind + 1) * _OWNER]).cast("H")
        file = owners[-1]
        return Origin(file, first[file] + owners.tolist().count(file) - 1)
