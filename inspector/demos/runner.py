"""Runs a demo: both of its ends in threads of this process, or one of them alone.

1. The calling thread conducts: it starts the server, starts the client when the server waits, passes
   on what the programs say, asks for the lines that are typed, and keeps the time. Both callbacks
   run in it, so Ctrl-C reaches it even while a person is asked.
2. Every run ends. At the deadline, on an error of either end and on Ctrl-C the curtain falls:
   sockets are shut down, threads end, and only then does `run` return or raise.
3. The first error is the one that is told; what the other end suffers from it is not.
4. No sleep decides anything.

Each end makes all its sockets in its own thread (or in threads that this one starts), so that a thread that is started
on a host of a private network (`Place`) has its end there.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from ipaddress import ip_address
from queue import Empty
from time import monotonic
from typing import TYPE_CHECKING, Literal, Protocol

from inspector.demos.demo import Said
from inspector.demos.end import End
from inspector.demos.stage import Asked, CurtainFell, Ended, Ready, Stage
from inspector.demos.trouble import explained, too_late
from inspector.errors import DemoError, system_words
from inspector.language import joined, said, said_n

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias, TypeVar

    from inspector.demos.demo import Demo, Program, Setting

    T = TypeVar("T")

    Ports: TypeAlias = int | Literal["auto"] | tuple[int, ...] | None
    Prompt: TypeAlias = Callable[[str], str | None]

__all__ = ["PATIENCE", "Outcome", "Place", "Role", "choose_ports", "run"]

Role = Literal["server", "client"]

PATIENCE = {"server": 60.0, "interactive": 600.0}
"""Seconds that a run may take where it is not the demo's own: alone, a server gives its user the time to open a second
terminal."""

_GRACE = 2.0
"""Seconds for programs to end once their sockets are shut down."""

_HIGHEST = 65535


class Place(Protocol):
    """Where an end of a demo stands, if not on loopback: a host of a private network."""

    address: str
    """Its address."""
    raw: socket.socket | None
    """Its end of the wire, for a demo that crafts frames."""

    def call(self, function: Callable[[], T]) -> T:
        """What `function` returns when it runs there; a thread that it starts stays there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run that went as its programs meant it to; what the wire says of it is another matter."""

    demo: Demo
    host: str
    ports: tuple[int, ...]
    settings: Mapping[str, Setting]
    messages: tuple[Said, ...]
    """In the order in which the programs spoke."""


def choose_ports(demo: Demo, port: Ports = None, host: str = "127.0.0.1") -> tuple[int, ...]:
    """The ports that a run of `demo` will bind, the server's first; give them to a capture filter and to `run`.

    None gives the demo's own, a number that one (and those after it, where the demo needs more),
    `"auto"` free ones. Raises DemoError if there is no such port.
    """
    needed = 1 + len(demo.ports)
    if port is None:
        return (demo.port, *demo.ports)
    if port == "auto":
        return _free_ports(demo, _address(host), needed)
    ports = tuple(range(port, port + needed)) if isinstance(port, int) else port
    if len(ports) != needed or not all(1 <= each <= _HIGHEST for each in ports):
        raise DemoError(
            said_n(
                "--port: expected {n} port from 1 to {highest} for {name}, found {found}",
                "--port: expected {n} ports from 1 to {highest} for {name}, found {found}",
                needed,
                highest=_HIGHEST,
                name=demo.name,
                found=joined(map(str, ports)),
            )
        )
    return ports


def run(  # noqa: PLR0913 - one keyword for each thing that the command line offers
    demo: Demo,
    *,
    port: Ports = None,
    host: str = "127.0.0.1",
    role: Role | None = None,
    interactive: Prompt | None = None,
    say: Callable[[Said], None] | None = None,
    deadline: float | None = None,
    options: Mapping[str, Setting] | None = None,
    places: Mapping[str, Place] | None = None,
    falling: Callable[[], None] | None = None,
) -> Outcome:
    """Run `demo` to its end, both ends or `role` alone; each in its place, where `places` has one.

    `falling` is called when the run is cut short, before its sockets are shut down: what these say then is no
    program's doing.

    `interactive(role)` gives a typed line, or None at the end of input; `say` hears every message as it is
    said; both are called in this thread. `deadline` is in seconds (default: `PATIENCE`), and starts anew
    when a line was typed. Raises DemoError for what the operator or the system has to mend.
    """
    settings = demo.settings(options or {})
    places = places or {}
    host = places["server"].address if places else _address(host)
    ports = choose_ports(demo, port, host)
    patience = PATIENCE.get("interactive" if interactive else role or "both", demo.patience)
    stage = Stage(demo, patience if deadline is None else deadline, alone=role is not None)
    conductor = _Conductor(stage, say or _ignore, interactive or _nobody)
    addresses = tuple((host, each) for each in ports)
    for part in (role,) if role else ("server", "client"):
        place = places.get(part)
        end = End(
            part, addresses, settings, stage, asks=interactive is not None,
            host=place.address if place else host,
            client_host=places["client"].address if places else host, wire=place.raw if place else None,
        )  # fmt: skip
        conductor.cast(end, demo.server if part == "server" else demo.client, place)
    try:
        conductor.conduct()
    except BaseException:
        if falling is not None:
            falling()
        raise
    finally:
        conductor.clear()
    return Outcome(demo, host, ports, settings, tuple(conductor.messages))


class _Conductor:
    """The calling thread's side of one run."""

    def __init__(self, stage: Stage, say: Callable[[Said], None], prompt: Prompt) -> None:
        self.messages: list[Said] = []
        self._stage = stage
        self._say = say
        self._prompt = prompt
        self._ends: dict[str, End] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._places: dict[str, Place] = {}
        self._playing: set[str] = set()
        self._until = 0.0

    def cast(self, end: End, program: Program, place: Place | None) -> None:
        self._ends[end.role] = end
        if place is not None:
            self._places[end.role] = place
        # Daemons: should a program outlive its sockets by some bug, the process still ends.
        self._threads[end.role] = threading.Thread(
            target=_perform, args=(program, end), name=f"demo {end.role}", daemon=True
        )

    def conduct(self) -> None:
        """Start the ends in their order and serve them until the last has ended."""
        self._until = monotonic() + self._stage.patience
        ended: set[str] = set()
        self._start(next(iter(self._threads)))
        while len(ended) < len(self._threads):
            try:
                event = self._stage.next(self._until)
            except Empty:
                raise self._overdue() from None
            match event:
                case Said():
                    self._pass_on(event)
                case Ready():
                    self._open_the_door()
                case Asked():
                    self._ask(event)
                case Ended():
                    self._see_off(event)
                    ended.add(event.role)

    def clear(self) -> None:
        """Let the curtain fall, and wait until every program has ended; nothing is left behind."""
        self._stage.fall()
        for thread in self._threads.values():
            if thread.ident is not None:
                thread.join(_GRACE)
        self._stage.sweep()

    def _start(self, role: str) -> None:
        self._playing.add(role)
        start = self._threads[role].start
        if role in self._places:
            self._places[role].call(start)  # a thread inherits the network namespace of the one that starts it
        else:
            start()

    def _pass_on(self, what: Said) -> None:
        self.messages.append(what)
        self._say(what)

    def _open_the_door(self) -> None:
        if "client" in self._threads:
            self._start("client")
            return
        host, port = self._ends["server"].address
        words = said(
            "waiting on {host}:{port} for up to {patience:g} s", host=host, port=port, patience=self._stage.patience
        )
        self._pass_on(Said("server", "note", words))

    def _ask(self, asked: Asked) -> None:
        line = None
        with contextlib.suppress(EOFError):
            line = self._prompt(asked.role)
        self._until = monotonic() + self._stage.patience
        asked.answer.put(line)

    def _see_off(self, ended: Ended) -> None:
        self._playing.discard(ended.role)
        if ended.error is not None:
            raise explained(ended.error, self._stage.demo, ended.role, self._ends[ended.role].address) from ended.error
        if ended.role == "server" and "client" in self._threads and self._threads["client"].ident is None:
            raise DemoError(
                said("the server of {name} ended without waiting for its client", name=self._stage.demo.name)
            )

    def _overdue(self) -> DemoError:
        # The server is named first: it waits for its client only because that one waits, or never came.
        role = "server" if "server" in self._playing else "client"
        stage = self._stage
        return too_late(stage.demo, role, self._ends[role].address, stage.patience, met=stage.met, alone=stage.alone)


def _perform(program: Program, end: End) -> None:
    """Play one part to its end, and tell how it ended."""
    error: Exception | None = None
    try:
        program(end)
    except CurtainFell:
        pass
    except Exception as caught:  # noqa: BLE001 - carried to the calling thread, which raises it
        error = caught
    end.stage.tell(Ended(end.role, error))


def _address(host: str) -> str:
    """`host` as a numeric address: a demo asks no name server, whose datagrams would be in the capture."""
    try:
        return str(ip_address("127.0.0.1" if host == "localhost" else host))
    except ValueError:
        raise DemoError(said("expected an address such as 127.0.0.1 or ::1, found {host!r}", host=host)) from None


def _free_ports(demo: Demo, host: str, needed: int) -> tuple[int, ...]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = socket.SOCK_STREAM if demo.transport == "tcp" else socket.SOCK_DGRAM
    held = [socket.socket(family, kind) for _ in range(needed)]
    try:
        for each in held:
            each.bind((host, 0))
        return tuple(each.getsockname()[1] for each in held)
    except OSError as error:
        raise DemoError(
            said("--port auto: no free port on {host}: {reason}", host=host, reason=system_words(error))
        ) from error
    finally:
        for each in held:
            each.close()


def _ignore(_said: Said) -> None:
    pass


def _nobody(_role: str) -> None:
    return None
