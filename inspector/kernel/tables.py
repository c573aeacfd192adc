"""The socket tables, read at moments: what `ss -tan` and `ss -uan` would show. No privilege is needed.

    tables = Tables({12345})
    tables.attend("client")        # called in a thread of that host: opens the table of its network namespace
    tables.look(3, "departed", time_ns)         # from any thread
    tables.snapshots

They are read as `ss` reads them, by netlink's `sock_diag`, and not from /proc/net/tcp, which does not tell how many
connections may wait to be accepted. The table of a namespace stays open to whoever holds a socket that was made in it.

A table is no photograph: the kernel hands it over in pieces. Each row was true when it was read. To find the few
sockets of a namespace the kernel goes through those of all, half a millisecond on the machine where this was written:
hence the older request for TCP, which takes both families in one go.
A snapshot that says what the one before said (states and endpoints) is not kept.

Who looks keeps the wire waiting, and a sender's timers know nothing of that. So a frame's departure is only looked at
while connections open, to see who listens; later it shows nothing that the arrivals around it do not.

Sources: sock_diag(7), linux include/uapi/linux/inet_diag.h, iproute2 misc/ss.c.
"""

from __future__ import annotations

import os
import socket
import struct
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from inspector.errors import system_words
from inspector.kernel.model import Moment, Snapshot, SocketRow, Timer
from inspector.kernel_states import KERNEL_STATES
from inspector.language import said
from inspector.wire.row import Endpoint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import TracebackType

__all__ = ["Tables", "rows_of"]

_SOCK_DIAG = 4  # NETLINK_SOCK_DIAG
_ALL_TCP, _BY_FAMILY = 18, 20  # TCPDIAG_GETSOCK, SOCK_DIAG_BY_FAMILY
_REQUEST_DUMP = 0x301
_ERROR, _DONE = 2, 3
_CODE = struct.Struct("=i")
_HEADER = struct.Struct("=IHHII")
_TCP_REQUEST, _UDP_REQUEST = struct.Struct("=4x48xI4x"), struct.Struct("=BBxxI48x")
_ROW = struct.Struct("=4B")
_PORTS = struct.Struct("!2H")
_ADDRESSES_AT, _COUNTS_AT = 8, 52
_COUNTS = struct.Struct("=3I")
_ROW_LENGTH = 72
_ALL_STATES = 0xFFF
"""As `ss -a` asks: all the states of the RFC."""
_REQUESTS = (
    ("tcp", _ALL_TCP, _TCP_REQUEST.pack(_ALL_STATES)),
    ("udp", _BY_FAMILY, _UDP_REQUEST.pack(socket.AF_INET, socket.IPPROTO_UDP, _ALL_STATES)),
    ("udp", _BY_FAMILY, _UDP_REQUEST.pack(socket.AF_INET6, socket.IPPROTO_UDP, _ALL_STATES)),
)
_TIMERS = (Timer.OFF, Timer.RETRANSMIT, Timer.KEEPALIVE, Timer.TIME_WAIT, Timer.PERSIST)
_ATTRIBUTE = struct.Struct("=HH")
_IPV6_ONLY = 11  # INET_DIAG_SKV6ONLY
_WHOLE = 1 << 18
_OPENING = frozenset({"LISTEN", "SYN-SENT", "SYN-RECEIVED"})


class Tables:
    """The tables of one or several hosts; a context manager, that closes them.

    Args:
        ports: rows with one of them at either end are kept; None keeps all.

    """

    def __init__(self, ports: Collection[int] | None = None) -> None:
        self.snapshots: list[Snapshot] = []
        """What was seen, in the order of time."""
        self.why_not = ""
        """What kept a table from being read; empty where nothing did."""
        self._ports = ports
        self._hosts: dict[str, socket.socket] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._hosts.clear()

    def attend(self, host: str = "") -> None:
        """Open the table of the network namespace in which the calling thread is; `host` is what to call it."""
        try:
            opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG)
        except (AttributeError, OSError) as error:  # not Linux; or a sandbox
            self.why_not = said("the socket tables cannot be read: {reason}", reason=error)
            return
        self._hosts[host] = self._stack.enter_context(opened)

    def look(self, frame: int, moment: Moment | str, time_ns: int) -> None:
        """Read all tables, and keep what is new in them; nothing where nobody is attended."""
        if not self._hosts or (moment == Moment.DEPARTED and self._has_opened()):
            return
        try:
            rows = tuple(row for host, opened in self._hosts.items() for row in rows_of(opened, host, self._ports))
        except OSError as error:
            self.why_not = self.why_not or said(
                "the socket tables cannot be read: {reason}", reason=system_words(error)
            )
            return
        if not self.snapshots or _gist(rows) != _gist(self.snapshots[-1].rows):
            self.snapshots.append(Snapshot(frame, Moment(moment), time_ns, rows))

    def _has_opened(self) -> bool:
        """Whether a connection was there already at the last look that was kept."""
        return any(row.state not in _OPENING for row in (self.snapshots[-1].rows if self.snapshots else ()))


def _gist(rows: Collection[SocketRow]) -> set[tuple[str, str, str, Endpoint, Endpoint]]:
    return {(row.host, row.protocol, row.state, row.local, row.remote) for row in rows}


def rows_of(opened: socket.socket, host: str = "", ports: Collection[int] | None = None) -> Iterator[SocketRow]:
    """Every socket of the namespace of `opened`, a netlink socket for `sock_diag`; as `ss -an` lists it."""
    for protocol, kind, request in _REQUESTS:
        for message in _dump(opened, kind, request):
            row = _row(message, host, protocol)
            if ports is None or row.local.port in ports or row.remote.port in ports:
                yield row


def _dump(opened: socket.socket, kind: int, request: bytes) -> Iterator[bytes]:
    """The rows that were asked for, as the kernel writes them. OSError where it does not."""
    opened.send(_HEADER.pack(_HEADER.size + len(request), kind, _REQUEST_DUMP, 0, 0) + request)
    messages: list[bytes] = []
    while True:
        answer = opened.recv(_WHOLE)
        at = 0
        while at < len(answer):
            length, kind, *_ = _HEADER.unpack_from(answer, at)
            content = answer[at + _HEADER.size : at + length]
            if kind == _DONE:
                yield from messages
                return
            if kind == _ERROR:
                code = -_CODE.unpack_from(content)[0]
                raise OSError(code, os.strerror(code))
            messages.append(content)
            at += length + 3 & ~3


def _row(message: bytes, host: str, protocol: str) -> SocketRow:
    family, state, timer, _ = _ROW.unpack_from(message)
    local_port, remote_port = _PORTS.unpack_from(message, _ROW.size)
    width = 4 if family == socket.AF_INET else 16
    local, remote = (socket.inet_ntop(family, message[at : at + width]) for at in (_ADDRESSES_AT, _ADDRESSES_AT + 16))
    expires, recv_q, send_q = _COUNTS.unpack_from(message, _COUNTS_AT)
    return SocketRow(
        host=host,
        protocol=protocol,
        state=KERNEL_STATES[state],
        recv_q=recv_q,
        send_q=send_q,
        local=Endpoint(local, local_port),
        remote=Endpoint(remote, remote_port),
        timer=_TIMERS[timer],
        expires_ms=expires,
        ipv6_only=_is_ipv6_only(message),
    )


def _is_ipv6_only(message: bytes) -> bool:
    at = _ROW_LENGTH
    while at + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, at)
        if kind == _IPV6_ONLY:
            return bool(message[at + _ATTRIBUTE.size])
        at += max(length, _ATTRIBUTE.size) + 3 & ~3
    return False
