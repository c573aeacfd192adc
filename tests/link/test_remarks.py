"""What our link writes is known again, and nothing else is."""

from __future__ import annotations

import pytest

from inspector.language import Said
from inspector.link.remarks import AGAIN, KEPT_BACK, THROWN_AWAY, remark_of


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        (THROWN_AWAY, {"rule": "drop SYN once"}),
        (KEPT_BACK, {"ms": "12.345", "rule": "delay FIN by 12 ms"}),
        (AGAIN, {"number": "7", "rule": "duplicate data after 1 ms"}),
    ],
)
def test_what_was_written_is_read_again(pattern: str, values: dict[str, str]) -> None:
    remark = remark_of(pattern.format(**values))

    assert isinstance(remark, Said)
    assert (remark.pattern, remark.values) == (pattern, values)


@pytest.mark.parametrize(
    "comment", ["", "thrown away", "link: thrown away by `a` or `b`", "link: kept back for x ms by `a`", "{rule}"]
)
def test_what_another_wrote_stays_as_it_is(comment: str) -> None:
    assert not isinstance(remark_of(comment), Said)
    assert remark_of(comment) == comment
