"""Which section of which RFC says what a line or a field should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.expect.flags import FIN, RST, SYN, first_choice
from inspector.expect.notation import Datagram, Flags, Icmp, OneOf

if TYPE_CHECKING:
    from inspector.expect.notation import Line

__all__ = ["RULE_OF_STATES", "rule_of_field", "rule_of_flags", "rule_of_line"]

_OPENING = "RFC 9293 section 3.5"
_CLOSING = "RFC 9293 section 3.6"
_NUMBERS = "RFC 9293 section 3.4"
_RESET = "RFC 9293 section 3.5.2"
_UDP = "RFC 768"
_ICMP = "RFC 1122 section 4.1.3.3"

RULE_OF_STATES = "RFC 9293 section 3.3.2"

_FIELDS = {
    "len": _NUMBERS,
    "win": "RFC 9293 section 3.8.6",
    "urg": "RFC 9293 section 3.8.5",
    "mss": "RFC 9293 section 3.7.1",
    "wscale": "RFC 7323 section 2",
    "sack": "RFC 2018 section 2",
    "timestamps": "RFC 7323 section 3",
    "states": RULE_OF_STATES,
    "time": "",
}


def rule_of_line(line: Line, before: int, *, after_fin: bool) -> str:
    """The rule by which a line is there; `before` are the flags of the line before it.

    An ACK after a SYN completes the handshake, one after a FIN belongs to the close.
    """
    match line.carried:
        case Flags() | OneOf():
            rule = rule_of_flags(first_choice(line.carried).bits)
            if rule != _NUMBERS:
                return rule
            if before & SYN:
                return _OPENING
            return _CLOSING if after_fin else _NUMBERS
        case Datagram():
            return _UDP
        case Icmp():
            return _ICMP
        case _:
            return _NUMBERS


def rule_of_flags(bits: int) -> str:
    """The rule that says when a segment with these control bits is sent."""
    if bits & RST:
        return _RESET
    if bits & SYN:
        return _OPENING
    return _CLOSING if bits & FIN else _NUMBERS


def rule_of_field(field: str, line: Line, rule_of_its_line: str) -> str:
    """The rule that a field follows; sequence numbers and flags follow what their line is there for."""
    if isinstance(line.carried, Datagram):
        return _UDP
    return _FIELDS.get(field, rule_of_its_line)
