"""Runs that would capture each other wait for each other."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from inspector.capture.turn import turn
from inspector.errors import CaptureError


def test_what_is_held_is_refused_until_it_is_given_back() -> None:
    with turn("port 1"):
        with pytest.raises(CaptureError, match="port 1"), turn("port 1", patience=0):
            pass
        with turn("port 2", patience=0):
            pass
    with turn("port 1", patience=0):
        pass


def test_a_waiting_run_gets_its_turn() -> None:
    entered = threading.Event()
    with turn("port 1"):
        other = threading.Thread(target=lambda: _enter(entered), daemon=True)
        other.start()
        assert not entered.is_set()
    other.join(20)

    assert entered.is_set()


def _enter(entered: threading.Event) -> None:
    with turn("port 1"):
        entered.set()


def test_a_killed_holder_gives_its_turn_back() -> None:
    program = "from inspector.capture.turn import turn\nwith turn('port 1'): print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
        holder.wait()

        with turn("port 1", patience=5):
            pass
