"""Faults, seeded into the frames of a capture: bytes are changed, and nothing is told to anybody.

    tape = Tape.of(path)
    fault = drawn(random, tape)         # what is to be done, and where it should be told
    capture = fault.done(tape).bytes    # a capture like any other

Frames here are Ethernet and IP in a pcapng, found by the plainest of means. Checksums of what is changed are left as
they were: nobody asked for them to be verified.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

__all__ = ["Fault", "Tape", "drawn"]

_ETHERNET = 14
_TCP, _UDP = 6, 17
_ICMP = (1, 58)
_NOP = b"\1"


@dataclass(frozen=True)
class Frame:
    """Bytes, when they passed, and what the capture says beside: interface and options, as they stand there."""

    time_ns: int
    data: bytes
    interface: bytes
    options: bytes

    @property
    def network(self) -> tuple[int, int, int]:
        """The transport protocol, where its header begins, and where the datagram ends; protocol 0 where it is none."""
        data = self.data
        if data[12:14] == b"\x08\x00" and not struct.unpack_from("!H", data, 20)[0] & 0x1FFF:
            size = struct.unpack_from("!H", data, 16)[0]
            return data[23], _ETHERNET + (data[14] & 15) * 4, _ETHERNET + size
        if data[12:14] == b"\x86\xdd":
            return data[20], _ETHERNET + 40, _ETHERNET + 40 + struct.unpack_from("!H", data, 18)[0]
        return 0, 0, 0

    def put(self, at: int, form: str, value: int) -> Frame:
        data = bytearray(self.data)
        struct.pack_into(form, data, at, value)
        return replace(self, data=bytes(data))

    def resized(self, by: int) -> Frame:
        """The same with so many bytes more or less at the end of its datagram."""
        protocol, header, end = self.network
        data = self.data[: end + by] if by < 0 else self.data[:end] + b"?" * by
        longer = replace(self, data=data)
        place = 16 if header != _ETHERNET + 40 else 18
        longer = longer.put(place, "!H", struct.unpack_from("!H", self.data, place)[0] + by)
        return longer.put(header + 4, "!H", end - header + by) if protocol == _UDP else longer


_ENHANCED_PACKET = 6
_PREAMBLE = (0x0A0D0D0A, 1)
"""Section header and interfaces."""
_NANOSECONDS = b"\x09\x00\x01\x00\x09"


@dataclass(frozen=True)
class Tape:
    """The frames of a pcapng."""

    preamble: bytes
    frames: tuple[Frame, ...]

    @classmethod
    def of(cls, path: Path) -> Tape:
        """Times are nanoseconds if its interfaces say so, else microseconds, as in all that are read here."""
        octets, at = path.read_bytes(), 0
        preamble, frames = b"", []
        while at < len(octets):
            kind, size = struct.unpack_from("<II", octets, at)
            body = octets[at + 8 : at + size - 4]
            if kind in _PREAMBLE:
                preamble += octets[at : at + size]
            elif kind == _ENHANCED_PACKET:
                high, low, captured, _ = struct.unpack_from("<IIII", body, 4)
                ticks = (high << 32 | low) * (1 if _NANOSECONDS in preamble else 1000)
                padded = captured + -captured % 4
                frames.append(Frame(ticks, body[20 : 20 + captured], body[:4], body[20 + padded :]))
            at += size
        return cls(preamble, tuple(frames))

    @property
    def bytes(self) -> bytes:
        """The pcapng again."""
        tick = 1 if _NANOSECONDS in self.preamble else 1000
        whole = [self.preamble]
        for frame in self.frames:
            size = len(frame.data)
            body = frame.interface + struct.pack("<IIII", *divmod(frame.time_ns // tick, 1 << 32), size, size)
            body += frame.data + bytes(-size % 4) + frame.options
            length = struct.pack("<I", len(body) + 12)
            whole.append(struct.pack("<I", _ENHANCED_PACKET) + length + body + length)
        return b"".join(whole)

    def with_frames(self, frames: tuple[Frame, ...]) -> Tape:
        return replace(self, frames=frames)

    def with_frame(self, place: int, frame: Frame) -> Tape:
        return self.with_frames((*self.frames[:place], frame, *self.frames[place + 1 :]))


@dataclass(frozen=True)
class Fault:
    """One fault: what was done, at which frame (from 1), and what may rightly be said to be wrong there."""

    words: str
    kind: str
    """`changed`, `missing`, `extra`, `swapped`."""
    frame: int
    """Of the tape before; for two that are swapped, the first."""
    field: str
    do: Callable[[Tape], Tape]

    @property
    def places(self) -> frozenset[int]:
        """The frames, as the changed capture counts them, that it is about."""
        if self.kind == "changed":
            return frozenset({self.frame})
        if self.kind == "missing":
            return frozenset({self.frame - 1, self.frame})
        return frozenset({self.frame, self.frame + 1})


def drawn(random: Random, tape: Tape) -> Fault:
    """Some fault of some frame."""
    while True:
        place = random.randrange(len(tape.frames))
        draw = random.choices([_flag, _number, _option, _length, _drop, _copy, _swap, _icmp], [5, 6, 2, 3, 3, 2, 3, 3])[
            0
        ]
        fault = draw(random, tape, place)
        if fault is not None:
            return fault


def _changed(words: str, place: int, name: str, frame: Frame) -> Fault:
    return Fault(
        f"{words} of frame {place + 1}", "changed", place + 1, name, lambda tape: tape.with_frame(place, frame)
    )


def _flag(random: Random, tape: Tape, place: int) -> Fault | None:
    frame = tape.frames[place]
    protocol, header, _ = frame.network
    if protocol != _TCP:
        return None
    name = random.choice(["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"])
    at = header + 13
    return _changed(f"flip {name}", place, "flags", frame.put(at, "!B", frame.data[at] ^ getattr(Flag, name)))


_NUMBERS = {"seq": (4, "!I"), "ack": (8, "!I"), "win": (14, "!H"), "urg": (18, "!H")}


def _number(random: Random, tape: Tape, place: int) -> Fault | None:
    frame = tape.frames[place]
    protocol, header, _ = frame.network
    if protocol != _TCP:
        return None
    name = random.choice(["seq", "seq", "ack", "ack", "ack", "win", "urg"])
    offset, form = _NUMBERS[name]
    if name == "ack" and not frame.data[header + 13] & Flag.ACK:
        return None
    most = 1 << (32 if form == "!I" else 16)
    shift = random.choice([1, -1, 2, random.randint(-2000, 2000), random.randrange(most)])
    old = struct.unpack_from(form, frame.data, header + offset)[0]
    if shift % most == 0:
        return None
    return _changed(f"{name} {shift:+d}", place, name, frame.put(header + offset, form, (old + shift) % most))


_OPTIONS = {2: "mss", 3: "wscale", 4: "sack", 8: "timestamps"}


def _option(random: Random, tape: Tape, place: int) -> Fault | None:
    """An option is gone (NOPs stand in its place), or says another number."""
    frame = tape.frames[place]
    protocol, header, _ = frame.network
    if protocol != _TCP:
        return None
    at, end, found = header + 20, header + (frame.data[header + 12] >> 4) * 4, []
    while at < end and frame.data[at]:
        size = 1 if frame.data[at] == 1 else frame.data[at + 1]
        if frame.data[at] in _OPTIONS:
            found.append((at, size))
        at += max(size, 1)
    if not found:
        return None
    at, size = random.choice(found)
    name = _OPTIONS[frame.data[at]]
    if name in ("mss", "wscale") and random.random() < 0.5:
        form = "!H" if name == "mss" else "!B"
        old = struct.unpack_from(form, frame.data, at + 2)[0]
        other = random.choice([value for value in (536, 1460, 1400, 9000) if value != old]) if form == "!H" else old ^ 3
        return _changed(f"{name} {other}", place, name, frame.put(at + 2, form, other))
    gone = replace(frame, data=frame.data[:at] + _NOP * size + frame.data[at + size :])
    return _changed(f"no {name}", place, name, gone)


def _length(random: Random, tape: Tape, place: int) -> Fault | None:
    frame = tape.frames[place]
    protocol, header, end = frame.network
    if protocol not in (_TCP, _UDP):
        return None
    payload = end - header - ((frame.data[header + 12] >> 4) * 4 if protocol == _TCP else 8)
    by = random.choice([1, 3, 40, -1, -payload, -random.randint(1, max(payload, 1))])
    if payload + by < 0 or not by:
        return None
    return _changed(f"len {by:+d}", place, "len", frame.resized(by))


def _drop(random: Random, tape: Tape, place: int) -> Fault | None:
    del random
    if len(tape.frames) < 2:
        return None
    return Fault(
        f"drop frame {place + 1}",
        "missing",
        place + 1,
        "",
        lambda tape: tape.with_frames(tape.frames[:place] + tape.frames[place + 1 :]),
    )


def _copy(random: Random, tape: Tape, place: int) -> Fault:
    """The same again, with an IP identification of its own or without, after some time or none."""
    frame = tape.frames[place]
    again = replace(frame, time_ns=frame.time_ns + random.choice([0, 1_000, 300_000, 300_000_000]))
    if random.random() < 0.5 and frame.data[12:14] == b"\x08\x00":
        again = again.put(18, "!H", random.randrange(1 << 16))
    return Fault(
        f"copy frame {place + 1}",
        "extra",
        place + 1,
        "",
        lambda tape: tape.with_frames((*tape.frames[: place + 1], again, *tape.frames[place + 1 :])),
    )


def _swap(random: Random, tape: Tape, place: int) -> Fault | None:
    """Two neighbours pass in the other order; times stay where they are."""
    del random
    if place + 1 >= len(tape.frames) or tape.frames[place].data == tape.frames[place + 1].data:
        return None

    def do(tape: Tape) -> Tape:
        one, two = tape.frames[place : place + 2]
        swapped = tape.with_frame(place, replace(two, time_ns=one.time_ns))
        return swapped.with_frame(place + 1, replace(one, time_ns=two.time_ns))

    return Fault(f"swap frames {place + 1} and {place + 2}", "swapped", place + 1, "", do)


def _icmp(random: Random, tape: Tape, place: int) -> Fault | None:
    frame = tape.frames[place]
    protocol, header, _ = frame.network
    if protocol not in _ICMP:
        return None
    code = random.choice([code for code in (0, 1, 3, 4, 13) if code != frame.data[header + 1]])
    return _changed(f"ICMP code {code}", place, "icmp", frame.put(header + 1, "!B", code))
