"""Make `.venv` able to serve one purpose: `run`, `test`, `check` or `fuzz`.

Called by `ready.sh` when the stamp of that purpose is missing or stale; called by hand it does no harm.

1. Standard library only: nothing is installed yet.
2. The stamp is written last, by a rename. An install that failed or was killed leaves none, and the
   next call takes up where it stopped.
3. One at a time, by a lock that the kernel drops when its holder dies.
4. What is made belongs to the owner of the checkout, under `sudo` too: root becomes the owner first.
5. Standard input and output are the caller's: nothing is read, and what is said goes to stderr.

Exit codes: 0 ready; 4 not possible here, one line says why and what mends it; 90 not possible with
this Python, perhaps with another.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import pwd
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

IMPOSSIBLE = 4
ANOTHER_PYTHON = 90
INTERRUPTED = 130

EXTRAS = {"run": "", "test": "[test]", "check": "[check]", "fuzz": "[fuzz]"}
SERVES = {
    "run": ("run",),
    "test": ("run", "test"),
    "check": ("run", "test", "check"),
    "fuzz": ("run", "test", "fuzz"),
}
"""Whoever installs for the checks has installed for the tests as well."""

UNREACHABLE = re.compile("NewConnectionError|name resolution|Network is unreachable|Connection refused")
LAST_WORDS = 8
LINE = 200


class Failure(Exception):  # noqa: N818 - what happened, in this file's own vocabulary
    """The environment cannot be made; the message is for the user."""


def main(purpose: str) -> int:
    """Make `.venv` ready for `purpose`; returns an exit code."""
    become_the_owner()
    if not os.access(sys.executable, os.X_OK) or not can_install():
        return ANOTHER_PYTHON
    try:
        with one_at_a_time():
            if stamp(purpose) != stamp_of_today():
                make(purpose)
    except Failure as failure:
        say(str(failure))
        return IMPOSSIBLE
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def say(line: str) -> None:
    """Tell the user, on stderr."""
    print(f"inspector: {line}", file=sys.stderr)


def become_the_owner() -> None:
    """Give up root for the owner of the checkout, with that owner's home."""
    owner = ROOT.stat().st_uid
    if os.geteuid() != 0 or owner == 0:
        return
    try:
        entry = pwd.getpwuid(owner)
    except KeyError:  # a container whose checkout comes from outside
        return
    with contextlib.suppress(OSError):  # in a user namespace root may be nobody else
        os.initgroups(entry.pw_name, entry.pw_gid)
        os.setgid(entry.pw_gid)
        os.setuid(owner)
        os.environ.update(HOME=entry.pw_dir, USER=entry.pw_name, LOGNAME=entry.pw_name)
        os.environ.pop("XDG_CACHE_HOME", None)


def can_install() -> bool:
    """Whether this Python can put pip to work; Debian's needs a package of its own for that."""
    return find_spec("ensurepip") is not None or find_spec("pip") is not None


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the lock of this checkout."""
    try:
        lock = os.open(ROOT / ".venv.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        python = ROOT / ".venv" / "bin" / "python"
        if python.is_symlink() and not os.access(python, os.X_OK):
            hint = f"its Python, {python.readlink()}, cannot be run by you; copy the folder and run this there"
        else:
            hint = "have its owner run this command once, or copy the folder"
        raise Failure(f"{ROOT} is not ready and cannot be written ({error.strerror}): {hint}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another run is installing; waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError:  # a network file system without locks: two first runs at once are then the user's risk
        pass
    try:
        yield
    finally:
        os.close(lock)


def stamp_of_today() -> str:
    """What a valid stamp says; `ready.sh` puts together the same."""
    return f"{ROOT}\n{(ROOT / 'pyproject.toml').read_text(encoding='utf-8')}"


def stamp(purpose: str) -> str:
    """What the stamp of `purpose` says, or nothing where it cannot be trusted."""
    try:
        return (VENV / f"{purpose}.stamp").read_text(encoding="utf-8") if is_sound() else ""
    except OSError:
        return ""


def is_sound() -> bool:
    """Whether `.venv` holds a Python that runs and is new enough."""
    return os.access(PYTHON, os.X_OK) and runs(PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))")


def make(purpose: str) -> None:
    """Install the package in `.venv` for `purpose`, and stamp it."""
    news = "bringing .venv up to date" if stamp("run") else "first run here, installing into .venv"
    say(f"{news} with Python {platform.python_version()}; this takes a minute")
    if not is_sound():
        make_venv()
    must(
        "the package could not be installed",
        *pip(),
        *("install", "--quiet", "--no-input", "--disable-pip-version-check", "--retries=2"),
        *("--editable", f".{EXTRAS[purpose]}"),
    )
    runs(PYTHON, "-m", "compileall", "-q", "inspector")  # for those who may not write bytecode here
    for served in SERVES[purpose]:
        fresh = VENV / f"{served}.stamp.new"
        fresh.write_text(stamp_of_today(), encoding="utf-8")
        fresh.replace(VENV / f"{served}.stamp")


def make_venv() -> None:
    """Make an empty environment in the place of whatever is there."""
    without_pip = () if find_spec("ensurepip") else ("--without-pip",)
    must(".venv could not be made", sys.executable, "-m", "venv", "--clear", *without_pip, VENV)


def pip() -> tuple[str | Path, ...]:
    """The command that installs into `.venv`: its own pip, or else that of this Python."""
    if runs(PYTHON, "-c", "import pip"):
        return (PYTHON, "-m", "pip")
    if find_spec("pip"):
        return (sys.executable, "-m", "pip", "--python", PYTHON)
    must("pip could not be added to .venv", PYTHON, "-m", "ensurepip")  # as `uv venv` leaves it
    return (PYTHON, "-m", "pip")


def runs(*command: str | Path) -> bool:
    """Whether `command` ends well; what it says is dropped."""
    return run(*command).returncode == 0


def must(complaint: str, *command: str | Path) -> None:
    """Run `command`; where it fails, raise `complaint` with the command's last words."""
    done = run(*command)
    if done.returncode == 0:
        return
    if UNREACHABLE.search(done.stdout):
        complaint += ", for the package index cannot be reached (no network?)"
    lines = done.stdout.strip().splitlines()
    said = [line.strip()[:LINE] for line in lines if "ERROR" in line] or lines  # pip's advice comes after its errors
    raise Failure("\n  ".join([f"{complaint}; the last words were:", *said[-LAST_WORDS:]]))


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `command` in the checkout; both its streams are kept together."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PIP_USER": "0"},  # a user's pip.conf may ask for what a venv refuses
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
