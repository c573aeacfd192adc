"""Headers, byte by byte: what the decoder's tests are made of. Written from the RFCs, not with the code under test."""

from __future__ import annotations

from inspector.wire import Frame, Row, decode_frame

RAW = 101
ETHERNET = 1

SRC_4, DST_4 = "10.0.0.1", "10.0.0.2"
SRC_6, DST_6 = "2001:db8::1", "fe80::2"
_ADDRESSES_4 = bytes([10, 0, 0, 1, 10, 0, 0, 2])
_ADDRESSES_6 = bytes.fromhex("20010db8000000000000000000000001" + "fe800000000000000000000000000002")


def decoded(data: bytes, link_type: int = RAW, *, wire_len: int = 0, verify: bool = False) -> Row:
    return decode_frame(Frame(1, 0, data, max(wire_len, len(data)), link_type), verify)


def ethernet(payload: bytes, kind: int = 0x0800) -> bytes:
    return bytes.fromhex("020000000001020000000002") + kind.to_bytes(2, "big") + payload


def ipv4(  # a keyword for each field that a test may want wrong
    payload: bytes,
    protocol: int = 6,
    *,
    options: bytes = b"",
    control: int = 0,
    total_len: int = -1,
    header_len: int = -1,
    ttl: int = 64,
) -> bytes:
    length = 20 + len(options)
    total_len = length + len(payload) if total_len < 0 else total_len
    header_len = length if header_len < 0 else header_len
    head = bytes([0x40 | header_len // 4, 0]) + total_len.to_bytes(2, "big") + b"\x00\x07" + control.to_bytes(2, "big")
    return head + bytes([ttl, protocol, 0, 0]) + _ADDRESSES_4 + options + payload


def ipv6(payload: bytes, protocol: int = 6, *, payload_len: int = -1) -> bytes:
    payload_len = len(payload) if payload_len < 0 else payload_len
    return b"\x60\0\0\0" + payload_len.to_bytes(2, "big") + bytes([protocol, 63]) + _ADDRESSES_6 + payload


def tcp(
    payload: bytes = b"", *, flags: int = 0x018, options: bytes = b"", offset: int = -1, checksum: int = 0xABCD
) -> bytes:
    offset = 5 + len(options) // 4 if offset < 0 else offset
    numbers = (1000).to_bytes(4, "big") + (2000).to_bytes(4, "big")
    control = (offset << 12 | flags).to_bytes(2, "big")
    rest = (500).to_bytes(2, "big") + checksum.to_bytes(2, "big") + (9).to_bytes(2, "big")
    return b"\x30\x39\x00\x50" + numbers + control + rest + options + payload


def udp(payload: bytes = b"", *, length: int = -1, checksum: int = 0x1234) -> bytes:
    length = 8 + len(payload) if length < 0 else length
    return b"\x30\x39\x00\x35" + length.to_bytes(2, "big") + checksum.to_bytes(2, "big") + payload


def icmp(kind: int, code: int, quoted: bytes = b"", rest: bytes = bytes(4)) -> bytes:
    return bytes([kind, code, 0, 0]) + rest + quoted
