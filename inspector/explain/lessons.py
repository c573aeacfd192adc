"""What a segment can teach where it stands in a ladder: the entry of the catalogue, and this segment's own numbers.

There is something to teach at a handshake, a close, the first data, a window that closes, whatever is sent again, and
at a finding; a plain acknowledgment says nothing that the lines beside it do not. Which lesson has been told already
is for whoever tells them (`report.woven`): each is told once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inspector.explain.catalogue import entries
from inspector.explain.numbers import Past, ack_reason, end_of, seq_reason, sum_of
from inspector.explain.roles import roles_of
from inspector.language import said
from inspector.tcp.facts import Fact
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from inspector.explain.model import Entry
    from inspector.findings import Finding
    from inspector.language import Said
    from inspector.tcp.model import Connection
    from inspector.udp.model import TracedDatagram

    Key = tuple[str, str]

__all__ = ["Lesson", "lessons_of_datagram", "lessons_of_segment"]

_TEACH_NOTHING = frozenset({"ACK"})
_HEADS = ("why", "rule", "look")
"""Of an entry the first that it has: what is seen stands above, with its numbers."""


class Lesson(NamedTuple):
    """What there is to learn here."""

    key: Key
    """Kind and name of its entry: `inspector explain NAME` has all of it."""
    numbers: Said | None
    """What this segment's own numbers have to do with it."""
    text: str
    """Of the entry."""


def lessons_of_segment(connection: Connection, index: int, told: Collection[Key]) -> Iterator[Lesson]:
    """The lessons of one segment that were not `told` yet: of its label, and of its findings.

    What was told is asked first: the numbers are looked for among all segments before this one. Where a number is
    wrong, what its label says of an orderly segment would not be so, and only the finding is a lesson.
    """
    traced = connection.segments[index]
    name = traced.label.removesuffix(" with data")
    entry = None if name in _TEACH_NOTHING else entries("label").get(name)
    is_orderly = not any(each.is_fault for each in traced.findings)
    if entry is not None and is_orderly and _key(entry) not in told:
        yield _lesson(entry, _numbers(Past(connection.segments, index, roles_of(connection))))
    yield from _of_findings(traced.findings, told)


def lessons_of_datagram(traced: TracedDatagram, told: Collection[Key]) -> Iterator[Lesson]:
    """The same of one datagram, or of one ICMP error."""
    name = traced.label
    entry = entries("icmp").get(name.partition(" ")[2]) if traced.row.icmp_type else entries("label").get(name)
    if entry is not None and _key(entry) not in told:
        yield _lesson(entry, None)
    yield from _of_findings(traced.findings, told)


def _of_findings(findings: tuple[Finding, ...], told: Collection[Key]) -> Iterator[Lesson]:
    for finding in findings:
        entry = entries("finding").get(finding.kind)
        if entry is not None and _key(entry) not in told:
            yield _lesson(entry, None)


def _key(entry: Entry) -> Key:
    return entry.kind, entry.name


def _lesson(entry: Entry, numbers: Said | None) -> Lesson:
    return Lesson(_key(entry), numbers, next((entry.texts[head] for head in _HEADS if head in entry.texts), ""))


def _numbers(past: Past) -> Said:
    """The number that matters: what it acknowledges where it opens or closes, else where it begins or ends."""
    row, facts = past.this.row, past.this.facts
    if row.flags & Flag.RST or facts & (Fact.KEEP_ALIVE | Fact.ZERO_WINDOW_PROBE):
        return said("seq: {why}", why=seq_reason(past).why)
    earlier = next((each.row for each in past.before(past.this.sender)), None)
    if facts & (Fact.ZERO_WINDOW | Fact.WINDOW_UPDATE) and earlier is not None:
        return said(
            "win={window}, and {before} in frame {frame}", window=row.window, before=earlier.window, frame=earlier.frame
        )
    opens_or_closes = row.flags & Flag.SYN or facts & Fact.ACKS_FIN
    is_acknowledgment = row.flags & Flag.ACK and (opens_or_closes or not row.seg_len)
    if is_acknowledgment:
        return said("ack: {why}", why=ack_reason(past).why)
    if row.flags & Flag.FIN or (row.payload_len and past.this.label == "data"):
        return said("{sum}: ack={end} will acknowledge all of it", sum=sum_of(row), end=end_of(row))
    return said("seq: {why}", why=seq_reason(past).why)
