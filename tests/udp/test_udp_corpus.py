"""UDP in captures that no one here wrote: both speeds agree, tshark counts the same, errors find their datagrams."""

from __future__ import annotations

import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from inspector.udp.model import Outcome
from inspector.udp.tracker import ExchangeTracker
from inspector.wire.reader import open_capture

if TYPE_CHECKING:
    from pathlib import Path


def track(path: Path, *, plain_frames: int = 1_000_000) -> ExchangeTracker:
    tracker = ExchangeTracker()
    with open_capture(path, plain_frames=plain_frames) as reader:
        for batch in reader:
            tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
    return tracker


TRACEROUTE = "tcpdump/tests/mpls-traceroute.pcap"
NETWORK_ADDRESS_TRANSLATION = "dpkt/examples/data/nb6-http.pcap"
RESOLVER = "zeek/testing/btest/Traces/wikipedia.pcap"
IN_TUNNEL = "zeek/testing/btest/Traces/tunnels/gre-sample.pcap"


def test_every_probe_of_a_traceroute_is_tied_to_its_error(corpus: Path) -> None:
    exchanges = track(corpus / TRACEROUTE).exchanges()

    assert len(exchanges) == 9
    for exchange in exchanges:
        probe, error = exchange.datagrams
        assert exchange.outcome is Outcome.UNREACHABLE
        assert error.about == probe.row.frame
    assert [exchange.datagrams[1].label for exchange in exchanges] == (
        ["ICMP time to live exceeded"] * 6 + ["ICMP port unreachable"] * 3
    )


def test_a_quotation_whose_checksum_was_rewritten_on_the_way_is_found(corpus: Path) -> None:
    errors = [
        datagram
        for exchange in track(corpus / NETWORK_ADDRESS_TRANSLATION).exchanges()
        for datagram in exchange.datagrams
        if datagram.label == "ICMP port unreachable"
    ]

    assert [(error.row.frame, error.about) for error in errors] == [(34, 33)]


@pytest.mark.parametrize("name", [RESOLVER, "tcpflow/tests/test1.pcap"])
def test_tshark_counts_the_same_datagrams(corpus: Path, tshark: str, name: str) -> None:
    command = [tshark, "-n", "-r", str(corpus / name), "-Y", "udp && !icmp && !icmpv6", "-T", "fields"]
    output = subprocess.run(
        [*command, "-e", "udp.srcport", "-e", "udp.dstport", "-e", "udp.length"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    theirs: Counter[frozenset[int]] = Counter()
    for line in output.splitlines():
        source, target, _ = map(int, line.split("\t"))
        theirs[frozenset({source, target})] += 1
    payload = sum(int(line.split("\t")[2]) - 8 for line in output.splitlines())

    exchanges = track(corpus / name).exchanges()
    ours: Counter[frozenset[int]] = Counter()
    for exchange in exchanges:
        ours[frozenset({exchange.originator.port, exchange.responder.port})] += sum(exchange.counts)

    assert ours == theirs
    assert sum(sum(exchange.payload_bytes) for exchange in exchanges) == payload


@pytest.mark.slow
@pytest.mark.parametrize("name", [TRACEROUTE, RESOLVER, IN_TUNNEL])
def test_both_speeds_say_the_same(corpus: Path, name: str) -> None:
    plain, fast = track(corpus / name), track(corpus / name, plain_frames=0)

    assert fast.exchanges() == plain.exchanges()
    assert fast.duplicates == plain.duplicates
