"""What the tests of kernel/ need of the system: said loudly where it is missing."""

from __future__ import annotations

import sys

import pytest

from inspector.kernel.trace import can_trace


@pytest.fixture(scope="session")
def tracepoint() -> None:
    """The kernel's tracepoint, which takes root of the system itself."""
    can, why = can_trace()
    if not can:
        pytest.skip(f"needs the tracepoint sock:inet_sock_set_state: {why}")


@pytest.fixture(scope="session")
def linux() -> None:
    """Linux, for its socket tables."""
    if sys.platform != "linux":
        pytest.skip("needs Linux")
