"""The columns of both files: their names, what they hold, and their values for a block of connections or findings.

A block is a list of columns, each a list of Python values: integers, text, tuples of text, None for what is not known.
A moment is an integer, nanoseconds since 1970. What a format makes of them is its own business.

Nothing of a capture is free text here: numbers, addresses, words of ours and Zeek's letters. No cell begins with what a
spreadsheet takes for a formula; the name of the capture, which its user gave, could, and is then written as `./NAME`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.columns import values_of
from inspector.query.fields import WRITTEN, Kind
from inspector.query.written import column_of, value_of
from inspector.report.escape import portable
from inspector.tcp.found import KIND_WORDS, NOBODY, FoundRow, rows_of
from inspector.tcp.judgement import KINDS
from inspector.tcp.sequence import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.tcp.model import Connection

    Block = list[list[Any]]

__all__ = [
    "CONNECTION_COLUMNS",
    "FINDING_COLUMNS",
    "Column",
    "Holds",
    "connections_of_accounts",
    "connections_of_objects",
    "file_cell",
    "findings_of_columns",
    "findings_of_objects",
]


class Holds(Enum):
    """What a column holds."""

    INTEGER = "integer"
    MOMENT = "moment"
    TEXT = "text"
    TEXTS = "texts"


class Column(NamedTuple):
    """One column of a file."""

    name: str
    holds: Holds
    about: str


_HOLDS = {
    Kind.NUMBER: Holds.INTEGER,
    Kind.TIME: Holds.INTEGER,
    Kind.MOMENT: Holds.MOMENT,
    Kind.WORD: Holds.TEXT,
    Kind.WORDS: Holds.TEXTS,
    Kind.ADDRESS: Holds.TEXT,
    Kind.TEXT: Holds.TEXT,
}
_FILE = Column("file", Holds.TEXT, "the capture, as it was named")

CONNECTION_COLUMNS = (_FILE, *(Column(each.column, _HOLDS[each.kind], each.about) for each in WRITTEN))
"""Of the file that was named."""

FINDING_COLUMNS = (
    _FILE,
    Column("connection", Holds.INTEGER, "its connection's number"),
    Column("frame", Holds.INTEGER, "the frame that shows it"),
    Column(
        "sender", Holds.TEXT, "who sent that, originator or responder; nothing where it is the connection's as a whole"
    ),
    Column("kind", Holds.TEXT, "what it is: inspector explain KIND"),
    Column(
        "blame",
        Holds.TEXT,
        "peer: it broke a rule; path: segments lost or overtaken; capture: it may have missed something",
    ),
    Column("rule", Holds.TEXT, "the section that says so"),
    Column("field", Holds.TEXT, "the number that is wrong, where one is"),
    Column("expected", Holds.INTEGER, "what it should have been, raw as on the wire"),
    Column("actual", Holds.INTEGER, "what it was"),
)
"""Of its neighbour."""

_SENDERS = {0: "originator", 1: "responder", NOBODY: None}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def file_cell(name: str) -> str:
    """The name of a capture as a cell has it."""
    return portable(f"./{name}" if name.startswith(_FORMULA) and name != "-" else name)


def connections_of_objects(file: str, connections: Sequence[Connection]) -> Block:
    """Rows of connections that are kept as objects."""
    return [[file] * len(connections), *([value_of(field, each) for each in connections] for field in WRITTEN)]


def connections_of_accounts(file: str, accounts: Any) -> Block:
    """Rows of connections that are columns."""
    return [[file] * len(accounts), *(column_of(field, accounts) for field in WRITTEN)]


def findings_of_objects(file: str, connections: Iterable[Connection]) -> Block:
    """Rows of the findings of connections that are kept as objects."""
    read = values_of(FoundRow)
    return _findings(file, [read(row) for each in connections for row in rows_of(each)])


def findings_of_columns(file: str, rows: Any) -> Block:
    """Rows of findings that are columns (`FoundRow`)."""
    return _findings(file, rows.tolist())


def _findings(file: str, rows: Sequence[tuple[int, ...]]) -> Block:
    connection, frame, sender, kind, expected, actual = zip(*rows, strict=True) if rows else [()] * 6
    kinds = [KINDS[each] for each in kind]
    words = [KIND_WORDS[each] for each in kinds]
    return [
        [file] * len(rows),
        list(connection),
        list(frame),
        [_SENDERS[each] for each in sender],
        kinds,
        [str(each.blame) for each in words],
        [each.section or None for each in words],
        [each.field or None for each in words],
        [None if each == UNKNOWN else each for each in expected],
        [None if each == UNKNOWN else each for each in actual],
    ]
