"""`-Y FILTER`: which frames of a capture match a display filter, by Wireshark's own word.

tshark reads the file once more, in two passes, as Wireshark does: some fields (`tcp.completeness`) need both. Frames
are numbered as in our own reading: tshark numbers a pcapng's records that are no packets too, so it is asked for these
as well (they have no encapsulation), and what follows is counted back. Behind damage, where tshark stops, nothing
matches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.errors import CaptureFileError, FilterError
from inspector.language import said
from inspector.referee.tshark import Run, fields_wanted, refusal_of_filter
from inspector.wire.selection import FrameSelection

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["frames_matching"]

_NUMBER, _PACKET = "frame.number", "frame.encap_type"


def frames_matching(path: str | Path, name: str, display_filter: str) -> FrameSelection:
    """The frames of the file that match; `name` is its name in messages.

    Raises FilterError: tshark does not take the filter. CaptureError: no tshark. CaptureFileError: it cannot read it.
    """
    refusal = refusal_of_filter(display_filter)
    if refusal:
        raise FilterError(said("-Y {filter!r}: {reason}", filter=display_filter, reason=refusal))
    run = Run(path, "-2", "-Y", f"({display_filter}) || !{_PACKET}", *fields_wanted((_NUMBER, _PACKET)))
    chosen, others = bytearray(1), 0
    try:
        for cells in run.columns((_NUMBER, _PACKET)):
            if not cells[_PACKET]:
                others += 1
                continue
            number = int(cells[_NUMBER][0]) - others
            chosen.extend(bytes(number + 1 - len(chosen)))
            chosen[number] = 1
        if run.wait() and len(chosen) == 1 and not _has_frames(path):
            raise CaptureFileError(name, said("tshark cannot read it: {reason}", reason=run.reason(name)))
    finally:
        run.close()
    return FrameSelection(display_filter, chosen)


def _has_frames(path: str | Path) -> bool:
    """Whether tshark reads at least one frame of a file, of which it said that something is wrong with it."""
    run = Run(path, "-c", "1", *fields_wanted((_NUMBER,)))
    try:
        return next(run.columns((_NUMBER,)), None) is not None
    finally:
        run.close()
