"""One frame explained: what `inspector explain FILE:FRAME` prints.

What was found comes first. Then a block for each header, every field with its value, the reason and the section; what
both ends believe; and what the label means. The same for programs is `frame_json`'s.
Payload, comments and names are hostile: all of them are escaped.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from inspector.findings import Side
from inspector.language import marked, retold, shown
from inspector.link.remarks import remark_of
from inspector.report.escape import cells, quoted, safe_text
from inspector.report.page import Page, Text
from inspector.report.symbols import symbols_of
from inspector.report.words import cited, duration, listed
from inspector.wire.row import NO_TIME, Flag

if TYPE_CHECKING:
    from inspector.explain.frame_model import Detail, EndBelief, FrameExplanation, FrameSubject
    from inspector.explain.model import Line
    from inspector.report.symbols import Origin

__all__ = ["render_frame", "signs_of"]

_COLUMN = 18
_PAYLOAD_LINES = 4
_LONGEST_COMMENT = 300
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_PARTS = {
    "frame": marked("frame"),
    "ip": marked("IP"),
    "tcp": marked("TCP"),
    "udp": marked("UDP"),
    "icmp": marked("ICMP"),
    "payload": marked("payload"),
    "meaning": marked("what it is"),
}
_NAMES = {
    "source": marked("from"),
    "destination": marked("to"),
    "link": marked("link"),
    "length": marked("length"),
    "tunnel": marked("tunnel"),
    "way": marked("way"),
    "total length": marked("total length"),
    "payload length": marked("payload length"),
    "hop limit": marked("hop limit"),
    "flow label": marked("flow label"),
    "fragment": marked("fragment"),
    "fragments": marked("fragments"),
    "ports": marked("ports"),
    "uses": marked("uses"),
    "flags": marked("flags"),
    "window": marked("window"),
    "checksum": marked("checksum"),
    "urgent pointer": marked("urgent pointer"),
    "option": marked("option"),
    "captured": marked("captured"),
    "stopped": marked("stopped"),
    "type": marked("type"),
    "code": marked("code"),
    "quotes": marked("quotes"),
    "numbers": marked("numbers"),
    "state": marked("state"),
}
"""What a field is called; those that are not here (seq, ack, SYN, DF ...) are called so in every language."""


def render_frame(  # noqa: PLR0913 - what a page is made from
    explanation: FrameExplanation, subject: FrameSubject, source: str, *, width: int, colour: bool, unicode: bool = True
) -> str:
    """The whole explanation, no line wider than `width`."""
    page = Page(width, unicode=unicode)
    _title(page, explanation, source)
    _found(page, explanation)
    signs = signs_of(subject)
    for part in explanation.parts:
        page.blank()
        page.add(shown(_PARTS[part.what]), "bold")
        if part.what == "frame":
            _times(page, explanation)
        for detail in part.details:
            _detail(page, detail, signs.get(detail.what, ""))
        if part.what == "payload":
            _payload(page, subject)
    _beliefs(page, explanation, subject)
    _meaning(page, explanation)
    page.blank()
    names = (shown("this frame"), shown("conversation"))
    for name, text in zip(names, explanation.filters, strict=False):
        _line(page, name, Text(text), "dim")
    for comment in explanation.comments:
        _line(
            page,
            shown("comment"),
            Text(safe_text(retold(remark_of(comment)), _LONGEST_COMMENT, ascii_only=not unicode)),
            "dim",
        )
    return page.text(colour=colour)


def _title(page: Page, explanation: FrameExplanation, source: str) -> None:
    name = safe_text(source, ascii_only=not page.unicode)
    page.wrap(shown("{source}, frame {frame}", source=name, frame=explanation.frame), "bold")
    title = Text.assemble((shown(explanation.title), "bold"))
    label = safe_text(retold(explanation.label), ascii_only=not page.unicode)
    if label and label != shown(explanation.title):
        title.append(f"  {label}", "italic")
    page.wrap(title)
    for name, iss in explanation.origins:
        who = explanation.beliefs[0 if name == "x" else -1].role
        page.wrap(shown("{name} = {number}, the {who}'s initial sequence number", name=name, number=iss,
                        who=shown(who)), "dim", hang="    ")  # fmt: skip


def _times(page: Page, explanation: FrameExplanation) -> None:
    if explanation.time_ns == NO_TIME:
        _line(page, shown("time"), Text(shown("none: this capture records no times")))
        return
    _line(page, shown("time"), Text(_date(explanation.time_ns)))
    if explanation.first is not None and explanation.first[0] != explanation.frame:
        frame, time_ns = explanation.first
        if time_ns != NO_TIME:
            since = duration(explanation.time_ns - time_ns)
            words = shown("{time} after frame {frame}, the first of its conversation", time=since, frame=frame)
            _line(page, "", Text(words))
    if explanation.previous is not None and explanation.previous != explanation.first:
        frame, time_ns = explanation.previous
        if time_ns != NO_TIME:
            since = duration(explanation.time_ns - time_ns)
            _line(page, "", Text(shown("{time} after frame {frame}, the one before it", time=since, frame=frame)))


def _date(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, 1_000_000_000)
    try:
        day = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
    except OverflowError:
        return f"{seconds}.{rest:09d} s"
    return f"{day}.{rest:09d} UTC"


def signs_of(subject: FrameSubject) -> dict[str, str]:
    """The sequence and the acknowledgment number as the ladder writes them: `y+1+14`, `x+1+18+1`."""
    if subject.connection is None:
        return {}
    symbols, row = symbols_of(subject.connection), subject.row
    sender = next(each.sender for each in subject.connection.segments if each.row.frame == row.frame)
    signs = {"seq": symbols.seq(sender, row.seq)}
    if row.flags & Flag.ACK:
        signs["ack"] = symbols.ack(sender, row.ack)
    return signs


def _detail(page: Page, detail: Detail, sign: str) -> None:
    """The value, its reasons and the rule, in one paragraph."""
    bullet = page.glyphs.bullet
    text = Text.assemble((_clean(page, shown(detail.value)), "cyan"), f" ({sign})" if sign else "")
    for why in detail.why:
        text.append(f" {bullet} {_clean(page, shown(why))}")
    if detail.rule:
        text.append(shown(" ({rule})", rule=cited(detail.rule)), "dim")
    _line(page, shown(_NAMES.get(detail.what, detail.what)), text)


def _clean(page: Page, text: str) -> str:
    return safe_text(text, ascii_only=not page.unicode)


def _line(page: Page, head: str, text: Text, style: str = "") -> None:
    lead = Text(f"  {head}" + " " * max(_COLUMN - 2 - cells(head), 1), style or "dim")
    page.wrap(text, style, lead=lead, hang=" " * _COLUMN)


def _payload(page: Page, subject: FrameSubject) -> None:
    room = (page.width - _COLUMN - 1) * _PAYLOAD_LINES
    if subject.payload:
        text = quoted(subject.payload, room, ascii_only=not page.unicode)
        _line(page, shown("begins"), Text(text, "green"))


def _beliefs(page: Page, explanation: FrameExplanation, subject: FrameSubject) -> None:
    if subject.connection is None:
        return
    origins = symbols_of(subject.connection).origins
    page.blank()
    page.add(shown("what each end believes, before and after"), "bold")
    for belief in explanation.beliefs:
        role = shown(belief.role)
        if belief.role != belief.side:
            role = shown("{role} ({side})", role=role, side=shown(belief.side))
        page.add(f"  {role}", "italic")
        own = Side.ORIGINATOR if belief.side == str(Side.ORIGINATOR) else Side.RESPONDER
        whose = {"SND.UNA": origins[own], "SND.NXT": origins[own], "RCV.NXT": origins[own.other]}
        for name, before, after in belief.variables:
            old, new = (_value(each, whose.get(name), name) for each in (before, after))
            _variable(page, name, old, new, belief)


def _value(value: int | str | None, origin: Origin | None, name: str) -> str:
    if value is None:
        return shown("not known") if name == "state" else shown("none")
    sign = origin.symbol(value) if origin is not None and isinstance(value, int) else ""
    return f"{value} ({sign})" if sign else str(value)


def _variable(page: Page, name: str, old: str, new: str, belief: EndBelief) -> None:
    arrow = "→" if page.unicode else "->"
    text = Text(old, "dim") if old == new else Text.assemble((old, "dim"), f" {arrow} ", (new, "bold"))
    if name == "state" and belief.why:
        for why in belief.why:
            text.append(f" {page.glyphs.bullet} {shown(why)}")
        text.append(shown(" ({rule})", rule=cited("RFC 9293 section 3.3.2")), "dim")
    head = shown(_NAMES.get(name, name))
    lead = Text(f"    {head}" + " " * max(_COLUMN - 4 - cells(head), 1), "dim")
    page.wrap(text, lead=lead, hang=" " * _COLUMN)


def _meaning(page: Page, explanation: FrameExplanation) -> None:
    if not explanation.meaning:
        return
    page.blank()
    label = _clean(page, retold(explanation.label))
    is_orderly = not any(finding.is_fault for finding, _ in explanation.findings)
    # What the catalogue says of such segments need not be so of one with a wrong number.
    page.add(label if is_orderly else shown("what a right {label} looks like", label=label), "bold")
    _entry(page, explanation.meaning)
    if explanation.facts:
        _line(page, shown("facts"), Text(listed(explanation.facts)))


def _entry(page: Page, lines: tuple[Line, ...]) -> None:
    for head, text in lines:
        _line(page, shown(head), Text(_clean(page, shown(text))))


def _found(page: Page, explanation: FrameExplanation) -> None:
    from inspector.report.judged import finding_in_words

    for finding, lines in explanation.findings:
        mark, text, style = finding_in_words(finding, page.glyphs)
        page.blank()
        page.wrap(text, style, lead=Text.assemble(mark, " "), hang="  ")
        _entry(page, lines)
