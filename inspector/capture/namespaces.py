"""Namespaces of our own: a network that nobody else sees, made by this very process, as root or without.

A network namespace belongs to a *thread*: `leave_network` takes the calling thread (and those that it starts from then
on) into a new, empty one. A user namespace belongs to a process, and only a process of one thread may enter one:
`become_private` is therefore the first thing that a command does, before a thread, numpy or a ring exists.

Inside, we stay who we are: our user and group are mapped to themselves and nothing else is mapped. The process
holds all capabilities *over these namespaces*, none over the system; a program that it executes holds none at all.

Nothing is named and nothing is mounted: a namespace goes when its last thread and socket do, so Ctrl-C and SIGKILL
leave nothing behind.

Python 3.11 has no `os.unshare` (3.12 has): hence the C library. Sources: unshare(2), user_namespaces(7).
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import struct
import sys
from pathlib import Path

from inspector.language import Said, said

__all__ = [
    "become_private",
    "die_with_parent",
    "leave_network",
    "raise_loopback",
    "why_not_private",
]

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000

_SET_PARENT_DEATH_SIGNAL = 1
_GET_FLAGS, _SET_FLAGS = 0x8913, 0x8914
_IFF_UP = 0x1
_SWITCHES = (
    ("kernel/unprivileged_userns_clone", "0", "sudo sysctl kernel.unprivileged_userns_clone=1"),
    ("user/max_user_namespaces", "0", "sudo sysctl user.max_user_namespaces=10000"),
    ("user/max_net_namespaces", "0", "sudo sysctl user.max_net_namespaces=10000"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)
"""What forbids user namespaces: the setting, its value, what changes it (Debian 10, any, any, Ubuntu 24.04)."""


def _call(function: str, *arguments: int) -> None:
    """A function of the C library that Python lacks; OSError where it fails."""
    if getattr(ctypes.CDLL(None, use_errno=True), function)(*arguments):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def die_with_parent() -> None:
    """Be killed when the thread that forked this process ends, however it ends (prctl(2), PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        _call("prctl", _SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def leave_network() -> None:
    """Take the calling thread into a network namespace of its own, loopback up; OSError where it may not."""
    _call("unshare", _CLONE_NEWNET)
    raise_loopback()


def raise_loopback() -> None:
    """Bring up `lo` in the network namespace of the calling thread."""
    import fcntl  # Unix only

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = bytearray(fcntl.ioctl(control, _GET_FLAGS, struct.pack("16s24x", b"lo")))
        flags = struct.unpack_from("H", request, 16)[0]
        struct.pack_into("H", request, 16, flags | _IFF_UP)
        fcntl.ioctl(control, _SET_FLAGS, bytes(request))


def become_private() -> None:
    """Take this process into a user and a network namespace of its own, for good; OSError where it may not.

    The process must have a single thread. Who it is does not change, nor what it may do to files.
    """
    user, group = os.geteuid(), os.getegid()
    _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNET)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    raise_loopback()


def why_not_private() -> tuple[str, str]:
    """Try `become_private` and a raw socket in a child: why it fails, and what would mend it; empty where it works.

    A child, since half of it can succeed: Ubuntu's AppArmor lets the namespace be made and takes its powers away.
    """
    if sys.platform != "linux":
        return said("user namespaces are Linux's"), ""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        os.write(writing, _attempt().encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return _blamed(told) if told else ("", "")


def _attempt() -> str:
    """What went wrong in this process, which is of no further use."""
    try:
        become_private()
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as probe:
            probe.bind(("lo", 3))
    except OSError as error:
        return f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
    return ""


def _blamed(told: str) -> tuple[str, str]:
    """The switch that is set against it, if one is; else what the kernel said."""
    for name, forbidding, remedy in _SWITCHES:
        try:
            value = Path("/proc/sys", name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if value == forbidding:
            return said("{name} is {value}", name=name.replace("/", "."), value=value), remedy
    return Said(told, {}), ""
