"""A test's vocabulary for the command line: run it as a user does, as a program of its own.

Most calls are forked from a Python that has loaded the command (`warm.py`). Started afresh is what is begun and left
running, what stands behind other words (`before`), and what changes an environment that Python reads at its start.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli import warm

ROOT = Path(__file__).resolve().parents[2]
INSPECTOR = Path(sys.executable).with_name("inspector")
CAPTURES = ROOT / "captures"
PATIENCE_S = 180


@dataclass(frozen=True)
class Done:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


def plain_environment(**changes: str) -> dict[str, str]:
    """Ours, without what would change the look of a report; 80 columns and UTF-8."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "SUDO_"))}
    for name in ("NO_COLOR", "FORCE_COLOR", "LANG", "LANGUAGE", "PYTHONIOENCODING", "PYTHONUTF8"):
        kept.pop(name, None)
    return {**kept, "COLUMNS": "80", "LANG": "C.UTF-8", **changes}


def command(*words: str | Path) -> list[str]:
    """The words of a shell that run `inspector` with `words`."""
    return [str(INSPECTOR), *map(str, words)]


def inspector(
    *words: str | Path, cwd: Path | None = None, stdin: bytes = b"", before: tuple[str, ...] = (), **environment: str
) -> Done:
    """Run `inspector` with `words` to its end; standard input is a pipe with `stdin`."""
    called, around = command(*words), plain_environment(**environment)
    if sys.platform == "linux" and not before and not any(map(_is_read_at_start, environment)):
        code, out, err = warm.Call(called, cwd or Path.cwd(), around).communicate(stdin, PATIENCE_S)
        return Done(code, out.decode(), err.decode())
    done = subprocess.run(
        [*before, *called], cwd=cwd, input=stdin, env=around, capture_output=True, check=False, timeout=PATIENCE_S
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def _is_read_at_start(variable: str) -> bool:
    return variable.startswith(("PYTHON", "LC_", "LANG")) and variable != "LANGUAGE"


def start(*words: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.Popen[str]:
    """Begin `inspector` with `words`; its streams are pipes."""
    return subprocess.Popen(
        command(*words),
        cwd=cwd,
        env=plain_environment(PYTHONUNBUFFERED="1", **environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def shipped(name: str) -> Path:
    """The capture of a scenario."""
    return CAPTURES / name / f"{name}.pcapng"


def knock(port: int) -> None:
    """Connect to a port where nobody listens: two segments, SYN and RST,ACK."""
    with socket.socket() as caller:
        assert caller.connect_ex(("127.0.0.1", port))


def skip_without_capture(done: Done) -> None:
    """Skip where the kernel gives us no frames."""
    if done.code == 4:
        pytest.skip(f"nothing may be captured here: {done.err.splitlines()[0]}")
