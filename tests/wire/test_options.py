"""TCP options: in a row, and whole for people. Any bytes between header and payload are taken."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inspector.wire import Option, Row
from inspector.wire.options import OptionKind, TcpOption, options_of
from tests.wire.frames import decoded, ipv4, tcp


def row_with(options: bytes) -> Row:
    return decoded(ipv4(tcp(options=options + bytes(-len(options) % 4))))


def text_of(options: bytes) -> list[str]:
    return [str(option) for option in options_of(tcp(options=options + bytes(-len(options) % 4)))]


def test_the_options_of_a_syn() -> None:
    options = bytes.fromhex("020405b40402080a000000050000000001030307")
    row = row_with(options)

    assert row.options == Option.MSS | Option.SACK_PERMITTED | Option.TIMESTAMPS | Option.WINDOW_SCALE
    assert (row.mss, row.window_scale, row.tsval, row.tsecr) == (1460, 7, 5, 0)
    assert text_of(options) == ["mss 1460", "sackOK", "TS val 5 ecr 0", "nop", "wscale 7"]


def test_the_usual_options_of_a_segment_are_read_alike_in_any_layout() -> None:
    usual = row_with(bytes.fromhex("0101080affffffff80000000"))
    other = row_with(bytes.fromhex("080affffffff800000000101"))

    assert (usual.options, usual.tsval, usual.tsecr) == (Option.TIMESTAMPS, 0xFFFFFFFF, 0x80000000)
    assert (other.options, other.tsval, other.tsecr) == (usual.options, usual.tsval, usual.tsecr)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_sack_blocks_are_counted_and_the_first_is_kept(count: int) -> None:
    blocks = b"".join(edge.to_bytes(4, "big") for edge in range(10, 10 + 2 * count))
    row = row_with(bytes([5, 2 + 8 * count]) + blocks)

    assert (row.options, row.sack_count, row.sack_left, row.sack_right) == (Option.SACK, count, 10, 11)


def test_sack_blocks_are_printed_as_ranges() -> None:
    assert text_of(bytes.fromhex("05120000000a0000000b0000000c0000000d")) == ["sack 2 {10:11}{12:13}", "eol"]


@pytest.mark.parametrize(
    ("options", "length", "text"),
    [
        ("2202", 0, "tfo cookiereq"),
        ("220a0102030405060708", 8, "tfo cookie 0102030405060708"),
        ("fe04f989", 0, "tfo cookiereq"),
        ("fd08f98901020304", 4, "tfo cookie 01020304"),
    ],
)
def test_fast_open_by_its_own_kind_and_as_an_experiment(options: str, length: int, text: str) -> None:
    row = row_with(bytes.fromhex(options))

    assert (row.options, row.fast_open_len) == (Option.FAST_OPEN, length)
    assert text_of(bytes.fromhex(options))[0] == text


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ("1e0c0081000102030405060a", TcpOption(30, bytes.fromhex("0081000102030405060a"))),
        ("fe06123456ff", TcpOption(254, bytes.fromhex("123456ff"))),
        ("fe02", TcpOption(254)),
        ("63040102", TcpOption(99, b"\x01\x02")),
    ],
    ids=["MPTCP", "another experiment", "an empty experiment", "one that nobody knows"],
)
def test_an_unknown_option_is_kept_with_its_kind_and_bytes(options: str, kept: TcpOption) -> None:
    assert row_with(bytes.fromhex(options)).options == Option.UNKNOWN
    assert options_of(tcp(options=bytes.fromhex(options) + bytes(-len(options) // 2 % 4)))[0] == kept
    assert str(kept) == f"unknown-{kept.kind} 0x{kept.body.hex()}".removesuffix(" 0x")


@pytest.mark.parametrize(
    "options",
    [
        "0203ff00",
        "03020000",
        "0403ff00",
        "050a0000",
        "0509000000000000000000ff",
        "08080000000000ff",
        "6301",
        "6300",
        "6328",
    ],
)
def test_an_option_of_a_wrong_length_is_malformed(options: str) -> None:
    found = options_of(tcp(options=bytes.fromhex(options) + bytes(-len(options) // 2 % 4)))

    assert row_with(bytes.fromhex(options)).options == Option.MALFORMED
    assert found[0].malformed
    assert str(found[0]).startswith(f"malformed-{found[0].kind}")


def test_what_follows_a_known_option_of_a_wrong_length_is_still_read() -> None:
    assert row_with(bytes.fromhex("0203ff020405b400")).mss == 1460


def test_what_follows_the_end_of_options_is_not_read() -> None:
    options = bytes.fromhex("00020405b4000000")

    assert row_with(options).options == 0
    assert text_of(options) == ["eol"]


def test_of_an_option_that_is_repeated_the_last_counts() -> None:
    assert row_with(bytes.fromhex("020405b402040218")).mss == 536


def test_a_cut_header_gives_the_options_that_are_there() -> None:
    header = tcp(options=bytes.fromhex("020405b40402080a"), offset=10)

    assert [str(option) for option in options_of(header)] == ["mss 1460", "sackOK", "malformed-8"]
    assert options_of(header[:20]) == options_of(b"") == ()


BITS = {
    OptionKind.MSS: Option.MSS,
    OptionKind.WINDOW_SCALE: Option.WINDOW_SCALE,
    OptionKind.SACK_PERMITTED: Option.SACK_PERMITTED,
    OptionKind.SACK: Option.SACK,
    OptionKind.TIMESTAMPS: Option.TIMESTAMPS,
}

some_option = st.one_of(
    st.sampled_from([b"\x01", b"\x00", b"\x04\x02", bytes.fromhex("020405b4"), bytes.fromhex("030307")]),
    st.builds(lambda kind, body: bytes([kind, len(body) + 2]) + body, st.integers(2, 255), st.binary(max_size=12)),
    st.binary(max_size=4),
)


@given(st.lists(some_option, max_size=8).map(lambda options: b"".join(options)[:40]))
@example(bytes.fromhex("0101080a0000000500000006"))
@example(bytes(40))
@example(b"\xff" * 40)
def test_any_options_give_the_same_in_the_row_and_to_people(options: bytes) -> None:
    row = row_with(options)
    expected = 0
    for option in options_of(tcp(options=options + bytes(-len(options) % 4))):
        text = str(option)
        if option.malformed:
            expected |= Option.MALFORMED
        elif text.startswith("tfo"):
            expected |= Option.FAST_OPEN
        elif option.kind > OptionKind.NOP:
            expected |= BITS.get(option.kind, Option.UNKNOWN)

    assert row.undecoded == 0
    assert row.options == expected
