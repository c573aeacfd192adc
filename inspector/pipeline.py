"""The main job on one page: decode, track, compare.

    frames -> wire (rows) -> tcp, udp (connections, exchanges) -> expect (comparisons) -> Inspection

`inspect` takes any capture through it: a file, a pipe, or what a demo has just left on the wire. A live run
is a recording (`live`) that is then inspected like every other file, so there is one path and it is always the same.

Not here: how frames are obtained (`live`, `capture/`), what a report looks like (`report/`), and anything that
prints, exits or reads the environment (`cli/`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from inspector.errors import CaptureFileError
from inspector.expect.comparison import compare_all
from inspector.report.artefacts import Artefacts
from inspector.report.inspection import CaptureSummary, Inspection, Message, Verdict
from inspector.tcp.tracker import Tracker
from inspector.udp.tracker import ExchangeTracker
from inspector.wire.reader import open_capture
from inspector.wire.undecoded import is_fault, undecoded_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from inspector.choice.choosing import Choice
    from inspector.expect import notation
    from inspector.kernel.model import Testimony
    from inspector.tcp.lifetimes import Limits
    from inspector.tcp.model import Connection
    from inspector.wire.batch import Batch
    from inspector.wire.reader import CaptureReader

__all__ = ["KEEP_SEGMENTS", "Take", "inspect", "inspect_chosen", "verdict_of"]

KEEP_SEGMENTS = 200_000
"""Frames up to which all rows are kept for display; beyond, connections have outcomes and no segments."""

_PAYLOAD_SHOWN = 2048
"""Bytes of each payload kept for display."""
_PAYLOADS_SHOWN = 5000
_COMMENTS_SHOWN = 5000


@dataclass(slots=True)
class _Counts:
    """What was lost or could not be read, counted batch by batch."""

    undecoded: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)
    truncated: int = 0


@dataclass(frozen=True, slots=True)
class Take:
    """What a live run knows of its capture beside the file."""

    title: str = ""
    source: str = ""
    saved_to: str = ""
    frames: int = 0
    """Captured, as the capture itself counted them."""
    dropped: int | None = None
    duplicates: int = 0
    messages: tuple[Message, ...] = ()
    lesson: tuple[str, ...] = ()
    undrained: str = ""
    kernel: Testimony | None = None
    """What the kernel said of its sockets meanwhile, if it was asked."""


def inspect(  # noqa: PLR0913 - what a command line may ask for
    source: str | Path | BinaryIO,
    *,
    name: str = "",
    expected: notation.Sequence | None = None,
    keep: int | None = KEEP_SEGMENTS,
    limits: Limits | None = None,
    take: Take | None = None,
    verify: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Inspection:
    """Read a capture to its end and judge it.

    `source` and `name` are `wire.open_capture`'s. `keep` is the number of frames up to which rows are kept (None:
    always). Beyond, with `limits`, connections are let go of when their time is over, and there is a summary in place
    of them. `verify` has checksums verified; `progress` hears the number of frames read. Raises CaptureFileError.
    """
    take = take or Take()
    limits = limits if keep is not None else None
    tracker = Tracker(limits=limits, limited_from=keep or 0)
    exchanges, counts = ExchangeTracker(), _Counts()
    payloads: dict[int, bytes] = {}
    comments: dict[int, tuple[str, ...]] = {}
    keeping = True
    artefacts = Artefacts()
    with _open(source, name, verify=verify) as reader:
        for batch in reader:
            tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
            exchanges.feed(batch.rows, batch.count, columnar=batch.columnar)
            _count(batch, counts)
            artefacts.feed(batch)
            if keeping and keep is not None and reader.frames > keep:
                keeping = False
                tracker.stop_keeping()
                exchanges.stop_keeping()
            if keeping and len(payloads) < _PAYLOADS_SHOWN:
                payloads.update(_payloads(batch))
            if keeping and not batch.columnar and len(comments) < _COMMENTS_SHOWN:
                comments.update(_comments(batch))
            if progress:
                progress(reader.frames)
    summary = tracker.summary() if limits is not None and not keeping else None
    connections = () if summary else tuple(tracker.connections())
    conversations = tuple(exchanges.exchanges())
    inspection = Inspection(
        source=take.source or reader.name,
        capture=_summary(reader, counts, take, tracker.duplicates + exchanges.duplicates, artefacts.told(connections)),
        connections=connections,
        exchanges=conversations,
        comparisons=compare_all(expected, connections, conversations) if expected else (),
        verdict=Verdict.NOTHING,
        summary=summary,
        title=take.title,
        saved_to=take.saved_to,
        messages=take.messages,
        payloads=payloads,
        comments=comments,
        lesson=take.lesson,
        kernel=take.kernel,
    )
    return replace(inspection, verdict=verdict_of(inspection))


def inspect_chosen(  # noqa: PLR0913 - as above
    source: str | Path | BinaryIO,
    choice: Choice,
    *,
    name: str = "",
    limits: Limits | None = None,
    verify: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Inspection:
    """Read a capture of any size to its end, and judge the connections of `choice` alone.

    They have the numbers that `inspect` with the same `limits` gives them. The verdict is theirs, the losses are the
    whole capture's. Raises CaptureFileError, and NoSuchConnection.
    """
    tracker = Tracker(keep=False, limits=limits, limited_from=KEEP_SEGMENTS, watch=choice.watch)
    exchanges, counts = ExchangeTracker(keep=False), _Counts()
    with _open(source, name, verify=verify) as reader:
        for batch in reader:
            tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
            exchanges.feed(batch.rows, batch.count, columnar=batch.columnar)
            _count(batch, counts)
            choice.take(batch, reader)
            if progress:
                progress(reader.frames)
    connections = choice.close()
    if reader.frames > KEEP_SEGMENTS:
        # Connections are let go of by then: nobody knows whether another one had the same endpoints.
        connections = tuple(replace(each, is_alone=False) for each in connections)
    inspection = Inspection(
        source=reader.name,
        capture=_summary(reader, counts, Take(), tracker.duplicates + exchanges.duplicates, choice.left_out),
        connections=connections,
        exchanges=(),
        comparisons=(),
        verdict=Verdict.NOTHING,
        saved_to=choice.saved_to,
        payloads=choice.payloads,
        comments=choice.comments,
        chosen_of=choice.watch.seen,
    )
    return replace(inspection, verdict=verdict_of(inspection))


def _open(source: str | Path | BinaryIO, name: str, *, verify: bool) -> CaptureReader:
    """A reader of the capture: our own, or for a foreign format one of what `editcap` makes of it."""
    try:
        return open_capture(source, name=name, verify=verify)
    except CaptureFileError as error:
        if not error.foreign or not isinstance(source, (str, Path)):
            raise
        from inspector.referee.conversion import converted

        return converted(source, error, verify=verify)


def verdict_of(inspection: Inspection) -> Verdict:
    """The one word at the end. What a capture missed is told, and does not make a verdict."""
    if any(not comparison.matched for comparison in inspection.comparisons):
        return Verdict.DIFFERS
    provoked = {kind for comparison in inspection.comparisons for kind in comparison.provokes}
    if any(finding.is_fault and finding.kind not in provoked for finding in inspection.findings):
        return Verdict.FINDINGS
    if inspection.summary is not None and inspection.summary.faults:
        return Verdict.FINDINGS
    if inspection.kernel is not None and _is_contradicted(inspection.connections, inspection.kernel):
        return Verdict.FINDINGS
    is_empty = not inspection.connections and not inspection.exchanges and not _has_more(inspection)
    if is_empty and not any(comparison.expects_nothing for comparison in inspection.comparisons):
        return Verdict.NOTHING
    return Verdict.AS_EXPECTED if inspection.comparisons else Verdict.NO_FINDINGS


def _has_more(inspection: Inspection) -> bool:
    return inspection.summary is not None and inspection.summary.connections > 0


def _is_contradicted(connections: Sequence[Connection], testimony: Testimony) -> bool:
    """Whether the kernel says what nobody has explained: then somebody is wrong, and it may be we."""
    from inspector.kernel.agreement import agreements

    return any(each.unexplained for each in agreements(connections, testimony))


def _count(batch: Batch, counts: _Counts) -> None:
    if batch.columnar:
        rows, refs = batch.rows[: batch.count], batch.refs[: batch.count]
        counts.truncated += int((refs["captured_len"] < refs["wire_len"]).sum())
        suspects = [batch.row(int(index)) for index in rows["undecoded"].nonzero()[0]]
    else:
        counts.truncated += sum(batch.refs[i].captured_len < batch.refs[i].wire_len for i in range(batch.count))
        suspects = [row for row in batch.rows[: batch.count] if row.undecoded]
    for row in suspects:
        told = undecoded_of(row)
        if told is not None:
            kinds = counts.undecoded if is_fault(row.undecoded) else counts.passed_over
            kinds[f"{told.layer}: {told.reason}"] += 1


def _payloads(batch: Batch) -> Iterator[tuple[int, bytes]]:
    if batch.columnar:
        carrying = batch.rows["captured_len"][: batch.count].nonzero()[0].tolist()
    else:
        carrying = [index for index in range(batch.count) if batch.rows[index].captured_len]
    for index in carrying:
        yield batch.row(index).frame, batch.payload(index, _PAYLOAD_SHOWN)


def _comments(batch: Batch) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The comments of each frame that has some."""
    for index in range(batch.count):
        said = batch.comments(index)
        if said:
            yield batch.ref(index).number, said


def _summary(
    reader: CaptureReader, counts: _Counts, take: Take, duplicates: int, artefacts: tuple[tuple[str, int], ...]
) -> CaptureSummary:
    counts.undecoded.update(
        {
            "IP: a datagram of which some fragments did not come": reader.fragments.incomplete,
            "IP: a datagram whose fragments contradict each other": reader.fragments.refused,
        }
    )
    return CaptureSummary(
        frames=reader.frames,
        dropped=take.dropped if take.dropped is not None else reader.dropped,
        duplicates=duplicates + take.duplicates,
        undecoded=counts.undecoded.total(),
        truncated=counts.truncated,
        undecoded_reasons=tuple((+counts.undecoded).most_common()),
        passed_over=tuple(counts.passed_over.most_common()),
        cut=reader.cut,
        skipped=str(reader.skipped),
        artefacts=artefacts,
        undrained=take.undrained,
    )
