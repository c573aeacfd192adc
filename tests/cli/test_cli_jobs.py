"""Several captures at once: the same words as one after the other, and no process left behind."""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from inspector.cli.jobs import Told, told_of
from inspector.cli.progress import Progress
from inspector.cli.streams import streams_of
from tests.cli.command import CAPTURES, PATIENCE_S, Done, inspector, shipped, start

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

OWN = sorted(CAPTURES.glob("*/*.pcapng"))

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.mark.slow
@pytest.mark.parametrize("form", [(), ("--json",), ("--max", "0", "-v")], ids=["text", "JSON", "tables"])
def test_workers_and_a_single_process_say_the_same(form: tuple[str, ...]) -> None:
    alone, shared = (inspector("replay", *form, "--jobs", str(jobs), *OWN) for jobs in (1, 3))

    assert shared == alone
    assert len(alone.out) > 1000 * len(OWN) / 2


@pytest.mark.slow
def test_over_the_corpus_too_with_what_cannot_be_read(corpus: Path) -> None:
    files = [path for path in sorted(corpus.rglob("*")) if path.is_file()][::3]
    alone, shared = (inspector("replay", "--max", "1", "--jobs", str(jobs), *files) for jobs in (1, 3))

    assert shared == alone
    assert alone.code == 3


def test_answers_and_errors_come_in_the_given_order(tmp_path: Path) -> None:
    files: list[str | Path] = [shipped("tcp-multi"), "absent.pcap", shipped("refused"), "/", shipped("tcp-hello")]
    done = inspector("replay", "--jobs", "2", *files, cwd=tmp_path)

    assert done.code == 3
    assert [done.out.index(str(file)) for file in files[::2]] == sorted(done.out.index(str(f)) for f in files[::2])
    assert [line for line in done.err.splitlines() if line.startswith("inspector: ")] == [
        "inspector: absent.pcap: cannot be opened: No such file or directory",
        "inspector: /: expected a capture file, found a folder",
    ]


def test_standard_input_may_be_among_them() -> None:
    data = shipped("refused").read_bytes()
    done = inspector("replay", "--jobs", "2", shipped("tcp-hello"), "-", stdin=data)

    assert (done.code, done.err) == (0, "")
    assert done == inspector("replay", "--jobs", "1", shipped("tcp-hello"), "-", stdin=data)


def test_only_one_can_read_standard_input() -> None:
    """Whoever comes second finds it empty, whatever the number of jobs."""
    done = inspector("replay", "--jobs", "2", "-", "-", stdin=shipped("refused").read_bytes())

    assert done.code == 3
    assert done.out.startswith("-\n")


# ------------------------------------------------------------------- processes


def children_of(process: int) -> set[int]:
    listed = Path(f"/proc/{process}/task/{process}/children")
    return {int(word) for word in listed.read_text().split()}


def is_running(process: int) -> bool:
    with suppress(OSError, IndexError):
        return Path(f"/proc/{process}/stat").read_text().rsplit(") ")[1][0] not in "ZX"
    return False


def until(what: str, is_so: object) -> None:
    end = monotonic() + PATIENCE_S
    while not is_so():  # type: ignore[operator]
        assert monotonic() < end, f"waited in vain: {what}"
        sleep(0.01)


def waits_for_a_writer(process: int) -> bool:
    """Whether a process sleeps in opening or reading a pipe."""
    with suppress(OSError):
        return any(word in Path(f"/proc/{process}/wchan").read_text() for word in ("fifo", "wait_for_partner", "pipe"))
    return False


@contextmanager
def stuck(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], set[int]]]:
    """`inspector` with two workers, each of them at a pipe that nobody writes into, and another capture to come."""
    pipes = [tmp_path / "one.pcap", tmp_path / "other.pcap"]
    for pipe in pipes:
        os.mkfifo(pipe)
    process = start("replay", "--jobs", "2", *pipes, shipped("tcp-hello"), cwd=tmp_path)
    try:
        until("two workers", lambda: len(children_of(process.pid)) == 2)
        workers = children_of(process.pid)
        until("workers at their pipes", lambda: all(waits_for_a_writer(worker) for worker in workers))
        yield process, workers
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> Done:
    out, err = process.communicate(timeout=PATIENCE_S)
    return Done(process.returncode, out, err)


def test_a_worker_that_is_killed_costs_its_capture_and_no_other(tmp_path: Path) -> None:
    with stuck(tmp_path) as (process, workers):
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        done = ended(process)

    assert done.code == 3
    assert "handshake complete" in done.out
    told = "the process that inspected it was killed by signal 9, as the system does where memory runs out"
    assert [line.split(": ", 2)[1:] for line in done.err.splitlines()] == [
        [str(tmp_path / "one.pcap"), f"{told}; --jobs 1 takes the least"],
        [str(tmp_path / "other.pcap"), f"{told}; --jobs 1 takes the least"],
    ]


def test_where_no_process_can_be_started_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    streams = streams_of(["one", "other"], merge=None)
    told = list(told_of(streams, lambda *_: Told("never"), 2, Progress(streams)))

    assert [[refusal.path for refusal in each.refusals] for each in told] == [["one"], ["other"]]
    assert all("no process could be started" in each.refusals[0].reason for each in told)


@pytest.mark.parametrize("fault", [SystemExit(7), MemoryError()], ids=repr)
def test_a_fault_of_ours_in_a_worker_is_not_silent(fault: BaseException, capfd: pytest.CaptureFixture[str]) -> None:
    def work(position: int, _: object) -> Told:
        if position == 0:
            raise fault
        return Told("sound")

    streams = streams_of(["one", "other"], merge=None)
    faulty, sound = told_of(streams, work, 2, Progress(streams))

    assert sound.report == "sound"
    assert faulty.refusals[0].reason == "the process that inspected it ended with exit status 1"
    assert type(fault).__name__ in capfd.readouterr().err


@pytest.mark.parametrize("everybody", [True, False], ids=["as a terminal sends it", "to one process"])
def test_an_interrupt_ends_all_of_them(tmp_path: Path, *, everybody: bool) -> None:
    with stuck(tmp_path) as (process, workers):
        for each in (*(workers if everybody else ()), process.pid):
            os.kill(each, signal.SIGINT)
        done = ended(process)

        assert (done.code, done.err) == (130, "\ninspector: interrupted\n")
        assert not any(is_running(worker) for worker in workers)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_die_with_their_parent_however_it_ends(tmp_path: Path, number: signal.Signals) -> None:
    with stuck(tmp_path) as (process, workers):
        process.send_signal(number)
        process.wait(PATIENCE_S)

        until("no worker left", lambda: not any(is_running(worker) for worker in workers))
