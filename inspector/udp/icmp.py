"""ICMP errors in words, by type and code (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.language import Said, marked, said
from inspector.wire.row import Protocol

if TYPE_CHECKING:
    from inspector.wire.row import Row

__all__ = ["ERRORS", "error_text", "is_port_unreachable"]

_ICMP: dict[tuple[int, int | None], str] = {
    (3, 0): marked("network unreachable"),
    (3, 1): marked("host unreachable"),
    (3, 2): marked("protocol unreachable"),
    (3, 3): marked("port unreachable"),
    (3, 4): marked("fragmentation needed"),
    (3, 9): marked("network prohibited"),
    (3, 10): marked("host prohibited"),
    (3, 13): marked("communication prohibited"),
    (3, None): marked("destination unreachable"),
    (4, None): marked("source quench"),
    (5, None): marked("redirect"),
    (11, 0): marked("time to live exceeded"),
    (11, 1): marked("reassembly time exceeded"),
    (11, None): marked("time exceeded"),
    (12, None): marked("parameter problem"),
}
_ICMPV6: dict[tuple[int, int | None], str] = {
    (1, 0): marked("no route to destination"),
    (1, 1): marked("communication prohibited"),
    (1, 3): marked("address unreachable"),
    (1, 4): marked("port unreachable"),
    (1, None): marked("destination unreachable"),
    (2, None): marked("packet too big"),
    (3, 0): marked("hop limit exceeded"),
    (3, 1): marked("reassembly time exceeded"),
    (3, None): marked("time exceeded"),
    (4, None): marked("parameter problem"),
}

ERRORS = tuple(sorted({*_ICMP.values(), *_ICMPV6.values()}))
"""Every error that has a name, without its family."""


def error_text(row: Row) -> str:
    """`ICMP port unreachable` and its kin; `ICMPv6 ...` for the other family."""
    family, words = ("ICMPv6", _ICMPV6) if row.protocol == Protocol.ICMPV6 else ("ICMP", _ICMP)
    found = words.get((row.icmp_type, row.icmp_code)) or words.get((row.icmp_type, None))
    error = said("error of type {type}, code {code}", type=row.icmp_type, code=row.icmp_code)
    return said("{family} {error}", family=family, error=Said(found, {}) if found else error)


def is_port_unreachable(row: Row) -> bool:
    """Whether the host was reached, and nobody listens at that port."""
    expected = (1, 4) if row.protocol == Protocol.ICMPV6 else (3, 3)
    return (row.icmp_type, row.icmp_code) == expected
