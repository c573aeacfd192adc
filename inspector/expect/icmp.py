"""The names of ICMP errors in the notation, and what they are in both families.

Numbers: RFC 792, RFC 1812 section 5.2.7.1 (13), RFC 4443. Names are the RFCs' words, joined with hyphens. An error
that has no name here is written `TYPE/CODE`, as in `ICMP 3/9`.
"""

from __future__ import annotations

from inspector.wire.row import Protocol

__all__ = ["KINDS", "kind_of", "matches"]

KINDS: dict[str, frozenset[tuple[int, int, int]]] = {
    "net-unreachable": frozenset({(Protocol.ICMP, 3, 0), (Protocol.ICMPV6, 1, 0)}),
    "host-unreachable": frozenset({(Protocol.ICMP, 3, 1), (Protocol.ICMPV6, 1, 3)}),
    "protocol-unreachable": frozenset({(Protocol.ICMP, 3, 2), (Protocol.ICMPV6, 4, 1)}),
    "port-unreachable": frozenset({(Protocol.ICMP, 3, 3), (Protocol.ICMPV6, 1, 4)}),
    "fragmentation-needed": frozenset({(Protocol.ICMP, 3, 4), (Protocol.ICMPV6, 2, 0)}),
    "admin-prohibited": frozenset({(Protocol.ICMP, 3, 13), (Protocol.ICMPV6, 1, 1)}),
    "time-exceeded": frozenset({(Protocol.ICMP, 11, 0), (Protocol.ICMPV6, 3, 0)}),
}
"""Name to `(protocol, type, code)`."""


def kind_of(protocol: int, icmp_type: int, icmp_code: int) -> str:
    """How the notation writes an ICMP error."""
    for name, numbers in KINDS.items():
        if (protocol, icmp_type, icmp_code) in numbers:
            return name
    return f"{icmp_type}/{icmp_code}"


def matches(kind: str, protocol: int, icmp_type: int, icmp_code: int) -> bool:
    """Whether an error is what `kind` says."""
    if kind in KINDS:
        return (protocol, icmp_type, icmp_code) in KINDS[kind]
    return kind in ("any", f"{icmp_type}/{icmp_code}")
