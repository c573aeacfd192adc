"""Who is accused of breaking a rule in captures from the wild: only those who did, each looked at and justified here.

A new accusation is a false one until a reader of RFC 9293 has added it to the table.
"""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING

from inspector.errors import CaptureFileError
from inspector.findings import Blame
from tests.corpus.judging import judge

if TYPE_CHECKING:
    from pathlib import Path

TRACES = "zeek/testing/btest/Traces/"
TCPDUMP = "tcpdump/tests/"

NULL_SCAN = "a port scanner's segments without any flag: every receiver drops them (section 3.10.7.4)"
XMAS_SCAN = "a port scanner's SYN, FIN, PSH and URG in one segment"
FUZZED = "bytes of a fuzzer, whose flags lack SYN, RST and ACK"
FORGED = "made by a script"

ACCUSED: dict[tuple[str, int], tuple[dict[str, int], str]] = {
    # (capture, connection): findings, and why they are right.
    ("ppa-packets/activeosfingerprinting.pcapng", 8): ({"no-ack-flag": 4}, NULL_SCAN),
    ("ppa-packets/activeosfingerprinting.pcapng", 9): ({"syn-with-fin": 4}, XMAS_SCAN),
    ("ppa-packets/activeosfingerprinting.pcapng", 13): ({"no-ack-flag": 4}, NULL_SCAN),
    (f"{TCPDUMP}bgp_mp_reach_nlri-oobr.pcap", 1): ({"no-ack-flag": 1}, FUZZED),
    (f"{TCPDUMP}bgp_mvpn_6_and_7_oobr.pcap", 1): ({"no-ack-flag": 1}, FUZZED),
    (f"{TCPDUMP}bgp_pmsi_tunnel-oobr.pcap", 1): ({"no-ack-flag": 1}, FUZZED),
    (f"{TCPDUMP}bgp_vpn_rt-oobr.pcap", 1): ({"no-ack-flag": 1}, FUZZED),
    (f"{TCPDUMP}geneve-gcp.pcap", 1): ({"no-ack-flag": 1}, f"{FORGED}: the inner segment has no flags at all"),
    (f"{TCPDUMP}rpki-rtr-oobr.pcap", 1): ({"no-ack-flag": 1}, FUZZED),
    (f"{TCPDUMP}tcp_eight_lowest_weight_flags_set.pcap", 1): (
        {"syn-with-fin": 1, "syn-with-rst": 1},
        f"{FORGED}: all eight flags at once",
    ),
    (f"{TRACES}modbus/modbus-and-non-modbus-p502.pcap", 5): (
        {"segment-after-reset": 1},
        "a scanner resets its half-open connection, and sends data on it a quarter of a minute later",
    ),
    (f"{TRACES}tcp/syn-then-rst.pcap", 1): (
        {"rst-outside-window": 1},
        f"{FORGED}: after the SYN 0, RCV.NXT is 1, and a RST with sequence number 0 lies before the window (3.10.7.4)",
    ),
    (f"{TRACES}tcp/syn-then-stuff-then-rst.pcap", 1): ({"no-ack-flag": 1}, f"{FORGED}: a lone FIN"),
}


def test_only_those_are_accused_who_broke_a_rule(corpus: Path) -> None:
    accused, judged = {}, 0
    for name in captures(corpus):
        try:
            connections = judge(corpus / name).connections
        except CaptureFileError:
            continue
        judged += len(connections)
        for number, connection in enumerate(connections, start=1):
            faults = Counter(kind for kind, blame, _, _ in connection.findings if blame == Blame.PEER)
            if faults:
                accused[name, number] = faults

    assert accused == {key: findings for key, (findings, _) in ACCUSED.items()}
    assert judged > 500


def captures(corpus: Path) -> list[str]:
    """All of the corpus, but for the re-encodings of others."""
    with (corpus / "manifest.tsv").open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [line["path"] for line in table if not line["path"].startswith("derived-forms/")]
