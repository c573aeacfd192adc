"""Text of an expression to tokens. Whatever is not in the grammar is an error that marks its place.

The grammar (`parser`) needs four sorts: names and values without quotes (`responder.port`, `443`, `5ms`, `10.0.0.0/8`),
texts between quotes, which know no escapes, signs, and the end.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from inspector.errors import QueryError
from inspector.language import said

__all__ = ["LONGEST", "OPTION", "Token", "error_at", "scan"]

LONGEST = 4096
"""Characters of an expression."""
OPTION = "--where"

_AROUND = 24
"""Characters shown before and behind what is wrong."""
_TOKEN = re.compile(
    r"""(?P<blank>[ \t\n\r]+)
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<sign>==|!=|<=|>=|<|>|\(|\)|,|&&|\|\||!)
      | (?P<word>[A-Za-z0-9_.:/+-]+)""",
    re.VERBOSE,
)
_SAME = {"&&": "and", "||": "or", "!": "not"}
"""Signs that other tools have for our words."""
_WORDS = {"and", "or", "not", "in", "contains"}


class Token(NamedTuple):
    """A piece of the text; `what` is a sign or word that the grammar names, else `word`, `text` or `end`."""

    what: str
    text: str
    """As written."""
    at: int

    @property
    def content(self) -> str:
        """Without the quotes."""
        return self.text[1:-1] if self.what == "text" else self.text


def scan(text: str) -> list[Token]:
    """All tokens; the last is the end. Raises QueryError."""
    if len(text) > LONGEST:
        raise QueryError(
            said("expected at most {most:,} characters, found {found:,}", most=LONGEST, found=len(text)), option=OPTION
        )
    tokens = []
    at = 0
    while at < len(text):
        matched = _TOKEN.match(text, at)
        if matched is None:
            raise _unknown(text, at)
        at = matched.end()
        if matched.lastgroup != "blank":
            tokens.append(_token(str(matched.lastgroup), matched[0], matched.start()))
    return [*tokens, Token("end", "", len(text))]


def _token(group: str, text: str, at: int) -> Token:
    what = _SAME.get(text, text)
    return Token(what if group == "sign" or (what in _WORDS and group == "word") else group, text, at)


def _unknown(text: str, at: int) -> QueryError:
    token = Token("", text[at : at + 1], at)
    if token.text in "\"'":
        return error_at(text, token, said("the quotation mark {mark} is not closed", mark=token.text))
    reason = said("{sign} means nothing here", sign=token.text)
    if token.text == "=":
        reason = said("= means nothing here; two values are compared by ==")
    return error_at(text, token, reason)


def error_at(text: str, token: Token, reason: str) -> QueryError:
    """The error of a token, with its surroundings and the token marked."""
    first, last = token.at, token.at + len(token.text)
    before, behind = text[max(first - _AROUND, 0) : first], text[last : last + _AROUND]
    lead = "..." if first > _AROUND else ""
    rest = "..." if last + _AROUND < len(text) else ""
    marked = f"{lead}{before}--> {token.text[:_AROUND]} <--{behind}{rest}"
    return QueryError(reason, option=OPTION, column=first + 1, around=marked)
