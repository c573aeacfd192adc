"""Ports: whose range a number is in, by IANA and by the system, and who may bind it.

Two truths that are often taken for one. IANA's three ranges (RFC 6335 section 6) are a custom; which ports
clients get is the system's own setting, on Linux `net.ipv4.ip_local_port_range`. Its default is known here, so that a
ladder can tell a client's port in a capture of another host; the setting of *this* host is handed in (`System`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.explain.catalogue import entries
from inspector.explain.model import Explanation, Line
from inspector.language import said

if TYPE_CHECKING:
    from inspector.explain.model import Entry, System

__all__ = ["LARGEST", "LINUX_EPHEMERAL", "explain_port", "is_ephemeral", "range_of"]

LARGEST = 65535
LINUX_EPHEMERAL = (32768, 60999)
"""What Linux takes for clients, unless told otherwise (Documentation/networking/ip-sysctl.rst)."""


def range_of(port: int) -> Entry:
    """IANA's range: well-known, registered or dynamic."""
    return next(entry for entry in entries("range").values() if port <= int(entry.details["last"]))


def is_ephemeral(port: int) -> bool:
    """Whether a port was most likely chosen by a system for its client, Linux's or one that keeps to IANA's range."""
    first, last = LINUX_EPHEMERAL
    return first <= port <= last or range_of(port).name == "dynamic"


def explain_port(port: int, transport: str, system: System) -> Explanation:
    """A port by IANA and by this system; `transport` is `tcp`, `udp` or empty for both."""
    demos = tuple(
        note.name for note in system.demos if port in note.ports and (not transport or note.transport == transport)
    )
    lines = [*range_of(port).lines]
    if not port:
        lines.append(Line("why", said('0 is nobody\'s port: to bind() it means "choose a free one for me".')))
    lines += [Line("service", each) for each in _services(port, transport)]
    if port:
        lines += [Line("here", each) for each in (_given(port, system), _bound(port, system)) if each]
    prefix = f"{transport}." if transport else ""
    shown = f"{prefix}port == {port}" if transport else f"tcp.port == {port} || udp.port == {port}"
    name = f"{port}/{transport}" if transport else str(port)
    return Explanation("port", name, (*lines, Line("filter", shown)), demos)


def _services(port: int, transport: str) -> list[str]:
    return [
        said("{name} ({over}): {what}", name=entry.name, over=entry.details["over"], what=said(entry.texts["seen"]))
        for entry in entries("service").values()
        if entry.details["port"] == port and (not transport or transport in str(entry.details["over"]).split())
    ]


def _given(port: int, system: System) -> str:
    """Whether this system gives the port to clients."""
    if system.ephemeral is None:
        return ""
    first, last = system.ephemeral
    setting = said("{first} to {last} (net.ipv4.ip_local_port_range)", first=first, last=last)
    if first <= port <= last:
        return said(
            "In this system's ephemeral range, {setting}: the kernel may give it to any client.", setting=setting
        )
    return said("Outside this system's ephemeral range, {setting}: no client gets it unasked.", setting=setting)


def _bound(port: int, system: System) -> str:
    """Whether everybody may bind the port on this system."""
    start = system.unprivileged_from
    if start is None:
        return ""
    setting = f"net.ipv4.ip_unprivileged_port_start = {start}"
    if port >= start:
        return said("Any user may bind it ({setting}).", setting=setting)
    return said("Only root, or who has CAP_NET_BIND_SERVICE, may bind it ({setting}).", setting=setting)
