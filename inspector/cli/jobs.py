"""Several captures, one after the other or several at once, and what comes of each: its report as it is printed.

What is kept of a capture that is done with is text and a verdict, a few kilobytes and no objects, so that memory does
not follow the number of captures; and it is the same whether it comes out of this process or another (`workers`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from inspector.cli.environment import pick_jobs
from inspector.errors import CaptureFileError
from inspector.language import shown
from inspector.report.inspection import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from inspector.cli.progress import Progress
    from inspector.cli.streams import Stream

    Hear = Callable[[int, int], None] | None
    Work = Callable[[int, Hear], "Told"]

__all__ = ["Refusal", "Told", "refusal_of", "told_of"]

_WORTH = 500_000
"""Bytes besides those of the largest capture, from which on a second process pays for itself: two workers cost a
tenth of a second of processor, in which plain Python reads 100 KB of short frames or 1 MB of full ones (measured)."""


class Refusal(NamedTuple):
    """A CaptureFileError in transit."""

    path: str
    reason: str
    offset: int | None
    remedies: tuple[str, ...]

    def error(self) -> CaptureFileError:
        """The error itself."""
        return CaptureFileError(self.path, self.reason, offset=self.offset, remedies=self.remedies)


class Told(NamedTuple):
    """What came of a capture: its report as it is printed, unless there is none, and what could not be read."""

    report: str | None = None
    verdict: str = Verdict.NOTHING
    is_incomplete: bool = False
    refusals: tuple[Refusal, ...] = ()


def refusal_of(error: CaptureFileError) -> Refusal:
    """`error` for the way, on which a text forgets what it was made from: so it is in the reader's language already."""
    return Refusal(error.path, shown(error.reason), error.offset, tuple(map(shown, error.remedies)))


def told_of(streams: Sequence[Stream], work: Work, jobs: int | None, progress: Progress) -> Generator[Told]:
    """What came of every stream, in their order: `work` at each of them, here or in `jobs` processes."""
    weights = [size or 0 for size in progress.sizes]
    if jobs is None:
        jobs = pick_jobs() if sum(weights) - max(weights) >= _WORTH else 1
    with progress:
        # Standard input cannot be read by two at once.
        readers_of_input = sum("-" in stream.files for stream in streams)
        if min(jobs, len(streams)) == 1 or readers_of_input > 1 or not hasattr(os, "fork"):
            yield from _in_turn(len(streams), work, progress)
        else:
            # The largest first, so that none of them is begun when the others are done.
            order = sorted(range(len(streams)), key=lambda position: -weights[position])
            from inspector.cli.workers import in_workers

            yield from in_workers([each.name for each in streams], work, progress, jobs, order)


def _in_turn(number: int, work: Work, progress: Progress) -> Generator[Told]:
    for position in range(number):
        told = work(position, progress.hearer(position))
        progress.finish(position)
        yield told
