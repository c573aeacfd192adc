"""What works on this system, what does not, and why: each line tried for real.

A check never raises and never waits long. `ok` is False for what is missing, None for what is merely
worth knowing. System settings appear as hints only: what counts is whether the attempt succeeded.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.capture.engine import ON_LINUX
from inspector.capture.namespaces import why_not_private
from inspector.capture.opening import open_engine
from inspector.capture.privileges import (
    CAP_NET_RAW,
    NETWORK_CAPABILITIES,
    become_user,
    can_dumpcap,
    has_capability,
    in_container,
    ways_out,
)
from inspector.errors import CaptureError, system_words
from inspector.language import said

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Check", "doctor"]

_LEAST_PYTHON = (3, 11)
_PATIENCE = 10


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's findings."""

    name: str
    ok: bool | None
    """Whether it works; None for a fact that is neither good nor bad."""
    detail: str
    """What was found, in one line."""
    remedy: str = ""
    """What would mend it; empty where nothing is broken."""


def doctor(
    cache: Path | None = None, *, command_line: str = "inspector", owner: tuple[int, int] | None = None
) -> tuple[Check, ...]:
    """Examine this system.

    `cache` is the folder where compiled code is to be kept, if it shall be examined too, as the user `owner`;
    `command_line` what the remedies say to run, as in `ways_out`.
    """
    checks = [_python(), _container()]
    if ON_LINUX:
        checks += [_capability(command_line), _ring(command_line), _namespaces(), _network()]
    else:
        checks.append(_portable(command_line))
    checks += [_tool("tshark", "apt-get install tshark"), _dumpcap(), _tool("tcpdump", "apt-get install tcpdump")]
    checks += [_module(name, use) for name, use in _MODULES]
    if cache is not None:
        if owner is not None:
            become_user(*owner)
        checks.append(_cache(cache))
    return tuple(checks)


_MODULES = (
    ("numba", said("without it large captures take long")),
    ("scapy", said("without it there is no portable capture")),
    ("pyshark", said("without it there is no cross-check")),
)


def _good(name: str, detail: str) -> Check:
    return Check(name, ok=True, detail=detail)


def _bad(name: str, detail: str, remedy: str) -> Check:
    return Check(name, ok=False, detail=detail, remedy=remedy)


def _python() -> Check:
    import platform  # costs more than all else in this file

    detail = said(
        "{version} on {system} {release} {machine}",
        version=platform.python_version(), system=platform.system(), release=platform.release(),
        machine=platform.machine(),
    )  # fmt: skip
    ok = sys.version_info[:2] >= _LEAST_PYTHON
    return Check("Python", ok, detail, "" if ok else said("install Python 3.11 or newer"))


def _container() -> Check:
    return Check(said("container"), None, said("yes") if in_container() else said("no sign of one"))


def _capability(command_line: str) -> Check:
    if has_capability(CAP_NET_RAW):
        return _good("CAP_NET_RAW", said("effective (uid {uid})", uid=os.geteuid()))
    return _bad("CAP_NET_RAW", said("not effective (uid {uid})", uid=os.geteuid()), ways_out(command_line)[0])


def _ring(command_line: str) -> Check:
    try:
        engine = open_engine("lo", command_line=command_line)
    except CaptureError as error:
        return _bad(said("capture ring on lo"), error.message, error.remedies[0] if error.remedies else "")
    engine.close()
    return _good(said("capture ring on lo"), said("opens"))


def _portable(command_line: str) -> Check:
    loopback = "lo0" if sys.platform == "darwin" else r"\Device\NPF_Loopback"
    try:
        engine = open_engine(loopback, kind="portable", command_line=command_line)
    except CaptureError as error:
        return _bad(said("capture on loopback"), error.message, error.remedies[0] if error.remedies else "")
    engine.close()
    return _good(said("capture on loopback"), said("opens"))


def _namespaces() -> Check:
    why_not, remedy = why_not_private()
    if not why_not:
        return _good(said("user namespace"), said("a raw socket opens inside one: demos need no root"))
    otherwise = said("start the container with --cap-add=NET_RAW") if in_container() else said("run demos with sudo")
    return _bad(said("user namespace"), why_not, remedy or otherwise)


def _network() -> Check:
    if all(has_capability(each) for each in NETWORK_CAPABILITIES):
        return _good(said("private network"), said("this process may make one: --link works"))
    if not why_not_private()[0]:
        return _good(said("private network"), said("in a user namespace: --link works"))
    return _bad(
        said("private network"),
        said("neither CAP_NET_ADMIN and CAP_SYS_ADMIN, nor user namespaces"),
        said("run it with sudo"),
    )


def _tool(name: str, remedy: str) -> Check:
    path = shutil.which(name)
    if path is None:
        return _bad(name, said("not found on PATH"), remedy)
    try:
        done = subprocess.run([path, "--version"], capture_output=True, check=False, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        return _bad(name, f"{path}: {error}", remedy)
    lines = (done.stdout + done.stderr).decode(errors="replace").splitlines()
    told = [line for line in lines if name in line.lower()]
    detail = said("{version} ({path})", version=told[0] if told else said("no version given"), path=path)
    return Check(name, done.returncode == 0, detail, "")


def _dumpcap() -> Check:
    found = _tool("dumpcap", "apt-get install wireshark-common")
    if not found.ok:
        return found
    works, why_not = can_dumpcap()
    if works:
        return _good("dumpcap", said("may capture on lo: {version}", version=found.detail))
    if _in_group("wireshark"):
        detail = said("may not capture ({reason}); this user is a member of the group wireshark", reason=why_not)
    else:
        detail = said("may not capture ({reason}); this user is not a member of the group wireshark", reason=why_not)
    return _bad(
        "dumpcap",
        detail,
        said("sudo dpkg-reconfigure wireshark-common && sudo usermod -aG wireshark $USER, and log in again"),
    )


def _in_group(name: str) -> bool:
    if sys.platform == "win32":
        return False
    import grp

    try:
        return grp.getgrnam(name).gr_gid in os.getgroups()
    except KeyError:
        return False


def _module(name: str, use: str) -> Check:
    try:
        module = importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - a module may break in any way when it is imported
        detail = said(
            "cannot be imported ({kind}: {error}); {use}", kind=type(error).__name__, error=str(error), use=use
        )
        return _bad(name, detail, f"pip install {name}")
    version = getattr(module, "__version__", None)
    return _good(name, said("importable") if version is None else str(version))


def _cache(folder: Path) -> Check:
    probe = folder / f".probe-{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        detail = said("{folder}: {reason}; kept for one run only", folder=folder, reason=system_words(error))
        return _bad(said("compiled code"), detail, said("make it writable"))
    return _good(said("compiled code"), said("kept in {folder}", folder=folder))
