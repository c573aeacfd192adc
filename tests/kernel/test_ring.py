"""Pages of the trace ring, made by hand as the kernel makes them."""

from __future__ import annotations

import struct
import sys

import pytest

from inspector.kernel.ring import events_of, layout_of

pytestmark = pytest.mark.skipif(sys.byteorder == "big", reason="the pages here are little-endian")

HEADER = layout_of(
    "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
    "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
    "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
    "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n"
)
FORMAT = """name: inet_sock_set_state
ID: 2287
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;

\tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;
\tfield:int oldstate;\toffset:16;\tsize:4;\tsigned:1;
\tfield:__u8 saddr_v6[16];\toffset:20;\tsize:16;\tsigned:0;

print fmt: "family=%s", REC->family
"""
EIGHT = b"abcdefgh"


def word(kind: int, delta: int) -> bytes:
    return struct.pack("<I", kind | delta << 5)


def page(*parts: bytes, time: int = 1000, flags: int = 0) -> bytes:
    content = b"".join(parts)
    return struct.pack("<QQ", time, len(content) | flags) + content + bytes(64)


def test_times_are_sums_from_the_page_on() -> None:
    events = list(events_of(page(word(2, 0), EIGHT, word(1, 7), b"1234", word(2, 5), EIGHT), HEADER))

    assert events == [(1000, EIGHT), (1007, b"1234"), (1012, EIGHT)]


def test_a_gap_beyond_27_bits_has_a_word_of_its_own() -> None:
    events = list(events_of(page(word(30, 3), struct.pack("<I", 2), word(2, 1), EIGHT), HEADER))

    assert events == [(1000 + 3 + (2 << 27) + 1, EIGHT)]


def test_an_absolute_time_replaces_the_sum() -> None:
    time = 1 << 60
    stamp = word(31, 9) + struct.pack("<I", 4)
    events = list(events_of(page(stamp, word(2, 1), EIGHT, time=time), HEADER))

    assert events == [(time + 9 + (4 << 27) + 1, EIGHT)]


def test_a_long_event_bears_its_length() -> None:
    """The word of the length counts itself."""
    content = b"x" * 200
    events = list(events_of(page(word(0, 1), struct.pack("<I", 204), content, word(1, 1), b"1234"), HEADER))

    assert events == [(1001, content), (1002, b"1234")]


def test_what_was_discarded_is_passed_over_and_padding_ends_the_page() -> None:
    discarded = word(29, 1) + struct.pack("<I", 12) + EIGHT
    events = list(events_of(page(discarded, word(1, 1), b"1234", word(29, 0), word(2, 1), EIGHT), HEADER))

    assert events == [(1001, b"1234")]


def test_what_was_not_committed_is_not_read() -> None:
    whole = page(word(2, 0), EIGHT) + word(2, 0) + EIGHT

    assert len(list(events_of(whole, HEADER))) == 1


def test_missed_events_are_no_silence() -> None:
    with pytest.raises(OverflowError):
        list(events_of(page(word(2, 0), EIGHT, flags=1 << 31), HEADER))


def test_a_layout_is_read_from_the_kernels_own_words() -> None:
    layout = layout_of(FORMAT)
    event = struct.pack("<H6xQi", 2287, 0xFFFF888104814A00, -7) + bytes(range(16))

    assert layout.is_of(event)
    assert layout.read(event, "skaddr") == 0xFFFF888104814A00
    assert layout.read(event, "oldstate") == -7
    assert layout.octets(event, "saddr_v6") == bytes(range(16))
    assert not layout.is_of(b"\0" + event[1:])
