"""All demos, by name, in the order in which a course would show them.

Lists written out by hand, one in each folder: a demo is added by a file and a line beside it, and there is no
registry that could be changed behind it.
"""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

from inspector.demos import basics, closing, datagrams, living, opening
from inspector.errors import DemoError
from inspector.language import joined, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspector.demos.demo import Demo

__all__ = ["GROUPS", "catalogue", "find"]

GROUPS: Mapping[str, tuple[Demo, ...]] = MappingProxyType(
    {
        "First conversations": basics.DEMOS,
        "Opening": opening.DEMOS,
        "Closing": closing.DEMOS,
        "Living": living.DEMOS,
        "UDP": datagrams.DEMOS,
    }
)
"""Every demo, by what it is about."""

_BY_NAME = MappingProxyType({demo.name: demo for group in GROUPS.values() for demo in group})


def catalogue() -> Mapping[str, Demo]:
    """Every demo by its name, in the order of the course; it cannot be changed."""
    return _BY_NAME


def find(name: str) -> Demo:
    """The demo of that name; DemoError with the nearest names if there is none."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    near = get_close_matches(name.lower().replace("_", "-"), _BY_NAME, n=3)
    if near:
        reason = said("there is no demo {name!r}; did you mean {near}?", name=name, near=joined(near, " or "))
    else:
        reason = said("there is no demo {name!r}; inspector demo lists them", name=name)
    raise DemoError(
        reason,
        remedies=tuple(f"inspector demo {each}" for each in near) or ("inspector demo",),
    )
