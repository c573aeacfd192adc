"""What can be captured on here, for a list such as `tcpdump -D` gives."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

from inspector.capture.engine import ON_LINUX

__all__ = ["IFF_LOOPBACK", "Interface", "interface_facts", "interfaces"]

IFF_LOOPBACK = 0x8
_IFF_UP = 0x1
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
        found.append(Interface("any", 0, up=True, loopback=False, note="all of them, with a cooked header"))
    return tuple(found)


def _interface(index: int, name: str) -> Interface:
    if not ON_LINUX:
        return Interface(name, index, up=None, loopback=name.startswith("lo"))
    try:
        flags, hardware = interface_facts(name)
    except OSError as error:  # gone in the meantime
        return Interface(name, index, up=False, loopback=False, note=error.strerror or "")
    return Interface(
        name, index, up=bool(flags & _IFF_UP), loopback=bool(flags & IFF_LOOPBACK), note=f"hardware {hardware}"
    )


def interface_facts(name: str) -> tuple[int, int]:
    """Flags (IFF_) and hardware type (ARPHRD_) of an interface; OSError where there is none of that name."""
    import fcntl  # Unix only

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16s24x", name.encode()[:15])
        flags = struct.unpack_from("16xH", fcntl.ioctl(probe, _GET_FLAGS, request))[0]
        hardware = struct.unpack_from("16xH", fcntl.ioctl(probe, _GET_HARDWARE, request))[0]
    return flags, hardware
