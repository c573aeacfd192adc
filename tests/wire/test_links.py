"""Link types: one conversation, whatever carried it (the table of which other tools have cells empty)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector.wire import Direction, supported_link_types, undecoded_of
from inspector.wire.undecoded import Reason, is_fault
from tests.wire.frames import decoded, ethernet, ipv4, ipv6, tcp

FOUR = ipv4(tcp(b"hello"))
SIX = ipv6(tcp(b"hello"))

SLL = bytes.fromhex("0000000100060200000000010000")
SLL2 = bytes.fromhex("000000000001000100060200000000010000")
SNAP = bytes.fromhex("aaaa03000000")

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


@pytest.mark.parametrize("link_type", [105, 127, 147, 65535])
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
