"""The same captures by scapy and by tshark: one report, but for what they cannot know, each with its reason."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from inspector.errors import CaptureError, CaptureFileError, InspectorError
from inspector.pipeline import inspect
from inspector.report.json_report import to_json
from tests.wire.files import NOW, pcap
from tests.wire.frames import ethernet, ipv4, tcp

LARGEST = 60_000
FORMS = "derived-forms/"
TRACES = "zeek/testing/btest/Traces/"

CUT_HEADER = "the capture ends inside the TCP header, which is then none to them"
LOOPBACK = "BSD's other numbers for IPv6 behind a loopback header"
MPLS = "MPLS behind PPP"
AH = "what the Authentication Header protects"
UNKNOWN_TO_SCAPY = {
    **{f"{FORMS}{name}.pcap-snap48.pcap": CUT_HEADER for name in ("fast_reuse", "handshake_reorder", "refused", "tfo")},
    "gopacket/pcap/test_loopback.pcap": LOOPBACK,
    "libpcap/tests/filter/AH-IPcomp-IPv4.pcap": AH,
    "libpcap/tests/filter/ipv6_ah_modes.pcap": AH,
    "tcpdump/tests/lspping-fec-ldp.pcap": MPLS,
    "tcpdump/tests/lspping-fec-rsvp.pcap": MPLS,
    "tcpdump/tests/mpls-traceroute.pcap": MPLS,
    "tcpdump/tests/wb-oobr.pcap": MPLS,
    "tcpdump/tests/wccp_redirect_gre.pcap": "WCCP in GRE",
    "tcpflow/tests/local.pcap": LOOPBACK,
    "tcpflow/tests/local2.pcap": LOOPBACK,
}
ASKED_OF_TSHARK = (
    "libpcap/tests/filter/arcnet-rfc1051-arp-icmp-http.pcap",
    "tcpdump/tests/ipoib.pcap",
    "tcpdump/tests/lspping-fec-ldp.pcap",
    "tcpdump/tests/mpls-traceroute.pcap",
    "tcpdump/tests/nflog.pcap",
    "tcpdump/tests/tfo-5c1fa7f9ae91.pcap",
    "tcpflow/tests/local.pcap",
    "tcpflow/tests/test8/image2.pcap",
    "wireshark2013/test/captures/dns+icmp.pcapng.gz",
    "wireshark2013/tools/dftestfiles/tftp.pcap",
    f"{TRACES}tunnels/gre-over-udp-4754.pcap",
    f"{TRACES}tunnels/gre-sample.pcap",
    f"{TRACES}tunnels/vxlan-encapsulated-http.pcap",
)

DECODERS = pytest.mark.parametrize("decoder", ["scapy", pytest.param("tshark", marks=pytest.mark.slow)])


@pytest.fixture(autouse=True)
def installed(request: pytest.FixtureRequest) -> None:
    """Skips, and says so, where a test's decoder is not here."""
    if "tshark" in request.node.name:
        request.getfixturevalue("tshark")


def reported(path: Path, decoder: str) -> dict[str, Any]:
    """The JSON report; `dropped` is left out, for tshark does not tell it."""
    report = to_json(inspect(path, keep=None, decoder=decoder))
    del report["capture"]["dropped"]
    return report


def judged(path: Path, decoder: str) -> Any:
    """All that is said of conversations; or that there is an error."""
    try:
        report = reported(path, decoder)
    except CaptureFileError:
        return None
    return report["connections"], report["exchanges"]


@DECODERS
def test_our_own_captures_have_the_same_report_whoever_decodes(captures: Path, decoder: str) -> None:
    paths = sorted(captures.glob("*/*.pcapng"))
    different = [path.name for path in paths if reported(path, decoder) != reported(path, "native")]

    assert len(paths) > 50
    assert different == []


@pytest.mark.parametrize("name", ["tcp-upload", "tcp-syn-lost", "udp-oversize", "udp-unreachable", "doubled-loopback"])
def test_tshark_gives_the_same_report(captures: Path, name: str) -> None:
    """A handful of the above: links that lose, fragments, ICMP errors, capture duplicates."""
    path = captures / name / f"{name}.pcapng"

    assert reported(path, "tshark") == reported(path, "native")


def small_captures(corpus: Path) -> list[str]:
    paths = (path for path in corpus.rglob("*") if path.is_file() and (".pcap" in path.name or path.suffix == ".cap"))
    return sorted(path.relative_to(corpus).as_posix() for path in paths if path.stat().st_size < LARGEST)


@pytest.mark.slow
def test_scapy_finds_the_same_conversations_in_the_corpus(corpus: Path) -> None:
    """Except where it does not know what carries them, which is an error or in the table above."""
    names = small_captures(corpus)
    both = {name: (judged(corpus / name, "native"), judged(corpus / name, "scapy")) for name in names}
    different = [name for name, (ours, theirs) in both.items() if None not in (ours, theirs) and ours != theirs]

    assert len(names) > 500
    assert sum(theirs is None and ours is not None for ours, theirs in both.values()) < 30
    assert different == sorted(UNKNOWN_TO_SCAPY)


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKED_OF_TSHARK)
def test_tshark_finds_the_same_conversations(corpus: Path, name: str) -> None:
    if not (corpus / name).exists():
        pytest.skip(f"the corpus has no {name}")

    assert judged(corpus / name, "tshark") == judged(corpus / name, "native") is not None


@pytest.mark.slow
def test_tshark_finds_the_same_connection_in_every_form_of_a_capture(corpus: Path) -> None:
    forms = [path for path in sorted((corpus / "derived-forms").glob("refused.*")) if "snap48" not in path.name]
    different = [path.name for path in forms if judged(path, "tshark") != judged(path, "native")]

    assert len(forms) > 30
    assert different == []


@pytest.mark.parametrize("decoder", ["scapy", "tshark"])
def test_a_cut_capture_says_so(tmp_path: Path, decoder: str) -> None:
    path = tmp_path / "cut.pcap"
    frame = ethernet(ipv4(tcp(b"hello")))
    path.write_bytes(pcap([(NOW, n, frame, len(frame)) for n in range(3)])[:-7])
    inspection = inspect(path, decoder=decoder)

    assert inspection.capture.frames == 2
    assert inspection.capture.cut
    assert str(tmp_path) not in inspection.capture.cut or decoder == "tshark"


@pytest.mark.parametrize("decoder", ["scapy", "tshark"])
def test_they_read_a_link_that_we_do_not(tmp_path: Path, decoder: str) -> None:
    """LINKTYPE_ETHERNET_MPACKET: Ethernet with what precedes and closes a frame on the cable."""
    frame = ethernet(ipv4(tcp(b"hello"))).ljust(60, b"\0")
    packet = bytes.fromhex("55555555555555d5") + frame + crc32(frame).to_bytes(4, "little")
    path = tmp_path / "mpacket.pcap"
    path.write_bytes(pcap([(NOW, 0, packet, len(packet))], link_type=274))

    with pytest.raises(CaptureFileError, match="link type 274") as refused:
        inspect(path)
    (connection,) = inspect(path, decoder=decoder).connections

    assert refused.value.links
    assert str(connection.originator.endpoint) == "10.0.0.1:12345"
    assert connection.segments[0].row.payload_len == 5


def test_scapy_says_which_link_it_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "docsis.pcap"
    path.write_bytes(pcap([(NOW, 0, bytes(60), 60)], link_type=143))

    with pytest.raises(CaptureFileError, match=r"link type 143 .* is not known to scapy"):
        inspect(path, decoder="scapy")


@pytest.mark.parametrize("decoder", ["scapy", "tshark"])
@pytest.mark.parametrize("content", [b"", b"Dear Wireshark, this is no capture at all.\n"], ids=["empty", "letter"])
def test_what_is_no_capture_is_one_line(tmp_path: Path, decoder: str, content: bytes) -> None:
    path = tmp_path / "letter.pcap"
    path.write_bytes(content)

    with pytest.raises(InspectorError) as refused:
        inspect(path, decoder=decoder)
    assert "\n" not in refused.value.message


def test_no_scapy_is_one_line_with_what_installs_it(captures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scapy.layers.l2", None)

    with pytest.raises(CaptureError, match="scapy cannot be imported") as refused:
        inspect(captures / "refused" / "refused.pcapng", decoder="scapy")

    assert refused.value.remedies == ("pip install scapy",)
