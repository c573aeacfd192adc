"""Where connections go when they leave the table: into accounts, and into the sum of all.

The tracker tells the ledger what was folded, and asks it for room when its table is full. The ledger finds whose time
is over (`lifetimes`), judges their suspects (`suspects`), makes their accounts (`account`), adds these to the summary
and lets the places be used again. All of it in columns: what is done for a connection costs no Python.

Rules of room, which make the table follow the open connections: if less than half of a full table is over, it
grows, up to `Limits.most_open`; there, at least a quarter of it goes, those that were silent longest first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.columns import columns
from inspector.tcp.account import KIND_BITS, Account, Judge, Tables, memory_at
from inspector.tcp.judgement import RULES, TELLING, finding_of
from inspector.tcp.lifetimes import Ended, find_over
from inspector.tcp.summary import EXAMPLES, LISTED, Example, Listed, Summary
from inspector.tcp.suspects import MOST, Suspect, Suspects
from inspector.tcp.tally import Tally
from inspector.tcp.view import view_connection
from inspector.wire.row import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np

    from inspector.findings import Finding
    from inspector.flows.follower import Follower
    from inspector.tcp.lifetimes import Limits
    from inspector.tcp.view import Memory

__all__ = ["Ledger"]

_AT_ONCE = 8192
_FINDINGS_SHOWN = 5
"""Of a connection that is kept as an object."""


class Ledger:
    """Takes connections out of a follower's tables, and adds them up."""

    def __init__(self, limits: Limits) -> None:
        self.summary = Summary()
        self._limits = limits
        self._suspects = Suspects()
        self._judge = Judge()
        self._early = Tally()
        self._last_ns = NO_TIME
        self._room: Any = None
        self.follower: Follower

    def folded(self, rows: Any, traces: Any, first: int, last: int) -> None:
        """`rows[first:last]` have been folded."""
        if last == first:
            return
        ordinal = self.follower.header("ordinal") - (last - first)
        self._suspects.add(rows, traces, first, last, ordinal)
        time_ns = int(rows[last - 1].time_ns if isinstance(rows, list) else rows["time_ns"][last - 1])
        self._last_ns = time_ns if time_ns != NO_TIME else self._last_ns
        if len(self._suspects) > MOST:
            self._judge_early()

    def make_room(self, row: Any) -> int:
        """Let go of who is over, or ask for a larger table: the number of connections that it shall hold."""
        have = self.follower.header("capacity")
        if self.follower.header("ordinal") < self.follower.header("limited_from"):
            return 2 * have
        self.follower.turn_columnar()
        why = self._find_over(int(row.time_ns if hasattr(row, "time_ns") else row["time_ns"]))
        over = int((why > 0).sum())
        if 2 * over < have < self._limits.most_open:
            return min(2 * have, self._limits.most_open)
        if 4 * over < have:
            self._crowd_out(why, -(-have // 4) - over)
        self._settle(why > 0, why)
        return have

    def close(self) -> Summary:
        """The sum, all that is still in the table included."""
        import numpy as np

        self.follower.turn_columnar()
        why = self._find_over(self._last_ns)
        self._settle(np.ones(len(why), np.bool_), why)
        return self.summary

    def _tables(self) -> Tables:
        return Tables(*(self.follower.table(position) for position in range(4)))

    def _find_over(self, time_ns: int) -> np.ndarray[Any, Any]:
        import numpy as np

        count, tables = len(self.follower), self._tables()
        why = np.zeros(count, np.uint8)
        self.follower.call(find_over, why, time_ns, tables.connections, tables.ends, count, self.follower.headers)
        return why

    def _crowd_out(self, why: np.ndarray[Any, Any], number: int) -> None:
        """Mark the `number` of connections that were silent longest, of those that are not over."""
        import numpy as np

        latest = self._tables().connections["last_ordinal"][: len(why)].copy()
        latest[why > 0] = np.iinfo(np.int64).max
        why[np.argpartition(latest, number - 1)[:number]] = Ended.CROWDED

    def _settle(self, over: np.ndarray[Any, Any], why: np.ndarray[Any, Any]) -> None:
        """Judge, add up and let go of the connections marked in `over`."""
        tables = self._tables()
        told = self._suspects.judged(over, self._taken(), tables.ends)
        tally = Tally()
        self._tell(told, tables, tally)
        places = over.nonzero()[0]
        if self._room is None:
            self._room = columns(Account, _AT_ONCE)
        for first in range(0, len(places), _AT_ONCE):
            block = places[first : first + _AT_ONCE]
            accounts = self._judge.accounts(tables, block, self._room)
            accounts["ended"] = why[block]
            self._tell_own(accounts, block, tables)
            tally.add_to(accounts, block)
            self._early.add_to(accounts, accounts["number"])
            self._keep(accounts, block, tables, told)
            self.summary.take(accounts)
        self._suspects.moved(self.follower.let_go(over))

    def _taken(self) -> np.ndarray[Any, Any]:
        taken = self._tables().connections["taken_ordinal"][: len(self.follower)]
        return taken[taken >= 0]

    def _judge_early(self) -> None:
        """Judge all suspects by what is known so far: there are too many of them to wait."""
        import numpy as np

        self.follower.turn_columnar()
        tables = self._tables()
        told = self._suspects.judged(np.ones(len(self.follower), np.bool_), self._taken(), tables.ends)
        tally = Tally()
        self._tell(told, tables, tally)
        self._early.merge(tally, lambda places: tables.connections["number"][places])

    def _tell(self, told: np.ndarray[Any, Any], tables: Tables, tally: Tally) -> None:
        """Count the findings of segments, and keep the first of each kind as examples."""
        import numpy as np

        codes, which = np.unique(told["facts"] & TELLING, return_inverse=True)
        for position, code in enumerate(codes.tolist()):
            mine = told[which == position]
            rules = [rule for rule in RULES if code & rule.fact]
            kinds = sum(KIND_BITS[rule.kind] for rule in rules)
            faults = sum(rule.blame.is_fault for rule in rules)
            tally.add(mine["place"], len(rules), faults, kinds)
            for rule in rules:
                kind = self.summary.kind(rule.kind)
                kind.findings += len(mine)
                for suspect in mine[:EXAMPLES]:
                    if kind.wants(int(suspect["frame"])):
                        memory = memory_at(tables, int(suspect["place"]))
                        kind.show(_example(memory, next(_findings(suspect, memory, (rule,)))))

    def _tell_own(self, accounts: np.ndarray[Any, Any], places: np.ndarray[Any, Any], tables: Tables) -> None:
        """The same for the findings of connections as a whole."""
        import numpy as np

        for kinds in np.unique(accounts["kinds"]).tolist():
            mine = (accounts["kinds"] == kinds).nonzero()[0]
            for name in (name for name, bit in KIND_BITS.items() if kinds & bit):
                kind = self.summary.kind(name)
                kind.findings += len(mine)
                for at in mine[np.argsort(accounts["first_frame"][mine], kind="stable")[:EXAMPLES]].tolist():
                    if kind.wants(int(accounts["first_frame"][at])):
                        memory = memory_at(tables, int(places[at]))
                        connection = view_connection(memory.connection.number, memory, [])
                        for finding in connection.findings:
                            kind.show(_example(memory, finding))

    def _keep(
        self, accounts: np.ndarray[Any, Any], places: np.ndarray[Any, Any], tables: Tables, told: np.ndarray[Any, Any]
    ) -> None:
        """Make objects of the connections that are told of by themselves."""
        from dataclasses import replace

        candidates = ((accounts["number"] <= LISTED) | (accounts["faults"] > 0)).nonzero()[0]
        for at in candidates.tolist():
            number, faults = int(accounts["number"][at]), int(accounts["faults"][at])
            if self.summary.wants(number, faults):
                memory = memory_at(tables, int(places[at]))
                connection = view_connection(number, memory, [])
                mine = told[told["place"] == places[at]][:_FINDINGS_SHOWN]
                segments = (one for suspect in mine for one in _findings(suspect, memory, RULES))
                findings = (*connection.findings, *segments)[:_FINDINGS_SHOWN]
                listed = Listed(replace(connection, findings=findings), int(accounts["findings"][at]), faults)
                self.summary.keep(listed)


def _findings(told: Any, memory: Memory, rules: Iterable[Any]) -> Iterator[Finding]:
    """The findings of a suspect that was judged, by those of `rules` that apply."""
    suspect = Suspect(*told.item())
    me, peer = memory.ends[suspect.side], memory.ends[1 - suspect.side]
    return (finding_of(rule, suspect, suspect, me, peer) for rule in rules if suspect.facts & rule.fact)  # type: ignore[arg-type]  # it has the fields of both


def _example(memory: Memory, finding: Finding) -> Example:
    connection = view_connection(memory.connection.number, memory, [])
    return Example(connection.number, connection.originator.endpoint, connection.responder.endpoint, finding)
