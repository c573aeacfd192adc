"""Four captures in 34 encodings each: what is judged of a conversation does not depend on how it was written down.

Compared is all that `judging.Judged` holds: endpoints, handshake, close, Zeek's words, Wireshark's completeness, what
the ends offered and reached, every finding with its sentence, and of every segment its frame number, sender, flags,
numbers, length, label, both states and findings. What a form cannot hold is named in its test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.corpus.judging import Judged, JudgedEnd, Verdict, judge

if TYPE_CHECKING:
    from pathlib import Path

BASES = {"fast_reuse": 18, "handshake_reorder": 1, "refused": 1, "tfo": 2}
"""Captures, and how many connections they hold."""

REFERENCE = "pcap-le-us.pcap"
STRAY_BYTES = "pcap-cut-in-hdr.pcap"
CUT = ("pcap-cut-in-data.pcap", "pcapng-cut.pcapng")
SHORT = ("pcap-snap54.pcap", "pcap-snap48.pcap")

WHOLE = (
    *("pcap-be-ns.pcap", "pcap-be-us.pcap", "pcap-le-ns.pcap", "pcap-le-us.pcap", "pcap-modified-cd34.pcap"),
    *("pcap-loop108.pcap", "pcap-null-be.pcap", "pcap-null.pcap", "pcap-raw101.pcap"),
    *("pcap-qinq.pcap", "pcap-sll.pcap", "pcap-sll2.pcap", "pcap-vlan.pcap"),
    *("pcapng-2if-alternating.pcapng", "pcapng-2sections-le-be.pcapng", "pcapng-mixed-eth-raw.pcapng"),
    *("pcapng-be-2pow20.pcapng", "pcapng-be-epb.pcapng", "pcapng-be-ns.pcapng", "pcapng-be-pb-obsolete.pcapng"),
    *("pcapng-be-spb.pcapng", "pcapng-be-tsoffset.pcapng", "pcapng-unknown-blocks.pcapng"),
    *("pcapng-le-2pow20.pcapng", "pcapng-le-epb.pcapng", "pcapng-le-ns.pcapng", "pcapng-le-pb-obsolete.pcapng"),
    *("pcapng-le-spb.pcapng", "pcapng-le-tsoffset.pcapng"),
)

OF_EACH = pytest.mark.parametrize("base", BASES)


@pytest.fixture(scope="module")
def forms(corpus: Path) -> Path:
    return corpus / "derived-forms"


def form(forms: Path, base: str, encoding: str) -> Path:
    return forms / f"{base}.{encoding}"


@OF_EACH
def test_there_are_34_forms(forms: Path, base: str) -> None:
    found = {path.name.removeprefix(f"{base}.") for path in forms.glob(f"{base}.*")}

    assert found == {*WHOLE, STRAY_BYTES, *CUT, *SHORT}
    assert len(found) == 34


@pytest.mark.parametrize("encoding", WHOLE)
@OF_EACH
def test_a_whole_form_gives_the_same_to_the_last_word(forms: Path, base: str, encoding: str) -> None:
    """Frame numbers too: we count frames, and no Custom Blocks. Simple Packet Blocks hold no time: none is needed."""
    verdict = judge(form(forms, base, encoding))

    assert verdict == judge(form(forms, base, REFERENCE))
    assert len(verdict.connections) == BASES[base]
    assert verdict.cut == ""


@OF_EACH
def test_stray_bytes_at_the_end_are_said_and_change_nothing(forms: Path, base: str) -> None:
    verdict = judge(form(forms, base, STRAY_BYTES))

    assert verdict.connections == judge(form(forms, base, REFERENCE)).connections
    assert "5 are left" in verdict.cut


@pytest.mark.parametrize("encoding", CUT)
@OF_EACH
def test_a_cut_form_gives_what_came_before_the_cut(forms: Path, base: str, encoding: str) -> None:
    whole = judge(form(forms, base, REFERENCE))
    verdict = judge(form(forms, base, encoding))

    assert verdict.frames == whole.frames - 1
    assert verdict.connections == judge(form(forms, base, REFERENCE), frames=verdict.frames).connections
    assert "bytes has only" in verdict.cut


@OF_EACH
def test_without_options_and_payload_only_offers_and_gaps_of_zeek_differ(forms: Path, base: str) -> None:
    """Snaplen 54: whole headers of 20 bytes. Zeek says `G` of payload that was not captured, and so do we."""
    assert without(judge(form(forms, base, "pcap-snap54.pcap"))) == without(judge(form(forms, base, REFERENCE)))


def without(verdict: Verdict) -> list[Judged]:
    return [
        connection._replace(
            originator=without_offers(connection.originator),
            responder=without_offers(connection.responder),
            zeek=connection.zeek.replace("G", "").replace("g", ""),
        )
        for connection in verdict.connections
    ]


def without_offers(end: JudgedEnd) -> JudgedEnd:
    return end._replace(mss=None, window_scale=None, sack_permitted=None, timestamps=None)


@OF_EACH
def test_without_windows_only_labels_of_windows_differ_as_well(forms: Path, base: str) -> None:
    """Snaplen 48: the header ends at the flags."""
    short, whole = judge(form(forms, base, "pcap-snap48.pcap")), judge(form(forms, base, REFERENCE))

    assert [blunt(connection) for connection in without(short)] == [blunt(connection) for connection in without(whole)]


WINDOWS = {"window update": "ACK", "duplicate ACK": "ACK", "window full": "data"}


def blunt(connection: Judged) -> Judged:
    return connection._replace(
        segments=tuple(
            segment._replace(label=WINDOWS.get(segment.label, segment.label)) for segment in connection.segments
        )
    )
