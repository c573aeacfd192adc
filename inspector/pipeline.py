"""The main job on one page: decode, track, compare.

    frames -> wire (rows) -> tcp, udp (connections, exchanges) -> expect (comparisons) -> Inspection

`inspect` takes any capture through it: a file, a pipe, or what a demo has just left on the wire. A live run
is a recording (`live`) that is then inspected like every other file, so there is one path and it is always the same.

Not here: how frames are obtained (`live`, `capture/`), what a report looks like (`report/`), and anything that
prints, exits or reads the environment (`cli/`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inspector.expect.model import Transport
from inspector.language import said
from inspector.opening import first_of, on_two_processors, open_source
from inspector.report.artefacts import artefacts_of
from inspector.report.inspection import CapturedFile, CaptureSummary, Inspection, Message, Selected, Verdict
from inspector.shown import Shown
from inspector.tcp.tracker import Tracker
from inspector.udp.summary import sum_of
from inspector.udp.tracker import ExchangeTracker
from inspector.verdict import verdict_of
from inspector.wire.selection import SelectedReader
from inspector.wire.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inspector.choice.choosing import Choice
    from inspector.choice.comparing import Comparing
    from inspector.expect import notation
    from inspector.expect.model import Comparison, Sums
    from inspector.kernel.model import Testimony
    from inspector.opening import Source
    from inspector.query.selection import Selection
    from inspector.referee.dissected import Reader
    from inspector.tcp.lifetimes import Limits
    from inspector.tcp.model import Connection
    from inspector.tcp.summary import Summary
    from inspector.udp.model import Exchange
    from inspector.udp.summary import ExchangeSum
    from inspector.wire.batch import Batch
    from inspector.wire.selection import FrameSelection
    from inspector.wire.series import FileOfSeries


__all__ = ["KEEP_SEGMENTS", "Take", "inspect", "inspect_chosen"]

KEEP_SEGMENTS = 200_000
"""Frames up to which all rows are kept for display; beyond, connections have outcomes and no segments."""


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

    def told_in(self, inspection: Inspection) -> Inspection:
        """The inspection, with what the run adds to it."""
        return replace(
            inspection,
            title=self.title,
            saved_to=self.saved_to,
            messages=self.messages,
            lesson=self.lesson,
            kernel=self.kernel,
        )


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
    one_is_enough: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Inspection:
    """Read a capture to its end and judge it.

    `source` and `name` are `wire.open_capture`'s, or `source` is several files to be read as one stream. Rows are kept
    up to `keep` frames (None: always); beyond, with `limits`, connections are let go of when their time is over, and a
    summary takes their place. `verify` verifies checksums; `decoder` is one of `referee.decoders`; only frames that are
    in `matching` are inspected, and of those `most`. `selection` says which connections are meant, in which order, and
    who takes them. All of them have to be as `expected`, unless `one_is_enough`. `progress` hears frames and bytes.
    Raises CaptureFileError, and what the taker raises.
    """
    take = take or Take()
    limits = limits if keep is not None else None
    comparing = _comparing(expected, one_is_enough=one_is_enough) if expected and limits is not None else None
    tracker = Tracker(limits=limits, limited_from=keep or 0, choice=selection, leaving=comparing)
    exchanges, survey, shown = ExchangeTracker(), Survey(), Shown()
    with open_source(source, name, decoder, matching, verify=verify) as reader:
        surveyed = _surveyed(first_of(reader, most), survey, exchanges)
        keeping = _follow(surveyed, reader, tracker, exchanges, keep, shown, progress)
    summary = tracker.summary() if limits is not None and not keeping else None
    everyone = () if summary else tuple(tracker.connections())
    connections = everyone if selection is None else selection.pick(everyone)
    conversations, datagrams = _exchanges(exchanges, selection, keeping=keeping)
    on_the_way = comparing if summary is not None else None
    connections, comparisons, counted = _compared(expected, on_the_way, connections, conversations, selection)
    duplicates = tracker.duplicates + exchanges.duplicates
    inspection = take.told_in(
        Inspection(
            source=take.source or reader.name,
            capture=_summary(reader, survey, take, duplicates, artefacts_of(survey.totals, everyone), most),
            connections=connections,
            exchanges=conversations,
            exchange_sum=datagrams,
            comparisons=comparisons,
            verdict=Verdict.NOTHING,
            summary=summary,
            payloads=shown.payloads,
            comments=shown.comments,
            origins=reader.origins,
            selected=_selected(selection, len(connections), everyone, summary, exchanges),
            one_is_enough=one_is_enough,
            counted=counted,
            chosen_of=summary.of if counted and summary is not None else None,
        )
    )
    return replace(inspection, verdict=verdict_of(inspection))


def _comparing(expected: notation.Sequence, *, one_is_enough: bool) -> Comparing:
    from inspector.choice.comparing import Comparing

    return Comparing(expected, one_is_enough=one_is_enough)


def _compared(
    expected: notation.Sequence | None,
    on_the_way: Comparing | None,
    connections: tuple[Connection, ...],
    exchanges: tuple[Exchange, ...],
    selection: Selection | None,
) -> tuple[tuple[Connection, ...], tuple[Comparison, ...], tuple[Sums, ...]]:
    """The connections that are shown, what was compared, and the sums where not all of it is kept.

    Where exchanges were asked for, those alone are compared.
    """
    if on_the_way is not None:
        connections, comparisons, sums = on_the_way.result()
        return connections, comparisons, (sums,)
    if expected is None:
        return connections, (), ()
    only = Transport.UDP if selection is not None and selection.exchanges else None
    return connections, _compared_with(expected, connections, exchanges, only), ()


def _compared_with(
    expected: notation.Sequence,
    connections: tuple[Connection, ...],
    exchanges: tuple[Exchange, ...],
    only: Transport | None,
) -> tuple[Comparison, ...]:
    from inspector.expect.comparison import compare_all

    return compare_all(expected, connections, exchanges, only=only)


def _follow(  # noqa: PLR0913 - all that a batch goes through
    batches: Iterator[Batch],
    reader: Reader,
    tracker: Tracker,
    exchanges: ExchangeTracker,
    keep: int | None,
    shown: Shown,
    progress: Callable[[int, int], None] | None,
) -> bool:
    """Follow the capture to its end; whether its rows were kept, which ends beyond `keep` frames.

    From then on the next batch is read while one is followed.
    """
    for batch in batches:
        _feed(batch, reader, tracker, progress)
        if keep is not None and reader.frames > keep:
            break
        shown.take(batch)
    else:
        return True
    tracker.stop_keeping()
    exchanges.stop_keeping()
    for batch in on_two_processors(batches, reader):
        _feed(batch, reader, tracker, progress)
    return False


def _feed(batch: Batch, reader: Reader, tracker: Tracker, progress: Callable[[int, int], None] | None) -> None:
    tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
    if progress:
        progress(reader.frames, reader.taken)


def _exchanges(
    exchanges: ExchangeTracker, selection: Selection | None, *, keeping: bool
) -> tuple[tuple[Exchange, ...], ExchangeSum | None]:
    """The exchanges, none where connections are chosen; where rows were not kept the first, and the sum of all."""
    if selection is not None and selection.chooses:
        return selection.pick_exchanges(exchanges.exchanges() if keeping else ()), None
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
    source: Source,
    choice: Choice,
    *,
    name: str = "",
    limits: Limits | None = None,
    verify: bool = False,
    decoder: str = "native",
    matching: FrameSelection | None = None,
    most: int | None = None,
    expected: notation.Sequence | None = None,
    one_is_enough: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Inspection:
    """Read a capture of any size to its end, and judge the connections of `choice` alone.

    They have the numbers that `inspect` with the same `limits` gives them. The verdict is theirs, the losses are the
    whole capture's; `expected` is of connections. Raises CaptureFileError, and NoSuchConnection.
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
    compared = _compared_with(expected, choice.whole(connections), (), Transport.TCP) if expected else ()
    if reader.frames > KEEP_SEGMENTS:
        # Connections are let go of by then: nobody knows whether another one had the same endpoints.
        connections = tuple(replace(each, is_alone=False) for each in connections)
    inspection = Inspection(
        source=reader.name,
        capture=_summary(reader, survey, Take(), tracker.duplicates + exchanges.duplicates, choice.left_out, most),
        connections=connections,
        exchanges=(),
        comparisons=compared,
        verdict=Verdict.NOTHING,
        saved_to=choice.saved_to,
        payloads=choice.payloads,
        comments=choice.comments,
        chosen_of=choice.watch.seen,
        origins=reader.origins,
        one_is_enough=one_is_enough,
    )
    return replace(inspection, verdict=verdict_of(inspection))


def _selected(
    selection: Selection | None,
    chosen: int,
    everyone: tuple[Connection, ...],
    summary: Summary | None,
    exchanges: ExchangeTracker,
) -> Selected | None:
    """What a report says of a selection."""
    if selection is None or (not selection.chooses and selection.order is None):
        return None
    of = len(everyone)
    there: tuple[tuple[int, int], ...] = ()
    if summary is not None:
        chosen, of = summary.connections, summary.of
    elif selection.ports:
        there = selection.ports_there(everyone, exchanges.walk())
    order, ports = str(selection.order or ""), tuple(sorted(selection.ports))
    left_out = len(exchanges) if selection.where is not None else 0
    return Selected(chosen, of, selection.text, order, left_out, ports, there)


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
