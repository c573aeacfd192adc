"""Bytes to segments and back: containers, link types, IP, TCP, UDP, ICMP; no memory.

What a caller needs is named here and loaded when it is first used: who only wants a `Row` does not pay for the reader.

* reading: `open_capture` gives a `CaptureReader`, which yields `Batch`es of `Row`s
* writing: `CaptureWriter` takes `Frame`s
* one frame at a time: `decode_frame`, and `Reassembly` for fragments
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspector.wire.batch import Batch
    from inspector.wire.decode import decode_frame
    from inspector.wire.fragments import Reassembly
    from inspector.wire.frame import Frame, FrameRef
    from inspector.wire.links import supported_link_types
    from inspector.wire.linktypes import link_type_text
    from inspector.wire.reader import CaptureReader, open_capture
    from inspector.wire.row import NO_TIME, Checksum, Direction, Endpoint, Flag, Fragment, Option, Protocol, Row
    from inspector.wire.undecoded import Undecoded, undecoded_of
    from inspector.wire.writer import CaptureWriter

__all__ = [
    "NO_TIME",
    "Batch",
    "CaptureReader",
    "CaptureWriter",
    "Checksum",
    "Direction",
    "Endpoint",
    "Flag",
    "Fragment",
    "Frame",
    "FrameRef",
    "Option",
    "Protocol",
    "Reassembly",
    "Row",
    "Undecoded",
    "decode_frame",
    "link_type_text",
    "open_capture",
    "supported_link_types",
    "undecoded_of",
]

_HOMES = {
    "batch": ("Batch",),
    "decode": ("decode_frame",),
    "fragments": ("Reassembly",),
    "frame": ("Frame", "FrameRef"),
    "links": ("supported_link_types",),
    "linktypes": ("link_type_text",),
    "reader": ("CaptureReader", "open_capture"),
    "row": ("NO_TIME", "Checksum", "Direction", "Endpoint", "Flag", "Fragment", "Option", "Protocol", "Row"),
    "undecoded": ("Undecoded", "undecoded_of"),
    "writer": ("CaptureWriter",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
