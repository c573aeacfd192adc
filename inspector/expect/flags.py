"""The control bits that an expected sequence is about, and which of them are not as written."""

from __future__ import annotations

from inspector.expect.written import Flags, OneOf
from inspector.wire.row import Flag

__all__ = ["ACK", "COMPARED", "FIN", "RST", "SYN", "choice_of", "first_choice", "flags_differ"]

FIN, SYN, RST, ACK = Flag.FIN, Flag.SYN, Flag.RST, Flag.ACK

COMPARED = SYN | FIN | RST | ACK
"""The bits that are compared exactly; the others only where they are written."""


def flags_differ(flags: Flags | OneOf, actual: int) -> int:
    """The control bits that are not as written; where there is a choice, as the nearest has it."""
    return _differ(choice_of(flags, actual), actual)


def choice_of(flags: Flags | OneOf, actual: int) -> Flags:
    """What is written, or of a choice the nearest to `actual`; among equals the first."""
    if isinstance(flags, Flags):
        return flags
    return min(flags.choices, key=lambda choice: _differ(choice, actual).bit_count())


def first_choice(flags: Flags | OneOf) -> Flags:
    """What a line is called by where nothing was seen of it."""
    return flags if isinstance(flags, Flags) else flags.choices[0]


def _differ(flags: Flags, actual: int) -> int:
    lacking = flags.bits & ~actual
    return lacking if flags.at_least else lacking | (flags.bits ^ actual) & COMPARED
