"""Two captures against each other, as text: B's ladders with the differences in their places, as `check` draws them.

Below them, in words: which frames of one are not in the other, what the clocks say, and what has no counterpart.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inspector.expect.model import Kind
from inspector.language import marked, shown, shown_n
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
        differs=shown("B differs from A"),
    )
    cut = _Cut(diff, one, other)

    def below_the_ladders(page: Page) -> None:
        page.blank()
        for lines, style in ((_gone(diff, cut), "red"), (_alone(diff, cut), "red"), (_two(diff), "dim")):
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


class _Cut:
    """What lies behind the place where one of the captures is cut: behind all that was found in both."""

    def __init__(self, diff: Diff, one: Inspection, other: Inspection) -> None:
        last_a, last_b = zip((0, 0), *(pair.last for pair in diff.pairs if pair.pair.is_same), strict=True)
        self._last_a = max(last_a) if other.capture.cut else None
        self._last_b = max(last_b) if one.capture.cut else None

    def hides_of_a(self, frame: int | None) -> bool:
        """Whether B may lack this frame of A because B is cut."""
        return frame is not None and self._last_a is not None and frame > self._last_a

    def hides_of_b(self, frame: int | None) -> bool:
        """Whether A may lack this frame of B because A is cut."""
        return frame is not None and self._last_b is not None and frame > self._last_b


def _gone(diff: Diff, cut: _Cut) -> Iterator[str]:
    """Frames of one place that were not seen at the other."""
    for pair in diff.pairs:
        for each in pair.placed if pair.pair.is_same else ():
            if line := _behind_the_cut(each, cut) or _in_words(each):
                yield line


def _behind_the_cut(each: Placed, cut: _Cut) -> str:
    if each.difference.kind is Kind.MISSING and not each.is_lost and cut.hides_of_a(each.frame_a):
        return shown(
            "frame {frame} of A ({what}) is not in B: it is behind the place where B is cut",
            frame=each.frame_a,
            what=each.what,
        )
    if each.difference.kind is Kind.EXTRA and not each.is_lost and cut.hides_of_b(each.frame_b):
        return shown(
            "frame {frame} of B ({what}) is not in A: it is behind the place where A is cut",
            frame=each.frame_b,
            what=each.what,
        )
    return ""


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
    if each.difference.kind is Kind.EXTRA and each.is_lost:
        return shown(
            "frame {frame} of B ({what}) is not in A: it was dropped on its way, as B says",
            frame=each.frame_b,
            what=each.what,
        )
    if each.difference.kind is Kind.EXTRA:
        return shown(
            "frame {frame} of B ({what}) is not in A: lost between them, or not captured there",
            frame=each.frame_b,
            what=each.what,
        )
    return ""


def _alone(diff: Diff, cut: _Cut) -> Iterator[str]:
    """What has no counterpart."""
    for each in diff.only_a:
        words = marked("{name} is in A only")
        if cut.hides_of_a(_first_frame(each)):
            words = marked("{name} is in A only: it is behind the place where B is cut")
        yield shown(words, name=_name(each, "A"))
    for each in diff.only_b:
        words = marked("{name} is in B only")
        if cut.hides_of_b(_first_frame(each)):
            words = marked("{name} is in B only: it is behind the place where A is cut")
        yield shown(words, name=_name(each, "B"))


def _first_frame(each: Conversation) -> int:
    return each.frames[0] if isinstance(each, Connection) else each.datagrams[0].row.frame


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
    agree = apart == duration(0)
    if best.way_ns is None and agree:
        words = shown_n(
            "B's times are A's, the way of a frame included ({n:,} frame, one way only)",
            "B's times are A's, the way of a frame included ({n:,} frames, one way only)",
            best.frames,
        )
    elif best.way_ns is None:
        words = shown_n(
            "B's times are {apart} from A's, the way of a frame included ({n:,} frame, one way only)",
            "B's times are {apart} from A's, the way of a frame included ({n:,} frames, one way only)",
            best.frames,
            apart=apart,
        )
    elif agree:
        words = shown_n(
            "the clocks agree, and a frame takes {way} between them ({n:,} frame)",
            "the clocks agree, and a frame takes {way} between them ({n:,} frames)",
            best.frames,
            way=duration(best.way_ns),
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
