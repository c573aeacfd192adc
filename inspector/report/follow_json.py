"""What was said in connections, for programs: a key beside those of `json_report`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.findings import Side
from inspector.tcp.stream import Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.tcp.talk import Said, Talk

__all__ = ["talks_to_json"]


def talks_to_json(talks: Sequence[tuple[int, Talk]]) -> dict[str, Any]:
    """The key `talks`, where there are any: bytes in hexadecimal, by connection, in the order of the streams."""
    told = [
        {
            "connection": number,
            "said": [_said(each) for each in talk.said()],
            "goes_on": {str(side): talk.goes_on(side) for side in Side},
        }
        for number, talk in talks
    ]
    return {"talks": told} if told else {}


def _said(said: Said) -> dict[str, Any]:
    what = said.what
    if isinstance(what, Piece):
        return {"from": str(said.side), "at": what.at, "frame": what.frame, "hex": what.data.hex()}
    return {"from": str(said.side), "at": what.at, "missing": what.size, "cut": what.cut}
