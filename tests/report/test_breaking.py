"""Where lines of Chinese and English may be broken, and that nothing is lost there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.report.breaking import cuts_of, lines_of, may_part
from inspector.report.escape import cells
from inspector.report.page import Page, Text
from inspector.report.tables import draw_table

MIXED = st.text(alphabet="ab 1.,-:()你好，。；：「」（）“”…é\u0301·、世界 ", max_size=200)  # noqa: RUF001 - both widths
WIDTHS = st.integers(60, 130)


def without_blanks(text: str) -> str:
    return "".join(text.split(" "))


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("三次握手完成，连接建立。", 10, ["三次握手完", "成，连接建", "立。"]),
        ("三次握手，四次挥手", 8, ["三次握", "手，四次", "挥手"]),
        ("他说「你好」吗", 6, ["他说", "「你", "好」吗"]),
        ("收到 SYN,ACK 之后", 10, ["收到", "SYN,ACK 之", "后"]),
        ("收到SYN,ACK之后", 9, ["收到", "SYN,ACK之", "后"]),
        ("确认号 (ack)：1001", 14, ["确认号 (ack)：", "1001"]),
        ("plain words as ever", 11, ["plain words", "as ever"]),
        ("127.0.0.1:40022", 8, ["127.0.0.", "1:40022"]),
        ("，，，，，，", 4, ["，，", "，，", "，，"]),
        ("", 4, [""]),
    ],
)
def test_lines_end_where_a_reader_expects_it(text: str, width: int, lines: list[str]) -> None:
    assert lines_of(text, width) == lines


def test_a_mark_stays_with_its_letter() -> None:
    assert not may_part("你", "\u0301")
    assert lines_of("你\u0301好", 2) == ["你\u0301", "好"]


@given(MIXED, st.integers(2, 40))
def test_no_line_is_wider_and_nothing_is_lost(text: str, width: int) -> None:
    lines = lines_of(text, width)

    assert all(cells(line) <= width for line in lines)
    assert without_blanks("".join(lines)) == without_blanks(text)


@given(MIXED, st.integers(8, 40))
def test_a_line_is_broken_only_where_it_may_be_or_must(text: str, width: int) -> None:
    start = 0
    for cut in cuts_of(text, width):
        is_free = text[cut - 1] == " " or may_part(text[cut - 1], text[cut])
        places = range(start + 1, cut + 1)
        has_place = any(text[at - 1] == " " or may_part(text[at - 1], text[at]) for at in places)
        assert is_free or not has_place
        start = cut


@given(WIDTHS, MIXED, MIXED, MIXED)
@settings(max_examples=50, deadline=None)
def test_no_line_of_a_page_is_wider_than_the_page(width: int, name: str, content: str, other: str) -> None:
    page = Page(width, unicode=True)
    page.heading(name[:12])
    page.fact(name[:8], content)
    page.wrap(content, lead=Text("  · "), hang="    ")
    draw_table(page, ((name[:6], ""), (other[:6], ">")), [(content, other[:20])])

    assert all(line.cell_len <= width for line in page.lines)
    told = without_blanks("".join(line.plain for line in page.lines))
    assert without_blanks(content) in told.replace("·", "") or "·" in content
