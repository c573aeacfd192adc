"""A live run on one page: make the network, arm the capture, drop privileges, run the programs, inspect the file.

    demo or command ── on loopback, or on the hosts of a private network ── Recording ── file ── pipeline.inspect

Laws:

1. What needs a privilege comes first: the capture's socket, its file, the private network, the tracepoint. Then it
   is given up for good (`drop`), and only then does a program run or a frame get decoded.
2. A live run is a recording that is then inspected like every other file.
3. A demo whose capture is not whole is no matter of TCP's: it is an error, and not a difference.

Not here: how a process without privileges gets some over a network of its own (`cli/privilege.py`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from inspector.capture.recording import Recording
from inspector.capture.turn import turn
from inspector.demos.demo import Said
from inspector.demos.runner import choose_ports, run
from inspector.errors import CaptureError, CaptureFileError, DemoError, system_words
from inspector.language import Said as Words
from inspector.language import joined, said, said_n
from inspector.link.script import Script, parse_script
from inspector.pipeline import Take, inspect
from inspector.report.inspection import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from inspector.demos.demo import Demo
    from inspector.expect import notation
    from inspector.kernel.model import Testimony
    from inspector.link.network import Host, Network
    from inspector.report.inspection import Inspection

    Owner: TypeAlias = tuple[int, int] | None

__all__ = ["record_command", "record_demo", "script_of"]

_PATIENCE_S = 2.0
"""For a recording to end that was told to."""


def script_of(demo: Demo, link: str | None) -> Script | None:
    """What the wire does in a run of `demo`: its own script, then `link`; None where there is no wire.

    Raises LinkError.
    """
    if demo.link is None and link is None:
        return None
    return Script(parse_script(demo.link or "").rules + parse_script(link or "").rules)


def record_demo(  # noqa: PLR0913 - what a command line may ask for
    demo: Demo,
    path: Path,
    *,
    expected: notation.Sequence,
    port: Any = None,
    host: str = "127.0.0.1",
    interactive: Callable[[str], str | None] | None = None,
    options: Mapping[str, str | int] | None = None,
    engine: str = "auto",
    owner: Owner = None,
    drop: Callable[[], None] | None = None,
    command_line: str = "inspector",
    say: Callable[[Said], None] | None = None,
    link: Script | None = None,
    forgiving: bool = False,
    kernel: bool = False,
    sockets: bool = False,
) -> Inspection:
    """Run both ends of `demo` while they are captured into `path`, then inspect that file.

    On loopback, or with a `link` (`script_of`) on the hosts of a private network; `forgiving` where the link is the
    user's: programs that it keeps from their end are no error then, but something to look at. `kernel` asks Linux
    itself for the states of the sockets, `sockets` shows its tables too.

    Raises CaptureError, CaptureFileError, DemoError.
    """
    demo.settings(options or {})
    ports = choose_ports(demo, port, host)
    head: dict[str, Any] = {
        "path": path,
        "comment": f"inspector demo {demo.name}{_over(link)}",
        "keep": False,
        "owner": owner,
        "command_line": command_line,
        "own_traffic": True,
    }
    with ExitStack() as stack:
        stack.enter_context(turn(*_shared(ports, path, wired=link is not None, traced=kernel)))
        witness = stack.enter_context(_Witness(ports)) if kernel or sockets else None
        network = None
        if link is not None:
            network = stack.enter_context(_network(demo, link, witness, ipv6=":" in host))
            recording = Recording("wire", engine=network.wire, moving=network.moving, **head)
        else:
            recording = Recording("lo", ports=ports, engine=engine, **head)
        with _removed_if_empty(recording, path), recording:
            written = stack.enter_context(_to_be_read(path))
            (drop or _stay)()
            played = _played(
                demo, recording, say, forgiving=forgiving, port=ports, host=host, interactive=interactive,
                options=options, places=_places(network),
            )  # fmt: skip
        take = _take(demo, path, recording, played, network)
        if witness is not None:
            take = replace(take, kernel=witness.heard(take.frames, show_sockets=sockets))
        inspection = inspect(written, name=str(path), expected=expected, keep=None, take=take)
    _refuse_unless_whole(inspection, recording, path, expected)
    return inspection


@dataclass(frozen=True, slots=True)
class _Played:
    """What the programs of a demo said, and what kept them from their end; empty where they came to it."""

    messages: tuple[Message, ...]
    cut_short: str = ""


def _played(
    demo: Demo, recording: Recording, say: Callable[[Said], None] | None, *, forgiving: bool, **how: Any
) -> _Played:
    """Run the programs, to their end or to where they were kept from it: by Ctrl-C, or by a link (`forgiving`).

    The recording ends there too: what their sockets say when they are shut down is not the programs' doing.
    """
    heard: list[Said] = []
    cut_short = ""

    def hear(said: Said) -> None:
        heard.append(said)
        if say is not None:
            say(said)

    def fall() -> None:
        recording.stop()
        recording.wait(_PATIENCE_S)

    try:
        run(demo, say=hear, falling=fall, **how)
    except DemoError as trouble:
        if not forgiving or not recording.statistics.received:
            raise
        cut_short = trouble.message
    except KeyboardInterrupt:
        if not recording.statistics.received:
            raise
        cut_short = said("interrupted")
    if cut_short:
        heard.append(
            Said("demo", "note", said("not at its end: {reason}; what follows is not in the capture", reason=cut_short))
        )
    return _Played(tuple(Message(said.role, said.text, said.verb, said.size) for said in heard), cut_short)


class _Witness:
    """The kernel's word in one run: the tracepoint, where root may use it, and the socket tables of each host."""

    def __init__(self, ports: tuple[int, ...]) -> None:
        from inspector.kernel.tables import Tables
        from inspector.kernel.trace import Tracer

        self._tracer, self._tables = Tracer(ports), Tables(ports)
        self.look = self._tables.look
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._tracer)
        self._stack.enter_context(self._tables)
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    def attend(self, network: Network) -> None:
        """Open the tables of its hosts."""
        for host in network.hosts.values():
            host.call(partial(self._tables.attend, host.name))

    def heard(self, frames: int, *, show_sockets: bool) -> Testimony:
        """All that the kernel said, when nothing moves any more."""
        from inspector.kernel.trace import witnessed

        self._tables.look(frames, "settled", time.time_ns())
        self._tracer.stop()
        return witnessed(self._tracer, self._tables, show_sockets=show_sockets)


def record_command(  # noqa: PLR0913 - what a command line may ask for
    command: Sequence[str],
    path: Path,
    *,
    link: Script,
    owner: Owner = None,
    drop: Callable[[], None] | None = None,
    expected: notation.Sequence | None = None,
    stdout: Any = None,
    tell_end: Callable[[int], None],
    tell_waiting: Callable[[], None],
) -> Inspection:
    """Run a command of the user's on a host of its own, whose words to 127.0.0.0/8 go over the wire.

    `tell_end` hears its exit code, `tell_waiting` that Ctrl-C has not ended it: the next one will.

    Raises CaptureError, CaptureFileError, and OSError if the command cannot be started.
    """
    from inspector.link.network import Network

    with ExitStack() as stack:
        network = stack.enter_context(Network(link, loop=True))
        recording = Recording(
            "wire", engine=network.wire, moving=network.moving, path=path, owner=owner, keep=False,
            comment=f"inspector exec{_over(link)}",
        )  # fmt: skip
        with recording:
            written = stack.enter_context(_to_be_read(path))
            (drop or _stay)()
            program = network.hosts["client"].call(partial(_started, command, stdout))
            tell_end(_awaited(program, tell_waiting))
        return inspect(
            written,
            name=str(path),
            expected=expected,
            take=_taken(recording, network, source=said("exec over `{link}`", link=link)),
        )


def _awaited(program: subprocess.Popen[bytes], tell_waiting: Callable[[], None]) -> int:
    """Its exit code. Ctrl-C, which reaches it too, ends the command and not the report; the second one kills it."""
    with contextlib.suppress(KeyboardInterrupt):
        return program.wait()
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return program.wait(_PATIENCE_S)
        tell_waiting()
        return program.wait()
    except KeyboardInterrupt:
        program.kill()
        return program.wait()


def _started(command: Sequence[str], stdout: Any) -> subprocess.Popen[bytes]:
    """The command of the user's, in the host of the calling thread.

    It does not outlive us, where `setpriv` (util-linux) is there; what it has started itself is its own affair.
    """
    if shutil.which(command[0]) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    before = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
    return subprocess.Popen([*before, *command], stdout=stdout)


@contextlib.contextmanager
def _network(demo: Demo, script: Script, witness: _Witness | None, *, ipv6: bool) -> Iterator[Network]:
    from inspector.link.network import Network

    look = witness.look if witness else None
    with Network(
        script, loop=demo.one_host, ipv6=ipv6, settings=demo.kernel, crafted=demo.crafted, on_pass=look
    ) as network:
        if witness is not None:
            witness.attend(network)
        yield network


def _places(network: Network | None) -> dict[str, Host] | None:
    """Where each end stands: where there is one host, both stand on it."""
    if network is None:
        return None
    (first, *_) = network.hosts.values()
    return {role: network.hosts.get(role, first) for role in ("client", "server")}


def _shared(ports: tuple[int, ...], path: Path, *, wired: bool, traced: bool) -> list[str]:
    """What a run shares with others that run at the same time: the file; on loopback its ports; the tracepoint."""
    shared = [f"file {path.absolute()}"]
    shared += [f"port {each}" for each in ports if not wired]
    return shared + [f"kernel trace port {each}" for each in ports if traced]


def _over(link: Script | None) -> str:
    """What the head of a capture says of its wire."""
    return f" over a link: {link}" if link is not None and link.rules else ""


def _to_be_read(path: Path) -> BinaryIO:
    """The file being written, opened while that is allowed: under `sudo` it may lie where only root gets."""
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise CaptureFileError(str(path), said("cannot be opened: {reason}", reason=system_words(error))) from error


def _stay() -> None:
    """Whoever we are."""


def _take(demo: Demo, path: Path, recording: Recording, played: _Played, network: Network | None) -> Take:
    idle = network.wire.idle if network else ()
    told = (
        Message("link", said("`{rule}` never acted: no such frame came by in its turn", rule=rule)) for rule in idle
    )
    return _taken(
        recording,
        network,
        title=said("{name}: {what}", name=demo.name, what=Words(demo.summary, {})),
        source=said("demo {name}", name=demo.name),
        saved_to=str(path),
        messages=(*played.messages, *told),
        lesson=() if played.cut_short else demo.lesson,
    )


def _taken(recording: Recording, network: Network | None, **words: Any) -> Take:
    kept = network.wire.kept if network else 0
    undrained = [recording.undrained] * bool(recording.undrained)
    if kept:
        undrained.append(said_n("the link still held back {n} frame", "the link still held back {n} frames", kept))
    statistics = recording.statistics
    return Take(
        frames=statistics.received, dropped=statistics.dropped, duplicates=statistics.duplicates,
        undrained=joined(undrained, "; "), **words,
    )  # fmt: skip


def _refuse_unless_whole(inspection: Inspection, recording: Recording, path: Path, expected: notation.Sequence) -> None:
    """A demo that ran and left nothing, or another number of frames than were captured, is no matter of TCP's."""
    captured, found = recording.statistics.received, inspection.capture.frames
    if captured == 0 and not expected.expects_nothing:
        raise CaptureError(
            said("the demo ran, and not one frame of it was captured"),
            remedies=("inspector doctor", said("another --engine")),
        )
    if found != captured:
        raise CaptureFileError(
            str(path),
            said(
                "expected the {captured} frames that were captured, found {found}: another program wrote to it",
                captured=captured,
                found=found,
            ),
        )


@contextlib.contextmanager
def _removed_if_empty(recording: Recording, path: Path) -> Iterator[None]:
    """A demo that could not even begin (a busy port) leaves no file behind."""
    try:
        yield
    except BaseException:
        if recording.ended_by and not recording.statistics.received:  # else it never began, and the file is older
            path.unlink(missing_ok=True)
        raise
