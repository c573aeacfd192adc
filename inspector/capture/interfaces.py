"""What can be captured on here, for a list such as `tcpdump -D` gives."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from inspector.capture.engine import ON_LINUX

__all__ = ["Interface", "interfaces"]

_UP, _LOOPBACK = 0x1, 0x8


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
    from inspector.capture.engine_linux import interface_facts

    try:
        flags, hardware = interface_facts(name)
    except OSError as error:  # gone in the meantime
        return Interface(name, index, up=False, loopback=False, note=error.strerror or "")
    return Interface(name, index, up=bool(flags & _UP), loopback=bool(flags & _LOOPBACK), note=f"hardware {hardware}")
