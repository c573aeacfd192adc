"""The Linux engine: an AF_PACKET socket whose frames the kernel writes into a ring that we map.

TPACKET_V3 (linux/if_packet.h; Documentation/networking/packet_mmap): the kernel fills blocks of many
frames and hands over a block when it is full or 10 ms old; we copy it out, give it back, and take
it apart at leisure. No call per frame, and that is why plain Python keeps up.

Laws:

1. What a socket hears before it has its filter and its ring is not ours: those come first, `bind` last.
2. On loopback alone the outgoing copy is ignored, by the kernel where it can (Linux 4.20). On a
   real interface it is half of the conversation.
3. Times are the kernel's nanoseconds, and stay integers.
4. A VLAN tag that the kernel took out is put back, for the bytes were on the wire.
5. The block is larger than the largest frame, so loopback's 64 kB segments come whole.

`any` is captured cooked, since its interfaces have different headers: a Linux cooked header, version 2
(LINKTYPE_LINUX_SLL2), is written in front of the network header. Its VLAN tags are not put back.

Not here: TPACKET_V2 for kernels before 3.2, and interfaces whose frames are neither Ethernet nor bare IP.
"""

from __future__ import annotations

import array
import contextlib
import errno
import mmap
import os
import select
import socket
import struct
import threading
from typing import TYPE_CHECKING

from inspector.capture import filters
from inspector.capture.engine import Statistics
from inspector.capture.interfaces import IFF_LOOPBACK, capturable
from inspector.capture.marker import Marker
from inspector.capture.privileges import ways_out
from inspector.errors import CaptureError, system_words
from inspector.language import said
from inspector.wire.frame import Frame
from inspector.wire.row import Direction

if TYPE_CHECKING:
    from inspector.capture.engine import Options

__all__ = ["LinuxEngine"]

# linux/if_packet.h; Python has no names for these.
_SOL_PACKET = 263
_ADD_MEMBERSHIP, _RX_RING, _STATISTICS, _VERSION, _IGNORE_OUTGOING = 1, 5, 6, 10, 23
_TPACKET_V3 = 2
_PROMISCUOUS = struct.Struct("iHH8x")
_RING_REQUEST = struct.Struct("7I")
_COUNTERS = struct.Struct("3I")
_BLOCK = struct.Struct("4I")
"""Of a block, from its ninth byte: status, number of frames, offset of the first, length."""
_BLOCK_AT = 8
_FRAME = struct.Struct("=6I2H2IH")
"""next, seconds, nanoseconds, captured, length, status, mac, network, hash, VLAN tag, VLAN protocol."""
_ADDRESS = struct.Struct("=2x2siHBB8s")
"""`struct sockaddr_ll`, from its protocol on (in network byte order already): it follows the frame's header."""
_ADDRESS_AT = 48
_COOKED = struct.Struct("!2s2xiHBB8s")
"""The header of LINKTYPE_LINUX_SLL2: protocol, interface, ARPHRD_ number, packet type, address length, address."""
_USER = 1
_VLAN_VALID, _VLAN_PROTOCOL_VALID = 0x10, 0x40
_OUTGOING = 4

_ATTACH_FILTER, _ETH_P_ALL = 26, 3

_BLOCK_BYTES = 256 << 10
"""Above the largest loopback frame. Small, since a slow trickle uses up one block per `_RETIRE_MS`."""
_FRAME_BYTES = 2048
_RETIRE_MS = 10
_LAST_BLOCK_S = 5 * _RETIRE_MS / 1000
_LEAST_BLOCKS = 8
_LEAST_SNAPLEN = 64
"""The kernel keeps as much, so that a marker can be known; we cut the rest off."""

_HARDWARE = {
    1: filters.ETHERNET,
    772: filters.ETHERNET,
    519: filters.RAW,
    768: filters.RAW,
    769: filters.RAW,
    776: filters.RAW,
    0xFFFE: filters.RAW,
}
"""Link type by ARPHRD_ number (linux/if_arp.h): Ethernet, loopback; raw IP, IPIP, IP6IP6, SIT, none (TUN)."""

_HEADER_LEN = {filters.ETHERNET: 14, filters.RAW: 0, filters.COOKED: 20}


class LinuxEngine:
    """An `Engine`; see there. Captures from the moment it exists."""

    def __init__(self, options: Options) -> None:
        """Open, set up and bind.

        Raises:
            CaptureError: as `open_engine` says.

        """
        self.interface = options.interface
        self.ended: str = ""
        self._ending: str = ""
        self.marker: Marker | None = None
        self._options = options
        self._any = options.interface == "any"
        self._loopback = self._look_up()
        self._received = self._dropped = self._duplicates = self._next_block = 0
        self._counting = threading.Lock()
        self._stack = contextlib.ExitStack()
        try:
            self._open()
        except OSError as error:
            self._stack.close()
            raise self._explained(error) from error
        except BaseException:
            self._stack.close()
            raise

    def _look_up(self) -> bool:
        """Find out the link type; whether this is loopback."""
        if self._any:
            self.link_type = filters.COOKED
            return False
        flags, hardware = capturable(self.interface)
        if hardware not in _HARDWARE:
            raise CaptureError(
                said(
                    "frames of {interface} have a link-layer header not known here (ARPHRD_ number {number})",
                    interface=self.interface,
                    number=hardware,
                ),
                remedies=(said("capture on the interface `any`, where the kernel takes that header off"),),
            )
        self.link_type = _HARDWARE[hardware]
        return bool(flags & IFF_LOOPBACK)

    def _open(self) -> None:
        # Python binds to no interface but a named one; so for `any` the socket hears all from its birth, and what
        # it hears before it has its ring is thrown away by the kernel when the ring comes.
        kind, protocol = (socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL)) if self._any else (socket.SOCK_RAW, 0)
        self._socket = self._stack.enter_context(socket.socket(socket.AF_PACKET, kind, protocol))
        self._wake_up = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._stack.callback(os.close, self._wake_up)
        if self._loopback or self._any:
            self.marker = Marker()
            self._stack.callback(self.marker.close)
        if self._loopback:
            with contextlib.suppress(OSError):  # before Linux 4.20: `read` leaves the copies out instead
                self._socket.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
        self._attach_filter()
        self._map_ring()
        if not self._any:
            self._socket.bind((self.interface, _ETH_P_ALL))
            if self._options.promiscuous:
                index = socket.if_nametoindex(self.interface)
                self._socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, _PROMISCUOUS.pack(index, 1, 0))
        self._loopback_index = socket.if_nametoindex("lo")
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._poll.register(self._wake_up, select.POLLIN)

    def _attach_filter(self) -> None:
        ports = self._options.ports
        if ports and self.marker:
            ports |= {self.marker.port}
        program = filters.port_filter(ports, max(self._options.snaplen, _LEAST_SNAPLEN), self.link_type)
        instructions = array.array("B", filters.pack(program))
        head = struct.pack("HP", len(program), instructions.buffer_info()[0])
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, head)
        except OSError as error:
            if error.errno != errno.ENOMEM:
                raise
            raise CaptureError(
                said("the kernel has no room for a filter of {number} ports", number=len(ports)),
                remedies=("sudo sysctl net.core.optmem_max=131072", said("capture all ports")),
            ) from error

    def _map_ring(self) -> None:
        """Ask for the ring, and for half of it each time that the kernel has no room."""
        self._socket.setsockopt(_SOL_PACKET, _VERSION, _TPACKET_V3)
        blocks = max(self._options.ring_bytes // _BLOCK_BYTES, _LEAST_BLOCKS)
        while True:
            frames = blocks * _BLOCK_BYTES // _FRAME_BYTES
            request = _RING_REQUEST.pack(_BLOCK_BYTES, blocks, _FRAME_BYTES, frames, _RETIRE_MS, 0, 0)
            try:
                self._socket.setsockopt(_SOL_PACKET, _RX_RING, request)
                break
            except OSError as error:
                if error.errno != errno.ENOMEM or blocks <= _LEAST_BLOCKS:
                    raise
                blocks = max(blocks // 2, _LEAST_BLOCKS)
        self._blocks = blocks
        self._ring = self._stack.enter_context(mmap.mmap(self._socket.fileno(), blocks * _BLOCK_BYTES))

    def _explained(self, error: OSError) -> CaptureError:
        if error.errno in {errno.EPERM, errno.EACCES}:
            options = self._options
            return CaptureError(
                said(
                    "capturing on {interface!r} needs the privilege CAP_NET_RAW, and this process has it not",
                    interface=self.interface,
                ),
                remedies=ways_out(
                    options.command_line,
                    interface=options.interface,
                    ports=options.ports,
                    own_traffic=options.own_traffic,
                ),
            )
        return CaptureError(
            said(
                "this system gives no capture ring on {interface!r}: {reason}",
                interface=self.interface,
                reason=system_words(error),
            ),
            remedies=(said("choose the engine `portable`"),),
        )

    def read(self, timeout: float) -> list[Frame]:
        """See `Engine.read`; a batch is one block of the ring."""
        if self.ended:
            return []
        patience = min(timeout, _LAST_BLOCK_S) if self._ending else timeout
        events = dict(self._poll.poll(patience * 1000))
        if self._wake_up in events:
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self._wake_up)
        start = self._next_block * _BLOCK_BYTES
        status, count, first, length = _BLOCK.unpack_from(self._ring, start + _BLOCK_AT)
        if status & _USER:
            block = self._ring[start : start + length]
            struct.pack_into("I", self._ring, start + _BLOCK_AT, 0)
            self._next_block = (self._next_block + 1) % self._blocks
            return self._frames_of(block, count, first)
        if events.get(self._socket.fileno(), 0) & select.POLLERR:
            self._note_error()
        elif self._ending:
            self.ended = self._ending
        return []

    def _note_error(self) -> None:
        """Read (and thereby clear) what went wrong; the block that was being filled is still to come."""
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            if code == errno.ENETDOWN:
                self._ending = said("{interface} went down", interface=self.interface)
            else:
                reason = system_words(OSError(code, os.strerror(code)))
                self._ending = said("{interface}: {reason}", interface=self.interface, reason=reason)

    def _frames_of(self, block: bytes, count: int, at: int) -> list[Frame]:
        # One loop and few calls: this is the price of every frame.
        frames: list[Frame] = []
        take = frames.append
        number, snaplen, link_type = self._received, self._options.snaplen, self.link_type
        marker, network = self.marker, _HEADER_LEN[self.link_type]
        key = marker.key if marker else b""
        key_from = network + Marker.key_at
        key_to = key_from + len(key)
        for _ in range(count):
            step, seconds, nanoseconds, captured, length, status, mac, _net, _hash, tag, tag_protocol = (
                _FRAME.unpack_from(block, at)
            )
            data = block[at + mac : at + mac + captured]
            direction = 0
            if not self._loopback:
                address = _ADDRESS.unpack_from(block, at + _ADDRESS_AT)
                direction = self._direction(address)
                if self._any:
                    data = _COOKED.pack(*address) + data
                    length += len(data) - captured
            elif block[at + _ADDRESS_AT + 10] == _OUTGOING:
                direction = _COPY
            if key and data[key_from:key_to] == key:
                if direction != _COPY and marker:
                    marker.note(data, network)
            elif direction == _COPY:
                self._duplicates += 1
            else:
                if status & _VLAN_VALID and link_type == filters.ETHERNET:
                    protocol = tag_protocol if status & _VLAN_PROTOCOL_VALID else 0x8100
                    data = data[:12] + struct.pack("!HH", protocol, tag) + data[12:]
                    length += 4
                number += 1
                time_ns = seconds * 1_000_000_000 + nanoseconds
                take(Frame(number, time_ns, data[:snaplen], length, link_type, 0, direction))
            at += step
        self._received = number
        return frames

    def _direction(self, address: tuple[bytes, int, int, int, int, bytes]) -> int:
        _protocol, index, _hardware, packet_type, _length, _bytes = address
        if self._any and index == self._loopback_index:
            return _COPY if packet_type == _OUTGOING else Direction.UNKNOWN
        return Direction.OUTBOUND if packet_type == _OUTGOING else Direction.INBOUND

    def wake(self) -> None:
        """See `Engine.wake`."""
        with contextlib.suppress(OSError):  # closed in the meantime
            os.eventfd_write(self._wake_up, 1)

    def statistics(self) -> Statistics:
        """See `Engine.statistics`; the kernel's counters start anew each time they are read, so they are summed."""
        with self._counting:
            if self._socket.fileno() >= 0:
                self._dropped += _COUNTERS.unpack(self._socket.getsockopt(_SOL_PACKET, _STATISTICS, _COUNTERS.size))[1]
            return Statistics(self._received, self._dropped, self._duplicates)

    def close(self) -> None:
        """See `Engine.close`."""
        if self._socket.fileno() >= 0:
            self.statistics()
        self._stack.close()


_COPY = -1
"""Internal direction of the outgoing copy of a loopback frame."""
