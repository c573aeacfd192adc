"""The fields of a connection as people read them: the table that `query.fields` is, and how expressions are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.query.fields import FIELDS, Kind
from inspector.report.page import Page, Text

if TYPE_CHECKING:
    from inspector.query.fields import Field

__all__ = ["render_fields"]

_WRITTEN = {
    Kind.NUMBER: "443, 1_000_000",
    Kind.TIME: "5ms, 1.5s, 2m (ns us ms s m h d), or unknown; in files nanoseconds, the column's name ends in _ns",
    Kind.MOMENT: '"2024-05-01T12:00:00Z", or unknown',
    Kind.WORD: 'one of its words in quotes: "refused"',
    Kind.WORDS: "as a word; it may have several",
    Kind.ADDRESS: "10.0.0.1, 2001:db8::1; after in also a prefix: 10.0.0.0/8",
    Kind.TEXT: 'any text in quotes: "ShADadFf"',
}
_EXAMPLES = (
    'handshake == "refused" and responder.port == 443',
    "address in 10.0.0.0/8 and not (port in (80, 443))",
    "handshake_time > 200ms or repeated_syns > 0",
    'finding == "syn-ack-wrong-ack"',
    'zeek.history contains "T"',
)
_GRAMMAR = (
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
        page.wrap(written, lead=Text(f"{kind:<10}", "bold"), hang=" " * 10)
    page.blank()
    page.wrap(_GRAMMAR)
    page.blank()
    for example in _EXAMPLES:
        page.add(f"  --where '{example}'")
    return page.text(colour=colour)


def _field(page: Page, field: Field) -> None:
    name = Text(f"{field.name:<28}", "bold")
    page.wrap(f"{field.kind}, {field.about}{'' if field.asked else ' (only in files)'}", lead=name, hang=" " * 28)
    words = tuple(dict.fromkeys(field.words))
    if words:
        page.wrap(", ".join(words), "dim", lead=" " * 30, hang=" " * 30)
