"""The entries, read from their files and found by any spelling.

A name is looked for without regard to case, and to what stands between its words: `TIME_WAIT`, `time-wait`, `Time Wait`
and `TIMEWAIT` are one. Kinds that are found by their form (a flag, a block of addresses, a letter) are not listed under
their names, only under their other spellings.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from inspector.explain.model import HEADS, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["KINDS", "entries", "named", "near", "plain"]

_FOLDER = Path(__file__).parent / "entries"

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "state": "TCP state",
        "conn_state": "Zeek's conn_state",
        "flag": "TCP flags",
        "label": "label",
        "icmp": "ICMP error",
        "finding": "finding",
        "handshake": "outcome of a handshake",
        "close": "outcome of a close",
        "exchange": "outcome of a UDP exchange",
        "word": "word",
        "address": "address",
        "prefix": "prefix",
        "block": "block of addresses",
        "class": "class of addresses",
        "port": "port",
        "range": "range of ports",
        "service": "service",
        "history": "Zeek's history",
        "completeness": "Wireshark's tcp.completeness",
        "demo": "demo",
    }
)
"""Every kind of explanation, in words. A word's meanings are told in this order."""

_WORKED_OUT = frozenset({"address", "prefix", "port", "demo"})
"""Kinds without a file: there are too many of them, or they are another room's."""
_BY_FORM = frozenset({"flag", "history", "completeness", "block"})
_ENOUGH_ALIKE = 0.6
_MOST_NEAR = 3
_LONGEST = 64
"""Nothing longer is a name that was mistyped."""


@cache
def entries(kind: str) -> Mapping[str, Entry]:
    """All entries of a kind by their names, in the order of their file."""
    if kind in _WORKED_OUT:
        return MappingProxyType({})
    tables = tomllib.loads((_FOLDER / f"{kind}.toml").read_text("utf-8"))
    return MappingProxyType({name: _entry(kind, name, table) for name, table in tables.items()})


def _entry(kind: str, name: str, table: dict[str, Any]) -> Entry:
    return Entry(
        kind=kind,
        name=name,
        texts={head: table.pop(head) for head in HEADS if head in table},
        also=tuple(table.pop("also", ())),
        demos=tuple(table.pop("demos", ())),
        captures=tuple(table.pop("captures", ())),
        details=table,
    )


def plain(text: str) -> str:
    """What is compared of a name: its letters and digits, words joined by hyphens."""
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")


@cache
def _index() -> Mapping[str, tuple[Entry, ...]]:
    found: dict[str, dict[tuple[str, str], Entry]] = defaultdict(dict)
    for kind in KINDS:
        for entry in entries(kind).values():
            for spelling in entry.also if kind in _BY_FORM else (entry.name, *entry.also):
                for form in (plain(spelling), plain(spelling).replace("-", "")):
                    found[form][kind, entry.name] = entry
    return {spelling: tuple(by_name.values()) for spelling, by_name in found.items()}


def named(text: str) -> tuple[Entry, ...]:
    """The entries of that name or spelling."""
    return _index().get(plain(text), ())


def near(text: str, more: Iterable[str] = ()) -> tuple[str, ...]:
    """The names and spellings most like `text`, as they are written, best first; `more` are names of other rooms."""
    if len(text) > _LONGEST:
        return ()
    written = {plain(spelling): spelling for spelling in (*more, *_spellings())}
    return tuple(written[each] for each in get_close_matches(plain(text), written, _MOST_NEAR, _ENOUGH_ALIKE))


@cache
def _spellings() -> tuple[str, ...]:
    """Every spelling that may be suggested; a name comes last, so that it wins over an equal spelling."""
    everything = [entry for kind in KINDS for entry in entries(kind).values()]
    names = [entry.name for entry in everything if entry.kind == "flag" or entry.kind not in _BY_FORM]
    return (*(spelling for entry in everything for spelling in entry.also), *names)
