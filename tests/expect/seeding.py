"""A capture's folder as a case for seeded faults: what the engine says of it, and what `oracle` says of the same."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from inspector.expect.comparison import Comparer, parts_of
from inspector.expect.expansion import expand, told_peers
from inspector.expect.model import Kind
from inspector.expect.notation import Sequence
from inspector.expect.parser import parse
from inspector.expect.subject import Subject, Transport
from inspector.pipeline import inspect
from inspector.tcp.model import Connection
from inspector.wire.flags import flags_text
from inspector.wire.row import Flag
from tests.expect.faults import Fault, Tape, drawn
from tests.expect.mending import is_mended
from tests.expect.oracle import TooMuch, is_as_expected, seen

if TYPE_CHECKING:
    from inspector.expect.model import Comparison, Difference
    from inspector.expect.notation import Item
    from inspector.udp.model import Exchange
    from tests.expect.oracle import Seen

__all__ = ["FOLDERS", "Case", "Judged", "case", "exact_case", "faults_of", "what_is_wrong"]

_MOST_TOLD = 2
_CAPTURES = Path(__file__).resolve().parents[2] / "captures"


@dataclass(frozen=True)
class Judged:
    """One comparison, and the second opinion."""

    told: Comparison
    items: tuple[Item, ...]
    peers: tuple[str, str]
    events: list[Seen]
    strict: bool

    @property
    def is_as_expected(self) -> bool | None:
        """The oracle's word, None where it has none."""
        try:
            return is_as_expected(self.items, self.peers, self.events, strict=self.strict)
        except TooMuch:
            return None

    @property
    def is_mended(self) -> bool:
        """Whether all is as expected once what was told is put right."""
        events = self.events
        if any("roles exchanged" in note for note in self.told.notes):
            events = [replace(event, sender=1 - event.sender) for event in events]
        try:
            return is_mended(self.items, self.peers, events, self.told, strict=self.strict)
        except TooMuch:
            return True

    def bounds(self, difference: Difference) -> tuple[int, int]:
        """The frames between which a difference is: its own, or those next to a missing line."""
        if difference.frame is not None:
            return difference.frame, difference.frame
        line = difference.line or 0
        before = [frame for number, frame in self.told.lines if number < line]
        after = [frame for number, frame in self.told.lines if number > line]
        return max(before, default=0), min(after, default=1 << 31)


@dataclass(frozen=True)
class Case:
    """Frames, and the sequence of each conversation: one for all, or one for each."""

    name: str
    tape: Tape
    sequences: tuple[Sequence, ...]
    comparers: tuple[Comparer, ...] = field(default=(), compare=False)

    def judge(self, tape: Tape) -> list[Judged]:
        """What is said of these frames, by both."""
        inspection = inspect(io.BytesIO(tape.bytes), name=self.name)
        judged = []
        for transport in self.comparers[0].matchers:
            meant: list[Connection | Exchange | Subject] = []
            if transport is Transport.TCP or self.comparers[0].expects_nothing:
                meant.extend(inspection.connections)
            if transport is Transport.UDP or self.comparers[0].expects_nothing:
                meant.extend(inspection.exchanges)
            for place, each in enumerate(meant or [Subject(transport, None, (), "")]):
                which = min(place, len(self.comparers) - 1)
                judged.append(self._judged(which, transport, each))
        return judged

    def _judged(self, which: int, transport: Transport, each: Connection | Exchange | Subject) -> Judged:
        sequence, comparer = self.sequences[which], self.comparers[which]
        parts = parts_of(expand(sequence), sequence.name)
        items = parts.get(transport) or next(iter(parts.values()))
        events = [] if isinstance(each, Subject) else seen(each)
        return Judged(comparer.compare(each), items, told_peers(sequence), events, sequence.strict)


@cache
def case(name: str) -> Case:
    """A folder with its own expected sequence."""
    path = _CAPTURES / name / "expected.seq"
    sequence = parse(path.read_text("utf-8"), str(path))
    return Case(name, Tape.of(path.with_name(f"{name}.pcapng")), (sequence,), (Comparer(sequence),))


@cache
def exact_case(name: str, *, strict: bool) -> Case:
    """A folder with sequences that write all that its connections did, number for number."""
    tape = Tape.of(_CAPTURES / name / f"{name}.pcapng")
    connections = inspect(io.BytesIO(tape.bytes), name=name).connections
    sequences = tuple(parse("strict\n" * strict + _exactly(each), "exact.seq") for each in connections)
    return Case(name, tape, sequences, tuple(map(Comparer, sequences)))


def _exactly(connection: Connection) -> str:
    first = connection.segments[0]
    start = [0, 0]
    start[first.sender], start[1 - first.sender] = first.row.seq, first.row.ack
    for traced in connection.segments[::-1]:
        if traced.row.flags & Flag.SYN:
            start[traced.sender] = traced.row.seq
    text = ""
    for event in seen(connection):
        line = f"{('client', 'server')[event.sender]} > {('server', 'client')[event.sender]}  "
        line += flags_text(event.flags)
        fields = dict(event.fields)
        for name, side in (("seq", event.sender), ("ack", 1 - event.sender)):
            number = fields.pop(name)
            if name == "seq" or event.flags & Flag.ACK:
                line += f"  {name}={'xy'[side]}+{(number - start[side]) % (1 << 32)}"
        urgent = fields.pop("urg")
        line += "".join(
            f"  {name}={value}" if name not in ("sack", "timestamps") else f"  {name}" for name, value in fields.items()
        )
        text += line + (f"  urg={urgent}" if urgent else "") + "\n"
    return text


FOLDERS = sorted(
    path.parent.name
    for path in _CAPTURES.glob("*/expected.seq")
    if "verdict   ✓ as expected" in path.with_name("check.txt").read_text("utf-8")
    and len(case(path.parent.name).tape.frames)
)


def faults_of(one: Case, seed: str, count: int) -> list[Fault]:
    """So many faults, the same for each seed."""
    return [drawn(Random(f"{seed} {one.name} {number}"), one.tape) for number in range(count)]  # noqa: S311


def what_is_wrong(judged: list[Judged], fault: Fault, *, conversations: int) -> str:
    """Which law does not hold of what was told of one fault; empty where all hold.

    1. The engine and the oracle are of one mind, of every conversation.
    2. Where something differs, one of the differences is where the fault is, and names the changed field (or says that
       the segment is another one: extra). Else what is told must be one difference, and explain it as well: with it put
       right, all is as expected.
    3. One fault is one difference or two; more only where frames come to belong to other conversations.
    """
    for each in judged:
        verdict = each.is_as_expected
        if verdict is not None and verdict is not each.told.matched:
            return f"told {each.told.matched}, and the oracle says {verdict}"
    told = [(each, difference) for each in judged for difference in each.told.differences]
    if not told:
        return ""
    here = [difference for each, difference in told if _is_here(each, difference, fault)]
    named = fault.kind != "changed" or any(
        difference.frame == fault.frame and (difference.field == fault.field or difference.kind is Kind.EXTRA)
        for _, difference in told
    )
    same = len(judged) == conversations
    explained = len(told) == 1 and all(each.is_mended for each in judged if not each.told.matched)
    if not here and not explained:
        return "told elsewhere"
    if not named and not explained and same:
        return f"{fault.field} is not named"
    return f"told as {len(told)} differences" if same and len(told) > _MOST_TOLD else ""


def _is_here(judged: Judged, difference: Difference, fault: Fault) -> bool:
    low, high = judged.bounds(difference)
    return any(low <= place <= high for place in fault.places)
