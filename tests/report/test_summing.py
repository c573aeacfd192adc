"""What is told of a capture that is too large to keep: the whole command, with a small number in place of 200,000."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inspector.pipeline import inspect
from inspector.query.order import parse_order
from inspector.query.parser import parse
from inspector.query.selection import Selection
from inspector.report.inspection import Inspection, Verdict
from inspector.report.terminal import render_inspection
from inspector.tcp.lifetimes import Limits
from tests.cli.command import inspector

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
HELLO = CAPTURES / "tcp-hello" / "tcp-hello.pcapng"
WRONG = CAPTURES / "wrong-syn-ack" / "wrong-syn-ack.pcapng"


def summed(path: Path, **limits: int) -> Inspection:
    return inspect(path, keep=1, limits=Limits(**limits))


def text(inspection: Inspection, width: int = 80) -> str:
    return render_inspection(inspection, width=width, colour=False)


def test_a_capture_that_fits_is_drawn_as_ever() -> None:
    assert inspect(HELLO, limits=Limits()) == inspect(HELLO)


def test_a_fault_beyond_what_is_kept_makes_the_verdict() -> None:
    """It was lost once: rows were let go of, and with them what was wrong with them."""
    inspection = summed(WRONG)

    assert inspection.verdict is Verdict.FINDINGS
    assert "syn-ack-wrong-ack: 1 in 1 connection" in text(inspection)
    assert re.search(r"frame 2, connection 1, \S+ > \S+$", text(inspection), re.MULTILINE)
    assert "expected the SYN's sequence number + 1 = 1000 + 1 = 1001" in " ".join(text(inspection).split())


def test_a_sound_capture_has_no_findings() -> None:
    inspection = summed(HELLO)

    assert inspection.verdict is Verdict.NO_FINDINGS
    assert text(inspection).splitlines()[-1] == "verdict   ✓ no findings: handshake complete, close three-segment"


def test_the_summary_tells_outcomes_times_and_amounts() -> None:
    said = text(summed(HELLO))

    assert "sum        1 connection, 10 segments, 32 payload bytes, 0 retransmissions" in said
    assert re.search(r"^handshakes complete 1$", said, re.MULTILINE)
    assert re.search(r"^SYN to SYN,ACK +1 +0\.011 ms", said, re.MULTILINE)


def test_repeated_syns_and_refused_ports_are_told() -> None:
    lost = text(summed(CAPTURES / "tcp-syn-lost" / "tcp-syn-lost.pcapng"))
    refused = text(summed(CAPTURES / "refused" / "refused.pcapng"))

    assert "SYN again  1 repeated SYN in 1 connection" in lost
    assert re.search(r"^refused    port \d+ 1$", refused, re.MULTILINE)
    assert re.search(r"^trouble at \S+ 1$", refused, re.MULTILINE)


def test_an_eviction_is_never_silent() -> None:
    path = next(CAPTURES.glob("port-reuse/*.pcapng"))
    whole, tight = summed(path), summed(CAPTURES / "tcp-multi" / "tcp-multi.pcapng", most_open=1)

    assert "evicted" not in text(whole)
    assert "for want of room (--max-open): they may have gone on" in " ".join(text(tight).split())


@pytest.mark.parametrize("width", [24, 60, 80, 120])
@pytest.mark.parametrize("name", ["wrong-syn-ack", "refused", "tcp-multi", "midstream"])
def test_no_line_is_wider_than_the_page(name: str, width: int) -> None:
    path = CAPTURES / name / f"{name}.pcapng"

    assert max(map(len, text(summed(path), width).splitlines())) <= width


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*/*.pcapng")), ids=lambda path: path.parent.name)
def test_every_capture_comes_to_the_same_sum(path: Path) -> None:
    """Nothing in our own captures is long enough ago to be let go of, but what these times say."""
    hour = 3_600_000_000_000
    whole, inspection = inspect(path), summed(path, idle_ns=hour, closed_ns=hour, attempt_ns=hour)
    if inspection.summary is None:
        assert inspection.capture.frames <= 1
        return

    summary = inspection.summary
    of_tcp = [finding for each in whole.connections for finding in each.findings]
    assert summary.connections == len(whole.connections)
    assert summary.findings == len(of_tcp)
    assert summary.faults == sum(finding.is_fault for finding in of_tcp)
    assert [one.connection.handshake for one in summary.first] == [each.handshake for each in whole.connections[:40]]
    assert [one.connection.close for one in summary.first] == [each.close for each in whole.connections[:40]]
    assert [one.connection.zeek for one in summary.first] == [each.zeek for each in whole.connections[:40]]


@pytest.mark.parametrize("value", ["0", "5x", "-1s", "", "99999999h"])
def test_a_time_that_is_none_is_refused_in_one_line(value: str) -> None:
    done = inspector("replay", HELLO, "--idle", value)

    assert done.code == 2
    assert "expected a time such as 5m, 90s or 200ms" in done.err


def test_the_times_are_taken_as_zeek_writes_them() -> None:
    done = inspector("replay", HELLO, "--idle", "5m", "--closed", "500ms", "--attempt", "5", "--max-open", "10")

    assert done.code == 0


def test_a_large_capture_says_how_many_of_how_many() -> None:
    selection = Selection(parse("originator.port < 49780"), parse_order("-originator.port"))
    said = text(inspect(CAPTURES / "tcp-multi" / "tcp-multi.pcapng", keep=1, limits=Limits(), selection=selection))

    assert "selected  2 of 3 connections match --where originator.port < 49780" in said
    assert re.findall(r"^(\d)  127", said, re.MULTILINE) == ["2", "1"]
    assert "sum        2 connections, 20 segments" in said


def test_a_large_capture_of_which_nothing_is_chosen_says_only_that() -> None:
    inspection = inspect(WRONG, keep=1, limits=Limits(), selection=Selection(parse("number == 7")))

    assert inspection.verdict is Verdict.NOTHING
    assert "no connection of 1 matches --where number == 7" in text(inspection)
    assert "syn-ack-wrong-ack" not in text(inspection)
    assert "sum " not in text(inspection)
