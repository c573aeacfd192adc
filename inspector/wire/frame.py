"""Frames: link-layer bytes with a timestamp, in the two forms in which they travel through the house.

`Frame` owns its bytes: what a live capture yields, what a person opens, what a writer takes.
`FrameRef` only points into a buffer: what a container's index gives to the decoder, in batches.
"""

from __future__ import annotations

from dataclasses import dataclass

from inspector.columns import I32, I64, U8, U16, U32
from inspector.wire.row import NO_TIME

__all__ = ["Frame", "FrameRef"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame and its bytes."""

    number: int
    """In the capture, from 1."""
    time_ns: int
    """Nanoseconds since the epoch, or `NO_TIME`."""
    data: bytes
    """What was captured of it."""
    wire_len: int
    """Its length on the wire."""
    link_type: int
    """LINKTYPE_ number, as in capture files (not DLT_)."""
    interface: int = 0
    direction: int = 0
    """A `Direction`."""
    comments: tuple[str, ...] = ()


@dataclass(slots=True)
class FrameRef:
    """Where a frame lies in a buffer: a record for `inspector.columns`."""

    number: I64 = 0
    time_ns: I64 = NO_TIME
    start: I64 = 0
    """Offset of its first byte in the buffer."""
    captured_len: U32 = 0
    wire_len: U32 = 0
    link_type: U16 = 0
    interface: I32 = 0
    direction: U8 = 0
