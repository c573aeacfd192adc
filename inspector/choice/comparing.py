"""A large capture against an expected sequence: connections are compared one by one, when they leave the table.

Three ways, the cheapest first, and all of them say what the matcher would say:

1. What was recorded of a connection decides (`expect.by_record`); no segment of it is looked at.
2. Its segments are the same, but for the initial numbers, as those of one that was compared (`expect.alike`).
3. It is compared in full, as in a small capture.

For 2 and 3 the rows of open connections are held (`tcp.held`), so memory follows these. Kept as objects, to be drawn,
are the nearest of those that differ and, where one is enough, the first that match. Of those that differ by their
record no more than _MOST_OPENED are compared in full, to know how far they are.

Not here: UDP, whose exchanges never leave (`is_possible`).
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.errors import ExpectationError
from inspector.expect.alike import Alike
from inspector.expect.by_record import LOOKED_AT, ByRecord, Decision, record_of
from inspector.expect.comparison import Comparer
from inspector.expect.model import Comparison, Sums, Transport
from inspector.expect.notation import connections_of
from inspector.tcp.account import distinct, memory_at
from inspector.tcp.held import Held, kept_of
from inspector.tcp.view import view_connection

if TYPE_CHECKING:
    import numpy as np

    from inspector.expect.notation import Sequence
    from inspector.tcp.model import Connection

__all__ = ["Comparing", "is_possible"]

_MOST_HELD = 4_000_000
"""Rows: some hundred bytes each."""
_MOST_OPENED = 10_000
_MOST_KEPT = 40
_MOST_ALIKE = 100_000


class _Outcome(NamedTuple):
    """What is remembered of a comparison."""

    matched: bool
    distance: int


class _Kept(NamedTuple):
    """A connection that is shown, in the order of `distance` and number."""

    distance: int
    number: int
    connection: Connection
    comparison: Comparison


def is_possible(sequence: Sequence) -> bool:
    """Whether a large capture can be compared with it while it goes by: a sequence of TCP lines alone."""
    if any(connections_of(sequence.items)):
        return False  # which of several a connection is, only all of them together tell
    comparer = Comparer(sequence)
    return set(comparer.matchers) == {Transport.TCP} and not comparer.expects_nothing


class Comparing:
    """Compares connections with a sequence as they leave (`tcp.choice.Leaving`)."""

    def __init__(self, sequence: Sequence, *, one_is_enough: bool) -> None:
        self._most_matching = _MOST_KEPT if one_is_enough else 0
        self._comparer = Comparer(sequence)
        self._by_record = ByRecord(sequence)
        self._alike = Alike(sequence)
        self._held = Held(_MOST_HELD)
        self._decided: dict[tuple[int, ...], Decision] = {}
        self._known: dict[bytes, _Outcome] = {}
        self._matched = self._differing = self._recorded = self._untold = 0
        self._fewest_faults: int | None = None
        self._opened = 0
        self._nearest: list[_Kept] = []
        self._first: list[_Kept] = []

    def folded(self, rows: Any, traces: Any, first: int, last: int, ordinal: int, connections: Any) -> None:  # noqa: PLR0913 - see `Leaving`
        """See `Leaving`."""
        self._held.add(rows, traces, first, last, ordinal, connections)

    def leave(self, numbers: Any, taken: Any) -> None:
        """See `Leaving`."""
        self._held.leave(numbers, taken)

    def gone(self, numbers: Any) -> None:
        """See `Leaving`."""
        self._held.gone(numbers)

    def left(self, accounts: Any, places: Any, tables: Any) -> None:
        """See `Leaving`."""
        if not len(accounts):
            return
        decisions = self._decisions(accounts)
        wanted = self._wanted(decisions)
        self._count_recorded(accounts, decisions)
        for at, mine, key in self._groups(accounts, wanted):
            self._compare(accounts[at], int(places[at]), tables, (Decision(int(decisions[at])), mine, key))

    def _decisions(self, accounts: Any) -> np.ndarray[Any, Any]:
        """What the record of each tells; each combination of what is looked at is judged once."""
        import numpy as np

        more = (
            accounts["taken_ordinal"] >= 0,
            np.where(accounts["resp_start"] == 0xFFFF_FFFF, 0xFFFF_FFFF, 0),
            np.minimum(accounts["orig_segments"] + accounts["resp_segments"], 3),
        )
        columns = [*(accounts[name] for name in LOOKED_AT), *more]
        examples, which = distinct(columns)
        answers = []
        for example in examples.tolist():
            code = tuple(int(column[example]) for column in columns)
            if code not in self._decided:
                if len(self._decided) >= _MOST_ALIKE:
                    self._decided.clear()
                *values, is_taken, start, segments = code
                record = record_of(tuple(values), taken=bool(is_taken), resp_start=start, segments=segments)
                self._decided[code] = self._by_record.decide(record)
            answers.append(self._decided[code])
        decisions: np.ndarray[Any, Any] = np.array(answers, np.uint8)[which]
        return decisions

    def _wanted(self, decisions: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Whose rows are looked at: of whom the record cannot tell, and some of those that differ or are shown."""
        wanted: np.ndarray[Any, Any] = decisions == Decision.CANNOT_TELL
        room = max(_MOST_OPENED - self._opened, 0)
        differing = (decisions == Decision.DIFFERS).nonzero()[0][:room]
        self._opened += len(differing)
        wanted[differing] = True
        matching = (decisions == Decision.MATCHES).nonzero()[0]
        wanted[matching[: max(self._most_matching - len(self._first), 0)]] = True
        return wanted

    def _count_recorded(self, accounts: Any, decisions: np.ndarray[Any, Any]) -> None:
        matches = decisions == Decision.MATCHES
        matched, differing = int(matches.sum()), int((decisions == Decision.DIFFERS).sum())
        self._matched += matched
        self._differing += differing
        self._recorded += matched + differing
        if matched:
            self._note_faults(int(accounts["faults"][matches].min()))

    def _note_faults(self, faults: int) -> None:
        self._fewest_faults = faults if self._fewest_faults is None else min(self._fewest_faults, faults)

    def _groups(self, accounts: Any, wanted: Any) -> list[tuple[int, Any, bytes]]:
        """The place of each connection that is wanted, its rows, and what it is alike by."""
        import numpy as np

        places = wanted.nonzero()[0]
        if not len(places):
            return []
        rows = self._held.of(accounts["number"][places])
        if not len(rows) or (accounts["taken_ordinal"][places] >= 0).any():
            return self._one_by_one(accounts, rows, places)
        numbers, starts = np.unique(rows["number"], return_index=True)
        keys = self._alike.keys(rows, starts) if self._alike.is_possible else [b""] * len(starts)
        ends = [*starts[1:].tolist(), len(rows)]
        told = {
            number: (rows[first:last], key)
            for number, first, last, key in zip(numbers.tolist(), starts.tolist(), ends, keys, strict=True)
        }
        nothing = (rows[:0], b"")
        return [(at, *told.get(int(accounts["number"][at]), nothing)) for at in places.tolist()]

    def _one_by_one(self, accounts: Any, rows: Any, places: Any) -> list[tuple[int, Any, bytes]]:
        """The same where a connection has a SYN that was first taken for a stray one of the connection before."""
        import numpy as np

        groups = []
        for at in places.tolist():
            mine = rows[rows["number"] == accounts["number"][at]]
            taken = int(accounts["taken_ordinal"][at])
            if taken >= 0:
                stray = self._held.stray(taken)
                mine = mine[:0] if stray is None else np.concatenate([_as_first(stray), mine])
            groups.append((at, mine, b""))
        return groups

    def _compare(self, account: Any, place: int, tables: Any, told: tuple[Decision, Any, bytes]) -> None:
        decision, rows, key = told
        number = int(account["number"])
        is_decided = decision is not Decision.CANNOT_TELL
        if not len(rows) or number in self._held.lost:
            self._untold += not is_decided
            return
        key = key + bytes([int(account["handshake"])]) if key else b""
        outcome = self._known.get(key) if key else None
        comparison = connection = None
        if outcome is None or self._is_shown(outcome, number):
            connection = view_connection(number, memory_at(tables, place), kept_of(rows))
            try:
                comparison = self._comparer.compare(connection)
            except ExpectationError:  # too much work; by its record it is known all the same, but not how far it is
                self._untold += not is_decided
                return
            outcome = _Outcome(comparison.matched, comparison.distance)
            if key:
                if len(self._known) >= _MOST_ALIKE:
                    self._known.clear()
                self._known[key] = outcome
        if not is_decided:
            self._matched += outcome.matched
            self._differing += not outcome.matched
            if outcome.matched:
                self._note_faults(int(account["faults"]))
        if comparison is not None and connection is not None:
            self._keep(_Kept(outcome.distance, number, connection, comparison))

    def _is_shown(self, outcome: _Outcome, number: int) -> bool:
        kept, most = (self._first, self._most_matching) if outcome.matched else (self._nearest, _MOST_KEPT)
        if len(kept) < most or not kept:
            return len(kept) < most
        return (outcome.distance, number) < (kept[-1].distance, kept[-1].number)

    def _keep(self, one: _Kept) -> None:
        kept = self._first if one.comparison.matched else self._nearest
        if self._is_shown(_Outcome(one.comparison.matched, one.distance), one.number):
            insort(kept, one, key=lambda each: (each.distance, each.number))
            del kept[_MOST_KEPT:]

    def result(self) -> tuple[tuple[Connection, ...], tuple[Comparison, ...], Sums]:
        """Connections that are shown, how they compare, and the sums of all."""
        kept = sorted([*self._nearest, *self._first], key=lambda each: each.number)
        sums = Sums(
            self._comparer.name, Transport.TCP, self._matched, self._differing, self._recorded, self._untold,
            self._comparer.provokes, self._fewest_faults or 0,
        )  # fmt: skip
        return tuple(each.connection for each in kept), tuple(each.comparison for each in kept), sums


def _as_first(stray: Any) -> Any:
    """The SYN as `view.taken_syn` tells of it: it began its connection."""
    from inspector.tcp.view import taken_syn

    first = stray.copy().reshape(1)
    trace = taken_syn(0)
    for name in ("side", "originator_state", "responder_state", "facts"):
        first[name] = getattr(trace, name)
    return first
