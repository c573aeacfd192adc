"""Any sequence that the notation can write, for properties."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite

from inspector.expect.icmp import KINDS
from inspector.expect.line_parser import TCP_FIELDS
from inspector.expect.notation import (
    ANY,
    SEQUENCE_SPACE,
    Alternatives,
    AnyOrder,
    AnySegments,
    Carried,
    ConnectionBlock,
    Datagram,
    End,
    Field,
    Flags,
    Icmp,
    Item,
    Line,
    Linear,
    Mark,
    Named,
    Nothing,
    OneOf,
    Optional,
    Part,
    Relation,
    Remark,
    Repeat,
    Sequence,
    Silence,
    States,
    Use,
)
from inspector.tcp.states import State

_TEXT = st.text(st.sampled_from("ab 12:.*'>|+()握手é"), max_size=8).map(str.strip)
_SYMBOL = st.sampled_from(["x", "y", "n", "isn_c", "m'", "编号"])
_STATE = st.sampled_from([None, *[state for state in State if state is not State.SYN_RECEIVED_ACTIVE]])
_STATES = st.tuples(_STATE, _STATE)
_DURATION = st.integers(0, 10**12)
_FLAGS = st.builds(Flags, st.integers(0, 511), st.booleans())
_NAME = st.sampled_from(["close", "挥手", "line-2", "or", "use", "part", "connection"])
_COMPARED = ["=", "!=", "<", "<=", ">", ">="]


@composite
def sums(draw: DrawFn, most: int = (1 << 32) - 1) -> Linear:
    terms = [
        (draw(st.integers(-3, most).filter(bool)), draw(st.one_of(st.just(""), _SYMBOL)))
        for _ in range(draw(st.integers(1, 3)))
    ]
    return Linear(tuple(terms))


@composite
def fields(draw: DrawFn, names: tuple[str, ...]) -> Field:
    name = draw(st.sampled_from(names))
    if name in {"sack", "timestamps"} or (name in {"mss", "wscale"} and draw(st.booleans())):
        return Field(name, draw(st.sampled_from([Relation.PRESENT, Relation.ABSENT])))
    relation = draw(st.sampled_from([*_COMPARED, "..", "any"]).map(Relation))
    if relation is Relation.ANY:
        return Field(name, relation)
    # What no header has room for, and a range that is empty, is refused.
    most = (1 << 32) - 1 if name in SEQUENCE_SPACE else 0xFF // 3 if name == "wscale" else 0xFFFF // 3
    low, high = draw(sums(most)), draw(sums(most))
    if relation is not Relation.BETWEEN:
        return Field(name, relation, low)
    if low.factors == high.factors and low.constant > high.constant:
        low, high = high, low
    return Field(name, relation, low, high)


@composite
def lines(draw: DrawFn) -> Line:
    sender, receiver = draw(st.sampled_from([("a", "b"), ("b", "a")]))
    carried: Carried = draw(
        st.one_of(
            _FLAGS,
            st.lists(_FLAGS, min_size=2, max_size=4).map(tuple).map(OneOf),
            st.just(ANY),
            st.just(Datagram()),
            st.sampled_from([*KINDS, "any", "3/9"]).map(Icmp),
        )
    )
    names = () if isinstance(carried, Icmp) else ("len",) if isinstance(carried, Datagram) else TCP_FIELDS
    return Line(
        sender,
        receiver,
        carried,
        tuple(draw(st.lists(fields(names), max_size=3))) if names else (),
        draw(st.one_of(st.none(), _DURATION)),
        draw(st.one_of(st.none(), _STATES)),
        draw(_TEXT),
    )


@composite
def uses(draw: DrawFn) -> Use:
    peers = draw(st.sampled_from([None, ("a", "b")]))
    values = draw(st.lists(st.tuples(_SYMBOL.filter(lambda symbol: "'" not in symbol), sums()), max_size=2))
    return Use(draw(st.sampled_from(["three-way-handshake", "x", "名字"])), peers, tuple(values))


def marks() -> st.SearchStrategy[Mark]:
    silences = st.builds(Silence, _DURATION, st.sampled_from(["", "a", "b"]), st.booleans())
    return st.one_of(silences, _STATES.map(States))


@composite
def bodies(draw: DrawFn, depth: int, *, marked: bool = True) -> tuple[Item, ...]:
    """One to three items, one of them more than a remark; no mark in any order, and the end at the end."""
    before = draw(st.lists(_TEXT.map(Remark), max_size=1))
    after = draw(st.lists(st.one_of(_TEXT.map(Remark), items(depth, marked=marked)), max_size=1))
    end = [End()] if marked and draw(st.sampled_from([False] * 5 + [True])) else []
    return (*before, draw(items(depth, marked=marked)), *after, *end, *[Remark("so") for _ in end])


@composite
def items(draw: DrawFn, depth: int, *, marked: bool) -> Item:
    kinds = ["line", "line", "line", "use", "...", *["block"] * (depth > 0), *["mark"] * marked]
    match draw(st.sampled_from(kinds)):
        case "line":
            return draw(lines())
        case "use":
            return draw(uses())
        case "mark":
            return draw(marks())
        case "block":
            return draw(blocks(depth - 1))
        case _:
            return AnySegments()


@composite
def counts(draw: DrawFn) -> tuple[int, int | None]:
    least, more = draw(st.integers(0, 3)), draw(st.one_of(st.none(), st.integers(0, 3)))
    return least, None if more is None else max(least + more, 1)


@composite
def blocks(draw: DrawFn, depth: int) -> Item:
    match draw(st.sampled_from(["optional", "repeat", "any order", "either", "part"])):
        case "optional":
            return Optional(draw(bodies(depth)))
        case "any order":
            return AnyOrder(draw(bodies(depth, marked=False)))
        case "either":
            return Alternatives(tuple(draw(st.lists(bodies(depth), min_size=2, max_size=3))))
        case "part":
            return Named(draw(_NAME), draw(bodies(depth)))
        case _:
            return Repeat(draw(bodies(depth)), *draw(counts()))


@composite
def connections(draw: DrawFn) -> tuple[Item, ...]:
    """Blocks of connections, some of them counted and tied to those above, and `...` among them."""
    found: list[Item] = []
    single: list[str] = []
    names: list[str] = []
    for name in draw(st.lists(_NAME, min_size=1, max_size=3, unique=True)):
        counted = draw(st.booleans())
        own = [name] if counted else []
        endpoints = draw(st.sampled_from(["", *single, *own]))
        after = draw(st.sampled_from(["", *names, *own]))
        block = ConnectionBlock(name, draw(bodies(1)), endpoints, after)
        if counted:
            found.append(Repeat((block,), *draw(counts())) if draw(st.booleans()) else Optional((block,)))
        else:
            found.append(block)
        found += draw(st.lists(st.sampled_from([AnySegments(), Remark("or others")]), max_size=1))
        names.append(name)
        single += [] if counted else [name]
    return tuple(found)


@composite
def sequences(draw: DrawFn) -> Sequence:
    peers = draw(st.sampled_from([None, ("a", "b"), ("b", "a")]))
    remarks = [Remark(text) for text in draw(st.lists(_TEXT, max_size=1))]
    bodied = [item for body in draw(st.lists(bodies(2), min_size=1, max_size=3)) for item in body]
    some = (*(item for item in bodied if not isinstance(item, End)), *[End()] * draw(st.booleans()))
    several = draw(connections())
    return Sequence(
        draw(st.sampled_from([(*remarks, Nothing()), several, several, several, *[some] * 6])),
        draw(_TEXT),
        tuple(draw(st.lists(_TEXT, max_size=2))),
        peers,
        peers is not None and draw(st.booleans()),
        draw(st.sampled_from(Part)),
        tuple(draw(st.lists(_SYMBOL, max_size=2, unique=True))),
        draw(st.booleans()),
        tuple(draw(st.lists(st.sampled_from(["syn-ack-wrong-ack", "no-ack-flag"]), max_size=2))),
    )
