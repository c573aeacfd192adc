"""What a field says in a file: of one connection, or of columns, value by value the same.

A number or a time is an integer, or None where it is not known; a moment is one too, and each format has its own way to
write it. Words are text, several a tuple of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.query.fields import Field, Kind
from inspector.query.reading import UNKNOWN, address_texts
from inspector.wire.row import address_text

if TYPE_CHECKING:
    from inspector.tcp.model import Connection

__all__ = ["column_of", "value_of"]


def value_of(field: Field, connection: Connection) -> Any:
    """What the field says of one connection."""
    raw = field.plain(connection)
    if field.kind is Kind.ADDRESS:
        return address_text(*raw)
    if field.kind is Kind.TEXT:
        return raw.values[0]
    return _said(field, raw)


def column_of(field: Field, accounts: Any) -> list[Any]:
    """What it says of each of the accounts."""
    raw = field.columnar(accounts)
    if field.kind in (Kind.ADDRESS, Kind.TEXT):
        texts = address_texts(raw) if field.kind is Kind.ADDRESS else raw
        return [texts.values[at] for at in texts.which.tolist()]
    values: list[Any] = raw.tolist()
    if field.kind in (Kind.WORD, Kind.WORDS) or (raw == UNKNOWN).any():
        said = {each: _said(field, each) for each in set(values)}
        return [said[each] for each in values]
    return values


def _said(field: Field, raw: int) -> Any:
    if field.kind is Kind.WORD:
        return field.words[raw]
    if field.kind is Kind.WORDS:
        return tuple(word for bit, word in enumerate(field.words) if raw >> bit & 1)
    return None if raw == UNKNOWN else raw
