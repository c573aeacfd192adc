"""Which connections a sequence cannot tell apart: those that are compared alike are compared once.

    alike = Alike(sequence)        alike.keys(rows) -> a key for each connection

Connections of one key have segments that are the same one by one in all that a comparison looks at, but for the numbers
at which both ends begin. A sequence is written in symbols, so those two numbers make no difference to it, provided that
each symbol counts in one sequence space (or is a length) and each `seq` and `ack` is one symbol of its own space plus
lengths and constants. `seq=0`, `seq=2*x` or `ack=x` of x's own end are not so written: then `is_possible` is False.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.expect.expansion import expand, told_peers
from inspector.expect.flags import ACK, COMPARED
from inspector.expect.library import load
from inspector.expect.notation import (
    SEQUENCE_SPACE,
    Alternatives,
    AnyOrder,
    Flags,
    Line,
    Named,
    Optional,
    Repeat,
    Silence,
    lines_of,
)
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np

    from inspector.expect.notation import Field, Item, Sequence

__all__ = ["Alike"]

_LENGTH = -1
_MIXED = -2
"""Of a symbol that counts in one space on one way through the sequence and in another on another."""

_ALWAYS = ("flags", "payload_len", "side", "originator_state", "responder_state", "facts")
_BY_FIELD = {"win": "window", "urg": "urgent", "mss": "mss", "wscale": "window_scale"}
_MODULUS = 1 << 32


class Alike:
    """What a sequence looks at, and whether it can be compared alike."""

    def __init__(self, sequence: Sequence, find: Callable[..., Sequence] = load) -> None:
        items = expand(sequence, find)
        lines = list(lines_of(items))
        used = {field.name for line in lines for field in line.fields}
        self._columns = (*_ALWAYS, *(column for name, column in _BY_FIELD.items() if name in used))
        if used & {"mss", "wscale", "sack", "timestamps"}:
            self._columns += ("options",)
        peers = told_peers(sequence)
        self.is_possible = all(line.within_ns is None for line in lines) and _Spaces(peers).hold(items, {})
        """Whether nothing but the keys decides."""

    def keys(self, rows: np.ndarray[Any, Any], starts: np.ndarray[Any, Any]) -> list[bytes]:
        """The key of each connection: `rows` are `tcp.held.HeldRow`, those of one from its place in `starts` on."""
        import numpy as np

        group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(rows))))
        has_ack = (rows["flags"] & Flag.ACK) != 0
        table = np.zeros((len(rows), 2 + len(self._columns)), np.int64)
        bases = [_bases(rows, group, has_ack, len(starts), side) for side in (0, 1)]
        sides = rows["side"]
        own = np.where(sides == 0, bases[0][group], bases[1][group])
        other = np.where(sides == 0, bases[1][group], bases[0][group])
        table[:, 0] = (rows["seq"].astype(np.int64) - own) % _MODULUS
        table[:, 1] = np.where(has_ack, (rows["ack"].astype(np.int64) - other) % _MODULUS, rows["ack"])
        for place, name in enumerate(self._columns, 2):
            table[:, place] = rows[name]
        octets, width = table.tobytes(), table.shape[1] * 8
        ends = [*starts[1:].tolist(), len(rows)]
        return [octets[first * width : last * width] for first, last in zip(starts.tolist(), ends, strict=True)]


def _bases(rows: Any, group: Any, has_ack: Any, groups: int, side: int) -> Any:
    """For each connection a number that moves with those of `side`: the first that it sent, or was acknowledged."""
    import numpy as np

    bases = np.zeros(groups, np.int64)
    for mine, name in (((rows["side"] != side) & has_ack, "ack"), (rows["side"] == side, "seq")):
        which, first = np.unique(group[mine], return_index=True)
        bases[which] = rows[name][mine][first]
    return bases


class _Spaces:
    """In which sequence space each symbol counts."""

    def __init__(self, peers: tuple[str, str]) -> None:
        self._peers = peers

    def hold(self, items: Iterable[Item], known: dict[str, int]) -> bool:
        """Whether all is written as the head of this file says; `known` is told of what is learned on the way."""
        return all(self._item(item, known) for item in items)

    def _item(self, item: Item, known: dict[str, int]) -> bool:
        match item:
            case Line():
                return all(self._field(item, field, known) for field in item.fields)
            case Optional() | Repeat() | AnyOrder() | Named():
                return self.hold(item.items, known)
            case Silence():
                return False  # times are in no key
            case Alternatives():
                learned = [dict(known) for _ in item.branches]
                good = all(self.hold(branch, mine) for branch, mine in zip(item.branches, learned, strict=True))
                for mine in learned:
                    for symbol, space in mine.items():
                        known[symbol] = space if known.get(symbol, space) == space else _MIXED
                return good
        return True

    def _field(self, line: Line, field: Field, known: dict[str, int]) -> bool:
        if field.name not in SEQUENCE_SPACE:
            return all(_counts(symbol, _LENGTH, known) for linear in field.sums for symbol in linear.factors)
        bare = isinstance(line.carried, Flags) and not line.carried.bits & COMPARED & ACK
        if field.name == "ack" and (bare or not isinstance(line.carried, Flags)):
            return not field.sums  # without the flag it is not a number of the other end's space
        sender = self._peers.index(line.sender)
        space = sender if field.name == "seq" else 1 - sender
        return all(self._is_in_space(linear.factors, space, known) for linear in field.sums)

    def _is_in_space(self, factors: dict[str, int], space: int, known: dict[str, int]) -> bool:
        """Whether one symbol of `factors` is of that space, once, and all others are lengths."""
        of_space = [symbol for symbol in factors if known.get(symbol) == space]
        unknown = [symbol for symbol in factors if symbol not in known]
        lengths = [symbol for symbol in factors if known.get(symbol) == _LENGTH]
        if len(of_space) + len(unknown) + len(lengths) < len(factors):
            return False  # some are of the other space, or mixed
        if not of_space and len(unknown) == 1:
            of_space, unknown = unknown, []
            known[of_space[0]] = space
        return len(of_space) == 1 and factors[of_space[0]] == 1 and not unknown


def _counts(symbol: str, space: int, known: dict[str, int]) -> bool:
    return known.setdefault(symbol, space) == space
