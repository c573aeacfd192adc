"""What this process may do here, and the ways that would work if it may not.

Tried, not guessed: every way that `ways_out` prints has been tried on this system just before,
as far as that can be done without asking for a password. System settings are read for the hint alone.

Capture privilege on Linux is the capability CAP_NET_RAW in the user namespace that owns the network.
Without it there are four ways: `sudo`; a user namespace of one's own, with its own loopback,
for programs that we start ourselves; dumpcap, where the system gave it the capability; and in a
container, the flag of whoever started it. `setcap` on Python is not among them: it would arm every script.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.capture.engine import ON_LINUX
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = [
    "CAP_NET_RAW",
    "NETWORK_CAPABILITIES",
    "become_user",
    "can_dumpcap",
    "can_use_namespace",
    "has_capability",
    "in_container",
    "namespace_command",
    "ways_out",
]

CAP_NET_RAW = 13
NETWORK_CAPABILITIES = (12, CAP_NET_RAW, 21)
"""CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN: what a private network takes (`link.network`)."""

_PATIENCE = 10
"""Seconds for a child that should take a fraction of one."""

_OPEN_RAW_SOCKET = "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).bind(('lo', 3))"


def has_capability(number: int = CAP_NET_RAW) -> bool:
    """Whether a Linux capability is in this process's effective set; False where there are none."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    for line in status.splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> number & 1)
    return False


def become_user(user: int, group: int) -> None:
    """Give up all privileges for good and go on as `user`, in all threads; who is not root stays who he is.

    What was opened before stays open. Other groups than the user's own go first, while that is still allowed.
    """
    if os.geteuid() != 0 or user == 0:
        return
    import pwd  # Unix only

    try:
        os.initgroups(pwd.getpwuid(user).pw_name, group)
    except KeyError:  # a user without a name has no other groups
        os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)


def in_container() -> bool:
    """Whether this looks like the inside of a container (Docker, Podman, Kubernetes, LXC)."""
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return True
    try:
        groups = Path("/proc/1/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(word in groups for word in ("docker", "kubepods", "libpod", "lxc"))


def namespace_command(command_line: str) -> str:
    """A shell line that runs `command_line` in a user and a network namespace of its own, loopback up.

    Empty where this system lacks the programs for it.
    """
    unshare, ip = shutil.which("unshare"), shutil.which("ip") or shutil.which("ip", path="/usr/sbin:/sbin")
    if not ON_LINUX or not unshare or not ip:
        return ""
    inner = f"{shlex.quote(ip)} link set lo up && exec {command_line}"
    return f"unshare --map-root-user --net sh -c {shlex.quote(inner)}"


def can_use_namespace() -> tuple[bool, str]:
    """Try that for real: whether a raw socket opens in a namespace of our own, and else why not."""
    python = shlex.join((sys.executable, "-I", "-S", "-c", _OPEN_RAW_SOCKET))
    command = namespace_command(python)
    if not command:
        return False, said("the programs `unshare` (util-linux) and `ip` (iproute2) are needed")
    return _succeeds(shlex.split(command))


def can_dumpcap(interface: str = "lo") -> tuple[bool, str]:
    """Whether dumpcap may open `interface` for us: it is asked for its link types, which opens it."""
    dumpcap = shutil.which("dumpcap")
    if not dumpcap:
        return False, said("dumpcap is not installed, or not for this user")
    return _succeeds([dumpcap, "-L", "-i", interface])


def _succeeds(command: Sequence[str]) -> tuple[bool, str]:
    try:
        done = subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, str(error)
    told = done.stderr.decode(errors="replace").strip().splitlines()
    return done.returncode == 0, told[0] if told else said("exit code {code}", code=done.returncode)


def ways_out(
    command_line: str, *, interface: str = "lo", ports: Collection[int] = (), own_traffic: bool = False
) -> tuple[str, ...]:
    """What would capture on this system after all, most likely first: commands to paste, or steps.

    `command_line` is quoted for a shell, and its first word is a full path, since `sudo` does not look
    where the user's shell does. `own_traffic` says that it starts the programs that it captures.
    """
    if sys.platform == "darwin":
        step = said("install Wireshark's ChmodBPF, which lets the group access_bpf read /dev/bpf*")
        return _elevated(command_line), step
    if sys.platform == "win32":
        return (
            said("install Npcap (https://npcap.com) with its loopback adapter, and check: sc query npcap"),
            said("start the terminal as administrator"),
        )
    return tuple(_ways_on_linux(command_line, interface, ports, own_traffic=own_traffic))


def _ways_on_linux(command_line: str, interface: str, ports: Collection[int], *, own_traffic: bool) -> list[str]:
    ways = []
    if os.geteuid() != 0:
        ways.append(_elevated(command_line))
    if own_traffic and interface == "lo" and can_use_namespace()[0]:
        ways.append(namespace_command(command_line))
    if can_dumpcap(interface)[0]:
        ways.append(_dumpcap_line(command_line, interface, ports))
    if in_container():
        ways.append(said("start the container with CAP_NET_RAW: docker run --cap-add=NET_RAW ..."))
    return ways or [said("run where CAP_NET_RAW is granted: this process is root without it")]


def _elevated(command_line: str) -> str:
    if shutil.which("sudo"):
        return f"sudo {command_line}"
    return f"su root -c {shlex.quote(command_line)}"


def _dumpcap_line(command_line: str, interface: str, ports: Collection[int]) -> str:
    """Capture by dumpcap, inspected by us: `replay` takes a pipe and needs no privilege."""
    words = ["dumpcap", "-q", "-i", interface]
    if ports:
        words += ["-f", " or ".join(f"port {port}" for port in sorted(ports)) + " or icmp or icmp6"]
    program = shlex.split(command_line)[0] if command_line else "inspector"
    return f"{shlex.join([*words, '-w', '-'])} | {shlex.quote(program)} replay -"
