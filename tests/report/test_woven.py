"""`--verbose`: explanations below the segments that show them, each told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.explain.catalogue import entries
from inspector.pipeline import inspect
from inspector.report.terminal import render_inspection

CAPTURES = Path(__file__).resolve().parents[2] / "captures"


def drawn(name: str, *, verbose: bool = True) -> str:
    found = inspect(str(CAPTURES / name / f"{name}.pcapng"))
    return render_inspection(found, width=80, colour=False, verbose=verbose)


def flat(text: str) -> str:
    """Without lifelines and line breaks."""
    return " ".join(text.replace("│", " ").split())


def test_an_explanation_stands_below_its_segment_with_the_segments_own_numbers() -> None:
    text = flat(drawn("tcp-hello"))

    sum_at = text.index("ack: acknowledges the SYN of frame 1: 382772174 + 1 (SYN) = 382772175")
    why_at = text.index(entries("label")["SYN,ACK (2 of 3)"].texts["why"])
    assert text.index("SYN,ACK (2 of 3)") < sum_at < why_at < text.index("ACK (3 of 3)")


@pytest.mark.parametrize("name", ["tcp-multi", "retransmissions", "keep-alive-and-zero-window", "udp-request"])
def test_each_explanation_is_told_once(name: str) -> None:
    text = flat(drawn(name))
    labels = [entry.texts["why"] for entry in entries("label").values() if "why" in entry.texts]

    assert any(why in text for why in labels)
    assert all(text.count(why) <= sum(why in other for other in labels) for why in labels)


def test_a_wrong_number_is_explained_as_such_and_not_as_an_orderly_segment() -> None:
    text = flat(drawn("wrong-syn-ack"))

    assert entries("finding")["syn-ack-wrong-ack"].texts["why"] in text
    assert entries("label")["SYN,ACK (2 of 3)"].texts["why"] not in text


def test_without_verbose_nothing_is_explained() -> None:
    assert entries("label")["SYN,ACK (2 of 3)"].texts["why"] not in flat(drawn("tcp-hello", verbose=False))


def test_an_icmp_error_is_explained_too() -> None:
    assert entries("icmp")["port unreachable"].texts["why"] in flat(drawn("udp-unreachable"))
