"""After damage: the next place in a capture where a sound record or block stands.

Neither format has a mark to look for, so a place is believed when what stands there could not be chance:

* pcap: three record headers in a row, each plausible by itself, of which each says where the next one is, and whose
  times are within a day of each other; fewer where the capture ends with them.
* pcapng: a block of a known type whose two lengths agree; of a section header, its byte-order word as well.

Laws: the search only goes forward, and looks at each place once, so it ends; it asks for no more bytes than a record
may have; the first 64 KiB are searched plainly, the rest by machine code, so a gigabyte of rubbish takes seconds.
An interface description that was lost takes its number with it: frames of a section's later interfaces then name one
that it does not describe, and are skipped too.
Not here: records inside the skipped stretch that are sound but stand alone. A capture *inside* a capture (somebody
downloaded one) may be believed when it stands in the stretch: nothing tells it apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.compiled import Constants, compilable
from inspector.wire.containers.pcap import PcapForm, record_lengths
from inspector.wire.containers.pcapng import MIN_BLOCK, Kind, Section
from inspector.wire.containers.pcapng_blocks import BYTE_ORDER
from inspector.wire.containers.words import MAX_RECORD, word32

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inspector.wire.containers.sources import Window

__all__ = ["find_block", "find_record", "search"]

_PLAIN = 1 << 16


class _Word(Constants):
    """What a look at one place says, unless it asks for more bytes (then: how many from there)."""

    SOUND = 0
    NO = -1


def search(window: Window, find: Callable[..., tuple[int, int]], states: Callable[[bool], Any]) -> bool:
    """Consume all up to the next sound place behind the window's position; False if there is none before the end.

    `states(columnar)` is what `find` takes beside the buffer, in the form that goes with it.
    """
    window.position += min(window.available, 1)
    first = window.place
    while True:
        columnar = window.place - first >= _PLAIN
        stop = window.end if columnar else min(window.end, window.position + _PLAIN)
        place, word = _call(window, find, stop, states(columnar), columnar=columnar)
        window.position = place
        if word == _Word.SOUND:
            return True
        if word > 0:
            window.need(word)
        elif stop == window.end and not window.read():
            window.position = window.end
            return False


def _call(
    window: Window, find: Callable[..., tuple[int, int]], stop: int, states: Any, *, columnar: bool
) -> tuple[int, int]:
    if not columnar:
        return find(window.buffer, window.position, stop, window.end, window.ended, states)
    from inspector.compiled import compiled

    place, word = compiled(find)(window.array(), window.position, stop, window.end, window.ended, states)
    return int(place), int(word)


@compilable
def find_record(  # noqa: PLR0913 - compiled code has no objects to group these in
    buffer: Sequence[int],
    start: int,
    stop: int,
    end: int,
    ended: bool,  # noqa: FBT001 - numba takes no keywords
    forms: Sequence[PcapForm],
) -> tuple[int, int]:
    """`(place, word)`: the first place before `stop` where a record of pcap stands, or one that needs more to tell."""
    form = forms[0]
    # The last places hold no whole header; they are looked at when more has been read.
    stop = min(stop, end - form.header_len + 1)
    for at in range(start, stop):
        word = _records_at(buffer, at, end, ended, form)
        if word != _Word.NO:
            return at, word
    return max(start, stop), _Word.NO


@compilable
def _records_at(
    buffer: Sequence[int],
    at: int,
    end: int,
    ended: bool,  # noqa: FBT001 - numba takes no keywords
    form: PcapForm,
) -> int:
    """Whether three records in a row begin at `at`: a `_Word`, or how many bytes from there it takes to tell."""
    place = at
    before = -1
    for turn in range(3):
        if place + form.header_len > end:
            if not ended:
                return place + form.header_len - at
            return _Word.SOUND if place == end or turn == 2 else _Word.NO
        seconds = word32(buffer, place, form.big_endian)
        captured_len, wire_len = record_lengths(buffer, place, form)
        fraction = word32(buffer, place + 4, form.big_endian) * form.tick_ns
        is_sized = 0 < captured_len <= form.limit and captured_len <= wire_len <= MAX_RECORD
        if not is_sized or fraction >= 1_000_000_000 or (before >= 0 and abs(seconds - before) > 86_400):
            return _Word.NO
        before = seconds
        place += form.header_len + captured_len
    return _Word.SOUND


@compilable
def find_block(  # noqa: PLR0913 - as above
    buffer: Sequence[int],
    start: int,
    stop: int,
    end: int,
    ended: bool,  # noqa: FBT001 - numba takes no keywords
    sections: Sequence[Section],
) -> tuple[int, int]:
    """As `find_record`, for a block of pcapng."""
    big_endian = sections[0].big_endian
    stop = min(stop, end - MIN_BLOCK + 1)
    for at in range(start, stop):
        # Most places fail by their first byte.
        if buffer[at] <= Kind.ENHANCED_PACKET or buffer[at] == 0x0A:
            word = _block_at(buffer, at, end, ended, big_endian)
            if word != _Word.NO:
                return at, word
    return max(start, stop), _Word.NO


@compilable
def _block_at(
    buffer: Sequence[int],
    at: int,
    end: int,
    ended: bool,  # noqa: FBT001 - numba takes no keywords
    big_endian: int,
) -> int:
    """Whether a whole block stands at `at`: a `_Word`, or how many bytes from there it takes to tell."""
    kind = word32(buffer, at, big_endian)
    if kind == Kind.SECTION:
        big_endian = int(word32(buffer, at + 8, 1) == BYTE_ORDER)
        if word32(buffer, at + 8, big_endian) != BYTE_ORDER:
            return _Word.NO
    elif not 0 < kind <= Kind.ENHANCED_PACKET:
        return _Word.NO
    length = word32(buffer, at + 4, big_endian)
    if length < MIN_BLOCK + 4 or length > MAX_RECORD or length & 3:
        return _Word.NO
    if at + length > end:
        return _Word.NO if ended else length
    return _Word.SOUND if word32(buffer, at + length - 4, big_endian) == length else _Word.NO
