"""Read ahead: an iterator that works in a thread of its own, one item ahead of whoever consumes it.

Worth it where both sides spend their time in machine code that lets go of the interpreter (`compiled`), on a machine
with a second processor. What is yielded is the consumer's until it asks for the next item; meanwhile the next one is
made, and never more than that, so two places are enough for both.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

__all__ = ["ahead", "processors"]

_END = object()
_PATIENCE = 1.0
"""Seconds: how long an abandoned thread, which may wait for a pipe, is waited for."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ahead(source: Iterator[T]) -> Iterator[T]:
    """The items of `source`, which is iterated in a thread; what it raises is raised here."""
    maker = _Maker(source)
    try:
        while True:
            item = maker.take()
            if item is _END:
                return
            yield item
    finally:
        maker.stop()


class _Maker:
    """The thread and the one item that it has ready."""

    def __init__(self, source: Iterator[Any]) -> None:
        self._source = source
        self._wanted = threading.Semaphore(1)
        self._made = threading.Semaphore(0)
        self._item: Any = None
        self._error: BaseException | None = None
        self._stopped = False
        # A daemon: one that waits for a pipe must not keep an interrupted program from its end.
        self._thread = threading.Thread(target=self._make, name="read ahead", daemon=True)
        self._thread.start()

    def take(self) -> Any:
        """The next item, or _END."""
        self._made.acquire()
        if self._error is not None:
            raise self._error
        item = self._item
        self._wanted.release()
        return item

    def stop(self) -> None:
        """Let the thread end."""
        self._stopped = True
        self._wanted.release()
        self._thread.join(_PATIENCE)

    def _make(self) -> None:
        while self._item is not _END and self._error is None:
            self._wanted.acquire()
            if self._stopped:
                return
            try:
                self._item = next(self._source, _END)
            except BaseException as error:  # noqa: BLE001 - it is raised in the thread that consumes
                self._error = error
            self._made.release()
