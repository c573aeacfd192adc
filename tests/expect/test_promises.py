"""The promises of tolerance, on captures: what spoils no match is noted, and `strict` refuses the same frames."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inspector.expect.parser import parse
from inspector.pipeline import inspect

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.expect.model import Comparison

DATA = """
use three-way-handshake
repeat +:
    either: client > server  any  len>0
    or: server > client  any  len>0
use any-close
"""


def compared(captures: Path, name: str, *, strict: bool, text: str = "") -> Comparison:
    folder = captures / name
    sequence = parse(text or (folder / "expected.seq").read_text(encoding="utf-8"), str(folder / "expected.seq"))
    (comparison,) = inspect(folder / f"{name}.pcapng", expected=replace(sequence, strict=strict)).comparisons
    return comparison


@pytest.mark.parametrize(
    ("name", "what", "frames"),
    [
        ("doubled-loopback", "capture duplicates", [2, 4, 6, 8, 10, 12, 14, 16]),
        ("retransmissions", "retransmissions", [2, 4, 7, 10, 12]),
        ("unanswered", "retransmissions", [2, 3, 4, 5, 6, 7, 8]),
        ("tcp-length-prefix", "plain acknowledgments of data", [5, 7, 9, 11, 13, 15, 17, 19]),
    ],
)
def test_what_does_not_spoil_a_match_is_noted_and_refused_by_strict(
    captures: Path, name: str, what: str, frames: list[int]
) -> None:
    comparison = compared(captures, name, strict=False)
    assert comparison.matched
    (note,) = comparison.notes
    assert note.startswith(f"tolerated {what}: frames {', '.join(map(str, frames[:5]))}")
    strict = compared(captures, name, strict=True)
    assert [(each.kind, each.frame) for each in strict.differences] == [("extra", frame) for frame in frames]
    assert strict.notes == ()


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        (
            "tcp-zero-window",
            [
                "plain acknowledgments of data: frames 6, 8, 16, 17, 19",
                "zero-window probes: frames 9, 10, 11, 12",
                "window updates: frame 13",
            ],
        ),
        ("tcp-keepalive", ["plain acknowledgments of data: frame 5", "keep-alives: frames 6, 7, 8, 9"]),
        (
            "keep-alive-and-zero-window",
            [
                "plain acknowledgments of data: frames 5, 10",
                "zero-window probes: frame 7",
                "window updates: frame 8",
                "keep-alives: frames 11, 12",
            ],
        ),
    ],
)
def test_what_keeps_data_going_needs_no_line_and_strict_wants_one(captures: Path, name: str, notes: list[str]) -> None:
    comparison = compared(captures, name, strict=False, text=DATA)
    assert comparison.matched
    assert comparison.notes == tuple(f"tolerated {note}" for note in notes)
    strict = compared(captures, name, strict=True, text=DATA)
    assert strict.notes == ()
    assert not strict.matched
