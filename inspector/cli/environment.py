"""What the tool takes from its surroundings: the only file that reads the environment.

Everything below the roof is told these things; it never asks.
"""

from __future__ import annotations

import contextlib
import gettext
import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.language import CATALOGUES, DOMAIN, language, said

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "cache_folder",
    "command_line",
    "gettext_in",
    "invoking_user",
    "pick_colour",
    "pick_jobs",
    "pick_language",
    "pick_progress",
    "pick_unicode",
    "pick_width",
    "port_settings",
    "why_not_shown",
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

    Python writes UTF-8 in the C locale too (PEP 538, PEP 540), but whoever sets LC_ALL=C wants ASCII; unless he asks
    for a language that needs more.
    """
    if os.environ.get("LC_ALL") in ("C", "POSIX") and language() == "en":
        return False
    try:
        "│→".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


_SIMPLIFIED = frozenset({"", "CN", "SG", "HANS"})
"""Where Chinese is written in simplified characters. Traditional ones are another language to us."""


def pick_language() -> str:
    """The language of the locale, one of `language.LANGUAGES`: English for all that we do not speak.

    LANGUAGE is a list of preferences, and counts unless the locale is C or POSIX: programs that others read set that.
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((value for name in names if (value := os.environ.get(name))), "")
    if locale in ("C", "POSIX"):
        return "en"
    preferred = [each for each in os.environ.get("LANGUAGE", "").split(":") if each]
    return next((known for each in (*preferred, locale) if (known := _known(each))), "en")


def _known(locale: str) -> str:
    """`zh_CN.UTF-8` is zh_CN; empty for what we do not speak."""
    words = re.split(r"[.@]", locale)[0].replace("-", "_").split("_")
    if words[0].lower() == "en":
        return "en"
    region = words[1].upper() if len(words) > 1 else ""
    return "zh_CN" if words[0].lower() == "zh" and region in _SIMPLIFIED else ""


def why_not_shown(chosen: str) -> str:
    """Why standard output cannot show a language; empty if it can. English is said instead, which can be read."""
    encoding = sys.stdout.encoding or "ascii"
    if chosen == "en":
        return ""
    try:
        "三次握手".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return said(
            "--lang: the encoding of standard output, {encoding}, has no Chinese characters; in English instead"
            " (PYTHONIOENCODING=utf-8 changes it)",
            encoding=encoding,
        )
    return ""


@contextlib.contextmanager
def gettext_in(wanted: str) -> Iterator[None]:
    """While it lasts, what libraries say by `gettext.gettext` is looked up in our catalogue of that language.

    They look for it by LANGUAGE, and nowhere else; so it is set, and set back before anybody could inherit it.
    """
    if wanted == "en":
        yield
        return
    before = os.environ.get("LANGUAGE")
    gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
    domain = gettext.textdomain()
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = wanted
    try:
        yield
    finally:
        gettext.textdomain(domain)
        if before is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = before


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
