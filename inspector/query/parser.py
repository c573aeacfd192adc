"""Text to an expression. Nothing is executed: it is read token by token, and every name and word is looked up.

    expression   one { "or" one }                       one     each { "and" each }
    each         "not" each | "(" expression ")" | test
    test         FIELD ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) VALUE
                 FIELD "in" ( "(" VALUE { "," VALUE } ")" | PREFIX )
                 FIELD "contains" TEXT                  of text alone

`&&`, `||` and `!` are `and`, `or` and `not`. Values are those of the field's kind (`literals`); words stand in quotes
of either sort and have to be among the field's own. What is not known is neither equal, nor unequal, nor less, but
`unknown`.

Bounds: LONGEST characters, DEEPEST levels. Any text is an expression or raises QueryError, and nothing else.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from inspector.errors import QueryError
from inspector.language import Said, joined, said
from inspector.query.expression import ORDERINGS, And, Condition, Not, Or, Prefix
from inspector.query.fields import ASKED, FIELDS, Kind
from inspector.query.literals import NotThis, value_of
from inspector.query.scanner import OPTION, error_at, scan

if TYPE_CHECKING:
    from inspector.query.expression import Node, Value
    from inspector.query.fields import Field
    from inspector.query.scanner import Token

__all__ = ["DEEPEST", "near_names", "parse"]

DEEPEST = 32
"""Parentheses and `not`s within each other."""


def parse(text: str) -> Node:
    """The expression that `text` means. Raises QueryError, which marks the place."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = scan(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        if self._next.what == "end":
            raise QueryError(
                said('expected an expression such as handshake == "refused", found nothing'), option=OPTION
            )
        node = self._expression()
        if self._next.what != "end":
            raise self._wrong(said("and, or, or the end"))
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += token.what != "end"
        return token

    def _takes(self, what: str) -> bool:
        if self._next.what != what:
            return False
        self._at += 1
        return True

    def _wrong(self, expected: str, token: Token | None = None) -> QueryError:
        token = token or self._next
        found = token.text[:60] if token.what != "end" else said("the end")
        return error_at(self._text, token, said("expected {expected}, found {found}", expected=expected, found=found))

    def _expression(self) -> Node:
        parts = [self._conjunction()]
        while self._takes("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _conjunction(self) -> Node:
        parts = [self._each()]
        while self._takes("and"):
            parts.append(self._each())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _each(self) -> Node:
        token = self._next
        if token.what not in ("not", "("):
            return self._test()
        self._take()
        self._depth += 1
        if self._depth > DEEPEST:
            raise error_at(self._text, token, said("expected at most {most} levels", most=DEEPEST))
        node = Not(self._each()) if token.what == "not" else self._closed(token)
        self._depth -= 1
        return node

    def _closed(self, opening: Token) -> Node:
        node = self._expression()
        if self._next.what == "end":
            raise error_at(self._text, opening, said("this parenthesis is not closed"))
        if not self._takes(")"):
            raise self._wrong(said("and, or, or )"))
        return node

    def _test(self) -> Condition:
        token = self._take()
        if token.what != "word":
            raise self._wrong(said("the name of a field"), token)
        if token.text not in ASKED:
            raise error_at(self._text, token, _no_field(token.text))
        field = ASKED[token.text]
        operator = self._operator(field)
        if operator != "in":
            return Condition(field.name, operator, (self._value(field, operator),))
        if self._takes("("):
            return Condition(field.name, operator, self._list(field))
        token = self._next
        value = self._value(field, operator)
        if not isinstance(value, Prefix):
            raise self._wrong(said("a list in parentheses"), token)
        return Condition(field.name, operator, (value,))

    def _operator(self, field: Field) -> str:
        token = self._take()
        allowed = _operators(field.kind)
        if token.what in allowed:
            return token.what
        known = {"field": field.name, "allowed": joined(allowed)}
        if token.what in ORDERINGS:
            raise error_at(self._text, token, said("{field} has no order: expected {allowed}", **known))
        if token.what == "contains":
            kind = Said(str(field.kind), {})
            reason = said("{field} is a {kind}, and contains nothing: expected {allowed}", kind=kind, **known)
            raise error_at(self._text, token, reason)
        if token.what == "not":
            raise self._wrong(said("{allowed} after {field}; its negation is: not FIELD in (...)", **known), token)
        raise self._wrong(said("{allowed} after {field}", **known), token)

    def _list(self, field: Field) -> tuple[Value, ...]:
        values = [self._value(field, "in")]
        while self._takes(","):
            values.append(self._value(field, "in"))
        if not self._takes(")"):
            raise self._wrong(said(", or )"))
        return tuple(values)

    def _value(self, field: Field, operator: str) -> Value:
        token = self._take()
        try:
            return value_of(field, operator, token)
        except NotThis as error:
            raise error_at(self._text, token, str(error)) from None


def _operators(kind: Kind) -> tuple[str, ...]:
    if kind is Kind.TEXT:
        return "==", "!=", "in", "contains"
    return ("==", "!=", *ORDERINGS, "in") if kind.is_ordered else ("==", "!=", "in")


def _no_field(name: str) -> str:
    if name in FIELDS:
        return said("{field} is written to files and cannot be asked", field=name)
    near = near_names(name, tuple(ASKED))
    if near:
        return said(
            "there is no field {field}; did you mean {near}?; inspector replay --fields lists them all",
            field=name[:60], near=near,
        )  # fmt: skip
    return said("there is no field {field}; inspector replay --fields lists them all", field=name[:60])


def near_names(name: str, names: tuple[str, ...]) -> str:
    """Those that may be meant, or nothing."""
    parts = [each for each in names if each.endswith(f".{name}")]
    near = tuple(dict.fromkeys((*parts, *get_close_matches(name[:60].lower(), names, n=2, cutoff=0.6))))[:2]
    return joined(near, " or ")
