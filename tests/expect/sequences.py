"""Any sequence that the notation can write, for properties."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite

from inspector.expect.icmp import KINDS
from inspector.expect.line_parser import TCP_FIELDS
from inspector.expect.notation import (
    ANY,
    Alternatives,
    AnyOrder,
    AnySegments,
    Carried,
    Datagram,
    Field,
    Flags,
    Icmp,
    Item,
    Line,
    Linear,
    Nothing,
    Optional,
    Part,
    Relation,
    Remark,
    Repeat,
    Sequence,
    Use,
)
from inspector.tcp.states import State

_TEXT = st.text(st.sampled_from("ab 12:.*'>|+()握手é"), max_size=8).map(str.strip)
_SYMBOL = st.sampled_from(["x", "y", "n", "isn_c", "m'", "编号"])
_STATE = st.sampled_from([None, *[state for state in State if state is not State.SYN_RECEIVED_ACTIVE]])
_COMPARED = ["=", "!=", "<", "<=", ">", ">="]


@composite
def sums(draw: DrawFn) -> Linear:
    terms = [
        (draw(st.integers(-3, 1 << 33).filter(bool)), draw(st.one_of(st.just(""), _SYMBOL)))
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
    return Field(name, relation, draw(sums()), draw(sums()) if relation is Relation.BETWEEN else None)


@composite
def lines(draw: DrawFn) -> Line:
    sender, receiver = draw(st.sampled_from([("a", "b"), ("b", "a")]))
    carried: Carried = draw(
        st.one_of(
            st.builds(Flags, st.integers(0, 511), st.booleans()),
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
        draw(st.one_of(st.none(), st.integers(0, 10**12))),
        draw(st.one_of(st.none(), st.tuples(_STATE, _STATE))),
        draw(_TEXT),
    )


@composite
def uses(draw: DrawFn) -> Use:
    peers = draw(st.sampled_from([None, ("a", "b")]))
    values = draw(st.lists(st.tuples(_SYMBOL.filter(lambda symbol: "'" not in symbol), sums()), max_size=2))
    return Use(draw(st.sampled_from(["three-way-handshake", "x", "名字"])), peers, tuple(values))


@composite
def bodies(draw: DrawFn, depth: int) -> tuple[Item, ...]:
    """One to three items, one of them more than a remark."""
    before = draw(st.lists(_TEXT.map(Remark), max_size=1))
    after = draw(st.lists(st.one_of(_TEXT.map(Remark), items(depth)), max_size=1))
    return (*before, draw(items(depth)), *after)


@composite
def items(draw: DrawFn, depth: int) -> Item:
    kind = draw(st.sampled_from(["line", "line", "line", "use", "...", *["block"] * (depth > 0)]))
    if kind == "line":
        return draw(lines())
    if kind == "use":
        return draw(uses())
    return AnySegments() if kind == "..." else draw(blocks(depth - 1))


@composite
def blocks(draw: DrawFn, depth: int) -> Item:
    kind = draw(st.sampled_from(["optional", "repeat", "any order", "either"]))
    body = draw(bodies(depth))
    if kind == "optional":
        return Optional(body)
    if kind == "any order":
        return AnyOrder(body)
    if kind == "either":
        return Alternatives((body, *draw(st.lists(bodies(depth), min_size=1, max_size=2))))
    least, more = draw(st.integers(0, 3)), draw(st.one_of(st.none(), st.integers(0, 3)))
    return Repeat(body, least, None if more is None else max(least + more, 1))


@composite
def sequences(draw: DrawFn) -> Sequence:
    peers = draw(st.sampled_from([None, ("a", "b"), ("b", "a")]))
    remarks = [Remark(text) for text in draw(st.lists(_TEXT, max_size=1))]
    some = tuple(item for body in draw(st.lists(bodies(2), min_size=1, max_size=3)) for item in body)
    return Sequence(
        (*remarks, Nothing()) if draw(st.sampled_from([False] * 9 + [True])) else some,
        draw(_TEXT),
        tuple(draw(st.lists(_TEXT, max_size=2))),
        peers,
        peers is not None and draw(st.booleans()),
        draw(st.sampled_from(Part)),
        tuple(draw(st.lists(_SYMBOL, max_size=2))),
        draw(st.booleans()),
        tuple(draw(st.lists(st.sampled_from(["syn-ack-wrong-ack", "no-ack-flag"]), max_size=2))),
    )
