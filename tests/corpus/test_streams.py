"""tshark's list of all streams of the corpus: the same endpoints, sizes and completeness, and outcomes that fit.

Where we differ, the reason stands beside the case.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import pytest

from inspector.errors import CaptureFileError
from inspector.tcp.model import Close, Handshake
from tests.corpus.judging import Judged, judge

if TYPE_CHECKING:
    from pathlib import Path

TRACES = "zeek/testing/btest/Traces/"
TCPDUMP = "tcpdump/tests/"
FILTERS = "libpcap/tests/filter/"

TUNNELS = {
    # Captures whose streams run in what wire/ does not unwrap, and how many do.
    f"{TCPDUMP}sflow_expanded.pcap": 1,
    f"{TRACES}tunnels/ayiya3.pcap": 1,
}

IPCOMP = "half of it is compressed (IPComp), which tshark inflates"
MALFORMED = "the last ACK's IP header leaves 19 bytes for the TCP header; tshark reads the twentieth from the padding"
DOUBLED = "the capture holds the frame twice, byte for byte and at once; we remove the copy, tshark takes it for an ACK"
EXPECTED_BY_FTP = "tshark expected this data connection, announced on the control connection, and did not count its SYN"
FRAGMENT = "a first fragment, cut by a snaplen, whose length tshark does not tell"
LONGER_IP = "the IP header claims more than the frame had on the wire; we believe IP and see data, tshark the frame"

DIFFERENCES: dict[tuple[str, int], tuple[tuple[int, int], str]] = {
    # (capture, stream): our segments and completeness, and why.
    (f"{FILTERS}AH-IPcomp-IPv4.pcap", 0): ((6, 23), IPCOMP),
    (f"{FILTERS}AH-IPcomp-IPv6.pcap", 0): ((8, 23), IPCOMP),
    ("ppa-packets/tickedoffdeveloper.pcapng", 1): ((-1, 31), EXPECTED_BY_FTP),
    (f"{TCPDUMP}bgp-bgp_capabilities_print-oobr-1.pcap", 0): ((1, 9), FRAGMENT),
    (f"{TCPDUMP}bgp-bgp_capabilities_print-oobr-2.pcap", 0): ((1, 9), FRAGMENT),
    (f"{TCPDUMP}kday3.pcap", 1): ((2, 0), DOUBLED),
    (f"{TCPDUMP}kday4.pcap", 3): ((2, 12), LONGER_IP),
    (f"{TCPDUMP}kday4.pcap", 5): ((2, 0), DOUBLED),
    (f"{TCPDUMP}kday7.pcap", 3): ((2, 12), LONGER_IP),
    (f"{TCPDUMP}kday7.pcap", 5): ((2, 0), DOUBLED),
    ("wireshark2013/docbook/examples/test.cap", 0): ((10, 31), MALFORMED),
    ("wireshark2013/docbook/examples/test.cap", 2): ((10, 31), MALFORMED),
    ("wireshark2013/docbook/examples/test.cap", 3): ((10, 31), MALFORMED),
    (f"{TRACES}ftp/bigtransfer.pcap", 1): ((-1, 31), EXPECTED_BY_FTP),
    (f"{TRACES}ftp/bigtransfer.pcap", 2): ((-1, 31), EXPECTED_BY_FTP),
    (f"{TRACES}ftp/ipv4.pcap", 1): ((-1, 31), EXPECTED_BY_FTP),
    (f"{TRACES}ftp/ipv4.pcap", 2): ((-1, 31), EXPECTED_BY_FTP),
    (f"{TRACES}ftp/ipv6.pcap", 1): ((-1, 31), EXPECTED_BY_FTP),
    (f"{TRACES}ftp/ipv6.pcap", 2): ((-1, 31), EXPECTED_BY_FTP),
    (f"{TRACES}ftp/ipv6.pcap", 3): ((-1, 31), EXPECTED_BY_FTP),
}
"""-1: as many as tshark."""

ORDERLY = {Close.FOUR_SEGMENT, Close.THREE_SEGMENT, Close.SIMULTANEOUS}
RESET = {Close.RESET_BY_ORIGINATOR, Close.RESET_BY_RESPONDER}

NO_LAST_ACK = "made by a script that never acknowledges the last FIN"
RESET_AFTER_FINS = "the second FIN is answered by a RST, since its sender's peer had closed and could take no more data"
SHUFFLED = "one connection whose lines were shuffled: each reading of it is a guess"

UNFINISHED: dict[tuple[str, int], tuple[Close, str]] = {
    # Streams with FINs of both ends that we do not call closed in order, and why.
    ("wireshark2013/docbook/examples/test.cap", 0): (Close.UNANSWERED, MALFORMED),
    ("wireshark2013/docbook/examples/test.cap", 2): (Close.UNANSWERED, MALFORMED),
    ("wireshark2013/docbook/examples/test.cap", 3): (Close.UNANSWERED, MALFORMED),
    (f"{TRACES}contentline/rlogin-long-client-user-no-nul.pcapng.gz", 0): (Close.UNANSWERED, NO_LAST_ACK),
    (f"{TRACES}contentline/rsh-long-client-user-no-nul.pcapng.gz", 0): (Close.UNANSWERED, NO_LAST_ACK),
    (f"{TRACES}contentline/telnet-long-line-no-eol.pcapng.gz", 0): (Close.UNANSWERED, NO_LAST_ACK),
    (f"{TRACES}contentline/telnet-unclosed-suboption.pcapng.gz", 0): (Close.UNANSWERED, NO_LAST_ACK),
    (f"{TRACES}portmapper-many-unanswered-calls.pcapng.gz", 0): (Close.UNANSWERED, NO_LAST_ACK),
    (f"{TRACES}tls/pop3-starttls.pcap", 0): (Close.RESET_BY_RESPONDER, RESET_AFTER_FINS),
    (f"{TRACES}tls/xmpp-starttls.pcap", 0): (Close.RESET_BY_RESPONDER, RESET_AFTER_FINS),
    ("tcpflow/tests/test5-lines-randomized.pcap", 0): (Close.UNANSWERED, SHUFFLED),
}


class Stream(NamedTuple):
    """A line of the list."""

    capture: str
    number: int
    ends: frozenset[str]
    packets: int
    completeness: int
    features: frozenset[str]
    segments: tuple[str, ...]
    """`>S`, `<SA`, `>A/100`: the first sixty."""

    @property
    def key(self) -> tuple[str, int]:
        return self.capture, self.number

    @property
    def flags(self) -> tuple[str, ...]:
        """The segments without their lengths."""
        return tuple(segment.partition("/")[0] for segment in self.segments)


@pytest.fixture(scope="module")
def streams(corpus: Path) -> list[Stream]:
    with (corpus / "tshark_streams.tsv").open(encoding="utf-8", newline="") as lines:
        table = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(table)
        return [stream_of(cells) for cells in table]


def stream_of(cells: list[str]) -> Stream:
    capture, number, one, one_port, two, two_port, packets, completeness, _, _, _, features, segments = cells
    return Stream(
        capture=capture,
        number=int(number),
        ends=frozenset({endpoint(one, one_port), endpoint(two, two_port)}),
        packets=int(packets),
        completeness=int(completeness),
        features=frozenset(feature.partition(":")[0] for feature in features.split(",")),
        segments=tuple(segments.split()),
    )


def endpoint(address: str, port: str) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


@pytest.fixture(scope="module")
def ours(corpus: Path, streams: list[Stream]) -> dict[str, tuple[Judged, ...]]:
    """Our connections, by capture; none of a capture that we refuse."""
    return {capture: connections_of(corpus / capture) for capture in {stream.capture for stream in streams}}


def connections_of(path: Path) -> tuple[Judged, ...]:
    try:
        return judge(path).connections
    except CaptureFileError:
        return ()


@pytest.fixture(scope="module")
def pairs(streams: list[Stream], ours: dict[str, tuple[Judged, ...]]) -> list[tuple[Stream, Judged]]:
    """Each stream with our connection of the same endpoints, incarnations in their order."""
    waiting: dict[tuple[str, frozenset[str]], list[Judged]] = defaultdict(list)
    for capture, connections in ours.items():
        for connection in connections:
            ends = frozenset({connection.originator.endpoint, connection.responder.endpoint})
            waiting[capture, ends].append(connection)
    incarnations = ((stream, waiting[stream.capture, stream.ends]) for stream in streams)
    return [(stream, found.pop(0)) for stream, found in incarnations if found]


def test_every_stream_is_one_of_our_connections(streams: list[Stream], pairs: list[tuple[Stream, Judged]]) -> None:
    found = {stream.key for stream, _ in pairs}
    missing: dict[str, int] = defaultdict(int)
    for stream in streams:
        missing[stream.capture] += stream.key not in found

    assert {capture: count for capture, count in missing.items() if count} == TUNNELS
    assert len(found) > 500


def test_no_connection_is_ours_alone(streams: list[Stream], ours: dict[str, tuple[Judged, ...]]) -> None:
    listed = Counter(stream.capture for stream in streams)

    assert Counter({capture: len(found) for capture, found in ours.items()}) == listed - Counter(TUNNELS)


def test_a_stream_has_our_number_less_one(
    ours: dict[str, tuple[Judged, ...]], pairs: list[tuple[Stream, Judged]]
) -> None:
    """What the column `tcp.stream` of a file of results says; true of every stream that we read."""
    apart = [stream.key for stream, connection in pairs if ours[stream.capture][stream.number] is not connection]

    assert apart == []


def test_streams_have_the_same_size_and_completeness(pairs: list[tuple[Stream, Judged]]) -> None:
    wrong, used = [], set()
    for stream, connection in pairs:
        packets, completeness = stream.packets, stream.completeness
        if stream.key in DIFFERENCES:
            used.add(stream.key)
            ours, completeness = DIFFERENCES[stream.key][0]
            packets = packets if ours < 0 else ours
        if (len(connection.segments), connection.completeness) != (packets, completeness):
            wrong.append((stream.key, len(connection.segments), packets, connection.completeness, completeness))

    assert wrong == []
    assert used == set(DIFFERENCES)


def test_a_handshake_that_begins_as_in_the_book_is_complete(pairs: list[tuple[Stream, Judged]]) -> None:
    seen = [pair for pair in pairs if pair[0].flags[:3] in {(">S", "<SA", ">A"), (">S", "<SA", ">PA")}]

    assert {stream.key for stream, connection in seen if connection.handshake != Handshake.COMPLETE} == set()
    assert len(seen) > 200


def test_a_syn_that_is_answered_by_rst_was_refused(pairs: list[tuple[Stream, Judged]]) -> None:
    seen = [pair for pair in pairs if pair[0].flags[:2] in {(">S", "<RA"), (">S", "<R")}]

    assert {stream.key for stream, connection in seen if connection.handshake != Handshake.REFUSED} == set()
    assert len(seen) > 10


def test_a_syn_and_nothing_else_is_unanswered(pairs: list[tuple[Stream, Judged]]) -> None:
    seen = [pair for pair in pairs if "syn-only" in pair[0].features]

    assert {connection.handshake for _, connection in seen} == {Handshake.UNANSWERED}
    assert len(seen) > 10


def test_fins_of_both_ends_close_in_order(pairs: list[tuple[Stream, Judged]]) -> None:
    seen = [pair for pair in pairs if "fin-both" in pair[0].features]

    unfinished = {stream.key: connection.close for stream, connection in seen if connection.close not in ORDERLY}

    assert unfinished == {key: close for key, (close, _) in UNFINISHED.items()}
    assert len(seen) > 150


def test_the_fin_of_one_end_closes_no_connection(pairs: list[tuple[Stream, Judged]]) -> None:
    seen = [pair for pair in pairs if "fin-one-side" in pair[0].features]

    assert {connection.close for _, connection in seen} <= {Close.HALF_CLOSED, Close.UNANSWERED, Close.NONE, *RESET}
    assert len(seen) > 40


def test_what_was_never_closed_has_no_close(pairs: list[tuple[Stream, Judged]]) -> None:
    seen = [pair for pair in pairs if "never-closed" in pair[0].features]

    assert {connection.close for _, connection in seen} == {Close.NONE}
    assert len(seen) > 70


def test_a_reset_is_blamed_on_an_end_that_sent_one(pairs: list[tuple[Stream, Judged]]) -> None:
    for _, connection in pairs:
        if connection.close in RESET:
            culprit = connection.close.removeprefix("reset-by-")
            assert culprit in {segment.sender for segment in connection.segments if segment.flags & 4}
