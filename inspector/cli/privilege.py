"""How a command comes to the privilege that it needs, without asking anybody, and how it gives it up.

Where this process has it, as root's does, there is nothing to do. Else it goes into a user and a network namespace of
its own (`capture.namespaces`), where everybody has it: programs and capture live inside, and the traffic of the system
is neither seen nor touched. Only where the system forbids that is there an error, and it names the switch.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.capture.namespaces import become_private, why_not_private
from inspector.capture.privileges import (
    CAP_NET_RAW,
    NETWORK_CAPABILITIES,
    become_user,
    has_capability,
    ways_out,
)
from inspector.cli.environment import command_line, invoking_user
from inspector.errors import CaptureError
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["drop_privilege", "scratch_folder", "secure_privilege"]


def secure_privilege(*, wired: bool) -> None:
    """Make sure that this process may capture, and where `wired` make a private network too.

    To be called before any thread is started. Raises CaptureError with the switch that forbids it, and the other ways.
    """
    needed = NETWORK_CAPABILITIES if wired else (CAP_NET_RAW,)
    if all(has_capability(each) for each in needed):
        return
    reason, remedy = why_not_private()
    if reason:
        if wired:
            message = said(
                "a private network needs CAP_NET_ADMIN and CAP_SYS_ADMIN, which this process has not; a network"
                " namespace of its own, where everybody has it, is not to be had here: {reason}",
                reason=reason,
            )
        else:
            message = said(
                "capturing needs CAP_NET_RAW, which this process has not; a network namespace of its own, where"
                " everybody has it, is not to be had here: {reason}",
                reason=reason,
            )
        raise CaptureError(
            message,
            remedies=((remedy,) if remedy else ()) + ways_out(command_line()),
        )
    become_private()


_STILL_TO_COME = (
    "encodings.gb18030",
    "inspector.report.follow",
    "inspector.report.follow_json",
    "inspector.report.json_report",
    "inspector.report.terminal",
    "rich.console",
    "rich.table",
)
"""What a run imports after it has given up its privileges."""
_FOR_LARGE_CAPTURES = ("numpy", "numba")


def drop_privilege() -> None:
    """Under `sudo`, become the user who asked, for good; else stay as we are. What is open stays open.

    What is still to be imported is imported before, since it may lie where only root can read: in a root shell
    `SUDO_UID` is still set, and the Python may be root's own.
    """
    owner = invoking_user()
    if owner is None:
        return
    private = not _may_enter(owner[0], Path(sys.prefix))
    for module in _STILL_TO_COME + _FOR_LARGE_CAPTURES * private:
        import_module(module)
    become_user(*owner)


def _may_enter(user: int, folder: Path) -> bool:
    """Whether `user` can get into `folder`, as far as owners and the rights of all tell."""
    for each in (folder, *folder.parents):
        status = each.stat()
        if not status.st_mode & (0o100 if status.st_uid == user else 0o001):
            return False
    return True


@contextmanager
def scratch_folder() -> Iterator[str]:
    """A folder that is gone afterwards; under `sudo` the user's who asked, who is the one to write into it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that it is gone then too
    with tempfile.TemporaryDirectory(prefix="inspector-", ignore_cleanup_errors=True) as folder:
        owner = invoking_user()
        if owner is not None:
            os.chown(folder, *owner)
        yield folder
