"""Tunnels: the inner segment is found, named by what carried it, and a port alone takes no datagram apart."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from inspector.wire import Protocol, Tunnel, decode_frame, open_capture, tunnel_text, undecoded_of
from inspector.wire.frame import Frame
from tests.wire.files import NOW, enhanced, interface, pcap, section
from tests.wire.frames import decoded, ethernet, ipv4, ipv6, tcp

FOUR = ipv4(tcp(b"hello"))
SIX = ipv6(tcp(b"hello"))
FRAME = ethernet(FOUR)
OF_TEREDO = SIX[:8] + bytes.fromhex("20010000") + SIX[12:]


def datagram(payload: bytes, port: int, source: int = 40000) -> bytes:
    head = source.to_bytes(2, "big") + port.to_bytes(2, "big") + (8 + len(payload)).to_bytes(2, "big") + b"\0\0"
    return ipv4(head + payload, 17)


def sized(head: str, payload: bytes, without: int = 8) -> bytes:
    """A header with a length in its third and fourth byte; GTP counts what comes after the first eight."""
    made = bytes.fromhex(head)
    return made[:2] + (len(made) - without + len(payload)).to_bytes(2, "big") + made[4:] + payload


IN_UDP = {
    "VXLAN": (Tunnel.VXLAN, datagram(bytes.fromhex("0800000000002a00") + FRAME, 4789)),
    "VXLAN on Linux's port": (Tunnel.VXLAN, datagram(bytes.fromhex("0800000000002a00") + FRAME, 8472)),
    "VXLAN with a group policy": (Tunnel.VXLAN, datagram(bytes.fromhex("8808000100002a00") + FRAME, 4789)),
    "VXLAN that names what it carries": (Tunnel.VXLAN, datagram(bytes.fromhex("0c00000100002a00") + FOUR, 4790)),
    "VXLAN of a frame, named": (Tunnel.VXLAN, datagram(bytes.fromhex("0c00000300002a00") + FRAME, 4790)),
    "Geneve": (Tunnel.GENEVE, datagram(bytes.fromhex("0000655800002a00") + FRAME, 6081)),
    "Geneve with options": (Tunnel.GENEVE, datagram(bytes.fromhex("0240655800002a00 0102030100000000") + FRAME, 6081)),
    "Geneve of IP": (Tunnel.GENEVE, datagram(bytes.fromhex("0000080000002a00") + FOUR, 6081)),
    "GTP-U": (Tunnel.GTP_U, datagram(sized("30ff000000000001", FOUR), 2152)),
    "GTP-U with a sequence": (Tunnel.GTP_U, datagram(sized("32ff000000000001 00070000", FOUR), 2152)),
    "GTP-U with an extension": (Tunnel.GTP_U, datagram(sized("34ff000000000001 00000085 01100100", FOUR), 2152)),
    "Teredo": (Tunnel.TEREDO, datagram(SIX, 3544)),
    "Teredo between peers": (Tunnel.TEREDO, datagram(OF_TEREDO, 50000)),
    "Teredo with an origin": (Tunnel.TEREDO, datagram(bytes.fromhex("0000f227bfa0fffe") + SIX, 40000, 3544)),
    "Teredo, authenticated": (Tunnel.TEREDO, datagram(b"\0\1" + bytes(11) + SIX, 3544)),
    "GRE in UDP": (Tunnel.GRE, datagram(bytes.fromhex("20000800 00000001") + FOUR, 4754)),
    "L2TP": (Tunnel.L2TP, datagram(sized("4002 0000 0001 0002 ff030021", FOUR, 0), 1701)),
    "L2TP with everything": (
        Tunnel.L2TP,
        datagram(sized("4a02 0000 0001 0002 0000 0000 0002 0000 ff030021", FOUR, 0), 1701),
    ),
}
IN_IP = {
    "IP in IP": (Tunnel.IP_IN_IP, ipv4(FOUR, 4)),
    "IPv4 in IPv6": (Tunnel.IP_IN_IP, ipv6(FOUR, 4)),
    "6in4": (Tunnel.SIX_IN_FOUR, ipv4(SIX, 41)),
    "IPv6 in IPv6": (Tunnel.IP_IN_IP, ipv6(SIX, 41)),
    "GRE": (Tunnel.GRE, ipv4(bytes.fromhex("00000800") + FOUR, 47)),
    "GRE with a checksum, a key and a sequence": (
        Tunnel.GRE,
        ipv4(bytes.fromhex("b0000800 00000000 00000001 00000002") + FOUR, 47),
    ),
    "ERSPAN": (Tunnel.GRE, ipv4(bytes.fromhex("100088be 00000001 1001 0000 00000000") + FRAME, 47)),
    "ERSPAN III": (Tunnel.GRE, ipv4(bytes.fromhex("100022eb 00000001 2001 0000 00000000 00000000") + FRAME, 47)),
    "PPTP": (Tunnel.GRE, ipv4(bytes.fromhex("3001880b 00310001 00000001 ff030021") + FOUR, 47)),
    "EtherIP": (Tunnel.ETHER_IP, ipv4(b"\x30\0" + FRAME, 97)),
    "MPLS": (Tunnel.MPLS, ipv4(bytes.fromhex("00010140") + FOUR, 137)),
}
TUNNELS = {**IN_UDP, **IN_IP}


@pytest.mark.parametrize(("tunnel", "data"), TUNNELS.values(), ids=TUNNELS)
def test_the_inner_segment_is_found_and_its_tunnel_is_named(tunnel: int, data: bytes) -> None:
    row = decoded(data)

    assert (row.undecoded, row.protocol, row.seq, row.payload_len) == (0, Protocol.TCP, 1000, 5)
    assert (row.tunnel, row.tunnels) == (tunnel, 1)
    assert data[row.payload_at :] == b"hello"
    assert tunnel_text(row.tunnel, row.src_hi, row.dst_hi)


def test_of_tunnels_in_each_other_the_innermost_is_named() -> None:
    row = decoded(ipv4(datagram(bytes.fromhex("0800000000002a00") + ethernet(ipv4(SIX, 41)), 4789), 4))

    assert (row.tunnel, row.tunnels, row.seq) == (Tunnel.SIX_IN_FOUR, 3, 1000)


def test_6to4_is_known_by_its_addresses() -> None:
    inner = SIX[:8] + bytes.fromhex("2002") + SIX[10:]
    row = decoded(ipv4(inner, 41))

    assert tunnel_text(row.tunnel, row.src_hi, row.dst_hi) == "6to4"
    assert tunnel_text(Tunnel.SIX_IN_FOUR, 0x2001 << 48, -1) == "6in4"
    assert tunnel_text(Tunnel.NONE, 0, 0) == ""


@pytest.mark.parametrize(
    "data",
    [
        datagram(b"a program's own words, long enough to be a tunnel", port)
        for port in (1701, 2152, 3544, 4754, 4789, 4790, 6081, 8472)
    ]
    + [
        datagram(bytes.fromhex("0800000100002a00") + FRAME, 4789),
        datagram(bytes.fromhex("0800000000002a01") + FRAME, 4789),
        datagram(bytes.fromhex("0c00000700002a00") + FRAME, 4790),
        datagram(bytes.fromhex("4000655800002a00") + FRAME, 6081),
        datagram(bytes.fromhex("3f00655800002a00") + FRAME, 6081),
        datagram(bytes.fromhex("0080655800002a00") + FRAME, 6081),
        datagram(sized("3001000000000001", FOUR), 2152),
        datagram(bytes.fromhex("30ffffff00000001") + FOUR, 2152),
        datagram(sized("34ff000000000001 00000085 00100100", FOUR), 2152),
        datagram(bytes.fromhex("4002 0000 0001 0002 c0020021") + FOUR, 1701),
        datagram(bytes.fromhex("c802 0000 0001 0002 ff030021") + FOUR, 1701),
        datagram(SIX, 50000),
        datagram(SIX + b"and more", 3544),
        datagram(FOUR + bytes(60), 53),
    ],
)
def test_a_datagram_that_only_has_the_port_stays_a_datagram(data: bytes) -> None:
    row = decoded(data)

    assert (row.undecoded, row.protocol, row.tunnels, row.tunnel) == (0, Protocol.UDP, 0, Tunnel.NONE)


@pytest.mark.parametrize(("tunnel", "data"), TUNNELS.values(), ids=TUNNELS)
def test_a_cut_tunnel_is_a_datagram_or_says_where_it_is_cut(tunnel: int, data: bytes) -> None:
    for length in range(len(data) - 5 - 20):
        row = decode_frame(Frame(1, 0, data[:length], len(data), 101))

        assert undecoded_of(row) is not None or row.protocol == Protocol.UDP, length
        assert row.tunnel in (Tunnel.NONE, tunnel)


def test_fragments_inside_a_tunnel_are_put_together(tmp_path: Path) -> None:
    segment = tcp(b"hello" * 10)
    first, later = ipv4(segment[:40], control=0x2000), ipv4(segment[40:], control=0x0005)
    path = tmp_path / "fragments.pcap"
    frames = [datagram(bytes.fromhex("0000080000002a00") + each, 6081) for each in (first, later)]
    path.write_bytes(pcap([(NOW, 0, each, len(each)) for each in frames], link_type=101))
    with open_capture(path) as reader:
        rows = [row for batch in reader for row in batch]

    assert [(row.tunnel, row.tunnels) for row in rows] == [(Tunnel.GENEVE, 1)] * 2
    assert (rows[1].undecoded, rows[1].payload_len) == (0, 50)


OTHERWISE_TO_TSHARK = {
    "VXLAN on Linux's port": "no port of VXLAN's to it",
    "Teredo between peers": "its heuristics are off by default",
}


def test_tshark_finds_the_same_segments(tmp_path: Path, tshark: str) -> None:
    path = tmp_path / "all.pcapng"
    path.write_bytes(section() + interface(link_type=101) + b"".join(enhanced(data) for _, data in TUNNELS.values()))
    command = [tshark, "-n", "-r", str(path), "-T", "fields", "-e", "tcp.seq_raw", "-e", "tcp.len"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    differ = {name for name, line in zip(TUNNELS, found, strict=True) if line != "1000\t5"}
    assert differ == set(OTHERWISE_TO_TSHARK)


@pytest.mark.parametrize("name", ["vxlan", "geneve", "gre", "6in4", "pppoe"])
def test_scapy_builds_what_we_read(name: str) -> None:
    packets = pytest.importorskip("scapy.all")
    pytest.importorskip("scapy.contrib.geneve")
    from scapy.contrib.geneve import GENEVE

    ether: Any = packets.Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    outer = ether / packets.IP(src="192.0.2.1", dst="192.0.2.2")
    inner = packets.IP(src="10.0.0.1", dst="10.0.0.2") / packets.TCP(sport=1, dport=2, seq=1000) / b"hello"
    built = {
        "vxlan": lambda: outer / packets.UDP(sport=40000, dport=4789) / packets.VXLAN(vni=42) / ether / inner,
        "geneve": lambda: outer / packets.UDP(sport=40000, dport=6081) / GENEVE(vni=42) / ether / inner,
        "gre": lambda: outer / packets.GRE(chksum_present=1, key_present=1, seqnum_present=1) / inner,
        "6in4": lambda: outer / packets.IPv6(src="2001:db8::1", dst="2001:db8::2") / inner[packets.TCP],
        "pppoe": lambda: ether / packets.PPPoE(sessionid=7) / packets.PPP() / inner,
    }[name]()
    row = decoded(bytes(built), 1, verify=True)

    assert (row.undecoded, row.seq, row.payload_len, row.tunnels) == (0, 1000, 5, name != "pppoe")
    assert row.checksum_verdict == 1
