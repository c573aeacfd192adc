"""What happens between the handshake and the close."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.demos.demo import Demo

__all__ = ["DEMOS"]

DEMOS: tuple[Demo, ...] = ()
