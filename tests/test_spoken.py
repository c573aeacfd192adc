"""What reports and errors show in Chinese is in the catalogue, and what they hold is English still."""

# ruff: noqa: RUF001 - Chinese has brackets of its own

from __future__ import annotations

import copy
import gettext
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inspector import language
from inspector.errors import CaptureFileError, QueryError, raised_words, system_words
from inspector.language import CATALOGUES, DOMAIN, shown, speak
from inspector.pipeline import inspect
from inspector.query.parser import parse
from inspector.report.terminal import render_inspection

if TYPE_CHECKING:
    from collections.abc import Iterator

CAPTURES = sorted(Path(__file__).parents[1].joinpath("captures").glob("*/*.pcap*"))
ENGLISH = re.compile(r"[a-z]{3,} [a-z]{2,}")
"""A phrase; one word may be a name."""


class Missed(gettext.NullTranslations):
    """What was looked up in vain."""

    def __init__(self) -> None:
        super().__init__()
        self.phrases: set[str] = set()

    def gettext(self, message: str) -> str:
        self.phrases.update([message] * bool(ENGLISH.search(message)))
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture
def missed() -> Iterator[Missed]:
    """Chinese is spoken; what it lacks is collected."""
    speak("zh_CN")
    spoken = copy.copy(gettext.translation(DOMAIN, str(CATALOGUES), ["zh_CN"]))
    found = Missed()
    spoken.add_fallback(found)
    language._Spoken.catalogue = spoken
    yield found
    speak("en")


def test_every_phrase_of_a_report_is_in_the_catalogue(missed: Missed) -> None:
    for path in CAPTURES:
        render_inspection(inspect(str(path)), width=80, colour=False, verbose=True)

    assert missed.phrases == set()


def test_what_is_computed_does_not_depend_on_the_language(missed: Missed) -> None:
    del missed
    path = CAPTURES[0].parents[1] / "wrong-third-ack" / "wrong-third-ack.pcapng"

    findings = inspect(str(path)).findings
    speak("en")

    assert findings == inspect(str(path)).findings
    assert "third segment acknowledges" in findings[0].message


def test_an_error_is_said_whole_with_its_place(missed: Missed) -> None:
    error = CaptureFileError("a.pcap", system_words(OSError(2, "No such file or directory")), offset=24)

    assert str(error) == "a.pcap, byte 24: No such file or directory"
    assert shown(error.message) == "a.pcap，字节 24：没有这个文件或目录"
    assert missed.phrases == set()


def test_an_expression_is_complained_of_with_its_surroundings(missed: Missed) -> None:
    with pytest.raises(QueryError) as caught:
        parse("duration == 5")

    assert str(caught.value).startswith("--where, column 13: duration is a time: expected a time with its unit")
    assert shown(caught.value.message).startswith("--where，第 13 列：duration 的类型是“时间”：应为带单位的时间")
    assert missed.phrases == set()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(98, "Address already in use"), "[Errno 98] 地址已被使用"),
        (TimeoutError("timed out"), "超时"),
        (FileNotFoundError(2, "No such file or directory", "a b"), "[Errno 2] No such file or directory: 'a b'"),
    ],
)
def test_what_python_says_of_an_error_is_said_too(missed: Missed, error: OSError, told: str) -> None:
    del missed
    words = raised_words(error)

    assert words == str(error)
    assert shown(words) == told


def test_a_list_is_joined_as_chinese_joins(missed: Missed) -> None:
    with pytest.raises(QueryError) as caught:
        parse('handshake == "x"')

    assert "complete, unanswered" in str(caught.value)
    assert "complete、unanswered" in shown(caught.value.message)
    assert missed.phrases == set()


def told(name: str, *, narrate: bool = False, rosetta: bool = False) -> str:
    path = CAPTURES[0].parents[1] / name / f"{name}.pcapng"
    return render_inspection(inspect(str(path)), width=80, colour=False, narrate=narrate, rosetta=rosetta)


def test_facts_of_a_verdict_are_phrases_and_no_names(missed: Missed) -> None:
    assert "握手（完成），关闭（三次挥手）" in told("tcp-hello")
    assert missed.phrases == set()


def test_a_dialogue_has_chinese_marks_and_no_blank_between_sentences(missed: Missed) -> None:
    del missed
    text = told("tcp-hello", narrate=True)

    assert "“SYN：我们谈谈吧" in text
    assert "（双方都处于 ESTABLISHED：连接已打开）" in text
    assert "。 " not in text


def test_a_remark_of_our_link_is_told(missed: Missed) -> None:
    assert "链路：被 `drop SYN once` 丢弃" in told("tcp-syn-lost")
    assert missed.phrases == set()


def test_what_tools_have_no_word_for_is_told(missed: Missed) -> None:
    text = told("tcp-syn-lost", rosetta=True) + told("half-open", rosetta=True)

    assert "（无称呼），" in text
    assert missed.phrases == set()
