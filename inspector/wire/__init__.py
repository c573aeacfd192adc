"""Bytes to segments and back: containers, link types, IP, TCP, UDP, ICMP; no memory but for fragments.

* reading: `open_capture` gives a `CaptureReader`, which yields `Batch`es of `Row`s
* writing: `CaptureWriter` takes `Frame`s
* one frame at a time: `decode_frame`, and `Reassembly` for fragments
"""

from __future__ import annotations

from inspector.wire.batch import Batch
from inspector.wire.decode import decode_frame
from inspector.wire.fragments import Reassembly
from inspector.wire.frame import Frame, FrameRef
from inspector.wire.links import supported_link_types
from inspector.wire.linktypes import link_type_text
from inspector.wire.reader import CaptureReader, open_capture
from inspector.wire.row import (
    NO_TIME,
    Checksum,
    Direction,
    Endpoint,
    Flag,
    Fragment,
    Option,
    Protocol,
    Row,
    Tunnel,
    tunnel_text,
)
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
    "Tunnel",
    "Undecoded",
    "decode_frame",
    "link_type_text",
    "open_capture",
    "supported_link_types",
    "tunnel_text",
    "undecoded_of",
]
