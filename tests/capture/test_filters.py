"""The filter's rule, and that the kernel and our interpreter agree about it on any bytes."""

from __future__ import annotations

import array
import socket
import struct
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.capture.filters import COOKED, ETHERNET, NULL, RAW, accepts, pack, port_filter
from inspector.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Collection

PORT, OTHER = 12345, 23456
ETHERNET_HEADER = bytes(12)
IPV4, IPV6 = b"\x08\x00", b"\x86\xdd"


def ports(source: int = OTHER, destination: int = PORT) -> bytes:
    return struct.pack("!HH", source, destination) + bytes(16)


def ipv4(payload: bytes, protocol: int = 6, fragment: int = 0, options: bytes = b"") -> bytes:
    first = 0x45 + len(options) // 4
    return struct.pack("!BxHHHBBH8x", first, 20 + len(options) + len(payload), 7, fragment, 64, protocol, 0) + (
        options + payload
    )


def ipv6(payload: bytes, next_header: int = 6) -> bytes:
    return struct.pack("!IHBB32x", 6 << 28, len(payload), next_header, 64) + payload


def fragment_header(protocol: int, offset: int) -> bytes:
    return struct.pack("!BxHI", protocol, offset << 3 | 1, 99)


def icmp(kind: int, quoted: bytes) -> bytes:
    return struct.pack("!BBHI", kind, 3, 0, 0) + quoted


WANTED = {
    "to the port": ipv4(ports()),
    "from the port": ipv4(ports(PORT, OTHER)),
    "UDP": ipv4(ports(), 17),
    "behind IPv4 options": ipv4(ports(), options=bytes(8)),
    "the first fragment": ipv4(ports(), 17, fragment=0x2000),
    "a later fragment, which has no ports": ipv4(b"\xff" * 40, 17, fragment=0x2001),
    "IPv6": ipv6(ports()),
    "IPv6 UDP": ipv6(ports(), 17),
    "the first IPv6 fragment": ipv6(fragment_header(17, 0) + ports(), 44),
    "a later IPv6 fragment": ipv6(fragment_header(17, 1) + b"\xff" * 8, 44),
    "the ICMP error that quotes it": ipv4(icmp(3, ipv4(ports(), 17)), 1),
    "the ICMP error that quotes options": ipv4(icmp(11, ipv4(ports(), 17, options=bytes(4))), 1),
    "the ICMPv6 error that quotes it": ipv6(icmp(1, ipv6(ports(), 17)), 58),
}
UNWANTED = {
    "another port": ipv4(ports(OTHER, OTHER)),
    "another protocol": ipv4(ports(), 132),
    "the port where options begin": ipv4(ports(OTHER, OTHER), options=struct.pack("!HHI", PORT, PORT, 0)),
    "a later fragment of another protocol": ipv4(bytes(40), 1, fragment=0x2001),
    "an echo request": ipv4(icmp(8, ipv4(ports(), 17)), 1),
    "an ICMP error that quotes another port": ipv4(icmp(3, ipv4(ports(OTHER, OTHER), 17)), 1),
    "an ICMP error within an ICMP error": ipv4(icmp(3, ipv4(icmp(3, ipv4(ports(), 17)), 1)), 1),
    "neighbour discovery": ipv6(icmp(135, ipv6(ports(), 17)), 58),
    "IPv6, another port": ipv6(ports(OTHER, OTHER)),
    "no IP": bytes(60),
    "nothing": b"",
}


def ethernet(datagram: bytes, tags: bytes = b"") -> bytes:
    return ETHERNET_HEADER + tags + (IPV6 if datagram[:1] == b"\x60" else IPV4) + datagram


@pytest.mark.parametrize("name", WANTED)
def test_what_concerns_the_port_passes_whole(name: str) -> None:
    assert accepts(port_filter({PORT}, 500), ethernet(WANTED[name])) == 500


@pytest.mark.parametrize("name", UNWANTED)
def test_what_does_not_concern_the_port_is_left_out(name: str) -> None:
    assert accepts(port_filter({PORT}, 500), ethernet(UNWANTED[name])) == 0


@pytest.mark.parametrize("tags", [b"\x81\x00\x00\x05", b"\x88\xa8\x00\x05\x81\x00\x00\x07"])
def test_vlan_tags_in_the_frame_are_seen_through(tags: bytes) -> None:
    for datagram in WANTED.values():
        assert accepts(port_filter({PORT}, 500), ethernet(datagram, tags))


@pytest.mark.parametrize(("link_type", "header"), [(RAW, b""), (COOKED, b""), (NULL, b"\x02\0\0\0")])
def test_other_link_types_have_the_same_rule(link_type: int, header: bytes) -> None:
    program = port_filter({PORT}, 500, link_type)
    assert all(accepts(program, header + datagram) for datagram in WANTED.values())
    assert not any(accepts(program, header + datagram) for datagram in UNWANTED.values())


def test_without_ports_everything_passes() -> None:
    assert accepts(port_filter((), 96), b"anything") == 96


@given(st.sets(st.integers(0, 65535), min_size=1, max_size=300), st.integers(0, 65535))
def test_a_set_of_ports_lets_its_members_pass_and_nothing_else(wanted: set[int], asked: int) -> None:
    program = port_filter(wanted, 1)
    outside = next(port for port in range(65536) if port not in wanted)
    assert accepts(program, ethernet(ipv4(ports(asked, outside)))) == (asked in wanted)
    assert accepts(program, ethernet(ipv4(ports(outside, min(wanted)))))


def test_all_ports_are_one_range() -> None:
    assert len(port_filter(range(65536), 1)) == len(port_filter({PORT, PORT + 1}, 1))


def test_more_scattered_ports_than_the_kernel_takes_are_refused_with_a_number() -> None:
    with pytest.raises(CaptureError, match="1100 were asked"):
        port_filter(range(0, 2200, 2), 1)


def kernel_passes(program_of: Collection[int], link_type: int, frames: list[bytes]) -> list[bytes]:
    """What of `frames` comes through a datagram socket of the kernel with our filter on it."""
    program = port_filter(program_of, 65535, link_type)
    code = array.array("B", pack(program))
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with sender, receiver:
        receiver.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HP", len(program), code.buffer_info()[0]))
        receiver.setblocking(False)  # noqa: FBT003 - the standard library's signature
        passed = []
        for frame in frames:
            sender.send(frame)
            try:
                passed.append(receiver.recv(1 << 16))
            except BlockingIOError:
                continue
    return passed


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
@given(
    st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=120),
            st.sampled_from([ethernet(datagram) for datagram in (WANTED | UNWANTED).values()]),
            st.builds(
                lambda whole, at, octet: whole[:at] + bytes([octet]) + whole[at + 1 :],
                st.sampled_from([ethernet(datagram) for datagram in WANTED.values()]),
                st.integers(0, 90),
                st.integers(0, 255),
            ),
        ),
        max_size=20,
    ),
    st.sampled_from([ETHERNET, RAW, NULL]),
)
def test_the_kernel_and_our_interpreter_agree_on_any_bytes(frames: list[bytes], link_type: int) -> None:
    program = port_filter({PORT, 80, 81, 82}, 65535, link_type)

    assert kernel_passes({PORT, 80, 81, 82}, link_type, frames) == [f for f in frames if accepts(program, f)]
