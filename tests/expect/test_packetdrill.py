"""packetdrill's packet lines become lines of ours, and find in real captures what they say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.errors import ExpectationError
from inspector.expect.comparison import compare_all
from inspector.expect.formatter import format_sequence
from inspector.expect.packetdrill import import_script
from inspector.expect.parser import LONGEST, parse
from inspector.pipeline import inspect
from inspector.report.inspection import Verdict
from tests.expect.said import Said, capture, told

CAPTURES = Path(__file__).parents[2] / "captures"

SCRIPT = """// The close is the remote side's.
`./set_up.sh
 --all`
    0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
   +0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,wscale 7>  /* +0 < S 7:7(0)
   +0 < S 8:8(0) */
   +0 > S. 123:123(0) ack 1 <...>
+.1~+.2 < . 1:1(0) ack 1 win 257
   +0 write(4, "> S 0:0(0)", 10) = 10
   +0 %{ assert 1 < 2 }%
   +0 > [ect0] P. 1:11(10) ack 1
    * < F. 1:1(0) ack 11 win 257
+0...0.4 > F. 11:11(0) ack 2
   +0 < . 2:2(0) ack 12
"""

LINES = """title: Imported from packetdrill: close

client > server  SYN      seq=x               len=0   win=32792  mss=1000  sack  wscale=7  no-timestamps
server > client  SYN,ACK  seq=y     ack=x+1   len=0
client > server  ACK      seq=x+1   ack=y+1   len=0   win=257
server > client  PSH,ACK  seq=y+1   ack=x+1   len=10
client > server  FIN,ACK  seq=x+1   ack=y+11  len=0   win=257
server > client  FIN,ACK  seq=y+11  ack=x+2   len=0
client > server  ACK      seq=x+2   ack=y+12  len=0
"""


def test_packet_lines_are_lines_and_nothing_else_is() -> None:
    imported = import_script(SCRIPT, "close.pkt")

    assert [format_sequence(each) for each in imported.sequences] == [LINES]
    assert imported.left_out == ()
    assert parse(LINES, "close.seq") == imported.sequences[0]
    assert [line.at[0] for line in imported.sequences[0].items] == [5, 7, 8, 11, 12, 13, 14]  # type: ignore[union-attr]


def test_the_numbers_are_checked_as_packetdrill_never_does() -> None:
    """It stops at the first wrong field; here both are told, with the sum."""
    script = LINES.replace("title: Imported from packetdrill: close", "strict")
    script = re.sub(r" +(win|mss|sack|wscale|no-timestamps)\b\S*", "", script)
    said = Said().client("SYN").server("SYN,ACK").client("ACK").server("PSH,ACK", len=10)
    said.client("FIN,ACK").server("FIN,ACK").client("ACK")

    assert said.compare(script).matched
    wrong = said.changed(3, ack=2000).changed(6, ack=1001, flags="ACK").compare(script)
    assert told(wrong) == [("changed", 3, 3, "ack"), ("changed", 6, 6, "flags"), ("changed", 6, 6, "ack")]
    assert wrong.differences[0].expected == "y+1 = 2000+1 = 2001"


@pytest.mark.parametrize(
    ("capture", "script"),
    [
        (
            "tcp-options",
            """+0 < S 0:0(0) <mss 1000,sackOK,TS val 1 ecr 0,nop,wscale 10>
               +0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 1 ecr 1,nop,wscale 3>
               +0 < . 1:1(0) ack 1""",
        ),
        ("refused", "+0 > S 0:0(0) <mss 1460,nop,wscale 7,sackOK>\n+0 < R. 0:0(0) ack 1"),
    ],
)
def test_a_script_is_found_in_a_real_capture_and_a_wrong_option_by_its_name(capture: str, script: str) -> None:
    path = CAPTURES / capture / f"{capture}.pcapng"
    right, wrong = (
        import_script(text).sequences[0] for text in (script, script.replace("mss 1", "mss 2").replace("sackOK,", ""))
    )

    assert inspect(str(path), expected=right).verdict is not Verdict.DIFFERS
    fields = {each.field for each in inspect(str(path), expected=wrong).comparisons[0].differences}
    assert "mss" in fields


def test_a_script_that_ends_before_its_connection_is_a_beginning() -> None:
    (sequence,) = import_script("+0 > S 0:0(0)\n+0 < S. 0:0(0) ack 1").sequences

    assert sequence.part == "beginning"


def test_a_syn_after_the_end_begins_another_connection() -> None:
    ends = "+0 > S 0:0(0)\n+0 < R. 0:0(0) ack 1\n"

    assert len(import_script(ends * 3).sequences) == 3
    assert len(import_script("+0 > S 0:0(0)\n+1 > S 0:0(0)\n").sequences) == 1


REFUSED = "+0 > S 0:0(0)\n+0 < R. 0:0(0) ack 1\n"


def test_several_connections_are_one_file_each_after_the_one_before() -> None:
    whole = import_script(REFUSED + "+0 < udp (7)\n" + REFUSED + "+0 > S 0:0(0)\n", "three.pkt").as_one

    assert format_sequence(whole) == (
        "title: Imported from packetdrill: three\n"
        "\n"
        "connection first:\n"
        "    client > server  SYN      seq=x           len=0\n"
        "    server > client  RST,ACK  seq=0  ack=x+1  len=0\n"
        "connection first-exchange: client > server  UDP  len=7\n"
        "connection second(after first):\n"
        "    client > server  SYN      seq=x           len=0\n"
        "    server > client  RST,ACK  seq=0  ack=x+1  len=0\n"
        "connection third(after second):\n"
        "    client > server  SYN  seq=x  len=0\n"
        "    ...\n"
    )
    assert parse(format_sequence(whole), "three.seq") == whole


def test_one_connection_alone_is_no_block() -> None:
    imported = import_script(REFUSED)

    assert imported.as_one == imported.sequences[0]


def test_two_imported_connections_find_theirs_only_one_after_the_other() -> None:
    whole = import_script(REFUSED * 2).as_one
    refused = Said().client("SYN").server("RST,ACK", seq=0)
    one, two = capture(refused, refused)
    syn, reset = one.segments
    longer = replace(one, segments=(syn, replace(reset, row=replace(reset.row, frame=9))))

    assert [each.matched for each in compare_all(whole, [one, two], [])] == [True, True]
    assert [each.matched for each in compare_all(whole, [longer, two], [])] == [True, False]


def test_a_script_of_more_connections_than_a_file_has_room_for_is_refused() -> None:
    imported = import_script(REFUSED * 101, "many.pkt")

    with pytest.raises(ExpectationError, match=r"many.pkt: 101 connections, expected at most 100: `--connection N`"):
        _ = imported.as_one


def test_datagrams_are_datagrams() -> None:
    (sequence,) = import_script("+0 < udp (10)\n+0 > udp (1000)").sequences

    assert "client > server  UDP  len=10\nserver > client  UDP  len=1000\n" in format_sequence(sequence)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("+0 < . 1:1(0) ack 1 <sack 1:2,nop,nop>", "the option `sack 1:2` is not compared"),
        ("+0 < [1:1461(1460)] icmp unreachable frag_needed mtu 1200", "only TCP segments and UDP datagrams"),
        ("+0 < icmp unreachable port_unreachable [udp (1)]", "only TCP segments and UDP datagrams"),
        ("+0 > ipv4 1.1.1.1 > 2.2.2.2: . 1:1(0) ack 1", "only TCP segments and UDP datagrams"),
        ("+0 > .5 1:1(0) ack 1", "AccECN"),
    ],
)
def test_what_has_no_word_here_is_told_with_its_line(line: str, reason: str) -> None:
    (left_out,) = import_script(f"+0 > S 0:0(0)\n{line}\n").left_out

    assert left_out.line == 2
    assert reason in left_out.reason


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 0, "no packet line"),
        ("0 socket(...) = 3\n", 0, "no packet line"),
        ("\n+0 < S 0:1(0)", 2, "found `0:1(0)`, expected an end of start + length"),
        ("+0 < S 0:0(0) ack\n", 1, "found `S 0:0(0) ack`, expected a packet such as"),
        ("\n\n/* never closed", 3, "found /* without */"),
        ("+0 < S 0:0(0) `sh", 1, "found ` without `"),
        ("x" * (LONGEST + 1), 0, "characters, expected at most"),
        ("/*" * (LONGEST // 2), 1, "without */"),
    ],
)
def test_a_script_that_is_none_is_one_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(ExpectationError) as caught:
        import_script(text, "bad.pkt")

    assert caught.value.line == line
    assert reason in caught.value.message
