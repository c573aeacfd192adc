"""Reading ahead: the same items, one of them in advance and never more, whatever happens on either side."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from inspector import opening
from inspector.ahead import ahead, processors
from inspector.pipeline import inspect
from inspector.report.terminal import render_inspection
from inspector.tcp.lifetimes import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "read ahead"]


def test_the_items_are_the_same_in_the_same_order() -> None:
    assert list(ahead(iter(range(1000)))) == list(range(1000))
    assert list(ahead(iter([]))) == []
    assert threads() == []


def test_one_item_is_made_in_advance_and_no_more() -> None:
    made: list[int] = []
    enough = threading.Event()

    def source() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            if number == 1:
                enough.set()
            yield number

    items = ahead(source())

    assert next(items) == 0
    assert enough.wait(10)
    assert made == [0, 1]
    assert next(items) == 1
    assert next(items) == 2
    assert list(items) == list(range(3, 10))


def test_what_the_source_raises_is_raised_behind_its_items() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    items = ahead(source())

    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)
    assert threads() == []


def test_a_consumer_that_leaves_ends_the_thread() -> None:
    def forever() -> Iterator[int]:
        while True:
            yield 1

    for _ in ahead(forever()):
        break

    for thread in threads():
        thread.join(10)
    assert threads() == []


def test_there_is_at_least_one_processor() -> None:
    assert processors() >= 1


@pytest.mark.parametrize("name", ["tcp-upload", "udp-request", "tcp-multi"])
def test_a_capture_reads_the_same_on_one_processor_and_on_two(
    captures: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = captures / name / f"{name}.pcapng"
    reports = []
    for number in (1, 2):
        monkeypatch.setattr(opening, "processors", lambda number=number: number)
        inspection = inspect(path, keep=0, limits=Limits())
        reports.append(render_inspection(inspection, width=80, colour=False))

    assert reports[0] == reports[1]
