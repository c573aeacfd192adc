"""The control bits that an expected sequence is about."""

from __future__ import annotations

from inspector.wire.row import Flag

__all__ = ["ACK", "COMPARED", "FIN", "RST", "SYN"]

FIN, SYN, RST, ACK = Flag.FIN, Flag.SYN, Flag.RST, Flag.ACK

COMPARED = SYN | FIN | RST | ACK
"""The bits that are compared exactly; the others only where they are written."""
