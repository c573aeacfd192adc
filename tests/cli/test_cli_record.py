"""`record` on the command line: a good capture becomes a sequence, and `check` finds it as expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.wire.reader import open_capture
from tests.cli.command import inspector, shipped
from tests.wire.files import NOW, pcap

HELLO = shipped("tcp-hello")


@pytest.mark.parametrize("level", [(), ("--exact",), ("--shape",), ("--with", "times", "--with", "options")])
def test_what_is_recorded_is_as_expected_when_it_is_checked(level: tuple[str, ...], tmp_path: Path) -> None:
    target = tmp_path / "hello.seq"

    recorded = inspector("record", HELLO, *level, "-o", target)
    checked = inspector("check", HELLO, "--expect", target)

    assert (recorded.code, recorded.out, recorded.err) == (0, "", "")
    assert checked.code == 0
    assert inspector("expect", "format", "--check", target).code == 0
    assert list(tmp_path.iterdir()) == [target]


def test_without_a_file_it_is_printed_and_names_the_capture_without_its_folder() -> None:
    done = inspector("record", HELLO)

    assert done.out.startswith("title: Connection 1 of tcp-hello.pcapng\nabout: Recorded from frames 1 to 10: 10 seg")
    assert str(HELLO.parent) not in done.out


def test_a_pipe_is_recorded_too() -> None:
    assert inspector("record", "-", "--title", "Mine", stdin=HELLO.read_bytes()).out.startswith("title: Mine\n")


def test_what_exists_is_replaced_only_by_force(tmp_path: Path) -> None:
    target = tmp_path / "mine.seq"
    target.write_text("nothing\n", encoding="utf-8")

    refused = inspector("record", HELLO, "-o", target)

    assert refused.code == 2
    assert "exists; expected a new file, or --force" in refused.err
    assert target.read_text("utf-8") == "nothing\n"
    assert inspector("record", HELLO, "-o", target, "--force").code == 0
    assert "seq=x" in target.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "level"), [("tcp-multi", ()), ("port-reuse", ("--exact",)), ("udp-vs-tcp", ("--shape",))]
)
def test_several_become_one_file_that_is_as_expected_when_it_is_checked(
    name: str, level: tuple[str, ...], tmp_path: Path
) -> None:
    target = tmp_path / "several.seq"

    recorded = inspector("record", shipped(name), *level, "-o", target)

    assert (recorded.code, recorded.out, recorded.err) == (0, "", "")
    assert inspector("check", shipped(name), "--expect", target).code == 0
    assert inspector("check", shipped("tcp-short"), "--expect", target).code == 1
    assert inspector("expect", "format", "--check", target).code == 0


def test_the_title_counts_them_and_the_one_that_is_named_is_taken_alone() -> None:
    several = inspector("record", shipped("udp-vs-tcp"))

    assert several.out.startswith(
        "title: 1 connection and 1 exchange of udp-vs-tcp.pcapng\nabout: Recorded from frames"
    )
    assert inspector("record", shipped("tcp-multi"), "--connection", "2").out.startswith("title: Connection 2 of")
    alone = inspector("record", shipped("udp-vs-tcp"), "--exchange", "1").out
    assert alone.startswith("title: Exchange 1 of")
    assert "\nconnection" not in alone


def test_of_more_than_one_file_has_room_for_it_lists_some(tmp_path: Path) -> None:
    with open_capture(HELLO) as reader:
        syn = next(iter(reader)).frame(0).data
    ports = [40_000 + number for number in range(201)]
    frames = [syn[:34] + port.to_bytes(2, "big") + syn[36:] for port in ports]
    many = tmp_path / "many.pcap"
    many.write_bytes(pcap([(NOW + second, 0, data, len(data)) for second, data in enumerate(frames)]))

    several = inspector("record", many)

    assert several.code == 2
    assert "a sequence is of 200 connections at most" in several.err
    assert "there are connection 1 (127.0.0.1:40000 > 127.0.0.1:12345), connection 2" in several.err
    assert "195 more" in several.err
    assert inspector("record", many, "--connection", "201").code == 0


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("--connection", "4"), 2, "the capture has 1 connection; expected a number from 1 to 1, found 4"),
        (("--exchange", "1"), 2, "the capture has 0 UDP exchanges; found --exchange 1"),
        (("--connection", "1", "--exchange", "1"), 2, "expected one of --connection and --exchange"),
        (("--exact", "--shape"), 2, "expected one of --exact and --shape, found both"),
        (("--connection", "1", "--connection", "2"), 2, "expected --connection once, found it 2 times"),
        (("--shape", "--with", "times"), 2, "--shape has no numbers"),
        (("--connection", "1", "-o", "/nowhere/a.seq"), 3, "/nowhere/a.seq: cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(words: tuple[str, ...], code: int, error: str) -> None:
    done = inspector("record", HELLO, *words)

    assert done.code == code
    assert error in done.err
    assert "Traceback" not in done.err


def test_of_a_capture_that_is_cut_it_is_told_where_and_the_sequence_says_so_too(tmp_path: Path) -> None:
    cut, target = tmp_path / "cut.pcapng", tmp_path / "cut.seq"
    cut.write_bytes(HELLO.read_bytes()[:900])

    done = inspector("record", cut, "-o", target)

    assert (done.code, done.err.count("\n")) == (3, 1)
    assert done.err.startswith("inspector: cut.pcapng: cut, and what came behind is not recorded: byte 888: ")
    assert "\nabout: The capture is cut, and this lacks what came behind: byte 888: " in target.read_text("utf-8")
    assert inspector("expect", "format", "--check", target).code == 0


def test_an_empty_capture_has_nothing_to_record(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))

    done = inspector("record", empty)

    assert (done.code, done.out) == (5, "")
    assert "no TCP connection and no UDP exchange" in done.err


def test_a_broken_rule_is_told_when_it_is_recorded_and_expected_when_it_is_checked(tmp_path: Path) -> None:
    target = tmp_path / "wrong.seq"

    recorded = inspector("record", shipped("wrong-syn-ack"), "-o", target)

    assert "syn-ack-wrong-ack" in recorded.err
    assert inspector("check", shipped("wrong-syn-ack"), "--expect", target).code == 0


def test_the_name_of_a_hostile_file_moves_no_cursor(tmp_path: Path) -> None:
    hostile = tmp_path / "a\x1b[2J\nstrict\n.pcapng"
    hostile.write_bytes(HELLO.read_bytes())

    done = inspector("record", hostile)

    assert done.code == 0
    assert "\x1b" not in done.out
    assert "strict" not in done.out.splitlines()
