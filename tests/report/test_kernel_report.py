"""The kernel's word in a report: beside ours in the ladder, both paths with their reasons, and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator

from inspector.kernel.model import Moment, Snapshot, SocketRow, StateChange, Timer
from inspector.kernel.model import Testimony as Word  # pytest takes `Test...` for its own
from inspector.report.inspection import Inspection, Verdict
from inspector.report.json_report import schema, to_json
from inspector.report.kernel_table import table_of_agreement
from inspector.report.sockets import milestones
from inspector.report.terminal import render_inspection
from inspector.verdict import verdict_of
from inspector.wire.row import Endpoint
from tests.report.stories import CLIENT, SERVER, START_NS, hello, inspection

ANY = Endpoint("0.0.0.0", 0)  # noqa: S104 - what a table says, and nobody binds
ACTIVE = "CLOSED SYN-SENT ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED"
PASSIVE = "LISTEN SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSED"
TIMES_US = {CLIENT: (-5, 40, 1817, 1844, 1879), SERVER: (65, 66, 1810, 1850, 1855)}


def heard(**fields: str) -> Word:
    """What Linux says of `hello`, where the server closes first."""
    changes = []
    for number, (end, path) in enumerate(((CLIENT, ACTIVE), (SERVER, fields.pop("passive", PASSIVE))), 1):
        other = SERVER if end is CLIENT else CLIENT
        states = path.split()
        for old, new, time_us in zip(states, states[1:], TIMES_US[end], strict=False):
            changes.append(StateChange(START_NS + time_us * 1000, end, other, old, new, number))
    changes.sort(key=lambda each: each.time_ns)
    return Word(tuple(changes))


def looked() -> Word:
    """A look at the tables alone, shown."""
    listen = SocketRow("server", "tcp", "LISTEN", 0, 5, SERVER, ANY)
    waits = SocketRow("server", "tcp", "TIME-WAIT", 0, 0, SERVER, CLIENT, Timer.TIME_WAIT, 59_900)
    return Word(
        snapshots=(
            Snapshot(0, Moment.BEGUN, START_NS, (listen,)),
            Snapshot(
                1, Moment.ARRIVED, START_NS, (listen, SocketRow("client", "tcp", "SYN-SENT", 0, 1, CLIENT, SERVER))
            ),
            Snapshot(10, Moment.SETTLED, START_NS, (waits,)),
        ),
        untraced="tracing takes root of the system itself",
        show_sockets=True,
    )


def drawn(made: Inspection, width: int = 80) -> list[str]:
    return render_inspection(made, width=width, colour=False).splitlines()


def told(testimony: Word | None, width: int = 80) -> list[str]:
    return drawn(inspection(hello().connection(), kernel=testimony), width)


def test_without_the_kernel_nothing_is_said_of_it() -> None:
    assert not [line for line in told(None) if "kernel" in line]


def test_a_change_stands_between_the_segments_around_it() -> None:
    lines = told(heard())
    fin = next(number for number, line in enumerate(lines) if "kernel: FIN-WAIT-1" in line)

    assert lines[fin].split("│")[0].strip() == "1.810"
    assert lines[fin].rstrip("│ ").endswith("kernel: FIN-WAIT-1")
    assert lines[fin + 1].split()[:2] == ["8", "1.815"]


def test_the_client_speaks_at_its_own_lane() -> None:
    line = next(line for line in told(heard()) if "kernel: SYN-SENT" in line)

    assert line.split() == ["-0.005", "│", "kernel:", "SYN-SENT", "│"]
    assert "│ kernel: SYN-SENT" in line


def test_paths_stand_side_by_side_with_a_letter_for_each_reason() -> None:
    lines = told(heard())
    head = lines.index("kernel    by the tracepoint sock:inet_sock_set_state")

    assert [line.split() for line in lines[head + 1 : head + 9]] == [
        ["originator", "responder"],
        ["ours", "kernel", "ours", "kernel"],
        ["CLOSED", "=", "CLOSED", "LISTEN", "=", "LISTEN"],
        ["SYN-SENT", "=", "SYN-SENT", "SYN-RECEIVED", "=", "SYN-RECEIVED"],
        ["ESTABLISHED", "=", "ESTABLISHED", "ESTABLISHED", "=", "ESTABLISHED"],
        ["CLOSE-WAIT", "=", "CLOSE-WAIT", "FIN-WAIT-1", "=", "FIN-WAIT-1"],
        ["LAST-ACK", "=", "LAST-ACK", "a", "FIN-WAIT-2"],
        ["CLOSED", "=", "CLOSED", "TIME-WAIT", "b", "CLOSED"],
    ]
    assert "kernel    ✓ 10 states as ours, 2 differences, explained" in lines
    assert [line for line in lines if line.startswith("        a through-fin-wait-2: ")]
    assert [line for line in lines if line.startswith("        b time-wait-apart: ")]


def test_a_difference_that_nobody_explained_is_marked_and_counted() -> None:
    lines = told(heard(passive="LISTEN SYN-RECEIVED ESTABLISHED CLOSING CLOSED"))

    assert [line for line in lines if line.endswith("FIN-WAIT-1   ≠ CLOSING")]
    assert [line for line in lines if "unexplained" in line and line.startswith("kernel    ≠ ")]


def test_a_difference_that_nobody_explained_is_a_finding() -> None:
    agreeing, contradicting = heard(), heard(passive="LISTEN SYN-RECEIVED ESTABLISHED CLOSING CLOSED")

    assert verdict_of(inspection(hello().connection(), kernel=agreeing)) is Verdict.NO_FINDINGS
    assert verdict_of(inspection(hello().connection(), kernel=contradicting)) is Verdict.FINDINGS


def test_why_the_kernel_was_not_asked_is_said() -> None:
    assert "          not asked (tracepoint): tracing takes root of the system itself" in told(looked())


def test_the_tables_are_shown_at_the_milestones() -> None:
    lines = told(looked())
    heads = [line for line in lines if line.startswith("sockets ")]
    last = lines.index("sockets at the end")

    assert heads == ["sockets before the first frame", "sockets after frame 1", "sockets at the end"]
    assert lines[last + 1].split("  ")[-1].strip() or lines[last + 1].split()[:3] == ["State", "Recv-Q", "Send-Q"]
    assert lines[last + 2].split() == [
        "server", "TIME-WAIT", "0", "0", "127.0.0.1:12345", "127.0.0.1:40022", "59", "s", "left"
    ]  # fmt: skip


def test_what_only_moves_bytes_is_no_milestone() -> None:
    row = SocketRow("", "tcp", "ESTABLISHED", 0, 0, CLIENT, SERVER)
    looks = [
        Snapshot(n, Moment.ARRIVED, n, (SocketRow("", "tcp", "ESTABLISHED", n, 0, CLIENT, SERVER),)) for n in (1, 2)
    ]

    assert [each.frame for each in milestones([*looks, Snapshot(3, Moment.ARRIVED, 3, (row, row))])] == [1, 3]


@pytest.mark.parametrize("make", [heard, looked])
@pytest.mark.parametrize("width", [24, 50, 60, 80, 120])
def test_no_line_is_too_long_and_none_is_lost(make: Callable[[], Word], width: int) -> None:
    lines = told(make(), width)

    assert max(map(len, lines)) <= width
    assert [line for line in lines if line.startswith("kernel")]


@pytest.mark.parametrize("make", [heard, looked])
def test_programs_read_the_same(make: Callable[[], Word]) -> None:
    report = json.loads(json.dumps(to_json(inspection(hello().connection(), kernel=make()))))
    Draft202012Validator(schema()).validate(report)
    ends = report["kernel"]["connections"][0]["ends"]

    assert {end["end"] for end in ends} == {"originator", "responder"}
    assert report["kernel"]["unexplained"] == 0
    assert report["kernel"]["agreed"] == sum(
        step["ours"] == step["kernel"] for end in ends for step in end["steps"]
    )  # fmt: skip


def test_the_table_of_agreement_counts_what_the_reports_count() -> None:
    runs = [to_json(inspection(hello().connection(), kernel=each)) for each in (heard(), None, looked())]
    lines = [line.split() for line in table_of_agreement(runs).splitlines()]

    assert lines[2] == ["tcp-hello", "2", "10", "·", "2", "0"]
    assert lines[3] == ["tcp-hello", "2", "·", "4", "0", "0"]
    assert lines[4] == ["all", "4", "10", "4", "2", "0"]
    assert lines[-1] == ["no", "difference", "is", "unexplained"]
