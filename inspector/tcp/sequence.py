"""Sequence number arithmetic, modulo 2^32 (RFC 9293 section 3.4). Compilable."""

from __future__ import annotations

from inspector.compiled import compilable

__all__ = ["UNKNOWN", "ahead", "plus"]

UNKNOWN = -1
"""In a field that holds a sequence number: it was not seen."""


@compilable
def ahead(number: int, other: int) -> int:
    """How far `number` lies ahead of `other`: -2^31 <= result < 2^31, negative where it lies behind."""
    return ((number - other + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000


@compilable
def plus(number: int, count: int) -> int:
    """`number + count`, wrapped."""
    return (number + count) & 0xFFFF_FFFF
