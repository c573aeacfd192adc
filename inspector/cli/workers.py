"""Several captures at once, each in one of a few processes of its own.

Workers are forked, so what is open stays open and who we are stays who we are; they are asked for one capture after
the other, and answer in lines of JSON: how far they are, and what came of it (`jobs.Told`).

Laws:

1. Answers come in the given order, and are those of a single process, letter by letter.
2. No worker outlives us: each is killed when we end, however we end (on Linux by the kernel, should we be killed).
3. A worker that dies costs the capture that it was at: an error that says so, and the others are read.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn

from inspector.capture.namespaces import die_with_parent
from inspector.cli.jobs import Refusal, Told
from inspector.cli.output import tell_slow_start
from inspector.cli.progress import REFRESHED_S
from inspector.compiled import tell_when_compiling
from inspector.errors import system_words
from inspector.language import marked, shown

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from inspector.cli.jobs import Work
    from inspector.cli.progress import Progress

__all__ = ["in_workers"]

_READ_AT_ONCE = 1 << 16


def in_workers(
    names: Sequence[str], work: Work, progress: Progress, jobs: int, order: Sequence[int]
) -> Generator[Told]:
    """What came of each capture, in their order: `work` at them in `jobs` processes, begun in `order`."""
    office = _Office(names, work, progress, order)
    try:
        for _ in range(min(jobs, len(names))):
            office.hire_if_possible()
        for position in range(len(names)):
            while position not in office.done:
                office.listen()
            yield office.done.pop(position)
    finally:
        office.dismiss()


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, as we see it."""

    pid: int
    orders: int
    answers: int
    position: int = -1
    heard: bytearray = field(default_factory=bytearray)
    """The beginning of something that it says."""


class _Office:
    """Who works at what."""

    def __init__(self, names: Sequence[str], work: Work, progress: Progress, order: Sequence[int]) -> None:
        self.done: dict[int, Told] = {}
        self._names = names
        self._work = work
        self._progress = progress
        self._ahead = list(reversed(order))
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()

    def hire_if_possible(self) -> None:
        """Fork a worker; where the system gives none, those that there are do it all, and if none is there, nobody."""
        try:
            self._hire()
        except OSError as error:
            words = marked("no process could be started to inspect it ({reason}); --jobs 1 needs none")
            why = shown(words, reason=system_words(error))
            while self._ahead and not self._workers:
                position = self._ahead.pop()
                self.done[position] = Told(refusals=(Refusal(self._names[position], why, None, ()),))

    def _hire(self) -> None:
        orders, answers = os.pipe(), os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        pid = os.fork()
        if not pid:
            for descriptor in (
                orders[1],
                answers[0],
                *(fd for each in self._workers for fd in (each.orders, each.answers)),
            ):
                os.close(descriptor)
            _serve(parent, orders[0], answers[1], self._work, hears=self._progress.wanted)
        os.close(orders[0])
        os.close(answers[1])
        worker = _Worker(pid, orders[1], answers[0])
        self._workers.append(worker)
        self._selector.register(worker.answers, selectors.EVENT_READ, worker)
        self._send_on(worker)

    def _send_on(self, worker: _Worker) -> None:
        worker.position = self._ahead.pop() if self._ahead else -1
        if worker.position >= 0:
            with suppress(BrokenPipeError):  # it has died, which its answers will tell
                os.write(worker.orders, b"%d\n" % worker.position)

    def listen(self) -> None:
        """Wait until somebody says something."""
        for key, _ in self._selector.select():
            worker: _Worker = key.data
            data = os.read(worker.answers, _READ_AT_ONCE)
            if not data:
                self._bury(worker)
                continue
            worker.heard += data
            if b"\n" in data:
                *lines, worker.heard = worker.heard.split(b"\n")
                for line in lines:
                    self._take(worker, json.loads(line))

    def _take(self, worker: _Worker, said: dict[str, Any]) -> None:
        if "read" in said:
            self._progress.hear(worker.position, *said["read"])
        elif "told" in said:
            refusals = tuple(Refusal(*each) for each in said["told"].pop("refusals"))
            self._finish(worker, Told(**said["told"], refusals=refusals))
            self._send_on(worker)
        else:
            tell_slow_start()

    def _finish(self, worker: _Worker, told: Told) -> None:
        self.done[worker.position] = told
        self._progress.finish(worker.position)

    def _bury(self, worker: _Worker) -> None:
        """A worker has died: what it was at is not to be had, and somebody takes its place."""
        status = self._let_go(worker)
        if worker.position >= 0:
            name = self._names[worker.position]
            self._finish(worker, Told(refusals=(Refusal(name, _how_it_died(status), None, ()),)))
        if self._ahead:
            self.hire_if_possible()

    def _let_go(self, worker: _Worker) -> int:
        self._workers.remove(worker)
        self._selector.unregister(worker.answers)
        os.close(worker.orders)
        os.close(worker.answers)
        return os.waitpid(worker.pid, 0)[1]

    def dismiss(self) -> None:
        """End all of them; they have nothing to lose."""
        for worker in self._workers.copy():
            os.kill(worker.pid, signal.SIGKILL)
            self._let_go(worker)
        self._selector.close()


def _how_it_died(status: int) -> str:
    if not os.WIFSIGNALED(status):
        words = marked("the process that inspected it ended with exit status {status}")
        return shown(words, status=os.waitstatus_to_exitcode(status))
    number = os.WTERMSIG(status)
    words = marked("the process that inspected it was killed by signal {number}")
    if number == signal.SIGKILL:
        words = marked(
            "the process that inspected it was killed by signal {number}, as the system does where memory runs out;"
            " --jobs 1 takes the least"
        )
    return shown(words, number=number)


def _serve(parent: int, orders: int, answers: int, work: Work, *, hears: bool) -> NoReturn:
    """A worker's life; it never returns into the code that forked it."""
    try:
        # Ctrl-C reaches every process of the terminal, and what it means is the parent's to say. No SIG_IGN, which
        # programs that we start would inherit.
        signal.signal(signal.SIGINT, lambda *_: None)
        die_with_parent()
        # Whom would it serve? The parent may have ended before it was asked that we die with it.
        if os.getppid() == parent:
            _work_on(orders, answers, work, hears=hears)
        os._exit(0)
    except BaseException:  # noqa: BLE001 - whatever it is, it must not go up into the parent's code
        from traceback import print_exc

        print_exc()
        os._exit(1)


def _work_on(orders: int, answers: int, work: Work, *, hears: bool) -> None:
    with os.fdopen(orders) as positions, os.fdopen(answers, "wb") as stream:

        def say(**said: Any) -> None:
            stream.write(json.dumps(said).encode() + b"\n")
            stream.flush()

        latest = monotonic()

        def hear(frames: int, taken: int) -> None:
            nonlocal latest
            if monotonic() - latest >= REFRESHED_S:
                latest = monotonic()
                say(read=(frames, taken))

        tell_when_compiling(lambda: say(compiling=True))
        for position in iter(positions.readline, ""):
            say(told=work(int(position), hear if hears else None)._asdict())
