"""A UDP exchange as a dialogue. UDP has no client and no server, no greeting and no farewell: what is said is a
datagram, and what an ICMP error says is somebody else's word about one.
"""  # noqa: D205 - one paragraph says it

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inspector.findings import Side
from inspector.language import said, said_n
from inspector.udp.model import Outcome
from inspector.wire.row import address_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.language import Said
    from inspector.udp.model import Exchange, TracedDatagram

__all__ = ["Remark", "exchange_ending", "exchange_told"]

_MOST = 24
_KEPT = 8
"""Datagrams told at either end, where there are too many."""


class Remark(NamedTuple):
    """One datagram, one ICMP error, or what is told of several datagrams."""

    frames: tuple[int, int]
    side: Side | None
    """Who speaks; None for the one who tells the story."""
    text: Said
    asides: tuple[Said, ...] = ()
    datagram: TracedDatagram | None = None


def exchange_told(exchange: Exchange) -> Iterator[Remark]:
    """All of it, in the order of the capture; the middle of a long one in a sentence."""
    datagrams = exchange.datagrams
    for place, each in enumerate(datagrams):
        if len(datagrams) > _MOST and _KEPT <= place < len(datagrams) - _KEPT:
            if place == _KEPT:
                yield _told_at_once(datagrams[_KEPT:-_KEPT])
        else:
            yield _told(each)


def _told_at_once(datagrams: tuple[TracedDatagram, ...]) -> Remark:
    numbers = [sum(each.sender is side and not each.row.icmp_type for each in datagrams) for side in Side]
    errors = len(datagrams) - sum(numbers)
    text = said(
        "{one:,} datagrams more of the originator, {two:,} of the responder, {errors:,} ICMP errors",
        one=numbers[0],
        two=numbers[1],
        errors=errors,
    )
    return Remark((datagrams[0].row.frame, datagrams[-1].row.frame), None, text)


def _told(traced: TracedDatagram) -> Remark:
    row, frames = traced.row, (traced.row.frame, traced.row.frame)
    if row.icmp_type or row.quoted_protocol:
        reporter = address_text(row.version, row.reporter_hi, row.reporter_lo)
        if traced.about is None:
            return Remark(frames, None, said("{reporter} says {error}, of a datagram that was not captured",
                                             reporter=reporter, error=traced.label), (), traced)  # fmt: skip
        text = said("{reporter} says {error}, of frame {about}", reporter=reporter, error=traced.label,
                    about=traced.about)  # fmt: skip
        return Remark(frames, None, text, (), traced)
    if traced.label == "reply":
        text = said_n("And from me {n:,} byte.", "And from me {n:,} bytes.", row.payload_len)
    elif not row.payload_len:
        text = said("(an empty datagram)")
    else:
        text = said_n("Here is {n:,} byte.", "Here are {n:,} bytes.", row.payload_len)
    lost = (said("lost on its way: nobody hears it, and nobody is told"),) if traced.lost else ()
    return Remark(frames, traced.sender, text, lost, traced)


def exchange_ending(exchange: Exchange) -> Said:
    """How it stands when the capture ends."""
    if exchange.outcome is Outcome.UNREACHABLE:
        return said("an ICMP error is all that comes back")
    if exchange.outcome is Outcome.UNANSWERED:
        return said("nothing comes back: delivered, lost and ignored look the same from here")
    return said("no datagram says that it is the last: UDP has no word for that")
