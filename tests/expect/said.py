"""A test's vocabulary: what two ends said, made into a connection without any decoder or tracker.

    said = Said().handshake().client("ACK", len=5).server("ACK").closed()
    comparison = said.compare("three-way-handshake")

Numbers follow from what was said before (an orderly pair of ends); a test writes only the field that differs. The
originator starts at 1000, the responder at 2000. Nothing is labelled: facts are given where they matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from inspector.expect.comparison import compare
from inspector.expect.library import load
from inspector.expect.model import Comparison, Difference
from inspector.expect.parser import parse
from inspector.findings import Side
from inspector.tcp.model import Close, Connection, ConnState, End, Handshake, TracedSegment, Zeek
from inspector.tcp.states import State
from inspector.wire.flags import parse_flags
from inspector.wire.row import Endpoint, Flag, Protocol, Row, address_halves

if TYPE_CHECKING:
    from inspector.expect.notation import Sequence

MODULUS = 1 << 32
_VERSION, _HI, _LO = address_halves("127.0.0.1")
_TEMPLATE = TracedSegment(
    Row(version=_VERSION, protocol=Protocol.TCP, src_hi=_HI, src_lo=_LO, dst_hi=_HI, dst_lo=_LO, window=65535),
    Side.ORIGINATOR,
    "",
    (State.ESTABLISHED, State.ESTABLISHED),
    0,
)


@dataclass
class Said:
    """Segments in the order in which they were captured; frames count from 1."""

    x: int = 1000
    y: int = 2000
    segments: list[TracedSegment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._next = [self.x, self.y]

    def client(self, flags: str, **fields: Any) -> Self:
        """A segment from the originator."""
        return self._say(Side.ORIGINATOR, flags, fields)

    def server(self, flags: str, **fields: Any) -> Self:
        """A segment from the responder."""
        return self._say(Side.RESPONDER, flags, fields)

    def _say(self, sender: Side, flags: str, fields: dict[str, Any]) -> Self:
        bits = parse_flags(flags)
        assert bits is not None
        frame = len(self.segments) + 1
        length = fields.pop("len", 0)
        seq, ack = self._next[sender], self._next[sender.other] if bits & Flag.ACK else 0
        self._next[sender] = seq + length + bool(bits & Flag.SYN) + bool(bits & Flag.FIN)
        facts, states = fields.pop("facts", 0), fields.pop("states", _TEMPLATE.states)
        numbers = {"seq": seq, "ack": ack, "payload_len": length, "time_ns": frame * 1_000_000} | fields
        numbers |= {name: numbers[name] % MODULUS for name in ("seq", "ack")}
        row = replace(_TEMPLATE.row, frame=frame, flags=bits, **numbers)
        self.segments.append(replace(_TEMPLATE, row=row, sender=sender, facts=facts, states=states))
        return self

    def handshake(self) -> Self:
        return self.client("SYN").server("SYN,ACK").client("ACK")

    def closed(self) -> Self:
        """In three segments, the originator first."""
        return self.client("FIN,ACK").server("FIN,ACK").client("ACK")

    def changed(self, frame: int, **fields: Any) -> Self:
        """The same with some fields of one frame changed; what was said later does not follow."""
        if "flags" in fields:
            fields["flags"] = parse_flags(fields["flags"])
        traced = self.segments[frame - 1]
        facts = fields.pop("facts", traced.facts)
        self.segments[frame - 1] = replace(traced, row=replace(traced.row, **fields), facts=facts)
        return self

    def without(self, frame: int) -> Self:
        """The same without one frame; those that follow keep their numbers."""
        del self.segments[frame - 1]
        return self

    def swapped(self, frame: int) -> Self:
        """The same with a frame and the one after it in the other order (frames count by their places)."""
        one, two = self.segments[frame - 1 : frame + 1]
        self.segments[frame - 1 : frame + 1] = [
            replace(two, row=replace(two.row, frame=one.row.frame)),
            replace(one, row=replace(one.row, frame=two.row.frame)),
        ]
        return self

    def connection(self) -> Connection:
        ends = [
            End(Endpoint("127.0.0.1", port), State.CLOSED, iss, None, None, None, None, len(self.segments), 0, 0)
            for port, iss in ((40000, self.x), (80, self.y))
        ]
        return Connection(
            1,
            ends[0],
            ends[1],
            Handshake.COMPLETE,
            Close.NONE,
            Zeek(ConnState.SF, ""),
            0,
            0,
            0,
            None,
            tuple(self.segments),
            (),
        )

    def compare(self, expected: str) -> Comparison:
        """With a sequence of the library, or with one that is written here (more than one line)."""
        return compare(sequence(expected), self.connection())


def sequence(expected: str) -> Sequence:
    return parse(expected, "here.seq") if "\n" in expected or ">" in expected else load(expected)


def told(differences: Comparison | tuple[Difference, ...]) -> list[tuple[str, int | None, int | None, str]]:
    """`(kind, line, frame, field)` of each difference."""
    found = differences.differences if isinstance(differences, Comparison) else differences
    return [(str(each.kind), each.line, each.frame, each.field) for each in found]


def capture(*said: Said | tuple[Said, int]) -> list[Connection]:
    """Connections one after the other, each from a port of its own or from the one given."""
    found: list[Connection] = []
    frame = 0
    for number, each in enumerate(said, start=1):
        one, port = each if isinstance(each, tuple) else (each, 40000 + number)
        connection = one.connection()
        segments = tuple(
            replace(traced, row=replace(traced.row, frame=frame + traced.row.frame)) for traced in connection.segments
        )
        frame += len(segments)
        originator = replace(connection.originator, endpoint=Endpoint("127.0.0.1", port))
        found.append(replace(connection, number=number, segments=segments, originator=originator))
    return found
