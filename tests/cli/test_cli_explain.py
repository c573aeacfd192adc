"""`explain` on the command line: exit codes, where things are printed, what it is told of this system."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.demos.catalogue import catalogue
from tests.cli.command import inspector

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_a_known_word_is_explained_on_standard_output() -> None:
    done = inspector("explain", "TIME_WAIT")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("TIME-WAIT · TCP state\n")


def test_several_words_are_explained_one_after_the_other() -> None:
    done = inspector("explain", "LISTEN", "[S.]", "192.168.1.77/24", "8080")

    assert [line for line in done.out.splitlines() if " · " in line and not line.startswith(" ")] == [
        "LISTEN · TCP state",
        "SYN,ACK · TCP flags",
        "192.168.1.77/24 · prefix",
        "8080 · port",
    ]


def test_an_unknown_word_is_one_line_with_what_is_near_and_wrong_usage() -> None:
    done = inspector("explain", "TIME_WEIT")

    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("inspector: cannot explain TIME_WEIT: no such word; did you mean TIME-WAIT")
    assert done.err.count("\n") == 1


def test_what_is_known_is_explained_beside_what_is_not() -> None:
    done = inspector("explain", "LISTEN", "70000")

    assert done.code == 2
    assert done.out.startswith("LISTEN")
    assert done.err == "inspector: cannot explain 70000: ports end at 65535\n"


def test_no_word_lists_all_of_them() -> None:
    done = inspector("explain")

    assert done.code == 0
    assert "syn-ack-wrong-ack" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_json_stands_alone_and_tells_what_is_unknown_too() -> None:
    done = inspector("explain", "--json", "31", "TIME_WEIT")
    report = json.loads(done.out)

    assert done.code == 2
    assert report["schema"] == "inspector/explain/1"
    assert [each["kind"] for each in report["explanations"]] == ["port", "completeness"]
    assert report["unknown"][0]["word"] == "TIME_WEIT"


def test_json_without_a_word_lists_the_catalogue() -> None:
    report = json.loads(inspector("explain", "--json").out)

    assert report["explanations"] == []
    assert "finding.syn-ack-wrong-ack" in {each["id"] for each in report["listed"]}


def test_an_identifier_is_explained_and_a_plural_is_a_list() -> None:
    one = inspector("explain", "close.unanswered")
    many = inspector("explain", "misconceptions")

    assert (one.code, many.code) == (0, 0)
    assert one.out.startswith("unanswered · outcome of a close\n")
    assert one.out.count("  id  ") == 1
    assert many.out.count("\nmisconception.") == 27


def test_a_hostile_word_reaches_the_terminal_escaped() -> None:
    done = inspector("explain", "\x1b[31mred\u202e", "fe80::1%\x1b]0;title\x07")

    assert "\x1b" not in done.out + done.err
    assert "\\x1b[31mred" in done.err
    assert "\\x1b]0;title\\x07" in done.out


@pytest.mark.skipif(not RANGE.exists(), reason="Linux only: there is no ip_local_port_range here")
def test_the_ephemeral_range_is_this_systems() -> None:
    first, last = RANGE.read_text("ascii").split()

    assert f"ephemeral range, {first} to {last} (net.ipv4.ip_local_port_range)" in " ".join(
        inspector("explain", "8080").out.split()
    )


def test_a_demos_port_names_the_demo_and_its_name_the_lesson() -> None:
    hello = catalogue()["tcp-hello"]
    by_port = inspector("explain", str(hello.port)).out
    by_name = " ".join(inspector("explain", "tcp-hello").out.split())

    assert "inspector demo tcp-hello" in by_port
    assert all(line in by_name for line in hello.lesson)


def test_ascii_is_enough() -> None:
    assert inspector("explain", "TIME_WAIT", LC_ALL="C").out.isascii()
