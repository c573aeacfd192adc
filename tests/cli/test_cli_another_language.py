"""All that a person reads of the commands is in the catalogues: help, lists, and what is wrong with a command line."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from inspector.cli import main
from inspector.report.escape import cells
from tests.pseudo import pseudo_spoken, words_in_no_message

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
HELLO = str(CAPTURES / "tcp-hello" / "tcp-hello.pcapng")
TYPED = re.compile(
    r"\bFILE\.seq\b|\bduration:N\b|(?<!\w)--?[A-Za-z][\w-]*|\[[^\]]*\]|\b[A-Z]{2,}[A-Z|_.]*\b|\bN\b|\bA B\b|`[^`]*`|"
    r"'[^']*'|\b(tcp|udp)-[a-z-]+|/\S+|\bnothing\.pcap\b|(?<!\w)\.[a-z]+\b"
)
"""What is typed as it stands, and the names of demos and files."""


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group, **main.cli.context_settings)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, click.Group) and name != "demo":
            yield from commands(command, (*path, name))


ALL = [(), *commands(main.cli), ("demo", "tcp-hello"), ("demo", "tcp-syn-lost"), ("demo", "tcp-timeout")]
VERBS = {"inspector", "all", "lo", "scapy", *(word for path in ALL for word in path)}


def told(monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """What `inspector WORDS` prints, both streams."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    monkeypatch.setattr(sys, "argv", ["inspector", *words])
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    monkeypatch.setattr("inspector.cli.speaking.speak", lambda _: None)  # it is spoken already
    monkeypatch.setattr("click.core._detect_program_name", lambda: "inspector")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with pseudo_spoken():
        main._run()
    for stream in streams:
        stream.flush()
    return "".join(stream.buffer.getvalue().decode() for stream in streams)


def leaks(text: str) -> list[str]:
    found = []
    for line in text.splitlines():
        found += [f"{word}: {line}" for word in words_in_no_message(TYPED.sub("", line)) if word not in VERBS]
    return found


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_is_in_the_language_of_its_reader(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    text = told(monkeypatch, *words, "-h")

    assert "-h, --help" in text
    assert leaks(text) == []
    assert [line for line in text.splitlines() if cells(line) > 80] == []


@pytest.mark.parametrize("words", [("demo",), ("expect", "list")], ids=" ".join)
def test_lists_are_too(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    text = re.sub("^  [a-z-]+  ", "", told(monkeypatch, *words), flags=re.MULTILINE)

    assert leaks(text) == []
    assert [line for line in text.splitlines() if cells(line) > 80] == []


@pytest.mark.parametrize("name", ["wrong-syn-ack", "tcp-fin-lost", "udp-unreachable"])
def test_the_explanation_of_a_frame_is_too(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    values = (
        r"[a-z0-9]+(\.[a-z0-9-]+)+( [&=0-9|.]+)*|0x[0-9a-f]+|\"[^\"]*\"|by drop .*"
        r"|\b(x|y)\b|\b(handshake-\d|syn-ack-wrong-ack)\b|\b(ms|http|TS val|ecr|mss|sackOK|wscale)\b|^  [a-z_]+ "
    )
    for frame in (1, 2):
        text = told(monkeypatch, "explain", f"{CAPTURES / name / name}.pcapng:{frame}")
        assert leaks(re.sub(values, "", text, flags=re.MULTILINE)) == []
        assert [line for line in text.splitlines() if cells(line) > 80] == []


@pytest.mark.parametrize(
    "words",
    [
        ("replay",),
        ("replay", "nothing.pcap"),
        ("replay", str(CAPTURES)),
        ("replay", HELLO, HELLO, "--merge"),
        ("replay", HELLO, "--connection", "1", "--sort", "bytes"),
        ("replay", HELLO, "--save-connection", "1", HELLO),
        ("replay", HELLO, "--save-connection", "1", "-"),
        ("replay", HELLO, "--out", "x.txt"),
        ("replay", HELLO, "--checksums", "--decoder", "scapy"),
        ("replay", HELLO, "-Y", " "),
        ("replay", HELLO, "--idle", "x"),
        ("capture", "-f", "host 10.0.0.1"),
        ("capture", "-a", "5"),
        ("cross-check", "-"),
        ("demo", "tcp-hello", "--port", "x"),
        ("demo", "tcp-hello", "-w", "-"),
        ("exec", "--link", "drop SYN", "--port", "80", "--", "true"),
        ("nonsense",),
        ("replai",),
    ],
    ids=lambda words: " ".join(Path(word).name for word in words),
)
def test_what_is_wrong_with_a_command_line_is_too(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    text = told(monkeypatch, *words)

    assert "⟦" in text
    assert leaks(text) == []
