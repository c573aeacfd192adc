"""Which frames a capture wants, as a program of the classic BSD packet filter.

One rule, two machines: `port_filter` writes the program once; the Linux engine gives it to the
kernel (`pack`), and where no kernel takes it, `accepts` interprets the very same program.

What passes, for a set of ports:

1. TCP and UDP over IPv4 (with or without options) and IPv6, whose source or destination port is
   in the set, behind at most two VLAN tags that are still in the frame.
2. ICMP and ICMPv6 errors that *quote* such a datagram: they are its answer. Other ICMP does not
   pass, so captures side by side do not see each other's.
3. Later fragments of any TCP or UDP datagram: they carry no port, and one too many is better than
   a datagram that cannot be put together.

Not here: IPv6 extension headers other than Fragment, and tunnels. A capture of all ports sees those.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from inspector.errors import CaptureError
from inspector.language import said

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["COOKED", "ETHERNET", "NULL", "RAW", "Instruction", "accepts", "pack", "port_filter"]

NULL, ETHERNET, RAW, COOKED = 0, 1, 101, 276
"""LINKTYPE_ numbers that a filter can be written for. The kernel filters COOKED frames without their header."""

_LIMIT = 4096
"""BPF_MAXINSNS of the Linux kernel."""

# Operation codes: class | size or operation | mode (linux/bpf_common.h).
_LDX, _STORE, _RECALL = 0x01, 0x02, 0x60
_HALF_AT, _HALF_FROM, _BYTE_FROM = 0x28, 0x48, 0x50
_ADD, _ADD_X, _AND, _LEFT, _RIGHT, _TAX, _TXA = 0x04, 0x0C, 0x54, 0x64, 0x74, 0x07, 0x87
_GOTO, _EQUAL, _GREATER, _AT_LEAST, _ANY_BIT, _RETURN = 0x05, 0x15, 0x25, 0x35, 0x45, 0x06


class Instruction(NamedTuple):
    """One `struct sock_filter`: an operation, how far to jump on either answer, an operand."""

    code: int
    if_true: int
    if_false: int
    value: int


class _Assembler:
    """Collects instructions whose jumps name labels; the empty label is the next instruction."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str, str, int]] = []
        self._labels: dict[str, int] = {}

    def add(self, code: int, value: int = 0, *, then: str = "", otherwise: str = "") -> None:
        self._lines.append((code, then, otherwise, value))

    def label(self, name: str) -> None:
        self._labels[name] = len(self._lines)

    def assembled(self) -> tuple[Instruction, ...]:
        return tuple(self._resolve(at, *line) for at, line in enumerate(self._lines))

    def _resolve(self, at: int, code: int, then: str, otherwise: str, value: int) -> Instruction:
        if code == _GOTO:
            return Instruction(code, 0, 0, self._labels[then] - at - 1)
        return Instruction(code, self._distance(at, then), self._distance(at, otherwise), value)

    def _distance(self, at: int, name: str) -> int:
        return self._labels[name] - at - 1 if name else 0


def port_filter(ports: Collection[int], snaplen: int, link_type: int = ETHERNET) -> tuple[Instruction, ...]:
    """The program that accepts `snaplen` bytes of every frame concerning `ports` (all frames where there are none).

    Raises:
        CaptureError: for so many scattered ports that the kernel would refuse the program.

    """
    assembler = _Assembler()
    if ports:
        _find_network_header(assembler, link_type)
        _datagram(assembler, "outer")
        _datagram(assembler, "quoted")
        assembler.label("later fragment")
        assembler.add(_RECALL)
        assembler.add(_EQUAL, 6, then="accept")
        assembler.add(_EQUAL, 17, then="accept", otherwise="reject")
        assembler.label("reject")
        assembler.add(_RETURN, 0)
    assembler.label("accept")
    assembler.add(_RETURN, snaplen)
    if ports:
        _ports(assembler, ports, snaplen)
    program = assembler.assembled()
    if len(program) > _LIMIT:
        raise CaptureError(
            said(
                "a capture filter holds about {most} scattered ports, and {asked} were asked for",
                most=_LIMIT // 4,
                asked=len(set(ports)),
            ),
            remedies=(said("capture all ports, and choose among the connections afterwards"),),
        )
    return program


def _find_network_header(assembler: _Assembler, link_type: int) -> None:
    """Leave the offset of the IP header in X."""
    if link_type != ETHERNET:
        assembler.add(_LDX, 4 if link_type == NULL else 0)
        return
    for tags in range(3):
        assembler.label(f"behind {tags} tags")
        assembler.add(_HALF_AT, 12 + 4 * tags)
        assembler.add(_LDX, 14 + 4 * tags)
        if tags < 2:
            assembler.add(_EQUAL, 0x8100, then=f"behind {tags + 1} tags")
            assembler.add(_EQUAL, 0x88A8, then=f"behind {tags + 1} tags")
        assembler.add(_GOTO, then="ethertype")
    assembler.label("ethertype")
    assembler.add(_EQUAL, 0x0800, then="outer")
    assembler.add(_EQUAL, 0x86DD, then="outer", otherwise="reject")


def _datagram(assembler: _Assembler, name: str) -> None:
    """From an IP header at X to the ports at X; scratch word 0 keeps the protocol."""
    assembler.label(name)
    assembler.add(_BYTE_FROM, 0)
    assembler.add(_RIGHT, 4)
    assembler.add(_EQUAL, 4, then=f"{name} v4")
    assembler.add(_EQUAL, 6, then=f"{name} v6", otherwise="reject")
    _ipv4(assembler, name)
    _ipv6(assembler, name)
    assembler.label(f"{name} transport")
    assembler.add(_RECALL)
    assembler.add(_EQUAL, 6, then="ports")
    assembler.add(_EQUAL, 17, then="ports", otherwise="" if name == "outer" else "reject")
    if name == "outer":
        _icmp(assembler)


def _ipv4(assembler: _Assembler, name: str) -> None:
    assembler.label(f"{name} v4")
    assembler.add(_BYTE_FROM, 9)
    assembler.add(_STORE)
    assembler.add(_HALF_FROM, 6)
    assembler.add(_ANY_BIT, 0x1FFF, then="later fragment")
    assembler.add(_BYTE_FROM, 0)
    assembler.add(_AND, 0x0F)
    assembler.add(_LEFT, 2)
    assembler.add(_ADD_X)
    assembler.add(_TAX)
    assembler.add(_GOTO, then=f"{name} transport")


def _ipv6(assembler: _Assembler, name: str) -> None:
    assembler.label(f"{name} v6")
    assembler.add(_BYTE_FROM, 6)
    assembler.add(_STORE)
    assembler.add(_EQUAL, 44, then=f"{name} fragment header")
    assembler.add(_TXA)
    assembler.add(_ADD, 40)
    assembler.add(_TAX)
    assembler.add(_GOTO, then=f"{name} transport")
    assembler.label(f"{name} fragment header")
    assembler.add(_BYTE_FROM, 40)
    assembler.add(_STORE)
    assembler.add(_HALF_FROM, 42)
    assembler.add(_ANY_BIT, 0xFFF8, then="later fragment")
    assembler.add(_TXA)
    assembler.add(_ADD, 48)
    assembler.add(_TAX)


def _icmp(assembler: _Assembler) -> None:
    """Errors quote the datagram that caused them, eight bytes on (RFC 792, RFC 4443 section 3)."""
    assembler.add(_EQUAL, 1, then="icmp")
    assembler.add(_EQUAL, 58, otherwise="reject")
    assembler.add(_BYTE_FROM, 0)
    assembler.add(_GREATER, 127, then="reject", otherwise="quote")
    assembler.label("icmp")
    assembler.add(_BYTE_FROM, 0)
    for error in (3, 4, 5, 11):
        assembler.add(_EQUAL, error, then="quote")
    assembler.add(_EQUAL, 12, otherwise="reject")
    assembler.label("quote")
    assembler.add(_TXA)
    assembler.add(_ADD, 8)
    assembler.add(_TAX)


def _ports(assembler: _Assembler, ports: Collection[int], snaplen: int) -> None:
    """Last in the program, with a return of its own per range: conditional jumps reach 255 instructions only."""
    assembler.label("ports")
    for offset in (0, 2):
        assembler.add(_HALF_FROM, offset)
        for index, (low, high) in enumerate(_ranges(ports)):
            past = f"past {offset} {index}"
            if low == high:
                assembler.add(_EQUAL, low, otherwise=past)
            else:
                assembler.add(_AT_LEAST, low, otherwise=past)
                assembler.add(_GREATER, high, then=past)
            assembler.add(_RETURN, snaplen)
            assembler.label(past)
    assembler.add(_RETURN, 0)


def _ranges(ports: Collection[int]) -> Iterator[tuple[int, int]]:
    """Runs of neighbouring ports, both ends included."""
    ordered = sorted(set(ports))
    starts = [port for index, port in enumerate(ordered) if not index or ordered[index - 1] != port - 1]
    ends = [port for index, port in enumerate(ordered) if port == ordered[-1] or ordered[index + 1] != port + 1]
    yield from zip(starts, ends, strict=True)


def pack(program: tuple[Instruction, ...]) -> bytes:
    """The program as an array of `struct sock_filter`, in the byte order of this machine."""
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


def accepts(program: tuple[Instruction, ...], frame: bytes) -> int:
    """How many bytes of `frame` the program accepts, 0 for none; a load past its end rejects, as in the kernel."""
    accumulator = index = scratch = at = 0
    while True:
        code, if_true, if_false, value = program[at]
        at += 1
        if code == _RETURN:
            return value
        if code & 7 == 0 and code != _RECALL:
            start = value + (index if code & 0x40 else 0)
            size = 1 if code & 0x10 else 2
            if start + size > len(frame):
                return 0
            accumulator = int.from_bytes(frame[start : start + size])
        elif code & 7 == _GOTO:
            at += value if code == _GOTO else if_true if _holds(code, accumulator, value) else if_false
        elif code == _STORE:
            scratch = accumulator
        elif code == _RECALL:
            accumulator = scratch
        elif code in {_LDX, _TAX}:
            index = value if code == _LDX else accumulator
        else:
            accumulator = _calculated(code, accumulator, index, value)


def _holds(code: int, accumulator: int, value: int) -> bool:
    if code == _EQUAL:
        return accumulator == value
    if code == _GREATER:
        return accumulator > value
    if code == _AT_LEAST:
        return accumulator >= value
    return bool(accumulator & value)


def _calculated(code: int, accumulator: int, index: int, value: int) -> int:
    if code == _TXA:
        return index
    if code == _ADD_X:
        return accumulator + index
    if code == _ADD:
        return accumulator + value
    if code == _AND:
        return accumulator & value
    return accumulator << value if code == _LEFT else accumulator >> value
