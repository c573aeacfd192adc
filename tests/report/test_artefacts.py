"""What the capturing did is told apart from what the protocol did: clocks, offload, checksums."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from inspector.pipeline import inspect
from inspector.report.json_report import to_json
from inspector.report.terminal import render_inspection
from inspector.tcp.lifetimes import Limits
from tests.wire.files import NOW, pcap

OFFER = bytes.fromhex("02040064")
"""An MSS of 100."""


def segment(
    flags: int, seq: int, ack: int, payload: bytes = b"", *, back: bool = False, options: bytes = b"", sum_: Any = None
) -> bytes:
    ends = [bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])]
    ports = [b"\x30\x39", b"\x00\x50"]
    if back:
        ends, ports = ends[::-1], ports[::-1]
    head = b"".join(ports) + seq.to_bytes(4) + ack.to_bytes(4) + bytes([(5 + len(options) // 4) << 4, flags])
    length = 20 + len(options) + len(payload)
    pseudo = folded(b"".join(ends) + b"\0\x06" + length.to_bytes(2))
    zeroed = head + b"\x20\0\0\0\0\0" + options + payload
    whole = 0xFFFF - folded(zeroed + bytes(len(zeroed) % 2) + pseudo.to_bytes(2))
    checksum = {"partial": pseudo, "wrong": whole ^ 0x0101, None: whole}[sum_]
    tcp = head + b"\x20\0" + checksum.to_bytes(2) + b"\0\0" + options + payload
    ip = b"\x45\0" + (20 + len(tcp)).to_bytes(2) + bytes(4) + b"\x40\x06\0\0" + b"".join(ends)
    return ip + tcp


def folded(data: bytes) -> int:
    total = sum(int.from_bytes(data[place : place + 2]) for place in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def told(frames: list[bytes], *, times: list[int] | None = None, **how: Any) -> Any:
    times = times or list(range(len(frames)))
    records = [(NOW, time, data, len(data)) for time, data in zip(times, frames, strict=True)]
    return inspect(BytesIO(pcap(records, link_type=101)), **how)


def conversation(payload: bytes = b"hello", sum_: str | None = None) -> list[bytes]:
    return [
        segment(2, 100, 0, options=OFFER),
        segment(18, 300, 101, back=True, options=OFFER),
        segment(16, 101, 301),
        segment(24, 101, 301, payload, sum_=sum_),
    ]


def test_an_ordinary_capture_has_no_artefacts() -> None:
    inspection = told(conversation())

    assert inspection.capture.artefacts == ()
    assert "artefacts" not in to_json(inspection)["capture"]


def test_a_clock_that_steps_back_is_counted() -> None:
    inspection = told(conversation(), times=[5, 6, 4, 7])

    assert inspection.capture.artefacts == (("of a time before that of the frame before: the clock steps back", 1),)


def test_a_segment_longer_than_its_receivers_mss_is_offloads_doing() -> None:
    inspection = told(conversation(bytes(101)))

    assert told(conversation(bytes(100))).capture.artefacts == ()
    assert inspection.capture.artefacts == (
        ("longer than the receiver's MSS: cut or joined by the network card (offload)", 1),
    )


@pytest.mark.parametrize(
    ("sum_", "words"),
    [("partial", "partial, left for the network card to finish"), ("wrong", "wrong"), (None, "correct")],
)
def test_checksums_are_judged_where_asked_for(sum_: str, words: str) -> None:
    silent, asked = told(conversation(sum_=sum_)), told(conversation(sum_=sum_), verify=True)

    assert silent.capture.artefacts == ()
    assert dict(asked.capture.artefacts)[f"of a checksum that is {words}"] == (1 if sum_ else 4)
    kinds = [finding.kind for finding in asked.findings]
    assert kinds == (["tcp-wrong-checksum"] if sum_ == "wrong" else [])
    assert [finding.kind for finding in silent.findings] == []


@pytest.mark.parametrize("sum_", ["wrong", None])
def test_a_wrong_checksum_is_a_finding_of_a_capture_that_is_summed_up_too(sum_: str | None) -> None:
    summary = told(conversation(sum_=sum_), verify=True, keep=0, limits=Limits()).summary

    assert {name: kind.findings for name, kind in summary.kinds.items()} == ({"tcp-wrong-checksum": 1} if sum_ else {})
    assert (summary.findings, summary.faults) == (1 if sum_ else 0, 0)


def test_both_speeds_count_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    from inspector import opening

    frames, times = conversation(sum_="partial") * 3, [1, 2, 3, 4, 4, 3, 2, 9, 1, 2, 3, 4]
    plain = told(frames, times=times, verify=True)
    opened = opening.open_capture  # type: ignore[attr-defined]  # it is the one that is called
    monkeypatch.setattr(opening, "open_capture", lambda *a, **k: opened(*a, **k, plain_frames=0))
    fast = told(frames, times=times, verify=True)

    assert plain.capture.artefacts == fast.capture.artefacts
    assert plain.capture.artefacts[0][1] == 3


def test_what_was_skipped_and_what_was_found_stand_under_the_capture() -> None:
    records = [(NOW, time, data, len(data)) for time, data in enumerate(conversation(sum_="wrong"))]
    data = pcap(records, link_type=101)
    damaged = data[:84] + b"\xff" * 9 + data[84:]
    inspection = inspect(BytesIO(damaged), verify=True)
    text = render_inspection(inspection, width=120, colour=False)
    capture = to_json(inspection)["capture"]

    assert inspection.capture.is_lossy
    assert "skipped: " in text
    assert capture["skipped"] == inspection.capture.skipped
    assert {"what": "of a checksum that is wrong", "frames": 1} in capture["artefacts"]
