"""What is told of by itself in a large replay: examples of findings, and connections that a table lists.

Of so many connections only these few become objects; who they are is found by columns.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inspector.tcp.account import KIND_BITS, memory_at
from inspector.tcp.judgement import RULES, TELLING, finding_of
from inspector.tcp.summary import EXAMPLES, Example, Listed
from inspector.tcp.suspects import Suspect
from inspector.tcp.tally import rules_of
from inspector.tcp.view import view_connection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np

    from inspector.findings import Finding
    from inspector.tcp.account import Tables
    from inspector.tcp.summary import Summary
    from inspector.tcp.view import Memory

__all__ = ["Showing"]

_FINDINGS_SHOWN = 5
"""Of a connection that is kept as an object."""


class Showing:
    """Makes the objects that a summary keeps."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary

    def segments(self, told: np.ndarray[Any, Any], tables: Tables) -> None:
        """Keep the first findings of each kind as examples; `told` is in the order of the capture."""
        import numpy as np

        codes, which = np.unique(told["facts"] & TELLING, return_inverse=True)
        for position, code in enumerate(codes.tolist()):
            for suspect in told[which == position][:EXAMPLES]:
                for rule in rules_of(code):
                    kind = self._summary.kind(rule.kind)
                    if kind.wants(int(suspect["frame"])):
                        memory = memory_at(tables, int(suspect["place"]))
                        kind.show(_example(memory, next(_findings(suspect, memory, (rule,)))))

    def own(self, accounts: np.ndarray[Any, Any], kinds: np.ndarray[Any, Any], places: Any, tables: Tables) -> None:
        """The same for the findings of connections as a whole, which are counted too; `kinds` has their bits."""
        import numpy as np

        for bits in np.unique(kinds).tolist():
            mine = (kinds == bits).nonzero()[0]
            for name in (name for name, bit in KIND_BITS.items() if bits & bit):
                kind = self._summary.kind(name)
                kind.findings += len(mine)
                for at in mine[np.argsort(accounts["first_frame"][mine], kind="stable")[:EXAMPLES]].tolist():
                    if kind.wants(int(accounts["first_frame"][at])):
                        memory = memory_at(tables, int(places[at]))
                        connection = view_connection(memory.connection.number, memory, [])
                        for finding in connection.findings:
                            kind.show(_example(memory, finding))

    def connections(self, accounts: np.ndarray[Any, Any], places: Any, tables: Tables, told: Any) -> None:
        """Keep the first connections, and the worst."""
        import numpy as np

        summary = self._summary
        bound = summary.first[-1].connection.number if len(summary.first) == summary.rows else None
        early = accounts["number"] < bound if bound is not None else _least(accounts["number"], summary.rows)
        # Many have as many faults as the worst kept; of these only the earliest can be wanted.
        guilty = np.lexsort([accounts["number"], -accounts["faults"].astype("i8")])[: summary.rows]
        candidates = np.union1d(early.nonzero()[0], guilty[accounts["faults"][guilty] > 0])
        for at in candidates.tolist():
            if summary.wants(int(accounts["number"][at]), int(accounts["faults"][at])):
                summary.keep(self.listed(accounts[at], int(places[at]), tables, told))

    def listed(self, account: Any, place: int, tables: Tables, told: Any) -> Listed:
        """One connection as an object, with its first findings."""
        memory = memory_at(tables, place)
        connection = view_connection(int(account["number"]), memory, [])
        mine = told[told["place"] == place][:_FINDINGS_SHOWN]
        segments = (one for suspect in mine for one in _findings(suspect, memory, RULES))
        findings = (*connection.findings, *segments)[:_FINDINGS_SHOWN]
        # Others of the same endpoints may have been let go of.
        connection = replace(connection, findings=findings, is_alone=False)
        return Listed(connection, int(account["findings"]), int(account["faults"]))


def _least(numbers: np.ndarray[Any, Any], most: int) -> np.ndarray[Any, Any]:
    """Where the `most` smallest are."""
    import numpy as np

    if len(numbers) <= most:
        return np.ones(len(numbers), np.bool_)
    chosen: np.ndarray[Any, Any] = numbers <= np.partition(numbers, most - 1)[most - 1]
    return chosen


def _findings(told: Any, memory: Memory, rules: Iterable[Any]) -> Iterator[Finding]:
    """The findings of a suspect that was judged, by those of `rules` that apply."""
    suspect = Suspect(*told.item())
    me, peer = memory.ends[suspect.side], memory.ends[1 - suspect.side]
    return (finding_of(rule, suspect, suspect, me, peer) for rule in rules if suspect.facts & rule.fact)  # type: ignore[arg-type]  # it has the fields of both


def _example(memory: Memory, finding: Finding) -> Example:
    connection = view_connection(memory.connection.number, memory, [])
    return Example(connection.number, connection.originator.endpoint, connection.responder.endpoint, finding)
