"""TCP control bits as text: one way to write them, every usual way to read them.

Written as Wireshark lists them, low bit first and without spaces: `SYN,ACK`; `none` where all are clear.
Read as well: `[S.]` `S.` `.` (tcpdump), `[SYN, ACK]` (Wireshark), `SA` (scapy), `0x012`, and the twelve places of
`tcp.flags.str`.
"""

from __future__ import annotations

import re

from inspector.wire.row import Flag

__all__ = ["flags_text", "parse_flags"]

_NAMES = Flag.members()
_ALL = sum(_NAMES.values())
_LETTERS = {
    "F": Flag.FIN,
    "S": Flag.SYN,
    "R": Flag.RST,
    "P": Flag.PSH,
    "A": Flag.ACK,
    ".": Flag.ACK,
    "U": Flag.URG,
    "E": Flag.ECE,
    "C": Flag.CWR,
    "W": Flag.CWR,
    "e": Flag.AE,
}
_PLACES = "RRRACEUAPRSF"
"""`tcp.flags.str`: three reserved bits, AE, CWR, ECE, URG, ACK, PSH, RST, SYN, FIN; a dot where the bit is clear."""


def flags_text(bits: int) -> str:
    """The one way to write control bits: `SYN,ACK`."""
    return ",".join(name for name, bit in _NAMES.items() if bits & bit) or "none"


def parse_flags(text: str) -> int | None:
    """The control bits that `text` names in any of the usual ways, or None."""
    text = text.removeprefix("[").removesuffix("]").strip()
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,4}", text):
        bits = int(text, 16)
        return bits if bits <= _ALL else None
    if text.lower() == "none":
        return 0
    words = [word.strip().upper() for word in text.split(",")]
    if all(word in _NAMES for word in words):
        return sum({_NAMES[word] for word in words})
    if len(text) == len(_PLACES):
        return _from_places(text)
    if text and all(letter in _LETTERS for letter in text):
        return sum({_LETTERS[letter] for letter in text})
    return None


def _from_places(text: str) -> int | None:
    bits = 0
    for place, (letter, expected) in enumerate(zip(text, _PLACES, strict=True)):
        if letter in ".·*":
            continue
        if letter != expected and (place, letter) != (3, "N"):
            return None
        bits |= 1 << (len(_PLACES) - 1 - place)
    return bits & _ALL
