"""The main job on one page: capture, decode, track, compare, report.

    frames -> wire (rows) -> tcp, udp (connections, exchanges) -> expect (comparisons) -> Inspection

`inspect` takes any capture through it: a file, a pipe, or what a demo has just left on the wire. A live run
is a recording that is then inspected like every other file, so there is one path and it is always the same.

Not here: how frames are obtained (`capture/`), what a report looks like (`report/`), and anything that
prints, exits or reads the environment (`cli/`).
"""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from inspector.capture.recording import Recording
from inspector.capture.turn import turn
from inspector.demos.runner import choose_ports, run
from inspector.errors import CaptureError, CaptureFileError
from inspector.expect.comparison import compare_all
from inspector.report.inspection import CaptureSummary, Inspection, Message, Verdict
from inspector.tcp.tracker import Tracker
from inspector.udp.tracker import ExchangeTracker
from inspector.wire.reader import open_capture
from inspector.wire.undecoded import is_fault, undecoded_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from inspector.demos.demo import Demo, Said
    from inspector.demos.runner import Outcome
    from inspector.expect.notation import Sequence
    from inspector.wire.batch import Batch
    from inspector.wire.reader import CaptureReader

__all__ = ["KEEP_SEGMENTS", "Take", "inspect", "record_demo", "verdict_of"]

KEEP_SEGMENTS = 200_000
"""Frames up to which all rows are kept for display; beyond, connections have outcomes and no segments."""

_PAYLOAD_SHOWN = 2048
"""Bytes of each payload kept for display."""
_PAYLOADS_SHOWN = 5000


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
    dropped: int | None = None
    duplicates: int = 0
    messages: tuple[Message, ...] = ()
    lesson: tuple[str, ...] = ()
    undrained: str = ""


def inspect(  # noqa: PLR0913 - what a command line may ask for
    source: str | Path | BinaryIO,
    *,
    name: str = "",
    expected: Sequence | None = None,
    keep: int | None = KEEP_SEGMENTS,
    take: Take | None = None,
    progress: Callable[[int], None] | None = None,
) -> Inspection:
    """Read a capture to its end and judge it.

    `source` and `name` are `wire.open_capture`'s. `keep` is the number of frames up to which rows are kept (None:
    always); `progress` hears the number of frames read so far. Raises CaptureFileError.
    """
    take = take or Take()
    tracker, exchanges, counts = Tracker(), ExchangeTracker(), _Counts()
    payloads: dict[int, bytes] = {}
    keeping = True
    with open_capture(source, name=name) as reader:
        for batch in reader:
            tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
            exchanges.feed(batch.rows, batch.count, columnar=batch.columnar)
            _count(batch, counts)
            if keeping and keep is not None and reader.frames > keep:
                keeping = False
                tracker.stop_keeping()
                exchanges.stop_keeping()
            if keeping and len(payloads) < _PAYLOADS_SHOWN:
                payloads.update(_payloads(batch))
            if progress:
                progress(reader.frames)
    connections = tuple(tracker.connections())
    conversations = tuple(exchanges.exchanges())
    inspection = Inspection(
        source=take.source or reader.name,
        capture=_summary(reader, counts, take, tracker.duplicates + exchanges.duplicates),
        connections=connections,
        exchanges=conversations,
        comparisons=compare_all(expected, connections, conversations) if expected else (),
        verdict=Verdict.NOTHING,
        title=take.title,
        saved_to=take.saved_to,
        messages=take.messages,
        payloads=payloads,
        lesson=take.lesson,
    )
    return replace(inspection, verdict=verdict_of(inspection))


def verdict_of(inspection: Inspection) -> Verdict:
    """The one word at the end. What a capture missed is told, and does not make a verdict."""
    if any(not comparison.matched for comparison in inspection.comparisons):
        return Verdict.DIFFERS
    if any(finding.is_fault for finding in inspection.findings):
        return Verdict.FINDINGS
    if not inspection.connections and not inspection.exchanges:
        return Verdict.NOTHING
    return Verdict.AS_EXPECTED if inspection.comparisons else Verdict.NO_FINDINGS


def record_demo(  # noqa: PLR0913 - what a command line may ask for
    demo: Demo,
    path: Path,
    *,
    expected: Sequence,
    port: Any = None,
    host: str = "127.0.0.1",
    interactive: Callable[[str], str | None] | None = None,
    options: Mapping[str, str | int] | None = None,
    engine: str = "auto",
    owner: tuple[int, int] | None = None,
    command_line: str = "inspector",
    say: Callable[[Said], None] | None = None,
) -> Inspection:
    """Run both ends of `demo` while the loopback is captured into `path`, then inspect that file.

    Raises CaptureError, CaptureFileError, DemoError.
    """
    demo.settings(options or {})
    ports = choose_ports(demo, port, host)
    recording = Recording(
        "lo",
        ports=ports,
        path=path,
        engine=engine,
        comment=f"inspector demo {demo.name}",
        keep=False,
        owner=owner,
        command_line=command_line,
        own_traffic=True,
    )
    with turn(*(f"port {each}" for each in ports), f"file {path.absolute()}"):
        with _removed_if_empty(recording, path), recording:
            outcome = run(demo, port=ports, host=host, interactive=interactive, options=options, say=say)
        inspection = inspect(path, expected=expected, keep=None, take=_take(demo, path, recording, outcome))
    _refuse_unless_whole(inspection, recording, path)
    return inspection


def _take(demo: Demo, path: Path, recording: Recording, outcome: Outcome) -> Take:
    return Take(
        title=f"{demo.name}: {demo.summary}",
        source=f"demo {demo.name}",
        saved_to=str(path),
        dropped=recording.statistics.dropped,
        duplicates=recording.statistics.duplicates,
        messages=tuple(Message(said.role, said.text, said.verb, said.size) for said in outcome.messages),
        lesson=demo.lesson,
        undrained=recording.undrained,
    )


def _refuse_unless_whole(inspection: Inspection, recording: Recording, path: Path) -> None:
    """A demo that ran and left nothing, or another number of frames than were captured, is no matter of TCP's."""
    captured, found = recording.statistics.received, inspection.capture.frames
    if captured == 0:
        raise CaptureError(
            "the demo ran, and not one frame of it was captured", remedies=("inspector doctor", "another --engine")
        )
    if found != captured:
        raise CaptureFileError(
            str(path), f"expected the {captured} frames that were captured, found {found}: another program wrote to it"
        )


@contextlib.contextmanager
def _removed_if_empty(recording: Recording, path: Path) -> Iterator[None]:
    """A demo that could not even begin (a busy port) leaves no file behind."""
    try:
        yield
    except BaseException:
        if recording.ended_by and not recording.statistics.received:  # else it never began, and the file is older
            path.unlink(missing_ok=True)
        raise


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


def _summary(reader: CaptureReader, counts: _Counts, take: Take, duplicates: int) -> CaptureSummary:
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
        undrained=take.undrained,
    )
