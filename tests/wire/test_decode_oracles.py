"""Second opinions: scapy on segments that it builds, tshark on captures that no one here wrote.

Where tshark 4.0 differs and is not right, the difference is written down in `KNOWN`, case by case.
"""

from __future__ import annotations

import subprocess
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.wire import Checksum, Option, Protocol, Row, open_capture
from inspector.wire.options import options_of
from tests.wire.frames import decoded

if TYPE_CHECKING:
    from pathlib import Path

U16 = st.integers(0, 0xFFFF)
U32 = st.integers(0, 0xFFFFFFFF)
OPTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("MSS"), U16),
        st.tuples(st.just("WScale"), st.integers(0, 14)),
        st.tuples(st.just("Timestamp"), st.tuples(U32, U32)),
        st.just(("SAckOK", b"")),
        st.tuples(st.just("SAck"), st.tuples(U32, U32)),
        st.just(("NOP", None)),
    ),
    max_size=3,
)


@settings(max_examples=50)
@given(
    sport=U16,
    dport=U16,
    seq=U32,
    ack=U32,
    flags=st.integers(0, 0x1FF),
    window=U16,
    options=OPTIONS,
    payload=st.binary(max_size=40),
    six=st.booleans(),
    tagged=st.booleans(),
)
def test_scapy_builds_what_we_read(
    *,
    sport: int,
    dport: int,
    seq: int,
    ack: int,
    flags: int,
    window: int,
    options: list[Any],
    payload: bytes,
    six: bool,
    tagged: bool,
) -> None:
    inet = pytest.importorskip("scapy.layers.inet")
    inet6 = pytest.importorskip("scapy.layers.inet6")
    l2 = pytest.importorskip("scapy.layers.l2")
    segment = inet.TCP(sport=sport, dport=dport, seq=seq, ack=ack, flags=flags, window=window, options=options)
    network = inet6.IPv6(src="2001:db8::1", dst="::2") if six else inet.IP(src="10.0.0.1", dst="10.0.0.2")
    link = l2.Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    frame = bytes((link / l2.Dot1Q(vlan=5) if tagged else link) / network / segment / payload)
    row = decoded(frame, 1, verify=True)

    assert (row.undecoded, row.protocol) == (0, Protocol.TCP)
    assert (row.src_port, row.dst_port, row.seq, row.ack) == (sport, dport, seq, ack)
    assert (row.flags, row.window, row.payload_len) == (flags, window, len(payload))
    assert row.checksum_verdict == Checksum.CORRECT
    assert frame[row.payload_at :] == payload
    _same_options(frame[row.payload_at - row.header_len :], row, options)


def _same_options(header: bytes, row: Row, options: list[Any]) -> None:
    said = dict(options)
    if "MSS" in said:
        assert row.mss == said["MSS"]
    if "WScale" in said:
        assert row.window_scale == said["WScale"]
    if "Timestamp" in said:
        assert (row.tsval, row.tsecr) == said["Timestamp"]
    if "SAck" in said:
        assert (row.sack_left, row.sack_right) == said["SAck"]
    assert bool(row.options & Option.SACK_PERMITTED) == ("SAckOK" in said)
    kinds = {"NOP": 1, "MSS": 2, "WScale": 3, "SAckOK": 4, "SAck": 5, "Timestamp": 8}
    found = [option.kind for option in options_of(header)][: len(options)]

    assert found == [kinds[name] for name, _ in options]


FIELDS = (
    *("tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.flags", "tcp.window_size_value", "tcp.hdr_len"),
    *("tcp.len", "udp.srcport", "udp.dstport", "udp.length", "icmp.type", "icmpv6.type"),
)

CAPTURES = (
    "dpkt/examples/data/nb6-http.pcap",
    "gopacket/pcap/test_ethernet.pcap",
    "gopacket/pcap/test_loopback.pcap",
    "libpcap/tests/filter/AH-IPcomp-IPv6.pcap",
    "tcpdump/tests/LINKTYPE_IPV4.pcap",
    "tcpdump/tests/beep-oobr.pcap",
    "tcpdump/tests/bgp-role.pcapng",
    "tcpdump/tests/bgp_vpn_attrset.pcap",
    "tcpdump/tests/icmp-rfc5837.pcap",
    "tcpdump/tests/lspping-fec-ldp.pcap",
    "tcpdump/tests/mptcp-v1.pcap",
    "tcpdump/tests/mpls-traceroute.pcap",
    "tcpdump/tests/print-flags.pcap",
    "tcpdump/tests/wccp_redirect_gre.pcap",
    "tcpflow/tests/test2.pcap",
    "wireshark2013/docbook/examples/test.cap",
    "zeek/testing/btest/Traces/tunnels/gre-sample.pcap",
    "zeek/testing/btest/Traces/tcp/missing-syn.pcap",
    "zeek/testing/btest/Traces/wikipedia.pcap",
)

KNOWN = {
    "libpcap/tests/filter/AH-IPcomp-IPv6.pcap": "tshark inflates IPComp; to us it hides what it carries",
    "wireshark2013/docbook/examples/test.cap": "two TCP headers for which their IP headers leave 19 bytes",
}
"""Captures with segments that tshark shows and we do not, and why."""


def said_by_tshark(tshark: str, path: Path) -> list[dict[str, list[str]]]:
    """A frame a line, each field with all its occurrences; nothing put together, nothing guessed from before."""
    whole = ["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE"]
    wanted = [argument for field in FIELDS for argument in ("-e", field)]
    command = [
        tshark,
        "-n",
        "-r",
        str(path),
        *whole,
        "-T",
        "fields",
        "-E",
        "occurrence=a",
        "-E",
        "aggregator=,",
        *wanted,
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    lines = [line.split("\t") for line in output.splitlines()]
    return [{name: text.split(",") if text else [] for name, text in zip(FIELDS, line, strict=True)} for line in lines]


@pytest.mark.parametrize("capture", CAPTURES)
def test_tshark_reads_the_same(capture: str, corpus: Path, tshark: str) -> None:
    if not (corpus / capture).exists():
        pytest.skip(f"the corpus has no {capture}")
    with open_capture(corpus / capture) as reader:
        rows = [row for batch in reader for row in batch]
    frames = said_by_tshark(tshark, corpus / capture)

    assert len(rows) == len(frames)
    compared = sum(_agree(capture, row, said) for row, said in zip(rows, frames, strict=True))
    assert compared


def _agree(capture: str, row: Row, said: dict[str, list[str]]) -> bool:
    """Whether there was something to compare."""
    if row.undecoded:
        carried = said["tcp.srcport"] and not said["icmp.type"] and not said["icmpv6.type"]

        assert capture in KNOWN or not carried, row
        return False
    if row.protocol == Protocol.TCP:
        _same_tcp(row, said)
    elif row.protocol == Protocol.UDP:
        # The outermost: what a datagram carries (tunnels in UDP) is not unwrapped here.
        ours = [row.src_port, row.dst_port, row.payload_len + 8]
        theirs = [int(said[name][0]) for name in ("udp.srcport", "udp.dstport", "udp.length")]

        assert theirs == ours, row
    else:
        number = said["icmp.type" if row.protocol == Protocol.ICMP else "icmpv6.type"]
        quoted = "tcp" if row.quoted_protocol == Protocol.TCP else "udp"

        assert int(number[0]) == row.icmp_type, row
        assert [int(said[f"{quoted}.{end}"][-1]) for end in ("srcport", "dstport")] == [row.src_port, row.dst_port], row
    return True


def _same_tcp(row: Row, said: dict[str, list[str]]) -> None:
    ours = [row.src_port, row.dst_port, row.seq, row.ack, row.flags, row.window, row.header_len, row.payload_len]
    theirs = [int(said[name][-1], 0) for name in FIELDS[:8]]
    theirs[4] &= 0x1FF

    assert theirs == ours, row


NOT_OF_THE_SEGMENT = {"frame", "time_ns", "interface", "direction", "link_type", "wire_len", "payload_at"}


@pytest.mark.parametrize("source", ["fast_reuse", "handshake_reorder", "refused", "tfo"])
def test_all_link_type_forms_of_a_capture_have_the_same_segments(source: str, corpus: Path) -> None:
    numbers = attrgetter(*(field.name for field in fields(Row) if field.name not in NOT_OF_THE_SEGMENT))

    def segments(path: Path) -> list[tuple[int, ...]]:
        with open_capture(path, verify=True) as reader:
            return [numbers(row) for batch in reader for row in batch if not row.undecoded]

    forms = [
        path
        for path in sorted((corpus / "derived-forms").glob(f"{source}.*"))
        if not {"cut", "snap"} & set(_words(path))
    ]
    first, *others = [segments(path) for path in forms]

    assert len(forms) >= 25
    assert first
    assert [path.name for path, other in zip(forms[1:], others, strict=True) if other != first] == []


def _words(path: Path) -> list[str]:
    return [word.rstrip("0123456789") for word in path.name.replace(".", "-").split("-")]
