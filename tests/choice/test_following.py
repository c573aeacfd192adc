"""What was said: the bytes of tshark's Follow Stream, and lines that no payload can forge."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from inspector.errors import InspectorError
from inspector.findings import Side
from inspector.pipeline import inspect
from inspector.report.follow import transcripts
from inspector.report.follow_json import talks_to_json
from inspector.report.json_report import schema, to_json
from inspector.report.page import Page
from inspector.tcp.stream import Hole, Piece
from inspector.wire.frame import Frame
from inspector.wire.writer import CaptureWriter
from tests.choice.choosing import Chosen, choose
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.tcp.model import Connection
    from inspector.tcp.talk import Talk

CAPTURES = sorted((ROOT / "captures").glob("*/*.pcapng"))
LARGEST = 60_000
"""Bytes of a capture of the corpus that tshark is asked about; it takes a run for each."""
CLIENT, SERVER = b"\x0a\0\0\1", b"\x0a\0\0\2"


class Followed(dict[Side, bytes]):
    """What tshark's Follow Stream prints for one stream."""


def follow(tshark: str, path: Path, streams: list[int], first: dict[int, str]) -> dict[int, Followed]:
    """Each of `streams` as tshark follows it; `first` is the endpoint of our originator."""
    asked = [word for stream in streams for word in ("-z", f"follow,tcp,raw,{stream}")]
    done = subprocess.run([tshark, "-n", "-r", path, "-q", *asked], capture_output=True, text=True, check=True)
    found: dict[int, Followed] = {}
    swapped, stream = False, -1
    for line in done.stdout.splitlines():
        if line.startswith("Filter: tcp.stream eq "):
            stream = int(line.split()[-1])
            found[stream] = Followed(dict.fromkeys(Side, b""))
        elif line.startswith("Node 0: "):
            swapped = line.removeprefix("Node 0: ") != first[stream]
        elif stream >= 0 and line.strip() and not line.startswith(("Node", "Follow", "=")):
            side = Side(line.startswith("\t") ^ swapped)
            found[stream][side] += bytes.fromhex(line.strip())
    return found


def streams_of(tshark: str, path: Path) -> dict[int, int]:
    """The stream that tshark puts each frame into; frames with several are left out."""
    fields = ("-T", "fields", "-e", "frame.number", "-e", "tcp.stream")
    done = subprocess.run([tshark, "-n", "-r", path, "-Y", "tcp", *fields], capture_output=True, text=True, check=True)
    pairs = (line.split("\t") for line in done.stdout.splitlines())
    return {int(frame): int(stream) for frame, stream in pairs if stream.isdecimal()}


def alike(connection: Connection, streams: dict[int, int]) -> int | None:
    """The stream that has the very frames of the connection, if one has."""
    frames = {each.row.frame for each in connection.segments}
    numbers = {streams.get(frame) for frame in frames}
    number = next(iter(numbers))
    if len(numbers) > 1 or number is None:
        return None
    return number if {frame for frame, stream in streams.items() if stream == number} == frames else None


def said(talk: Talk, side: Side) -> bytes:
    return b"".join(each.what.data for each in talk.said() if each.side is side and isinstance(each.what, Piece))


def is_without_holes(talk: Talk) -> bool:
    return not any(isinstance(each.what, Hole) for each in talk.said())


def begins_with_its_first(connection: Connection) -> bool:
    """Whether no end says something before the first that was captured of it: Wireshark leaves that out."""
    for side in Side:
        mine = [each.row for each in connection.segments if each.sender is side]
        if mine and any((row.seq - mine[0].seq) & 0x8000_0000 for row in mine):
            return False
    return True


def compare(tshark: str, path: Path) -> tuple[int, int]:
    """How many talks of a capture were compared and are the same; the rest has a reason, or this fails."""
    connections = [each for each in inspect(path).connections if any(one.row.payload_len for one in each.segments)]
    if not connections:
        return 0, 0
    streams = streams_of(tshark, path)
    numbers = {each.number: number for each in connections[:20] if (number := alike(each, streams)) is not None}
    if not numbers:
        return 0, 0
    chosen = choose(path, list(numbers))
    first = {numbers[each.number]: str(each.originator.endpoint) for each in chosen.inspection.connections}
    theirs = follow(tshark, path, list(numbers.values()), first)
    same = 0
    for connection in chosen.inspection.connections:
        talk, their = chosen.talks[connection.number], theirs[numbers[connection.number]]
        if {side: said(talk, side) for side in Side} == their:
            same += 1
        else:
            # What the talk itself tells, or Wireshark does: see `tcp.stream`.
            told = any(b"bytes missing in capture file]" in data for data in their.values())
            assert told or not is_without_holes(talk) or not begins_with_its_first(connection), (
                path,
                connection.number,
            )
    return len(numbers), same


@pytest.mark.slow
def test_the_bytes_are_those_of_tshark(tshark: str) -> None:
    counts = [compare(tshark, path) for path in CAPTURES]

    assert sum(tried for tried, _ in counts) > 60
    assert sum(tried - same for tried, same in counts) <= 3


@pytest.mark.slow
def test_the_bytes_are_those_of_tshark_over_the_corpus(tshark: str, corpus: Path) -> None:
    tried = same = 0
    for path in sorted(corpus.glob("tcpflow/**/*")) + sorted(corpus.glob("derived-forms/*le-*")):
        if path.is_file() and path.stat().st_size <= LARGEST:
            try:
                one, other = compare(tshark, path)
            except InspectorError:
                continue  # no capture, or none that is ours to read
            tried, same = tried + one, same + other

    assert tried > 10
    assert same > tried * 3 // 4


def record(number: int, source: bytes, seq: int, data: bytes, *, flags: int = 0x18, captured: int = -1) -> Frame:
    """A segment as a frame of raw IP."""
    target = SERVER if source == CLIENT else CLIENT
    ports = b"\x9c\x40\0\x50" if source == CLIENT else b"\0\x50\x9c\x40"
    tcp = ports + seq.to_bytes(4, "big") + bytes(4) + bytes([0x50, flags, 0x20, 0]) + bytes(4) + data
    head = b"\x45\0" + (20 + len(tcp)).to_bytes(2, "big") + number.to_bytes(2, "big") + b"\x40\0\x40\x06\0\0"
    whole = head + source + target + tcp
    return Frame(number, number * 1_000_000, whole[: captured if captured >= 0 else None], len(whole), 101)


def heard(path: Path, frames: list[Frame], *, limit: int = 1 << 16) -> Chosen:
    with CaptureWriter(path, link_type=101) as writer:
        for frame in frames:
            writer.write(frame)
    return choose(path, [1], limit=limit)


def lines(chosen: Chosen, *, width: int = 80, unicode: bool = True, as_hex: bool = False) -> list[str]:
    """The lines of the talk, without its head and its sum."""
    page = Page(width, unicode=unicode)
    transcripts(page, chosen.inspection, list(chosen.talks.items()), as_hex=as_hex)
    text = page.text(colour=False).splitlines()
    begin = next(at for at, line in enumerate(text) if line.strip() == "frame")
    return text[begin + 1 : next(at for at, line in enumerate(text) if line.startswith("said  ")) - 1]


def test_who_said_it_and_in_which_frame(tmp_path: Path) -> None:
    chosen = heard(
        tmp_path / "a.pcapng",
        [
            record(1, CLIENT, 100, b"GET /\r\nHost: "),
            record(2, CLIENT, 113, b"x\r\n\r\n"),
            record(3, SERVER, 500, b"200"),
        ],
    )

    assert lines(chosen) == [
        r"    1 ▶ GET /\r\n",
        r"    1 ▶ Host: x\r\n",
        r"    2 ▶ \r\n",
        r"    3 ◀ 200",
    ]


def test_what_is_missing_is_said_where_it_is_missing(tmp_path: Path) -> None:
    chosen = heard(
        tmp_path / "a.pcapng",
        [record(1, CLIENT, 100, b"abc"), record(2, CLIENT, 223, b"def"), record(3, CLIENT, 226, b"12345", captured=42)],
    )

    assert lines(chosen) == [
        "    1 ▶ abc",
        "    - ▶ [120 bytes missing in the capture]",
        "    2 ▶ def12",
        "    - ▶ [3 bytes cut by the snaplen of the capture]",
    ]


def test_a_limit_is_said_when_it_is_reached(tmp_path: Path) -> None:
    chosen = heard(tmp_path / "a.pcapng", [record(1, CLIENT, 100, b"abcdef")], limit=4)

    assert lines(chosen) == [
        "    1 ▶ abcd",
        "    - ▶ [the originator said more than 4 bytes: --follow-bytes N shows more]",
    ]


def test_bytes_with_their_place_in_the_stream(tmp_path: Path) -> None:
    chosen = heard(
        tmp_path / "a.pcapng", [record(1, CLIENT, 100, bytes(range(60, 80))), record(2, CLIENT, 120, b"\x1b")]
    )

    assert lines(chosen, as_hex=True) == [
        "    1 ▶ 0000  3c 3d 3e 3f 40 41 42 43 44 45 46 47 48 49 4a 4b  <=>?@ABCDEFGHIJK",
        "      ▶ 0010  4c 4d 4e 4f                                      LMNO",
        "    2 ▶ 0014  1b                                               .",
    ]


def test_gbk_is_read_where_it_is_chinese_all_through(tmp_path: Path) -> None:
    chosen = heard(tmp_path / "a.pcapng", [record(1, CLIENT, 100, "你好，世界".encode("gbk"))])
    page = Page(80, unicode=True)
    transcripts(page, chosen.inspection, list(chosen.talks.items()), as_hex=False)

    assert "    1 ▶ 你好，世界\n" in page.text(colour=False)
    assert "said      10 bytes, by the originator, read as GBK\n" in page.text(colour=False)


def test_a_character_in_two_segments_is_one(tmp_path: Path) -> None:
    data = "äé".encode()
    chosen = heard(tmp_path / "a.pcapng", [record(1, CLIENT, 100, data[:1]), record(2, CLIENT, 101, data[1:])])

    assert lines(chosen) == ["    1 ▶ äé"]


def test_no_payload_passes_for_our_own_words(tmp_path: Path) -> None:
    forged = b"x\n    7 \xe2\x97\x80 yes\n    - \xe2\x97\x80 [1 byte missing in the capture]\n\x1b[31m\xe2\x80\xae\r"
    chosen = heard(tmp_path / "a.pcapng", [record(1, CLIENT, 100, forged)])

    assert all(line.startswith("    1 ▶ ") for line in lines(chosen))
    assert lines(chosen)[-1] == r"    1 ▶ \x1b[31m\u202e\r"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5), st.integers(30, 120), st.booleans())
def test_every_line_fits_and_is_ours(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[bytes],
    width: int,
    unicode: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    path = tmp_path_factory.mktemp("talk") / "a.pcapng"
    frames, seq = [], 100
    for number, part in enumerate(parts, start=1):
        frames.append(record(number, CLIENT, seq, part))
        seq += len(part)
    chosen = heard(path, frames)

    for as_hex in (False, True):
        for line in lines(chosen, width=width, unicode=unicode, as_hex=as_hex):
            assert line[5:8] in {" ▶ ", " > ", " │ ", " | ", " ▶", " >"} or line[5:] in {" │", " |"}
            assert all(char.isprintable() for char in line)
            assert unicode or line.isascii()


def test_json_has_every_byte_and_keeps_its_promise(tmp_path: Path) -> None:
    chosen = heard(tmp_path / "a.pcapng", [record(1, CLIENT, 100, b"abc"), record(2, CLIENT, 105, b"\xff")])

    report = to_json(chosen.inspection) | talks_to_json(list(chosen.talks.items()))

    Draft202012Validator(schema()).validate(json.loads(json.dumps(report)))
    assert report["talks"][0]["said"] == [
        {"from": "originator", "at": 0, "frame": 1, "hex": "616263"},
        {"from": "originator", "at": 3, "missing": 2, "cut": 0},
        {"from": "originator", "at": 5, "frame": 2, "hex": "ff"},
    ]
    assert report["chosen_of"] == 1
