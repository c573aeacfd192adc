"""The page that states the agreement tells the reasons as the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.kernel.reasons import EXPLANATIONS, Reason


@pytest.fixture(scope="module")
def page(root_folder: Path) -> str:
    return (root_folder / "inspector" / "kernel" / "AGREEMENT.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.UNEXPLAINED])
def test_a_reason_stands_there_with_its_words(page: str, reason: Reason) -> None:
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{reason}` |")]

    assert row.endswith(f"| {EXPLANATIONS[reason]} |")


def test_no_difference_is_unexplained(page: str) -> None:
    total = next(line for line in page.splitlines() if line.startswith("all "))

    assert total.split()[-1] == "0"
    assert "no difference is unexplained" in page
