"""The wire: forwards frames between two hosts as its script says, and is the capture of them at the same time.

It is an `Engine` (`capture.engine`), and reading it is what makes it forward: whoever records it keeps it alive, and
when the recording ends nothing moves any more. Laws:

1. A frame is recorded when the wire passes it on, or throws it away; in that order, with that time. Frames that it
   passes at once have the time at which the kernel received them.
2. A frame thrown away is marked as lost (`Direction.LOST`): it left its sender and arrived nowhere. What the
   script did stands in the frame's comment.
3. Frames that wait on both legs are taken in the order of the kernel's time stamps.
4. The frame that a held one waited for goes first, then the held one.
5. ARP and neighbour discovery always pass, and are not recorded (`matching.is_infrastructure`).
6. A leg that goes away, with its host, is an end and no failure.

The hosts leave no work to the card (`network`): frames here have whole checksums and fit the MTU.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from inspector.capture.engine import Statistics
from inspector.language import said
from inspector.link.matching import Matcher, Watch, is_infrastructure
from inspector.link.remarks import AGAIN, KEPT_BACK, THROWN_AWAY
from inspector.link.script import Action, Kind, What
from inspector.wire.frame import Frame
from inspector.wire.row import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inspector.capture.marker import Marker
    from inspector.link.matching import Seen
    from inspector.link.script import Rule, Script

__all__ = ["ETHERNET", "Moment", "Wire", "open_leg"]

Moment = Literal["departed", "arrived"]

ETHERNET = 1
"""LINKTYPE_ETHERNET."""

_SOL_PACKET = 263
_STATISTICS, _IGNORE_OUTGOING = 6, 23
_COUNTERS = struct.Struct("2I")
_ETH_P_ALL = 3
_SO_TIMESTAMPNS = 35
_SO_RCVBUFFORCE = 33
_BUFFER = 64 << 20
_TIMESPEC = struct.Struct("2q")
_LARGEST = 1 << 16
_GONE = frozenset({errno.ENETDOWN, errno.ENXIO, errno.ENODEV})


def open_leg(interface: str) -> socket.socket:
    """A raw socket at the wire's end of a leg, in the network namespace of the calling thread; OSError where not."""
    leg = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        leg.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)  # else it would read what it has written
        leg.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        with contextlib.suppress(PermissionError):
            leg.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        leg.bind((interface, _ETH_P_ALL))
        leg.settimeout(0)
    except BaseException:
        leg.close()
        raise
    return leg


@dataclass(slots=True)
class _Kept:
    """A frame that the wire keeps back: until a time, or until another frame."""

    data: bytes
    leg: int
    taken_ns: int
    comment: str
    """What stands at it when it goes; or only the rule, by which it was kept back."""
    due_ns: int | None = None
    watch: Watch | None = None


class Wire:
    """An `Engine` over one or two legs. With one, what a host sends comes back to it; with two, it crosses over."""

    def __init__(
        self,
        legs: Sequence[socket.socket],
        script: Script,
        *,
        on_pass: Callable[[int, Moment, int], None] | None = None,
    ) -> None:
        """Take the legs, the client's first; they are closed with the wire.

        `on_pass(frame, moment, time_ns)` is called for every recorded frame when it has departed and is about to go
        on, and again when it has arrived (or was thrown away).
        """
        self.interface = "wire"
        self.link_type = ETHERNET
        self.marker: Marker | None = None
        self.ended = ""
        self._legs = legs
        self._senders = ("client", "server") if len(legs) > 1 else ("",)
        self._matcher = Matcher(script)
        self._on_pass = on_pass
        self._kept: list[_Kept] = []
        self._frames: list[Frame] = []
        self._received = self._dropped = self._last_ns = 0
        self._wake_up = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.poll()
        for descriptor in (*(leg.fileno() for leg in legs), self._wake_up):
            self._poll.register(descriptor, select.POLLIN)

    @property
    def idle(self) -> tuple[Rule, ...]:
        """The rules that have not acted on any frame."""
        rules = self._matcher.script.rules
        return tuple(rule for place, rule in enumerate(rules) if place not in self._matcher.acted)

    @property
    def kept(self) -> int:
        """How many frames the wire still keeps back."""
        return len(self._kept)

    def read(self, timeout: float) -> list[Frame]:
        """Forward what comes within `timeout` seconds; what was recorded. See `Engine.read`."""
        if self.ended:
            return []
        dues = [kept.due_ns for kept in self._kept if kept.due_ns is not None]
        if dues:
            timeout = min(timeout, max(0.0, (min(dues) - time.time_ns()) / 1e9))
        ready = {descriptor for descriptor, _ in self._poll.poll(timeout * 1000)}
        if self._wake_up in ready:
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self._wake_up)
        arrivals = [
            (time_ns, leg, data)
            for leg, held in enumerate(self._legs)
            if held.fileno() in ready
            for time_ns, data in self._receive(held)
        ]
        for time_ns, leg, data in sorted(arrivals):
            self._handle(data, leg, time_ns)
        self._release_due()
        recorded, self._frames = self._frames, []
        return recorded

    def _receive(self, leg: socket.socket) -> list[tuple[int, bytes]]:
        """All that waits on a leg, with the kernel's times."""
        waiting: list[tuple[int, bytes]] = []
        while True:
            try:
                data, ancillary, _flags, _address = leg.recvmsg(_LARGEST, 64)
            except BlockingIOError:
                return waiting
            except OSError as error:
                if error.errno not in _GONE:
                    raise
                self.ended = said("a host of the private network went away")
                return waiting
            stamps = [
                value for level, kind, value in ancillary if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS)
            ]
            seconds, nanoseconds = _TIMESPEC.unpack(stamps[0]) if stamps else divmod(time.time_ns(), 10**9)
            waiting.append((seconds * 10**9 + nanoseconds, data))

    def _handle(self, data: bytes, leg: int, time_ns: int) -> None:
        if is_infrastructure(data):
            self._send(data, leg)
            return
        seen, rule = self._matcher.see(Frame(0, time_ns, data, len(data), ETHERNET), self._senders[leg])
        if rule is None:
            self._pass(data, leg, time_ns)
        elif rule.action is Action.DROP:
            self._record(data, time_ns, THROWN_AWAY.format(rule=rule), lost=True)
        else:
            self._keep(rule, seen, data, leg, time_ns)
        self._release_watched(seen, data)

    def _keep(self, rule: Rule, seen: Seen, data: bytes, leg: int, time_ns: int) -> None:
        kept = _Kept(data, leg, time_ns, str(rule))
        if rule.action is Action.DUPLICATE:
            number = self._pass(data, leg, time_ns)
            kept.comment = AGAIN.format(number=number, rule=rule)
            kept.due_ns = time_ns + rule.time_ns
        elif rule.action is Action.DELAY:
            kept.due_ns = time_ns + rule.time_ns
            if rule.is_about_everything:  # said once, at the head of the capture (`live`), and not of every frame
                kept.comment = ""
        elif rule.action is Action.REORDER:
            kept.watch = Watch(What(Kind.ANYTHING, seen.sender), "", 1)
        elif rule.until is not None:
            kept.watch = Watch(rule.until, seen.sender, rule.until_first)
        self._kept.append(kept)

    def _release_watched(self, seen: Seen, data: bytes) -> None:
        for kept in [each for each in self._kept if each.watch is not None and each.data is not data]:
            if kept.watch is not None and kept.watch.is_over(seen):
                self._release(kept)

    def _release_due(self) -> None:
        now = time.time_ns()
        due = [kept for kept in self._kept if kept.due_ns is not None and kept.due_ns <= now]
        for kept in sorted(due, key=lambda each: each.due_ns or 0):
            self._release(kept)

    def _release(self, kept: _Kept) -> None:
        self._kept.remove(kept)
        now = time.time_ns()
        comment = kept.comment
        if comment and not comment.startswith("link: "):
            comment = KEPT_BACK.format(ms=f"{(now - kept.taken_ns) / 1e6:.3f}", rule=comment)
        self._pass(kept.data, kept.leg, now, comment)

    def _pass(self, data: bytes, leg: int, time_ns: int, comment: str = "") -> int:
        number = self._record(data, time_ns, comment, lost=False)
        self._send(data, leg)
        self._tell(number, "arrived")
        return number

    def _send(self, data: bytes, leg: int) -> None:
        other = self._legs[(leg + 1) % len(self._legs)]
        try:
            other.send(data)
        except OSError as error:
            if error.errno not in _GONE | {errno.ENOBUFS, errno.EAGAIN}:
                raise
            self._dropped += 1

    def _record(self, data: bytes, time_ns: int, comment: str, *, lost: bool) -> int:
        self._received += 1
        self._last_ns = max(self._last_ns, time_ns)
        direction = Direction.LOST if lost else Direction.UNKNOWN
        comments = (comment,) if comment else ()
        frame = Frame(self._received, self._last_ns, data, len(data), ETHERNET, direction=direction, comments=comments)
        self._frames.append(frame)
        self._tell(frame.number, "departed")
        if lost:
            self._tell(frame.number, "arrived")
        return frame.number

    def _tell(self, number: int, moment: Moment) -> None:
        if self._on_pass is not None:
            self._on_pass(number, moment, time.time_ns())

    def wake(self) -> None:
        """See `Engine.wake`."""
        with contextlib.suppress(OSError):  # closed in the meantime
            os.eventfd_write(self._wake_up, 1)

    def statistics(self) -> Statistics:
        """See `Engine.statistics`; what a leg had no room for is lost to the hosts too, and no script said so."""
        for leg in self._legs:
            if leg.fileno() >= 0:
                self._dropped += _COUNTERS.unpack(leg.getsockopt(_SOL_PACKET, _STATISTICS, _COUNTERS.size))[1]
        return Statistics(self._received, self._dropped, 0)

    def close(self) -> None:
        """See `Engine.close`."""
        if self._wake_up >= 0:
            self.statistics()
            for leg in self._legs:
                leg.close()
            os.close(self._wake_up)
            self._wake_up = -1
