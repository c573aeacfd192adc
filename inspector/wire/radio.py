"""802.11, and what capture engines put before it: radiotap, AVS and Prism headers.

Only data frames carry IP, and only in the clear: of an encrypted one nothing can be said but that.
Laws: management and control frames are no fault, they are `NOT_IP`; an encrypted frame is `ENCRYPTED`; a frame that
holds several at once (A-MSDU) is `AGGREGATED`, for a row holds one segment; with a single one it is read.
Not here: decryption, and the putting together of 802.11's own fragments; of these a first one is read as
far as it goes, and a later one has no header.
"""

from __future__ import annotations

from typing import Any

from inspector.compiled import Constants, compilable
from inspector.wire.linkkinds import Kind, Link
from inspector.wire.octets import u8, u16, u32
from inspector.wire.undecoded import Reason

__all__ = ["Control", "Tap", "aggregate", "air", "avs", "ieee802_11", "little16", "little32", "prism", "radiotap"]


class Control(Constants):
    """Bits of the two bytes of frame control (IEEE 802.11 section 9.2.4.1)."""

    TYPE = 0x0C
    DATA = 0x08
    QOS = 0x80
    NO_DATA = 0x40
    BOTH_DS = 0x03
    PROTECTED = 0x40
    ORDER = 0x80


class Tap(Constants):
    """Bits of radiotap's presence word, and of its flags."""

    TIME = 1
    FLAGS = 2
    MORE_WORDS = 0x8000_0000
    PADDED = 0x20


@compilable
def little16(frame: Any, at: int) -> int:
    """Two octets, the low one first."""
    return u8(frame, at + 1) * 0x100 + u8(frame, at)


@compilable
def little32(frame: Any, at: int) -> int:
    """Four octets, the low one first."""
    return little16(frame, at + 2) * 0x1_0000 + little16(frame, at)


@compilable
def air(frame: Any, at: int, end: int, link: int) -> tuple[int, int]:
    """What a frame of one of the link types of 802.11 begins with."""
    if link == Link.IEEE802_11_RADIOTAP:
        return radiotap(frame, at, end)
    if link == Link.IEEE802_11_AVS:
        return avs(frame, at, end)
    if link == Link.IEEE802_11_PRISM:
        return prism(frame, at, end)
    return ieee802_11(frame, at, end, 1 if link == Link.IEEE802_11 else 4)


@compilable
def radiotap(frame: Any, at: int, end: int) -> tuple[int, int]:
    """Radiotap (radiotap.org): a length, words that say which fields are there, and the fields, each aligned."""
    if at + 8 > end:
        return at, -Reason.LINK_CUT
    after = at + little16(frame, at + 2)
    if after < at + 8 or u8(frame, at) != 0:
        return at, -Reason.BAD_LINK
    if after > end:
        return at, -Reason.LINK_CUT
    present = little32(frame, at + 4)
    field = at + 8
    more = present
    while more & Tap.MORE_WORDS and field + 4 <= after:
        more = little32(frame, field)
        field += 4
    if present & Tap.TIME:
        field += (at - field) % 8 + 8
    if present & Tap.FLAGS and field < after and u8(frame, field) & Tap.PADDED:
        return after, Kind.PADDED_802_11
    return after, Kind.OF_LINK + Link.IEEE802_11


@compilable
def avs(frame: Any, at: int, end: int) -> tuple[int, int]:
    """The header of the Absolute Value Systems capture: a version, and its length."""
    if at + 8 > end:
        return at, -Reason.LINK_CUT
    length = u32(frame, at + 4)
    if u32(frame, at) >> 12 != 0x80211 or length < 8:
        return at, -Reason.BAD_LINK
    if at + length > end:
        return at, -Reason.LINK_CUT
    return at + length, Kind.OF_LINK + Link.IEEE802_11


@compilable
def prism(frame: Any, at: int, end: int) -> tuple[int, int]:
    """The header of Prism chips, with its length in the byte order of the host; some drivers write AVS's instead."""
    if at + 8 > end:
        return at, -Reason.LINK_CUT
    if u32(frame, at) >> 12 == 0x80211:
        return avs(frame, at, end)
    length = min(little32(frame, at + 4), u32(frame, at + 4))
    if length < 8:
        return at, -Reason.BAD_LINK
    if at + length > end:
        return at, -Reason.LINK_CUT
    return at + length, Kind.OF_LINK + Link.IEEE802_11


@compilable
def ieee802_11(frame: Any, at: int, end: int, alignment: int) -> tuple[int, int]:
    """The MAC header of a data frame, padded to `alignment` bytes; LLC follows (IEEE 802.11 section 9.3.2)."""
    if at + 2 > end:
        return at, -Reason.LINK_CUT
    kind, bits = u8(frame, at), u8(frame, at + 1)
    if kind & 0x03 or kind & Control.TYPE != Control.DATA or kind & Control.NO_DATA:
        return at, -Reason.NOT_IP
    after = at + 24
    if bits & Control.BOTH_DS == Control.BOTH_DS:
        after += 6
    quality_at = after
    if kind & Control.QOS:
        after += 6 if bits & Control.ORDER else 2
    after += (at - after) % alignment
    if after > end:
        return at, -Reason.LINK_CUT
    is_later_fragment = u8(frame, at + 22) & 0x0F
    if bits & Control.PROTECTED or is_later_fragment:
        return at, -(Reason.ENCRYPTED if bits & Control.PROTECTED else Reason.NOT_IP)
    if kind & Control.QOS and u8(frame, quality_at) & 0x80:
        return aggregate(frame, after, end)
    return after, Kind.LLC


@compilable
def aggregate(frame: Any, at: int, end: int) -> tuple[int, int]:
    """An A-MSDU (section 9.3.2.2.2): Ethernet's header with a length, then LLC; again and again, padded to four."""
    if at + 14 > end:
        return at, -Reason.LINK_CUT
    second = at + ((14 + u16(frame, at + 12) + 3) // 4) * 4
    # Less than a header remains where there is no second one: a check sequence.
    if second + 14 <= end:
        return at, -Reason.AGGREGATED
    return at + 14, Kind.LLC
