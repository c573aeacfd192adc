"""The portable engine: scapy's `AsyncSniffer`, for macOS, Windows and whoever prefers it on Linux.

scapy gets the frames and this file keeps it from doing more: a session of our own takes the bytes as
they come, so scapy dissects nothing. That is quicker, and no hostile frame meets a dissector.

What scapy's native Linux socket lacks is made up for here: loopback frames come twice (first
OUTGOING, then HOST, by the kernel's word), so the second of each pair is removed and counted; its buffer
is 64 kB, so it is widened; it cuts frames at 65,535 bytes, so it is asked for more; and the kernel's drop
counter is read. Elsewhere libpcap (BPF, Npcap) gives loopback frames once, and says nothing of drops.

Times pass through scapy's floats: exact to about 250 ns only. The ring of `engine_linux` is better in
every way where it exists.
"""

from __future__ import annotations

import queue
import socket
import struct
import threading
from array import array
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from inspector.capture import filters
from inspector.capture.engine import ON_LINUX, Statistics
from inspector.capture.interfaces import IFF_LOOPBACK, capturable
from inspector.capture.marker import Marker
from inspector.capture.privileges import ways_out
from inspector.errors import CaptureError
from inspector.language import said
from inspector.wire.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.capture.engine import Options

__all__ = ["PairedCopies", "PortableEngine"]

_START_S = 10.0
_BATCH = 512
_LARGEST = 262_144
_PAIR_NS = 1_000_000_000
"""How long the second copy of a loopback frame is waited for. Generous, for the kernel names the copies; it is only
that memory shall not grow when second copies are dropped."""

_BUFFER_BYTES = 32 << 20
_RECEIVE_BUFFER_FORCE, _ATTACH_FILTER, _SOL_PACKET, _STATISTICS = 33, 26, 263, 6
_OUTGOING = 4

_LINK_TYPES = {
    "Ether": filters.ETHERNET,
    "Loopback": filters.NULL,
    "IP": filters.RAW,
    "IPv6": filters.RAW,
}
"""Link type by scapy's class."""

_NETWORK_AT = {filters.ETHERNET: 14, filters.NULL: 4, filters.RAW: 0}

_Raw = tuple[bytes, int, int | None]
"""Bytes, nanoseconds, and the kernel's packet type where it is known."""


class PairedCopies:
    """Tells the second copy of a loopback frame: HOST, with the bytes of an OUTGOING one not yet paired."""

    def __init__(self) -> None:
        """Begin with none waiting."""
        self._waiting: dict[bytes, deque[int]] = {}
        self._order: deque[tuple[int, bytes]] = deque()

    def is_second(self, data: bytes, time_ns: int, packet_type: int | None) -> bool:
        """Whether this frame was given before. A HOST frame whose first copy was lost is not."""
        if packet_type is None:
            return False
        self._forget_before(time_ns - _PAIR_NS)
        if packet_type == _OUTGOING:
            self._waiting.setdefault(data, deque()).append(time_ns)
            self._order.append((time_ns, data))
            return False
        times = self._waiting.get(data)
        if not times:
            return False
        times.popleft()
        return True

    def _forget_before(self, oldest_ns: int) -> None:
        while self._order and self._order[0][0] < oldest_ns:
            time_ns, data = self._order.popleft()
            times = self._waiting.get(data)
            if times and times[0] == time_ns:
                times.popleft()
            if not times:
                self._waiting.pop(data, None)


class PortableEngine:
    """An `Engine`; see there. Captures from the moment it exists."""

    def __init__(self, options: Options) -> None:
        """Open scapy's listening socket and start its sniffer.

        Raises:
            CaptureError: as `open_engine` says.

        """
        self.interface = options.interface
        self.ended: str = ""
        self._ending: str = ""
        self.marker: Marker | None = None
        self._options = options
        self._queue: queue.SimpleQueue[_Raw | None] = queue.SimpleQueue()
        self._received = self._dropped = self._duplicates = 0
        self._counting = threading.Lock()
        self._copies = PairedCopies()
        self._closed = False
        if options.interface == "any":
            raise CaptureError(said("the portable engine captures on one interface, and `any` is not one"))
        self._loopback = _is_loopback(options.interface)
        self._socket = self._opened()
        try:
            self._set_up()
            self._start()
        except BaseException:
            self.close()
            raise

    def _opened(self) -> Any:
        try:
            socket_class = _socket_class(self.interface)
            return socket_class(iface=self.interface, type=3, promisc=self._options.promiscuous)
        except PermissionError as error:
            raise self._lacks_privilege() from error
        except ImportError as error:
            raise CaptureError(
                said("the portable engine needs scapy: {error}", error=str(error)),
                remedies=("python -m pip install scapy",),
            ) from error
        except Exception as error:  # scapy raises whatever it likes
            if "permission" in str(error).lower():
                raise self._lacks_privilege() from error
            raise CaptureError(
                said("scapy cannot capture on {interface!r}: {error}", interface=self.interface, error=str(error))
            ) from error

    def _lacks_privilege(self) -> CaptureError:
        options = self._options
        return CaptureError(
            said("capturing on {interface!r} needs a privilege that this process has not", interface=self.interface),
            remedies=ways_out(
                options.command_line, interface=options.interface, ports=options.ports, own_traffic=options.own_traffic
            ),
        )

    def _set_up(self) -> None:
        name = getattr(self._socket, "LL", None) or getattr(self._socket, "guessed_cls", None)
        name = getattr(name, "__name__", "unknown")
        if name not in _LINK_TYPES:
            raise CaptureError(
                said(
                    "frames of {interface} have a header that is not known here (scapy: {name})",
                    interface=self.interface,
                    name=name,
                )
            )
        self.link_type = _LINK_TYPES[name]
        if self._loopback:
            self.marker = Marker()
        ports = self._options.ports
        if ports and self.marker:
            ports |= {self.marker.port}
        self._program = filters.port_filter(ports, _LARGEST, self.link_type)
        self._kernel_filters = ON_LINUX
        if self._kernel_filters:
            _tune(self._socket.ins, self._program)

    def _start(self) -> None:
        from scapy.sendrecv import AsyncSniffer

        started = threading.Event()
        self._sniffer = AsyncSniffer(
            opened_socket=self._socket, session=lambda: self, store=False, started_callback=started.set
        )
        self._sniffer.start()
        if not started.wait(_START_S):
            failure = getattr(self._sniffer, "exception", None)
            reason = str(failure) if failure else said("not started within {patience:.0f} s", patience=_START_S)
            raise CaptureError(
                said("scapy's sniffer on {interface} does not start: {reason}", interface=self.interface, reason=reason)
            )

    def recv(self, listening: Any) -> Iterator[Any]:
        """Be scapy's session, in its thread: take the bytes, and give it nothing to dissect."""
        try:
            _, data, when = listening.recv_raw(_LARGEST)
        except Exception as error:  # scapy would print a warning and go on without the socket
            self._ending = _reason(self.interface, error)
            self._queue.put(None)
            raise EOFError from error
        if data:
            packet_type = getattr(listening, "packet_type", None) if self._loopback else None
            self._queue.put((bytes(data), int(when * 1_000_000_000), packet_type))
        return iter(())

    def read(self, timeout: float) -> list[Frame]:
        """See `Engine.read`."""
        if self.ended:
            return []
        frames: list[Frame] = []
        with suppress(queue.Empty):
            raw = self._queue.get(timeout=timeout)
            while raw is not None:
                frames += self._frame_of(*raw)
                if len(frames) >= _BATCH:
                    return frames
                raw = self._queue.get_nowait()
        if self._ending and self._queue.empty():
            self.ended = self._ending
        return frames

    def _frame_of(self, data: bytes, time_ns: int, packet_type: int | None) -> list[Frame]:
        """No frame or one: none for our markers, for second copies, and for other ports."""
        if not self._kernel_filters and not filters.accepts(self._program, data):
            return []
        second = self._loopback and self._copies.is_second(data, time_ns, packet_type)
        if self.marker:
            network = _NETWORK_AT[self.link_type]
            start = network + Marker.key_at
            if data[start : start + len(self.marker.key)] == self.marker.key:
                if packet_type != _OUTGOING:  # the other copy proves nothing about its queue
                    self.marker.note(data, network)
                return []
        if second:
            self._duplicates += 1
            return []
        self._received += 1
        return [Frame(self._received, time_ns, data[: self._options.snaplen], len(data), self.link_type)]

    def wake(self) -> None:
        """See `Engine.wake`; `SimpleQueue.put` is reentrant, so a signal handler may."""
        self._queue.put(None)

    def statistics(self) -> Statistics:
        """See `Engine.statistics`."""
        if not ON_LINUX:
            return Statistics(self._received, None, self._duplicates)
        with self._counting, suppress(OSError, AttributeError):  # closed
            self._dropped += struct.unpack("2I", self._socket.ins.getsockopt(_SOL_PACKET, _STATISTICS, 8))[1]
        return Statistics(self._received, self._dropped, self._duplicates)

    def close(self) -> None:
        """See `Engine.close`."""
        if self._closed:
            return
        self._closed = True
        sniffer = getattr(self, "_sniffer", None)
        if sniffer is not None:
            with suppress(Exception):  # it may have ended by itself
                sniffer.stop()
        with suppress(Exception):
            self._socket.close()
        if self.marker:
            self.marker.close()


def _socket_class(interface: str) -> Any:
    """Choose scapy's listening socket; on Linux one that also tells the packet type."""
    import scapy.layers.inet  # noqa: F401 - it tells scapy's sockets which class belongs to which hardware

    if not ON_LINUX:
        from scapy.interfaces import resolve_iface

        return resolve_iface(interface).l2listen()
    from scapy.arch.linux import L2ListenSocket

    class Listening(L2ListenSocket):
        packet_type: int | None = None

        def recv_raw(self, x: int = _LARGEST) -> tuple[Any, bytes | None, Any]:
            data, address, when = self._recv_raw(self.ins, x)
            self.packet_type = address[2]
            return self.LL, data, when

    return Listening


def _tune(raw: socket.socket, program: tuple[filters.Instruction, ...]) -> None:
    """Let the kernel filter, and give it room."""
    instructions = array("B", filters.pack(program))
    head = struct.pack("HP", len(program), instructions.buffer_info()[0])
    raw.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, head)
    for option in (socket.SO_RCVBUF, _RECEIVE_BUFFER_FORCE):
        with suppress(OSError):  # the second needs CAP_NET_ADMIN
            raw.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)


def _is_loopback(interface: str) -> bool:
    if ON_LINUX:
        return bool(capturable(interface)[0] & IFF_LOOPBACK)
    return interface.startswith("lo") or "loopback" in interface.lower()


def _reason(interface: str, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == 100:
        return said("{interface} went down", interface=interface)
    return said("{interface}: {reason}", interface=interface, reason=str(error))
