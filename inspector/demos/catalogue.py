"""All demos, by name, in the order in which a course would show them.

A list written out by hand: a demo is added by a file and a line here, and there is no registry
that could be changed behind it.
"""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

from inspector.demos import (
    tcp_echo,
    tcp_greeting,
    tcp_hello,
    tcp_multi,
    tcp_object,
    tcp_oneway,
    tcp_upload,
    udp_duplex,
    udp_oneway,
    udp_pingpong,
    udp_request,
)
from inspector.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspector.demos.demo import Demo

__all__ = ["catalogue", "find"]

_DEMOS = (
    tcp_hello.DEMO,
    tcp_greeting.DEMO,
    tcp_echo.DEMO,
    tcp_oneway.DEMO,
    tcp_multi.DEMO,
    tcp_object.DEMO,
    tcp_upload.DEMO,
    udp_oneway.DEMO,
    udp_pingpong.DEMO,
    udp_duplex.DEMO,
    udp_request.DEMO,
)

_BY_NAME = MappingProxyType({demo.name: demo for demo in _DEMOS})


def catalogue() -> Mapping[str, Demo]:
    """Every demo by its name, in the order of the course; it cannot be changed."""
    return _BY_NAME


def find(name: str) -> Demo:
    """The demo of that name; DemoError with the nearest names if there is none."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    near = get_close_matches(name.lower().replace("_", "-"), _BY_NAME, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(_BY_NAME)}"
    raise DemoError(
        f"there is no demo {name!r}; {hint}",
        remedies=tuple(f"inspector demo {each}" for each in near) or ("inspector demo",),
    )
