"""Frames that were read, written to a pcapng as they were captured: bytes, times, interfaces, directions, comments.

The interfaces of what is read are described when a frame of theirs comes. So the frames of a series (`series`), which
come in time order and are numbered through, become one file with the same numbers, for programs that take one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, Protocol

from inspector.wire.writer import CaptureWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from inspector.wire.batch import Batch
    from inspector.wire.containers.pcapng_blocks import Interface
    from inspector.wire.frame import Frame

__all__ = ["FrameCopier", "copy_all"]


class _Described(Protocol):
    @property
    def interfaces(self) -> Sequence[Interface]:
        """Those met so far; `Frame.interface` is an index into them."""


class _Read(_Described, Protocol):
    def __iter__(self) -> Iterator[Batch]: ...


class FrameCopier:
    """Writes frames of a reader to `target`, which is `CaptureWriter`'s, as are the errors; `first` is not yet written.

    `comment` is what the file says of itself.
    """

    def __init__(self, target: str | Path | BinaryIO, first: Frame, reader: _Described, *, comment: str = "") -> None:
        face = reader.interfaces[first.interface]
        self._interfaces = {first.interface: 0}
        self._writer = CaptureWriter(
            target,
            link_type=first.link_type,
            snaplen=face.snaplen,
            interface_name=face.name,
            interface_description=face.description,
            comment=comment,
        )

    def write(self, frame: Frame, reader: _Described) -> None:
        """Write a frame."""
        if frame.interface not in self._interfaces:
            face = reader.interfaces[frame.interface]
            self._interfaces[frame.interface] = self._writer.add_interface(
                frame.link_type, snaplen=face.snaplen, name=face.name, description=face.description
            )
        interface = self._interfaces[frame.interface]
        self._writer.write(frame if frame.interface == interface else replace(frame, interface=interface))

    def close(self) -> None:
        """Write what is pending."""
        self._writer.close()


def copy_all(reader: _Read, path: str | Path) -> None:
    """Write all frames of `reader` to `path`."""
    copier: FrameCopier | None = None
    for batch in reader:
        for place in range(batch.count):
            frame = batch.frame(place)
            copier = copier or FrameCopier(path, frame, reader)
            copier.write(frame, reader)
    if copier is None:
        CaptureWriter(path).close()
    else:
        copier.close()
