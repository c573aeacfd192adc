"""Time stamps to nanoseconds, exactly: integers only, no rounding but the floor.

A pcapng interface counts ticks of 10^-n or 2^-n seconds in 64 unsigned bits and may add whole seconds
(`if_tsresol`, `if_tsoffset`). Compiled code has 63 bits, so the count stays in the two 32-bit halves
in which the file holds it, and is divided by hand: half by half, with the rest carried over.

A time that 63 bits of nanoseconds cannot hold (years 1677 to 2262) is `NO_TIME`: a wrong time would be worse.
"""

from __future__ import annotations

from dataclasses import dataclass

from inspector.columns import I64, U16
from inspector.compiled import compilable
from inspector.wire.row import NO_TIME

__all__ = ["Ticks", "nanoseconds", "ticks"]

_SECOND = 1_000_000_000
_FIVE_TO_THE_NINTH = 1_953_125
"""10^9 / 2^9: what is left of a division of nanoseconds by a power of two."""
_LAST_SECOND = 9_223_372_035
_LAST = (1 << 63) - 1


@dataclass(slots=True)
class Ticks:
    """What the index loop knows of one interface: a record for `inspector.columns`."""

    link_type: U16 = 0
    snaplen: I64 = 0
    """0: no limit."""
    shift: I64 = -1
    """n of a resolution of 2^-n seconds; -1 where it is decimal."""
    times: I64 = 1
    """Decimal resolutions down to the nanosecond multiply ..."""
    divisor: I64 = 1
    """... and finer ones divide, at most by 10^9 ..."""
    divisor_again: I64 = 1
    """... and then by the rest."""
    offset_ns: I64 = 0
    lost: I64 = 0
    """1 where no time of this interface can be told, since its offset is beyond 63 bits."""


def ticks(link_type: int, snaplen: int, resolution: int, offset: int) -> Ticks:
    """The record of an interface from `if_tsresol` (one byte) and `if_tsoffset` (seconds)."""
    made = Ticks(link_type, snaplen)
    exponent = resolution & 0x7F
    if resolution & 0x80:
        made.shift = exponent
    elif exponent <= 9:
        made.times = 10 ** (9 - exponent)
    else:
        finer = exponent - 9
        made.divisor = 10 ** min(finer, 9)
        made.divisor_again = 10 ** min(finer - min(finer, 9), 18)
    if abs(offset) > _LAST_SECOND:
        made.lost = 1
    else:
        made.offset_ns = offset * _SECOND
    return made


@compilable
def nanoseconds(high: int, low: int, face: Ticks) -> int:
    """The time of a count of ticks given as two 32-bit halves, or `NO_TIME`."""
    if face.lost:
        return NO_TIME
    if face.shift >= 0:
        since = _of_binary(high, low, face.shift)
    elif face.divisor > 1:
        since = _of_fine(high, low, face.divisor, face.divisor_again)
    else:
        since = _of_coarse(high, low, face.times)
    if since < 0 or (face.offset_ns > 0 and since > _LAST - face.offset_ns):
        return NO_TIME
    return since + face.offset_ns


@compilable
def _of_coarse(high: int, low: int, times: int) -> int:
    """Ticks of a nanosecond or longer; -1 past 63 bits."""
    if high >> 31:
        return -1
    count = high << 32 | low
    if count > _LAST // times:
        return -1
    return count * times


@compilable
def _of_fine(high: int, low: int, divisor: int, divisor_again: int) -> int:
    """Ticks shorter than a nanosecond: long division in base 2^32; `divisor` is below 2^31."""
    upper = high // divisor
    if upper >> 31:
        return -1
    lower = ((high % divisor) << 32 | low) // divisor
    return (upper << 32 | lower) // divisor_again


@compilable
def _of_binary(high: int, low: int, shift: int) -> int:
    """Ticks of 2^-shift seconds; -1 past 63 bits."""
    if shift < 32:
        if high >> shift > 2:
            return -1
        seconds = high << (32 - shift) | low >> shift
        rest_high = 0
        rest_low = low & ((1 << shift) - 1)
        if seconds > _LAST_SECOND:
            return -1
    elif shift < 64:
        seconds = high >> (shift - 32)
        rest_high = high & ((1 << (shift - 32)) - 1)
        rest_low = low
    else:
        seconds = 0
        rest_high = high
        rest_low = low
    return seconds * _SECOND + _of_rest(rest_high, rest_low, shift)


@compilable
def _of_rest(high: int, low: int, shift: int) -> int:
    """Nanoseconds of a fraction of a second: rest * 10^9 / 2^shift = rest * 5^9 / 2^(shift - 9)."""
    if shift >= 41:
        # The product has up to 84 bits; its low 32 only matter through their carry.
        return (high * _FIVE_TO_THE_NINTH + (low * _FIVE_TO_THE_NINTH >> 32)) >> min(shift - 41, 63)
    product = (high << 32 | low) * _FIVE_TO_THE_NINTH
    if shift >= 9:
        return product >> (shift - 9)
    return product << (9 - shift)
