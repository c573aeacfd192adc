"""A capture from its first frame to its last: armed, followed, written, drained, ended.

    with Recording("lo", ports={12345}, path="hello.pcapng") as recording:
        ...                                   # every frame from here on is seen
    recording.statistics                      # and every frame up to here is in the file

Laws:

1. `with` is entered when the capture is *proved* to see frames: a marker of our own came through the ring
   (on interfaces other than loopback: when the socket is bound, which is all that can be known).
2. It is left when nothing is under way any more: no TCP socket on the ports moves, by the kernel's tables,
   and a marker from every processor has come through behind the last frame. Sleep decides neither.
   What could not be waited for is said (`undrained`).
3. A thread writes what the ring gives, block by block, and flushes after each: a process that
   is killed leaves a file that reads up to that block.
4. A failure in that thread (a full disk, a callback's exception) surfaces in `finish`, never nowhere.

Not here: which file name is right, and whether one may be overwritten; that is the caller's.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from inspector.capture import quiet
from inspector.capture.engine import DEFAULT_RING_BYTES, DEFAULT_SNAPLEN, Statistics
from inspector.capture.opening import open_engine
from inspector.capture.sink import Sink
from inspector.errors import CaptureError, CaptureFileError
from inspector.language import joined, said, said_n

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterator
    from types import TracebackType

    from inspector.capture.engine import Engine
    from inspector.wire.frame import Frame

__all__ = ["Recording"]

_ARMING_S = 5.0
"""How long a marker may take before the capture is called deaf."""
_AGAIN_S = 0.25
"""When to repeat a marker that may have been dropped."""
_PACE_S = 0.002
"""Between two looks at the kernel's socket tables."""
_LAST_LOOK_S = 0.05
"""Well above the time after which the kernel hands over a block that is not full."""


class Recording:
    """Frames of one interface, from `__enter__` to `finish`; a context manager, used once.

    Args:
        interface: a name, or `any`.
        ports: TCP and UDP ports of interest; none means all traffic.
        path: where to write pcapng: a path, a binary stream (left open), or None.
        engine: one of `engine.KINDS`, or an engine that is open already; it is closed at the end.
        count: end after so many frames.
        duration: end after so many seconds.
        on_frame: called with every frame, in the recording's thread.
        comment: for the section header of the file.
        keep: whether frames are queued for `frames`; without, memory does not grow.
        owner: user and group that new files and folders shall belong to.
        snaplen: bytes to keep of a frame.
        ring_bytes: room for frames not yet read.
        promiscuous: also hear frames for others.
        drain_s: longest wait for connections to come to rest.
        command_line: what the user would type again, for the remedies of a `CaptureError`.
        own_traffic: whether that command also starts the programs it captures.
        moving: tells what has not come to rest, where that is not for the calling thread's network to say (`quiet`).

    """

    def __init__(  # noqa: PLR0913 - the options of a capture; all but one have a default
        self,
        interface: str = "lo",
        *,
        ports: Collection[int] = (),
        path: str | os.PathLike[str] | BinaryIO | None = None,
        engine: str | Engine = "auto",
        count: int | None = None,
        duration: float | None = None,
        on_frame: Callable[[Frame], None] | None = None,
        comment: str = "",
        keep: bool = True,
        owner: tuple[int, int] | None = None,
        snaplen: int = DEFAULT_SNAPLEN,
        ring_bytes: int = DEFAULT_RING_BYTES,
        promiscuous: bool = False,
        drain_s: float = 2.0,
        command_line: str = "inspector",
        own_traffic: bool = False,
        moving: Callable[[], list[str] | None] | None = None,
    ) -> None:
        self.interface = interface
        self.ended_by: str = ""
        """Why it ended: `count`, `duration`, `stopped`, `finished`, or the engine's reason."""
        self.undrained: str = ""
        """What was still under way when the capture was ended; empty if nothing was, or nobody waited."""
        self._kind = engine
        self._open_arguments: dict[str, Any] = {
            "ports": frozenset(ports),
            "snaplen": snaplen,
            "ring_bytes": ring_bytes,
            "promiscuous": promiscuous,
            "command_line": command_line,
            "own_traffic": own_traffic,
        }
        self._moving = moving or partial(quiet.moving, frozenset(ports))
        self._path = path
        self._head: dict[str, Any] = {"owner": owner, "snaplen": snaplen, "interface": interface, "comment": comment}
        self._duration, self._drain_s = duration, drain_s
        self._deadline: float | None = None
        self._sink = Sink(on_frame=on_frame, keep=keep, count=count)
        self._stack = ExitStack()
        self._stop_asked = False
        self._failure: BaseException | None = None
        self._ended = threading.Event()
        self._turn = threading.Condition()
        self._statistics = Statistics(0, 0)
        self._drained = False
        """Whether it is proved that the ring holds nothing more."""
        self._finished = False

    def __enter__(self) -> Self:
        """Open, start and prove it.

        Raises:
            CaptureError: if frames cannot be captured, or none comes through.
            CaptureFileError: if the file cannot be written.

        """
        try:
            self._engine = self._opened()
            self._stack.callback(self._engine.close)
            self._stack.callback(self._sink.close)
            if self._path is not None:
                self._sink.open_file(self._path, link_type=self._engine.link_type, **self._head)
            self._thread = threading.Thread(target=self._run, name=f"capture {self.interface}", daemon=True)
            self._thread.start()
            self._stack.callback(self._thread.join)
            self._stack.callback(self.stop)
            self._prove_armed()
        except BaseException:
            self._stack.close()
            raise
        if self._duration is not None:
            self._deadline = time.monotonic() + self._duration
            self._engine.wake()
        return self

    def _opened(self) -> Engine:
        if isinstance(self._kind, str):
            return open_engine(self.interface, kind=self._kind, **self._open_arguments)
        return self._kind

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """`finish`, without waiting for connections that an exception has left open."""
        self.finish(drain=kind is None)

    def _prove_armed(self) -> None:
        armed = self._marks_pass(_ARMING_S)
        self._raise_failure()
        if not armed and not self._ended.is_set():  # else it ended in the meantime, and was armed for that
            raise CaptureError(
                said(
                    "the capture on {interface} does not see our own datagram within {patience:.0f} s",
                    interface=self.interface,
                    patience=_ARMING_S,
                ),
                remedies=(
                    said("look for a packet filter on loopback: nft list ruleset"),
                    said("choose the other engine"),
                ),
            )

    def finish(self, *, drain: bool = True) -> None:
        """End the recording, by default once nothing is under way any more; harmless when repeated.

        Raises:
            CaptureFileError: if the file could not be written to its end.

        """
        if self._finished:
            return
        self._finished = True
        try:
            if drain and not self._ended.is_set() and not self._stop_asked:
                self._drain()
            self._stop("finished")
            self._thread.join()
        finally:
            self._stack.close()
        self._raise_failure()

    def stop(self) -> None:
        """End the recording soon, and return at once. Safe in a signal handler and in any thread."""
        self._stop("stopped")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the recording has ended by itself, by `stop` or by an interface that went; whether it has."""
        return self._ended.wait(timeout)

    def frames(self) -> Iterator[Frame]:
        """Frames as they come, from the first one on, until the recording ends. For one reader; needs `keep`."""
        queue = self._sink.queue
        if queue is None:
            raise TypeError("this recording keeps no frames: it was made with keep=False")
        while (frame := queue.get()) is not None:
            yield frame
        queue.put(None)

    @property
    def link_type(self) -> int:
        """LINKTYPE_ number of the frames, once entered."""
        return self._engine.link_type

    @property
    def statistics(self) -> Statistics:
        """What was recorded and lost: so far, and for good after `finish`."""
        if self._ended.is_set():
            return self._statistics
        engine = self._engine.statistics()
        return Statistics(self._sink.taken, engine.dropped, engine.duplicates)

    def _stop(self, reason: str) -> None:
        if not self._stop_asked and not self.ended_by:
            self.ended_by = reason
        self._stop_asked = True
        if hasattr(self, "_engine"):  # a signal may come before `__enter__`
            self._engine.wake()

    # What follows until `_drain` runs in the recording's thread.

    def _run(self) -> None:
        try:
            self._read_to_the_end()
        except BaseException as failure:  # noqa: BLE001 - raised again by `finish`, in the caller's thread
            self._failure = failure
        engine = self._engine.statistics()
        self._statistics = Statistics(self._sink.taken, engine.dropped, engine.duplicates)
        try:
            if self._failure is None:
                self._sink.settle(self._statistics)
            self._sink.close()
        except (CaptureFileError, BrokenPipeError) as failure:
            self._failure = self._failure or failure
        self._ended.set()
        with self._turn:
            self._turn.notify_all()

    def _read_to_the_end(self) -> None:
        while not self._stop_asked:
            patience = 1.0 if self._deadline is None else self._deadline - time.monotonic()
            if patience <= 0:
                self.ended_by = "duration"
                break
            batch = self._engine.read(min(patience, 1.0))
            if not self._sink.take(batch):
                self.ended_by = "count"
                return
            with self._turn:
                self._turn.notify_all()
            if self._engine.ended:
                self.ended_by = self._engine.ended
                return
        if not self._drained:
            self._last_look(time.time_ns())

    def _last_look(self, until_ns: int) -> None:
        """Take what the ring already holds, and nothing that was captured after the end was decided."""
        while not self._engine.ended and (batch := self._engine.read(_LAST_LOOK_S)):
            if not self._sink.take([frame for frame in batch if frame.time_ns <= until_ns]):
                return
            if batch[-1].time_ns > until_ns:
                return

    # And this in the caller's.

    def _drain(self) -> None:
        deadline = time.monotonic() + self._drain_s
        while (open_ := self._moving()) and not self._ended.is_set():
            if time.monotonic() > deadline:
                self.undrained = said_n(
                    "{n} socket did not come to rest in {patience:g} s (port {ports})",
                    "{n} sockets did not come to rest in {patience:g} s (port {ports})",
                    len(open_), patience=self._drain_s, ports=joined(sorted(set(open_))[:3]),
                )  # fmt: skip
                break
            self._ended.wait(_PACE_S)
        passed = self._marks_pass(self._drain_s)
        marker = self._engine.marker
        self._drained = passed and marker is not None and marker.everywhere and self.interface != "any"
        if not passed and not self._ended.is_set():
            self.undrained = self.undrained or said(
                "our own last datagram did not come through in {patience:g} s", patience=self._drain_s
            )

    def _marks_pass(self, patience: float) -> bool:
        """Whether a mark from each processor came through; sent again where one may have been dropped."""
        marker = self._engine.marker
        if marker is None:
            return True
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and not self._ended.is_set():
            wanted = marker.send()
            with self._turn:
                self._turn.wait_for(lambda: wanted <= marker.seen or self._ended.is_set(), _AGAIN_S)  # noqa: B023 - called here
            if wanted <= marker.seen:
                return True
        return False

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if isinstance(failure, BrokenPipeError):
            self.ended_by = said("the reader of the output went away")
        elif failure is not None:
            raise failure
