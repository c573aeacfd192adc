"""The display filter of a connection shows its frames in Wireshark, and no others."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inspector.errors import InspectorError
from inspector.pipeline import inspect
from tests.conftest import ROOT
from tests.tcp.conversation import Conversation

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.tcp.model import Connection

CAPTURES = sorted((ROOT / "captures").glob("*/*.pcapng"))
MOST = 20
"""Connections of a capture that are tried."""
EVERY = 5
"""A capture of so many is tried: tshark takes a run for each."""
NOT_OURS_TO_NUMBER = {
    "AH-IPcomp-IPv4.pcap": "tshark reads into the compressed frames, and finds more segments",
    "AH-IPcomp-IPv6.pcap": "the same",
    "bigtcp-ipv4-vxlan-ipv6.pcap": "tshark takes a UDP length of 0 (BIG TCP) for bad, and looks no further",
    "bigtcp-ipv6-vxlan-ipv6.pcap": "the same",
    "test.cap": "a segment that is shorter than its header is none of ours",
    "test1.pcap": "an ICMP error quotes the segment",
    "test1-part1.pcap": "the same",
    "bug5.pcap": "a SYN that looked stray lies among the frames of the connection before",
}


def counted(tshark: str, path: Path, connections: list[Connection]) -> list[tuple[int, int]]:
    """How many frames each filter shows, and how many bytes they have: one run for all."""
    asked = ",".join(["io,stat,0", *(each.display_filter for each in connections)])
    done = subprocess.run([tshark, "-n", "-r", path, "-q", "-z", asked], capture_output=True, text=True, check=True)
    totals: list[tuple[int, int]] = []
    for line in done.stdout.splitlines():
        interval, _, rest = line.removeprefix("|").partition("|")
        numbers = [int(number) for number in re.findall(r"\d+", rest)]
        if "<>" in interval and len(numbers) == 2 * len(connections):
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            before = totals or [(0, 0)] * len(connections)
            totals = [(one + more, size + some) for (one, size), (more, some) in zip(before, pairs, strict=True)]
    return totals or [shown(tshark, path, each.display_filter) for each in connections]


def shown(tshark: str, path: Path, words: str) -> tuple[int, int]:
    """The same for one filter: tshark's statistics are empty where a capture takes no time, or goes back in it."""
    command = [tshark, "-n", "-r", str(path), "-Y", words, "-T", "fields", "-e", "frame.len"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    sizes = [int(line) for line in done.stdout.split()]
    return len(sizes), sum(sizes)


def differing(tshark: str, path: Path) -> tuple[int, list[int]]:
    """How many connections were tried, and those of which the filter shows other frames than ours."""
    connections = [each for each in inspect(path).connections if not has_copies_without_time(each)][:MOST]
    if not connections:
        return 0, []
    theirs = counted(tshark, path, connections)
    ours = [(len(each.segments), sum(one.row.wire_len for one in each.segments)) for each in connections]
    return len(connections), [
        each.number for each, one, other in zip(connections, theirs, ours, strict=True) if one != other
    ]


def has_copies_without_time(connection: Connection) -> bool:
    """Whether tshark's statistics have no place for it: a frame without time is in no interval."""
    return any(each.row.time_ns < 0 for each in connection.segments)


@pytest.mark.slow
def test_over_all_captures(tshark: str) -> None:
    assert [(path.name, wrong) for path in CAPTURES if (wrong := differing(tshark, path)[1])] == []


@pytest.mark.slow
def test_over_the_corpus(tshark: str, corpus: Path) -> None:
    tried, wrong = 0, []
    captures = [path for path in sorted(corpus.rglob("*.pcap*")) if "derived-forms" not in path.parts]
    for path in captures[::EVERY]:
        try:
            number, differs = differing(tshark, path)
        except (InspectorError, subprocess.CalledProcessError):
            continue  # not ours to read, or not tshark's
        tried += number
        wrong += [path.name] * bool(differs)

    assert set(wrong) <= set(NOT_OURS_TO_NUMBER)
    assert tried > 50


def test_one_that_is_alone_is_shown_by_its_endpoints() -> None:
    (alone,) = Conversation().handshake().connections()

    assert alone.display_filter == "ip.addr == 10.0.0.1 && ip.addr == 10.0.0.2 && tcp.port == 40000 && tcp.port == 80"


def test_those_of_the_same_endpoints_are_told_apart_by_their_frames() -> None:
    talk = Conversation().client("SYN", seq=100).server("RST,ACK", ack=101)
    talk.client("SYN", seq=9000).server("RST,ACK", ack=9001)

    first, second = talk.connections()

    assert first.display_filter.endswith(" && tcp.port == 80 && frame.number >= 1 && frame.number <= 2")
    assert second.display_filter.endswith(" && tcp.port == 80 && frame.number >= 3 && frame.number <= 4")


def test_what_both_ends_share_is_asked_of_each() -> None:
    (made,) = Conversation().handshake().connections()
    end = made.originator
    itself = replace(made, responder=replace(made.responder, endpoint=end.endpoint))

    assert itself.display_filter == (
        "ip.src == 10.0.0.1 && ip.dst == 10.0.0.1 && tcp.srcport == 40000 && tcp.dstport == 40000"
    )
