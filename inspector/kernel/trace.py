"""The tracepoint `sock:inet_sock_set_state`: every change of state of a TCP socket, at the moment it happens.

    with Tracer({12345}) as tracer:        # as root; afterwards no privilege is needed
        ...
    tracer.changes, tracer.why_not         # all of them; or why there are none, or not all

Laws:

1. Nothing here raises on account of the kernel: without root, tracefs or the event there is a reason in words.
2. `with` is entered when the tracepoint is on, and `stop` has seen everything: a mark that was written behind it on
   every processor has come through. No sleep decides.
3. What needs root is done by the witness (`witness.py`), which outlives us for as long as it takes to clean up.

What the tracepoint does not say is in which network namespace a socket lives: see the package's head. It tells sockets
apart by where they lie in the kernel; when one is gone, another may lie there, and `agreement` takes that into account.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from ipaddress import IPv6Address
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from inspector.kernel.model import StateChange, Testimony
from inspector.kernel.ring import Layout, events_of, layout_of
from inspector.kernel_states import KERNEL_STATES
from inspector.language import Said, joined, said
from inspector.wire.row import Endpoint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import TracebackType

    from inspector.kernel.tables import Tables

__all__ = ["Tracer", "can_trace", "witnessed"]

_WITNESS = Path(__file__).with_name("witness.py")
_TCP = 6


class Tracer:
    """A context manager, used once: from `with` to `stop`, or to its end.

    Args:
        ports: TCP ports of which one must be at either end; None for all.

    """

    def __init__(self, ports: Collection[int] | None = None) -> None:
        self.why_not: str = said("it was not asked for")
        """Why `changes` is not everything; empty where it is."""
        self.changes: tuple[StateChange, ...] = ()
        """What was seen, in the order of time; there after `stop`."""
        self._ports = ports or ()
        self._witness: subprocess.Popen[bytes] | None = None
        self._offset_ns = 0

    def __enter__(self) -> Self:
        """Turn the tracepoint on, or learn why not."""
        if sys.platform != "linux":
            self.why_not = said("the tracepoint is Linux's")
            return self
        # A bare interpreter: it starts in a moment, reads no settings of the user's, and is ours to the last line.
        command = [sys.executable, "-I", "-S", str(_WITNESS)]
        try:
            self._witness = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
            self._tell(" ".join(map(str, sorted(self._ports))).encode() + b"\n")
            word, _, rest = _output(self._witness).readline().decode(errors="replace").strip().partition(" ")
        except OSError as error:
            word, rest = "failed", error.strerror or str(error)
        if word == "ready":
            self.why_not = said("it was not stopped")
            self._offset_ns = int(rest.split()[1])
        else:
            self.why_not = _in_words(rest)
            self._dismiss()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.stop()
        self._dismiss()

    def stop(self) -> None:
        """Turn it off, and take all that was seen; harmless when repeated."""
        if self._witness is None:
            return
        seen = _Seen()
        try:
            self._tell(b"s")
            for name, number, content in _parts(_output(self._witness)):
                seen.take(name, number, content)
            self.changes, self.why_not = seen.changes(self._offset_ns)
        except (OSError, ValueError, LookupError, OverflowError) as error:
            self.why_not = said("what the tracepoint saw did not come through: {reason}", reason=str(error))
        self._dismiss()

    def _tell(self, words: bytes) -> None:
        if self._witness is not None and self._witness.stdin is not None:
            self._witness.stdin.write(words)
            self._witness.stdin.flush()

    def _dismiss(self) -> None:
        """Let the witness clean up and go, and wait until it has."""
        witness, self._witness = self._witness, None
        if witness is None:
            return
        for pipe in (witness.stdin, witness.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        witness.wait()


def witnessed(tracer: Tracer, tables: Tables | None = None, *, show_sockets: bool = False) -> Testimony:
    """All that the kernel said, once `tracer` is stopped."""
    return Testimony(
        changes=tracer.changes,
        snapshots=tuple(tables.snapshots) if tables else (),
        untraced=tracer.why_not,
        unlooked=tables.why_not if tables else "",
        show_sockets=show_sockets,
    )


def can_trace() -> tuple[bool, str]:
    """Try it for real: whether the tracepoint can be used here, and else why not."""
    with Tracer() as tracer:
        tracer.stop()
    return not tracer.why_not, tracer.why_not


class _Seen:
    """What the witness hands over, and what it comes to."""

    def __init__(self) -> None:
        self._layouts: dict[str, Layout] = {}
        self._pages: list[tuple[int, bytes]] = []
        self._marked: set[int] = set()
        self._ended = False

    def take(self, name: str, number: int, content: bytes) -> None:
        """One part."""
        if name == "page":
            self._pages.append((number, content))
        elif name == "marked":
            self._marked.update([number] * bool(content))
        elif name == "end":
            self._ended = True
        else:
            self._layouts[name] = layout_of(content.decode("ascii"))

    def changes(self, offset_ns: int) -> tuple[tuple[StateChange, ...], str]:
        """All changes, and why they may not be all."""
        if not self._ended:
            return (), said("the witness ended before it had told everything")
        change, mark = self._layouts["inet_sock_set_state"], self._layouts["print"]
        found, spoke, whole = [], set(self._marked), set()
        for processor, page in self._pages:
            for time, event in events_of(page, self._layouts["header_page"]):
                if mark.is_of(event):
                    whole.add(processor)
                elif change.is_of(event) and change.read(event, "protocol") == _TCP:
                    found.append((time + offset_ns, event))
                    spoke.add(processor)
        lacking = joined(map(str, sorted(spoke - whole)))
        why = said(
            "no mark came through from processor {lacking}, whose ring was full: later changes are lost",
            lacking=lacking,
        )
        found.sort(key=lambda each: each[0])
        names: dict[int, int] = {}
        return tuple(_change(event, change, time, names) for time, event in found), why if lacking else ""


def _change(event: bytes, layout: Layout, time_ns: int, names: dict[int, int]) -> StateChange:
    """The event in our words. Sockets are numbered: where they lie in the kernel is nobody's business."""
    return StateChange(
        time_ns=time_ns,
        local=Endpoint(_address(layout.octets(event, "saddr_v6")), layout.read(event, "sport")),
        remote=Endpoint(_address(layout.octets(event, "daddr_v6")), layout.read(event, "dport")),
        old=KERNEL_STATES[layout.read(event, "oldstate")],
        new=KERNEL_STATES[layout.read(event, "newstate")],
        socket=names.setdefault(layout.read(event, "skaddr"), len(names) + 1),
    )


def _address(octets: bytes) -> str:
    """As a frame has it: an IPv4 address is one, whatever kind of socket holds it."""
    address = IPv6Address(octets)
    return str(address.ipv4_mapped or address)


def _output(witness: subprocess.Popen[bytes]) -> IO[bytes]:
    assert witness.stdout is not None  # noqa: S101 - it was asked for
    return witness.stdout


def _parts(pipe: IO[bytes]) -> Iterator[tuple[str, int, bytes]]:
    """`NAME NUMBER LENGTH` and so many bytes, up to the end."""
    while line := pipe.readline():
        name, number, length = line.split()
        content = pipe.read(int(length))
        if len(content) != int(length):
            raise ValueError(said("it breaks off"))
        yield name.decode(), int(number), content


def _in_words(reason: str) -> str:
    """What the witness could not do, and what would mend it where we know."""
    if "ermission" in reason or "not permitted" in reason or "Read-only" in reason:
        why = Said(reason, {}) if reason else said("no answer")
        return said("tracing takes root of the system itself ({reason})", reason=why)
    return Said(reason, {}) if reason else said("the witness gave no answer")
