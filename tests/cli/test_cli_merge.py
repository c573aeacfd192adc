"""Several files as one stream, from the command line."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from inspector.wire import CaptureWriter, open_capture
from tests.cli.command import inspector, shipped
from tests.wire.files import drained

if TYPE_CHECKING:
    from pathlib import Path

RING = [f"x_0000{number}_2026010112000{number}.pcapng" for number in (1, 2, 3)]


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    """A connection of eight segments over the three files of a ring buffer, whose second number came first."""
    with open_capture(shipped("wrong-syn-ack")) as reader:
        frames = drained(reader)
    for name, part in zip(RING, (frames[3:6], frames[:3], frames[6:]), strict=True):
        with CaptureWriter(tmp_path / name, link_type=frames[0].link_type) as writer:
            for frame in part:
                writer.write(frame)
    return tmp_path


def reports(*words: str | Path, cwd: Path) -> Any:
    done = inspector("replay", "--json", *words, cwd=cwd)
    assert done.err == ""
    return json.loads(done.out)


def test_a_ring_buffer_is_one_stream_in_the_order_of_its_times(ring: Path) -> None:
    told = reports(*RING, cwd=ring)

    assert told["source"] == f"{RING[0]} and 2 more"
    (connection,) = told["connections"]
    assert (connection["handshake"], connection["close"], len(connection["segments"])) == (
        "complete", "three-segment", 8,
    )  # fmt: skip


def test_the_report_says_so(ring: Path) -> None:
    done = inspector("replay", *RING, cwd=ring)

    assert done.code == 1
    assert "files     read as one stream: 3 files" in done.out
    assert f"in {RING[1]} frames 1 to 3; {RING[0]}" in done.out


def test_a_ring_buffer_may_be_read_apart(ring: Path) -> None:
    assert [len(report["connections"]) for report in reports("--no-merge", *RING, cwd=ring)] == [1, 1, 1]


def test_other_files_are_merged_on_demand(ring: Path) -> None:
    for number, name in enumerate(RING):
        (ring / name).rename(ring / f"part{number}.pcapng")
    names = [f"part{number}.pcapng" for number in range(3)]

    assert len(reports(*names, cwd=ring)) == 3
    assert len(reports("--merge", *names, cwd=ring)["connections"]) == 1


def test_compressed_files_and_standard_input_are_merged_too(ring: Path) -> None:
    packed = gzip.compress((ring / RING[0]).read_bytes())
    (ring / "one.gz").write_bytes(packed)
    done = inspector(
        "replay", "--json", "--merge", "one.gz", "-", RING[2], cwd=ring, stdin=(ring / RING[1]).read_bytes()
    )

    (connection,) = json.loads(done.out)["connections"]
    assert (connection["close"], len(connection["segments"])) == ("three-segment", 8)
    assert [file["frames"] for file in json.loads(done.out)["capture"]["files"]] == [3, 3, 2]


def test_a_ring_buffer_among_others_stands_at_its_first_file(ring: Path) -> None:
    told = reports(RING[0], shipped("refused"), *RING[1:], cwd=ring)

    assert [report["source"] for report in told] == [f"{RING[0]} and 2 more", str(shipped("refused"))]


def test_a_cut_file_is_named_and_the_others_are_read(ring: Path) -> None:
    whole = (ring / RING[1]).read_bytes()
    (ring / RING[1]).write_bytes(whole[:-10])
    done = inspector("replay", *RING, cwd=ring)

    assert done.code == 3
    assert f"cut: {RING[1]}: byte" in done.out
    assert "7 frames" in done.out


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_read(ring: Path) -> None:
    (ring / RING[1]).write_bytes(b"no capture\n")
    done = inspector("replay", "--merge", *RING, "absent", "/", cwd=ring)

    assert done.code == 3
    assert [line.split(": ")[1] for line in done.err.splitlines() if line.startswith("inspector: ")] == [
        f"{RING[1]}, byte 0", "absent", "/",
    ]  # fmt: skip
    assert f"not read: {RING[1]}" in done.out
    assert "5 frames" in done.out


def test_where_nothing_can_be_read_there_is_a_reason(tmp_path: Path) -> None:
    done = inspector("replay", "--merge", "absent", "missing", cwd=tmp_path)

    assert done.code == 3
    assert done.err.count("cannot be opened") == 2
    assert done.out.count("not read") == 2


def test_a_stream_that_names_a_file_twice_is_refused(ring: Path) -> None:
    done = inspector("replay", RING[0], RING[1], RING[0], cwd=ring)

    assert done.code == 2
    assert f"{RING[0]} is named twice" in done.err
    assert inspector("replay", "--no-merge", RING[0], RING[1], RING[0], cwd=ring).code == 1


# ------------------------------------------------------------------------------- one connection of a stream


def test_a_connection_of_a_ring_buffer_is_drawn_and_followed_over_the_borders_of_files(ring: Path) -> None:
    whole = inspector("replay", "--json", *RING, cwd=ring)
    one = reports("--connection", "1", "--follow", "1", *RING, cwd=ring)

    assert one["connections"][0]["segments"] == json.loads(whole.out)["connections"][0]["segments"]
    assert [file["frames"] for file in one["capture"]["files"]] == [3, 3, 2]
    assert [talk["connection"] for talk in one["talks"]] == [1]
    drawn = inspector("replay", "--connection", "1", *RING, cwd=ring)
    assert f"in {RING[1]} frames 1 to 3; {RING[0]}" in drawn.out


def test_a_connection_of_a_ring_buffer_is_saved_as_one_capture_of_all_its_frames(ring: Path) -> None:
    done = inspector("replay", "--save-connection", "1", "one.pcapng", *RING, cwd=ring)

    assert (done.code, done.err) == (1, "")  # for its findings
    with open_capture(ring / "one.pcapng") as saved, open_capture(shipped("wrong-syn-ack")) as reader:
        assert [frame.data for frame in drained(saved)] == [frame.data for frame in drained(reader)]


def test_no_file_of_a_stream_is_overwritten_by_a_connection_of_it(ring: Path) -> None:
    before = (ring / RING[2]).read_bytes()
    done = inspector("replay", "--save-connection", "1", RING[2], *RING, cwd=ring)

    assert done.code == 2
    assert f"expected another file to save to: {RING[2]} is the capture that is read" in done.err
    assert (ring / RING[2]).read_bytes() == before


def test_a_connection_that_is_not_there_is_told_behind_the_files_that_could_not_be_read(ring: Path) -> None:
    done = inspector("replay", "--merge", "--connection", "2", *RING, "absent", cwd=ring)

    assert [line for line in done.err.splitlines() if "absent" in line or "has 1 connection" in line] != []
    assert "absent: cannot be opened" in done.err
    assert "the capture has 1 connection; expected a number from 1 to 1, found 2" in done.err


# ------------------------------------------------------------------------------- frames that tshark chooses


@pytest.mark.parametrize("wish", [(), ("--connection", "1")], ids=["all", "one"])
def test_a_display_filter_chooses_frames_of_the_stream_by_its_numbers(
    ring: Path, tshark: str, wish: tuple[str, ...]
) -> None:
    """Frames are numbered through, and what Wireshark calls a stream does not end where a file does."""
    assert tshark
    told = reports("-Y", "tcp.stream == 0 && frame.number > 2 && frame.number < 7", *wish, *RING, cwd=ring)

    (connection,) = told["connections"]
    assert [each["frame"] for each in connection["segments"]] == [3, 4, 5, 6]
    assert [file["frames"] for file in told["capture"]["files"]] == [3, 3, 2]


def test_a_display_filter_takes_packed_files_and_standard_input(ring: Path, tshark: str) -> None:
    assert tshark
    (ring / "one.gz").write_bytes(gzip.compress((ring / RING[0]).read_bytes()))
    words = ("replay", "--json", "--merge", "-Y", "tcp.flags.syn == 1", "one.gz", "-", RING[2])
    done = inspector(*words, cwd=ring, stdin=(ring / RING[1]).read_bytes())

    assert [each["frame"] for each in json.loads(done.out)["connections"][0]["segments"]] == [1, 2]


def test_another_decoder_reads_one_capture_only(ring: Path) -> None:
    done = inspector("replay", "--decoder", "scapy", *RING, cwd=ring)

    assert done.code == 2
    assert "--decoder scapy reads each capture for itself, and these are one stream; expected --no-merge" in done.err
