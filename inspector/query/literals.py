"""Values of an expression, each checked against the field that it is compared with.

number    443  1_000_000
time      5ms  1.5s  2m         with a unit: ns us ms s m h d
moment    "2024-05-01T12:00:00Z"    UTC where no zone is said; parts of the time may be left out
word      "refused"             one of the field's own
text      "ShADad"              anything
address   10.0.0.1  2001:db8::/32   in quotes or not; a prefix only after `in`
unknown                         of a time or a moment
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from ipaddress import ip_network
from typing import TYPE_CHECKING

from inspector.language import Said, joined, marked, said
from inspector.query.expression import UNITS, Prefix, Value
from inspector.query.fields import Field, Kind
from inspector.query.moments import moment_of
from inspector.query.reading import UNKNOWN
from inspector.wire.row import address_halves

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.query.scanner import Token

__all__ = ["NotThis", "value_of"]

_LARGEST = (1 << 63) - 1
_NUMBER = re.compile(r"[0-9]+(?:_[0-9]+)*")
_TIME = re.compile(r"([0-9]+(?:_[0-9]+)*)(?:\.([0-9]{1,9}))?(ns|us|ms|s|m|h|d)")
_DIGITS = 30
"""Digits that are looked at: no number of 64 bits has as many."""


class NotThis(Exception):  # noqa: N818 - its text is the reason, to be told with its place
    """The token is no value of the field."""


def value_of(field: Field, operator: str, token: Token) -> Value:
    """The value that the token means for the field. Raises NotThis."""
    if token.what not in ("word", "text"):
        found = token.text if token.what != "end" else said("the end")
        raise NotThis(said("expected {expected}, found {found}", expected=_expected(field), found=found))
    if field.kind.may_be_unknown and token.text == "unknown":
        if operator not in ("==", "!="):
            raise NotThis(said("unknown is only asked by == and !="))
        return UNKNOWN
    return _READERS[field.kind](field, operator, token)


def _number(field: Field, _operator: str, token: Token) -> int:
    if token.what != "word" or not _NUMBER.fullmatch(token.text):
        raise NotThis(_instead(field, token))
    return _within(token.text)


def _within(text: str) -> int:
    digits = text.replace("_", "")
    value = int(digits) if len(digits) <= _DIGITS else _LARGEST + 1
    if value > _LARGEST:
        raise NotThis(said("expected a number of at most 63 bits, found {found}", found=text[:_DIGITS]))
    return value


def _time(field: Field, _operator: str, token: Token) -> int:
    matched = _TIME.fullmatch(token.text) if token.what == "word" else None
    if matched is None:
        raise NotThis(_instead(field, token))
    whole, fraction, unit = matched.groups()
    size = UNITS[unit]
    value = _within(whole) * size + int((fraction or "").ljust(9, "0")) * size // 1_000_000_000
    if value > _LARGEST:
        raise NotThis(said("expected a time of at most 292 years, found {found}", found=token.text[:_DIGITS]))
    return value


def _moment(field: Field, _operator: str, token: Token) -> int:
    value = moment_of(token.content)
    if value is None:
        raise NotThis(_instead(field, token))
    return value


def _word(field: Field, _operator: str, token: Token) -> str:
    words = tuple(dict.fromkeys(field.words))
    if token.what == "text" and token.content in words:
        return token.content
    if token.what == "word" and token.text in words:
        raise NotThis(said('a word stands in quotes: "{word}"', word=token.text))
    near = get_close_matches(token.content[:60].lower(), [word.lower() for word in words], n=1, cutoff=0.5)
    known = {"field": field.name, "found": token.text[:60], "words": joined(words)}
    meant = next((word for word in words if [word.lower()] == near), "")
    if meant:
        raise NotThis(
            said('{field} is never {found}; did you mean "{meant}"? expected one of {words}', meant=meant, **known)
        )
    raise NotThis(said("{field} is never {found}; expected one of {words}", **known))


def _text(field: Field, _operator: str, token: Token) -> str:
    if token.what != "text":
        raise NotThis(_instead(field, token))
    return token.content


def _address(field: Field, operator: str, token: Token) -> Prefix:
    try:
        network = ip_network(token.content.replace("%", " "), strict=False)  # no zone: a capture has none
    except ValueError:
        raise NotThis(_instead(field, token)) from None
    if operator != "in" and network.prefixlen != network.max_prefixlen:
        raise NotThis(said("a prefix is asked by in: {field} in {network}", field=field.name, network=network))
    return Prefix(*address_halves(str(network.network_address)), network.prefixlen)


def _instead(field: Field, token: Token) -> str:
    return said(
        "{field} is a {kind}: expected {expected}, found {found}",
        field=field.name, kind=Said(str(field.kind), {}), expected=_expected(field), found=token.text[:60],
    )  # fmt: skip


def _expected(field: Field) -> str:
    return Said(_EXPECTED[field.kind], {})


_READERS: dict[Kind, Callable[[Field, str, Token], Value]] = {
    Kind.NUMBER: _number,
    Kind.TIME: _time,
    Kind.MOMENT: _moment,
    Kind.WORD: _word,
    Kind.WORDS: _word,
    Kind.TEXT: _text,
    Kind.ADDRESS: _address,
}
_EXPECTED = {
    Kind.NUMBER: marked("a number such as 443"),
    Kind.TIME: marked("a time with its unit such as 5ms or 2s"),
    Kind.MOMENT: marked('a moment such as "2024-05-01T12:00:00Z"'),
    Kind.WORD: marked("a word in quotes"),
    Kind.WORDS: marked("a word in quotes"),
    Kind.TEXT: marked("a text in quotes"),
    Kind.ADDRESS: marked("an address such as 10.0.0.1"),
}
