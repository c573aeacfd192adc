"""Link types: one conversation, whatever carried it (the table of which other tools have cells empty)."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.wire import Direction, supported_link_types, undecoded_of
from inspector.wire.undecoded import Reason, is_fault
from tests.wire.files import enhanced, interface, section
from tests.wire.frames import decoded, ethernet, ipv4, ipv6, tcp

FOUR = ipv4(tcp(b"hello"))
SIX = ipv6(tcp(b"hello"))

SLL = bytes.fromhex("0000000100060200000000010000")
SLL2 = bytes.fromhex("000000000001000100060200000000010000")
SNAP = bytes.fromhex("aaaa03000000")
NFLOG = bytes.fromhex("02000000 0800 0100 08000100")
WIFI = b"\x08\x01" + bytes(22) + SNAP + b"\x08\x00"
AGGREGATE = b"\x88\x01" + bytes(22) + b"\x80\x00" + bytes(12) + (8 + len(FOUR)).to_bytes(2, "big") + SNAP + b"\x08\x00"

IPV4_FRAMES = {
    "Ethernet": (1, ethernet(FOUR)),
    "802.1Q": (1, ethernet(b"\x00\x05\x08\x00" + FOUR, 0x8100)),
    "QinQ of 802.1ad": (1, ethernet(bytes.fromhex("0005810000060800") + FOUR, 0x88A8)),
    "QinQ before 802.1ad": (1, ethernet(bytes.fromhex("0005810000060800") + FOUR, 0x9100)),
    "four tags": (1, ethernet(bytes.fromhex("0001 8100 0002 8100 0003 8100 0004 0800") + FOUR, 0x88A8)),
    "LLC and SNAP": (1, ethernet(SNAP + b"\x08\x00" + FOUR, 8 + len(FOUR))),
    "802.1Q, then LLC and SNAP": (
        1,
        ethernet(b"\x00\x05" + (8 + len(FOUR)).to_bytes(2, "big") + SNAP + b"\x08\x00" + FOUR, 0x8100),
    ),
    "LLC with IP's own SAP": (1, ethernet(b"\x06\x06\x03" + FOUR, 3 + len(FOUR))),
    "PPPoE": (1, ethernet(bytes.fromhex("1100 0001 0040 0021") + FOUR, 0x8864)),
    "MPLS, one label": (1, ethernet(bytes.fromhex("00010140") + FOUR, 0x8847)),
    "MPLS, two labels": (1, ethernet(bytes.fromhex("0001004000020140") + FOUR, 0x8847)),
    "NULL of a little-endian host": (0, b"\x02\x00\x00\x00" + FOUR),
    "NULL of a big-endian host": (0, b"\x00\x00\x00\x02" + FOUR),
    "LOOP": (108, b"\x00\x00\x00\x02" + FOUR),
    "RAW": (101, FOUR),
    "RAW as BSD numbers it": (12, FOUR),
    "RAW as OpenBSD numbers it": (14, FOUR),
    "IPV4": (228, FOUR),
    "SLL": (113, SLL + b"\x08\x00" + FOUR),
    "SLL with a tag": (113, SLL + b"\x81\x00" + b"\x00\x05\x08\x00" + FOUR),
    "SLL2": (276, b"\x08\x00" + SLL2 + FOUR),
    "PPP": (9, b"\xff\x03\x00\x21" + FOUR),
    "PPP without address and control": (9, b"\x00\x21" + FOUR),
    "PPP with a protocol of one byte": (9, b"\x21" + FOUR),
    "PPP in HDLC": (50, b"\xff\x03\x00\x21" + FOUR),
    "PPPoE as a link": (51, bytes.fromhex("1100 0001 0040 0021") + FOUR),
    "PPPoE in a VLAN": (1, ethernet(b"\x00\x05\x88\x64" + bytes.fromhex("1100 0001 0040 0021") + FOUR, 0x8100)),
    "QinQ in QinQ": (1, ethernet(bytes.fromhex("0001 8100 0002 88a8 0003 8100 0004 0800") + FOUR, 0x88A8)),
    "MPLS in a VLAN": (1, ethernet(bytes.fromhex("0005 8847 00010040 00020040 00030140") + FOUR, 0x8100)),
    "backbone bridge": (1, ethernet(bytes.fromhex("00000001") + ethernet(FOUR), 0x88E7)),
    "VN-Tag": (1, ethernet(bytes.fromhex("00000001 0800") + FOUR, 0x8926)),
    "FabricPath": (1, ethernet(bytes.fromhex("4020") + ethernet(FOUR), 0x8903)),
    "FabricPath, then a VLAN": (
        1,
        ethernet(bytes.fromhex("4020") + ethernet(b"\x00\x05\x08\x00" + FOUR, 0x8100), 0x8903),
    ),
    "E-TAG": (1, ethernet(bytes.fromhex("00010002 0000 0800") + FOUR, 0x893F)),
    "Cisco MetaData": (1, ethernet(bytes.fromhex("0101 0001 0010 0800") + FOUR, 0x8909)),
    "HSR": (1, ethernet(bytes.fromhex("002e 0001 0800") + FOUR, 0x892F)),
    "TRILL": (1, ethernet(bytes.fromhex("0006 0001 0002") + ethernet(FOUR), 0x22F3)),
    "TRILL with an option": (1, ethernet(bytes.fromhex("0046 0001 0002 00000000") + ethernet(FOUR), 0x22F3)),
    "NSH of IP": (1, ethernet(bytes.fromhex("0fc60101 00000aff") + bytes(16) + FOUR, 0x894F)),
    "NSH of Ethernet, without metadata": (1, ethernet(bytes.fromhex("0fc20203 00000aff") + ethernet(FOUR), 0x894F)),
    "LLC of a jumbo frame": (1, ethernet(SNAP + b"\x08\x00" + FOUR, 0x8870)),
    "PPP that is HDLC of Cisco": (9, bytes.fromhex("0f00 0800") + FOUR),
    "HDLC of Cisco, known by its address": (50, bytes.fromhex("0f00 0800") + FOUR),
    "Cisco HDLC": (104, bytes.fromhex("0f00 0800") + FOUR),
    "Cisco HDLC with a direction": (205, bytes.fromhex("01 0f00 0800") + FOUR),
    "PPP with a direction": (204, bytes.fromhex("00 ff03 0021") + FOUR),
    "PPP with a direction alone": (204, bytes.fromhex("01 0021") + FOUR),
    "PPP of pppd": (166, bytes.fromhex("01 03 0021") + FOUR),
    "frame relay": (107, bytes.fromhex("1841 03cc") + FOUR),
    "frame relay, three bytes of address": (107, bytes.fromhex("184041 03cc") + FOUR),
    "frame relay, SNAP": (107, bytes.fromhex("1841 0300 80 000000 0800") + FOUR),
    "frame relay, bridged": (107, bytes.fromhex("1841 0300 80 0080c2 0007") + ethernet(FOUR)),
    "frame relay of Cisco": (107, bytes.fromhex("1841 0800") + FOUR),
    "frame relay with a direction": (206, bytes.fromhex("00 1841 03cc") + FOUR),
    "SLIP": (8, bytes(16) + FOUR),
    "FDDI": (10, b"\x50" + bytes(12) + SNAP + b"\x08\x00" + FOUR),
    "token ring": (6, b"\x10\x40" + bytes(12) + SNAP + b"\x08\x00" + FOUR),
    "token ring with a route": (
        6,
        b"\x10\x40" + bytes(6) + b"\x80" + bytes(5) + bytes.fromhex("0630 0011 0020") + SNAP + b"\x08\x00" + FOUR,
    ),
    "IP over fibre channel": (122, bytes(16) + SNAP + b"\x08\x00" + FOUR),
    "IP over FireWire": (138, bytes(16) + b"\x08\x00" + FOUR),
    "ATM, LLC": (100, SNAP + b"\x08\x00" + FOUR),
    "ATM, NLPID": (100, bytes.fromhex("fefe03cc") + FOUR),
    "ARCNET, RFC 1051": (129, bytes.fromhex("0102 0000 f0") + FOUR),
    "ARCNET, RFC 1201": (129, bytes.fromhex("0102 0000 d4 00 0001") + FOUR),
    "MPLS as a link": (219, bytes.fromhex("00010140") + FOUR),
    "InfiniBand": (242, bytes(40) + bytes.fromhex("0800 0000") + FOUR),
    "NFLOG of a little-endian host": (239, NFLOG + bytes.fromhex("3100 0900") + FOUR),
    "NFLOG of a big-endian host": (239, bytes.fromhex("02000000 0008 0001 0800 0100 0031 0009") + FOUR),
    "PFLOG": (117, bytes.fromhex("3d02 0000") + bytes(60) + FOUR),
    "ENC": (109, bytes.fromhex("02000000") + bytes(8) + FOUR),
    "netANALYZER": (240, bytes(4) + ethernet(FOUR)),
    "Juniper": (178, bytes.fromhex("4d474300") + ethernet(FOUR)),
    "Juniper with extensions": (178, bytes.fromhex("4d474380 0004 01010000") + ethernet(FOUR)),
    "a Broadcom switch": (281, bytes(12) + bytes.fromhex("20000001 0800") + FOUR),
    "a Broadcom switch, tag first": (282, bytes.fromhex("20000001") + ethernet(FOUR)),
    "a Marvell switch": (284, bytes(12) + bytes.fromhex("c0000001 0800") + FOUR),
    "a Marvell switch, with an ethertype": (285, bytes(12) + bytes.fromhex("dada 0000 c0000001 0800") + FOUR),
    "PKTAP": (258, bytes.fromhex("6c000000 01000000 01000000") + bytes(96) + ethernet(FOUR)),
    "PPI": (192, bytes.fromhex("00000800 01000000") + ethernet(FOUR)),
    "PPI of 802.11": (192, bytes.fromhex("00000800 69000000") + WIFI + FOUR),
    "802.11 to its access point": (105, WIFI + FOUR),
    "802.11 of good quality": (105, b"\x88" + WIFI[1:24] + b"\x00\x00" + WIFI[24:] + FOUR),
    "802.11 between access points": (105, b"\x08\x03" + WIFI[2:24] + bytes(6) + WIFI[24:] + FOUR),
    "802.11 with high throughput": (105, b"\x88\x81" + WIFI[2:24] + bytes(6) + WIFI[24:] + FOUR),
    "802.11, an aggregate of one": (105, AGGREGATE + FOUR),
    "radiotap": (127, bytes.fromhex("00000800 00000000") + WIFI + FOUR),
    "radiotap with flags": (127, bytes.fromhex("00000900 02000000 00") + WIFI + FOUR),
    "radiotap with a time, more words and a padded header": (
        127,
        bytes.fromhex("00001900 030000a0 00000020")
        + bytes(12)
        + b"\x20"
        + b"\x88"
        + WIFI[1:24]
        + bytes(4)
        + WIFI[24:]
        + FOUR,
    ),
    "AVS": (163, bytes.fromhex("80211001 00000040") + bytes(56) + WIFI + FOUR),
    "Prism": (119, bytes.fromhex("44000000 90000000") + bytes(136) + WIFI + FOUR),
    "Prism that is AVS": (119, bytes.fromhex("80211001 00000040") + bytes(56) + WIFI + FOUR),
}

IPV6_FRAMES = {
    "Ethernet": (1, ethernet(SIX, 0x86DD)),
    "NULL of macOS": (0, b"\x1e\x00\x00\x00" + SIX),
    "NULL of FreeBSD": (0, b"\x1c\x00\x00\x00" + SIX),
    "NULL of NetBSD and OpenBSD": (0, b"\x18\x00\x00\x00" + SIX),
    "NULL of Linux": (0, b"\x0a\x00\x00\x00" + SIX),
    "NULL of a big-endian host": (0, b"\x00\x00\x00\x18" + SIX),
    "LOOP": (108, b"\x00\x00\x00\x18" + SIX),
    "RAW": (101, SIX),
    "IPV6": (229, SIX),
    "SLL": (113, SLL + b"\x86\xdd" + SIX),
    "SLL2": (276, b"\x86\xdd" + SLL2 + SIX),
    "PPP": (9, b"\xff\x03\x00\x57" + SIX),
    "MPLS": (1, ethernet(bytes.fromhex("00010140") + SIX, 0x8847)),
}


@pytest.mark.parametrize(("link_type", "data"), IPV4_FRAMES.values(), ids=IPV4_FRAMES)
def test_ipv4_is_found_under_every_link(link_type: int, data: bytes) -> None:
    _found_as_in_raw(link_type, data, FOUR)


@pytest.mark.parametrize(("link_type", "data"), IPV6_FRAMES.values(), ids=IPV6_FRAMES)
def test_ipv6_is_found_under_every_link(link_type: int, data: bytes) -> None:
    _found_as_in_raw(link_type, data, SIX)


def _found_as_in_raw(link_type: int, data: bytes, datagram: bytes) -> None:
    bare, row = decoded(datagram), decoded(data, link_type)
    shift = len(data) - len(datagram)

    assert (row.undecoded, row.seq, row.payload_len) == (0, 1000, 5)
    assert data[row.payload_at :] == b"hello"
    frame = {"link_type": link_type, "wire_len": len(data), "payload_at": bare.payload_at + shift}
    assert row == replace(bare, **frame, direction=row.direction)


@pytest.mark.parametrize("link_type", [113, 276])
def test_the_packet_type_of_a_cooked_header_is_a_direction(link_type: int) -> None:
    said = {}
    for packet_type in range(6):
        four = packet_type.to_bytes(2, "big") + SLL[2:] + b"\x08\x00"
        two = b"\x08\x00" + SLL2[:8] + bytes([packet_type]) + SLL2[9:]
        said[packet_type] = decoded((four if link_type == 113 else two) + FOUR, link_type).direction

    inward, outward, unknown = Direction.INBOUND, Direction.OUTBOUND, Direction.UNKNOWN
    assert said == {0: inward, 1: inward, 2: inward, 3: unknown, 4: outward, 5: unknown}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (ethernet(bytes(28), 0x0806), Reason.ARP),
        (ethernet(b"\x00\x05\x08\x06" + bytes(28), 0x8100), Reason.ARP),
        (ethernet(bytes(40), 0x88CC), Reason.NOT_IP),
        (ethernet(b"\x42\x42\x03" + bytes(40), 38), Reason.NOT_IP),
        (ethernet(b"\xff\xff" + bytes(40), 42), Reason.NOT_IP),
        (ethernet(bytes.fromhex("1100 0001 0040 c021") + bytes(8), 0x8864), Reason.NOT_IP),
        (ethernet(bytes.fromhex("00010140") + bytes(40), 0x8847), Reason.NOT_IP),
    ],
    ids=["ARP", "ARP in a VLAN", "LLDP", "STP", "IPX", "PPP's own", "a pseudo-wire"],
)
def test_a_healthy_frame_without_ip_is_no_fault(data: bytes, reason: int) -> None:
    row = decoded(data, 1)

    assert row.undecoded == reason
    assert not is_fault(row.undecoded)


@pytest.mark.parametrize("protocol", [0x0001, 0x000C, 0x00F6])
def test_a_cooked_frame_of_a_link_of_its_own_is_no_ip(protocol: int) -> None:
    """Novell's raw 802.3, CAN and others have numbers where an ethertype cannot be."""
    row = decoded(SLL + protocol.to_bytes(2, "big") + FOUR, 113)

    assert row.undecoded == Reason.NOT_IP


def test_a_cooked_frame_may_hold_llc() -> None:
    assert decoded(SLL + b"\x00\x04" + SNAP + b"\x08\x00" + FOUR, 113).seq == 1000


@pytest.mark.parametrize("family", [1, 7, 16, 0x0200_0000 | 2])
def test_an_unknown_address_family_is_no_ip(family: int) -> None:
    assert decoded(family.to_bytes(4, "little") + FOUR, 0).undecoded == Reason.NOT_IP


@pytest.mark.parametrize("link_type", [2, 147, 65535])
def test_an_unknown_link_type_is_named(link_type: int) -> None:
    row = decoded(FOUR, link_type)

    assert is_fault(row.undecoded)
    assert str(undecoded_of(row)) == f"link at byte 0: unknown link type {link_type}"
    assert link_type not in supported_link_types()


def test_every_supported_link_type_is_tried_here() -> None:
    tried = {link_type for link_type, _ in (*IPV4_FRAMES.values(), *IPV6_FRAMES.values())}

    assert tried == set(supported_link_types())


@pytest.mark.parametrize(("link_type", "data"), IPV4_FRAMES.values(), ids=IPV4_FRAMES)
def test_a_frame_that_ends_in_its_link_header_is_cut(link_type: int, data: bytes) -> None:
    for length in range(len(data) - len(FOUR)):
        row = decoded(data[:length], link_type, wire_len=len(data))

        assert row.undecoded in (Reason.LINK_CUT, Reason.NOT_IP), length


@pytest.mark.parametrize(
    ("link_type", "data", "reason"),
    [
        (105, b"\x80\x00" + bytes(40), Reason.NOT_IP),
        (105, b"\xd4\x00" + bytes(8), Reason.NOT_IP),
        (105, b"\x48\x01" + bytes(22), Reason.NOT_IP),
        (105, WIFI[:22] + b"\x01" + WIFI[23:] + FOUR, Reason.NOT_IP),
        (105, b"\x08\x41" + WIFI[2:] + FOUR, Reason.ENCRYPTED),
        (105, AGGREGATE + FOUR + bytes(3) + AGGREGATE[26:] + FOUR, Reason.AGGREGATED),
        (258, bytes.fromhex("6c000000 00000000 01000000") + bytes(96), Reason.NOT_IP),
        (178, bytes.fromhex("4d474302") + bytes(20), Reason.NOT_IP),
        (129, bytes.fromhex("0102 0000 d5") + bytes(20), Reason.ARP),
        (10, b"\x40" + bytes(40), Reason.NOT_IP),
        (6, b"\x10\x00" + bytes(40), Reason.NOT_IP),
        (107, bytes.fromhex("00010308") + bytes(20), Reason.NOT_IP),
        (239, NFLOG + bytes.fromhex("0400 0f00"), Reason.NOT_IP),
    ],
    ids=[
        "a beacon",
        "an acknowledgment",
        "a null frame",
        "a later fragment of 802.11",
        "an encrypted frame",
        "two in one",
        "no frame in PKTAP",
        "Juniper without a link",
        "ARP on ARCNET",
        "FDDI's own",
        "token ring's own",
        "LMI",
        "NFLOG without a payload",
    ],
)
def test_what_else_is_sent_is_no_fault_either(link_type: int, data: bytes, reason: int) -> None:
    row = decoded(data, link_type)

    assert row.undecoded == reason
    assert not is_fault(row.undecoded)


@pytest.mark.parametrize(
    ("link_type", "data"),
    [
        (127, bytes.fromhex("00000400") + bytes(40)),
        (127, bytes.fromhex("01000800") + bytes(40)),
        (163, bytes(60)),
        (163, bytes.fromhex("80211001 00000004") + bytes(60)),
        (119, bytes.fromhex("44000000 00000000") + bytes(60)),
        (192, bytes.fromhex("00000400 01000000") + bytes(40)),
        (239, bytes.fromhex("02000000 0000 0100") + bytes(40)),
        (117, bytes(80)),
        (258, bytes(80)),
        (178, bytes(80)),
    ],
)
def test_an_impossible_header_is_a_fault_that_names_its_place(link_type: int, data: bytes) -> None:
    assert str(undecoded_of(decoded(data, link_type))).startswith("link at byte ")
    assert decoded(data, link_type).undecoded == Reason.BAD_LINK


def test_a_link_type_inside_another_that_is_unknown_is_named_as_such() -> None:
    row = decoded(bytes.fromhex("00000800 93000000") + FOUR, 192)

    assert str(undecoded_of(row)) == "link at byte 8: unknown link type inside 192"


@pytest.mark.parametrize(("link_type", "name"), [(204, "PPP"), (205, "Cisco HDLC"), (206, "frame relay")])
def test_the_first_byte_of_a_line_with_a_direction_names_it(link_type: int, name: str) -> None:
    data = next(bare for number, bare in IPV4_FRAMES.values() if number == link_type)[1:]

    assert decoded(b"\x00" + data, link_type).direction == Direction.INBOUND, name
    assert decoded(b"\x01" + data, link_type).direction == Direction.OUTBOUND, name


NOT_BY_TSHARK = {205, 206, 166, 219, 281, 282, 284, 285}
"""Link types that tshark 4.0 does not read from a file (though it reads what is in them, as do libpcap and its kin)."""
DIFFERENT_BY_TSHARK = {
    "SLIP": "the header is data to it",
    "NFLOG of a big-endian host": "it takes the order of its own host",
    "netANALYZER": "it wants the header's own bits",
    "FabricPath": "it takes the last four bytes for a check sequence",
    "FabricPath, then a VLAN": "it takes the last four bytes for a check sequence",
}


def test_tshark_finds_the_same_segments(tmp_path: Path, tshark: str) -> None:
    """One capture of all forms, each with an interface of its own."""
    forms = {name: form for name, form in IPV4_FRAMES.items() if form[0] not in NOT_BY_TSHARK}
    data = section() + b"".join(interface(link_type=link_type) for link_type, _ in forms.values())
    path = tmp_path / "all.pcapng"
    path.write_bytes(data + b"".join(enhanced(frame, number=i) for i, (_, frame) in enumerate(forms.values())))
    command = [tshark, "-n", "-r", str(path), "-T", "fields", "-e", "tcp.seq_raw", "-e", "tcp.len"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    assert len(found) == len(forms)
    differ = {name for name, line in zip(forms, found, strict=True) if line != "1000\t5"}
    assert differ == set(DIFFERENT_BY_TSHARK)
