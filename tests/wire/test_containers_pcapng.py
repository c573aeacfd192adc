"""pcapng: sections, interfaces and blocks of every kind, and blocks of no known kind."""

from __future__ import annotations

import struct

import pytest

from inspector.errors import CaptureFileError
from inspector.wire import NO_TIME, Direction
from tests.wire.files import (
    NOW,
    RAW,
    USER0,
    block,
    drained,
    enhanced,
    frames_of,
    interface,
    obsolete,
    opened,
    section,
    simple,
    statistics,
)

ORDERS = pytest.mark.parametrize("order", ["<", ">"])
MICROSECONDS = NOW * 1_000_000


@ORDERS
def test_an_enhanced_packet_block_arrives(order: str) -> None:
    data = (
        section(order=order) + interface(order=order) + enhanced(b"frame", ticks=MICROSECONDS, wire_len=99, order=order)
    )
    (frame,) = frames_of(data)

    assert (frame.number, frame.data, frame.wire_len) == (1, b"frame", 99)
    assert frame.time_ns == MICROSECONDS * 1000


@ORDERS
def test_an_obsolete_packet_block_arrives(order: str) -> None:
    data = section(order=order) + interface(order=order) + obsolete(b"frame", ticks=MICROSECONDS, order=order)
    (frame,) = frames_of(data)

    assert (frame.data, frame.time_ns) == (b"frame", MICROSECONDS * 1000)


@ORDERS
def test_a_simple_packet_block_has_no_time(order: str) -> None:
    (frame,) = frames_of(section(order=order) + interface(order=order) + simple(b"frame", order=order))

    assert (frame.data, frame.wire_len, frame.time_ns) == (b"frame", 5, NO_TIME)


def test_a_simple_packet_block_is_cut_at_the_snaplen_of_interface_0() -> None:
    made = section() + interface(snaplen=6) + interface(snaplen=2) + simple(b"frames12", wire_len=99)
    (frame,) = frames_of(made)

    assert (frame.data, frame.wire_len) == (b"frames", 99)


@pytest.mark.parametrize(
    ("flags", "direction"), [(0, 0), (1, Direction.INBOUND), (2, Direction.OUTBOUND), (3, 0), (0xFFFFFFFE, 2)]
)
@ORDERS
def test_the_flags_word_tells_the_direction(order: str, flags: int, direction: int) -> None:
    word = struct.pack(order + "I", flags)
    made = (
        enhanced(b"f", (1, b"a comment first"), (2, word), order=order),
        obsolete(b"f", pairs=[(2, word)], order=order),
    )
    frames = frames_of(section(order=order) + interface(order=order) + b"".join(made))

    assert [frame.direction for frame in frames] == [direction] * 2


@ORDERS
def test_comments_of_frames_and_sections_arrive(order: str) -> None:
    reader = opened(
        section((1, b"of all"), order=order)
        + interface(order=order)
        + enhanced(b"12345", (1, b"one"), (1, "zwei ä".encode()), order=order)
        + enhanced(b"none", order=order)
    )

    assert [frame.comments for frame in drained(reader)] == [("one", "zwei ä"), ()]
    assert reader.comments == ["of all"]


def test_comments_that_are_no_text_are_no_error() -> None:
    (frame,) = frames_of(section() + interface() + enhanced(b"f", (1, b"\xff\xfe")))

    assert frame.comments == ("\ufffd\ufffd",)


def test_sections_have_their_own_byte_order_and_their_own_interfaces() -> None:
    reader = opened(
        section()
        + interface(link_type=RAW)
        + enhanced(b"little", (1, b"l"))
        + section(order=">")
        + interface(order=">")
        + interface(link_type=RAW, order=">")
        + enhanced(b"big", (1, b"b"), number=1, order=">")
    )
    frames = drained(reader)

    assert [(frame.data, frame.interface, frame.comments) for frame in frames] == [
        (b"little", 0, ("l",)),
        (b"big", 2, ("b",)),
    ]
    assert [face.link_type for face in reader.interfaces] == [RAW, 1, RAW]
    assert [frame.number for frame in frames] == [1, 2]


def test_each_interface_has_its_own_resolution_and_offset() -> None:
    offset = struct.pack("<q", -10)
    frames = frames_of(
        section()
        + interface((9, b"\x09"))
        + interface((9, b"\x83"), (14, offset), link_type=RAW)
        + enhanced(b"f", ticks=5)
        + enhanced(b"f", ticks=8 * 100 + 1, number=1)
    )

    assert [frame.time_ns for frame in frames] == [5, 90 * 10**9 + 125_000_000]
    assert [frame.link_type for frame in frames] == [1, RAW]


def test_an_interface_describes_itself() -> None:
    reader = opened(section() + interface((2, b"eth0\0"), (3, b"a card"), (9, b"\x8a"), snaplen=96))
    drained(reader)
    (face,) = reader.interfaces

    assert (face.name, face.description, face.snaplen, face.resolution) == ("eth0", "a card", 96, "2^-10 s")


@pytest.mark.parametrize("kind", [4, 7, 0xA, 0xBAD, 0x40000BAD, 0x80000001, 0xFFFFFFFF])
@ORDERS
def test_other_blocks_are_skipped_by_their_length(order: str, kind: int) -> None:
    other = block(kind, b"anything" * 9, order=order)
    made = section(order=order) + other + interface(order=order) + other + enhanced(b"f", order=order) + other
    reader = opened(made)

    assert [frame.data for frame in drained(reader)] == [b"f"]
    assert reader.cut == ""


def count(number: int) -> bytes:
    return struct.pack("<Q", number)


def test_drops_are_those_of_the_latest_statistics_of_each_interface() -> None:
    reader = opened(
        section()
        + interface() * 2
        + statistics((5, count(1)))
        + statistics((4, count(100)), (5, count(3)), (7, count(4)))
        + statistics((5, count(10)), number=1)
        + statistics((4, count(9)))
    )

    assert drained(reader) == []
    assert reader.dropped == 17


def test_drops_between_packets_add_up() -> None:
    reader = opened(
        section()
        + interface()
        + enhanced(b"f", (4, count(2)))
        + enhanced(b"f")
        + obsolete(b"f", drops=3)
        + obsolete(b"f")
    )

    assert len(drained(reader)) == 4
    assert reader.dropped == 5


def test_nothing_said_of_drops_is_not_zero_drops() -> None:
    reader = opened(section() + interface() + enhanced(b"f"))

    assert len(drained(reader)) == 1
    assert reader.dropped is None


def test_a_section_without_frames_is_a_capture_of_no_frames() -> None:
    reader = opened(section())

    assert drained(reader) == []
    assert (reader.cut, reader.interfaces) == ("", [])


GOOD = section() + interface() + enhanced(b"good")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (enhanced(b"f", number=1), "an interface that its section does not describe"),
        (block(6, struct.pack("<IIIII", 0, 0, 0, 5, 5) + b"four"), "claims more captured bytes than it has"),
        (block(6, bytes(16)), "too few for its fields"),
        (block(1, bytes(4)), "an interface description is too short"),
        (block(7, bytes(16))[:-4] + struct.pack("<I", 99), "the two lengths"),
        (struct.pack("<II", 6, 0xFFFFFFFF) + bytes(99), "claims 4294967295 bytes, more than"),
        (struct.pack("<II", 6, 0) + bytes(99), "claims 0 bytes, too few"),
        (block(0x0A0D0D0A, bytes(16)), "without a byte-order word"),
        (section(version=(2, 0)), "pcapng version 2"),
    ],
)
def test_a_bad_block_is_skipped_with_a_word_on_where_and_why(bad: bytes, reason: str) -> None:
    rest = section() + interface() + enhanced(b"reached")
    reader = opened(GOOD + bad + rest)

    assert [frame.data for frame in drained(reader)] == [b"good", b"reached"]
    assert reader.cut == ""
    assert f"{len(bad)} damaged bytes at byte {len(GOOD)}: " in str(reader.skipped)
    assert reason in str(reader.skipped)


def test_behind_a_damaged_section_header_nothing_belongs_to_the_section_before() -> None:
    unread = section(version=(2, 0)) + interface() + enhanced(b"of another version")
    reader = opened(GOOD + unread + section() + enhanced(b"whose?") + interface() + enhanced(b"of its own"))

    assert [frame.data for frame in drained(reader)] == [b"good", b"of its own"]
    assert reader.skipped.places == 4


def test_damage_with_nothing_sound_behind_it_ends_the_capture_where_it_began() -> None:
    reader = opened(GOOD + struct.pack("<II", 6, 0) + bytes(99))

    assert [frame.data for frame in drained(reader)] == [b"good"]
    assert reader.cut == f"byte {len(GOOD)}: a block of type 0x6 claims 0 bytes, too few for its fields"
    assert reader.skipped.places == 0


@ORDERS
def test_a_cut_at_every_byte_gives_everything_before_it_and_says_so(order: str) -> None:
    blocks = [
        section(order=order),
        interface((9, b"\x09"), order=order),
        enhanced(b"one", (1, b"comment"), order=order),
        simple(b"two", order=order),
        statistics(order=order),
        section(order=order),
        interface(order=order),
        obsolete(b"three", order=order),
    ]
    ends = [len(b"".join(blocks[: place + 1])) for place in range(len(blocks))]
    whole = b"".join(blocks)
    for length in range(ends[0], len(whole) + 1):
        reader = opened(whole[:length])
        frames = drained(reader)

        assert len(frames) == sum(ends[place] <= length for place in (2, 3, 7))
        assert (reader.cut == "") == (length in ends)


@pytest.mark.parametrize("length", range(1, 28))
def test_a_cut_inside_the_first_section_header_is_an_error(length: int) -> None:
    with pytest.raises(CaptureFileError, match="made"):
        opened(section()[:length])


def test_only_foreign_link_types_are_an_error_that_names_them() -> None:
    reader = opened(section() + interface(link_type=USER0) + enhanced(b"f"))

    with pytest.raises(CaptureFileError, match=r"link type 147 \(USER0\) is not supported; supported: 0 \(NULL\)"):
        drained(reader)


def test_a_foreign_link_type_among_others_gives_rows_that_say_so() -> None:
    reader = opened(section() + interface(link_type=USER0) + interface() + enhanced(b"f") + enhanced(b"f", number=1))
    rows = [row for batch in reader for row in batch]

    assert [bool(row.undecoded) for row in rows] == [True, True]
    assert [row.link_type for row in rows] == [USER0, 1]
    assert reader.unsupported == 1


def test_interfaces_without_end_are_refused() -> None:
    reader = opened(section() + interface() * 65_537 + enhanced(b"f"))

    assert [frame.data for frame in drained(reader)] == [b"f"]
    assert len(reader.interfaces) == 65_536
    assert "more than 65536 interfaces" in str(reader.skipped)
