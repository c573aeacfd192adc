"""What another tool would call a connection, as a value. Frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Called", "Remark", "remarks_of"]


@dataclass(frozen=True, slots=True)
class Remark:
    """A name that a tool gives to something in a connection."""

    name: str
    frames: tuple[int, ...]
    """Where."""


@dataclass(frozen=True, slots=True)
class Called:
    """One tool's words for one connection."""

    tool: str
    word: str
    remarks: tuple[Remark, ...] = ()


def remarks_of(said: Iterable[tuple[str, int]]) -> tuple[Remark, ...]:
    """Names with all their frames, in the order in which they first occur."""
    found: dict[str, list[int]] = {}
    for name, frame in said:
        found.setdefault(name, []).append(frame)
    return tuple(Remark(name, tuple(frames)) for name, frames in found.items())
