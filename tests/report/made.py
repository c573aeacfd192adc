"""Inspections of all kinds, made by hypothesis: any numbers, states and texts, hostile ones among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from inspector.expect.model import Comparison, Difference, Kind
from inspector.findings import Blame, Finding, Side
from inspector.kernel.model import Moment, Snapshot, SocketRow, StateChange, Testimony, Timer
from inspector.report.inspection import CaptureSummary, Inspection, Message, Selected, Verdict
from inspector.tcp.labels import LABELS
from inspector.tcp.model import Close, Connection, ConnState, End, Handshake, TracedSegment, Zeek
from inspector.tcp.states import State
from inspector.udp.model import Exchange, Outcome, TracedDatagram
from inspector.wire.row import NO_TIME, Endpoint, Row
from tests.report.stories import addressed

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["inspections"]

T = TypeVar("T")
U32 = st.integers(0, 2**32 - 1)
COUNT = st.integers(0, 10**7)
TIME = st.one_of(st.just(NO_TIME), st.integers(-(10**9), 2 * 10**18))
TEXT = st.one_of(
    st.text(st.characters(), max_size=40), st.sampled_from(["", "\x1b[2J", "\u202e", "a b c " * 30, "你好"])
)
KIND = st.sampled_from(["syn-ack-wrong-ack", "segment-not-captured"])
FRAME = st.integers(1, 10**9)
ADDRESS = st.sampled_from(["127.0.0.1", "10.200.100.123", "::1", "2001:db8:85a3:8d3:1319:8a2e:370:7348"])
ENDPOINT = st.builds(Endpoint, ADDRESS, st.integers(0, 65535))


def optional(strategy: SearchStrategy[T]) -> SearchStrategy[T | None]:
    return st.one_of(st.none(), strategy)


def several(strategy: SearchStrategy[T], most: int = 3) -> SearchStrategy[tuple[T, ...]]:
    return st.lists(strategy, max_size=most).map(tuple)


FINDING = st.builds(
    Finding, KIND, st.sampled_from(Blame), TEXT, TEXT, optional(FRAME), st.sampled_from(["", "ack"]),
    optional(U32), optional(U32),
)  # fmt: skip
DIFFERENCE = st.builds(
    Difference, st.sampled_from(Kind), optional(st.integers(1, 20)), optional(st.integers(1, 20)),
    st.sampled_from(["", "ack"]), TEXT, TEXT, TEXT, TEXT,
)  # fmt: skip
COMPARISON = st.builds(
    Comparison, TEXT, st.booleans(), several(DIFFERENCE),
    st.lists(st.tuples(st.sampled_from(["x", "y", "isn"]), U32), max_size=3).map(tuple),
    st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), max_size=5).map(tuple),
    several(TEXT), optional(st.integers(1, 4)),
)  # fmt: skip
END = st.builds(
    End, ENDPOINT, st.sampled_from(State), optional(U32), optional(st.integers(0, 65535)),
    optional(st.integers(0, 255)),
    st.one_of(st.none(), st.booleans()), st.one_of(st.none(), st.booleans()), COUNT, COUNT, COUNT,
)  # fmt: skip
CAPTURE = st.builds(
    CaptureSummary, COUNT, optional(COUNT), COUNT, COUNT, COUNT,
    st.lists(st.tuples(TEXT, st.integers(1, 9)), max_size=2).map(tuple),
    st.lists(st.tuples(TEXT, st.integers(1, 9)), max_size=2).map(tuple), TEXT, TEXT,
)  # fmt: skip
ROW = st.builds(
    Row, frame=st.integers(1, 20), time_ns=TIME, flags=st.integers(0, 0x1FF), seq=U32, ack=U32,
    payload_len=st.integers(0, 65535), window=st.integers(0, 65535), options=st.integers(0, 255),
    mss=st.integers(0, 65535), window_scale=st.integers(0, 255), icmp_type=st.sampled_from([0, 0, 3]),
)  # fmt: skip


KERNEL_STATE = st.sampled_from(sorted({str(state) for state in State}))
TESTIMONY = st.builds(
    Testimony,
    several(st.builds(StateChange, TIME, ENDPOINT, ENDPOINT, KERNEL_STATE, KERNEL_STATE, st.integers(1, 3)), 8),
    several(
        st.builds(
            Snapshot, st.integers(0, 20), st.sampled_from(Moment), TIME,
            several(
                st.builds(
                    SocketRow, st.sampled_from(["", "client", "server"]), st.sampled_from(["tcp", "udp"]), KERNEL_STATE,
                    COUNT, COUNT, ENDPOINT, ENDPOINT, st.sampled_from(Timer), COUNT, st.booleans(),
                )
            ),
        )
    ),
    st.one_of(st.just(""), TEXT), TEXT, st.booleans(),
)  # fmt: skip


@st.composite
def segments(draw: DrawFn, ends: tuple[Endpoint, Endpoint]) -> TracedSegment:
    row, side = draw(ROW), draw(st.sampled_from(Side))
    addressed(row, ends[side], ends[side.other])
    states = (draw(st.sampled_from(State)), draw(st.sampled_from(State)))
    return TracedSegment(row, side, draw(st.sampled_from(LABELS)), states, 0, draw(several(FINDING, 2)))


@st.composite
def connections(draw: DrawFn, number: int) -> Connection:
    one, other = draw(END), draw(END)
    kept = tuple(draw(st.lists(segments((one.endpoint, other.endpoint)), max_size=30)))
    inside = tuple(finding for traced in kept for finding in traced.findings)
    return Connection(
        number, one, other, draw(st.sampled_from(Handshake)), draw(st.sampled_from(Close)),
        Zeek(ConnState.SF, "ShADadFf"), draw(st.integers(0, 63)), draw(TIME), draw(TIME),
        draw(optional(st.integers(0, 10**12))), kept, (*draw(several(FINDING)), *inside),
    )  # fmt: skip


@st.composite
def exchanges(draw: DrawFn, number: int) -> Exchange:
    ends = (draw(ENDPOINT), draw(ENDPOINT))
    datagrams = []
    for _ in range(draw(st.integers(0, 30))):
        row, side = draw(ROW), draw(st.sampled_from(Side))
        addressed(row, ends[side], ends[side.other])
        datagrams.append(TracedDatagram(row, side, "request", draw(optional(FRAME))))
    sizes = (draw(COUNT), draw(COUNT))
    return Exchange(
        number, *ends, draw(st.sampled_from(Outcome)), tuple(datagrams), sizes, sizes, draw(TIME), draw(TIME),
        "SF", "Dd", draw(several(FINDING)),
    )  # fmt: skip


@st.composite
def inspections(draw: DrawFn) -> Inspection:
    return Inspection(
        source=draw(TEXT),
        capture=draw(CAPTURE),
        connections=tuple(draw(connections(number)) for number in range(1, 1 + draw(st.integers(0, 3)))),
        exchanges=tuple(draw(exchanges(number)) for number in range(1, 1 + draw(st.integers(0, 2)))),
        comparisons=draw(several(COMPARISON)),
        verdict=draw(st.sampled_from(Verdict)),
        title=draw(TEXT),
        saved_to=draw(TEXT),
        messages=draw(
            several(
                st.builds(
                    Message,
                    st.sampled_from(["client", "server", "client 2\x07"]),
                    TEXT,
                    st.sampled_from(["sent", "received", "note"]),
                    st.integers(0, 9),
                )
            )
        ),
        payloads=draw(st.dictionaries(st.integers(1, 20), st.binary(max_size=300), max_size=6)),
        lesson=draw(several(TEXT)),
        kernel=draw(optional(TESTIMONY)),
        selected=draw(optional(st.builds(Selected, COUNT, COUNT, TEXT, st.sampled_from(["", "-bytes"]), COUNT))),
    )
