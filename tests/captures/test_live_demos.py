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

from inspector.capture.privileges import can_use_namespace, has_capability
from inspector.demos.catalogue import catalogue
from tests.cli.command import PATIENCE_S

INSPECTOR = Path(sys.executable).with_name("inspector")
ORDERLY = {"three-segment", "four-segment", "simultaneous"}


def connection_shape(connection: dict[str, Any]) -> tuple[Any, ...]:
    ends = connection["ends"]
    close = "orderly" if connection["close"] in ORDERLY else connection["close"]
    carried = [ends[side]["payload_bytes"] for side in ("originator", "responder")]
    final = sorted(ends[side]["state"] for side in ("originator", "responder"))
    closers = [segment["from"] for segment in connection["segments"] if "FIN" in segment["flags"]]
    # Whose FIN is the first says nothing where the two cross; and a reset needs none.
    closer = closers[0] if closers and connection["close"] != "simultaneous" else None
    return (connection["handshake"], close, closer, carried, final)


def exchange_shape(exchange: dict[str, Any]) -> tuple[Any, ...]:
    return (exchange["outcome"], exchange["sent"]["originator"], exchange["sent"]["responder"])


def shape(report: dict[str, Any]) -> list[str]:
    """What must be the same in every run."""
    connections = [connection_shape(each) for each in report["connections"]]
    exchanges = [exchange_shape(each) for each in report["exchanges"]]
    return sorted(map(repr, connections + exchanges))


@pytest.fixture(scope="session")
def before() -> list[str]:
    """Words before a command that let it capture: none where we may, else a network of its own."""
    if sys.platform != "linux" or has_capability():
        return []
    works, why = can_use_namespace()
    if not works:
        pytest.skip(f"nothing may be captured here: no CAP_NET_RAW, and no user namespaces: {why}")
    return ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


@pytest.mark.slow
@pytest.mark.parametrize("name", catalogue())
def test_a_demo_run_here_is_as_expected_and_shaped_as_its_capture(
    name: str, captures: Path, tmp_path: Path, before: list[str]
) -> None:
    command = [
        *before,
        str(INSPECTOR),
        "demo",
        name,
        "--port",
        "auto",
        "--json",
        "-w",
        str(tmp_path / f"{name}.pcapng"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=PATIENCE_S)
    if done.returncode == 4:
        pytest.skip(f"nothing may be captured here: {done.stderr.splitlines()[0]}")

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "as-expected"
    assert report["capture"]["dropped"] == 0
    assert shape(report) == shape(json.loads((captures / name / "report.json").read_text("utf-8")))
