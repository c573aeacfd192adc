"""The language of expected sequences, as values.

It is what a teacher writes on a board:

    title: The three-way handshake
    part: beginning
    parameters: x y

    client > server  SYN      seq=x
    server > client  SYN,ACK  seq=y    ack=x+1
    client > server  ACK      seq=x+1  ack=y+1

The grammar, line by line; a deeper indentation is a block, `#` begins a comment (`GRAMMAR.md` has an example of each):

    file      header lines, then items; or header lines, then connections
    header    title: TEXT | about: TEXT | peers: NAME NAME [either way]
              | part: beginning | ending | anywhere | whole | parameters: SYMBOL... | provokes: FINDING... | strict
    item      line | ... | nothing | use NAME [(PEER, PEER, SYMBOL=SUM...)] | mark | block
    mark      no segment | no datagram [from PEER] for DURATION | nothing after this | | STATE STATE
    block     optional: | repeat COUNT: | any order: | part NAME: | either: and one or more or:
              followed by one item on the same line, or by an indented block of items
    COUNT     * | + | {n} | {m,n} | {m,}
    line      PEER > PEER  CARRIED  FIELD...  [within DURATION]  [| STATE STATE]
    CARRIED   FLAGS [or FLAGS...] | any | UDP | ICMP KIND
    FLAGS     `SYN,ACK`; also read: `SYN, ACK` `[S.]` `SA` `0x012` | with a + behind it: at least these
    FIELD     NAME RELATION SUM | NAME=LOW..HIGH | NAME=any | mss, no-mss, sack, no-sack ...
    SUM       x | x+1 | x+1+n | 2*n | 1000
    connections   connection NAME [(endpoints of NAME, after NAME)]: and a block, also below optional: or repeat COUNT:
                  | ... (any others)

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
8. A mark stands between segments and takes none. It is about the segment of the line before it: `| STATE STATE` are
   the states after that; `no segment for 1s` says that the next one that must be accounted for (of `from` whom) comes
   no earlier, or never, as far as the capture goes. After a `...` it is about the last segment before the next line.
   `nothing after this` ends the way, also where `part:` leaves room. What is tolerated breaks none of them. Among
   ways that fit equally well otherwise, the one is taken that keeps more of them, and of `within`. Marks that stand
   alone in a branch choose none: of branches without a line the one that says least counts.
9. `part NAME:` only gives lines a name, which their differences tell.
10. A file of connections describes as many connections of one capture as it has blocks, each by lines and symbols of
   its own. Which is which is decided by what fits best, and among equals by the order of their first segments. Those
   that are too many or too few are differences, unless a `...` stands among the blocks. `repeat COUNT:` says how many
   connections are as its block has it. `endpoints of first` means the same two endpoints, whoever begins; `after first`
   that it begins after the last segment of that one. A repeated block may name itself: the one before it is meant.

Everything here is frozen and compares by value; where a piece stood in its file (`at`) is no part of that value, nor
is the sequence's name. Not here: what one line says (`written`), text (`parser`, `formatter`), included files
(`expansion`), meaning (`matching`, `connections`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from inspector.expect.written import (
    ANY,
    OPTIONS,
    SEQUENCE_SPACE,
    Carried,
    Datagram,
    Field,
    Flags,
    Icmp,
    Linear,
    OneOf,
    Relation,
)

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
    "ConnectionBlock",
    "Datagram",
    "End",
    "Field",
    "Flags",
    "Icmp",
    "Item",
    "Line",
    "Linear",
    "Mark",
    "Named",
    "Nothing",
    "OneOf",
    "Optional",
    "Part",
    "Place",
    "Relation",
    "Remark",
    "Repeat",
    "Sequence",
    "Silence",
    "SourceLine",
    "StatePair",
    "States",
    "Unread",
    "UnreadBlock",
    "Use",
    "are_nothing",
    "connections_of",
    "lines_of",
    "peers_of",
]

Place = tuple[int, int]
"""Line and column, both from 1; (0, 0) for what was never text."""


class SourceLine(NamedTuple):
    """Where an expected line is written."""

    file: str
    """Its name, without folders; hostile."""
    line: int
    is_own: bool
    """Whether the sequence that was asked for is a file of the reader's, and none of the library."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


StatePair = tuple["State | None", "State | None"]
"""States of originator and responder; None is written `-` and not compared."""


class Part(StrEnum):
    """How much of a connection a sequence describes when it is compared by itself."""

    WHOLE = "whole"
    BEGINNING = "beginning"
    ENDING = "ending"
    ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True)
class Line:
    """One segment or datagram that is expected."""

    sender: str
    receiver: str
    carried: Carried
    fields: tuple[Field, ...] = ()
    within_ns: int | None = None
    """At most this long after the segment of the line before."""
    states: StatePair | None = None
    """Of the originator and of the responder after it; None within is written `-` and not compared."""
    remark: str = ""
    at: Place = field(default=(0, 0), compare=False)
    part: str = field(default="", compare=False)
    """The named parts that it lies in, outermost first (`expansion` says so)."""
    receiver_at: Place = field(default=(0, 0), compare=False)
    written_at: SourceLine | None = field(default=None, compare=False)
    """Where it stands, which may be in a file that is used (`expansion` says so)."""


@dataclass(frozen=True, slots=True)
class Unread(Line):
    """A line that could not be read, where reading went on (`recovery`): nothing is known of what it says."""


@dataclass(frozen=True, slots=True)
class AnySegments:
    """`...`: any segments, also none."""


@dataclass(frozen=True, slots=True)
class Silence:
    """`no segment for 1s`: nothing for so long, from `sender` if one is named; `datagrams` where it says so."""

    duration_ns: int
    sender: str = ""
    datagrams: bool = False
    at: Place = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class End:
    """`nothing after this`: the way ends here."""

    at: Place = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class States:
    """`| ESTABLISHED CLOSE-WAIT`: the states of originator and responder at this place."""

    states: StatePair
    at: Place = field(default=(0, 0), compare=False)


Mark = Silence | End | States
"""What stands between segments, and takes none."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """`nothing`: neither a segment nor a datagram; alone in its sequence."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment on a line of its own."""

    text: str
    is_apart: bool = field(default=False, compare=False)
    """Whether an empty line keeps it from the one above; how a file is laid out is no part of its value."""


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


@dataclass(frozen=True, slots=True)
class Named:
    """The items, under a name."""

    name: str
    items: tuple[Item, ...]
    at: Place = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class UnreadBlock(Named):
    """What stands below a line that could not be read."""


@dataclass(frozen=True, slots=True)
class ConnectionBlock:
    """One connection (or exchange) of the capture, at the top of a file or in a block that counts it."""

    name: str
    items: tuple[Item, ...]
    endpoints_of: str = ""
    """The block whose endpoints it has, whoever begins."""
    after: str = ""
    """The block whose last segment comes before its first."""
    at: Place = field(default=(0, 0), compare=False)


Item = (
    Line
    | AnySegments
    | Silence
    | End
    | States
    | Nothing
    | Remark
    | Use
    | Optional
    | Repeat
    | Alternatives
    | AnyOrder
    | Named
    | ConnectionBlock
)


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
            case Optional() | Repeat() | AnyOrder() | Named() | ConnectionBlock():
                yield from lines_of(item.items)
            case Alternatives():
                for branch in item.branches:
                    yield from lines_of(branch)
            case _:
                continue


def connections_of(items: Iterable[Item]) -> Iterator[ConnectionBlock]:
    """The connections that a file of connections describes, in the order of writing."""
    for item in items:
        if isinstance(item, ConnectionBlock):
            yield item
        elif isinstance(item, Optional | Repeat):
            yield from connections_of(item.items)


def peers_of(sequence: Sequence) -> tuple[str, str]:
    """The names of originator and responder, by rule 3; `client` and `server` where nobody is named."""
    if sequence.peers:
        return sequence.peers
    for line in lines_of(sequence.items):
        if {line.sender, line.receiver} == {"client", "server"}:
            break
        return line.sender, line.receiver
    return "client", "server"
