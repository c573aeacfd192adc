"""The language of expected sequences, as values.

It is what a teacher writes on a board:

    title: The three-way handshake
    part: beginning
    parameters: x y

    client > server  SYN      seq=x
    server > client  SYN,ACK  seq=y    ack=x+1
    client > server  ACK      seq=x+1  ack=y+1

The grammar, line by line; a deeper indentation is a block, `#` begins a comment:

    file      header lines, then items
    header    title: TEXT | about: TEXT | peers: NAME NAME [either way]
              | part: beginning | ending | anywhere | parameters: SYMBOL... | provokes: FINDING... | strict
    item      line | ... | nothing | use NAME [(PEER, PEER, SYMBOL=SUM...)] | block
    block     optional: | repeat COUNT: | any order: | either: and one or more or:
              followed by one item on the same line, or by an indented block of items
    COUNT     * | + | {n} | {m,n} | {m,}
    line      PEER > PEER  CARRIED  FIELD...  [within DURATION]  [| STATE STATE]
    CARRIED   flags (`SYN,ACK`; also read: `SYN, ACK` `[S.]` `SA` `0x012`) | FLAGS+ (at least these)
              | any | UDP | ICMP KIND
    FIELD     NAME RELATION SUM | NAME=LOW..HIGH | NAME=any | mss, no-mss, sack, no-sack ...
    SUM       x | x+1 | x+1+n | 2*n | 1000

The rules of reading:

1. What is not written is not compared. SYN, FIN, RST and ACK are compared exactly where flags are written; PSH,
   URG and the ECN bits only where they are written. An ACK line with `len=n` is about data, so its n is at least 1
   (an acknowledgment without data is `len=0`); with SYN or FIN, and in UDP, n may be 0.
2. A symbol is bound where it is first used, and checked from then on; `seq` and `ack` count modulo 2^32. A symbol
   that is used only inside one `repeat` stands for a new number each time round.
3. `client` is the originator and `server` the responder; under other names the one who sends first is the
   originator, unless `peers:` names the originator first. `either way` says that the roles may be exchanged.
4. A file describes a whole connection, from its first segment to its last. `part:` says that it describes only
   how one begins or ends, or something within; then `...` stands for the rest. That holds for a sequence that is
   compared by itself: `use` includes exactly the lines. Where a file has lines of TCP and of UDP (or ICMP), it
   describes a connection and an exchange, each by its own lines; one block is about one of them.
5. `use` includes the lines of another sequence. The symbols that its `parameters:` names are shared with the user
   under the same name, or stand for the sum given; all its others are its own.
6. `nothing` is a whole sequence: neither segment nor datagram was seen, which is as expected where a call never
   leaves the host.
7. `provokes:` names the faults that belong to what is expected (`syn-ack-wrong-ack`): where a rule is broken on
   purpose, finding that is no failure. Like `part:` and `strict`, it is not inherited by `use`.

Everything here is frozen and compares by value; where a piece stood in its file (`at`) is no part of that value, nor
is the sequence's name. Not here: text (`parser`, `formatter`), included files (`expansion`), meaning (`matching`).
Room is left for named parts, several connections in one sequence, and times without segments: each is a new item.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inspector.tcp.states import State

__all__ = [
    "ANY",
    "OPTIONS",
    "SEQUENCE_SPACE",
    "Alternatives",
    "AnyOrder",
    "AnySegments",
    "Carried",
    "Datagram",
    "Field",
    "Flags",
    "Icmp",
    "Item",
    "Line",
    "Linear",
    "Nothing",
    "Optional",
    "Part",
    "Place",
    "Relation",
    "Remark",
    "Repeat",
    "Sequence",
    "Use",
    "are_nothing",
    "lines_of",
    "peers_of",
]

SEQUENCE_SPACE = frozenset({"seq", "ack"})
"""Fields that count modulo 2^32 (RFC 9293 section 3.4)."""

OPTIONS = frozenset({"mss", "wscale", "sack", "timestamps"})
"""Fields that a segment may lack, so that `mss` and `no-mss` mean something."""

Place = tuple[int, int]
"""Line and column, both from 1; (0, 0) for what was never text."""


class Part(StrEnum):
    """How much of a connection a sequence describes when it is compared by itself."""

    WHOLE = "whole"
    BEGINNING = "beginning"
    ENDING = "ending"
    ANYWHERE = "anywhere"


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

Carried = Flags | Datagram | Icmp | _Any


@dataclass(frozen=True, slots=True)
class Line:
    """One segment or datagram that is expected."""

    sender: str
    receiver: str
    carried: Carried
    fields: tuple[Field, ...] = ()
    within_ns: int | None = None
    """At most this long after the segment of the line before."""
    states: tuple[State | None, State | None] | None = None
    """Of the originator and of the responder after it; None within is written `-` and not compared."""
    remark: str = ""
    at: Place = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class AnySegments:
    """`...`: any segments, also none."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """`nothing`: neither a segment nor a datagram; alone in its sequence."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment on a line of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Use:
    """The lines of another sequence, its originator and responder played by `peers` where they are given."""

    name: str
    peers: tuple[str, str] | None = None
    values: tuple[tuple[str, Linear], ...] = ()
    at: Place = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Optional:
    """The items, or nothing."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The items, from `least` to `most` times; None is without end."""

    items: tuple[Item, ...]
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Alternatives:
    """One of the branches."""

    branches: tuple[tuple[Item, ...], ...]


@dataclass(frozen=True, slots=True)
class AnyOrder:
    """All of the items, in any order."""

    items: tuple[Item, ...]


Item = Line | AnySegments | Nothing | Remark | Use | Optional | Repeat | Alternatives | AnyOrder


@dataclass(frozen=True, slots=True)
class Sequence:
    """An expected sequence: its header and its items."""

    items: tuple[Item, ...]
    title: str = ""
    about: tuple[str, ...] = ()
    """Words for the reader, line by line."""
    peers: tuple[str, str] | None = None
    """Originator and responder, where the header names them."""
    either_way: bool = False
    part: Part = Part.WHOLE
    parameters: tuple[str, ...] = ()
    strict: bool = False
    provokes: tuple[str, ...] = ()
    """Kinds of findings that are a peer's fault, and belong to what is expected."""
    name: str = field(default="", compare=False)
    """What a report calls it: the file's name without `.seq`."""
    path: str = field(default="", compare=False)

    @property
    def expects_nothing(self) -> bool:
        """Whether it says that nothing is seen at all: then an empty capture is as expected."""
        return self.part is Part.WHOLE and are_nothing(self.items)


def are_nothing(items: Iterable[Item]) -> bool:
    """Whether `items` say that nothing is seen."""
    said = [item for item in items if not isinstance(item, Remark)]
    return bool(said) and all(isinstance(item, Nothing) for item in said)


def lines_of(items: Iterable[Item]) -> Iterator[Line]:
    """All lines below `items`, in the order of writing."""
    for item in items:
        match item:
            case Line():
                yield item
            case Optional() | Repeat() | AnyOrder():
                yield from lines_of(item.items)
            case Alternatives():
                for branch in item.branches:
                    yield from lines_of(branch)
            case _:
                continue


def peers_of(sequence: Sequence) -> tuple[str, str]:
    """The names of originator and responder, by rule 3; `client` and `server` where nobody is named."""
    if sequence.peers:
        return sequence.peers
    for line in lines_of(sequence.items):
        if {line.sender, line.receiver} == {"client", "server"}:
            break
        return line.sender, line.receiver
    return "client", "server"
