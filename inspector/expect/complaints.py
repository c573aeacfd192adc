"""What is done with an error of a sequence: it is raised at once, or kept while reading goes on.

Whoever compares needs a sequence without errors, so the first is raised (`refuse`, which every room has unless it is
told otherwise). Who only asks what is wrong (`lint`) keeps them: `Complaints` takes one for each line, so that one slip
of the pen is one error, and stops the reading (`Enough`) where there are so many that nobody counts them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from inspector.errors import ExpectationError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST_KEPT", "Complain", "Complaints", "Enough", "refuse"]

Complain = Callable[[ExpectationError], None]
"""Is given an error; what it was about is passed over where this returns."""

MOST_KEPT = 200
"""Errors of one file that are counted: a megabyte of nonsense has a hundred thousand."""


def refuse(error: ExpectationError) -> NoReturn:
    """Raise it: the first is the last."""
    raise error


class Enough(Exception):  # noqa: N818 - no error of anybody's: the reading is done
    """There are `MOST_KEPT`."""


class Complaints:
    """A `Complain` that keeps the first error of each line, and of each kind of those without a place."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int, str], ExpectationError] = {}
        self.quiet: set[int] = set()
        """Lines of the file whose errors follow from one that was told."""

    def __call__(self, error: ExpectationError) -> None:
        """Keep `error`, unless one of its line is kept, or its line is quiet."""
        if error.line and error.line in self.quiet:
            return
        self._kept.setdefault((error.path, error.line, "" if error.line else error.reason), error)
        if len(self._kept) >= MOST_KEPT:
            raise Enough

    def __iter__(self) -> Iterator[ExpectationError]:
        return iter(self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)
