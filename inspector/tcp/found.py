"""Findings as columns: what there is to say of a segment or a connection in integers, without its words.

`FoundRow` is that record. It is made of an object (`rows_of`) or of suspects that were judged (`found_rows`), and says
the same: the words of a kind are in `KIND_WORDS`, and what a message shows of sums is `expected` and `actual`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.columns import I64, U8, columns
from inspector.findings import Blame
from inspector.tcp.account import KIND_BITS
from inspector.tcp.judgement import KINDS, RULES, TELLING, numbers_of
from inspector.tcp.sequence import UNKNOWN
from inspector.tcp.tally import rules_of
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from inspector.findings import Finding
    from inspector.tcp.judgement import Rule
    from inspector.tcp.model import Connection

__all__ = ["KIND_WORDS", "NOBODY", "FoundRow", "KindWords", "found_own", "found_rows", "rows_of"]

NOBODY = 2
"""In place of a side: it is the connection's as a whole."""


class KindWords(NamedTuple):
    """What findings of one kind have in common."""

    blame: Blame
    section: str = ""
    field: str = ""
    """The number that is wrong, if one is."""


KIND_WORDS = {
    **dict.fromkeys(KINDS, KindWords(Blame.CAPTURE)),
    **{rule.kind: KindWords(rule.blame, rule.section, rule.field) for rule in RULES},
}


@dataclass(slots=True)
class FoundRow:
    """One finding. Numbers are raw, and -1 where there is none."""

    connection: I64 = 0
    frame: I64 = 0
    sender: U8 = NOBODY
    kind: U8 = 0
    """Its place in `judgement.KINDS`."""
    expected: I64 = UNKNOWN
    actual: I64 = UNKNOWN


def rows_of(connection: Connection) -> Iterator[FoundRow]:
    """The findings of one connection: its own, then its segments'."""
    of_segments = sum(len(segment.findings) for segment in connection.segments)
    for finding in connection.findings[: len(connection.findings) - of_segments]:
        yield _row(connection.number, NOBODY, finding)
    for segment in connection.segments:
        for finding in segment.findings:
            yield _row(connection.number, segment.sender, finding)


def _row(connection: int, sender: int, finding: Finding) -> FoundRow:
    expected, actual = (UNKNOWN if number is None else number for number in (finding.expected, finding.actual))
    return FoundRow(connection, finding.frame or 0, sender, KINDS.index(finding.kind), expected, actual)


def found_rows(told: np.ndarray[Any, Any], numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The findings of suspects that were judged; `numbers` says whose each is."""
    import numpy as np

    parts = [columns(FoundRow, 0)]
    for code in np.unique(told["facts"] & TELLING).tolist():
        mine = told["facts"] & TELLING == code
        parts += [_of_rule(rule, told[mine], numbers[mine]) for rule in rules_of(code)]
    return np.concatenate(parts)


def _of_rule(rule: Rule, told: np.ndarray[Any, Any], numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    rows = columns(FoundRow, len(told))
    rows["connection"], rows["frame"], rows["sender"] = numbers, told["frame"], told["side"]
    rows["kind"] = KINDS.index(rule.kind)
    suspects: Any = told.view(np.recarray)  # whose columns are attributes, as a record's fields
    rows["expected"], rows["actual"] = numbers_of(rule, suspects, suspects)
    if rule.field == "ack":
        rows["actual"][told["flags"] & Flag.ACK == 0] = UNKNOWN
    return rows


def found_own(accounts: np.ndarray[Any, Any], kinds: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The findings of connections as a whole, of which `kinds` has the bits."""
    import numpy as np

    parts = [columns(FoundRow, 0)]
    for bit in np.unique(kinds).tolist():
        mine = accounts[kinds == bit]
        for kind in (kind for kind in KINDS if bit & KIND_BITS[kind]):
            rows = columns(FoundRow, len(mine))
            rows["connection"], rows["frame"] = mine["number"], mine["first_frame"]
            rows["kind"] = KINDS.index(kind)
            parts.append(rows)
    return np.concatenate(parts)
