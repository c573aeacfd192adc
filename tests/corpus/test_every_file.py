"""Every file of the corpus is read without a crash and without a silent zero."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from inspector.errors import CaptureFileError
from inspector.wire.reader import open_capture
from inspector.wire.row import Protocol
from inspector.wire.undecoded import undecoded_of

if TYPE_CHECKING:
    from pathlib import Path

INSPECTED = {Protocol.TCP, Protocol.UDP, Protocol.ICMP, Protocol.ICMPV6}

UNREADABLE = {
    "libpcap/tests/pcap-invalid-version-1.pcap": "byte 4: expected pcap version 2, found 1.4",
    "libpcap/tests/pcapng-invalid-vers-1.pcapng": "a section of pcapng version 0",
    "libpcap/tests/shb-option-too-long.pcapng": "the two lengths of a section header differ",
}
"""What is wrong with the container, in our words; all other refusals name a link type."""

BEYOND_LIBPCAP = {
    # Files that the manifest's tools refuse, and how many frames we read.
    "gopacket/pcapgo/tests/be/test901.pcapng": 2,
    "gopacket/pcapgo/tests/le/test901.pcapng": 2,
    "libpcap/tests/filter/brcm-tag-stp.pcap": 4,
    "libpcap/tests/filter/brcm-tag.pcap": 15,
    "tcpdump/tests/edsa-high-vid.pcap": 4,
    "libpcap/tests/linktype-reserved-field-not-zero.pcap": 0,
    "libpcap/tests/pcapng-invalid-vers-2.pcapng": 1,
}


class Listed(NamedTuple):
    """A line of the manifest."""

    name: str
    frames: int | None
    """None where the manifest's tools could not tell."""


class Counted(NamedTuple):
    """What reading a file to its end gave."""

    frames: int
    decoded: int
    undecoded: int
    cut: str


@pytest.fixture(scope="module")
def listed(corpus: Path) -> list[Listed]:
    with (corpus / "manifest.tsv").open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Listed(line["path"], int(line["packets"]) if line["packets"].isdigit() else None) for line in table]


def count(path: Path) -> Counted:
    decoded = undecoded = 0
    with open_capture(path) as reader:
        for batch in reader:
            for row in batch:
                if undecoded_of(row) is not None:
                    undecoded += 1
                elif row.protocol in INSPECTED:
                    decoded += 1
    return Counted(reader.frames, decoded, undecoded, reader.cut)


def test_every_file_gives_its_frames_or_names_why_not(corpus: Path, listed: list[Listed]) -> None:
    refused, wrong = {}, []
    for name, frames in listed:
        try:
            counted = count(corpus / name)
        except CaptureFileError as error:
            refused[name] = error.reason
            continue
        expected = BEYOND_LIBPCAP[name] if frames is None else frames
        if counted.frames != expected or counted.decoded + counted.undecoded != counted.frames:
            wrong.append((name, expected, counted))

    assert wrong == []
    links = {name for name, reason in refused.items() if re.match(r"link type \d+ \([\w ]+\) is not supported", reason)}
    assert refused.keys() - links == set(UNREADABLE)
    assert len(listed) - len(refused) > 650


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_wrong_with_a_container_is_named(corpus: Path, name: str) -> None:
    with pytest.raises(CaptureFileError) as caught:
        count(corpus / name)

    assert UNREADABLE[name] in str(caught.value)
