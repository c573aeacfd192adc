"""`--lang`, the locale, and what stays English whatever is spoken."""

# ruff: noqa: RUF001 - Chinese has brackets of its own

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from rich.cells import cell_len

from inspector.cli.environment import gettext_in, pick_language
from inspector.cli.live import exec_
from inspector.cli.main import cli
from inspector.cli.speaking import Command, Group, _given
from tests.cli.command import CAPTURES, inspector, shipped

VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh"}, "zh_CN"),
        ({"LANG": "zh_SG.GB18030@pinyin"}, "zh_CN"),
        ({"LANG": "zh_Hans_HK"}, "zh_CN"),
        ({"LANG": "zh-Hans"}, "zh_CN"),
        ({"LANG": "zh_TW.UTF-8"}, "en"),
        ({"LANG": "zh_Hant_HK"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zhuang"}, "en"),
        ({"LANG": "zh_CN", "LC_MESSAGES": "en_US"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "zh_CN"}, "zh_CN"),
        ({"LC_ALL": "C", "LANG": "zh_CN"}, "en"),
        ({"LC_ALL": "zh_CN", "LANG": "en"}, "zh_CN"),
        ({"LC_ALL": "POSIX", "LANGUAGE": "zh_CN"}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "zh_CN"}, "zh_CN"),
        ({"LANG": "en_GB", "LANGUAGE": "fr:zh_TW:zh"}, "zh_CN"),
        ({"LANG": "zh_CN", "LANGUAGE": "en:zh"}, "en"),
        ({"LANG": "zh_CN", "LANGUAGE": "fr"}, "zh_CN"),
    ],
)
def test_the_locale_chooses(locale: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)

    assert pick_language() == language


@pytest.mark.parametrize("words", ["--lang zh replay -h", "replay -h --lang zh", "replay --lang=zh -h"])
def test_it_is_chosen_before_the_verb_or_after_it(words: str) -> None:
    done = inspector(*words.split())

    assert (done.code, done.err) == (0, "")
    assert is_chinese(done.out)


def test_the_last_word_counts() -> None:
    assert not is_chinese(inspector("--lang", "zh", "replay", "-h", "--lang", "en").out)


def test_the_option_beats_the_locale() -> None:
    assert not is_chinese(inspector("--lang", "en", "-h", LANG="zh_CN.UTF-8").out)
    assert is_chinese(inspector("-h", LANG="zh_CN.UTF-8").out)


@pytest.mark.parametrize("words", ["--lang fr replay", "replay x --lang fr"])
def test_another_language_is_one_line_of_usage(words: str) -> None:
    done = inspector(*words.split())

    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1] == "Error: Invalid value for '--lang': 'fr' is not one of 'en', 'zh'."


def test_complaints_of_the_command_line_are_in_it_too() -> None:
    done = inspector("replay", "--bogus", "--lang", "zh")

    assert done.code == 2
    assert done.err.startswith("用法")
    assert "Try" not in done.err
    assert "Error" not in done.err


def test_what_follows_the_command_of_exec_is_that_commands() -> None:
    context = click.Context(exec_, parent=click.Context(cli, **cli.context_settings), **exec_.context_settings)

    assert _given(exec_, context, ["--lang", "en", "echo", "--lang", "zh"]) == "en"
    assert _given(exec_, context, ["-w", "--lang", "echo", "--lang", "zh"]) == ""


def test_an_encoding_without_chinese_gets_english_and_a_reason() -> None:
    done = inspector("--lang", "zh", "-h", PYTHONIOENCODING="ascii")

    assert done.code == 0
    assert done.out.startswith("Usage: ")
    assert done.err == (
        "inspector: --lang: the encoding of standard output, ascii, has no Chinese characters; in English instead"
        " (PYTHONIOENCODING=utf-8 changes it)\n"
    )


def test_a_locale_whose_encoding_has_no_chinese_is_silently_english() -> None:
    done = inspector("-h", LANG="zh_CN.UTF-8", LANGUAGE="", PYTHONIOENCODING="ascii")

    assert done.out.startswith("Usage: ")
    assert done.err == ""


def test_a_locale_of_c_shows_ascii_unless_chinese_is_asked_for() -> None:
    """Whoever writes `--lang zh` wants more than ASCII, and Python can write it there."""
    replay = ("replay", shipped("tcp-hello"))

    assert inspector(*replay, LC_ALL="C").out.isascii()
    assert "│" in inspector(*replay, "--lang", "zh", LC_ALL="C").out


def test_programs_that_are_started_find_their_environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    import gettext
    import os

    monkeypatch.setenv("LANGUAGE", "fr")
    with gettext_in("zh_CN"):
        assert gettext.gettext("Options") != "Options"

    assert os.environ["LANGUAGE"] == "fr"
    assert gettext.gettext("Options") == "Options"

    monkeypatch.delenv("LANGUAGE")
    with gettext_in("zh_CN"):
        pass

    assert "LANGUAGE" not in os.environ


@pytest.mark.parametrize("words", ["replay --json", "explain SYN 10.0.0.1 --json", "check -e tcp-hello --json"])
def test_json_is_the_same_in_every_language(words: str) -> None:
    verb, *rest = words.split()
    files = [shipped("tcp-hello"), shipped("wrong-third-ack")] if verb in {"replay", "check"} else []

    english, chinese = (inspector(verb, *rest, *files, "--lang", lang) for lang in ("en", "zh"))

    assert json.loads(english.out)
    assert chinese.out == english.out
    assert chinese.code == english.code


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_files_of_results_are_the_same_in_every_language(suffix: str, tmp_path: Path) -> None:
    def written(lang: str) -> bytes:
        path = tmp_path / (lang + suffix)
        inspector("replay", shipped("wrong-third-ack"), "--out", path, "--lang", lang)
        return path.read_bytes()

    assert written("zh") == written("en") != b""


def test_workers_speak_as_their_parent_does() -> None:
    captures = sorted(CAPTURES.glob("*/tcp-*.pcapng"))[:6]

    alone, together = (inspector("replay", *captures, "--lang", "zh", "--jobs", jobs) for jobs in ("1", "3"))

    assert together.out == alone.out
    assert is_chinese(alone.out)


def commands(command: click.Command, path: str = "inspector") -> list[tuple[str, click.Command]]:
    context = click.Context(command, info_name=path, **cli.context_settings)
    below = command.list_commands(context) if isinstance(command, click.Group) else []
    found = [(name, command.get_command(context, name)) for name in below] if isinstance(command, click.Group) else []
    return [(path, command), *(each for name, lower in found if lower for each in commands(lower, f"{path} {name}"))]


def test_every_command_speaks() -> None:
    """Made with `cls=Command`, or a child of `Group`."""
    assert [name for name, each in commands(cli) if not isinstance(each, Command | Group)] == []


@pytest.mark.parametrize("verb", ["", "demo tcp-refused", "replay", "check", "exec", "explain"])
def test_help_is_no_wider_than_the_terminal(verb: str) -> None:
    done = inspector(*verb.split(), "-h", "--lang", "zh")

    assert [line for line in done.out.splitlines() if cell_len(line) > 80] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("replay -c x a", "错误：'-c' 的值无效：'x' 不是有效的整数。"),
        ("check", "错误：缺少参数 'FILES...'。"),
        ("expect lst", "错误：没有 'lst' 这个命令。 （您是指 'list' 吗？）"),
        ("nope", "错误：没有命令 'nope'（命令：demo、replay、"),
        ("--version", "inspector，版本 "),
    ],
)
def test_complaints_and_lists_are_written_as_chinese_is(words: str, told: str) -> None:
    for done in (inspector(*words.split(), "--lang", "zh"), inspector(*words.split(), LANG="zh_CN.UTF-8", LC_ALL="")):
        assert (done.out + done.err).splitlines()[-1].startswith(told)


def test_no_blank_stands_behind_the_colon_of_usage() -> None:
    assert inspector("replay", "-h", "--lang", "zh").out.startswith("用法：inspector replay ")
