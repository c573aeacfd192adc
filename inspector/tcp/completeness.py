"""Wireshark's `tcp.completeness`: which kinds of segment a conversation has shown, as one number.

1 SYN, 2 SYN,ACK, 4 ACK without payload, 8 payload, 16 FIN, 32 RST. It says what was *seen*: no direction, no
arithmetic, no order. So a refused connect is 37 (the RST carries an ACK), and one unanswered FIN makes 23 or 31,
"complete", already. It is here because people know it from Wireshark, not because it judges well.

Wireshark 4.0's own conditions, some of them surprising:

* a SYN counts only as the very first segment; its payload counts with it, and no other SYN's payload does;
* a segment with payload does not count as ACK as well;
* FIN counts only with ACK, RST always;
* a first segment that is no SYN counts only from when another follows (`settled`).

Not here: conversations that Wireshark opened before their first segment, since it read a port in FTP's control
connection. It does not count the SYN of those (30 for our 31).
"""

from __future__ import annotations

from inspector.compiled import Constants, compilable
from inspector.wire.row import Flag

__all__ = ["Completeness", "completeness_bits", "describe", "letters", "settled"]


class Completeness(Constants):
    """Bits of the value."""

    SYN = 1
    SYN_ACK = 2
    ACK = 4
    DATA = 8
    FIN = 16
    RST = 32


_WORDS = {
    1: "Incomplete, SYN_SENT",
    3: "Incomplete, CLIENT_ESTABLISHED",
    7: "Incomplete, ESTABLISHED",
    15: "Incomplete, DATA",
    23: "Complete, NO_DATA",
    31: "Complete, WITH_DATA",
    39: "Complete, NO_DATA",
    47: "Complete, WITH_DATA",
    55: "Complete, NO_DATA",
    63: "Complete, WITH_DATA",
}


@compilable
def completeness_bits(completeness: int, flags: int, payload_len: int) -> int:
    """The value after one more segment; begins with 0."""
    opening = flags & (Flag.SYN | Flag.ACK)
    if opening == Flag.SYN:
        if completeness == 0:
            completeness = Completeness.SYN | (Completeness.DATA if payload_len else 0)
    elif opening == Flag.SYN | Flag.ACK:
        completeness |= Completeness.SYN_ACK
    elif opening == Flag.ACK:
        completeness |= Completeness.DATA if payload_len else Completeness.ACK
    if flags & (Flag.FIN | Flag.ACK) == Flag.FIN | Flag.ACK:
        completeness |= Completeness.FIN
    if flags & Flag.RST:
        completeness |= Completeness.RST
    return completeness


@compilable
def settled(completeness: int, segments: int) -> int:
    """The value as `tshark -2` shows it for a conversation of so many segments."""
    if segments > 1:
        return completeness
    # Of a lone segment tshark tells only what it noted before it dissected the flags: SYN and its data, and no RST.
    return completeness & (Completeness.SYN | Completeness.DATA) if completeness & Completeness.SYN else 0


def letters(value: int) -> str:
    """The value in the letters of Wireshark 4.2 and newer (`tcp.completeness.str`), a dot for what was not seen."""
    return "".join(letter if value >> bit & 1 else "·" for bit, letter in zip(range(5, -1, -1), "RFDASS", strict=True))


def describe(value: int) -> str:
    """Wireshark's words for a value: `Complete, WITH_DATA (31)`."""
    return f"{_WORDS.get(value, 'Incomplete')} ({value})"
