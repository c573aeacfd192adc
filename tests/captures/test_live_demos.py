"""Every demo, run here and now on the real kernel: as expected, and of the shape of its stored capture.

Legal variation is left out of the shape: bare ACKs (the kernel may spare or delay them), whether a close takes three
segments or four, how data are cut into segments, and the order of what runs at once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inspector.demos.catalogue import catalogue

INSPECTOR = Path(sys.executable).with_name("inspector")
ORDERLY = {"three-segment", "four-segment", "simultaneous"}


def connection_shape(connection: dict[str, Any]) -> tuple[Any, ...]:
    ends = connection["ends"]
    close = "orderly" if connection["close"] in ORDERLY else connection["close"]
    carried = [ends[side]["payload_bytes"] for side in ("originator", "responder")]
    final = sorted(ends[side]["state"] for side in ("originator", "responder"))
    closer = next(segment["from"] for segment in connection["segments"] if "FIN" in segment["flags"])
    return (connection["handshake"], close, closer, carried, final)


def exchange_shape(exchange: dict[str, Any]) -> tuple[Any, ...]:
    return (exchange["outcome"], exchange["sent"]["originator"], exchange["sent"]["responder"])


def shape(report: dict[str, Any]) -> list[str]:
    """What must be the same in every run."""
    connections = [connection_shape(each) for each in report["connections"]]
    exchanges = [exchange_shape(each) for each in report["exchanges"]]
    return sorted(map(repr, connections + exchanges))


@pytest.mark.slow
@pytest.mark.parametrize("name", catalogue())
def test_a_demo_run_here_is_as_expected_and_shaped_as_its_capture(name: str, captures: Path, tmp_path: Path) -> None:
    command = [str(INSPECTOR), "demo", name, "--port", "auto", "--json", "-w", str(tmp_path / f"{name}.pcapng")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60)
    if done.returncode == 4:
        pytest.skip(f"nothing may be captured here: {done.stderr.splitlines()[0]}")

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "as-expected"
    assert report["capture"]["dropped"] == 0
    assert shape(report) == shape(json.loads((captures / name / "report.json").read_text("utf-8")))


@pytest.mark.slow
def test_a_socket_connected_to_itself_is_told_as_such_today(captures: Path, tmp_path: Path) -> None:
    path = tmp_path / "again.pcapng"
    done = subprocess.run(
        ["/bin/sh", captures / "self-connect" / "recipe", path], capture_output=True, text=True, check=False
    )
    if done.returncode == 4:
        pytest.skip(f"nothing may be captured here: {done.stderr.splitlines()[0]}")

    assert "handshake simultaneous" in done.stdout
    assert "close     simultaneous" in done.stdout


@pytest.mark.slow
def test_an_icmp_error_of_the_kernel_is_tied_to_its_datagram_today(captures: Path, tmp_path: Path) -> None:
    path = tmp_path / "again.pcapng"
    done = subprocess.run(
        ["/bin/sh", captures / "udp-unreachable" / "recipe", path], capture_output=True, text=True, check=False
    )
    if done.returncode == 4:
        pytest.skip(f"nothing may be captured here: {done.stderr.splitlines()[0]}")

    assert "ICMP type 3 code 3, quotes frame 1" in done.stdout
