"""Which of two equal loopback frames is the copy: the kernel names them, and each copy takes one frame with it."""

from __future__ import annotations

from inspector.capture.engine_portable import PairedCopies

HOST, OUTGOING = 0, 4
US = 1_000


def kept(*frames: tuple[bytes, int, int | None]) -> list[bool]:
    copies = PairedCopies()
    return [not copies.is_second(data, time_ns, packet_type) for data, time_ns, packet_type in frames]


def test_the_host_copy_of_an_outgoing_frame_is_the_second() -> None:
    assert kept((b"a", 0, OUTGOING), (b"a", 2 * US, HOST)) == [True, False]


def test_a_segment_really_sent_twice_is_kept_twice() -> None:
    sent = [(b"a", 0, OUTGOING), (b"a", US, HOST), (b"a", 2 * US, OUTGOING), (b"a", 3 * US, HOST)]

    assert kept(*sent) == [True, False, True, False]


def test_copies_need_not_be_neighbours() -> None:
    sent = [(b"a", 0, OUTGOING), (b"b", 0, OUTGOING), (b"a", 5 * US, HOST), (b"b", 6 * US, HOST)]

    assert kept(*sent) == [True, True, False, False]


def test_a_frame_whose_first_copy_was_dropped_is_kept() -> None:
    assert kept((b"a", 0, HOST)) == [True]


def test_a_first_copy_is_not_waited_for_for_ever() -> None:
    assert kept((b"a", 0, OUTGOING), (b"a", 2_000_000_000, HOST)) == [True, True]


def test_forgetting_one_copy_keeps_the_younger_of_the_same_bytes() -> None:
    sent = [(b"a", 0, OUTGOING), (b"a", 900_000_000, OUTGOING), (b"a", 1_500_000_000, HOST)]

    assert kept(*sent) == [True, True, False]


def test_without_the_kernels_word_nothing_is_taken_for_a_copy() -> None:
    assert kept((b"a", 0, None), (b"a", 0, None)) == [True, True]


def test_memory_does_not_grow_with_frames_that_stay_alone() -> None:
    copies = PairedCopies()
    for second in range(100):
        copies.is_second(bytes([second]), second * 1_000_000_000, OUTGOING)

    assert len(copies._waiting) <= 2
    assert len(copies._order) <= 2
