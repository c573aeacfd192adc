"""Programs that run in a network of their own, where interfaces can be made, taken down and given VLAN tags.

Called by `test_interfaces.py`: `python namespace_programs.py NAME`; the answer is JSON.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys

from inspector.capture import Recording, interfaces

BROADCAST, SOURCE = b"\xff" * 6, b"\x02\0\0\0\0\x01"


def ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)


def pair() -> None:
    ip("link set lo up")
    ip("link add left type veth peer name right")
    ip("link set left up")
    ip("link set right up")


def raw(interface: str) -> socket.socket:
    sending = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sending.bind((interface, 0))
    return sending


def datagram(tag: bytes = b"") -> bytes:
    ports = struct.pack("!HHHH", 5, 7, 16, 0) + b"whatever"
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 36, 1, 0, 64, 17, 0, bytes(4), bytes(4))
    return BROADCAST + SOURCE + tag + b"\x08\x00" + header + ports


def vlan() -> object:
    """A tag that the kernel takes out on reception is put back."""
    pair()
    tagged = datagram(b"\x81\x00\x20\x05")
    with Recording("right", ports={7}) as recording, raw("left") as sending:
        sending.send(tagged)
    frames = list(recording.frames())
    return [[frame.data == tagged, frame.wire_len == len(tagged)] for frame in frames]


def direction() -> object:
    """Both ways are seen on an interface that is not loopback, and told apart."""
    pair()
    with Recording("right", ports={7}) as recording, raw("left") as left, raw("right") as right:
        left.send(datagram())
        right.send(datagram())
    return [frame.direction for frame in recording.frames()]


def went_down() -> object:
    """An interface that goes down ends the recording; what was sent before is in it."""
    pair()
    with Recording("right", ports={7}) as recording, raw("left") as sending:
        sending.send(datagram())
        ip("link set right down")
        ended = recording.wait(10)
    return [ended, recording.ended_by, len(list(recording.frames()))]


def vanished() -> object:
    """So does one that is deleted."""
    pair()
    with Recording("right", ports={7}) as recording:
        ip("link delete left")
        ended = recording.wait(10)
    return [ended, recording.ended_by]


def loopback_down() -> object:
    """Loopback that is not up is an error with the command that raises it."""
    from inspector.errors import CaptureError

    try:
        Recording("lo").__enter__()
    except CaptureError as error:
        return [error.message, *error.remedies]
    return []


def listing() -> object:
    """The list of interfaces tells which are up and which is loopback."""
    pair()
    return {found.name: [found.up, found.loopback] for found in interfaces()}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]]()))  # noqa: T201 - the answer
