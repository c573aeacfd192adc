"""Where connections go when they leave the table: into accounts, and into the sum of all.

The tracker tells the ledger what was folded, and asks it for room when its table is full. The ledger finds whose time
is over (`lifetimes`), judges their suspects (`suspects`), makes their accounts (`account`), asks which of them are
chosen (`choice`), adds these to the summary and lets the places be used again. All of it in columns: what is done for a
connection costs no Python.

A connection is chosen by all that is known of it, its findings included; so what is told of a finding, its count and
its example, waits until its connection leaves. Only the rows of segments that were judged early are bounded (HELD), and
how many more there were is told.

Rules of room, which make the table follow the open connections: if less than half of a full table is over, it
grows, up to `Limits.most_open`; there, at least a quarter of it goes, those that were silent longest first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.columns import columns
from inspector.tcp.account import Account, Judge, Tables
from inspector.tcp.choice import Everybody
from inspector.tcp.found import found_own, found_rows
from inspector.tcp.lifetimes import Ended, find_over
from inspector.tcp.showing import Showing
from inspector.tcp.summary import Summary
from inspector.tcp.suspects import MOST, Suspect, Suspects
from inspector.tcp.tally import Hits, Tally
from inspector.wire.row import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from inspector.flows.follower import Follower
    from inspector.tcp.choice import Choice, Leaving
    from inspector.tcp.lifetimes import Limits

__all__ = ["HELD", "Ledger"]

HELD = 1 << 21
"""Segments judged early that are kept until it is known whether their connections are chosen."""
_AT_ONCE = 8192


class Ledger:
    """Takes connections out of a follower's tables, and adds them up."""

    def __init__(self, limits: Limits, choice: Choice | None = None, leaving: Leaving | None = None) -> None:
        self._choice = choice or Everybody()
        self._leaving = leaving
        self.summary = Summary(rows=self._choice.rows)
        self._limits = limits
        self._showing = Showing(self.summary)
        self._held: Any = None
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
        self._limit()
        ordinal = self.follower.header("ordinal") - (last - first)
        self._suspects.add(rows, traces, first, last, ordinal)
        if self._leaving is not None:
            self._leaving.folded(rows, traces, first, last, ordinal, self.follower.table(0))
        time_ns = int(rows[last - 1].time_ns if isinstance(rows, list) else rows["time_ns"][last - 1])
        self._last_ns = time_ns if time_ns != NO_TIME else self._last_ns
        if len(self._suspects) > MOST:
            self._judge_early()

    def _limit(self) -> None:
        """From the row on that limits connections, take no more of them than the limit, whatever there is room for."""
        if self.follower.header("capacity") <= self._limits.most_open:
            return
        if self.follower.header("ordinal") >= self.follower.header("limited_from"):
            self.follower.set_header(capacity=self._limits.most_open)

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
        too_many = len(self.follower) - have
        if 4 * (over - too_many) < have:
            self._crowd_out(why, too_many + -(-have // 4) - over)
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
        """Judge, choose, add up and let go of the connections marked in `over`."""
        import numpy as np

        tables = self._tables()
        told = self._suspects.judged(over, self._taken(), tables.ends)
        tally = Tally()
        tally.add(told["place"], told["facts"])
        told = self._with_held(told, over)
        chosen = np.zeros(len(over), np.bool_)
        places = over.nonzero()[0]
        if self._leaving is not None:
            self._leaving.leave(tables.connections["number"][places], self._taken())
        for first in range(0, len(places), _AT_ONCE):
            block = places[first : first + _AT_ONCE]
            chosen[self._settle_block(block, why[block], tables, tally, told)] = True
        if self._leaving is not None:
            self._leaving.gone(tables.connections["number"][places])
        self._tell(told[chosen[told["place"]]], tables)
        now = self.follower.let_go(over)
        self._suspects.moved(now)
        if self._held is not None:
            self._held["place"] = now[self._held["place"]]

    def _settle_block(self, places: Any, why: Any, tables: Tables, tally: Tally, told: Any) -> Any:
        """Some of them; the places of those that are chosen."""
        if self._room is None:
            self._room = columns(Account, _AT_ONCE)
        accounts = self._judge.accounts(tables, places, self._room)
        accounts["ended"] = why
        own = accounts["kinds"].copy()
        hits = [*tally.add_to(accounts, places), *self._early.add_to(accounts, accounts["number"])]
        self.summary.of += len(accounts)
        mask = self._choice.mask(accounts)
        self._count(hits, mask)
        if mask is not None:
            accounts, own, places = accounts[mask], own[mask], places[mask]
        if self._leaving is not None:
            self._leaving.left(accounts, places, tables)
        if len(accounts):
            self._showing.own(accounts, own, places, tables)
            self._list(accounts, places, tables, told)
            self.summary.take(accounts)
            if self._choice.sink is not None:
                self._choice.sink.take_accounts(accounts)
                self._choice.sink.take_found(found_own(accounts, own))
        return places

    def _count(self, hits: Iterable[Hits], mask: Any) -> None:
        """Count the findings of segments, by kind."""
        for each in hits:
            segments = each.segments if mask is None else each.segments[mask[each.places]]
            if len(segments):
                for rule in each.rules:
                    self.summary.kind(rule.kind).findings += int(segments.sum())

    def _list(self, accounts: Any, places: Any, tables: Tables, told: Any) -> None:
        """Make objects of the connections that are told of by themselves."""
        first = self._choice.first_of(accounts)
        if first is None:
            self._showing.connections(accounts, places, tables, told)
            return
        listed = [self._showing.listed(accounts[at], int(places[at]), tables, told) for at in first.tolist()]
        self.summary.ranked = self._choice.ordered([*self.summary.ranked, *listed])[: self.summary.rows]

    def _tell(self, told: Any, tables: Tables) -> None:
        """Tell of segments whose connections are chosen."""
        self._showing.segments(told, tables)
        if self._choice.sink is None:
            return
        for first in range(0, len(told), _AT_ONCE):
            block = told[first : first + _AT_ONCE]
            self._choice.sink.take_found(found_rows(block, tables.connections["number"][block["place"]]))

    def _with_held(self, told: Any, over: np.ndarray[Any, Any]) -> Any:
        """`told`, and before them the segments judged early of connections in `over`, which are held no longer."""
        if self._held is None:
            return told
        import numpy as np

        due = over[self._held["place"]]
        told = np.concatenate([self._held[due], told])
        self._held = self._held[~due]
        return told

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
        tally.add(told["place"], told["facts"])
        self._early.merge(tally, lambda places: tables.connections["number"][places])
        if not self._choice.chooses:
            self._tell(told, tables)
            return
        held = columns(Suspect, 0) if self._held is None else self._held
        self._held = np.concatenate([held, told[: max(HELD - len(held), 0)]])
        self.summary.untold += len(held) + len(told) - len(self._held)
