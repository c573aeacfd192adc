"""One capture through tshark and through us: field by field, stream by stream, label by label.

1. Frames are ours. tshark counts a pcapng's Custom Blocks as frames too: where a segment is found some frames earlier
   than tshark says, its count runs ahead by so many from there on (`_by_our_frames`).
2. A stream of tshark's and a connection of ours are the same where they first meet (`streams.Groups`); a frame of one
   that is not in the other is a disagreement on `stream`, and labels in such a stream are not comparable.
3. Where tshark says nothing (a field that was cut off) nothing is compared.
4. A label is compared through `rosetta.wireshark.ANALYSIS`; why it may differ is `rules`'.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from inspector.crosscheck.model import ANALYSIS_PREFIX, CrossCheck, Disagreement, Tally
from inspector.crosscheck.place import Pair, Place
from inspector.crosscheck.reading import UDP
from inspector.crosscheck.reasons import Reason
from inspector.crosscheck.rules import reason_for
from inspector.crosscheck.streams import Groups, stream_disagreements
from inspector.rosetta.wireshark import analysis_of
from inspector.wire.flags import flags_text
from inspector.wire.row import Option
from inspector.wire.undecoded import Reason as Undecoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from inspector.crosscheck.reading import Reading
    from inspector.referee.opinion import Opinion
    from inspector.tcp.model import Connection, TracedSegment

__all__ = ["FIELDS", "cross_check"]

FIELDS = ("segment", "flags", "seq", "ack", "len", "stream", "completeness", "handshake", "close")
"""What is compared beside the labels."""

_FURTHEST = 8
"""Custom Blocks in a row between two segments."""

_NOT_READ = {
    UDP: Reason.UDP_TUNNEL,
    Undecoded.OTHER_PROTOCOL: Reason.OTHER_PROTOCOL,
    Undecoded.TCP_SHORT: Reason.SHORT_DATAGRAM,
    Undecoded.BAD_TCP_HEADER_LENGTH: Reason.IMPOSSIBLE_HEADER,
}
"""Why a segment of tshark's is none of ours, by what its frame is to us."""


def cross_check(
    source: str, reading: Reading, said: Iterable[Opinion], *, tshark: tuple[int, ...], cut: str = ""
) -> CrossCheck:
    """Compare what we read with what tshark says."""
    opinions = _by_our_frames(reading, said)
    pairs = [
        [Pair(traced, opinions.get(traced.row.frame)) for traced in connection.segments]
        for connection in reading.connections
    ]
    groups = Groups(pairs, opinions)
    found = [*_unread(reading, opinions, groups)]
    agreed: Counter[str] = Counter()
    for connection, its_pairs in zip(reading.connections, pairs, strict=True):
        found += _compared(connection, its_pairs, groups, agreed)
    found += stream_disagreements(reading.connections, pairs, groups, agreed)
    found.sort(key=lambda each: each.frame)
    return CrossCheck(
        source=source,
        tshark=tshark,
        frames=reading.frames,
        segments=agreed["segment"],
        connections=len(reading.connections),
        tallies=_tallies(agreed, found),
        disagreements=tuple(found),
        cut=cut or reading.cut,
    )


def _by_our_frames(reading: Reading, said: Iterable[Opinion]) -> dict[int, Opinion]:
    """What tshark says, by the frames as we count them."""
    ours = {traced.row.frame: traced for connection in reading.connections for traced in connection.segments}
    found: dict[int, Opinion] = {}
    shift = latest = 0
    for opinion in said:
        due = opinion.frame - shift
        # The earliest that fits: everything before it is taken already.
        candidates = range(max(latest + 1, due - _FURTHEST), due + 1)
        fitting = (frame for frame in candidates if frame in ours and _is_same(ours[frame], opinion))
        shift += due - next(fitting, due)
        latest = opinion.frame - shift
        found.setdefault(latest, opinion)
    return found


def _is_same(traced: TracedSegment, opinion: Opinion) -> bool:
    row = traced.row
    ends = (row.source, row.destination) == (opinion.source, opinion.destination)
    told = ((opinion.seq, row.seq), (opinion.ack, row.ack), (opinion.flags, row.flags))
    return ends and all(theirs in {None, mine} for theirs, mine in told)


def _unread(reading: Reading, opinions: Mapping[int, Opinion], groups: Groups) -> Iterator[Disagreement]:
    """Segments that only tshark reads."""
    for frame, opinion in opinions.items():
        if frame not in groups.connection:
            word = f"{flags_text(opinion.flags or 0)} {opinion.source} > {opinion.destination}"
            reason = _NOT_READ.get(reading.others.get(frame, 0), Reason.UNEXPLAINED)
            yield Disagreement(frame, None, "segment", word, "", reason)


def _compared(
    connection: Connection, pairs: Sequence[Pair], groups: Groups, agreed: Counter[str]
) -> Iterator[Disagreement]:
    number = connection.number
    for at, pair in enumerate(pairs):
        opinion = pair.opinion
        if opinion is None:
            word = f"{flags_text(pair.row.flags)} {pair.row.source} > {pair.row.destination}"
            reason = Reason.HEADER_CUT if pair.row.options & Option.CUT else Reason.UNEXPLAINED
            yield Disagreement(pair.row.frame, number, "segment", "", word, reason)
            continue
        agreed["segment"] += 1
        for field, theirs, ours in _numbers(pair, opinion):
            if theirs == ours:
                agreed[field] += 1
            elif theirs is not None:
                reason = _why_number(field, pair, opinion)
                yield Disagreement(pair.row.frame, number, field, str(theirs), str(ours), reason)
        yield from _labels(number, pairs, at, opinion, groups, agreed)


def _numbers(pair: Pair, opinion: Opinion) -> Iterator[tuple[str, int | None, int]]:
    row = pair.row
    yield "flags", opinion.flags, row.flags
    yield "seq", opinion.seq, row.seq
    yield "ack", opinion.ack, row.ack
    yield "len", opinion.payload_len, row.payload_len


def _why_number(field: str, pair: Pair, opinion: Opinion) -> Reason:
    theirs, row = opinion.payload_len, pair.row
    if field != "len" or theirs is None:
        return Reason.UNEXPLAINED
    if row.captured_len <= theirs < row.payload_len:
        return Reason.LONGER_IP
    # The check sequence is inside the frame that carries it, which therefore ends where the segment does.
    fills_frame = row.payload_at + row.payload_len == row.wire_len
    return Reason.FRAME_CHECK_SEQUENCE if fills_frame and theirs == row.payload_len - 4 else Reason.UNEXPLAINED


def _labels(  # noqa: PLR0913 - a segment, where it stands, and what is counted
    number: int, pairs: Sequence[Pair], at: int, opinion: Opinion, groups: Groups, agreed: Counter[str]
) -> Iterator[Disagreement]:
    pair = pairs[at]
    mine = analysis_of(pair.traced)
    theirs, ours = ", ".join(sorted(opinion.labels)), ", ".join(sorted(mine)) or pair.traced.label
    for label in mine & opinion.labels:
        agreed[ANALYSIS_PREFIX + label] += 1
    for label in sorted(mine ^ opinion.labels):
        place = Place(
            label,
            label in opinion.labels,
            pair,
            opinion,
            pairs[:at],
            pairs[at + 1 :],
            is_grouped_apart=groups.is_apart(pair.row.frame),
            misses_segments=groups.misses_segments(opinion.stream),
        )
        yield Disagreement(pair.row.frame, number, ANALYSIS_PREFIX + label, theirs, ours, reason_for(place))


def _tallies(agreed: Counter[str], found: Iterable[Disagreement]) -> dict[str, Tally]:
    explained, not_explained = Counter[str](), Counter[str]()
    for each in found:
        (not_explained if each.reason is Reason.UNEXPLAINED else explained)[each.field] += 1
    labels = {name for name in (*agreed, *explained, *not_explained) if name.startswith(ANALYSIS_PREFIX)}
    return {name: Tally(agreed[name], explained[name], not_explained[name]) for name in (*FIELDS, *sorted(labels))}
