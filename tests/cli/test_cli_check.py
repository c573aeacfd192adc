"""`check` on captures with many connections: which have to match, which are meant, and what is told of them."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from inspector.expect import notation
from inspector.report.json_report import schema
from tests.cli.command import inspector, shipped

HANDSHAKE = ("-e", "three-way-handshake")

_TALK = (
    (0, 0x02, 100, 0, 0),
    (1, 0x12, 300, 101, 0),
    (0, 0x10, 101, 301, 0),
    (0, 0x11, 101, 301, 0),
    (1, 0x11, 301, 102, 0),
    (0, 0x10, 102, 302, 0),
)


def _frame(side: int, flags: int, seq: int, ack: int, port: int, second: int) -> bytes:
    ports = (80, port) if side else (port, 80)
    tcp = struct.pack("!HHIIBBHHH", *ports, seq, ack, 0x50, flags, 8192, 0, 0)
    ends = (b"\x0a\x00\x00\x02", b"\x0a\x00\x00\x01") if side else (b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02")
    octets = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, port, 0x4000, 64, 6, 0, *ends) + tcp
    return struct.pack("<IIII", 1_700_000_000 + second, flags, len(octets), len(octets)) + octets


def written(path: Path, connections: int, *, wrong: tuple[int, ...] = (), cut: tuple[int, ...] = ()) -> Path:
    """Connections that open and close; of `wrong` the SYN,ACK acknowledges x, and of `cut` the SYN is all there is."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)]
    for number in range(1, connections + 1):
        for place, (side, flags, seq, ack, _) in enumerate(_TALK[: 1 if number in cut else None]):
            acked = ack - (number in wrong and place == 1)
            parts.append(_frame(side, flags, seq, acked, 1024 + number % 60_000, number // 2000))
    path.write_bytes(b"".join(parts))
    return path


# ------------------------------------------------------------------------------- how many have to match


def test_by_default_every_connection_has_to_match(tmp_path: Path) -> None:
    capture = written(tmp_path / "c.pcap", 3, cut=(2,))
    assert inspector("check", capture, *HANDSHAKE).code == 1
    assert inspector("check", capture, *HANDSHAKE, "--all").code == 1


def test_with_any_one_that_matches_is_enough(tmp_path: Path) -> None:
    done = inspector("check", written(tmp_path / "c.pcap", 3, cut=(1, 2)), *HANDSHAKE, "--any")
    assert done.code == 0
    verdict = done.out.rpartition("verdict")[2]
    assert "✓ 1 of 3 connections as expected (--any)" in verdict
    assert "difference" not in verdict


def test_with_any_and_none_that_matches_the_nearest_is_told(tmp_path: Path) -> None:
    done = inspector("check", written(tmp_path / "c.pcap", 3, wrong=(2,), cut=(1, 3)), *HANDSHAKE, "--any")
    assert done.code == 1
    assert "nearest   connection 2: 1 difference, distance 6\n" in done.out
    assert "0 of 3 connections as expected (--any)" in " ".join(done.out.rpartition("verdict")[2].split())


def test_where_no_connection_closes_the_verdict_says_so() -> None:
    done = inspector("check", shipped("wrong-opening"), *HANDSHAKE)
    assert "expected: 2 connections, none closes, " in done.out.rpartition("verdict")[2]


def test_a_fault_of_one_that_does_not_match_is_none_with_any(tmp_path: Path) -> None:
    capture = written(tmp_path / "c.pcap", 2, wrong=(1,))
    assert inspector("check", capture, *HANDSHAKE, "--any").code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--all", "--any"), "expected one of --all"),
        (("--connection", "1", "--port", "80"), "--connection asks by number; expected no --port"),
        (("--exchange", "1", "--where", "port == 80"), "--exchange asks by number; expected no --port, --where"),
        (("--connection", "1", "--exchange", "1"), "expected one of --connection and --exchange"),
        (("--connection", "9"), "expected a number from 1 to 3, found 9"),
        (("--exchange", "1"), "three-way-handshake has no UDP line; expected --connection, found --exchange"),
        (("-e", "tcp-hello"), "expected --expect once, found it 2 times"),
        (("--port", "70000"), "70000 is not in the range"),
    ],
)
def test_contradictions_are_refused_in_a_line(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    done = inspector("check", written(tmp_path / "c.pcap", 3), *HANDSHAKE, *options)
    assert (done.code, done.out) == (2, "")
    assert words in done.err.splitlines()[-1]


def test_a_number_that_no_exchange_has() -> None:
    done = inspector("check", shipped("udp-request"), "-e", "udp-request", "--exchange", "9")
    assert done.code == 2
    assert done.err.splitlines()[-1].endswith("expected the number of one of them, found 9")


def test_a_number_belongs_to_one_capture() -> None:
    done = inspector("check", shipped("tcp-multi"), shipped("tcp-hello"), *HANDSHAKE, "--connection", "1")
    assert done.code == 2
    assert done.err.splitlines()[-1].endswith("expected one capture, found 2")


# ------------------------------------------------------------------------------- which are meant


def test_only_the_connections_of_these_numbers_are_compared(tmp_path: Path) -> None:
    capture = written(tmp_path / "c.pcap", 4, cut=(2,))
    assert inspector("check", capture, *HANDSHAKE, "--connection", "1", "--connection", "4").code == 0
    assert inspector("check", capture, *HANDSHAKE, "--connection", "2").code == 1


def test_only_connections_of_a_port_are_compared(tmp_path: Path) -> None:
    capture = written(tmp_path / "c.pcap", 3, cut=(2,))
    done = inspector("check", capture, *HANDSHAKE, "--port", "1025", "--port", "1027")
    assert done.code == 0
    assert "selected  2 of 3 connections on --port 1025, 1027\n" in done.out
    assert inspector("check", capture, *HANDSHAKE, "--port", "1026").code == 1


def test_a_port_that_no_connection_has_leaves_nothing_to_inspect(tmp_path: Path) -> None:
    done = inspector("check", written(tmp_path / "c.pcap", 2), *HANDSHAKE, "--port", "9", "--port", "10")
    assert done.code == 5
    assert "selected  0 of 2 connections on --port 9, 10; ports that there are: 80 (2)\n" in done.out
    assert "missing" not in done.out
    assert "difference" not in done.out


def test_a_port_that_nobody_has_is_answered_by_those_that_there_are() -> None:
    one = inspector("check", shipped("tcp-multi"), *HANDSHAKE, "--port", "9")
    datagrams = inspector("check", shipped("udp-request"), "-e", "udp-request", "--port", "9")
    assert (one.code, datagrams.code) == (5, 5)
    assert re.search(r"on --port 9; ports that there are: \d+", one.out)
    assert re.search(r"on --port 9; ports that there are: \d+", datagrams.out)


def test_a_sequence_may_come_from_standard_input_unless_a_capture_does() -> None:
    text = b"use tcp-hello\n"
    done = inspector("check", shipped("tcp-hello"), "-e", "-", stdin=text)
    assert (done.code, done.err) == (0, "")
    assert "expected  standard input: as expected" in done.out
    refused = inspector("check", "-", "-e", "-", stdin=text)
    assert (refused.code, refused.out) == (2, "")
    assert "expected a sequence or a capture on standard input, found both" in refused.err
    assert inspector("check", shipped("tcp-hello"), "-e", "-", stdin=b"client >").err.startswith(
        "inspector: -, line 1, "
    )


def test_a_port_where_nothing_is_expected_and_nothing_is(tmp_path: Path) -> None:
    capture = written(tmp_path / "c.pcap", 2)
    assert inspector("check", capture, "-e", "tcp-address-in-use", "--port", "9").code == 0
    assert inspector("check", capture, "-e", "tcp-address-in-use", "--port", "80").code == 1


def test_a_port_and_a_number_choose_among_exchanges_too() -> None:
    capture = shipped("udp-request")
    words = ("-e", "udp-oneway")
    assert inspector("check", capture, *words).code == 1
    assert inspector("check", capture, *words, "--port", "7788").code == 0
    assert inspector("check", capture, *words, "--exchange", "2").code == 0
    assert inspector("check", capture, *words, "--exchange", "1").code == 1
    assert inspector("check", capture, *words, "--any").code == 0


def test_who_asks_by_number_asks_of_one_kind() -> None:
    capture = shipped("udp-vs-tcp")
    for option in ("--connection", "--exchange"):
        assert inspector("check", capture, "-e", "udp-vs-tcp", option, "1").code == 0


# ------------------------------------------------------------------------------- what is told


def test_many_are_told_in_a_table_and_the_nearest_are_drawn(tmp_path: Path) -> None:
    done = inspector("check", written(tmp_path / "c.pcap", 30, wrong=(20,), cut=(5, 7)), *HANDSHAKE, "--max", "1")
    assert done.code == 1
    assert "── connection 20 of 30 ──" in done.out
    assert "≠ line 2, ack: expected x+1 = 100+1 = 101, found x = 100" in done.out
    lines = done.out.splitlines()
    head = next(place for place, line in enumerate(lines) if line.endswith("distance  first difference"))
    assert lines[head + 2].split() == ["20", "10.0.0.1:1044", "≠", "1", "difference", "6", "line", "2,", "ack"]
    assert lines[head + 4].split()[:6] == ["5", "10.0.0.1:1029", "≠", "2", "differences", "20"]
    assert "expected  three-way-handshake: 27 of 30 connections as expected" in lines
    assert max(map(len, lines)) <= 80


def test_the_json_has_the_sums_and_each_distance(tmp_path: Path) -> None:
    done = inspector("check", written(tmp_path / "c.pcap", 3, wrong=(2,)), *HANDSHAKE, "--json", "--any")
    told = json.loads(done.out)
    Draft202012Validator(schema()).validate(told)
    expectation = told["expectation"]
    assert (expectation["matched"], expectation["needed"]) == (True, "any")
    assert [each["distance"] for each in expectation["comparisons"]] == [0, 6, 0]
    (sums,) = expectation["sums"]
    assert (sums["matched"], sums["differing"], sums["of"], sums["recorded"]) == (2, 1, 3, 0)


# ------------------------------------------------------------------------------- large captures

LARGE = 34_000
"""Connections of six segments: more than 200,000 frames."""


@pytest.mark.slow
def test_a_large_capture_is_compared_while_it_goes_by(tmp_path: Path) -> None:
    large = written(tmp_path / "large.pcap", LARGE, wrong=(30_000,), cut=(7, 20_000))
    done = inspector("check", large, *HANDSHAKE, "--max", "1")
    assert done.code == 1
    assert f"three-way-handshake: {LARGE - 3:,} of {LARGE:,} connections as expected" in done.out
    assert f"{LARGE - 1:,} of them by what was recorded of them, without their segments" in done.out
    assert "── connection 30000 of 34000 ──" in done.out
    assert "≠ line 2, ack: expected x+1 = 100+1 = 101, found x = 100" in done.out
    assert "nearest   connection 30000: 1 difference, distance 6" in done.out
    assert "hold" not in done.err


def test_an_empty_capture_has_nothing_to_compare(tmp_path: Path) -> None:
    done = inspector("check", written(tmp_path / "empty.pcap", 0), *HANDSHAKE)

    assert done.code == 5
    assert "nothing to inspect" in done.out


@pytest.mark.parametrize("number", [1 << 63, 1 << 200])
def test_a_connection_whose_number_takes_more_than_64_bits_is_none_of_a_capture_in_columns(
    tmp_path: Path, number: int
) -> None:
    capture = written(tmp_path / "some.pcap", 4_000)
    done = inspector("check", capture, *HANDSHAKE, "--connection", str(number))

    assert done.code == 2
    assert f"expected a number from 1 to 4000, found {number}" in done.err.replace(",000", "000")


def test_a_difference_tells_where_its_line_stands(tmp_path: Path) -> None:
    mine = tmp_path / "mine.seq"
    mine.write_text("# mine\n\nuse three-way-handshake\n...\nclient > server  FIN,ACK  len=5\n...\n", "utf-8")
    capture = shipped("wrong-syn-ack")
    library = Path(notation.__file__).parent / "library" / "three-way-handshake.seq"
    (number,) = (at for at, line in enumerate(library.read_text("utf-8").splitlines(), 1) if "SYN,ACK" in line)
    handshake = f"three-way-handshake.seq:{number}"

    own = inspector("check", capture, "-e", mine).out
    assert f"≠ {handshake}, ack: " in own
    assert "missing, mine.seq:5: " in own
    assert f"≠ line 2 ({handshake}), ack: " in inspector("check", capture, *HANDSHAKE, "-v").out
    assert "≠ line 2, ack: " in inspector("check", capture, *HANDSHAKE).out
    told = json.loads(inspector("check", capture, "-e", mine, "--json").out)["expectation"]["differences"]
    assert [(each["line"], each["written_at"]) for each in told] == [(2, handshake), (4, "mine.seq:5")]
