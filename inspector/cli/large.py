"""What makes a large capture costly, and that it is said once, when a capture proves to be one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.cli.output import tell
from inspector.language import marked, shown
from inspector.pipeline import KEEP_SEGMENTS
from inspector.report.escape import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.expect.notation import Sequence

__all__ = ["cost_of", "is_held_whole", "telling"]


def is_held_whole(expected: Sequence | None, *, as_json: bool) -> bool:
    """Whether every segment is held in memory to the end, however many there are."""
    if expected is None:
        return as_json
    from inspector.choice.comparing import is_possible

    return not is_possible(expected)


def cost_of(expected: Sequence | None, *, is_held: bool) -> str:
    """What makes a capture costly that has more frames than are kept; empty where nothing does."""
    if is_held:
        return marked(
            "{name}: more than {frames:,} frames, and --json (or check with UDP lines or several connections) holds"
            " every one of them in memory, some kilobytes each; replay without --json does not, and --out FILE.jsonl is"
            " for programs"
        )
    if expected is None:
        return ""
    from inspector.expect.by_record import ByRecord

    if ByRecord(expected).may_match:
        return ""
    return marked(
        "{name}: more than {frames:,} frames, and what is recorded of a connection does not tell whether it is as"
        " {sequence} says: segments are held until their connection is over, some hundred bytes each, and compared then"
    )


def telling(
    name: str, words: str, sequence: str, hear: Callable[[int, int], None] | None
) -> Callable[[int, int], None]:
    """Hear of progress, and say once what makes a capture costly, when it proves to be large."""
    told = False

    def heard(frames: int, taken: int) -> None:
        nonlocal told
        if not told and frames > KEEP_SEGMENTS:
            told = True
            tell(shown(words, name=safe_text(name), frames=KEEP_SEGMENTS, sequence=safe_text(sequence)))
        if hear:
            hear(frames, taken)

    return heard
