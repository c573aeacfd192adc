"""What is kept of connections that were asked for, at both speeds, and what is said of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inspector.choice import choosing
from inspector.choice.choosing import Choice
from inspector.pipeline import inspect, inspect_chosen
from inspector.wire.reader import open_capture
from tests.conftest import ROOT

if TYPE_CHECKING:
    from inspector.report.inspection import Inspection

LOST = ROOT / "captures" / "tcp-syn-lost" / "tcp-syn-lost.pcapng"


def test_payloads_and_comments_are_those_of_a_replay() -> None:
    whole = inspect(LOST)

    chosen = inspect_chosen(LOST, Choice([1]))

    assert (chosen.connections, chosen.verdict) == (whole.connections[:1], whole.verdict)
    assert (chosen.payloads, chosen.comments) == (whole.payloads, whole.comments)
    assert chosen.comments  # the link says what it did


def test_the_speed_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> Inspection:
        return inspect_chosen(LOST, Choice([1]))

    plain = told()
    monkeypatch.setattr("inspector.opening.open_capture", lambda *a, **k: open_capture(*a, plain_frames=0, **k))

    assert told() == plain


def test_what_is_beyond_the_room_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "_MOST_ROWS", 4)

    chosen = inspect_chosen(ROOT / "captures" / "tcp-hello" / "tcp-hello.pcapng", Choice([1]))

    assert len(chosen.connections[0].segments) == 4
    assert chosen.capture.artefacts == (
        ("segments of connection 1 beyond the first 4 that are kept: neither drawn nor judged one by one", 6),
    )
    assert chosen.connections[0].originator.segments == 6
