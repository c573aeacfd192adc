"""A test's vocabulary for expressions: any expression at all, and connections in both speeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from inspector.columns import to_columns
from inspector.query.expression import ORDERINGS, And, Condition, Node, Not, Or, Prefix
from inspector.query.fields import ASKED, Field, Kind
from inspector.query.reading import UNKNOWN
from inspector.query.selection import Selection
from inspector.tcp.lifetimes import Limits
from inspector.tcp.tracker import Tracker
from inspector.wire.row import Row, address_halves

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hypothesis.strategies import DrawFn, SearchStrategy

    from inspector.query.order import Order
    from inspector.tcp.model import Connection
    from inspector.tcp.summary import Summary

HOUR_NS = 3_600_000_000_000
PATIENT = Limits(HOUR_NS, HOUR_NS, HOUR_NS)

NUMBERS = st.one_of(st.integers(0, 40), st.sampled_from([80, 443, 40000]), st.integers(0, (1 << 63) - 1))
TIMES = st.one_of(st.sampled_from([0, 10_000_000, 20_000_000, 1_500]), st.integers(0, (1 << 63) - 1))
MOMENTS = st.one_of(st.integers(1, 60).map(lambda at: at * 10_000_000), st.integers(-(1 << 63) + 1, (1 << 63) - 1))
TEXTS = st.one_of(
    st.sampled_from(["S", "ShA", "ShAFf", ""]), st.text(st.characters(exclude_characters="\"'"), max_size=9)
)


@st.composite
def prefixes(draw: DrawFn, *, whole: bool) -> Prefix:
    version = draw(st.sampled_from([4, 6]))
    bits = 32 if version == 4 else 128
    length = bits if whole else draw(st.integers(0, bits))
    near = [0x0A000001, 0x0A000002, 0x0A000101, 0xC0000000] if version == 4 else [1, 0x20010DB8 << 96]
    number = draw(st.one_of(st.sampled_from(near), st.integers(0, (1 << bits) - 1)))
    number = number >> (bits - length) << (bits - length)
    if version == 4:
        return Prefix(4, 0, 0xFFFF << 32 | number, length)
    high, low = (half - (1 << 64) if half >> 63 else half for half in (number >> 64, number & (1 << 64) - 1))
    return Prefix(6, high, low, length)


def values(field: Field, operator: str) -> SearchStrategy[Any]:
    unknown = st.just(UNKNOWN)
    if field.kind is Kind.ADDRESS:
        return prefixes(whole=operator != "in")
    if field.kind in (Kind.WORD, Kind.WORDS):
        return st.sampled_from(sorted(set(field.words)))
    if field.kind in (Kind.TIME, Kind.MOMENT):
        known = TIMES if field.kind is Kind.TIME else MOMENTS
        return st.one_of(known, unknown) if operator in ("==", "!=") else known
    return TEXTS if field.kind is Kind.TEXT else NUMBERS


@st.composite
def single_tests(draw: DrawFn) -> Condition:
    field = ASKED[draw(st.sampled_from(sorted(ASKED)))]
    operators = ["==", "!=", "in", *(ORDERINGS if field.kind.is_ordered else ())]
    operator = draw(st.sampled_from([*operators, *["contains"] * (field.kind is Kind.TEXT)]))
    most = 3 if operator == "in" else 1
    return Condition(field.name, operator, tuple(draw(st.lists(values(field, operator), min_size=1, max_size=most))))


def _larger(smaller: SearchStrategy[Node]) -> SearchStrategy[Node]:
    parts = st.lists(smaller, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, smaller), st.builds(And, parts), st.builds(Or, parts))


EXPRESSIONS: SearchStrategy[Node] = st.recursive(single_tests(), _larger, max_leaves=6)


@dataclass
class Collector:
    """A taker that keeps what it is given, in either speed."""

    numbers: list[int] = field(default_factory=list)
    found: list[tuple[int, ...]] = field(default_factory=list)

    def take_connections(self, connections: Iterable[Connection]) -> None:
        from inspector.columns import values_of
        from inspector.tcp.found import FoundRow, rows_of

        for each in connections:
            self.numbers.append(each.number)
            self.found += [values_of(FoundRow)(row) for row in rows_of(each)]

    def take_accounts(self, accounts: Any) -> None:
        self.numbers += accounts["number"].tolist()

    def take_found(self, rows: Any) -> None:
        self.found += rows.tolist()


def objects(rows: list[Row]) -> list[Connection]:
    tracker = Tracker()
    tracker.feed(rows, len(rows))
    return list(tracker.connections())


def summed(
    rows: list[Row],
    where: Node | None = None,
    order: Order | None = None,
    sink: Any = None,
    limits: Limits = PATIENT,
    batch: int = 0,
) -> Summary:
    """The same as columns."""
    tracker = Tracker(keep=False, limits=limits, choice=Selection(where, order, sink=sink))
    size = batch or max(len(rows), 1)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        tracker.feed(to_columns(Row, part, len(part)), len(part), columnar=True)
    return tracker.summary()


def elsewhere(rows: list[Row], source: str, destination: str) -> list[Row]:
    """The same between other addresses."""
    from dataclasses import replace

    (version, *one), (_, *two) = address_halves(source), address_halves(destination)
    first = rows[0].src_lo
    moved = []
    for row in rows:
        src, dst = (one, two) if row.src_lo == first else (two, one)
        moved.append(replace(row, version=version, src_hi=src[0], src_lo=src[1], dst_hi=dst[0], dst_lo=dst[1]))
    return moved
