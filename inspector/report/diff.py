"""Two captures against each other, as text: B's ladders with the differences in their places, as `check` draws them.

Below them, in words: which frames of one are not in the other, what the clocks say, and what has no counterpart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from inspector.expect.model import Kind
from inspector.language import marked, shown, shown_n
from inspector.report.inspection import Inspection, Verdict
from inspector.report.terminal import render_inspection
from inspector.report.words import duration
from inspector.tcp.model import Connection, Handshake
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.diff.model import Clocks, Compared, Conversation, Diff, Placed
    from inspector.report.page import Page

__all__ = ["diff_verdict", "render_diff"]

_TOLD = 20
"""Lines of each kind, unless `verbose`."""
_FEW = 2
"""Frames on end that are told one by one."""


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


_REASONS = {
    "elsewhere": marked("it is frame {copy} there, of another connection"),
    "cut": marked("behind the place where {other} is cut"),
    "dropped": marked("dropped on its way, as {capture} says"),
    "copied": marked("it is frame {copy} once more, doubled on the way"),
    "passed": marked("not captured there, for {other} has the acknowledgment"),
    "unknown": marked("lost between them, or not captured there"),
}
"""Why something of one capture may not be in the other."""


@dataclass(slots=True)
class _Gone:
    """Frames of one place that were not seen at the other: one, or several on end for one reason."""

    is_of_a: bool
    reason: str
    those: list[Placed]
    last: int
    """Where the last of them stands among the frames of its conversation."""

    def goes_on(self, other: _Gone) -> bool:
        """Whether `other` follows at once, and there is nothing else to say of it."""
        is_alike = (self.is_of_a, self.reason, self.last + 1) == (other.is_of_a, other.reason, other.last)
        return is_alike and all(
            each.part is None and each.copy_of is None and each.elsewhere is None
            for each in (*self.those, *other.those)
        )

    def in_words(self) -> str:
        """A sentence."""
        capture, other = ("A", "B") if self.is_of_a else ("B", "A")
        copy = self.those[0].elsewhere or self.those[0].copy_of
        reason = shown(_REASONS[self.reason], capture=capture, other=other, copy=copy)
        first, *_, last = [each.frame_a if self.is_of_a else each.frame_b for each in (*self.those, self.those[-1])]
        what, part = self.those[0].what, self.those[0].part
        if len(self.those) > 1:
            words = marked(
                "frames {first} to {last} of {capture} ({number:,} of this conversation) are not in {other}: {reason}"
            )
        elif part is not None:
            words = marked(
                "part of frame {first} of {capture} ({what}), its numbers {begin} to {end}, is not in {other}: {reason}"
            )
        else:
            words = marked("frame {first} of {capture} ({what}) is not in {other}: {reason}")
        if self.reason == "elsewhere":
            words = marked("frame {first} of {capture} ({what}) is not in the same connection of {other}: {reason}")
        begin, end = part or (0, 0)
        return shown(
            words, first=first, last=last, number=len(self.those), capture=capture, what=what, begin=begin, end=end,
            other=other, reason=reason,
        )  # fmt: skip


def _gone(diff: Diff, cut: _Cut) -> Iterator[str]:
    """Frames of one place that were not seen at the other; `_FEW` on end are told one by one."""
    for pair in diff.pairs:
        runs: list[_Gone] = []
        for gone in _each_gone(pair, cut) if pair.pair.is_same else ():
            if runs and runs[-1].goes_on(gone):
                runs[-1].those += gone.those
                runs[-1].last = gone.last
            else:
                runs.append(gone)
        for run in runs:
            few = len(run.those) <= _FEW
            yield from (replace(run, those=[each]).in_words() for each in run.those) if few else (run.in_words(),)


def _each_gone(pair: Compared, cut: _Cut) -> Iterator[_Gone]:
    places = [{frame: place for place, frame in enumerate(_frames(each))} for each in (pair.pair.one, pair.pair.other)]
    for each in pair.placed:
        if each.difference.kind in {Kind.MISSING, Kind.EXTRA}:
            is_of_a = each.difference.kind is Kind.MISSING
            frame = each.frame_a if is_of_a else each.frame_b
            is_hidden = cut.hides_of_a(frame) if is_of_a else cut.hides_of_b(frame)
            reasons = {
                "elsewhere": each.elsewhere is not None,
                "dropped": each.is_lost,
                "copied": each.copy_of is not None,
                "passed": each.has_passed,
                "cut": is_hidden,
                "unknown": True,
            }
            reason = next(name for name, holds in reasons.items() if holds)
            place = places[not is_of_a][frame or 0]
            yield _Gone(is_of_a, reason, [each], place)


def _frames(each: Conversation) -> list[int]:
    return [traced.row.frame for traced in (each.segments if isinstance(each, Connection) else each.datagrams)]


def _alone(diff: Diff, cut: _Cut) -> Iterator[str]:
    """What has no counterpart."""
    sides = (("A", "B", diff.only_a, cut.hides_of_a), ("B", "A", diff.only_b, cut.hides_of_b))
    for capture, other, those, hides in sides:
        for each in those:
            how = {"name": _name(each, capture), "capture": capture, "other": other}
            if hides(_first_frame(each)):
                yield shown("{name} is in {capture} only: it is behind the place where {other} is cut", **how)
            elif isinstance(each, Connection) and each.handshake is Handshake.UNANSWERED and each.segments:
                yield shown_n(
                    "{name} is in {capture} only: a SYN that nobody answered, and it is not in {other}",
                    "{name} is in {capture} only: {n:,} SYNs that nobody answered, and none of them is in {other}",
                    sum(bool(traced.row.flags & Flag.SYN) for traced in each.segments),
                    **how,
                )
            else:
                yield shown("{name} is in {capture} only", **how)


def _first_frame(each: Conversation) -> int:
    return each.frames[0] if isinstance(each, Connection) else each.datagrams[0].row.frame


def _two(diff: Diff) -> Iterator[str]:
    """What was compared though it is not the same, or does not look so."""
    for pair in diff.pairs:
        one, other = _name(pair.pair.one, "A"), _name(pair.pair.other, "B")
        if pair.pair.is_translated:
            yield shown("{one} is {other}: an address or a port was translated on the way", one=one, other=other)
        if not pair.pair.is_same:
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
    # Half the sum of both ways is no nearer to the truth than a way is long: one may be the quicker.
    agree = apart == duration(0) or (best.way_ns is not None and abs(best.ahead_ns) <= best.way_ns)
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
