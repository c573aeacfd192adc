"""The sequence of every first TCP conversation holds for what the demos were measured to do, and for no less.

Measured on Linux, 3,300 connections: one sequence for each demo, and one more when an end is slow to close (the
acknowledgment of the first FIN then goes by itself). Acknowledgments of data may be missing on other systems.
"""

from __future__ import annotations

import pytest

from inspector.demos import basics
from inspector.expect.model import Kind
from tests.expect.said import Said, told


def close(said: Said, first: str, *, slow: bool) -> Said:
    ends = [said.client, said.server] if first == "client" else [said.server, said.client]
    ends[0]("FIN,ACK")
    if slow:
        ends[1]("ACK")
    ends[1]("FIN,ACK")
    ends[0]("ACK")
    return said


def hello(said: Said, *, slow: bool) -> Said:
    said.server("PSH,ACK", len=14).client("ACK").client("PSH,ACK", len=18).server("ACK")
    return close(said, "client", slow=slow)


def greeting(said: Said, *, slow: bool) -> Said:
    return close(said.server("PSH,ACK", len=22).client("ACK"), "server", slow=slow)


def echo(said: Said, *, slow: bool) -> Said:
    said.client("PSH,ACK", len=21).server("ACK").server("PSH,ACK", len=35).client("ACK")
    return close(said, "client", slow=slow)


def oneway(said: Said, *, slow: bool) -> Said:
    return close(said.client("PSH,ACK", len=9).server("ACK"), "client", slow=slow)


def upload(said: Said, *, slow: bool) -> Said:
    said.client("PSH,ACK", len=720).server("ACK").client("FIN,ACK")
    if slow:
        said.server("ACK")
    return said.server("PSH,ACK", len=26).client("ACK").server("FIN,ACK").client("ACK")


STORIES = {
    "tcp-hello": hello,
    "tcp-greeting": greeting,
    "tcp-echo": echo,
    "tcp-oneway": oneway,
    "tcp-object": oneway,
    "tcp-multi": echo,
    "tcp-upload": upload,
}


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize("name", STORIES)
def test_each_demo_is_as_measured(name: str, *, slow: bool) -> None:
    comparison = STORIES[name](Said().handshake(), slow=slow).compare(name)
    assert comparison.differences == ()
    assert comparison.notes == ()


@pytest.mark.parametrize("name", STORIES)
def test_every_segment_but_an_acknowledgment_of_data_is_missed(name: str) -> None:
    count = len(STORIES[name](Said().handshake(), slow=False).segments)
    for frame in range(1, count + 1):
        said = STORIES[name](Said().handshake(), slow=False)
        traced = said.segments[frame - 1]
        optional = traced.row.flags == 0x10 and not traced.row.payload_len and 3 < frame < count
        found = said.without(frame).compare(name)
        assert [difference.kind for difference in found.differences] == [Kind.MISSING] * (not optional), frame


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("field", ["seq", "ack"])
def test_every_wrong_number_is_told_at_its_segment(name: str, field: str) -> None:
    count = len(STORIES[name](Said().handshake(), slow=False).segments)
    for frame in range(1 + (field == "ack"), count + 1):
        said = STORIES[name](Said().handshake(), slow=False)
        row = said.segments[frame - 1].row
        said.changed(frame, **{field: getattr(row, field) + 100_000})
        assert [difference[2:] for difference in told(said.compare(name))] in (
            [(frame, field)],
            [(frame, "")],  # an acknowledgment that is optional, and so extra where it is wrong
        ), frame


@pytest.mark.parametrize("rounds", [0, 1, 2, 5])
def test_an_echo_may_have_any_number_of_rounds_without_bare_acknowledgments(rounds: int) -> None:
    said = Said().handshake()
    for size in range(1, rounds + 1):
        said.client("PSH,ACK", len=size).server("PSH,ACK", len=size)
    assert close(said, "client", slow=False).compare("tcp-echo").matched


def test_an_upload_may_be_empty_or_large_with_the_last_piece_on_the_fin() -> None:
    empty = Said().handshake().client("FIN,ACK").server("PSH,ACK", len=26).client("ACK").server("FIN,ACK").client("ACK")
    assert empty.compare("tcp-upload").matched
    large = Said().handshake().client("ACK", len=32_000).client("ACK", len=32_000).server("ACK")
    for _ in range(8):
        large.client("ACK", len=32_000).client("PSH,ACK", len=32_000).server("ACK")
    large.client("FIN,PSH,ACK", len=100).server("PSH,ACK", len=26).client("ACK").server("FIN,ACK").client("ACK")
    assert large.compare("tcp-upload").matched


def test_every_first_tcp_conversation_is_told_here() -> None:
    assert set(STORIES) == {demo.name for demo in basics.DEMOS}
