"""Streams of tshark's and connections of ours: which are the same, and what both say of the whole."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from inspector.crosscheck.model import Disagreement
from inspector.crosscheck.reasons import Reason
from inspector.tcp.completeness import Completeness, describe
from inspector.tcp.facts import Fact
from inspector.tcp.model import Close, Handshake
from inspector.wire.row import Flag, Option

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping, Sequence

    from inspector.crosscheck.place import Pair
    from inspector.referee.opinion import Opinion
    from inspector.tcp.model import Connection

__all__ = ["Groups", "stream_disagreements"]

_FTP = 21
_OPENED = Completeness.SYN | Completeness.SYN_ACK | Completeness.ACK
_ENDED = Completeness.FIN | Completeness.RST
_OPEN = {Handshake.COMPLETE, Handshake.SIMULTANEOUS}
_WRONG = Fact.SYN_ACK_WRONG_ACK | Fact.HANDSHAKE_3_WRONG_ACK | Fact.HANDSHAKE_3_WRONG_SEQ | Fact.RST_WRONG_ACK
_IDLE_RESETS = Fact.RST_ANSWERS | Fact.RST_CHALLENGED | Fact.RST_IGNORED | Fact.RST_WRONG_ACK
_SYN_ACK = Flag.SYN | Flag.ACK
_NOT_CLOSED = {Close.HALF_CLOSED, Close.UNANSWERED, Close.NONE}


class Groups:
    """Which stream is which connection. They are paired where they first meet, in the order of the frames."""

    def __init__(self, pairs: Sequence[Sequence[Pair]], opinions: Mapping[int, Opinion]) -> None:
        self.connection = {pair.row.frame: number for number, its in enumerate(pairs) for pair in its}
        """Our connection of a frame, by its index."""
        self.stream_of: dict[int, int] = {}
        """tshark's stream of a connection."""
        self._connection_of: dict[int, int] = {}
        self._streams = {frame: opinion.stream for frame, opinion in opinions.items()}
        self._unread: set[int] = set()
        """Streams with segments that we do not read."""
        for frame in sorted(self._streams):
            stream, number = self._streams[frame], self.connection.get(frame)
            if number is None:
                self._unread.add(stream)
            elif number not in self.stream_of and stream not in self._connection_of:
                self.stream_of[number], self._connection_of[stream] = stream, number
        spread = defaultdict[int, set[int]](set)
        for frame, stream in self._streams.items():
            spread[stream].add(self.connection.get(frame, -1))
        self._within = {stream: next(iter(numbers)) for stream, numbers in spread.items() if len(numbers) == 1}
        """The streams that lie within one connection."""
        torn = [frame for frame in self._streams if frame in self.connection and not self.agrees(frame)]
        self._torn_streams = {self._streams[frame] for frame in torn}
        self._torn_connections = {self.connection[frame] for frame in torn}

    def agrees(self, frame: int) -> bool:
        """Whether both give a frame that both read to the same."""
        return self.stream_of.get(self.connection[frame]) == self._streams[frame]

    def is_apart(self, frame: int) -> bool:
        """Whether the stream and the connection of a frame do not hold the same frames."""
        return self._streams[frame] in self._torn_streams or self.connection[frame] in self._torn_connections

    def is_shared(self, frame: int) -> bool:
        """Whether tshark gives the stream of a frame to an earlier connection of ours too."""
        began = self._connection_of.get(self._streams[frame])
        return began is not None and began < self.connection[frame]

    def is_within(self, frame: int, its: Sequence[Pair]) -> bool:
        """Whether the stream of a frame lies within one connection of ours, `its`, and begins later, with data."""
        stream, number = self._streams[frame], self.connection[frame]
        first = next(pair.row for pair in its if self._streams.get(pair.row.frame) == stream)
        is_later = self._within.get(stream) == number and self.stream_of.get(number) != stream
        return is_later and first.payload_len > 0 and not first.flags & Flag.SYN

    def misses_segments(self, stream: int) -> bool:
        """Whether tshark reads segments of a stream that we do not."""
        return stream in self._unread


def stream_disagreements(
    connections: Sequence[Connection], pairs: Sequence[Sequence[Pair]], groups: Groups, agreed: Counter[str]
) -> Iterator[Disagreement]:
    """Where the streams themselves differ, and where the words for the whole do."""
    controlled = _ends_of_ftp(connections)
    for connection, its in zip(connections, pairs, strict=True):
        known = [(pair, pair.opinion) for pair in its if pair.opinion is not None]
        has_stray = any(pair.traced.facts & Fact.SYN_IN_CONNECTION for pair in its) or any(
            pair.traced.facts & Fact.REUSED_PORTS for pair in its
        )
        for pair, opinion in known:
            if groups.agrees(pair.row.frame):
                agreed["stream"] += 1
                continue
            reason = Reason.STRAY_SYN if has_stray else _why_stream(pair, its, groups)
            mine = groups.stream_of.get(connection.number - 1)
            word = f"connection {connection.number}" + ("" if mine is None else f", its stream {mine}")
            yield Disagreement(pair.row.frame, connection.number, "stream", str(opinion.stream), word, reason)
        # tshark's value for a stream's first frame may lack what that frame adds: its last word is taken.
        if known and known[-1][1].completeness is not None:
            yield from _whole(connection, its, known[-1][1], groups, controlled, agreed)


def _why_stream(pair: Pair, its: Sequence[Pair], groups: Groups) -> Reason:
    if its[0].row.flags & _SYN_ACK == _SYN_ACK and groups.is_shared(pair.row.frame):
        return Reason.SYN_NOT_CAPTURED
    if pair.opinion is not None and groups.misses_segments(pair.opinion.stream):
        return Reason.SEGMENTS_NOT_READ
    return Reason.BEGUN_ABOVE_TCP if groups.is_within(pair.row.frame, its) else Reason.UNEXPLAINED


def _whole(  # noqa: PLR0913 - a connection, what is known of it, and what is counted
    connection: Connection,
    pairs: Sequence[Pair],
    latest: Opinion,
    groups: Groups,
    controlled: Mapping[str, int],
    agreed: Counter[str],
) -> Iterator[Disagreement]:
    """What both say of the whole; where the numbers differ, the words need not be asked."""
    theirs, ours = latest.completeness or 0, connection.completeness
    at = (pairs[0].row.frame, connection.number)
    if theirs != ours:
        reason = _why_completeness(connection, pairs, latest, groups, controlled)
        yield Disagreement(*at, "completeness", describe(theirs), describe(ours), reason)
        return
    agreed["completeness"] += 1
    is_refusal = connection.handshake is Handshake.REFUSED and theirs & Completeness.ACK
    if theirs & _OPENED == _OPENED or is_refusal:
        if connection.handshake in _OPEN:
            agreed["handshake"] += 1
        else:
            reason = _why_handshake(connection, pairs)
            yield Disagreement(*at, "handshake", describe(theirs), str(connection.handshake), reason)
    if theirs & _OPENED == _OPENED and theirs & _ENDED:
        if connection.close not in _NOT_CLOSED:
            agreed["close"] += 1
        else:
            yield Disagreement(*at, "close", describe(theirs), str(connection.close), _why_close(theirs, pairs))


def _why_handshake(connection: Connection, pairs: Sequence[Pair]) -> Reason:
    if connection.handshake is Handshake.REFUSED:
        return Reason.ACK_OF_REFUSAL
    if any(pair.traced.lost and pair.traced.facts & Fact.HANDSHAKE_3 for pair in pairs):
        return Reason.LOST_ON_ITS_WAY
    is_wrong = any(pair.traced.facts & _WRONG for pair in pairs)
    return Reason.FLAGS_WITHOUT_NUMBERS if is_wrong else Reason.UNEXPLAINED


def _why_close(completeness: int, pairs: Sequence[Pair]) -> Reason:
    if completeness & Completeness.FIN:
        return Reason.ONE_FIN_COMPLETES
    has_idle_reset = any(pair.traced.facts & _IDLE_RESETS for pair in pairs)
    return Reason.RST_COMPLETES if has_idle_reset else Reason.UNEXPLAINED


def _why_completeness(
    connection: Connection, pairs: Sequence[Pair], latest: Opinion, groups: Groups, controlled: Mapping[str, int]
) -> Reason:
    if groups.is_apart(pairs[0].row.frame):
        return Reason.GROUPED_APART
    if groups.misses_segments(latest.stream):
        return Reason.SEGMENTS_NOT_READ
    lengths = [(pair.opinion.payload_len, pair.row.payload_len) for pair in pairs if pair.opinion]
    known = (
        (Reason.HEADER_CUT, any(pair.row.options & Option.CUT for pair in pairs)),
        (Reason.LENGTH_NOT_TOLD, any(theirs is None for theirs, _ in lengths)),
        (Reason.OTHER_LENGTH_BEFORE, any(theirs != ours for theirs, ours in lengths)),
        (Reason.CAPTURE_DUPLICATE, any(pair.traced.facts & Fact.DUPLICATE for pair in pairs)),
        (Reason.EXPECTED_BY_FTP, _was_expected(connection, latest, controlled)),
    )
    return next((reason for reason, holds in known if holds), Reason.UNEXPLAINED)


def _was_expected(connection: Connection, latest: Opinion, controlled: Mapping[str, int]) -> bool:
    """Whether only the SYN is missing, and FTP's control connection between these addresses began before."""
    addresses = (connection.originator.endpoint.address, connection.responder.endpoint.address)
    began = min((controlled[each] for each in addresses if each in controlled), default=None)
    misses_syn = latest.completeness == connection.completeness & ~Completeness.SYN
    return misses_syn and began is not None and began < connection.segments[0].row.frame


def _ends_of_ftp(connections: Sequence[Connection]) -> dict[str, int]:
    """The addresses that have an FTP control connection, and the frame in which the first of it begins."""
    found: dict[str, int] = defaultdict(lambda: 1 << 62)
    for connection in connections:
        ends = (connection.originator.endpoint, connection.responder.endpoint)
        if connection.segments and _FTP in {end.port for end in ends}:
            for end in ends:
                found[end.address] = min(found[end.address], connection.segments[0].row.frame)
    return dict(found)
