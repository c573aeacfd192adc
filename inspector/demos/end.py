"""What a program of a demo is handed: real sockets, bounded in time, that leave nothing behind.

The programs of the demos are the programs of the tutorials. All that they need besides the socket
API is an `End`: where the server waits, a word for what was sent and received where the tutorial
prints, and the line that a person would type. Everything else is done underneath:

1. A socket made by `end.socket(kind)` *is* a `socket.socket`. It differs in three ways: it knows its
   stage, so that it can be ended from outside; TCP servers may bind again during TIME-WAIT; a
   port that cannot be bound is a DemoError that says why. A `plain` one differs in the first way only.
2. The server is ready when it first waits: at its first `accept`, `recvfrom` or `recvmsg`. By then it has bound
   and listens, so a client that starts now is heard. No sleep and no call in the demo says so; a server that waits
   for nobody says `ready`.
3. No program waits by the clock, but where time is what its demo is about (`pause`): it awaits the other program's
   signal, or a state that the kernel tells of a socket (`until`).

Not here: the run itself and how it is ended (`stage`).
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from inspector.demos.demo import Said
from inspector.demos.trouble import cannot_bind
from inspector.errors import raised_words
from inspector.kernel_states import KERNEL_STATES
from inspector.language import Said as Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    from inspector.demos.demo import Setting, Verb
    from inspector.demos.stage import Stage

    AnySocket: TypeAlias = socket.socket

__all__ = ["LINE_LIMIT", "End", "Socket", "state_of"]

LINE_LIMIT = 160
"""Characters of a typed line: whatever the encoding makes of them, one `recv(1024)` holds them."""

_LOOK_AGAIN = 0.001
"""Seconds between two looks at the kernel's state of a socket."""

_SHOWN = 120
"""Characters of a message that are said; an upload is not repeated on the screen."""


class Socket(socket.socket):
    """A socket of the standard library that its stage can end; see laws 1 and 2 above."""

    def __init__(self, end: End, kind: int, fileno: int | None = None, *, plain: bool = False) -> None:
        family = socket.AF_INET6 if ":" in end.address[0] else socket.AF_INET
        super().__init__(family, kind, fileno=fileno)
        self._end = end
        self._plain = plain
        # Only a last resort where a shutdown wakes nobody (not on Linux): the runner's deadline comes first.
        self.settimeout(end.stage.patience + 1)
        end.stage.adopt(self)

    def bind(self, address: Any, /) -> None:
        """As ever, but a port that cannot be had is a DemoError."""
        if self._plain:
            super().bind(address)
            return
        # On Windows the same option would let two programs share the port; for UDP it does so everywhere.
        if self.type == socket.SOCK_STREAM and os.name == "posix":
            self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            super().bind(address)
        except OSError as error:
            raise cannot_bind(error, address, self._end.stage.demo) from error

    def listen(self, backlog: int = 5, /) -> None:
        """As ever; of two that bound during TIME-WAIT, the second learns here that the port is taken."""
        try:
            super().listen(backlog)
        except OSError as error:
            if self._plain:
                raise
            raise cannot_bind(error, self.getsockname(), self._end.stage.demo) from error

    def accept(self) -> tuple[Socket, Any]:
        """As ever, with a connection that the stage can end too."""
        self._end.waits(self)
        connection, peer = super().accept()
        self._end.meets()
        return Socket(self._end, self.type, connection.detach()), peer

    def recvfrom(self, *size: int) -> tuple[bytes, Any]:
        """As ever, but the curtain ends the waiting."""
        self._end.waits(self)
        received = super().recvfrom(*size)
        self._end.meets()
        return received

    def recvmsg(self, *size: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, Any]:
        """As ever, but the curtain ends the waiting."""
        self._end.waits(self)
        received = super().recvmsg(*size)
        self._end.meets()
        return received


@dataclass(frozen=True, slots=True)
class End:
    """What one end of a demo is handed."""

    role: str
    addresses: tuple[tuple[str, int], ...]
    settings: Mapping[str, Setting]
    stage: Stage
    asks: bool = False
    """Whether a person types the lines."""
    host: str = ""
    """The address of the host on which this end stands: on loopback the server's, in the private network its own."""
    client_host: str = ""
    """The address of the host on which the client stands."""
    wire: socket.socket | None = None
    """Of a demo that crafts frames: a raw socket (AF_PACKET) of this host, at its end of the wire."""

    @property
    def address(self) -> tuple[str, int]:
        """Where the server waits: host and port."""
        return self.addresses[0]

    @property
    def second_address(self) -> tuple[str, int]:
        """The further address of a demo that needs two."""
        return self.addresses[1]

    @property
    def client_address(self) -> tuple[str, int]:
        """Where the client waits, in a demo whose further port is the client's."""
        return self.client_host, self.addresses[1][1]

    def socket(self, kind: int, *, plain: bool = False) -> Socket:
        """`socket.socket(AF_INET, kind)`, bounded in time.

        A `plain` one is all the tutorials': it does not bind again during TIME-WAIT, and a port that cannot be bound
        is the OSError that the kernel gives, for the program to show (`raised`).
        """
        return Socket(self, kind, plain=plain)

    def text(self, name: str) -> str:
        """The option `name`, a text."""
        return str(self.settings[name])

    def number(self, name: str) -> int:
        """The option `name`, a number."""
        return int(self.settings[name])

    def named(self, role: str) -> End:
        """The same end under another name, where one program plays several (`client 2`)."""
        return replace(self, role=role)

    def sent(self, data: bytes, encoding: str = "utf-8") -> None:
        """Say what is about to be sent, as its sender reads it."""
        self._say("sent", data, encoding)

    def received(self, data: bytes, encoding: str = "utf-8") -> None:
        """Say what was received, as its receiver reads it; what cannot be read shows as U+FFFD."""
        self._say("received", data, encoding)

    def raised(self, call: str, error: OSError, **values: Any) -> None:
        """Say which exception a call of the program met: `connect raised ConnectionRefusedError: ...`."""
        name, words = type(error).__name__, raised_words(error)
        self.note("{call} raised {name}: {words}", call=Words(call, values), name=name, words=words)

    def ready(self) -> None:
        """The server waits, though not in `accept` or `recvfrom`: its client may start."""
        self.stage.ready()

    def signal(self, name: str) -> None:
        """Let the other program go on where it awaits the signal `name`. Nothing of it is on the wire."""
        self.stage.signal(name)

    def await_signal(self, name: str) -> None:
        """Wait until the other program gives the signal `name`."""
        self.stage.await_signal(name)

    def until(self, held: Socket, *states: str) -> None:
        """Wait until the kernel says that the TCP socket `held` is in one of `states` (`FIN-WAIT-2`, ...)."""
        while (state := state_of(held)) not in states:
            if state == "CLOSED":  # nothing will come of it
                raise ConnectionResetError(f"the connection is CLOSED, and {' or '.join(states)} was waited for")
            self.stage.pause(_LOOK_AGAIN)

    def pause(self, seconds: float) -> None:
        """Let time pass, where time is what the demo is about."""
        self.stage.pause(seconds)

    def note(self, text: str, **values: Any) -> None:
        """Say something that is not on the wire: a pattern, as `language.said` has it, and its `{values}`."""
        self.stage.tell(Said(self.role, "note", Words(text, values)))

    def line(self, text: str) -> str:
        """`text`, or the line that a person types instead; an empty line or the end of input gives `text`."""
        return self._typed() or text

    def lines(self, *texts: str) -> Iterator[str]:
        """`texts`, or the lines that a person types instead, up to an empty line or the end of input."""
        if not self.asks:
            yield from texts
            return
        while line := self._typed():
            yield line

    def waits(self, held: AnySocket) -> None:
        """The program waits for somebody at `held`; for the first wait of a server see law 2."""
        if self.role == "server":
            self.stage.ready()
        self.stage.wait_for(held)

    def meets(self) -> None:
        """Somebody has come."""
        if self.role == "server":
            self.stage.met = True

    def _say(self, verb: Verb, data: bytes, encoding: str) -> None:
        text = data.decode(encoding, errors="replace")
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        self.stage.tell(Said(self.role, verb, shown, len(data)))

    def _typed(self) -> str:
        if not self.asks:
            return ""
        line = (self.stage.ask(self.role) or "").rstrip("\r\n")
        if len(line) > LINE_LIMIT:
            self.note("the line was cut after {most} characters", most=LINE_LIMIT)
        return line[:LINE_LIMIT].encode(errors="replace").decode()


def state_of(held: socket.socket) -> str:
    """The state of a TCP socket by the kernel's word, in RFC 9293's (Linux; TIME-WAIT reads CLOSED, see `kernel/`)."""
    return KERNEL_STATES[held.getsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_INFO", 11), 1)[0]]
