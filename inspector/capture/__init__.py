"""Frames from a live interface: the edge of the house that looks outward.

Start at `Recording`; it stands on an `Engine` (`open_engine`), of which there are two. `privileges` and
`doctor` say what works on this system and what would. Nothing here decodes: a frame is bytes and a time.
"""

from __future__ import annotations

from inspector.capture.doctor import Check, doctor
from inspector.capture.engine import (
    DEFAULT_RING_BYTES,
    DEFAULT_SNAPLEN,
    KINDS,
    Engine,
    Statistics,
)
from inspector.capture.interfaces import Interface, interfaces
from inspector.capture.opening import open_engine
from inspector.capture.output import open_output
from inspector.capture.privileges import ways_out
from inspector.capture.recording import Recording

__all__ = [
    "DEFAULT_RING_BYTES",
    "DEFAULT_SNAPLEN",
    "KINDS",
    "Check",
    "Engine",
    "Interface",
    "Recording",
    "Statistics",
    "doctor",
    "interfaces",
    "open_engine",
    "open_output",
    "ways_out",
]
