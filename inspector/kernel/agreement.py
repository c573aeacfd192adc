"""Our path of states against the kernel's, end by end; and for each difference its reason, or that there is none.

1. Ours are the states after each segment (`tcp.model.TracedSegment.states`), where they change, behind the one in which
   the end began. The kernel's is a `KernelPath`: whole by the tracepoint, a sample by the tables.
2. Both are aligned on a longest common subsequence. What is left over on either side is a difference; of a
   sample only what the *kernel* has more, for it need not have met everything.
3. A difference that fits a rule of `RULES` is explained: the rule names a `Reason`, and a reason has its words. What
   fits none is `Reason.UNEXPLAINED`, and somebody has to look at it.

When a state was entered is shown in the ladder and not judged here: we know when segments pass, and the kernel when
it moves. What is compared is what an end went through, in its order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import zip_longest
from typing import TYPE_CHECKING

from inspector.findings import Side
from inspector.kernel.paths import sampled_paths, traced_paths
from inspector.kernel.reasons import RULES, Place, Reason, Rule
from inspector.tcp.facts import Fact
from inspector.tcp.model import Handshake
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.kernel.model import Testimony
    from inspector.kernel.paths import KernelPath, News
    from inspector.tcp.model import Connection

__all__ = ["Agreement", "EndAgreement", "Step", "Witness", "agreements"]


class Witness(StrEnum):
    """Who said it for the kernel."""

    TRACEPOINT = "tracepoint"
    TABLES = "tables"


@dataclass(frozen=True, slots=True)
class Step:
    """A state of ours and the kernel's at the same place; empty where one of them has none there."""

    ours: str
    kernel: str
    reason: Reason | None = None
    """Why they differ; None where they agree, or where a sample met nothing."""

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        return self.ours == self.kernel


@dataclass(frozen=True, slots=True)
class EndAgreement:
    """One end by one witness."""

    side: Side
    witness: Witness
    steps: tuple[Step, ...]
    news: tuple[News, ...] = ()
    ambiguous: bool = False
    """Whether a socket of another network has the same endpoints at the same time: then nothing is compared."""

    @property
    def agreed(self) -> int:
        """How many states agree."""
        return sum(step.agrees for step in self.steps)

    @property
    def reasons(self) -> Counter[Reason]:
        """How often each reason holds."""
        return Counter(step.reason for step in self.steps if step.reason is not None)


@dataclass(frozen=True, slots=True)
class Agreement:
    """A connection: its ends, by each witness there was."""

    connection: int
    """Its number."""
    ends: tuple[EndAgreement, ...]

    @property
    def unexplained(self) -> int:
        """How many differences nobody has explained."""
        return sum(end.reasons[Reason.UNEXPLAINED] for end in self.ends)


def agreements(connections: Sequence[Connection], testimony: Testimony) -> tuple[Agreement, ...]:
    """Every connection whose segments were kept, compared with what the kernel said."""
    heard = []
    if testimony.is_traced:
        heard.append((Witness.TRACEPOINT, traced_paths(connections, testimony)))
    if testimony.snapshots:
        heard.append((Witness.TABLES, sampled_paths(connections, testimony)))
    return tuple(
        Agreement(
            connection.number,
            tuple(
                _end(connection, side, witness, paths[connection.number, side])
                for witness, paths in heard
                for side in Side
                if (connection.number, side) in paths
            ),
        )
        for connection in connections
        if connection.segments
    )


def _end(connection: Connection, side: Side, witness: Witness, path: KernelPath) -> EndAgreement:
    if path.ambiguous:
        return EndAgreement(side, witness, (), path.news, ambiguous=True)
    ours = _our_path(connection, side)
    if not path.has_socket and set(ours) != {"CLOSED"}:
        reason = Reason.NO_SOCKET if connection.end(side).segments else Reason.UNHEARD
        steps = [Step(state, "" if number else "CLOSED", reason) for number, state in enumerate(ours)]
    else:
        steps = list(_compared(ours, path.states, connection, sampled=witness is Witness.TABLES))
    return EndAgreement(side, witness, tuple(steps), path.news)


def _our_path(connection: Connection, side: Side) -> list[str]:
    """The states of one end, each once where they change."""
    path = [] if connection.segments[0].facts & Fact.MIDSTREAM else [_began(connection, side)]
    for traced in connection.segments:
        state = str(traced.states[side])
        if not path or path[-1] != state:
            path.append(state)
    return path


def _began(connection: Connection, side: Side) -> str:
    """Where an end stood before the first segment, as the fold takes it (`tcp.fold`), and hindsight (`tcp.view`)."""
    listened = side is Side.RESPONDER and connection.handshake is not Handshake.REFUSED
    return "LISTEN" if listened else "CLOSED"


def _compared(ours: Sequence[str], kernel: Sequence[str], connection: Connection, *, sampled: bool) -> Iterator[Step]:
    """Both paths aligned, and every gap between two states that agree explained as far as it can be."""
    answered = any(
        traced.sender is Side.RESPONDER and traced.row.flags & (Flag.SYN | Flag.ACK) == Flag.SYN | Flag.ACK
        for traced in connection.segments
    )
    itself = connection.originator.endpoint == connection.responder.endpoint
    before, at, other = "", 0, 0
    for here, there in [*_common(ours, kernel), (len(ours), len(kernel))]:
        is_last = here == len(ours)
        gap = Place(ours[at:here], kernel[other:there], before, is_last=is_last, answered=answered, itself=itself)
        yield from _explained(gap, sampled=sampled)
        if not is_last:
            before = ours[here]
            yield Step(before, before)
        at, other = here + 1, there + 1


def _explained(gap: Place, *, sampled: bool) -> Iterator[Step]:
    """The steps of a gap, each with its reason; a sample need not have met what we saw."""
    while gap.ours or gap.kernel:
        if sampled and not gap.kernel:
            yield from (Step(state, "") for state in gap.ours)
            return
        rule = next((each for each in RULES if each.fits(gap)), _ANY)
        here = len(gap.ours) if rule.rest else len(rule.ours) or (rule is _ANY)
        there = len(rule.kernel) or (rule is _ANY)
        for mine, theirs in zip_longest(gap.ours[:here], gap.kernel[:there], fillvalue=""):
            yield Step(mine, theirs, rule.reason)
        before = (*gap.kernel[:there], gap.before)[max(there - 1, 0)]
        gap = replace(gap, ours=gap.ours[here:], kernel=gap.kernel[there:], before=before)


_ANY = Rule(Reason.UNEXPLAINED)
"""Takes one step of each."""


def _common(ours: Sequence[str], kernel: Sequence[str]) -> list[tuple[int, int]]:
    """The places of a longest common subsequence, as early as can be."""
    length = [[0] * (len(kernel) + 1) for _ in range(len(ours) + 1)]
    for i in reversed(range(len(ours))):
        for j in reversed(range(len(kernel))):
            longer = max(length[i + 1][j], length[i][j + 1])
            length[i][j] = length[i + 1][j + 1] + 1 if ours[i] == kernel[j] else longer
    places, i, j = [], 0, 0
    while i < len(ours) and j < len(kernel):
        if ours[i] == kernel[j]:
            places.append((i, j))
            i, j = i + 1, j + 1
        elif length[i + 1][j] >= length[i][j + 1]:
            i += 1
        else:
            j += 1
    return places
