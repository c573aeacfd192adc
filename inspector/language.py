"""What a person reads, in the language that the person reads.

Every room writes English. Where a text is *made* (a finding, a note, an error, an outcome), it is made with `said`: an
ordinary English string, as JSON, files and tests have it, which remembers the pattern and the values that it was
made from. Where it is *shown* (`report/` in text, `cli/`), `shown` gives it in the language that was chosen:

    reason = said("tolerated {reason}: {frames}", reason=why, frames=joined(frames))     # any room
    page.line(shown(reason))                                                             # report/ and cli/
    page.line(shown("as {name} has it", name=name))                                      # report/ and cli/
    page.line(shown_n("{n:,} frame", "{n:,} frames", frames))                            # report/ and cli/

Laws: the core never asks which language is spoken, so that what it computes depends on none. A pattern is a literal
(gettext catalogues are made from the source by these names) and holds whole phrases, never halves to be glued together.
A text that is put together with `+`, `join` or an f-string has forgotten its pattern: use `said` and `joined`.
Numbers, names, addresses and whatever stands in a capture are values and are never looked up.

`shown` is what gettext calls `_`, which so much else is called. `locale/LANGUAGE/LC_MESSAGES/inspector.po` are the
catalogues, made, checked and compiled by `scripts/translations`.
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "CATALOGUES",
    "DOMAIN",
    "LANGUAGES",
    "SEPARATORS",
    "Said",
    "joined",
    "language",
    "marked",
    "retold",
    "said",
    "said_n",
    "shown",
    "shown_n",
    "speak",
    "translations",
]

LANGUAGES = ("en", "zh_CN")

CATALOGUES = Path(__file__).parent / "locale"
DOMAIN = "inspector"
"""The name of our catalogues, as gettext has it."""


class Said(str):
    """An English text that can be said in another language."""

    __slots__ = ("many", "number", "pattern", "values")
    pattern: str
    many: str
    """The pattern for other numbers than one; empty where no number decides."""
    number: int
    values: Mapping[str, Any]

    def __new__(cls, pattern: str, values: Mapping[str, Any], many: str = "", number: int = 1) -> Self:
        """The text in English, by `number` where there is a pattern for `many`."""
        text = pattern if not many or number == 1 else many
        self = super().__new__(cls, text.format(**values) if values else text)
        self.pattern, self.values, self.many, self.number = pattern, values, many, number
        return self

    def __str__(self) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.pattern, self.values, self.many, self.number)


class _Joined(Said):
    """Texts one after the other, each with a pattern of its own."""

    __slots__ = ("parts", "separator")
    parts: tuple[str, ...]
    separator: str

    def __new__(cls, parts: tuple[str, ...], separator: str) -> Self:
        self = super().__new__(cls, separator.join(parts), {})
        self.parts, self.separator = parts, separator
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.parts, self.separator)


def said(pattern: str, /, **values: Any) -> Said:
    """`pattern` with its `{values}` put in (as `str.format` does); without values it is taken as it stands."""
    return Said(pattern, values)


def said_n(one: str, many: str, n: int, /, **values: Any) -> Said:
    """One of two patterns, by the number `n`, which is a value of that name as well."""
    return Said(one, {"n": n, **values}, many, n)


def joined(parts: Iterable[str], separator: str = ", ") -> Said:
    """Texts one after the other, each still known by its own pattern; `SEPARATORS` are looked up as well."""
    return _Joined(tuple(parts), separator)


def marked(text: str) -> str:
    """`text` as it is: known to the catalogues, and shown later with `shown`. What gettext calls `N_`."""
    return text


SEPARATORS = (marked(", "), marked("; "), marked(": "), marked(" and "), marked(" or "))


class _Spoken:
    """The language that is spoken; one for the process, as gettext has it."""

    language = "en"
    catalogue: gettext.NullTranslations = gettext.NullTranslations()


def speak(wanted: str) -> None:
    """Say things in one of `LANGUAGES` from now on; English where there is no such catalogue."""
    known = wanted in LANGUAGES and wanted != "en"
    _Spoken.language = wanted if known else "en"
    _Spoken.catalogue = (
        gettext.translation(DOMAIN, str(CATALOGUES), [wanted], fallback=True) if known else gettext.NullTranslations()
    )


def language() -> str:
    """The language that is spoken, one of `LANGUAGES`."""
    return _Spoken.language


def shown(text: str, /, **values: Any) -> str:
    """`text` in the language that is spoken: what `said` made, a marked constant, or a pattern with its values."""
    if values:
        return _filled(_looked_up(text), values)
    if isinstance(text, _Joined):
        return _looked_up(text.separator).join(shown(part) if isinstance(part, Said) else part for part in text.parts)
    if isinstance(text, Said):
        if text.many:
            pattern = _Spoken.catalogue.ngettext(text.pattern, text.many, text.number)
        else:
            pattern = _looked_up(text.pattern)
        return _filled(pattern, text.values) if text.values else pattern
    return _looked_up(text)


def retold(text: str) -> str:
    """What `said` made, in the language that is spoken; anything else (the name of a file, a user's word) as it is."""
    return shown(text) if isinstance(text, Said) else text


def shown_n(one: str, many: str, n: int, /, **values: Any) -> str:
    """One of two patterns in the language that is spoken, by the number `n`, which is a value of that name as well."""
    return _filled(_Spoken.catalogue.ngettext(one, many, n), {"n": n, **values})


def translations(text: str) -> tuple[str, ...]:
    """What `text` is in every other language, whichever is spoken, where it is something else there."""
    return tuple(told for told in (catalogue.gettext(text) for catalogue in _catalogues()) if told != text)


@cache
def _catalogues() -> tuple[gettext.NullTranslations, ...]:
    return tuple(gettext.translation(DOMAIN, str(CATALOGUES), [each], fallback=True) for each in LANGUAGES[1:])


def _looked_up(pattern: str) -> str:
    # The empty text is the catalogue's own header.
    return _Spoken.catalogue.gettext(pattern) if pattern else pattern


def _filled(pattern: str, values: Mapping[str, Any]) -> str:
    return pattern.format(
        **{name: shown(value) if isinstance(value, Said) else value for name, value in values.items()}
    )
