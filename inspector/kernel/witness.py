"""The witness: a process of its own that turns the tracepoint on and off. All that runs as root, and nothing else.

It is a program, not a module of the package: `kernel.trace` starts it with a bare interpreter, before the run drops its
privileges for good, in a session of its own. So neither Ctrl-C nor a SIGKILL of the run reaches it; it learns
of the end of its parent by the end of its input, and then removes what it made.

    input    a line with the ports (empty: all), then `s` when the run is over, or its end
    output   `ready CLOCK OFFSET` or `failed REASON`, each a line; after `s` the parts of what was seen:
             a line `NAME NUMBER LENGTH` each, and LENGTH bytes; the last one is named `end`

Laws:

1. What it makes in tracefs is one instance, whose name says who made it. Its buffers, filter, clock and switches are
   its own: nobody else's tracing is touched. Removing it removes all of them.
2. tracefs that is not mounted is mounted in a mount namespace of this process, which nobody else sees.
3. It judges nothing: pages go out as the kernel wrote them, for the parent, who is no longer root, to read.
4. Instances of witnesses that died (SIGKILL, power) are removed by the next. One that lives is open, and so busy.

The ring is read at the end only, and drops the newest when it is full: then the mark (`_mark`) is missing too,
and the parent knows. Sources: linux Documentation/trace/{ftrace,ring-buffer-map,events}.rst.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRACEFS = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_EVENT = "events/sock/inet_sock_set_state"
_PREFIX = "inspector-"
_BUFFER_KB = "1024"
"""Of each processor: some ten thousand changes."""
_PAGE = 1 << 16
"""At least as much as a page of the ring, whose size is the instance's own business."""
_MARK = "inspector was here".ljust(160, ".")
"""Longer than a change: where that found no room, this finds none."""
_CLONE_NEWNS = 0x00020000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_CLOCKS = (("tai", time.CLOCK_TAI), ("mono", time.CLOCK_MONOTONIC))
"""In order of preference. TAI is the clock of frames plus whole seconds, whatever is done to the system's clock."""
_SECOND = 10**9


def _main() -> None:
    """Stand witness once."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    ports = sys.stdin.buffer.readline().split()
    with contextlib.suppress(BrokenPipeError):
        try:
            with _instance() as instance, _rings(instance) as rings:
                _say(f"ready {_arm(instance, [int(port) for port in ports])}")
                if sys.stdin.buffer.read(1) == b"s":
                    _testify(instance, rings)
        except OSError as error:
            where = f": {error.filename}" if error.filename else ""
            _say(f"failed {error.strerror or error}{where}")


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(1)  # through every `finally`


@contextlib.contextmanager
def _instance() -> Iterator[Path]:
    """A ring, a filter and switches of our own, removed at the end."""
    instances = _tracefs() / "instances"
    for left_behind in instances.glob(f"{_PREFIX}*"):
        if not _lives(left_behind.name):
            with contextlib.suppress(OSError):  # busy: open in a process that we cannot see
                left_behind.rmdir()
    instance = instances / f"{_PREFIX}{os.getpid()}-{_started(os.getpid())}"
    instance.mkdir()
    try:
        yield instance
    finally:
        instance.rmdir()


def _tracefs() -> Path:
    for place in _TRACEFS:
        if os.access(f"{place}/instances", os.W_OK):
            return Path(place)
    if not Path(_TRACEFS[0]).is_dir():
        raise OSError("this kernel has no tracefs")
    libc = ctypes.CDLL(None, use_errno=True)
    done = (
        libc.unshare(_CLONE_NEWNS)
        or libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
        or libc.mount(b"tracefs", _TRACEFS[0].encode(), b"tracefs", 0, None)
    )
    if done:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), "tracefs")
    return Path(_TRACEFS[0])


def _lives(name: str) -> bool:
    """Whether the witness that made the instance `name` still runs."""
    number, _, started = name.removeprefix(_PREFIX).partition("-")
    return number.isdecimal() and _started(int(number)) == started


def _started(number: int) -> str:
    """When the process `number` was started, in ticks since the system was; empty if there is none."""
    try:
        return Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        return ""


@contextlib.contextmanager
def _rings(instance: Path) -> Iterator[dict[int, int]]:
    """The ring of each processor, open for reading."""
    with contextlib.ExitStack() as stack:
        rings = {}
        for folder in instance.glob("per_cpu/cpu*"):
            descriptor = os.open(folder / "trace_pipe_raw", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            rings[int(folder.name.removeprefix("cpu"))] = descriptor
        yield rings


def _arm(instance: Path, ports: list[int]) -> str:
    """Set it up and turn it on; `CLOCK OFFSET`, the nanoseconds from that clock to the one of frames."""
    known = (instance / "trace_clock").read_text(encoding="ascii").replace("[", "").replace("]", "").split()
    clock, number = next(pair for pair in _CLOCKS if pair[0] in known)
    settings = {
        "trace_clock": clock,
        "options/overwrite": "0",
        "buffer_size_kb": _BUFFER_KB,
        f"{_EVENT}/filter": "||".join(f"sport=={port}||dport=={port}" for port in ports) or "0",
        f"{_EVENT}/enable": "1",
    }
    for name, value in settings.items():
        (instance / name).write_text(value, encoding="ascii")
    return f"{clock} {_offset(number)}"


def _offset(clock: int) -> int:
    """Nanoseconds to add to `clock` for the time since the epoch; the narrowest of some measurements."""
    measured = []
    for _ in range(9):
        before, middle, after = time.time_ns(), time.clock_gettime_ns(clock), time.time_ns()
        measured.append((after - before, (before + after) // 2 - middle))
    offset = min(measured)[1]
    return round(offset / _SECOND) * _SECOND if clock == time.CLOCK_TAI else offset


def _testify(instance: Path, rings: dict[int, int]) -> None:
    """Hand over all that the rings hold, behind a mark on every processor, and what it takes to read it."""
    for processor in sorted(rings):
        _give("marked", processor, b"1" if _mark(instance, processor) else b"")
    (instance / "tracing_on").write_text("0", encoding="ascii")
    events = instance / "events"
    for name in ("header_page", "sock/inet_sock_set_state/format", "ftrace/print/format"):
        _give(name.split("/")[-2 if "/" in name else 0], 0, (events / name).read_bytes())
    for processor, ring in sorted(rings.items()):
        with contextlib.suppress(BlockingIOError):  # empty
            while page := os.read(ring, _PAGE):
                _give("page", processor, page)
    _give("end", 0, b"")


def _mark(instance: Path, processor: int) -> bool:
    """Write a mark from `processor`, behind all that it wrote before; False where no program may run.

    A program cannot run there in the middle of a change: whatever that processor had begun, it has written.
    """
    try:
        os.sched_setaffinity(0, {processor})
    except OSError:
        return False
    with contextlib.suppress(OSError):  # no room: then it is missing, which says so
        (instance / "trace_marker").write_text(_MARK, encoding="ascii")
    return True


def _give(name: str, number: int, content: bytes) -> None:
    _say(f"{name} {number} {len(content)}", content)


def _say(line: str, content: bytes = b"") -> None:
    sys.stdout.buffer.write(line.encode() + b"\n" + content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    _main()
