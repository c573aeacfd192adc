"""Whatever a capture holds, what is shown of it is one line of visible characters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inspector.report.escape import cells, portable, quoted, safe_text, visible

ANY = st.one_of(st.binary(max_size=200), st.text(st.characters(), max_size=120))


@pytest.mark.parametrize("code", [*range(0x20), 0x7F, *range(0x80, 0xA0)], ids=hex)
def test_every_c0_and_c1_control_is_escaped(code: int) -> None:
    shown = safe_text(chr(code))

    assert shown.startswith("\\")
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        (b"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        (b"\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\u009b31m"),
        (b"\x9b31m", "\\x9b31m"),
        ("a\nb\r\n\tc", "a\\nb\\r\\n\\tc"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("a\u200bb\u200dc\ufeff", "a\\u200bb\\u200dc\\ufeff"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("a\u00a0b\u00adc", "a\\u00a0b\\u00adc"),
        ("\ud800", "\\ud800"),
        ("\udcff", "\\xff"),
        ("\ue000", "\\ue000"),
        ("\U000e0041", "\\U000e0041"),
        ("\ufe0f", "\\ufe0f"),
        ("\u3164", "\\u3164"),
        ("\\x1b", "\\\\x1b"),
    ],
    ids=ascii,
)
def test_what_could_deceive_is_spelled_out(hostile: bytes | str, shown: str) -> None:
    assert safe_text(hostile) == shown


@pytest.mark.parametrize(
    "text", ["Hello, Client!", "欢迎 学习\u3000网络", "héllo", "Привет", "مرحبا", "नमस्ते", "e\u0301"]
)
def test_what_people_write_is_shown_as_it_is(text: str) -> None:
    assert safe_text(text.encode()) == text


def test_bytes_of_another_encoding_are_shown_as_bytes() -> None:
    assert safe_text("你".encode("gbk")) == "\\xc4\\xe3"


def test_a_fourth_combining_mark_is_spelled_out() -> None:
    assert safe_text("a" + "\u0301" * 5) == "a" + "\u0301" * 3 + "\\u0301" * 2


def test_a_combining_mark_does_not_climb_on_what_stands_before_the_text() -> None:
    assert safe_text("\u0301a") == "\\u0301a"


def test_a_limit_counts_cells_and_leaves_room_for_the_ellipsis() -> None:
    assert safe_text("你好世界", 8) == "你好世界"
    assert safe_text("你好世界", 7) == "你好世…"
    assert safe_text("你好世界", 6) == "你好…"


def test_an_escape_is_never_cut_in_half() -> None:
    assert safe_text("ab\x1bcd", 6) == "ab…"


def test_ascii_only_spells_out_all_else() -> None:
    assert safe_text("héllo 你", ascii_only=True) == "h\\u00e9llo \\u4f60"


def test_quotation_marks_cannot_be_forged() -> None:
    assert quoted('say "hi"') == "'say \"hi\"'"
    assert quoted("\"a' FIN,ACK") == '"\\"a\' FIN,ACK"'


def test_lone_surrogates_do_not_leave_the_house() -> None:
    assert portable("caf\udce9.pcap") == "caf\\udce9.pcap"


def test_our_own_words_keep_their_backslashes() -> None:
    assert visible("C:\\new\x1b") == "C:\\new\\x1b"


@given(ANY)
def test_nothing_unprintable_passes(value: bytes | str) -> None:
    assert all(char.isprintable() or char == "\u3000" for char in safe_text(value))
    assert not any(unicodedata.category(char)[0] in "CZ" and char not in " \u3000" for char in safe_text(value))


@given(ANY, st.integers(0, 40), st.booleans())
@example(value=b"\xe4\xbd", limit=1, ascii_only=False)
@example(value="\"'" * 40, limit=9, ascii_only=True)
def test_the_limit_holds_for_any_content(value: bytes | str, limit: int, ascii_only: bool) -> None:  # noqa: FBT001 - drawn
    assert cells(safe_text(value, limit, ascii_only=ascii_only)) <= limit
    assert cells(quoted(value, limit + 5, ascii_only=ascii_only)) <= limit + 5


@given(ANY)
def test_ascii_only_is_ascii(value: bytes | str) -> None:
    assert safe_text(value, ascii_only=True).isascii()


@given(st.text(st.characters(), max_size=60), st.text(st.characters(), max_size=60))
def test_two_texts_that_look_alike_are_alike(one: str, other: str) -> None:
    """No limit, so nothing is lost: the escape can be undone, and is not ambiguous (save byte and surrogate)."""
    if any("\udc80" <= char <= "\udcff" for char in one + other):
        return
    assert (safe_text(one) == safe_text(other)) == (one == other)
