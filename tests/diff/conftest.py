"""What the tests of diff/ need of the system."""

from __future__ import annotations

from tests.capture.conftest import own_network as own_network  # noqa: PLC0414 - a fixture of theirs is ours too
