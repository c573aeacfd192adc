"""What the tool takes from its surroundings: the only file that reads the environment.

Everything below the roof is told these things; it never asks.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
from pathlib import Path

__all__ = [
    "cache_folder",
    "command_line",
    "invoking_user",
    "pick_colour",
    "pick_jobs",
    "pick_progress",
    "pick_unicode",
    "pick_width",
    "port_settings",
]

_DEFAULT_WIDTH = 80
_NARROWEST = 40


def pick_width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return max(shutil.get_terminal_size((_DEFAULT_WIDTH, 24)).columns, _NARROWEST)


def pick_colour() -> bool:
    """Whether standard output gets colour: a terminal, unless NO_COLOR; FORCE_COLOR overrides (no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def pick_unicode() -> bool:
    """Whether standard output can show box-drawing characters.

    Python writes UTF-8 in the C locale too (PEP 538, PEP 540), but whoever sets LC_ALL=C wants ASCII.
    """
    if os.environ.get("LC_ALL") in ("C", "POSIX"):
        return False
    try:
        "│→".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def pick_progress() -> bool:
    """Whether standard error is a terminal on which a line can change."""
    return sys.stderr.isatty() and os.environ.get("TERM") not in (None, "", "dumb")


def pick_jobs() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def invoking_user() -> tuple[int, int] | None:
    """User and group behind `sudo`, to whom new files shall belong; None without sudo."""
    user, group = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    if not (user.isdecimal() and group.isdecimal()) or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    return int(user), int(group)


def cache_folder() -> Path:
    """Where machine code is kept: the user's cache folder, and under `sudo` that of the user who asked.

    For it is he who decodes, when privileges have been dropped: what root compiled would be closed to him.
    """
    owner = invoking_user()
    if owner is not None:
        import pwd

        with contextlib.suppress(KeyError):  # a user without a name has no home either
            return Path(pwd.getpwuid(owner[0]).pw_dir) / ".cache" / "handshake-inspector"
    from platformdirs import user_cache_path

    return user_cache_path("handshake-inspector", appauthor=False)


def command_line() -> str:
    """What the user typed, with a full path, quoted for a shell: remedies begin with it."""
    program = os.environ.get("INSPECTOR_COMMAND") or shutil.which(sys.argv[0]) or sys.argv[0]
    return shlex.join([str(Path(program).absolute()), *sys.argv[1:]])


def port_settings() -> tuple[tuple[int, int] | None, int | None]:
    """The range of ports that the system gives to clients, and the lowest that everybody may bind; None if unknown.

    Linux has one setting for IPv4 and IPv6, TCP and UDP, in each network namespace.
    """
    span = _numbers("ip_local_port_range")
    start = _numbers("ip_unprivileged_port_start")
    return (span[0], span[1]) if len(span) == 2 else None, start[0] if len(start) == 1 else None


def _numbers(setting: str) -> list[int]:
    try:
        return [int(word) for word in Path("/proc/sys/net/ipv4", setting).read_text("ascii").split()]
    except (OSError, ValueError):
        return []
