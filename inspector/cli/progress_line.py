"""The line that `progress` shows, by rich; this module is imported only where something takes longer than a second."""

from __future__ import annotations

from rich.console import Console  # noqa: TID253 - see above
from rich.progress import (  # noqa: TID253 - see above
    BarColumn,
    DownloadColumn,
    FileSizeColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from inspector.cli.environment import pick_unicode

__all__ = ["ProgressLine"]

_BAR = 16
_WIDEST = 80


class _Terminal(Console):
    """Standard error, its cursor left alone: whoever ends us at once shall not be left without one."""

    def show_cursor(self, show: bool = True) -> bool:  # noqa: ARG002, FBT001, FBT002 - rich's signature
        return False


class ProgressLine:
    """One line: amounts, and the share and the time left where the whole is known."""

    def __init__(self, total: int | None) -> None:
        terminal = _Terminal(stderr=True, highlight=False)
        terminal.width = min(terminal.width, _WIDEST)
        amount = (TaskProgressColumn(), DownloadColumn(), TimeRemainingColumn()) if total else (FileSizeColumn(),)
        bar = (BarColumn(_BAR),) if total and pick_unicode() else ()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            *bar,
            *amount,
            TextColumn("{task.fields[rate]}", markup=False),
            console=terminal, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        self._task = self._progress.add_task("", total=total, rate="")

    def show(self, where: str, taken: int, rate: str) -> None:
        """Show, or show anew."""
        self._progress.update(self._task, completed=taken, description=where, rate=rate)
        self._progress.start()
        self._progress.refresh()

    def stop(self) -> None:
        """Take it away."""
        self._progress.stop()
