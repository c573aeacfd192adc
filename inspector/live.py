"""A live run on one page: make the network, arm the capture, drop privileges, run the programs, inspect the file.

    demo or command ── on loopback, or on the hosts of a private network ── Recording ── file ── pipeline.inspect

Laws:

1. What needs a privilege comes first: the capture's socket, the private network, the tracepoint. Then, under `sudo`,
   the process becomes the user who asked, for good (`owner`), and only then does a program run or a frame get decoded.
2. A live run is a recording that is then inspected like every other file.
3. A demo whose capture is not whole is no matter of TCP's: it is an error, and not a difference.

Not here: how a process without privileges gets some over a network of its own (`cli/privilege.py`).
"""

from __future__ import annotations

import contextlib
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from inspector.capture.privileges import become_user
from inspector.capture.recording import Recording
from inspector.capture.turn import turn
from inspector.demos.runner import choose_ports, run
from inspector.errors import CaptureError, CaptureFileError
from inspector.link.script import Script, parse_script
from inspector.pipeline import Take, inspect
from inspector.report.inspection import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from inspector.demos.demo import Demo, Said
    from inspector.demos.runner import Outcome
    from inspector.expect import notation
    from inspector.link.network import Network
    from inspector.report.inspection import Inspection

    Owner: TypeAlias = tuple[int, int] | None

__all__ = ["record_command", "record_demo", "script_of"]


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
    command_line: str = "inspector",
    say: Callable[[Said], None] | None = None,
    link: Script | None = None,
) -> Inspection:
    """Run both ends of `demo` while they are captured into `path`, then inspect that file.

    On loopback, or with a `link` (`script_of`) on the two hosts of a private network. Raises CaptureError,
    CaptureFileError, DemoError, LinkError.
    """
    demo.settings(options or {})
    ports = choose_ports(demo, port, host)
    head: dict[str, Any] = {
        "path": path,
        "comment": f"inspector demo {demo.name}",
        "keep": False,
        "owner": owner,
        "command_line": command_line,
        "own_traffic": True,
    }
    with ExitStack() as stack:
        network = None
        if link is not None:
            network = stack.enter_context(_network(demo, link, ipv6=":" in host))
            recording = Recording("wire", engine=network.wire, moving=network.moving, **head)
        else:
            recording = Recording("lo", ports=ports, engine=engine, **head)
        stack.enter_context(turn(*_shared(ports, path, network)))
        with _removed_if_empty(recording, path), recording:
            _drop(owner)
            outcome = run(
                demo, port=ports, host=host, interactive=interactive, options=options, say=say,
                places=network.hosts if network else None,
            )  # fmt: skip
        inspection = inspect(path, expected=expected, keep=None, take=_take(demo, path, recording, outcome, network))
    _refuse_unless_whole(inspection, recording, path)
    return inspection


def record_command(  # noqa: PLR0913 - what a command line may ask for
    command: Sequence[str],
    path: Path,
    *,
    link: Script,
    owner: Owner = None,
    expected: notation.Sequence | None = None,
    stdout: Any = None,
    tell_end: Callable[[int], None],
) -> Inspection:
    """Run a command of the user's on a host of its own, whose words to 127.0.0.0/8 go over the wire.

    `tell_end` hears its exit code. Raises CaptureError, CaptureFileError, and OSError if the command cannot be started.
    """
    from inspector.link.network import Network

    with Network(link, loop=True) as network:
        recording = Recording(
            "wire", engine=network.wire, moving=network.moving, path=path, owner=owner, keep=False,
            comment="inspector exec",
        )  # fmt: skip
        with recording:
            _drop(owner)
            program = network.hosts["client"].call(lambda: subprocess.Popen(command, stdout=stdout))
            with contextlib.suppress(KeyboardInterrupt):  # which reaches it too: it ends the command, not the report
                program.wait()
            tell_end(program.wait())
        return inspect(path, expected=expected, take=_taken(recording, network, source=f"exec over `{link}`"))


def _network(demo: Demo, script: Script, *, ipv6: bool) -> Network:
    from inspector.link.network import Network

    return Network(script, ipv6=ipv6, settings=demo.kernel, crafted=demo.crafted)


def _shared(ports: tuple[int, ...], path: Path, network: Network | None) -> list[str]:
    """What a run shares with others that run at the same time: the file; on loopback its ports too."""
    file = f"file {path.absolute()}"
    return [file] if network else [file, *(f"port {each}" for each in ports)]


def _drop(owner: Owner) -> None:
    if owner is not None:
        become_user(*owner)


def _take(demo: Demo, path: Path, recording: Recording, outcome: Outcome, network: Network | None) -> Take:
    return _taken(
        recording,
        network,
        title=f"{demo.name}: {demo.summary}",
        source=f"demo {demo.name}",
        saved_to=str(path),
        messages=tuple(Message(said.role, said.text, said.verb, said.size) for said in outcome.messages),
        lesson=demo.lesson,
    )


def _taken(recording: Recording, network: Network | None, **words: Any) -> Take:
    kept = network.wire.kept if network else 0
    undrained = [recording.undrained] * bool(recording.undrained)
    undrained += [f"the link still held back {kept} frame{'s' * (kept > 1)}"] * bool(kept)
    statistics = recording.statistics
    return Take(dropped=statistics.dropped, duplicates=statistics.duplicates, undrained="; ".join(undrained), **words)


def _refuse_unless_whole(inspection: Inspection, recording: Recording, path: Path) -> None:
    """A demo that ran and left nothing, or another number of frames than were captured, is no matter of TCP's."""
    captured, found = recording.statistics.received, inspection.capture.frames
    if captured == 0:
        raise CaptureError(
            "the demo ran, and not one frame of it was captured", remedies=("inspector doctor", "another --engine")
        )
    if found != captured:
        raise CaptureFileError(
            str(path), f"expected the {captured} frames that were captured, found {found}: another program wrote to it"
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
