"""Ctrl-C while the reading ahead of a large capture waits for a pipe."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from scripts.bench_captures import generate
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_a_reader_that_waits_does_not_keep_the_program_from_its_end(tmp_path: Path) -> None:
    capture = tmp_path / "large.pcap"
    generate(capture, "short", 300_000)
    words = [sys.executable, "-m", "inspector", "replay", "-"]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdin
        assert run.stderr
        run.stdin.write(capture.read_bytes())
        run.stdin.flush()
        time.sleep(2)
        run.send_signal(signal.SIGINT)
        try:
            code = run.wait(20)
        finally:
            run.kill()
        said = run.stderr.read().decode()

    assert code == 130
    assert said.splitlines()[-1] == "inspector: interrupted"
