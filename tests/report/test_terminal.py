"""The picture: its golden texts, and the laws that hold for every inspection."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.expect.model import Comparison
from inspector.report.escape import cells
from inspector.report.inspection import Inspection, Message, Verdict
from inspector.report.terminal import render_inspection
from inspector.wire.row import NO_TIME, Endpoint
from tests.report import stories
from tests.report.made import inspections
from tests.report.stories import ORIGINATOR, RESPONDER, hello, inspection

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent / "golden"
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def greeting() -> Inspection:
    story = hello()
    return inspection(
        story.connection(handshake_ns=62_000),
        title="tcp-hello: a greeting and its thanks",
        payloads=story.payloads,
        messages=(
            Message("server", "Hello, Client!", "sent", 14),
            Message("client", "Hello, Client!", "received", 14),
            Message("client", "Thank you, Server!", "sent", 18),
            Message("server", "Thank you, Server!", "received", 18),
        ),
        saved_to="tcp-hello.pcapng",
        verdict=Verdict.AS_EXPECTED,
        lesson=("Three segments open, three close: the second FIN carries the ACK of the first.",),
    )


CASES: dict[str, tuple[Callable[[], Inspection], dict[str, Any]]] = {
    "hello": (greeting, {}),
    "hello-ascii": (greeting, {"unicode": False}),
    "hello-colour": (greeting, {"colour": True}),
    "hello-absolute": (greeting, {"absolute": True}),
    "hello-60": (greeting, {"width": 60}),
    "hello-120": (greeting, {"width": 120}),
    "hello-30": (greeting, {"width": 30}),
    "hello-verbose": (greeting, {"verbose": True}),
    "refused": (lambda: inspection(stories.refused()), {}),
    "wrong-number": (stories.wrong_number_compared, {}),
    "simultaneous-close": (lambda: inspection(stories.both_close()), {}),
    "self-connect": (lambda: inspection(stories.self_connected()), {}),
    "bulk": (lambda: inspection(stories.bulk().connection()), {}),
    "chinese-and-hostile": (stories.chinese, {}),
    "lossy": (stories.lossy, {}),
    "many": (lambda: stories.many(6), {"max_connections": 1}),
    "udp-replied": (stories.udp_replied, {}),
    "udp-unreachable": (stories.udp_unreachable, {}),
    "nothing": (lambda: inspection(verdict=Verdict.NOTHING), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_picture_is_the_golden_one(name: str, request: pytest.FixtureRequest) -> None:
    """Rewrite with `pytest tests/report --update-golden`; a missing golden text fails."""
    make, choices = CASES[name]
    shown = render_inspection(make(), **({"width": 80, "colour": False} | choices))
    golden = GOLDEN / f"{name}.txt"
    if request.config.getoption("--update-golden"):
        golden.write_text(shown, "utf-8")

    assert golden.is_file(), f"{golden.name} is missing: make it with --update-golden, and look at it"
    assert shown == golden.read_text("utf-8")


def test_every_golden_text_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(CASES)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(inspections(), st.integers(60, 200), st.booleans(), st.booleans(), st.booleans())
def test_no_line_is_too_wide_and_no_control_passes(  # each truth value is drawn
    made: Inspection,
    width: int,
    unicode: bool,  # noqa: FBT001
    verbose: bool,  # noqa: FBT001
    absolute: bool,  # noqa: FBT001
) -> None:
    shown = render_inspection(
        made, width=width, colour=False, unicode=unicode, verbose=verbose, absolute=absolute, max_connections=2
    )

    for line in shown.removesuffix("\n").split("\n"):
        assert cells(line) <= width
        assert all(char.isprintable() or char == "\u3000" for char in line)
    if not unicode:
        assert shown.isascii()


@settings(max_examples=25, deadline=None)
@given(inspections(), st.integers(24, 59))
def test_a_narrow_page_holds_too(made: Inspection, width: int) -> None:
    shown = render_inspection(made, width=width, colour=False)

    assert all(cells(line) <= width for line in shown.split("\n"))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(inspections())
def test_colour_is_never_the_only_sign(made: Inspection) -> None:
    plain = render_inspection(made, width=80, colour=False)
    coloured = render_inspection(made, width=80, colour=True)

    assert [line.rstrip() for line in ESCAPES.sub("", coloured).split("\n")] == plain.split("\n")


@settings(max_examples=25, deadline=None)
@given(inspections())
def test_the_verdict_is_the_last_thing_said(made: Inspection) -> None:
    shown = render_inspection(made, width=200, colour=False, unicode=False)

    assert shown.splitlines()[-1].startswith("verdict ")


def test_arrows_point_from_the_sender() -> None:
    shown = render_inspection(greeting(), width=80, colour=False).splitlines()
    arrows = [
        "right" if line.count("▶") else "left" for line in shown if "───" in line and ("▶" in line or "◀" in line)
    ]
    senders = [traced.sender for traced in greeting().connections[0].segments]

    assert arrows == ["right" if sender is ORIGINATOR else "left" for sender in senders]


def test_a_state_is_printed_when_it_changes_and_only_then() -> None:
    shown = render_inspection(greeting(), width=80, colour=False)

    assert shown.count("ESTABLISHED") == 2
    assert shown.count("TIME-WAIT") == 1


def test_a_fold_counts_what_it_hides_and_verbose_hides_nothing() -> None:
    made = inspection(stories.bulk().connection())

    assert "117 segments of data, 169,416 bytes, 59 ACKs" in render_inspection(made, width=80, colour=False)
    assert render_inspection(made, width=80, colour=False, verbose=True).count("▶│") == 124


def test_a_storm_of_open_segments_is_folded_in_its_middle() -> None:
    story = stories.opened()
    for _ in range(300):
        story.say(RESPONDER, "RST", "CLOSED CLOSED", label="RST (abort)")
    shown = render_inspection(inspection(story.connection()), width=80, colour=False)

    assert len(shown.splitlines()) < 250
    assert "255 other segments" in shown
    assert "255 x RST (abort)" in shown


def test_a_finding_of_the_whole_connection_is_said_below_its_ladder() -> None:
    assert "the capture began after the handshake" in render_inspection(stories.lossy(), width=80, colour=False)


def test_loss_is_never_silent() -> None:
    shown = render_inspection(stories.lossy(), width=100, colour=False)

    assert "9 frames · 3 dropped · 4 duplicates · 2 undecoded · 1 truncated" in shown
    assert "2 undecoded: IPv4 header length 12, at least 20 expected" in shown
    assert "cut: a.pcap, byte 812: record cut short" in shown
    assert "from an incomplete capture" in shown.splitlines()[-1]


def test_a_difference_stands_at_its_segment_and_a_missing_one_at_its_place() -> None:
    shown = render_inspection(stories.wrong_number_compared(), width=80, colour=False).splitlines()
    changed = next(number for number, line in enumerate(shown) if "≠ line 2, ack" in line)
    missing = next(number for number, line in enumerate(shown) if "╌╌╌" in line)
    reset = next(number for number, line in enumerate(shown) if "RST (answer)" in line)

    assert changed < missing < reset
    assert shown[missing].rstrip().endswith("╌▶│")


def test_a_difference_of_a_connection_that_is_not_drawn_is_told_at_the_end() -> None:
    made = stories.wrong_number_compared()
    shown = render_inspection(made, width=200, colour=False, max_connections=0)

    assert "frame 2, line 2, ack: expected x+1" in shown
    assert "missing, line 3: client > server  ACK" in shown


def test_the_connection_that_differs_is_drawn_before_those_that_do_not() -> None:
    shown = render_inspection(stories.many(6), width=80, colour=False, max_connections=1)

    assert "connection 6 of 6" in shown
    assert "connection 1 of 6" not in shown


def test_symbols_take_the_names_of_the_expected_sequence() -> None:
    made = stories.wrong_number_compared()
    renamed = replace(made.comparisons[0], bindings=(("isn", stories.X), ("irs", stories.Y)))
    shown = render_inspection(replace(made, comparisons=(renamed,)), width=80, colour=False)

    assert f"seq=isn ({stories.X})" in shown
    assert f"seq=irs ({stories.Y})  ack=isn ({stories.X})" in shown


def test_a_message_that_no_segment_carried_is_told_all_the_same() -> None:
    made = replace(greeting(), messages=(Message("client 2", "waits in the accept queue\x1b", "note"),))

    assert "client 2: waits in the accept queue\\x1b" in render_inspection(made, width=80, colour=False)


def test_a_message_read_in_another_encoding_is_shown_as_it_was_read() -> None:
    story = stories.opened().say(ORIGINATOR, "PSH,ACK", payload="你好".encode("gbk"), label="data")
    messages = (Message("client", "你好", "sent", 4), Message("server", "���", "received", 4))
    made = inspection(story.connection(), payloads=story.payloads, messages=messages)
    shown = render_inspection(made, width=80, colour=False)

    assert '"\\xc4\\xe3\\xba\\xc3"' in shown
    assert 'client sent it as "你好"' in shown
    assert "server received it as" in shown


def test_udp_is_told_what_it_has_not_unless_a_lesson_tells_it() -> None:
    made = stories.udp_replied()

    assert "No handshake" in render_inspection(made, width=80, colour=False)
    assert "No handshake" not in render_inspection(replace(made, lesson=("As a postcard.",)), width=80, colour=False)


def test_comparisons_that_match_are_summed_up_where_there_are_several() -> None:
    made = stories.many(3)
    each = Comparison("tcp-hello", matched=True, differences=(), bindings=(), lines=(), connection=1)
    made = replace(made, comparisons=(each, replace(each, connection=2)))

    assert "tcp-hello: as expected in 2 of 2 connections" in render_inspection(made, width=80, colour=False)


def test_a_long_endpoint_keeps_its_port() -> None:
    long = Endpoint("2001:db8:85a3:8d3:1319:8a2e:370:7348", 65535)
    story = stories.opened(ends=(long, long._replace(port=443)))
    for width in (24, 60, 80):
        shown = render_inspection(inspection(story.connection()), width=width, colour=False)

        assert ":65535" in shown
        assert "]:443" in shown


def test_a_frame_without_time_says_so() -> None:
    story = hello()
    for traced in story.segments:
        traced.row.time_ns = NO_TIME
    shown = render_inspection(inspection(story.connection(first_ns=NO_TIME)), width=80, colour=False)

    assert "    1      - │ SYN" in shown
