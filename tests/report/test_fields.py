"""The list of fields: whole, and on any page."""

from __future__ import annotations

import pytest

from inspector.query.fields import FIELDS
from inspector.query.parser import parse
from inspector.report import fields
from inspector.report.fields import render_fields


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_is_wider_than_the_page(width: int, unicode: bool) -> None:  # noqa: FBT001 - a parameter
    said = render_fields(width=width, colour=False, unicode=unicode)

    assert max(map(len, said.splitlines())) <= width


def test_every_field_and_every_word_is_listed() -> None:
    said = set(render_fields(width=200, colour=False, unicode=True).replace(",", " ").split())

    assert set(FIELDS) <= said
    assert {word for field in FIELDS.values() for name in field.words for word in name.split()} <= said


def test_the_examples_are_expressions() -> None:
    for example in fields._EXAMPLES:
        parse(example)
