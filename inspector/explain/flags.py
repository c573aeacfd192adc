"""A set of control bits: what it means, and what it costs in sequence numbers."""

from __future__ import annotations

import re

from inspector.explain.catalogue import entries
from inspector.explain.model import Explanation, Line
from inspector.language import said, said_n
from inspector.wire.flags import flags_text, parse_flags
from inspector.wire.row import Flag, Row

__all__ = ["explain_flags", "flags_in"]


def flags_in(word: str) -> int | None:
    """The control bits that `word` names in any of the usual ways (`SYN-ACK` and `SYN+ACK` too), or None."""
    bits = parse_flags(word)
    return parse_flags(re.sub(r"[-+/|&]", ",", word)) if bits is None else bits


def explain_flags(bits: int) -> Explanation:
    """The meaning of a set that has one, else of each of its members."""
    name = flags_text(bits)
    entry = entries("flag").get(name)
    members = [each for each in name.split(",") if each in Flag.members()]
    lines = (
        entry.lines
        if entry
        else [Line("seen", said("{flag} {brief}", flag=each, brief=_brief(each))) for each in members]
    )
    return Explanation(
        kind="flag",
        name=name,
        lines=(*lines, Line("numbers", _cost(bits)), Line("filter", _filter(bits, members))),
        demos=entry.demos if entry else (),
        captures=entry.captures if entry else (),
        entry=entry,
    )


def _brief(name: str) -> str:
    return said(str(entries("flag")[name].details["brief"]))


def _cost(bits: int) -> str:
    """SEG.LEN of a segment without payload, which is what its flags cost."""
    cost = Row(flags=bits).seg_len
    if not cost:
        return said("uses no sequence number: only payload would")
    return said_n(
        "uses one sequence number: acknowledged by seq + {n} (and + the payload, if any)",
        "uses {n} sequence numbers: acknowledged by seq + {n} (and + the payload, if any)",
        cost,
    )


def _filter(bits: int, members: list[str]) -> str:
    exact = f"tcp.flags == 0x{bits:03x}"
    if len(members) != 1:
        return exact
    return said("tcp.flags.{flag} == 1; exactly this: {exact}", flag=members[0].lower(), exact=exact)
