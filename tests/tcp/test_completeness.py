"""Wireshark's tcp.completeness: what sets each bit, and that tshark says the same."""

from __future__ import annotations

import csv
import subprocess
from typing import TYPE_CHECKING

import pytest

from inspector.tcp.completeness import Completeness, completeness_bits, describe, settled
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FLAGS = {"S": Flag.SYN, "A": Flag.ACK, "F": Flag.FIN, "R": Flag.RST, "P": Flag.PSH}

KNOWN_SYN_UNCOUNTED = {
    ("ppa-packets/tickedoffdeveloper.pcapng", "1"),
    ("zeek/testing/btest/Traces/ftp/bigtransfer.pcap", "1"),
    ("zeek/testing/btest/Traces/ftp/bigtransfer.pcap", "2"),
    ("zeek/testing/btest/Traces/ftp/ipv4.pcap", "1"),
    ("zeek/testing/btest/Traces/ftp/ipv4.pcap", "2"),
    ("zeek/testing/btest/Traces/ftp/ipv6.pcap", "1"),
    ("zeek/testing/btest/Traces/ftp/ipv6.pcap", "2"),
    ("zeek/testing/btest/Traces/ftp/ipv6.pcap", "3"),
}
"""FTP data connections, which Wireshark opens before their first segment, since it read the port in the control
connection: it shows 30 where the rules give 31."""


def value(segments: Iterable[str]) -> int:
    """The settled value of segments like `S`, `SA`, `PA/5`."""
    total, count = 0, 0
    for segment in segments:
        letters, _, length = segment.partition("/")
        total = completeness_bits(total, sum(FLAGS.get(letter, 0) for letter in letters), int(length or 0))
        count += 1
    return settled(total, count)


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        ("S", 1),
        ("S S S", 1),
        ("S SA", 3),
        ("S SA A", 7),
        ("S SA A PA/5", 15),
        ("S SA A FA A FA A", 23),
        ("S SA A FA", 23),
        ("S SA A PA/5 A FA A FA A", 31),
        ("S RA", 37),
        ("S R", 33),
        ("S SA R", 35),
        ("S SA A PA/5 FA RA", 63),
        ("S/4 SA A", 15),
        ("S S/4 SA A", 7),
        ("SA A", 6),
        ("SA S A", 6),
        ("A S", 4),
        ("A", 0),
        ("PA/5", 0),
        ("R", 0),
        ("PA/5 A", 12),
        ("FA A", 20),
        ("S F", 1),
        ("S/3", 9),
        ("SR", 1),
        ("SR/3", 9),
        ("RA/58 A", 44),
    ],
)
def test_what_each_kind_of_segment_adds(segments: str, expected: int) -> None:
    assert value(segments.split()) == expected


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "Incomplete (0)"),
        (1, "Incomplete, SYN_SENT (1)"),
        (3, "Incomplete, CLIENT_ESTABLISHED (3)"),
        (7, "Incomplete, ESTABLISHED (7)"),
        (15, "Incomplete, DATA (15)"),
        (23, "Complete, NO_DATA (23)"),
        (30, "Incomplete (30)"),
        (31, "Complete, WITH_DATA (31)"),
        (37, "Incomplete (37)"),
        (39, "Complete, NO_DATA (39)"),
        (55, "Complete, NO_DATA (55)"),
        (63, "Complete, WITH_DATA (63)"),
    ],
)
def test_the_words_are_wiresharks(number: int, words: str) -> None:
    assert describe(number) == words


def test_the_bits_are_six() -> None:
    assert sum(Completeness.members().values()) == 63


def test_every_stream_of_the_corpus_agrees(corpus: Path) -> None:
    """Streams of at most 60 segments, whose segments the corpus lists: all agree but FTP's data connections."""
    checked, differing = 0, set()
    with (corpus / "tshark_streams.tsv").open(encoding="utf-8", newline="") as table:
        for stream in csv.DictReader(table, delimiter="\t"):
            segments = [segment[1:] for segment in stream["segments(first 60; >=first sender)"].split()]
            if len(segments) != int(stream["packets"]):
                continue
            checked += 1
            if value(segments) != int(stream["completeness"]):
                differing.add((stream["file"], stream["stream"]))

    assert checked > 500
    assert differing == KNOWN_SYN_UNCOUNTED


@pytest.mark.parametrize(
    "name",
    ["zeek/testing/btest/Traces/wikipedia.pcap", "tcpdump/tests/tfo-5c1fa7f9ae91.pcap"],
)
def test_tshark_says_the_same_in_the_same_words(corpus: Path, tshark: str, name: str) -> None:
    fields = ["tcp.stream", "tcp.flags", "tcp.len", "tcp.completeness"]
    command = [tshark, "-2", "-n", "-r", str(corpus / name), "-Y", "tcp", "-T", "fields"]
    output = subprocess.run(
        command + [word for field in fields for word in ("-e", field)], capture_output=True, text=True, check=True
    ).stdout
    ours: dict[str, tuple[int, int]] = {}
    theirs: dict[str, int] = {}
    for line in output.splitlines():
        stream, flags, length, shown = line.split("\t")
        total, count = ours.get(stream, (0, 0))
        ours[stream] = (completeness_bits(total, int(flags, 16), int(length)), count + 1)
        theirs[stream] = int(shown or 0)

    assert {stream: settled(*state) for stream, state in ours.items()} == theirs
