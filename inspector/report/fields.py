"""The fields of a connection as people read them: the table that `query.fields` is, and how expressions are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.language import marked, shown
from inspector.query.fields import FIELDS, Kind
from inspector.report.page import Page, named
from inspector.report.words import listed

if TYPE_CHECKING:
    from inspector.query.fields import Field

__all__ = ["render_fields"]

_WRITTEN = {
    Kind.NUMBER: "443, 1_000_000",
    Kind.TIME: marked(
        "5ms, 1.5s, 2m (ns us ms s m h d), or unknown; in files nanoseconds, the column's name ends in _ns"
    ),
    Kind.MOMENT: marked('"2024-05-01T12:00:00Z", or unknown'),
    Kind.WORD: marked('one of its words in quotes: "refused"'),
    Kind.WORDS: marked("as a word; it may have several"),
    Kind.ADDRESS: marked("10.0.0.1, 2001:db8::1; after in also a prefix: 10.0.0.0/8"),
    Kind.TEXT: marked('any text in quotes: "ShADadFf"'),
}
_EXAMPLES = (
    'handshake == "refused" and responder.port == 443',
    "address in 10.0.0.0/8 and not (port in (80, 443))",
    "handshake_time > 200ms or repeated_syns > 0",
    'finding == "syn-ack-wrong-ack"',
    'zeek.history contains "T"',
)
_GRAMMAR = marked(
    "== != < <= > >= compare; in (a, b) asks whether it is one of them, in PREFIX whether an address is within; a text"
    " may be asked what it contains; and, or, not, parentheses join. What is unknown is not equal, unequal or less."
    " UDP exchanges have no such fields: --where leaves them out."
)


def render_fields(*, width: int, colour: bool, unicode: bool) -> str:
    """All fields, what they hold, and how that is written."""
    page = Page(width, unicode=unicode)
    for field in FIELDS.values():
        _field(page, field)
    page.blank()
    for kind, written in _WRITTEN.items():
        page.wrap(shown(written), lead=named(shown(str(kind)), 10), hang=" " * 10)
    page.blank()
    page.wrap(shown(_GRAMMAR))
    page.blank()
    for example in _EXAMPLES:
        page.add(f"  --where '{example}'")
    return page.text(colour=colour)


def _field(page: Page, field: Field) -> None:
    kind, about = shown(str(field.kind)), shown(field.about)
    if field.asked:
        told = shown("{kind}, {about}", kind=kind, about=about)
    else:
        told = shown("{kind}, {about} (only in files)", kind=kind, about=about)
    page.wrap(told, lead=named(field.name, 28), hang=" " * 28)
    words = tuple(dict.fromkeys(field.words))
    if words:
        page.wrap(listed(words), "dim", lead=" " * 30, hang=" " * 30)
