"""What the tests of the command line need of the system: said loudly where it is missing."""

from __future__ import annotations

import sys

import pytest

from inspector.capture.privileges import has_capability


@pytest.fixture(scope="session")
def can_capture() -> None:
    """Skip where live frames cannot be had."""
    if sys.platform != "linux" or not has_capability():
        pytest.skip("needs Linux and CAP_NET_RAW (try: sudo, or unshare --map-root-user --net)")
