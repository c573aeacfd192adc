"""Captures that no one here wrote: every segment that tshark sees is one of our rows, or there is a written reason.

The whole corpus is compared through tshark's columns (slow), a sample of it through pyshark and scapy.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from inspector.referee.wireshark import Opinion, opinions
from tests.opinions import captures_with_tcp, said_of_each
from tests.referee.comparing import differing_groups, differing_segments, read, told_by_opinion
from tests.referee.scapys import scapy_segments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TRACES = "zeek/testing/btest/Traces/"
TCPDUMP = "tcpdump/tests/"

AYIYA = "carried in AYIYA, which wire/ does not unwrap"
SAMPLED = "sFlow: a sample of a frame that passed elsewhere, inside the datagram that reports it"
COMPRESSED = "IPComp, which tshark inflates"
TOO_SHORT = "the IP header leaves 19 bytes for the TCP header; tshark reads the twentieth from the padding"
LONGER_IP = "the IP header claims more than the frame had on the wire; we believe IP, tshark the frame"

UNSEEN: dict[str, tuple[int, str]] = {
    # Segments of tshark that are none of ours.
    "libpcap/tests/filter/AH-IPcomp-IPv4.pcap": (4, COMPRESSED),
    "libpcap/tests/filter/AH-IPcomp-IPv6.pcap": (7, COMPRESSED),
    f"{TCPDUMP}sflow_expanded.pcap": (1, SAMPLED),
    "wireshark2013/docbook/examples/test.cap": (3, TOO_SHORT),
    f"{TRACES}tunnels/ayiya3.pcap": (21, AYIYA),
}

OTHER_LENGTHS: dict[str, tuple[int, str]] = {
    # Segments whose payload length differs.
    f"{TCPDUMP}kday4.pcap": (1, LONGER_IP),
    f"{TCPDUMP}kday7.pcap": (1, LONGER_IP),
}

PROJECTS = [
    ("tcpdump/",),
    ("zeek/",),
    ("ppa-packets/", "scapy/"),
    ("dpkt/", "gopacket/", "libpcap/", "pcap-parser/", "pyshark/", "tcpflow/", "wireshark2013/"),
]

SAMPLE = [
    "dpkt/examples/data/nb6-http.pcap",
    "gopacket/pcap/test_ethernet.pcap",
    "ppa-packets/activeosfingerprinting.pcapng",
    "scapy/test/pcaps/http_content_length.pcap",
    "tcpflow/tests/bug5.pcap",
    "tcpflow/tests/test8/image2.pcap",
    f"{TCPDUMP}kday4.pcap",
    f"{TCPDUMP}of13_ericsson.pcapng",
    f"{TRACES}ftp/ipv6.pcap",
    f"{TRACES}modbus/modbus-and-non-modbus-p502.pcap",
    f"{TRACES}tcp/handshake-reorder.pcap",
    f"{TRACES}tunnels/gre-sample.pcap",
]


def expected_differences(capture: str) -> Counter[str]:
    table = {"segment": UNSEEN.get(capture), "payload_len": OTHER_LENGTHS.get(capture)}
    return Counter({field: case[0] for field, case in table.items() if case})


def compare(capture: str, corpus: Path, said: Sequence[Opinion]) -> str:
    """What is wrong with our reading of a capture; nothing where it differs as the tables say."""
    ours = read(corpus / capture)
    by_frame = {opinion.frame: opinion for opinion in said}
    differences = differing_segments({frame: told_by_opinion(by_frame[frame]) for frame in by_frame}, ours.segments)
    if Counter(difference.field for difference in differences) != expected_differences(capture):
        return f"{capture}: {differences[:5]}"
    apart = differing_groups({frame: by_frame[frame].stream for frame in by_frame}, ours.connection)
    return f"{capture}: streams {apart}" if apart != ([], []) else ""


@pytest.mark.parametrize("capture", SAMPLE)
@pytest.mark.usefixtures("tshark")
def test_pyshark_sees_what_we_see(corpus: Path, capture: str) -> None:
    assert compare(capture, corpus, list(opinions(corpus / capture))) == ""


IN_L2TP = "dpkt/examples/data/nb6-http.pcap"
"""Two thirds of its segments are in L2TP, which scapy leaves alone."""


@pytest.mark.parametrize("capture", [name for name in SAMPLE if name not in {*UNSEEN, IN_L2TP}])
def test_scapy_sees_what_we_see(corpus: Path, capture: str) -> None:
    """Frame by frame; what scapy does not see at all (it unwraps fewer links and tunnels) is not compared."""
    theirs = dict(scapy_segments(corpus / capture))
    ours = read(corpus / capture).segments

    assert theirs.keys() <= ours.keys()
    assert len(theirs) > len(ours) / 2
    assert differing_segments(theirs, {frame: ours[frame] for frame in theirs}) == []


@pytest.mark.slow
@pytest.mark.parametrize("projects", PROJECTS, ids=" ".join)
@pytest.mark.usefixtures("tshark")
def test_tshark_sees_what_we_see_in_the_whole_corpus(corpus: Path, projects: tuple[str, ...]) -> None:
    captures = [name for name in captures_with_tcp(corpus) if name.startswith(projects)]
    told = zip(captures, said_of_each([corpus / name for name in captures]), strict=True)

    wrong = [found for name, (_, said) in told if (found := compare(name, corpus, said))]

    assert wrong == []
    assert len(captures) > 20


def test_the_tables_name_captures_of_the_corpus(corpus: Path) -> None:
    captures = captures_with_tcp(corpus)

    assert {*UNSEEN, *OTHER_LENGTHS, *SAMPLE} <= set(captures)
    assert all(name.startswith(tuple(project for group in PROJECTS for project in group)) for name in captures)
