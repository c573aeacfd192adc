"""Over every demo there is no difference between our states and the kernel's that is not explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.demos.catalogue import catalogue
from inspector.demos.demo import Demo
from inspector.expect.library import load
from inspector.kernel.agreement import agreements
from inspector.live import record_demo, script_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("tracepoint")]

DEMOS = [demo for demo in catalogue().values() if demo.transport == "tcp"]


@pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.name)
def test_every_difference_is_explained(demo: Demo, tmp_path: Path) -> None:
    inspection = record_demo(
        demo, tmp_path / "x.pcapng", expected=load(demo.expected), link=script_of(demo, ""), kernel=True
    )  # fmt: skip
    assert inspection.kernel is not None
    found = agreements(inspection.connections, inspection.kernel)

    assert inspection.kernel.untraced == ""
    assert inspection.kernel.unlooked == ""
    assert [(each.connection, end.side, end.steps) for each in found for end in each.ends if each.unexplained] == []
    assert not [end for each in found for end in each.ends if end.ambiguous]
    assert all(end.agreed for each in found for end in each.ends if not end.reasons)
