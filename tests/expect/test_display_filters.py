"""Every display filter is one for tshark, and shows the frame that is meant."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from inspector.expect.model import Kind
from tests.expect.seeding import case, exact_case, faults_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.expect.seeding import Case


def _shown(tshark: str, capture: Path, display_filter: str) -> list[int]:
    command = [tshark, "-n", "-r", str(capture), "-Y", display_filter, "-T", "fields", "-e", "frame.number"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(line) for line in done.stdout.split()]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tcp-hello", "udp-unreachable"])
def test_filters_show_what_they_are_about(name: str, tshark: str, tmp_path: Path) -> None:
    one: Case = exact_case(name, strict=True) if name.startswith("tcp") else case(name)
    kinds = set()
    capture = tmp_path / "faulty.pcapng"
    for fault in faults_of(one, "filters", 60):
        tape = fault.do(one.tape)
        for difference in [each for judged in one.judge(tape) for each in judged.told.differences]:
            if (difference.kind, difference.field) in kinds:
                continue
            kinds.add((difference.kind, difference.field))
            capture.write_bytes(tape.bytes)
            shown = _shown(tshark, capture, difference.display_filter)
            if difference.kind is Kind.SWAPPED:
                assert len(shown) == 2
                assert difference.frame in shown
            elif difference.frame is not None:
                assert shown == [difference.frame]
            else:
                assert difference.kind is Kind.MISSING

    assert {kind for kind, _ in kinds} >= {Kind.CHANGED, Kind.MISSING}
