"""Other tools' words for a connection: a few lines below its ladder, and the same for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.language import retold, shown, shown_n
from inspector.report.words import listed
from inspector.rosetta import rosetta

if TYPE_CHECKING:
    from inspector.report.page import Page
    from inspector.rosetta.model import Remark
    from inspector.tcp.model import Connection

__all__ = ["rosetta_lines", "rosetta_to_json"]

_FRAMES = 3
"""Frames named of one remark."""


def rosetta_lines(page: Page, connection: Connection) -> None:
    """What each tool calls it, a line each, and the tool's remarks behind it."""
    for number, called in enumerate(rosetta(connection)):
        told = shown("; ").join((retold(called.word), *map(_remark, called.remarks)))
        page.fact("" if number else "rosetta", f"{called.tool}: {told}")


def _remark(remark: Remark) -> str:
    frames = listed(map(str, remark.frames[:_FRAMES]))
    more = len(remark.frames) - _FRAMES
    if more > 0:
        frames = shown("{list} and {n:,} more", list=frames, n=more)
    number = len(remark.frames)
    return shown_n("{remark} (frame {frames})", "{remark} (frames {frames})", number, remark=remark.name, frames=frames)


def rosetta_to_json(connection: Connection) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "tool": called.tool,
            "word": called.word,
            "remarks": [{"name": remark.name, "frames": list(remark.frames)} for remark in called.remarks],
        }
        for called in rosetta(connection)
    ]
