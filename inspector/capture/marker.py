"""A frame of our own: the proof that a capture sees what is sent.

A marker is a UDP datagram that a socket of ours sends to itself over loopback. When it comes out of
the ring, the capture is armed; and since each processor hands its loopback frames up in order, when a
marker sent *on each processor* has come out, so has everything that was sent before. That
is what decides when to start and when to stop, and no sleep.

Markers are let through the filter, recognised by their endpoints (which are ours alone) and
neither stored nor counted.
"""

from __future__ import annotations

import os
import socket
import struct

from inspector.errors import CaptureError, system_words
from inspector.language import said

__all__ = ["Marker"]

_LOCALHOST = "127.0.0.1"
_UDP_HEADER = 8
_SERIAL = struct.Struct("!Q")
_ADDRESSES_AT = 12
"""Offset of the addresses in an IPv4 header without options, which is what the kernel sends."""


class Marker:
    """Sends marks over loopback and knows them again."""

    def __init__(self) -> None:
        """Bind the socket.

        Raises:
            CaptureError: where loopback is down or has no IPv4 address.

        """
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sent = 0
        self.everywhere = False
        """Whether `send` reached all processors, and not only those that we may run on."""
        self.seen: set[int] = set()
        """Serial numbers of the marks that have come through; filled by the engine."""
        try:
            self._socket.bind((_LOCALHOST, 0))
            self._socket.connect(self._socket.getsockname())
        except OSError as error:
            self._socket.close()
            raise _loopback_is_down(error) from error
        self.port: int = self._socket.getsockname()[1]
        """To be let through the filter."""
        address = socket.inet_aton(_LOCALHOST)
        self.key = address + address + struct.pack("!HH", self.port, self.port)
        """Addresses and ports as they lie in a marker's frame, `key_at` bytes behind its IP header."""

    key_at = _ADDRESSES_AT

    def send(self) -> set[int]:
        """Send one mark from every processor that we may run on; their serial numbers.

        Raises:
            CaptureError: where loopback does not take them.

        """
        if not hasattr(os, "sched_setaffinity"):
            return {self._send_one()}
        allowed = os.sched_getaffinity(0)
        self.everywhere = len(allowed) == os.cpu_count()
        serials = set()
        try:
            for processor in allowed:
                os.sched_setaffinity(0, {processor})
                serials.add(self._send_one())
        finally:
            os.sched_setaffinity(0, allowed)
        return serials

    def _send_one(self) -> int:
        self._sent += 1
        try:
            self._socket.send(_SERIAL.pack(self._sent))
        except OSError as error:
            raise _loopback_is_down(error) from error
        return self._sent

    def note(self, data: bytes, network_at: int) -> None:
        """Remember that the frame `data`, which holds `key`, came through."""
        start = network_at + _ADDRESSES_AT + len(self.key) - 4 + _UDP_HEADER
        self.seen.add(_SERIAL.unpack_from(data, start)[0])

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


def _loopback_is_down(error: OSError) -> CaptureError:
    return CaptureError(
        said(
            "a datagram to {address} cannot be sent, so loopback is not up here: {reason}",
            address=_LOCALHOST,
            reason=system_words(error),
        ),
        remedies=("ip link set lo up",),
    )
