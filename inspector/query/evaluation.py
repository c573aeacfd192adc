"""The answer of an expression, for one connection or for columns of them: the same operators on the same integers.

Laws:

1. A test of what is not known does not hold, whatever its operator; `not` turns answers round, known or not.
2. Where a field has several values (both ends, all findings), `!=` holds if none is equal, and every other operator
   if it holds for any.
"""

from __future__ import annotations

import operator as operators
from functools import reduce
from typing import TYPE_CHECKING, Any

from inspector.query.expression import And, Condition, Not, Prefix
from inspector.query.fields import FIELDS, Field, Kind
from inspector.query.reading import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from inspector.query.expression import Node
    from inspector.tcp.model import Connection

    Read = Callable[[Field], Any]

__all__ = ["holds", "mask_of"]

_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}


def holds(node: Node, connection: Connection) -> bool:
    """Whether the expression holds for one connection."""
    return bool(_answer(node, lambda field: field.plain(connection)))


def mask_of(node: Node, accounts: Any) -> Any:
    """Where it holds, in columns (`tcp.account.Account`)."""
    return _answer(node, lambda field: field.columnar(accounts))


def _answer(node: Node, read: Read) -> Any:
    if isinstance(node, Condition):
        return _test(node, read)
    if isinstance(node, Not):
        return _opposite(_answer(node.part, read))
    parts = [_answer(part, read) for part in node.parts]
    return reduce(operators.and_ if isinstance(node, And) else operators.or_, parts)


def _opposite(answer: Any) -> Any:
    return answer ^ True  # of a bool and of an array of them


def _test(test: Condition, read: Read) -> Any:
    field = FIELDS[test.field]
    if field.either is None:
        return _one(test, field, read(field))
    ends = [FIELDS[name] for name in field.either]
    answers = [_one(test, end, read(end)) for end in ends]
    return reduce(operators.and_ if test.operator == "!=" else operators.or_, answers)


def _one(test: Condition, field: Field, raw: Any) -> Any:
    if test.operator == "!=":
        equal = _any(_equal(field, raw, value) for value in test.values)
        known = raw != UNKNOWN if field.kind.may_be_unknown and UNKNOWN not in test.values else True
        return _opposite(equal) & known
    if test.operator in ("==", "in"):
        return _any(_equal(field, raw, value) for value in test.values)
    if test.operator == "contains":
        return raw.test(lambda text: str(test.values[0]) in text)
    return _COMPARED[test.operator](raw, test.values[0]) & (raw != UNKNOWN)


def _any(answers: Iterable[Any]) -> Any:
    return reduce(operators.or_, answers)


def _equal(field: Field, raw: Any, value: Any) -> Any:
    if field.kind is Kind.WORD:
        return _any(raw == code for code, word in enumerate(field.words) if word == value)
    if field.kind is Kind.WORDS:
        return (raw & 1 << field.words.index(value)) != 0
    if field.kind is Kind.TEXT:
        return raw.test(lambda text: text == value)
    return _within(raw, value) if field.kind is Kind.ADDRESS else raw == value


def _within(address: tuple[Any, Any, Any], prefix: Prefix) -> Any:
    version, high, low = address
    bits = prefix.length + (96 if prefix.version == 4 else 0)
    highs, lows = _mask(min(bits, 64)), _mask(max(bits - 64, 0))
    return (version == prefix.version) & (high & highs == prefix.high) & (low & lows == prefix.low)


def _mask(bits: int) -> int:
    """A signed 64-bit integer with its upper `bits` set."""
    return -(1 << 64 - bits) if bits else 0
