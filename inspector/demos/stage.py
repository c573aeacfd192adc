"""One run of a demo: its sockets, its curtain, the signals between its programs, and the queue of all that happens.

1. When the curtain falls (an error, the deadline, Ctrl-C) connections are shut down and a bell rings, which
   wakes whoever waits on them or for them; questions are answered with the end of input; no new ones are made.
2. All that the threads tell goes through one queue to the thread that called `run`. So what is said
   has one order, and the callbacks for saying and asking are never called from two threads.

Not here: what the programs are handed (`end`), starting threads and ending them (`runner`), and words for what
went wrong (`trouble`).
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import defaultdict
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from selectors import EVENT_READ, DefaultSelector
from time import monotonic
from typing import TYPE_CHECKING

from inspector.demos.trouble import whole_only

if TYPE_CHECKING:
    from typing import TypeAlias

    from inspector.demos.demo import Demo, Said
    from inspector.demos.end import Socket

    AnySocket: TypeAlias = socket.socket
    Event: TypeAlias = "Said | Ready | Asked | Ended"

__all__ = ["Asked", "CurtainFell", "Ended", "Ready", "Stage"]

_HEARTBEAT = 0.2
"""Seconds until a Ctrl-C is noticed that came just before a wait began (or, on Windows, during it)."""


class CurtainFell(Exception):  # noqa: N818 - an ending, not an error
    """Raised inside a program whose run is over; it ends the program and is told to nobody."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The server waits for its clients."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A program wants a line typed; `answer` takes it, or None for the end of input."""

    role: str
    answer: SimpleQueue[str | None]


@dataclass(frozen=True, slots=True)
class Ended:
    """A program has ended, by itself or by `error`."""

    role: str
    error: Exception | None = None


class Stage:
    """One run of a demo: its sockets, its curtain, and the queue of all that happens."""

    def __init__(self, demo: Demo, patience: float, *, alone: bool = False) -> None:
        self.demo = demo
        self.patience = patience
        self.alone = alone
        """Whether the other end runs elsewhere, where no signal of ours reaches it."""
        self.met = False
        """Whether the server has heard from anybody."""
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._sockets: list[Socket] = []
        self._asked: list[Asked] = []
        self._bell, self._cord = socket.socketpair()
        self._lock = threading.Lock()
        self._signals: defaultdict[str, threading.Event] = defaultdict(threading.Event)
        self._fallen = False
        self._ready = False

    def tell(self, event: Event) -> None:
        """Put `event` into the one queue; any thread may."""
        self._events.put(event)

    def next(self, until: float) -> Event:
        """The next event; raises queue.Empty when the monotonic clock passes `until`."""
        while (left := until - monotonic()) > _HEARTBEAT:
            with contextlib.suppress(Empty):
                return self._events.get(timeout=_HEARTBEAT)
        return self._events.get(timeout=max(0.0, left))

    def ready(self) -> None:
        """Tell once that the server waits."""
        with self._lock:
            first, self._ready = not self._ready, True
        if first:
            self.tell(Ready())

    def adopt(self, made: Socket) -> None:
        """Hold `made` so that the curtain can end it; where it has fallen, end it at once."""
        with self._lock:
            if not self._fallen:
                self._sockets.append(made)
                return
        made.close()
        raise CurtainFell

    def ask(self, role: str) -> str | None:
        """The line typed for `role`, or None at the end of input; the curtain ends the waiting."""
        asked = Asked(role, SimpleQueue())
        with self._lock:
            self.check()
            self._asked.append(asked)
        self.tell(asked)
        line = asked.answer.get()
        self.check()
        return line

    def signal(self, name: str) -> None:
        """Let whoever awaits the signal `name` go on, now or later."""
        with self._lock:
            self._signals[name].set()

    def await_signal(self, name: str) -> None:
        """Wait for the signal `name`; the curtain ends the waiting. DemoError where nobody can give it."""
        if self.alone:
            raise whole_only(self.demo)
        with self._lock:
            self.check()
            signal = self._signals[name]
        signal.wait(self.patience + 1)
        self.check()

    def pause(self, seconds: float) -> None:
        """Let time pass; the curtain ends it."""
        with DefaultSelector() as selector:
            selector.register(self._bell, EVENT_READ)
            selector.select(seconds)
        self.check()

    def check(self) -> None:
        """Raise CurtainFell if it has."""
        if self._fallen:
            raise CurtainFell

    def fall(self) -> None:
        """End the run: wake whoever waits on a socket, and let no new one be made."""
        with self._lock:
            self._fallen = True
            for signal in self._signals.values():
                signal.set()
        self._cord.send(b"!")
        for asked in self._asked:
            asked.answer.put(None)
        for held in self._sockets:
            # A datagram socket is left to the bell: shut down, it reads as ready for ever and gives nothing.
            if held.type == socket.SOCK_STREAM:
                with contextlib.suppress(OSError):  # not connected yet, or no longer
                    held.shutdown(socket.SHUT_RDWR)

    def sweep(self) -> None:
        """Close whatever a program that was cut short has left open."""
        for held in (*self._sockets, self._bell, self._cord):
            held.close()

    def wait_for(self, held: socket.socket) -> None:
        """Wait until `held` has something to give, for as long as it waits itself; the curtain ends the waiting."""
        limit = held.gettimeout()
        with DefaultSelector() as selector:
            selector.register(held, EVENT_READ)
            selector.register(self._bell, EVENT_READ)
            came = selector.select(limit)
        self.check()
        if limit and not came:
            raise TimeoutError("timed out")  # as the socket module says it
