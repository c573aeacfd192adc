"""What can be captured on here, for a list such as `tcpdump -D` gives."""

from __future__ import annotations

import errno
import os
import socket
import struct
from dataclasses import dataclass

from inspector.capture.engine import ON_LINUX
from inspector.errors import CaptureError, system_words
from inspector.language import joined, said

__all__ = ["IFF_LOOPBACK", "Interface", "capturable", "interface_facts", "interfaces"]

IFF_LOOPBACK = 0x8
_IFF_UP = 0x1
_LONGEST_NAME = 15
_GET_FLAGS, _GET_HARDWARE = 0x8913, 0x8927


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of this system, or `any`."""

    name: str
    index: int
    up: bool | None
    """None where the system was not asked (other than Linux)."""
    loopback: bool
    note: str = ""


def interfaces() -> tuple[Interface, ...]:
    """Every interface by its index, and on Linux `any` behind them."""
    found = [_interface(index, name) for index, name in socket.if_nameindex()]
    if ON_LINUX:
        found.append(Interface("any", 0, up=True, loopback=False, note=said("all of them, with a cooked header")))
    return tuple(found)


def capturable(name: str) -> tuple[int, int]:
    """Flags and hardware type of an interface of this Linux system that is up.

    Raises:
        CaptureError: where there is none of that name, or it is down.

    """
    try:
        flags, hardware = interface_facts(name)
    except OSError as error:
        there = joined(found.name for found in interfaces())
        raise CaptureError(
            said("expected an interface to capture on, found none named {name!r}: {there}", name=name, there=there)
        ) from error
    if not flags & _IFF_UP:
        raise CaptureError(said("the interface {name} is down", name=name), remedies=(f"ip link set {name} up",))
    return flags, hardware


def _interface(index: int, name: str) -> Interface:
    if not ON_LINUX:
        return Interface(name, index, up=None, loopback=name.startswith("lo"))
    try:
        flags, hardware = interface_facts(name)
    except OSError as error:  # gone in the meantime
        return Interface(name, index, up=False, loopback=False, note=system_words(error))
    return Interface(
        name,
        index,
        up=bool(flags & _IFF_UP),
        loopback=bool(flags & IFF_LOOPBACK),
        note=said("hardware {number}", number=hardware),
    )


def interface_facts(name: str) -> tuple[int, int]:
    """Flags (IFF_) and hardware type (ARPHRD_) of an interface; OSError where there is none of that name."""
    import fcntl  # Unix only

    encoded = name.encode()
    if len(encoded) > _LONGEST_NAME or b"\0" in encoded:  # the kernel would take the part before for the whole
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16s24x", encoded)
        flags = struct.unpack_from("16xH", fcntl.ioctl(probe, _GET_FLAGS, request))[0]
        hardware = struct.unpack_from("16xH", fcntl.ioctl(probe, _GET_HARDWARE, request))[0]
    return flags, hardware
