"""Makes `tests.report.stories` importable: test files are found by path and know no neighbours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

sys.path.append(str(Path(__file__).parents[2]))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-report-golden", action="store_true", help="rewrite the golden texts of tests/report/golden"
    )
