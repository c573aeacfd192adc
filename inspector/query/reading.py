"""What a field reads, in either speed: integers with one sentinel, or text.

Laws:

1. A number, a time, a word (as its place in a list) and a set of words (as bits) are integers: of one connection an
   `int`, of columns an array. An address is a triple of them, `(version, high, low)`.
2. What is not known is UNKNOWN, in both.
3. Text is a `Texts`: each that occurs once, and which of them each connection has.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.tcp.account import KIND_BITS, distinct
from inspector.tcp.zeek_history import ZeekRecord, history
from inspector.wire.row import NO_TIME, Tunnel, address_halves, address_text, tunnel_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inspector.tcp.model import Connection, End

    Plain = Callable[[Connection], Any]
    Columnar = Callable[[Any], Any]

__all__ = [
    "TUNNELS",
    "UNKNOWN",
    "Texts",
    "address_of",
    "address_texts",
    "both",
    "column",
    "endpoint_columns",
    "histories",
    "kind_bits",
    "known_span",
    "known_time",
    "number_of",
    "span_of",
    "texts_of",
    "tunnel_codes",
    "tunnel_of",
]

UNKNOWN = NO_TIME
_LARGEST = (1 << 63) - 1
_SIX_TO_FOUR = 0x2002 << 48

TUNNELS = tuple(
    dict.fromkeys(
        tunnel_text(code, high, 0) or "none" for code in Tunnel.members().values() for high in (0, _SIX_TO_FOUR)
    )
)
"""Every tunnel's name, and `none`."""


class Texts(NamedTuple):
    """Some texts; `which` of them each connection has, or None where there is one connection, and one text."""

    values: Sequence[str]
    which: Any = None

    def test(self, holds: Callable[[str], bool]) -> Any:
        """Where `holds`: asked once for each text."""
        if self.which is None:
            return holds(self.values[0])
        import numpy as np

        return np.array([holds(value) for value in self.values], np.bool_)[self.which]


def number_of(path: str) -> Plain:
    """The number at `path` of a connection."""
    return attrgetter(path)


def both(name: str) -> Plain:
    """The sum of the numbers `name` of both ends."""
    read: Callable[[End], int] = attrgetter(name)
    return lambda connection: read(connection.originator) + read(connection.responder)


def column(*names: str) -> Columnar:
    """The sum of columns of accounts."""
    return lambda accounts: sum((accounts[name].astype("i8") for name in names[1:]), accounts[names[0]].astype("i8"))


def known_time(path: str) -> Plain:
    """A time that may be None."""
    read = attrgetter(path)
    return lambda connection: UNKNOWN if read(connection) is None else read(connection)


def known_span(name: str) -> Columnar:
    """A column of spans, of which those below 0 are not known."""

    def read(accounts: Any) -> Any:
        spans = accounts[name].copy()
        spans[spans < 0] = UNKNOWN
        return spans

    return read


def span_of(first_ns: Any, last_ns: Any) -> Any:
    """From the first segment to the last; UNKNOWN where one has no time, or a clock ran backwards.

    What does not fit 64 bits, which takes a hostile clock, is not known either: in a column it wraps below 0.
    """
    span = last_ns - first_ns
    if isinstance(span, int):
        return span if UNKNOWN not in (first_ns, last_ns) and 0 <= span <= _LARGEST else UNKNOWN
    span[(first_ns == UNKNOWN) | (last_ns == UNKNOWN) | (span < 0)] = UNKNOWN
    return span


def address_of(path: str) -> Plain:
    """The address at `path` of a connection, as a triple."""
    read = attrgetter(path)
    return lambda connection: address_halves(read(connection))


def endpoint_columns(end: str) -> Columnar:
    """The addresses of one end, `orig` or `resp`, as a triple of columns."""
    return lambda accounts: (accounts["version"].astype("i8"), accounts[f"{end}_hi"], accounts[f"{end}_lo"])


def kind_bits(connection: Connection) -> int:
    """The kinds of its findings as bits."""
    bits = 0
    for finding in connection.findings:
        bits |= KIND_BITS.get(finding.kind, 0)
    return bits


def tunnel_of(connection: Connection) -> int:
    """Which of TUNNELS carried it."""
    return TUNNELS.index(connection.tunnel or "none")


def tunnel_codes(accounts: Any) -> Any:
    """The same of columns. Addresses only matter where there is a tunnel, which is seldom."""
    import numpy as np

    inside = accounts["tunnel"] != Tunnel.NONE
    highs = [np.where(inside, accounts[f"{end}_hi"], 0) for end in ("orig", "resp")]
    columns = [accounts["tunnel"], *highs]
    examples, which = distinct(columns)
    rows = zip(*(each[examples].tolist() for each in columns), strict=True)
    return np.array([TUNNELS.index(tunnel_text(*row) or "none") for row in rows], np.int64)[which]


def texts_of(columns: Sequence[Any], tell: Callable[..., str]) -> Texts:
    """What `tell` makes of each combination that occurs."""
    examples, which = distinct(columns)
    return Texts([tell(*row) for row in zip(*(each[examples].tolist() for each in columns), strict=True)], which)


def histories(accounts: Any) -> Texts:
    """Zeek's histories of columns."""
    names = ("history_marks", "history_length", "history_0", "history_1", "history_2", "history_3")
    return texts_of([accounts[name] for name in names], lambda *packed: history(ZeekRecord(*packed)))


def address_texts(triple: tuple[Any, Any, Any]) -> Texts:
    """Addresses of columns, as text."""
    return texts_of(triple, address_text)
