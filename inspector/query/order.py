"""The order of `--sort`: connections by one field, `-` before its name for the greatest first.

Laws: what is not known comes last in either direction; equals keep the order of their numbers; words and texts are in
the order of their letters, addresses in that of their bits, IPv4 first.

Of columns only the first few are ever wanted (`first_of`); they become objects, which are merged by `ordered`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from inspector.errors import QueryError
from inspector.language import joined, said
from inspector.query.fields import FIELDS, Field, Kind
from inspector.query.parser import near_names
from inspector.query.reading import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from inspector.tcp.model import Connection

    T = TypeVar("T")

__all__ = ["Order", "parse_order"]

_HALF = (1 << 64) - 1
_SIGN = -(1 << 63)
_OPTION = "--sort"


@dataclass(frozen=True, slots=True)
class Order:
    """A field, and whether the greatest comes first."""

    field: Field
    descending: bool = False

    def __str__(self) -> str:
        return f"{'-' * self.descending}{self.field.name}"

    def ordered(
        self, items: Iterable[T], connection_of: Callable[[T], Connection], raw_of: Callable[[T], Any] | None = None
    ) -> list[T]:
        """`items`, which have a connection each, in this order; `raw_of` has the field where the connection has not."""
        raw_of = raw_of or (lambda item: self.field.plain(connection_of(item)))
        keyed = [(self._key(raw_of(item)), item) for item in items]
        keyed.sort(key=lambda each: connection_of(each[1]).number)
        unknown = [item for key, item in keyed if key == UNKNOWN]
        known = sorted(
            (each for each in keyed if each[0] != UNKNOWN), key=lambda each: each[0], reverse=self.descending
        )
        return [item for _, item in known] + unknown

    def _key(self, raw: Any) -> Any:
        if self.field.kind is Kind.ADDRESS:
            version, high, low = raw
            return version, high & _HALF, low & _HALF
        if self.field.kind is Kind.WORD:
            return self.field.words[raw]
        return raw.values[0] if self.field.kind is Kind.TEXT else raw

    def first_of(self, accounts: Any, most: int) -> Any:
        """The places of the first `most` of columns."""
        import numpy as np

        keys = self._columns(self.field.columnar(accounts))
        if self.descending:
            keys = [~key for key in keys]  # turns the order of integers round, and never leaves their range
        unknown = [self.field.columnar(accounts) == UNKNOWN] if self.field.kind.may_be_unknown else []
        return np.lexsort([accounts["number"], *keys, *unknown])[:most]

    def _columns(self, raw: Any) -> list[Any]:
        """Integers that are ordered as the field is; the least significant first."""
        if self.field.kind is Kind.ADDRESS:
            version, high, low = raw
            return [low ^ _SIGN, high ^ _SIGN, version]
        if self.field.kind is Kind.WORD:
            return [_ranks(self.field.words)[raw]]
        return [_ranks(raw.values)[raw.which]] if self.field.kind is Kind.TEXT else [raw]


def _ranks(texts: Any) -> Any:
    """Which place each text has among all of them; alike for what is written alike."""
    import numpy as np

    places = {text: place for place, text in enumerate(sorted(set(texts)))}
    return np.array([places[text] for text in texts], np.int64)


def parse_order(text: str) -> Order:
    """`FIELD` or `-FIELD`. Raises QueryError."""
    name = text.removeprefix("-")
    field = FIELDS.get(name)
    if field is None or not field.is_sortable:
        names = tuple(each.name for each in FIELDS.values() if each.is_sortable)
        near = near_names(name, names)
        known = {"name": name[:60] or said("nothing"), "names": joined(names)}
        if near:
            reason = said(
                "there is no order by {name}; did you mean {near}?; expected one of {names}", near=near, **known
            )
        else:
            reason = said("there is no order by {name}; expected one of {names}", **known)
        raise QueryError(reason, option=_OPTION)
    return Order(field, text.startswith("-"))
