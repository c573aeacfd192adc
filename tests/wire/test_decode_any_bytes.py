"""Any bytes under any link type decode to a value, in both speeds to the same; any truncation of a valid frame shows.

Also here: a row that is used again forgets what it held, and a batch is nothing but its frames.
"""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inspector.columns import columns, dtype_of, instances, to_columns, to_instance
from inspector.compiled import compiled
from inspector.wire import Fragment, FrameRef, Option, Row, supported_link_types, undecoded_of
from inspector.wire.decode import decode, decode_batch
from inspector.wire.octets import u8, u16, u32
from inspector.wire.undecoded import Reason, is_fault
from tests.wire.frames import decoded, ethernet, icmp, ipv4, ipv6, tcp, udp
from tests.wire.test_links import IPV4_FRAMES
from tests.wire.test_tunnels import TUNNELS

if TYPE_CHECKING:
    from collections.abc import Sequence

VERIFY = True

Framed = tuple[bytes, int, int]
"""Bytes, link type, and how many more there were on the wire."""

SYN = tcp(flags=2, options=bytes.fromhex("020405b40402080a000000050000000001030307"))
DATA = tcp(b"hello", options=bytes.fromhex("0101080a0000000500000006"))
HEADERS_6 = bytes([43, 0]) + bytes(6) + bytes([44, 2, 0, 0]) + bytes(20) + bytes([6, 0, 0, 0]) + bytes(4)

VALID: dict[str, Framed] = {
    "SYN": (ethernet(ipv4(SYN)), 1, 0),
    "data": (ethernet(ipv6(DATA), 0x86DD), 1, 0),
    "extension headers": (ipv6(HEADERS_6 + DATA, 0), 101, 0),
    "IPv4 options": (ipv4(DATA, options=bytes(12)), 101, 0),
    "UDP": (ethernet(b"\x00\x05\x08\x00" + ipv4(udp(b"hello"), 17), 0x8100), 1, 0),
    "ICMP error": (ipv4(icmp(3, 3, ipv4(udp(b"hello"), 17)), 1), 101, 0),
    "ICMP error about TCP": (ipv4(icmp(11, 0, ipv4(DATA)), 1), 101, 0),
    "ICMPv6 error": (ipv6(icmp(1, 4, ipv6(udp(b"hello"), 17)), 58), 101, 0),
    "GRE": (ipv4(bytes.fromhex("b0006558") + bytes(12) + ethernet(ipv4(DATA)), 47), 101, 0),
    "6in4": (b"\x02\0\0\0" + ipv4(ipv6(DATA), 41), 0, 0),
    "SLL": (bytes(14) + b"\x08\x00" + ipv4(DATA), 113, 0),
    "SLL2": (b"\x08\x00" + bytes(18) + ipv4(DATA), 276, 0),
    "PPPoE": (ethernet(bytes.fromhex("1100000100400021") + ipv4(DATA), 0x8864), 1, 0),
    "MPLS": (ethernet(bytes.fromhex("0001004000020140") + ipv4(DATA), 0x8847), 1, 0),
    "SNAP": (ethernet(bytes.fromhex("aaaa030000000800") + ipv4(DATA), 8 + 57), 1, 0),
    "first fragment": (ipv4(DATA, control=0x2000), 101, 0),
    "later fragment": (ipv4(DATA, control=0x0005), 101, 0),
    "ARP": (ethernet(bytes(28), 0x0806), 1, 0),
    "jumbogram": (ipv6(bytes([6, 0, 0xC2, 4, 0, 1, 0x11, 0x70]) + DATA, 0, payload_len=0), 101, 0),
}

ON_EVERY_LINK: list[Framed] = [(data, link_type, 0) for link_type, data in IPV4_FRAMES.values()] + [
    (data, 101, 0) for _, data in TUNNELS.values()
]

link_types = st.sampled_from([*supported_link_types(), 147, 65535])


@st.composite
def damaged(draw: st.DrawFn) -> Framed:
    """A valid frame with some bytes changed, cut somewhere, under its own link type or another."""
    data, link_type, _ = draw(st.sampled_from([*VALID.values(), *ON_EVERY_LINK]))
    changed = bytearray(data)
    for _ in range(draw(st.integers(0, 4))):
        changed[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    length = draw(st.integers(0, len(data)) | st.just(len(data)))
    link_type = draw(st.just(link_type) | link_types)
    return bytes(changed[:length]), link_type, draw(st.sampled_from([0, len(data) - length, 3000]))


framed = st.one_of(damaged(), st.tuples(st.binary(max_size=120), link_types, st.sampled_from([0, 1, 3000])))


def references(frames: Sequence[Framed]) -> tuple[bytes, list[FrameRef]]:
    """The frames one after the other in a buffer, with three bytes of something else before each."""
    buffer = bytearray()
    refs = []
    for number, (data, link_type, more) in enumerate(frames, 1):
        buffer += b"\xee\xee\xee"
        refs.append(FrameRef(number, number * 10, len(buffer), len(data), len(data) + more, link_type, number % 3))
        buffer += data
    return bytes(buffer), refs


def plainly(frames: Sequence[Framed], *, verify: bool) -> tuple[int, list[Row]]:
    buffer, refs = references(frames)
    rows = instances(Row, len(frames))
    return decode_batch(buffer, refs, len(refs), rows, verify), rows


def compiled_rows(frames: Sequence[Framed], *, verify: bool) -> tuple[int, list[Row]]:
    import numpy as np

    buffer, refs = references(frames)
    rows = columns(Row, len(frames))
    array = np.frombuffer(buffer, np.uint8)
    fragments = compiled(decode_batch)(array, to_columns(FrameRef, refs, len(refs)), len(refs), rows, verify)
    return fragments, [to_instance(Row, rows, index) for index in range(len(frames))]


@settings(max_examples=150)
@given(frames=st.lists(framed, min_size=1, max_size=12), verify=st.booleans())
@example(frames=list(VALID.values()), verify=True)
def test_any_bytes_decode_to_the_same_value_in_both_speeds(frames: list[Framed], *, verify: bool) -> None:
    fragments, plain = plainly(frames, verify=verify)

    assert (fragments, plain) == compiled_rows(frames, verify=verify)
    assert fragments == sum(row.fragment in (Fragment.FIRST, Fragment.LATER) for row in plain)


@settings(max_examples=200)
@given(framed)
def test_what_is_written_fits_its_column_and_points_into_the_frame(frame: Framed) -> None:
    import numpy as np

    _, (row,) = plainly([frame], verify=True)
    for field in fields(Row):
        limits: Any = np.iinfo(dtype_of(Row)[field.name])

        assert limits.min <= getattr(row, field.name) <= limits.max, field.name
    assert row.captured_len <= row.payload_len
    assert not row.captured_len or row.payload_at + row.captured_len <= len(frame[0])
    assert row.undecoded_at <= len(frame[0])
    assert (row.undecoded == 0) == (undecoded_of(row) is None)


@given(framed, framed)
def test_a_row_that_is_used_again_forgets_what_it_held(first: Framed, second: Framed) -> None:
    buffer, refs = references([first, second])
    used, fresh = Row(), Row()
    decode(buffer, refs[0], used, VERIFY)
    decode(buffer, refs[1], used, VERIFY)
    decode(buffer, refs[1], fresh, VERIFY)

    assert used == fresh


@given(framed)
def test_the_bytes_around_a_frame_are_not_its_own(frame: Framed) -> None:
    data, link_type, more = frame
    ref = FrameRef(1, 10, 0, len(data), len(data) + more, link_type)
    alone, among = Row(), Row()
    decode(data, ref, alone, VERIFY)
    ref.start = 5
    decode(b"\x45" * 5 + data + b"\x45" * 100, ref, among, VERIFY)

    assert alone == among


@pytest.mark.parametrize(("data", "link_type", "more"), VALID.values(), ids=VALID)
def test_every_truncation_of_a_valid_frame_is_undecoded_or_marked(data: bytes, link_type: int, more: int) -> None:
    del more
    whole = decoded(data, link_type)
    for length in range(len(data)):
        row = decoded(data[:length], link_type, wire_len=len(data))
        is_marked = row.captured_len < row.payload_len or bool(row.options & Option.CUT)
        is_the_same_refusal = whole.undecoded == row.undecoded == Reason.ARP
        is_a_fragment = whole.fragment == Fragment.LATER and row.digest != whole.digest

        assert is_fault(row.undecoded) or is_marked or is_the_same_refusal or is_a_fragment, length


@pytest.mark.parametrize(("data", "link_type", "more"), VALID.values(), ids=VALID)
def test_a_truncation_changes_no_number_that_it_leaves(data: bytes, link_type: int, more: int) -> None:
    del more
    whole = astuple(decoded(data, link_type))
    names = [field.name for field in fields(Row)]
    # What is read in two places, or says what is not there; an inner datagram that is cut leaves the outer's.
    free = {"undecoded", "undecoded_at", "digest", "captured_len", "window", "options", "protocol", "fragment"}
    free |= {"version", "src_hi", "src_lo", "dst_hi", "dst_lo", "ttl", "ip_id"}
    for length in range(len(data)):
        cut = astuple(decoded(data[:length], link_type, wire_len=len(data)))
        told = {name: pair for name, *pair in zip(names, cut, whole, strict=True) if name not in free}

        assert not [name for name, (now, then) in told.items() if now not in (then, 0)], length


@pytest.mark.parametrize("code", Reason.members().values(), ids=Reason.members())
def test_every_reason_has_words(code: int) -> None:
    fault = undecoded_of(Row(undecoded=code, undecoded_at=14))

    assert fault is not None
    assert f"reason {code}" not in str(fault)
    assert " at byte 14: " in str(fault)


def test_an_offset_below_zero_reads_as_zero_and_not_from_the_end() -> None:
    assert u8(b"\xff", -1) == u16(b"\xff\xff", -1) == u32(b"\xff" * 4, -2) == 0


def test_a_reference_past_the_end_of_the_buffer_is_a_cut_frame() -> None:
    row = Row()
    decode(b"\x45", FrameRef(1, 0, 100, 60, 60, 1), row, VERIFY)

    assert row.undecoded == Reason.LINK_CUT


def test_what_the_container_says_is_in_the_row() -> None:
    row = Row()
    decode(ipv4(DATA), FrameRef(7, 123, 0, 57, 90, 101, 2, 2), row, VERIFY)

    assert (row.frame, row.time_ns, row.wire_len, row.link_type, row.interface, row.direction) == (
        7,
        123,
        90,
        101,
        2,
        2,
    )
