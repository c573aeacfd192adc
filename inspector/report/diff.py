"""Two captures against each other, as text: B's ladders with the differences in their places, as `check` draws them.

Below them, in words: which frames of one are not in the other, what the clocks say, and what has no counterpart.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inspector.expect.model import Kind
from inspector.language import shown, shown_n
from inspector.report.inspection import Inspection, Verdict
from inspector.report.terminal import render_inspection
from inspector.report.words import duration
from inspector.tcp.model import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.diff.model import Clocks, Compared, Conversation, Diff, Placed
    from inspector.report.page import Page

__all__ = ["diff_verdict", "render_diff"]

_TOLD = 20
"""Lines of each kind, unless `verbose`."""


def diff_verdict(diff: Diff) -> Verdict:
    """The one word at the end."""
    if diff.is_empty:
        return Verdict.NOTHING
    return Verdict.DIFFERS if diff.differs else Verdict.AS_EXPECTED


def render_diff(diff: Diff, one: Inspection, other: Inspection, *, verbose: bool = False, **how: Any) -> str:
    """The whole report, each line ended by a newline; `one` is A and `other` B.

    `how` it looks is `render_inspection`'s.
    """
    title = shown("A is {one}, B is {other}", one=one.source, other=other.source)
    drawn = replace(
        other,
        source=title,
        title=title,
        comparisons=tuple(each.comparison for each in diff.pairs),
        verdict=diff_verdict(diff),
    )

    def below_the_ladders(page: Page) -> None:
        page.blank()
        for lines, style in ((_gone(diff), "red"), (_alone(diff), "red"), (_two(diff), "dim")):
            _told(page, list(lines), style, verbose=verbose)
        _clocks(page, diff.pairs)

    return render_inspection(drawn, verbose=verbose, after=below_the_ladders, **how)


def _told(page: Page, lines: Sequence[str], style: str, *, verbose: bool) -> None:
    shown_lines = lines if verbose else lines[:_TOLD]
    glyph = page.glyphs.bullet if style == "dim" else page.glyphs.differs
    for line in shown_lines:
        page.wrap(line, style, lead=f"  {glyph} ", hang="    ")
    if more := len(lines) - len(shown_lines):
        page.wrap(shown_n("and {n:,} more", "and {n:,} more", more), "italic", lead="    ", hang="    ")


def _gone(diff: Diff) -> Iterator[str]:
    """Frames of one place that were not seen at the other."""
    for pair in diff.pairs:
        for each in pair.placed if pair.pair.is_same else ():
            if line := _in_words(each):
                yield line


def _in_words(each: Placed) -> str:
    if each.difference.kind is Kind.MISSING and each.is_lost:
        return shown(
            "frame {frame} of A ({what}) is not in B: it was dropped on its way, as A says",
            frame=each.frame_a,
            what=each.what,
        )
    if each.difference.kind is Kind.MISSING:
        return shown(
            "frame {frame} of A ({what}) is not in B: lost between them, or not captured there",
            frame=each.frame_a,
            what=each.what,
        )
    if each.difference.kind is Kind.EXTRA:
        return shown(
            "frame {frame} of B ({what}) is not in A: lost between them, or not captured there",
            frame=each.frame_b,
            what=each.what,
        )
    return ""


def _alone(diff: Diff) -> Iterator[str]:
    """What has no counterpart."""
    for each in diff.only_a:
        yield shown("{name} is in A only", name=_name(each, "A"))
    for each in diff.only_b:
        yield shown("{name} is in B only", name=_name(each, "B"))


def _two(diff: Diff) -> Iterator[str]:
    """What was compared though it is not the same."""
    for pair in diff.pairs:
        if not pair.pair.is_same:
            one, other = _name(pair.pair.one, "A"), _name(pair.pair.other, "B")
            yield shown("{one} and {other} are not the same: their numbers are compared as sums", one=one, other=other)


def _name(each: Conversation, of: str) -> str:
    if isinstance(each, Connection):
        return shown(
            "connection {number} of {of} ({one} > {two}, frames {first} to {last})",
            number=each.number,
            of=of,
            one=each.originator.endpoint,
            two=each.responder.endpoint,
            first=each.frames[0],
            last=each.frames[1],
        )
    return shown(
        "exchange {number} of {of} ({one} > {two}, frames {first} to {last})",
        number=each.number,
        of=of,
        one=each.originator,
        two=each.responder,
        first=each.datagrams[0].row.frame,
        last=each.datagrams[-1].row.frame,
    )


def _clocks(page: Page, pairs: Sequence[Compared]) -> None:
    """What the clocks say, by the pair of the most frames."""
    known: list[Clocks] = [pair.clocks for pair in pairs if pair.clocks is not None]
    if not known:
        return
    best = max(known, key=lambda clocks: clocks.frames)
    apart = duration(abs(best.ahead_ns))
    if best.way_ns is None:
        words = shown_n(
            "B's times are {apart} from A's, the way of a frame included ({n:,} frame, one way only)",
            "B's times are {apart} from A's, the way of a frame included ({n:,} frames, one way only)",
            best.frames,
            apart=apart,
        )
    elif best.ahead_ns < 0:
        words = shown_n(
            "B's clock is {apart} behind A's, and a frame takes {way} between them ({n:,} frame)",
            "B's clock is {apart} behind A's, and a frame takes {way} between them ({n:,} frames)",
            best.frames,
            apart=apart,
            way=duration(best.way_ns),
        )
    else:
        words = shown_n(
            "B's clock is {apart} ahead of A's, and a frame takes {way} between them ({n:,} frame)",
            "B's clock is {apart} ahead of A's, and a frame takes {way} between them ({n:,} frames)",
            best.frames,
            apart=apart,
            way=duration(best.way_ns),
        )
    page.blank()
    page.fact(shown("clocks"), words)
