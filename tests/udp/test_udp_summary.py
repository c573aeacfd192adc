"""The exchanges of a capture that is too large to keep are counted, each of them, and the first are listed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from inspector.pipeline import inspect
from inspector.report.terminal import render_inspection
from inspector.tcp.lifetimes import Limits
from inspector.udp.summary import sum_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["udp-duplex", "udp-request", "udp-unreachable", "udp-lost", "tcp-hello"])
def test_a_sum_has_every_exchange(captures: Path, name: str) -> None:
    path = captures / name / f"{name}.pcapng"
    whole, summed = inspect(path), inspect(path, keep=0, limits=Limits())

    assert summed.exchange_sum is not None
    assert summed.exchange_sum.outcomes == Counter(each.outcome for each in whole.exchanges)
    assert summed.exchange_sum.exchanges == len(whole.exchanges) == len(summed.exchanges)
    assert (summed.verdict, summed.exchange_outcomes) == (whole.verdict, whole.exchange_outcomes)


def test_more_than_are_listed_are_counted(captures: Path) -> None:
    whole = inspect(captures / "udp-request" / "udp-request.pcapng")
    told = sum_of(whole.exchanges * 5, most=3)

    assert [each.number for each in told.first] == [each.number for each in (whole.exchanges * 5)[:3]]
    assert told.exchanges == 5 * len(whole.exchanges)


def test_the_report_counts_those_that_it_does_not_list(captures: Path) -> None:
    path = captures / "udp-request" / "udp-request.pcapng"
    text = render_inspection(inspect(path, keep=0, limits=Limits()), width=80, colour=False)

    number = len(inspect(path).exchanges)
    assert "\nexchanges  " in text
    assert f"{number} UDP exchanges" in text
