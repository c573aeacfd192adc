"""A capture that is too large to keep against an expected sequence: what is told of it, and what memory follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inspector.choice.comparing import Comparing, is_possible
from inspector.columns import to_columns
from inspector.expect.library import load
from inspector.pipeline import inspect
from inspector.report.inspection import Verdict
from inspector.tcp.held import Held
from inspector.tcp.lifetimes import Limits
from inspector.tcp.records import ConnectionRecord, Trace
from inspector.wire.row import Row
from tests.cli.test_cli_check import written

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.report.inspection import Inspection


def inspected(path: Path, name: str, *, one_is_enough: bool = False) -> Inspection:
    """As `check` does with a capture of more than 200,000 frames; here 30 are many."""
    return inspect(str(path), expected=load(name), keep=30, limits=Limits(), one_is_enough=one_is_enough)


def test_all_are_counted_and_the_nearest_are_kept(tmp_path: Path) -> None:
    found = inspected(written(tmp_path / "c.pcap", 60, wrong=(50,), cut=(7, 20)), "three-way-handshake")
    (sums,) = found.sums
    assert (sums.matched, sums.differing, sums.total, sums.recorded) == (57, 3, 60, 59)
    assert [(each.connection, each.distance) for each in found.comparisons] == [(7, 20), (20, 20), (50, 6)]
    assert [each.number for each in found.connections] == [7, 20, 50]
    assert (found.verdict, found.chosen_of) == (Verdict.DIFFERS, 60)


def test_what_the_record_does_not_tell_is_compared_with_the_segments(tmp_path: Path) -> None:
    found = inspected(written(tmp_path / "c.pcap", 60, cut=(7, 20)), "three-segment-close")
    (sums,) = found.sums
    assert (sums.matched, sums.differing, sums.recorded) == (58, 2, 2)


def test_one_is_enough_in_a_large_capture_too(tmp_path: Path) -> None:
    found = inspected(written(tmp_path / "c.pcap", 60, wrong=(1,), cut=(7,)), "any-close", one_is_enough=True)
    assert found.verdict is Verdict.AS_EXPECTED
    assert found.comparisons[0].matched


def test_a_fault_counts_in_a_large_capture_where_every_connection_has_to_match(tmp_path: Path) -> None:
    found = inspected(written(tmp_path / "c.pcap", 60, wrong=(1,)), "any-close")
    assert (found.sums[0].matched, found.verdict) == (60, Verdict.FINDINGS)


def test_datagrams_are_not_compared_in_passing() -> None:
    assert is_possible(load("tcp-hello"))
    assert not is_possible(load("udp-oneway"))
    assert not is_possible(load("udp-vs-tcp"))
    assert not is_possible(load("tcp-address-in-use"))


def held_of(numbers: list[int], most: int) -> Held:
    held = Held(most)
    rows = [Row(frame=place + 1) for place in range(len(numbers))]
    traces = [Trace(pair=number) for number in numbers]
    held.add(rows, traces, 0, len(rows), 0, [ConnectionRecord(number=number) for number in range(max(numbers) + 1)])
    return held


def test_rows_wait_for_their_connection_and_no_longer() -> None:
    import numpy as np

    held = held_of([1, 2, 1, 3, 2, 1], most=100)
    held.leave(np.array([1, 3]), np.array([], np.int64))
    assert held.of(np.array([1]))["frame"].tolist() == [1, 3, 6]
    assert held.of(np.array([2]))["frame"].tolist() == []
    held.gone(np.array([1, 3]))
    held.leave(np.array([2]), np.array([4]))
    assert held.of(np.array([1, 2]))["frame"].tolist() == [2]


def test_where_too_many_rows_wait_the_longest_connection_is_given_up() -> None:
    import numpy as np

    held = held_of([1] * 50 + [2, 3, 2], most=40)
    assert held.lost == {1}
    held.add([Row(frame=99)], [Trace(pair=0)], 0, 1, 53, [ConnectionRecord(number=1)])
    held.leave(np.array([1, 2]), np.array([], np.int64))
    assert held.of(np.array([1, 2]))["frame"].tolist() == [51, 53]
    held.gone(np.array([1, 2]))
    assert held.lost == set()


@pytest.mark.parametrize(("name", "untold"), [("three-way-handshake", 0), ("any-close", 1)])
def test_what_was_given_up_is_known_by_its_record_or_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, untold: int
) -> None:
    monkeypatch.setattr("inspector.choice.comparing._MOST_HELD", 4)
    path = written(tmp_path / "c.pcap", 1)
    found = inspect(str(path), expected=load(name), keep=3, limits=Limits())
    (sums,) = found.sums
    assert (sums.matched, sums.untold) == (1 - untold, untold)
    assert found.verdict is (Verdict.DIFFERS if untold else Verdict.AS_EXPECTED)


def test_columns_are_held_as_plain_rows_are() -> None:
    import numpy as np

    rows = [Row(frame=place, seq=place * 7, payload_len=place) for place in range(1, 6)]
    traces = [Trace(pair=place % 2, side=place % 2, facts=place) for place in range(5)]
    records = [ConnectionRecord(number=1), ConnectionRecord(number=2)]
    plain, columnar = Held(99), Held(99)
    plain.add(rows, traces, 1, 5, 1, records)
    arrays = (to_columns(Row, rows, 5), to_columns(Trace, [replace(each) for each in traces], 5))
    columnar.add(*arrays, 1, 5, 1, to_columns(ConnectionRecord, records, 2))
    for held in (plain, columnar):
        held.leave(np.array([1, 2]), np.array([], np.int64))
    both = np.array([1, 2])
    assert plain.of(both).tolist() == columnar.of(both).tolist()


def test_nothing_is_compared_where_nothing_is_there() -> None:
    assert Comparing(load("any-close"), one_is_enough=False).result()[2].total == 0
