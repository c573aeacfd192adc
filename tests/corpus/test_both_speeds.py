"""The fast path on captures from the wild: in columns and compiled, every judgement is the same as in plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.corpus.judging import judge

if TYPE_CHECKING:
    from pathlib import Path

TRACES = "zeek/testing/btest/Traces/"

SAMPLE = [
    "derived-forms/fast_reuse.pcap-le-us.pcap",
    "derived-forms/tfo.pcapng-le-spb.pcapng",
    "dpkt/examples/data/nb6-http.pcap",
    "pcap-parser/assets/err-buffertoosmall.pcapng",
    "ppa-packets/activeosfingerprinting.pcapng",
    "ppa-packets/sessionhijacking.pcapng",
    "tcpdump/tests/babel_update_oobr.pcap",
    "tcpdump/tests/kday4.pcap",
    "tcpdump/tests/ldp-common-session.pcap",
    "tcpdump/tests/mptcp-v0.pcap",
    "tcpflow/tests/bug5.pcap",
    "tcpflow/tests/test5-lines-randomized.pcap",
    "wireshark2013/docbook/examples/test.cap",
    f"{TRACES}ftp/ipv6.pcap",
    f"{TRACES}http/m57-long-49600-80.pcap",
    f"{TRACES}modbus/modbus-and-non-modbus-p502.pcap",
    f"{TRACES}ssh/ssh.client-side-half-duplex.pcap",
    f"{TRACES}tcp/retransmit-fast009.pcap",
    f"{TRACES}tcp/syn-then-stuff-then-rst.pcap",
    f"{TRACES}tunnels/gre-sample.pcap",
    f"{TRACES}wikipedia.pcap",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLE)
def test_compiled_and_plain_judge_alike(corpus: Path, name: str) -> None:
    fast = judge(corpus / name, plain_frames=0)

    assert fast == judge(corpus / name)
    assert fast.connections


@pytest.mark.slow
def test_a_capture_may_change_speed_on_its_way(corpus: Path) -> None:
    path = corpus / "ppa-packets" / "sessionhijacking.pcapng"

    assert judge(path, plain_frames=40) == judge(path)
