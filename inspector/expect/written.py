"""What one line of a sequence says: the values of which `notation` makes lines.

Sums with symbols, relations, fields, and what a segment or datagram carries. Frozen, and compared by value. They are
imported from `notation`, which has the grammar at its head; here they only stand apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "ANY",
    "MOST_CHOICES",
    "OPTIONS",
    "SEQUENCE_SPACE",
    "Carried",
    "Datagram",
    "Field",
    "Flags",
    "Icmp",
    "Linear",
    "OneOf",
    "Relation",
]

SEQUENCE_SPACE = frozenset({"seq", "ack"})
"""Fields that count modulo 2^32 (RFC 9293 section 3.4)."""

OPTIONS = frozenset({"mss", "wscale", "sack", "timestamps"})
"""Fields that a segment may lack, so that `mss` and `no-mss` mean something."""

MOST_CHOICES = 16
"""Flags that one line may choose from: every event is held against each."""


class Relation(StrEnum):
    """How a field is compared with what is written."""

    EQUAL = "="
    UNEQUAL = "!="
    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="
    BETWEEN = ".."
    ANY = "any"
    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Linear:
    """A sum as it was written: `x+1+n` is ((1, "x"), (1, ""), (1, "n")), a constant having no symbol."""

    terms: tuple[tuple[int, str], ...]

    @property
    def constant(self) -> int:
        """What is left without the symbols."""
        return sum(factor for factor, symbol in self.terms if not symbol)

    @property
    def factors(self) -> dict[str, int]:
        """Each symbol with its factor; a symbol that cancels out is not there."""
        factors: dict[str, int] = {}
        for factor, symbol in self.terms:
            if symbol:
                factors[symbol] = factors.get(symbol, 0) + factor
        return {symbol: factor for symbol, factor in factors.items() if factor}


@dataclass(frozen=True, slots=True)
class Field:
    """What is written of one field. `high` is there only for BETWEEN; `low` not for ANY, PRESENT and ABSENT."""

    name: str
    relation: Relation
    low: Linear | None = None
    high: Linear | None = None

    @property
    def sums(self) -> tuple[Linear, ...]:
        """The sums that are written, low first."""
        return tuple(written for written in (self.low, self.high) if written is not None)


@dataclass(frozen=True, slots=True)
class Flags:
    """TCP control bits (`wire.row.Flag`), exact in SYN, FIN, RST and ACK unless `at_least`."""

    bits: int
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several, written `RST or RST,ACK`: at least two of them, at most `MOST_CHOICES`."""

    choices: tuple[Flags, ...]


@dataclass(frozen=True, slots=True)
class Datagram:
    """A UDP datagram."""


@dataclass(frozen=True, slots=True)
class Icmp:
    """An ICMP error about a datagram: `kind` is a name from `expect.icmp`, `TYPE/CODE`, or `any`."""

    kind: str


@dataclass(frozen=True, slots=True)
class _Any:
    """Any TCP segment."""


ANY = _Any()

Carried = Flags | OneOf | Datagram | Icmp | _Any
