"""How a connection ends: orderly in every form, and not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.demos.demo import Demo

__all__ = ["DEMOS"]

DEMOS: tuple[Demo, ...] = ()
