"""The main job on one page: decode, track, compare.

    frames -> wire (rows) -> tcp, udp (connections, exchanges) -> expect (comparisons) -> Inspection

`inspect` takes any capture through it: a file, a pipe, or what a demo has just left on the wire. A live run
is a recording (`live`) that is then inspected like every other file, so there is one path and it is always the same.

Not here: how frames are obtained (`live`, `capture/`), what a report looks like (`report/`), and anything that
prints, exits or reads the environment (`cli/`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO

from inspector.expect.comparison import compare_all
from inspector.language import said
from inspector.opening import first_of, on_two_processors, open_source
from inspector.report.artefacts import artefacts_of
from inspector.report.inspection import CapturedFile, CaptureSummary, Inspection, Message, Selected, Verdict
from inspector.tcp.tracker import Tracker
from inspector.udp.summary import sum_of
from inspector.udp.tracker import ExchangeTracker
from inspector.verdict import verdict_of
from inspector.wire.selection import SelectedReader
from inspector.wire.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from inspector.choice.choosing import Choice
    from inspector.expect import notation
    from inspector.kernel.model import Testimony
    from inspector.opening import Source
    from inspector.query.selection import Selection
    from inspector.referee.dissected import Reader
    from inspector.tcp.lifetimes import Limits
    from inspector.tcp.summary import Summary
    from inspector.udp.model import Exchange
    from inspector.udp.summary import ExchangeSum
    from inspector.wire.batch import Batch
    from inspector.wire.selection import FrameSelection
    from inspector.wire.series import FileOfSeries


__all__ = ["KEEP_SEGMENTS", "Take", "inspect", "inspect_chosen"]

KEEP_SEGMENTS = 200_000
"""Frames up to which all rows are kept for display; beyond, connections have outcomes and no segments."""

_PAYLOAD_SHOWN = 2048
"""Bytes of each payload kept for display."""
_PAYLOADS_SHOWN = 5000
_COMMENTS_SHOWN = 5000


@dataclass(slots=True)
class _Shown:
    """What is shown of frames beside their rows."""

    payloads: dict[int, bytes] = field(default_factory=dict)
    comments: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def take(self, batch: Batch) -> None:
        """Keep it of so many frames, and no more."""
        if len(self.payloads) < _PAYLOADS_SHOWN:
            self.payloads.update(_payloads(batch))
        if not batch.columnar and len(self.comments) < _COMMENTS_SHOWN:
            self.comments.update(_comments(batch))


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
    source: Source,
    *,
    name: str = "",
    expected: notation.Sequence | None = None,
    keep: int | None = KEEP_SEGMENTS,
    limits: Limits | None = None,
    take: Take | None = None,
    verify: bool = False,
    decoder: str = "native",
    matching: FrameSelection | None = None,
    selection: Selection | None = None,
    most: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Inspection:
    """Read a capture to its end and judge it.

    `source` and `name` are `wire.open_capture`'s, or `source` is several files to be read as one stream. Rows are kept
    up to `keep` frames (None: always); beyond, with `limits`, connections are let go of when their time is over, and a
    summary takes their place. `verify` verifies checksums; `decoder` is one of `referee.decoders`; only frames that are
    in `matching` are inspected, and of those `most`. `selection` says which connections are meant, in which order, and
    who takes them. `progress` hears frames and bytes. Raises CaptureFileError, and what the taker raises.
    """
    take = take or Take()
    limits = limits if keep is not None else None
    tracker = Tracker(limits=limits, limited_from=keep or 0, choice=selection)
    exchanges, survey, shown = ExchangeTracker(), Survey(), _Shown()
    with open_source(source, name, decoder, matching, verify=verify) as reader:
        surveyed = _surveyed(first_of(reader, most), survey, exchanges)
        keeping = _follow(surveyed, reader, tracker, keep, shown, progress)
        if not keeping:
            exchanges.stop_keeping()
            for batch in on_two_processors(surveyed, reader):
                _feed(batch, reader, tracker, progress)
    summary = tracker.summary() if limits is not None and not keeping else None
    everyone = () if summary else tuple(tracker.connections())
    artefacts = artefacts_of(survey.totals, everyone)
    connections = everyone if selection is None else selection.pick(everyone)
    conversations, datagrams = _exchanges(exchanges, selection, keeping=keeping)
    inspection = Inspection(
        source=take.source or reader.name,
        capture=_summary(reader, survey, take, tracker.duplicates + exchanges.duplicates, artefacts, most),
        connections=connections,
        exchanges=conversations,
        exchange_sum=datagrams,
        comparisons=compare_all(expected, connections, conversations) if expected else (),
        verdict=Verdict.NOTHING,
        summary=summary,
        title=take.title,
        saved_to=take.saved_to,
        messages=take.messages,
        payloads=shown.payloads,
        comments=shown.comments,
        lesson=take.lesson,
        origins=reader.origins,
        kernel=take.kernel,
        selected=_selected(selection, len(connections), len(everyone), summary, len(exchanges)),
    )
    return replace(inspection, verdict=verdict_of(inspection))


def _follow(  # noqa: PLR0913 - all that a batch goes through
    batches: Iterator[Batch],
    reader: Reader,
    tracker: Tracker,
    keep: int | None,
    shown: _Shown,
    progress: Callable[[int, int], None] | None,
) -> bool:
    """Follow the capture as long as its rows are kept; whether they were to its end."""
    for batch in batches:
        _feed(batch, reader, tracker, progress)
        if keep is not None and reader.frames > keep:
            tracker.stop_keeping()
            return False
        shown.take(batch)
    return True


def _feed(batch: Batch, reader: Reader, tracker: Tracker, progress: Callable[[int, int], None] | None) -> None:
    tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
    if progress:
        progress(reader.frames, reader.taken)


def _exchanges(
    exchanges: ExchangeTracker, selection: Selection | None, *, keeping: bool
) -> tuple[tuple[Exchange, ...], ExchangeSum | None]:
    """The exchanges, none where connections are chosen; where rows were not kept the first, and the sum of all."""
    if selection is not None and selection.chooses:
        return (), None
    if keeping:
        return exchanges.exchanges(), None
    summed = sum_of(exchanges.walk())
    return summed.first, summed


def _surveyed(batches: Iterator[Batch], survey: Survey, exchanges: ExchangeTracker) -> Iterator[Batch]:
    """The same batches, each of them surveyed and its datagrams followed."""
    for batch in batches:
        survey.feed(batch)
        exchanges.feed(batch.rows, batch.count, columnar=batch.columnar)
        yield batch


def inspect_chosen(  # noqa: PLR0913 - as above
    source: str | Path | BinaryIO,
    choice: Choice,
    *,
    name: str = "",
    limits: Limits | None = None,
    verify: bool = False,
    decoder: str = "native",
    matching: FrameSelection | None = None,
    most: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Inspection:
    """Read a capture of any size to its end, and judge the connections of `choice` alone.

    They have the numbers that `inspect` with the same `limits` gives them. The verdict is theirs, the losses are the
    whole capture's. Raises CaptureFileError, and NoSuchConnection.
    """
    tracker = Tracker(keep=False, limits=limits, limited_from=KEEP_SEGMENTS, watch=choice.watch)
    exchanges, survey = ExchangeTracker(keep=False), Survey()
    with open_source(source, name, decoder, matching, verify=verify) as reader:
        for batch in _surveyed(first_of(reader, most), survey, exchanges):
            tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
            choice.take(batch, reader)
            if progress:
                progress(reader.frames, reader.taken)
    connections = choice.close()
    if reader.frames > KEEP_SEGMENTS:
        # Connections are let go of by then: nobody knows whether another one had the same endpoints.
        connections = tuple(replace(each, is_alone=False) for each in connections)
    inspection = Inspection(
        source=reader.name,
        capture=_summary(reader, survey, Take(), tracker.duplicates + exchanges.duplicates, choice.left_out, most),
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


def _selected(
    selection: Selection | None, chosen: int, of: int, summary: Summary | None, exchanges: int
) -> Selected | None:
    """What a report says of a selection."""
    if selection is None or (not selection.chooses and selection.order is None):
        return None
    if summary is not None:
        chosen, of = summary.connections, summary.of
    order = str(selection.order or "")
    return Selected(chosen, of, selection.text, order, exchanges if selection.chooses else 0)


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


def _summary(  # noqa: PLR0913 - all that is known of the reading
    reader: Reader,
    survey: Survey,
    take: Take,
    duplicates: int,
    artefacts: tuple[tuple[str, int], ...],
    most: int | None,
) -> CaptureSummary:
    survey.faults.update(
        {
            said("IP: a datagram of which some fragments did not come"): reader.fragments.incomplete,
            said("IP: a datagram whose fragments contradict each other"): reader.fragments.refused,
        }
    )
    return CaptureSummary(
        frames=survey.frames,
        stopped=most is not None and survey.frames >= most,
        dropped=take.dropped if take.dropped is not None else reader.dropped,
        duplicates=duplicates + take.duplicates,
        undecoded=survey.faults.total(),
        truncated=survey.totals.truncated,
        undecoded_reasons=tuple((+survey.faults).most_common()),
        passed_over=tuple(survey.passed_over.most_common()),
        cut=reader.cut,
        skipped=str(reader.skipped),
        artefacts=artefacts,
        selected_by=reader.selection.words if isinstance(reader, SelectedReader) else "",
        read=reader.read if isinstance(reader, SelectedReader) else 0,
        undrained=take.undrained,
        files=tuple(_file(each) for each in reader.files),
    )


def _file(file: FileOfSeries) -> CapturedFile:
    unread = "" if file.refused is None else file.refused.reason
    return CapturedFile(file.name, file.frames, file.dropped, file.cut, unread)
