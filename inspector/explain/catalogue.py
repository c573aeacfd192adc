"""The entries, read from their files and found by any spelling.

A name is looked for without regard to case, and to what stands between its words: `TIME_WAIT`, `time-wait`, `Time Wait`
and `TIMEWAIT` are one. Kinds that are found by their form (a flag, a block of addresses, a letter) are not listed under
their names, only under their other spellings; and a reason of another room only where nothing else has its name.
Names are found by their translations too, whichever language is spoken.

Every entry has an identifier as well (`Entry.identifier`): its kind, a full stop and its name, `close.unanswered`, by
which it is found alone where other kinds have something of the same name. Identifiers are a promise, as are those of
the kinds in `CATALOGUE`, which are what inspector says of a capture: a test holds them fast.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from inspector.crosscheck import reasons as crosscheck_reasons
from inspector.explain.model import HEADS, Entry, Listing, plain
from inspector.explain.severity import Blamed
from inspector.kernel import reasons as kernel_reasons
from inspector.language import marked, translations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["CATALOGUE", "KINDS", "MISCONCEPTION", "entries", "listed", "met_at", "misconceptions", "named", "near"]

_FOLDER = Path(__file__).parent / "entries"

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "state": marked("TCP state"),
        "conn_state": marked("Zeek's conn_state"),
        "flag": marked("TCP flags"),
        "label": marked("label"),
        "icmp": marked("ICMP error"),
        "finding": marked("finding"),
        "handshake": marked("outcome of a handshake"),
        "close": marked("outcome of a close"),
        "exchange": marked("outcome of a UDP exchange"),
        "difference": marked("difference from what was expected"),
        "verdict": marked("verdict"),
        "artefact": marked("artefact of capturing"),
        "kernel": marked("reason why the kernel says otherwise"),
        "cross-check": marked("reason why tshark says otherwise"),
        "word": marked("word"),
        "address": marked("address"),
        "prefix": marked("prefix"),
        "block": marked("block of addresses"),
        "class": marked("class of addresses"),
        "port": marked("port"),
        "range": marked("range of ports"),
        "service": marked("service"),
        "history": marked("Zeek's history"),
        "completeness": marked("Wireshark's tcp.completeness"),
        "demo": marked("demo"),
    }
)
"""Every kind of explanation, in words. A word's meanings are told in this order."""

CATALOGUE = (
    "state",
    "label",
    "icmp",
    "finding",
    "handshake",
    "close",
    "exchange",
    "difference",
    "verdict",
    "artefact",
    "kernel",
    "cross-check",
)
"""The kinds of what inspector itself says: each entry has its severity, and somebody to blame or nobody."""
MISCONCEPTION = "misconception"

_WORKED_OUT = frozenset({"address", "prefix", "port", "demo"})
"""Kinds without a file: there are too many of them, or they are another room's."""
_REASONS: Mapping[str, Mapping[Any, str]] = MappingProxyType(
    {"kernel": kernel_reasons.EXPLANATIONS, "cross-check": crosscheck_reasons.EXPLANATIONS}
)
"""Kinds whose words stand in the room that says them."""
_UNEXPLAINED = "unexplained"
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
    if kind in _REASONS:
        return MappingProxyType({str(each): _reason(kind, str(each), text) for each, text in _REASONS[kind].items()})
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
        short=table.pop("short", ""),
        blame=table.pop("blame", ""),
        misconception=table.pop(MISCONCEPTION, 0),
        met=tuple(table.pop("met", ())),
        details=table,
    )


def _reason(kind: str, name: str, text: str) -> Entry:
    blame = Blamed.PROGRAM if name == _UNEXPLAINED else Blamed.NOBODY
    return Entry(kind, name, {"why": text}, blame=str(blame))


def _everything() -> Iterable[Entry]:
    return (entry for kind in KINDS for entry in entries(kind).values())


@cache
def misconceptions() -> tuple[Entry, ...]:
    """What people believe wrongly, by number; some have two forms."""
    return tuple(sorted((each for each in _everything() if each.misconception), key=lambda each: each.misconception))


def met_at(identifier: str) -> tuple[Entry, ...]:
    """The misconceptions that are met at an entry, or at a demo (`demo.tcp-hello`)."""
    return tuple(each for each in misconceptions() if identifier in each.met)


def listed(word: str) -> Listing | None:
    """The whole list that a word asks for: `findings`, `outcomes`, `misconceptions`; None for any other word."""
    kinds = _plurals().get(plain(word))
    if kinds is None:
        return None
    if kinds == (MISCONCEPTION,):
        return Listing(MISCONCEPTION, misconceptions())
    return Listing(kinds[0], tuple(entry for kind in kinds for entry in entries(kind).values()))


@cache
def _plurals() -> Mapping[str, tuple[str, ...]]:
    """The kinds that a plural lists, one or several."""
    found: dict[str, tuple[str, ...]] = {f"{kind}s": (kind,) for kind in (*CATALOGUE, "word", MISCONCEPTION)}
    return found | {
        "outcomes": ("handshake", "close", "exchange"),
        "icmp-errors": ("icmp",),
        "reasons": ("kernel", "cross-check"),
        "kernel-reasons": ("kernel",),
        "cross-check-reasons": ("cross-check",),
        "误解": (MISCONCEPTION,),
        "差异": ("difference",),
        "发现": ("finding",),
        "标签": ("label",),
        "结论": ("verdict",),
    }


@cache
def _index() -> Mapping[str, tuple[Entry, ...]]:
    found: dict[str, dict[tuple[str, str], Entry]] = defaultdict(dict)
    for entry in sorted(_everything(), key=lambda each: each.kind in _REASONS):
        for spelling in _spelled(entry):
            for form in (plain(spelling), plain(spelling).replace("-", "")):
                if entry.kind not in _REASONS or {kind for kind, _ in found[form]} <= _REASONS.keys():
                    found[form][entry.kind, entry.name] = entry
        if entry.misconception:
            found[plain(f"{MISCONCEPTION}.{entry.misconception}")][entry.kind, entry.name] = entry
    return {spelling: tuple(by_name.values()) for spelling, by_name in found.items() if by_name}


def _spelled(entry: Entry) -> tuple[str, ...]:
    """Its name, unless it is found by its form, and all other spellings; names that have translations, by these too."""
    if entry.kind in _BY_FORM:
        return entry.also
    return (entry.name, *entry.also, *translations(entry.name))


@cache
def _by_identifier() -> Mapping[str, Entry]:
    return {each.identifier.casefold(): each for each in _everything()}


def named(text: str) -> tuple[Entry, ...]:
    """The entries of that name or spelling; the one of that identifier."""
    exactly = _by_identifier().get(text.strip().casefold())
    return (exactly,) if exactly else _index().get(plain(text), ())


def near(text: str, more: Iterable[str] = ()) -> tuple[str, ...]:
    """The names and spellings most like `text`, as they are written, best first; `more` are names of other rooms."""
    if len(text) > _LONGEST:
        return ()
    if text.partition(".")[0].casefold() in {*CATALOGUE, "word"}:
        return tuple(get_close_matches(text, [each.identifier for each in _everything()], _MOST_NEAR, _ENOUGH_ALIKE))
    written = {plain(spelling): spelling for spelling in (*more, *_spellings())}
    return tuple(written[each] for each in get_close_matches(plain(text), written, _MOST_NEAR, _ENOUGH_ALIKE))


@cache
def _spellings() -> tuple[str, ...]:
    """Every spelling that may be suggested; a name comes last, so that it wins over an equal spelling."""
    everything = tuple(_everything())
    names = [entry.name for entry in everything if entry.kind == "flag" or entry.kind not in _BY_FORM]
    return (*(spelling for entry in everything for spelling in entry.also), *names)
