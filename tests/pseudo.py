"""A language that nobody speaks: every message in full-width letters between brackets, its values as they are.

So a text that was not looked up stands out by its ASCII letters, and whatever counts characters in place of cells comes
out too wide: a letter takes two cells.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from inspector import language
from scripts.messages import extracted

__all__ = ["pseudo_spoken", "words_in_no_message"]

_FIELD = re.compile(r"(\{[^{}]*\}|%\([a-z]+\)s)")
_WIDE = {code: code - 0x20 + 0xFF00 for code in range(0x21, 0x7F) if chr(code).isalpha()}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[-.:/'][A-Za-z0-9_]+)*")


class _Pseudo(gettext.NullTranslations):
    """The catalogue that has every message of the source, and no other; with `every`, all that is looked up."""

    def __init__(self, *, every: bool) -> None:
        super().__init__()
        self._every = every
        self._known = frozenset() if every else _known()  # now: it asks the commands, which would ask this catalogue

    def gettext(self, message: str) -> str:
        """`message` as nobody says it; what has no letters needs no translation."""
        if not self._every and message not in self._known:
            return message
        parts = _FIELD.split(message)
        told = "".join(part if number % 2 else part.translate(_WIDE) for number, part in enumerate(parts))
        return message if told == message else f"⟦{told}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """One of two."""
        return self.gettext(msgid1 if n == 1 else msgid2)


@cache
def _known() -> frozenset[str]:
    return frozenset(each for key in extracted() for each in ((key,) if isinstance(key, str) else key))


@contextmanager
def pseudo_spoken(*, every: bool = False) -> Iterator[None]:
    """Speak it for a while."""
    before = language._Spoken.language, language._Spoken.catalogue
    language._Spoken.language, language._Spoken.catalogue = "zh_CN", _Pseudo(every=every)
    try:
        yield
    finally:
        language._Spoken.language, language._Spoken.catalogue = before


def words_in_no_message(text: str) -> list[str]:
    """The words of `text` in ASCII letters: names and values, if all is well."""
    return _WORD.findall(text)
