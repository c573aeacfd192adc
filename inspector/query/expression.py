"""An expression that selects connections: its parts, and its text.

`parse(text_of(node)) == node` for every node that a text can mean; `text_of` writes no more parentheses than that
takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from inspector.query.fields import FIELDS, Kind
from inspector.query.moments import moment_text
from inspector.query.reading import UNKNOWN
from inspector.wire.row import address_text

__all__ = [
    "ORDERINGS",
    "UNITS",
    "And",
    "Condition",
    "Node",
    "Not",
    "Or",
    "Prefix",
    "Value",
    "text_of",
    "time_text",
]

ORDERINGS = ("<", "<=", ">", ">=")
UNITS = {
    "d": 86_400_000_000_000,
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
"""Of times, the longest first."""


class Prefix(NamedTuple):
    """Addresses that begin alike; one address where `length` is all of it. Signed halves, as in `wire.Row`."""

    version: int
    high: int
    low: int
    length: int

    @property
    def is_one(self) -> bool:
        """Whether it is a single address."""
        return self.length == (32 if self.version == 4 else 128)

    def __str__(self) -> str:
        text = address_text(self.version, self.high, self.low)
        return text if self.is_one else f"{text}/{self.length}"


Value = int | str | Prefix
"""A number, a time or a moment (nanoseconds, or UNKNOWN), a word or a text, some addresses."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`field operator value`; several values where the operator is `in`."""

    field: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Node


@dataclass(frozen=True, slots=True)
class And:
    """`and`: two parts or more."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """`or`: two parts or more."""

    parts: tuple[Node, ...]


Node = Condition | Not | And | Or


def text_of(node: Node) -> str:
    """The expression as it is written."""
    if isinstance(node, Condition):
        return _condition_text(node)
    if isinstance(node, Not):
        return f"not {_inside(node.part, (And, Or))}"
    if isinstance(node, And):
        return " and ".join(_inside(part, (And, Or)) for part in node.parts)
    return " or ".join(_inside(part, (Or,)) for part in node.parts)


def _inside(node: Node, weaker: tuple[type, ...]) -> str:
    text = text_of(node)
    return f"({text})" if isinstance(node, weaker) else text


def _condition_text(condition: Condition) -> str:
    kind = FIELDS[condition.field].kind
    values = [_value_text(value, kind) for value in condition.values]
    first = condition.values[0]
    if condition.operator == "in" and not (len(values) == 1 and isinstance(first, Prefix) and not first.is_one):
        return f"{condition.field} in ({', '.join(values)})"
    return f"{condition.field} {condition.operator} {values[0]}"


def _value_text(value: Value, kind: Kind) -> str:
    if isinstance(value, str):
        return f"'{value}'" if '"' in value else f'"{value}"'
    if isinstance(value, Prefix):
        return str(value)
    if value == UNKNOWN and kind.may_be_unknown:
        return "unknown"
    if kind is Kind.TIME:
        return time_text(value)
    return f'"{moment_text(value)}"' if kind is Kind.MOMENT else str(value)


def time_text(nanoseconds: int) -> str:
    """A length of time in the longest unit that gives a whole number: `5ms`, `0s`."""
    if nanoseconds == 0:
        return "0s"
    unit = next(unit for unit, size in UNITS.items() if nanoseconds % size == 0)
    return f"{nanoseconds // UNITS[unit]}{unit}"
