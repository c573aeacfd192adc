"""Zeek's history of a TCP connection, letter by letter, and the records that Zeek's rules need.

Upper case for the originator. `S` SYN, `H` SYN,ACK, `A` bare ACK, `D` data, `F` FIN, `R` RST, `I` FIN with RST, `Q` SYN
with FIN or RST, `T` payload seen before, `W` zero window, `G` gap, `^` roles turned round. `A D I Q` are said once a
side; `F H R S` again where their number differs from the last; `G T W` at the 1st, 10th, 100th ... time.

A letter takes 5 bits, and a column twelve letters. All fields begin with `zeek_`, so that a fold's own record of a
connection or of an end may inherit them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.columns import I64, U8, U32
from inspector.compiled import Constants, compilable
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from inspector.wire.row import Row

__all__ = [
    "CONTROL",
    "HISTORY_LETTERS",
    "Letter",
    "Mark",
    "Seen",
    "ZeekEnd",
    "ZeekRecord",
    "history",
    "is_power_of_ten",
    "say",
    "say_part",
]

CONTROL = Flag.SYN | Flag.FIN | Flag.RST


class Mark(Constants):
    """Bits of `ZeekRecord.zeek_marks`."""

    BEGUN = 1
    TURNED = 2
    """Zeek's originator is our responder."""
    PARTIAL = 4
    """The beginning was not captured."""
    OVERFLOW = 8
    """The history had more letters than there is room for."""


class Seen(Constants):
    """Bits of `ZeekEnd.zeek_seen`: letters that the history has of this side; and one that is no letter."""

    SYN = 1
    FIN = 2
    RST = 4
    FIN_RST = 8
    DATA = 16
    ACK = 32
    MANY_FLAGS = 64
    GAVE_UP = 128
    """So much above a hole, or unacknowledged, that Zeek stops looking for gaps."""


class Letter(Constants):
    """Codes of the originator's letters; the responder's are one higher."""

    TURNED = 2
    SYN = 4
    SYN_ACK = 6
    ACK = 8
    DATA = 10
    FIN = 12
    RST = 14
    FIN_RST = 16
    MANY_FLAGS = 18
    REPEATED = 20
    ZERO_WINDOW = 22
    GAP = 24


_LETTERS = "..^^SsHhAaDdFfRrIiQqTtWwGg"
HISTORY_LETTERS = tuple(_LETTERS[code] for code in Letter.members().values())
"""Every letter that a history may have, as the originator's; the responder's are the lower case."""
_LETTER_BITS = 5
_LETTERS_A_COLUMN = 12
_ROOM = 48


@dataclass(slots=True)
class ZeekRecord:
    """What Zeek would remember of a connection, beside one `ZeekEnd` for each of its ends."""

    zeek_marks: U8 = 0
    zeek_length: U8 = 0
    """Letters in the history."""
    zeek_history_0: I64 = 0
    zeek_history_1: I64 = 0
    zeek_history_2: I64 = 0
    zeek_history_3: I64 = 0


@dataclass(slots=True)
class ZeekEnd:
    """What Zeek would remember of one endpoint.

    All numbers but `zeek_start` are unwrapped and relative to it: the SYN's is 0 and the first byte's 1.
    """

    zeek_state: U8 = 0
    zeek_seen: U8 = 0
    zeek_start: U32 = 0
    """Sequence number of its SYN, seen or supposed."""
    zeek_last: I64 = 0
    """One past the highest number sent."""
    zeek_acked: I64 = 0
    """The highest acknowledgment of it."""
    zeek_edge: I64 = 1
    """All payload before this was captured, or is known to be lost."""
    zeek_island: I64 = 0
    """The first payload above a hole; 0 where there is no hole."""
    zeek_top: I64 = 0
    """One past the island."""
    zeek_fin: I64 = 0
    """One past its FIN; 0 before it."""
    zeek_last_syn: I64 = 0
    zeek_last_fin: I64 = 0
    zeek_last_rst: I64 = 0
    """Numbers that decide whether another SYN, FIN or RST deserves a letter."""
    zeek_repeats: U32 = 0
    zeek_zero_windows: U32 = 0
    zeek_gaps: U32 = 0


@compilable
def say(zeek: ZeekRecord, code: int) -> None:
    """Append a letter."""
    length = zeek.zeek_length
    if length >= _ROOM:
        zeek.zeek_marks |= Mark.OVERFLOW
        return
    shifted = code << (length % _LETTERS_A_COLUMN * _LETTER_BITS)
    column = length // _LETTERS_A_COLUMN
    if column == 0:
        zeek.zeek_history_0 |= shifted
    elif column == 1:
        zeek.zeek_history_1 |= shifted
    elif column == 2:
        zeek.zeek_history_2 |= shifted
    else:
        zeek.zeek_history_3 |= shifted
    zeek.zeek_length = length + 1


@compilable
def _say_once(zeek: ZeekRecord, end: ZeekEnd, seen: int, code: int) -> None:
    if not end.zeek_seen & seen:
        end.zeek_seen |= seen
        say(zeek, code)


@compilable
def say_part(row: Row, zeek: ZeekRecord, end: ZeekEnd, role: int, first: int) -> None:
    """The letter for a segment's part, said or not by the rules above; `first` is its relative sequence number."""
    if row.flags & CONTROL:
        _say_control(row, zeek, end, role, first)
    elif row.payload_len:
        _say_once(zeek, end, Seen.DATA, Letter.DATA | role)
    elif row.flags & Flag.ACK:
        _say_once(zeek, end, Seen.ACK, Letter.ACK | role)


@compilable
def _say_control(row: Row, zeek: ZeekRecord, end: ZeekEnd, role: int, first: int) -> None:
    control = row.flags & CONTROL
    if control == Flag.SYN:
        if not end.zeek_seen & Seen.SYN or first != end.zeek_last_syn:
            say(zeek, (Letter.SYN_ACK if row.flags & Flag.ACK else Letter.SYN) | role)
        end.zeek_seen |= Seen.SYN
        end.zeek_last_syn = first
    elif control == Flag.FIN:
        last = first + row.payload_len
        if not end.zeek_seen & Seen.FIN or last != end.zeek_last_fin:
            say(zeek, Letter.FIN | role)
        end.zeek_seen |= Seen.FIN
        end.zeek_last_fin = last
    elif control == Flag.RST:
        if not end.zeek_seen & Seen.RST or first != end.zeek_last_rst:
            say(zeek, Letter.RST | role)
        end.zeek_seen |= Seen.RST
        end.zeek_last_rst = first
    elif control & (Flag.FIN | Flag.RST) == Flag.FIN | Flag.RST:
        _say_once(zeek, end, Seen.FIN_RST, Letter.FIN_RST | role)
    else:
        _say_once(zeek, end, Seen.MANY_FLAGS, Letter.MANY_FLAGS | role)


@compilable
def is_power_of_ten(count: int) -> bool:
    """Whether a thing deserves a letter at its `count`-th time."""
    while count > 1 and count % 10 == 0:
        count //= 10
    return count == 1


def history(zeek: ZeekRecord) -> str:
    """The letters so far; they end in `...` where there were more than there is room for."""
    packed = (zeek.zeek_history_0, zeek.zeek_history_1, zeek.zeek_history_2, zeek.zeek_history_3)
    letters = [
        _LETTERS[packed[at // _LETTERS_A_COLUMN] >> at % _LETTERS_A_COLUMN * _LETTER_BITS & 31]
        for at in range(zeek.zeek_length)
    ]
    return "".join(letters) + ("..." if zeek.zeek_marks & Mark.OVERFLOW else "")
