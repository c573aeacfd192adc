"""What a capture shows frame by frame is added up alike in both speeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.columns import to_columns
from inspector.compiled import compiled
from inspector.wire.batch import Batch
from inspector.wire.frame import FrameRef
from inspector.wire.reader import open_capture
from inspector.wire.row import NO_TIME, Checksum, Row
from inspector.wire.survey import Survey, Totals, add_up
from inspector.wire.undecoded import is_fault, undecoded_of

if TYPE_CHECKING:
    from pathlib import Path

ROWS = st.builds(
    Row,
    time_ns=st.sampled_from([NO_TIME, 0, 5, 7, 9]),
    undecoded=st.sampled_from([0, 0, 3, 128]),
    checksum_verdict=st.sampled_from(list(Checksum.members().values())),
)
REFS = st.builds(FrameRef, captured_len=st.integers(0, 2), wire_len=st.integers(0, 2))


def test_a_frame_is_counted_under_what_it_shows() -> None:
    rows = [Row(time_ns=5), Row(time_ns=4, undecoded=3), Row(checksum_verdict=Checksum.WRONG), Row(time_ns=6)]
    refs = [FrameRef(), FrameRef(captured_len=1, wire_len=2), FrameRef(), FrameRef()]
    sums = [Totals()]

    assert add_up(rows, refs, len(rows), sums) == 1
    assert sums == [Totals(truncated=1, undecoded=1, steps_back=1, latest_ns=6, wrong=1)]


@given(st.lists(st.tuples(ROWS, REFS), max_size=30))
def test_both_speeds_add_up_alike(frames: list[tuple[Row, FrameRef]]) -> None:
    rows, refs = [row for row, _ in frames], [ref for _, ref in frames]
    plain, columns = [Totals()], to_columns(Totals, [Totals()], 1)

    undecoded = add_up(rows, refs, len(rows), plain)

    as_columns = to_columns(Row, rows, len(rows)), to_columns(FrameRef, refs, len(refs))
    assert compiled(add_up)(*as_columns, len(rows), columns) == undecoded
    assert Totals(*columns[0].item()) == plain[0]


@given(st.lists(st.tuples(ROWS, REFS), min_size=3, max_size=30))
def test_a_survey_takes_both_forms_in_any_order(frames: list[tuple[Row, FrameRef]]) -> None:
    rows, refs = [row for row, _ in frames], [ref for _, ref in frames]
    third = len(rows) // 3
    mixed, plain = Survey(), Survey()
    plain.feed(batch_of(rows, refs, columnar=False))

    for part, columnar in ((slice(third), False), (slice(third, 2 * third), True), (slice(2 * third, None), False)):
        mixed.feed(batch_of(rows[part], refs[part], columnar=columnar))

    assert (mixed.totals, mixed.frames, mixed.faults) == (plain.totals, plain.frames, plain.faults)


def batch_of(rows: list[Row], refs: list[FrameRef], *, columnar: bool) -> Batch:
    count = len(rows)
    if columnar:
        return Batch(
            None,
            bytearray(),
            to_columns(FrameRef, refs, count),
            to_columns(Row, rows, count),
            count=count,
            columnar=True,
        )
    return Batch(None, bytearray(), refs, rows, count=count, columnar=False)


@pytest.mark.parametrize("plain_frames", [0, 3, 10_000])
@pytest.mark.parametrize("name", ["udp-multicast", "udp-oversize", "udp-unreachable", "tcp-hello"])
def test_frames_that_were_not_decoded_are_counted_by_their_reasons(
    captures: Path, name: str, plain_frames: int
) -> None:
    found = sorted(captures.glob(f"{name}/*.pcapng"))
    survey, faults, passed_over = Survey(), 0, 0
    for path in found:
        with open_capture(path, plain_frames=plain_frames) as reader:
            for batch in reader:
                survey.feed(batch)
                reasons = [undecoded_of(row) for row in batch if row.undecoded]
                codes = [row.undecoded for row in batch if row.undecoded]
                assert None not in reasons
                faults += sum(is_fault(code) for code in codes)
                passed_over += sum(not is_fault(code) for code in codes)

    assert (survey.faults.total(), survey.passed_over.total()) == (faults, passed_over)
    assert survey.totals.undecoded == faults + passed_over
