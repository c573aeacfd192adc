"""A Python that has loaded the command and forks for each call: most of what a call costs is the loading.

Run as a program, this is that Python; imported, it asks it. A call is a process of its own all the same, with its own
words, folder, environment and streams, and ends as any program does. It does not prove that the command starts from
nothing, nor what Python itself reads in its environment: `tests/cli/command.py` says who is started afresh.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import inspector

_OF_OTHERS = ("difflib", "numpy", "platformdirs", "rich.align", "rich.console", "rich.progress", "rich.text", "tomllib")
"""Loaded beside all of ours. Not numba, for it starts threads, which a fork does not have."""

_ROOT = Path(__file__).resolve().parents[2]
_MOST = 1 << 20
"""Bytes of a request."""


class Call:
    """A command that was begun. Its streams are pipes."""

    def __init__(self, words: list[str], cwd: Path, environment: dict[str, str]) -> None:
        inward, outward, errors = os.pipe(), os.pipe(), os.pipe()
        given = (inward[0], outward[1], errors[1])
        self._streams = (inward[1], outward[0], errors[0])
        self._answers, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = json.dumps({"words": words, "cwd": str(cwd), "environment": environment}).encode()
        socket.send_fds(_asked(environment), [request], [*given, asked.fileno()])
        asked.close()
        for descriptor in given:
            os.close(descriptor)
        self.pid = int(self._answers.recv(_MOST))

    def communicate(self, stdin: bytes, patience_s: float) -> tuple[int, bytes, bytes]:
        """Exit code, output and errors. Raises subprocess.TimeoutExpired."""
        inward, outward, errors = self._streams
        with self._answers, ThreadPoolExecutor(3) as threads:
            threads.submit(_write, inward, stdin)
            out, err = (threads.submit(_read, descriptor) for descriptor in (outward, errors))
            self._answers.settimeout(patience_s)
            try:
                code = int(self._answers.recv(_MOST))
            except TimeoutError:
                os.kill(self.pid, 9)
                raise subprocess.TimeoutExpired("inspector", patience_s) from None
            return code, out.result(), err.result()


def _write(descriptor: int, content: bytes) -> None:
    with suppress(BrokenPipeError), open(descriptor, "wb") as stream:
        stream.write(content)


def _read(descriptor: int) -> bytes:
    with open(descriptor, "rb") as stream:
        return stream.read()


_python: list[socket.socket] = []
"""Where the loaded Python is asked; it ends when we do."""


def _asked(environment: dict[str, str]) -> socket.socket:
    if not _python:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            process = subprocess.Popen(
                [sys.executable, __file__, str(its.fileno())],
                cwd=_ROOT,
                env={**environment, "PYTHONPATH": str(_ROOT), "OPENBLAS_NUM_THREADS": "1"},
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        atexit.register(process.wait)
        atexit.register(ours.close)  # comes first, and ends it
        _python.append(ours)
    return _python[0]


def _serve(requests: socket.socket) -> None:
    """Fork for each request; returns in the child, which is to go on as the command."""
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, _MOST, 4)
        if not request:
            sys.exit()
        pid = os.fork()
        if pid == 0:
            requests.close()
            _become(json.loads(request), descriptors)
            return
        answers = socket.socket(fileno=descriptors.pop())
        for descriptor in descriptors:
            os.close(descriptor)
        with answers, suppress(BrokenPipeError):
            answers.send(b"%d" % pid)
            answers.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _become(request: dict[str, Any], descriptors: list[int]) -> None:
    """Take the streams, folder, environment and words of a call."""
    *streams, answers = descriptors
    os.close(answers)
    for standard, descriptor in enumerate(streams):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = request["words"]


if __name__ == "__main__":
    ours = (module.name for module in walk_packages(inspector.__path__, "inspector.") if "__main__" not in module.name)
    for name in (*ours, *_OF_OTHERS):
        import_module(name)
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    import_module("inspector.cli.main").main()
