"""Writes the notation: one canonical text for each sequence, columns aligned as on a board.

`parse(format_sequence(x)) == x` for whatever `parse` can give. Neighbouring lines of a block share their columns:
peers, what they carry, and each field below its like; names may be Chinese, whose signs are two columns wide. A
comment on a line of its own has an empty line above, unless it goes on where another ended; so has a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.expect.line_parser import DURATIONS, TCP_FIELDS
from inspector.expect.notation import (
    Alternatives,
    AnyOrder,
    AnySegments,
    ConnectionBlock,
    Datagram,
    End,
    Flags,
    Icmp,
    Line,
    Mark,
    Named,
    Nothing,
    OneOf,
    Optional,
    Part,
    Relation,
    Remark,
    Repeat,
    Silence,
    States,
    Use,
)
from inspector.wire.flags import flags_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.expect.notation import Carried, Field, Item, Linear, Sequence, StatePair

__all__ = [
    "carried_text",
    "duration_text",
    "field_text",
    "format_line",
    "format_sequence",
    "linear_text",
    "simple_text",
]

_INDENT = "    "


def format_sequence(sequence: Sequence) -> str:
    """The canonical text of `sequence`, ending in a newline."""
    header = list(_header(sequence))
    body = list(_items(sequence.items, ""))
    while body and not body[0]:
        del body[0]
    return "\n".join([*header, *([""] if header else []), *body]) + "\n"


def format_line(line: Line) -> str:
    """One line in the notation, its columns two blanks apart, without its remark."""
    return "  ".join(_cells(line))


def _header(sequence: Sequence) -> Iterator[str]:
    if sequence.title:
        yield f"title: {sequence.title}"
    for text in sequence.about:
        yield f"about: {text}".rstrip()
    if sequence.peers:
        yield f"peers: {' '.join(sequence.peers)}{' either way' if sequence.either_way else ''}"
    if sequence.part is not Part.WHOLE:
        yield f"part: {sequence.part}"
    if sequence.parameters:
        yield f"parameters: {' '.join(sequence.parameters)}"
    if sequence.provokes:
        yield f"provokes: {' '.join(sequence.provokes)}"
    if sequence.strict:
        yield "strict"


def _items(items: tuple[Item, ...], indent: str) -> Iterator[str]:
    index = 0
    while index < len(items):
        item = items[index]
        if isinstance(item, Line):
            group = _run_of_lines(items, index)
            yield from _aligned(group, indent)
            index += len(group)
            continue
        if isinstance(item, Remark):
            if index and (item.is_apart or not isinstance(items[index - 1], Remark)):
                yield ""
            yield f"{indent}# {item.text}".rstrip()
        else:
            if isinstance(item, ConnectionBlock) and index and not isinstance(items[index - 1], Remark):
                yield ""
            yield from _structure(item, indent)
        index += 1


def _run_of_lines(items: tuple[Item, ...], start: int) -> list[Line]:
    run: list[Line] = []
    for index in range(start, len(items)):
        item = items[index]
        if not isinstance(item, Line):
            break
        run.append(item)
    return run


def _structure(item: Item, indent: str) -> Iterator[str]:
    match item:
        case AnySegments() | Use() | Silence() | End() | States() | Nothing():
            yield indent + simple_text(item)
        case Optional():
            yield from _block("optional:", item.items, indent)
        case Repeat():
            yield from _block(f"repeat {_count(item)}:", item.items, indent)
        case AnyOrder():
            yield from _block("any order:", item.items, indent)
        case Named():
            yield from _block(f"part {item.name}:", item.items, indent)
        case ConnectionBlock():
            yield from _block(f"connection {item.name}{_bonds(item)}:", item.items, indent)
        case Alternatives():
            for index, branch in enumerate(item.branches):
                yield from _block("or:" if index else "either:", branch, indent)


def _block(head: str, items: tuple[Item, ...], indent: str) -> Iterator[str]:
    if len(items) == 1 and isinstance(items[0], Line | AnySegments | Use | Mark):
        yield f"{indent}{head} {simple_text(items[0])}"
        return
    yield indent + head
    yield from _items(items, indent + _INDENT)


def simple_text(  # noqa: PLR0911 - one for each kind of item
    item: Line | AnySegments | Use | Mark | Nothing,
) -> str:
    """An item that is no block."""
    match item:
        case Line():
            return _with_remark(format_line(item), item)
        case AnySegments():
            return "..."
        case Nothing():
            return "nothing"
        case End():
            return "nothing after this"
        case States():
            return _states(item.states)
        case Silence():
            what = "datagram" if item.datagrams else "segment"
            sender = f" from {item.sender}" if item.sender else ""
            return f"no {what}{sender} for {duration_text(item.duration_ns)}"
        case Use():
            words = [*(item.peers or ()), *(f"{name}={linear_text(value)}" for name, value in item.values)]
            return f"use {item.name}({', '.join(words)})" if words else f"use {item.name}"


def _bonds(block: ConnectionBlock) -> str:
    """What ties a connection to others."""
    bonds = [f"{word} {name}" for word, name in (("endpoints of", block.endpoints_of), ("after", block.after)) if name]
    return f"({', '.join(bonds)})" if bonds else ""


def _count(repeat: Repeat) -> str:
    if repeat.most is None:
        return {0: "*", 1: "+"}.get(repeat.least, f"{{{repeat.least},}}")
    if repeat.most == repeat.least:
        return f"{{{repeat.least}}}"
    return f"{{{repeat.least},{repeat.most}}}"


# -------------------------------------------------------------------------------------- the line


def _aligned(lines: list[Line], indent: str) -> Iterator[str]:
    """Lines with their columns one below the other; what a line lacks of a column is left blank."""
    from rich.cells import cell_len  # only who lays out waits for it

    rows = _rows(lines)
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for line, row in zip(lines, rows, strict=True):
        cells = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True) if width]
        yield _with_remark(indent + "  ".join(cells).rstrip(), line)


def _rows(lines: list[Line]) -> list[list[str]]:
    """A cell for each line and column: peers, what it carries, a column for each field, time and states."""
    names = _field_order(lines)
    rows = []
    for line in lines:
        cells = _cells(line)
        tail = cells.pop() if _has_tail(line) else ""
        if names is None:  # the same fields in another order: no column is theirs
            rows.append([*cells[:2], "  ".join(cells[2:]), tail])
        else:
            texts = dict(zip((field.name for field in line.fields), cells[2:], strict=True))
            rows.append([*cells[:2], *(texts.get(name, "") for name in names), tail])
    return rows


def _field_order(lines: list[Line]) -> list[str] | None:
    """The fields of all lines in an order that is that of each; None where there is none, or one is written twice."""
    used = {field.name for line in lines for field in line.fields}
    usual = [name for name in TCP_FIELDS if name in used]
    if all([field.name for field in line.fields] == _among(line, usual) for line in lines):
        return usual
    order: list[str] = []
    for line in lines:
        place = 0
        for field in line.fields:
            if field.name not in order:
                order.insert(place, field.name)
            elif order.index(field.name) < place:
                return None
            place = order.index(field.name) + 1
    return order


def _with_remark(text: str, line: Line) -> str:
    return f"{text}  # {line.remark}" if line.remark else text


def _among(line: Line, names: list[str]) -> list[str]:
    """Those of `names` that the line has a field of."""
    own = {field.name for field in line.fields}
    return [name for name in names if name in own]


def _has_tail(line: Line) -> bool:
    """Whether times or states are written at its end."""
    return line.within_ns is not None or line.states is not None


def _cells(line: Line) -> list[str]:
    """Peers, what it carries, each field, and at last time and states."""
    rest = [field_text(field) for field in line.fields]
    tail = []
    if line.within_ns is not None:
        tail.append(f"within {duration_text(line.within_ns)}")
    if line.states is not None:
        tail.append(_states(line.states))
    return [f"{line.sender} > {line.receiver}", carried_text(line.carried), *rest, *([" ".join(tail)] if tail else [])]


def carried_text(carried: Carried) -> str:
    """What a line carries: `SYN,ACK`, `FIN+`, `RST or RST,ACK`, `UDP`, `ICMP port-unreachable`, `any`."""
    match carried:
        case Flags():
            return flags_text(carried.bits) + "+" * carried.at_least
        case OneOf():
            return " or ".join(map(carried_text, carried.choices))
        case Datagram():
            return "UDP"
        case Icmp():
            return f"ICMP {carried.kind}"
        case _:
            return "any"


def field_text(field: Field) -> str:
    """One field: `ack=x+1`, `len>0`, `win=1..65535`, `no-sack`."""
    sums = [linear_text(written) for written in field.sums]
    match field.relation:
        case Relation.PRESENT:
            return field.name
        case Relation.ABSENT:
            return f"no-{field.name}"
        case Relation.ANY:
            return f"{field.name}=any"
        case Relation.BETWEEN:
            return f"{field.name}={'..'.join(sums)}"
        case _:
            return f"{field.name}{field.relation}{sums[0]}"


def linear_text(linear: Linear) -> str:
    """A sum as it was written: `x+1+n`."""
    text = ""
    for factor, symbol in linear.terms:
        size = abs(factor)
        term = str(size) if not symbol else symbol if size == 1 else f"{size}*{symbol}"
        text += ("-" if factor < 0 else "+" if text else "") + term
    return text


def _states(states: StatePair) -> str:
    one, two = ("-" if state is None else str(state) for state in states)
    return f"| {one} {two}"


def duration_text(nanoseconds: int) -> str:
    """A duration in the largest unit that divides it: `200ms`."""
    for unit, scale in reversed(DURATIONS.items()):
        if nanoseconds and nanoseconds % scale == 0:
            return f"{nanoseconds // scale}{unit}"
    return f"{nanoseconds}ns"
