"""Several files as one stream, and one file: the same report, but for the names of files."""

from __future__ import annotations

import json
import shutil
import subprocess
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from inspector.pipeline import inspect
from inspector.report.json_report import schema, to_json
from inspector.report.terminal import render_inspection
from inspector.wire import CaptureWriter, open_capture
from inspector.wire.row import NO_TIME
from inspector.wire.series import FileOfSeries
from tests.cli.command import CAPTURES
from tests.wire.files import drained

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inspector.report.inspection import Inspection
    from inspector.wire import Frame

VALIDATOR = Draft202012Validator(schema())
OWN = sorted(CAPTURES.glob("*/*.pcapng"))


def frames_in(path: Path) -> list[Frame]:
    with open_capture(path) as reader:
        return drained(reader)


def written(frames: Sequence[Frame]) -> BytesIO:
    stream = BytesIO()
    with CaptureWriter(stream, link_type=frames[0].link_type if frames else 1) as writer:
        for frame in frames:
            writer.write(frame)
    return BytesIO(stream.getvalue())


def merged(parts: Sequence[Sequence[Frame]]) -> Inspection:
    return inspect([FileOfSeries(f"part {i}", written(part)) for i, part in enumerate(parts)], name="parts")


def report(inspection: Inspection) -> dict[str, Any]:
    """The JSON report without the names of files."""
    told = to_json(inspection)
    del told["source"]
    told["capture"].pop("files", None)
    for conversation in (*told["connections"], *told["exchanges"]):
        for unit in (conversation, *conversation.get("segments", ()), *conversation.get("datagrams", ())):
            for finding in unit["findings"]:
                finding.pop("origin", None)
    return told


def is_in_order(frames: Sequence[Frame], *, strictly: bool) -> bool:
    times = [frame.time_ns for frame in frames]
    return NO_TIME not in times and all(a < b if strictly else a <= b for a, b in pairwise(times))


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_a_capture_in_pieces_is_the_capture(path: Path) -> None:
    """In three files one after the other."""
    frames = frames_in(path)
    if not is_in_order(frames, strictly=False):
        pytest.skip("its clock steps back, which over the border of files is put in order")
    third = len(frames) // 3 + 1
    parts = [frames[:third], frames[third : 2 * third], frames[2 * third :]]

    assert report(merged(parts)) == report(inspect(written(frames)))


TAKING_TURNS = [path for path in OWN if path.stem in {"wrong-syn-ack", "tcp-upload", "udp-request", "tcp-multi"}]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), path=st.sampled_from(TAKING_TURNS))
def test_frames_may_lie_in_any_of_the_files(data: Any, path: Path) -> None:
    frames = frames_in(path)
    assert is_in_order(frames, strictly=True)
    number = data.draw(st.integers(1, 4))
    owners = data.draw(st.lists(st.integers(0, number - 1), min_size=len(frames), max_size=len(frames)))
    parts = [[f for f, owner in zip(frames, owners, strict=True) if owner == i] for i in range(number)]

    assert report(merged(parts)) == report(inspect(written(frames)))


def test_a_finding_tells_its_file_and_its_frame_there() -> None:
    frames = frames_in(CAPTURES / "wrong-syn-ack" / "wrong-syn-ack.pcapng")
    inspection = merged([frames[:1], frames[1:]])
    told = to_json(inspection)
    VALIDATOR.validate(told)
    (finding,) = told["connections"][0]["findings"] or told["connections"][0]["segments"][1]["findings"]

    assert (finding["frame"], finding["origin"]) == (2, {"file": "part 1", "frame": 1})
    assert [file["frames"] for file in told["capture"]["files"]] == [1, 7]


def test_the_text_tells_the_files_of_a_stream_and_of_a_connection() -> None:
    frames = frames_in(CAPTURES / "wrong-syn-ack" / "wrong-syn-ack.pcapng")
    text = render_inspection(merged([frames[:1], frames[1:]]), width=80, colour=False)

    assert "in part 0 frame 1; part 1 frames 1 to 7" in text
    assert "files     read as one stream: 2 files" in text


def test_a_single_capture_says_nothing_of_files() -> None:
    inspection = inspect(CAPTURES / "wrong-syn-ack" / "wrong-syn-ack.pcapng")

    assert "origin" not in json.dumps(to_json(inspection)["connections"][0]["findings"])
    assert "files" not in to_json(inspection)["capture"]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = CAPTURES / "refused" / "refused.pcapng"
    inspection = inspect([FileOfSeries(str(p), p) for p in (path, tmp_path / "absent")], name="two")

    assert inspection.capture.is_incomplete
    assert inspection.capture.is_lossy
    assert f"not read: {tmp_path / 'absent'}"[:40] in render_inspection(inspection, width=200, colour=False)
    VALIDATOR.validate(to_json(inspection))


PAIRS = [
    ("ppa-packets/sessionhijacking.pcapng", "tcpflow/tests/bug5.pcap"),
    ("zeek/testing/btest/Traces/wikipedia.pcap", "zeek/testing/btest/Traces/wikipedia.pcap"),
    ("derived-forms/fast_reuse.pcap-le-us.pcap", "derived-forms/fast_reuse.pcap-be-ns.pcap"),
    ("tcpflow/tests/test5-lines-randomized.pcap", "dpkt/examples/data/nb6-http.pcap"),
    ("derived-forms/tfo.pcapng-2if-alternating.pcapng", "zeek/testing/btest/Traces/ftp/ipv6.pcap"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("one", "other"), PAIRS, ids=[one.rsplit("/")[-1] for one, _ in PAIRS])
def test_mergecap_merges_to_the_same_report(corpus: Path, tmp_path: Path, one: str, other: str) -> None:
    """Among equal times `mergecap` takes the file that was named last, we the one that began first: hence the order.

    No frames without a time here: it gives them one, 1970.
    """
    if shutil.which("mergecap") is None:
        pytest.skip("needs Wireshark's mergecap")
    theirs = tmp_path / "merged.pcapng"
    beginnings = {name: frames_in(corpus / name)[0].time_ns for name in (other, one)}
    ours_last = sorted((other, one), key=beginnings.__getitem__, reverse=True)
    subprocess.run(["mergecap", "-w", theirs, *(corpus / name for name in ours_last)], check=True, capture_output=True)
    ours = inspect([FileOfSeries(name, corpus / name) for name in (one, other)], name="two")

    assert report(ours) == report(inspect(theirs))
