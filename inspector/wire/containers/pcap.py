"""pcap: one file header, then records of one link type and one time unit.

The variants that are read, all from libpcap's and Wireshark's readers:

* either byte order; microseconds (`a1b2c3d4`) or nanoseconds (`a1b23c4d`);
* the modified header of Alexey Kuznetsov's patched libpcap (`a1b2cd34`): records have 8 bytes more,
  among them the packet type of SLL, which tells the direction;
* Ixia's lcap (`1c0001ac` hardware, `1c0001ab` software): 4 bytes more in the file header;
* versions before 2.3, and 543.0 of DG/UX: captured and original length exchanged (2.3 itself: either way).

The link type is the low half of the last header word; above it may stand the length of a frame check
sequence, which needs no care here, since payload lengths come from the IP header.

Laws: a length is checked before it is used; the index loop never allocates. What cannot be a record stops the
loop with a reason. Not here: reading from files (`sources`), and finding the next sound record after damage (`resync`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.columns import I64, U8, U16
from inspector.compiled import Constants, compilable
from inspector.language import Said, marked, said
from inspector.wire.containers.words import MAX_RECORD, Stop, word16, word32
from inspector.wire.row import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.wire.frame import FrameRef

__all__ = ["HEADER_LEN", "MAGICS", "Lengths", "PcapForm", "describe", "index_pcap", "read_form", "record_lengths"]

HEADER_LEN = 24
_RECORD_HEADER_LEN = 16
_MODIFIED_RECORD_HEADER_LEN = 24
_USUAL_SNAPLEN = 1 << 18
"""262,144: a longer record is believed only where the file's own snaplen allows it (libpcap's MAXIMUM_SNAPLEN)."""

_MICROSECONDS, _NANOSECONDS, _MODIFIED, _IXIA_HARDWARE, _IXIA_SOFTWARE = (
    0xA1B2C3D4,
    0xA1B23C4D,
    0xA1B2CD34,
    0x1C0001AC,
    0x1C0001AB,
)
MAGICS = {
    _MICROSECONDS: marked("microseconds"),
    _NANOSECONDS: marked("nanoseconds"),
    _MODIFIED: marked("modified header, microseconds"),
    _IXIA_HARDWARE: marked("Ixia hardware, microseconds"),
    _IXIA_SOFTWARE: marked("Ixia software, microseconds"),
}


class Lengths(Constants):
    """In which order a record's two lengths stand."""

    CAPTURED_FIRST = 0
    WIRE_FIRST = 1
    SMALLER_FIRST = 2
    """Version 2.3: nobody knows; what was captured cannot be more than what there was."""


@dataclass(slots=True)
class PcapForm:
    """What the index loop knows of the file: a record for `inspector.columns`."""

    big_endian: U8 = 0
    lengths: U8 = 0
    link_type: U16 = 0
    snaplen: I64 = 0
    limit: I64 = _USUAL_SNAPLEN
    """The longest captured length that is believed."""
    header_len: I64 = _RECORD_HEADER_LEN
    """Of a record."""
    tick_ns: I64 = 1000
    first: I64 = HEADER_LEN
    """Where the first record begins."""


def read_form(head: bytes | bytearray | memoryview) -> tuple[PcapForm, int] | None:
    """The form and the magic number of a pcap file from its first 24 bytes; None if the version is unknown.

    The caller has found one of `MAGICS` in either byte order.
    """
    big_endian = int(word32(head, 0, 1) in MAGICS)
    magic = word32(head, 0, big_endian)
    version = word16(head, 4, big_endian), word16(head, 6, big_endian)
    lengths = _lengths(version)
    if lengths is None:
        return None
    form = PcapForm(big_endian, lengths, word32(head, 20, big_endian) & 0xFFFF, word32(head, 16, big_endian))
    form.limit = min(max(form.snaplen, _USUAL_SNAPLEN), MAX_RECORD)
    if magic == _NANOSECONDS:
        form.tick_ns = 1
    if magic == _MODIFIED:
        form.header_len = _MODIFIED_RECORD_HEADER_LEN
    if magic in (_IXIA_HARDWARE, _IXIA_SOFTWARE):
        form.first = HEADER_LEN + 4
    return form, magic


def _lengths(version: tuple[int, int]) -> int | None:
    major, minor = version
    if version == (543, 0):
        return Lengths.WIRE_FIRST
    if major != 2:
        return None
    if minor == 3:
        return Lengths.SMALLER_FIRST
    return Lengths.WIRE_FIRST if minor < 3 else Lengths.CAPTURED_FIRST


def describe(form: PcapForm, magic: int) -> str:
    """The format for people: `pcap (nanoseconds, big-endian)`."""
    ticks = Said(MAGICS[magic], {})
    if form.big_endian:
        return said("pcap ({ticks}, big-endian)", ticks=ticks)
    return said("pcap ({ticks}, little-endian)", ticks=ticks)


@compilable
def record_lengths(buffer: Sequence[int], at: int, form: PcapForm) -> tuple[int, int]:
    """`(captured_len, wire_len)` of the record at `at`."""
    captured_len = word32(buffer, at + 8, form.big_endian)
    wire_len = word32(buffer, at + 12, form.big_endian)
    if form.lengths == Lengths.WIRE_FIRST or (form.lengths == Lengths.SMALLER_FIRST and captured_len > wire_len):
        return wire_len, captured_len
    return captured_len, wire_len


@compilable
def index_pcap(  # noqa: PLR0913 - compiled code has no objects to group these in
    buffer: Sequence[int],
    start: int,
    end: int,
    forms: Sequence[PcapForm],
    number: int,
    refs: Sequence[FrameRef],
    count: int,
) -> tuple[int, int, int]:
    """Fill `refs` from `count` on with the records of `buffer[start:end]`.

    `forms[0]` is the file's form, `number` the number of the frame that goes into `refs[0]`. Returns
    `(stop, position, count)`: why (a `Stop`) and where it stopped, and how many `refs` are filled.
    """
    form = forms[0]
    at = start
    while count < len(refs):
        if end - at < form.header_len:
            return Stop.MORE, at, count
        captured_len, wire_len = record_lengths(buffer, at, form)
        if captured_len > form.limit:
            return Stop.TOO_LONG, at, count
        if end - at - form.header_len < captured_len:
            return Stop.MORE, at, count
        ref = refs[count]
        ref.number = number + count
        seconds = word32(buffer, at, form.big_endian)
        ref.time_ns = seconds * 1_000_000_000 + word32(buffer, at + 4, form.big_endian) * form.tick_ns
        ref.start = at + form.header_len
        ref.captured_len = captured_len
        ref.wire_len = wire_len
        ref.link_type = form.link_type
        ref.interface = 0
        ref.direction = Direction.UNKNOWN
        if form.header_len == _MODIFIED_RECORD_HEADER_LEN:
            ref.direction = _direction_of(buffer[at + 22])
        at += form.header_len + captured_len
        count += 1
    return Stop.FULL, at, count


@compilable
def _direction_of(packet_type: int) -> int:
    """The direction from Linux's packet type: 0 to 2 came to us or to all, 4 is ours, 3 was for others."""
    if packet_type == 4:
        return Direction.OUTBOUND
    if packet_type <= 2:
        return Direction.INBOUND
    return Direction.UNKNOWN
