"""Reassembly: whole datagrams whatever the order, nothing believed that contradicts itself, nothing without bounds."""

from __future__ import annotations

import subprocess
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.wire import NO_TIME, Fragment, Frame, Protocol, Reassembly, Row, decode_frame, undecoded_of
from inspector.wire.row import Direction
from inspector.wire.undecoded import Reason
from tests.wire.files import NOW, SECOND, opened, pcap

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RAW = 101
START = NOW * SECOND
TEXT = bytes(range(256)) * 4
SEGMENT = bytes.fromhex("3039d431000000010000000250182000") + bytes(4) + TEXT
"""A TCP segment with 1,024 bytes of data."""
ADDRESSES_6 = bytes(15) + b"\1" + bytes(15) + b"\2"


def ipv4(
    data: bytes, offset: int, *, more: bool, identification: int = 7, protocol: int = 6, padding: bytes = b""
) -> bytes:
    control = (more << 13 | offset // 8).to_bytes(2, "big")
    head = b"\x45\0" + (20 + len(data)).to_bytes(2, "big") + identification.to_bytes(2, "big") + control
    return head + bytes([64, protocol]) + bytes(2) + b"\x0a\0\0\1\x0a\0\0\2" + data + padding


def ipv6(data: bytes, offset: int, *, more: bool, identification: int = 7, before: bytes = b"") -> bytes:
    first = 0 if before else 44
    fragment = b"\x06\0" + (offset | more).to_bytes(2, "big") + identification.to_bytes(4, "big")
    body = before + fragment + data
    return b"\x60\0\0\0" + len(body).to_bytes(2, "big") + bytes([first, 64]) + ADDRESSES_6 + body


def pieces(whole: bytes, cuts: Iterable[int], make: Any = ipv4, **options: Any) -> list[bytes]:
    """`whole` cut at `cuts` (multiples of 8) into fragments."""
    edges = [0, *sorted(set(cuts)), len(whole)]
    return [make(whole[begin:end], begin, more=end < len(whole), **options) for begin, end in pairwise(edges)]


def feed(
    reassembly: Reassembly,
    datagrams: Iterable[bytes],
    *,
    step_ns: int = 1,
    link_type: int = RAW,
    lost: Iterable[int] = (),
) -> list[Row]:
    """Feed fragments; those at the places `lost` are marked as lost on their way."""
    rows = []
    for number, data in enumerate(datagrams):
        direction = Direction.LOST if number in lost else Direction.UNKNOWN
        frame = Frame(number + 1, START + number * step_ns, data, len(data), link_type, direction=direction)
        row = decode_frame(frame)
        if row.fragment:
            reassembly.feed(row, data, verify=False)
        rows.append(row)
    return rows


def is_whole(row: Row) -> bool:
    facts = row.fragment, row.undecoded, row.protocol, row.seq, row.payload_len, row.captured_len
    return facts == (Fragment.REASSEMBLED, 0, Protocol.TCP, 1, len(TEXT), len(TEXT))


@pytest.mark.parametrize("make", [ipv4, ipv6])
def test_the_frame_that_completes_the_datagram_becomes_the_segment(make: Any) -> None:
    reassembly = Reassembly()
    first, second, third = feed(reassembly, pieces(SEGMENT, [8, 800], make))

    assert is_whole(third)
    assert (first.undecoded, second.undecoded) == (Reason.FIRST_FRAGMENT, Reason.LATER_FRAGMENT)
    assert str(undecoded_of(first)) == "IP at byte 0: a first fragment, waiting for the rest"
    assert (third.frame, third.time_ns, third.link_type) == (3, START + 2, RAW)
    assert (reassembly.whole, reassembly.incomplete, reassembly.refused) == (1, 0, 0)


cuts = st.lists(st.integers(1, len(SEGMENT) // 8).map(lambda place: place * 8), min_size=1, max_size=12)


@given(cuts, st.randoms(use_true_random=False), st.sampled_from([ipv4, ipv6]))
def test_any_cuts_in_any_order_give_the_one_segment_in_the_last_frame(cut: list[int], random: Any, make: Any) -> None:
    fragments = pieces(SEGMENT, cut, make)
    random.shuffle(fragments)
    rows = feed(Reassembly(), fragments)

    assert is_whole(rows[-1])
    assert [row.frame for row in rows if not row.undecoded] == [len(rows)]


@given(cuts, st.data())
def test_exact_copies_change_nothing(cut: list[int], data: st.DataObject) -> None:
    fragments = pieces(SEGMENT, cut)
    doubled = [fragment for fragment in fragments for _ in range(data.draw(st.integers(1, 3)))]
    reassembly = Reassembly()
    rows = feed(reassembly, doubled)

    assert sum(is_whole(row) for row in rows) == 1
    assert (reassembly.whole, reassembly.incomplete, reassembly.refused) == (1, 0, 0)


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_datagram_is_lost_with_any_of_its_fragments(lost: int) -> None:
    rows = feed(Reassembly(), pieces(SEGMENT, [8, 800]), lost=[lost])

    assert is_whole(rows[-1])
    assert rows[-1].direction == Direction.LOST


def test_a_copy_that_arrived_makes_good_for_a_fragment_that_was_lost() -> None:
    one, two, three = pieces(SEGMENT, [8, 800])
    rows = feed(Reassembly(), [one, one, two, three], lost=[0])

    assert is_whole(rows[-1])
    assert rows[-1].direction == Direction.UNKNOWN


@pytest.mark.parametrize("make", [ipv4, ipv6])
@pytest.mark.parametrize(
    "intruder",
    [(8, b"X" * 16, True), (0, b"X" * 8, True), (16, b"X" * 16, True), (800, b"X" * 8, False), (2000, b"X", False)],
    ids=["across", "same place", "inside", "another end", "beyond the end"],
)
def test_an_overlap_gives_the_whole_datagram_up(make: Any, intruder: tuple[int, bytes, bool]) -> None:
    offset, data, more = intruder
    fragments = [
        make(SEGMENT[:16], 0, more=True),
        make(SEGMENT[16:40], 16, more=True),
        make(SEGMENT[1000:], 1000, more=False),
    ]
    reassembly = Reassembly()
    rows = feed(reassembly, [*fragments, make(data, offset, more=more), make(SEGMENT[40:1000], 40, more=True)])

    assert not any(row.fragment == Fragment.REASSEMBLED for row in rows)
    assert (reassembly.whole, reassembly.incomplete, reassembly.refused) == (0, 0, 1)


def test_a_datagram_longer_than_any_is_refused() -> None:
    reassembly = Reassembly()
    feed(reassembly, [ipv4(bytes(64), 0xFFF8, more=False)])

    assert reassembly.refused == 1


def test_the_longest_datagram_there_is_can_be_put_together() -> None:
    whole = SEGMENT[:20] + bytes(65535 - 40)
    row = feed(Reassembly(), pieces(whole, range(1400, len(whole), 1400)))[-1]

    assert (row.fragment, row.payload_len) == (Fragment.REASSEMBLED, 65535 - 40)


def test_datagrams_are_told_apart_by_their_identification() -> None:
    reassembly = Reassembly()
    fragments = [
        piece
        for pair in zip(pieces(SEGMENT, [80]), pieces(SEGMENT, [80], identification=8), strict=True)
        for piece in pair
    ]

    assert [is_whole(row) for row in feed(reassembly, fragments)] == [False, False, True, True]


def test_an_identification_may_be_used_again_once_its_datagram_is_whole() -> None:
    other = SEGMENT[:4] + b"\0\0\0\2" + SEGMENT[8:]
    rows = feed(Reassembly(), pieces(SEGMENT, [80]) + pieces(other, [80]))

    assert [row.seq for row in rows if row.fragment == Fragment.REASSEMBLED] == [1, 2]


def test_what_is_too_old_is_given_up() -> None:
    reassembly = Reassembly()
    rows = feed(reassembly, pieces(SEGMENT, [80]), step_ns=31 * SECOND)

    assert not is_whole(rows[1])
    assert (reassembly.whole, reassembly.incomplete) == (0, 2)


def test_memory_is_bounded_whatever_comes() -> None:
    reassembly = Reassembly()
    for number in range(6_000):
        data = ipv4(bytes(1000), 0, more=True, identification=number)
        row = decode_frame(Frame(number + 1, NO_TIME, data, len(data), RAW))
        reassembly.feed(row, data, verify=False)

    assert reassembly._bytes <= (4 << 20) + 2000
    assert len(reassembly._datagrams) <= 1024
    assert reassembly.incomplete == 6_000


def test_a_fragment_cut_by_a_snaplen_stays_as_it_is() -> None:
    reassembly = Reassembly()
    first, _ = pieces(SEGMENT, [800])
    row = decode_frame(Frame(1, START, first[:60], len(first), RAW))
    assert reassembly.feed(row, first[:60], verify=False) == b""

    assert (row.undecoded, row.fragment, row.seq) == (0, Fragment.FIRST, 1)


def test_padding_is_no_part_of_a_fragment() -> None:
    fragments = pieces(SEGMENT, [1024], padding=b"PADDING")

    assert is_whole(feed(Reassembly(), fragments)[-1])


def test_extension_headers_before_the_fragment_header_are_kept() -> None:
    before = b"\x2c\0" + bytes(6)

    assert is_whole(feed(Reassembly(), pieces(SEGMENT, [80], ipv6, before=before))[-1])


@pytest.mark.parametrize("whole_inside", [True, False], ids=["tunnel is fragmented", "inside is fragmented"])
def test_tunnels_are_counted_wherever_the_fragments_are(*, whole_inside: bool) -> None:
    if whole_inside:
        fragments = pieces(ipv4(SEGMENT, 0, more=False), [80], protocol=4)
    else:
        fragments = [ipv4(piece, 0, more=False, protocol=4) for piece in pieces(SEGMENT, [80])]
    row = feed(Reassembly(), fragments)[-1]

    assert is_whole(row)
    assert row.tunnels == 1


@pytest.mark.slow
@pytest.mark.parametrize("plain_frames", [0, 1, 2000])
def test_the_reader_applies_it_in_both_forms(plain_frames: int) -> None:
    one, two, three = pieces(SEGMENT, [80, 160])
    reader = opened(
        pcap([(NOW, 0, data, len(data)) for data in (one, three, two)], link_type=RAW), plain_frames=plain_frames
    )
    found = []
    for batch in reader:
        for index in range(batch.count):
            row = batch.row(index)
            if not row.undecoded:
                found.append(
                    (row.frame, row.fragment, batch.payload(index), batch.payload(index, 3), batch.frame(index).data)
                )

    assert found == [(3, Fragment.REASSEMBLED, TEXT, TEXT[:3], two)]
    assert reader.fragments.whole == 1


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.binary(max_size=40), st.booleans(), st.sampled_from([ipv4, ipv6])), max_size=8
    )
)
def test_any_fragments_are_taken_without_a_word(made: list[tuple[int, bytes, bool, Any]]) -> None:
    reassembly = Reassembly()
    rows = feed(reassembly, [make(data, offset * 8, more=more) for offset, data, more, make in made])

    assert reassembly.whole == sum(row.fragment == Fragment.REASSEMBLED for row in rows)


@given(st.binary(max_size=120), st.integers(0, 300))
def test_any_bytes_are_taken_without_a_word(data: bytes, cut: int) -> None:
    mangled = bytearray(ipv6(data, 0, more=True, before=b"\x2c\0" + bytes(6)))
    mangled[cut % len(mangled)] ^= 0xFF
    feed(Reassembly(), [bytes(mangled)[: cut or None]])


def test_tshark_puts_the_same_together(tmp_path: Path, tshark: str) -> None:
    path = tmp_path / "fragments.pcap"
    made = pieces(SEGMENT, [80, 160, 800]) + pieces(SEGMENT, [80], ipv6)
    path.write_bytes(pcap([(NOW, place, data, len(data)) for place, data in enumerate(made)], link_type=RAW))
    command = [tshark, "-r", str(path), "-Y", "tcp", "-T", "fields", "-e", "frame.number", "-e", "tcp.len"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert lines == ["4", "1024", "6", "1024"]
    assert [row.frame for row in feed(Reassembly(), made) if is_whole(row)] == [4, 6]
