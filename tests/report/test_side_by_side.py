"""What went to each of a few servers is summed up side by side; and what programs said stays open to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.report.inspection import Inspection, Message
from inspector.report.terminal import render_inspection
from inspector.wire.row import NO_TIME, Endpoint
from tests.report import stories
from tests.report.stories import CLIENT, ORIGINATOR, START_NS, inspection

if TYPE_CHECKING:
    from inspector.tcp.model import Connection


def to_port(port: int, number: int = 1, **fields: Any) -> Connection:
    return stories.hello(ends=(CLIENT, Endpoint("127.0.0.1", port))).connection(number=number, **fields)


def table(made: Inspection) -> list[str]:
    """The lines of the table: its head, its rule and its rows; none where there is no table."""
    lines = render_inspection(made, width=80, colour=False).splitlines()
    begin = next((place for place, line in enumerate(lines) if line.startswith("to   ")), None)
    return [] if begin is None else lines[begin : lines.index("", begin)]


def test_several_connections_to_one_server_are_summed_up_beside_those_to_another() -> None:
    made = inspection(
        to_port(8001, 1, last_ns=START_NS + 1_000_000),
        to_port(8001, 2, first_ns=START_NS + 2_000_000, last_ns=START_NS + 3_000_000),
        to_port(8002, 3, last_ns=START_NS + 500_000),
    )

    assert table(made)[0].split() == ["to", "conversations", "frames", "bytes", "time"]
    assert [line.split() for line in table(made)[2:]] == [
        ["127.0.0.1:8001", "2", "connections", "20", "64", "3.000", "ms"],
        ["127.0.0.1:8002", "1", "connection", "10", "32", "0.500", "ms"],
    ]


def test_a_connection_is_summed_up_beside_an_exchange() -> None:
    one = stories.udp_replied().exchanges
    made = inspection(to_port(8001), exchanges=one)

    assert [line.split()[:4] for line in table(made)[2:]] == [
        ["127.0.0.1:8001", "1", "connection", "10"],
        ["127.0.0.1:8234", "1", "exchange", "2"],
    ]


def test_one_server_is_compared_with_nobody() -> None:
    assert table(inspection(to_port(8001, 1), to_port(8001, 2))) == []


def test_one_connection_each_is_told_by_its_own_ladder() -> None:
    assert table(inspection(to_port(8001, 1), to_port(8002, 2))) == []


def test_more_than_a_few_servers_are_no_comparison() -> None:
    eight = [to_port(8000 + number, number + 1) for number in range(8)]
    again = to_port(8000, 9)

    assert len(table(inspection(*eight, again))) == 2 + 8
    assert table(inspection(*eight, again, to_port(8008, 10))) == []


def test_frames_without_times_have_no_sum_of_them() -> None:
    made = inspection(to_port(8001, 1, first_ns=NO_TIME), to_port(8001, 2), to_port(8002, 3))

    assert table(made)[2].split()[-1] == "-"


def test_a_segment_of_which_a_program_says_something_is_not_folded_away() -> None:
    story = stories.bulk(20)
    said = tuple(Message("client", "d", "sent", 1448) for _ in range(5))
    folded = render_inspection(inspection(story.connection(), payloads=story.payloads), width=80, colour=False)
    opened = render_inspection(
        inspection(story.connection(), payloads=story.payloads, messages=said), width=80, colour=False
    )
    third_write = f"{story.segments[6].row.frame:>5}"

    assert story.segments[6].sender is ORIGINATOR
    assert not any(line.startswith(third_write) for line in folded.splitlines())
    assert any(line.startswith(third_write) for line in opened.splitlines())
