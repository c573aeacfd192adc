"""Every law of `laws.py` holds of its seeds, of what has broken it before, and of what hypothesis makes of both.

The long search is `scripts/fuzz`; this is the part of it that every run of the tests can afford.
"""

from __future__ import annotations

from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.laws import LAWS
from tests.fuzz.seeds import seeds

SLOW = {"report"}
"""Laws of which a few inputs must do here."""

every_law = pytest.mark.parametrize("law", LAWS)


@cache
def some_seeds(law: str) -> tuple[bytes, ...]:
    return tuple(islice(seeds(law), 8 if law in SLOW else 1000))


@every_law
def test_the_law_holds_of_its_seeds(law: str) -> None:
    assert some_seeds(law)
    for seed in some_seeds(law):
        LAWS[law](seed)


@st.composite
def damaged(draw: st.DrawFn, law: str) -> bytes:
    """A seed with some bytes changed, some taken out, some put in."""
    made = bytearray(draw(st.sampled_from(some_seeds(law)))[:2000])
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(made)))
        made[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(made)


@every_law
@settings(max_examples=25)
@given(data=st.data())
def test_the_law_holds_of_any_bytes(law: str, data: st.DataObject) -> None:
    LAWS[law](data.draw(st.binary(max_size=300) | damaged(law)))


def test_a_captures_folder_that_is_named_gives_more_seeds(captures: Path) -> None:
    assert len(list(seeds("frame", captures))) > len(list(seeds("frame")))
