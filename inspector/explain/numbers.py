"""Why a segment has its sequence number, and what its acknowledgment number acknowledges: with the frame and the sum.

Read off the segments before it, as anybody would do with a pencil: `continues where frame 2 ended: 15062781 + 1 (SYN)
= 15062782`. All sums are modulo 2^32 (RFC 9293 section 3.4).

Not here: whether a number is right. That is `tcp.acceptance`'s and `tcp.judgement`'s; what they found is told beside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inspector.language import said
from inspector.tcp.facts import Fact
from inspector.tcp.sequence import ahead, plus
from inspector.wire.row import Flag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.explain.roles import Roles
    from inspector.findings import Side
    from inspector.language import Said
    from inspector.tcp.model import TracedSegment
    from inspector.wire.row import Row

__all__ = ["Past", "Reason", "ack_reason", "acknowledged", "end_of", "seq_reason", "sum_of"]

_SECTION = "RFC 9293 section 3.4"


class Reason(NamedTuple):
    """Why a number is what it is."""

    why: Said
    rule: str = _SECTION


class Past(NamedTuple):
    """A segment, and what of its connection went before it."""

    segments: Sequence[TracedSegment]
    at: int
    roles: Roles

    @property
    def this(self) -> TracedSegment:
        """The segment itself."""
        return self.segments[self.at]

    def before(self, side: Side | None) -> Iterator[TracedSegment]:
        """The segments before it, the latest first, that one side sent; no copies made by the capture."""
        for place in range(self.at - 1, -1, -1):
            each = self.segments[place]
            if not each.facts & Fact.DUPLICATE and (side is None or self.roles.itself or each.sender is side):
                yield each


def end_of(row: Row) -> int:
    """The number behind the segment's last: what acknowledges all of it."""
    return plus(row.seq, row.seg_len)


def sum_of(row: Row) -> str:
    """`1000 + 1 (SYN) + 20 + 1 (FIN) = 1022`: how a segment's end follows from its beginning."""
    parts = [str(row.seq)]
    if row.flags & Flag.SYN:
        parts.append("1 (SYN)")
    if row.payload_len:
        parts.append(str(row.payload_len))
    if row.flags & Flag.FIN:
        parts.append("1 (FIN)")
    wraps = " (mod 2^32)" if row.seq + row.seg_len > 0xFFFF_FFFF else ""
    return f"{' + '.join(parts)} = {end_of(row)}{wraps}"


# ------------------------------------------------------------------------------------- sequence numbers


def seq_reason(past: Past) -> Reason:
    """Why the segment begins where it begins."""
    row, side = past.this.row, past.this.sender
    if past.this.facts & Fact.DUPLICATE:
        return _copy_reason(past)
    if row.flags & Flag.RST:
        return _reset_reason(past)
    if row.flags & Flag.SYN:
        return _syn_reason(past)
    earlier = [each.row for each in past.before(side) if not each.row.flags & Flag.RST and not _is_stray(each)]
    if not earlier:
        return Reason(said("the first segment of this end in the capture: where its numbers began is not known"))
    return _place_among(past, earlier)


def _copy_reason(past: Past) -> Reason:
    row = past.this.row
    first = next((each.row for each in past.before(past.this.sender) if each.row.digest == row.digest), None)
    if first is None:
        return Reason(said("a copy made by the capture: it moves nothing"), "")
    if row.ttl < first.ttl:
        return Reason(
            said(
                "frame {frame} once more, captured after a router had forwarded it (TTL {before}, now {ttl}): it moves"
                " nothing",
                frame=first.frame,
                before=first.ttl,
                ttl=row.ttl,
            ),
            "",
        )
    return Reason(said("a copy of frame {frame}, made by the capture: it moves nothing", frame=first.frame), "")


def _place_among(past: Past, earlier: list[Row]) -> Reason:
    """Against what the same end had sent: it goes on, says something again, or leaves a gap."""
    row = past.this.row
    furthest = earlier[0]
    for each in reversed(earlier):
        if ahead(end_of(each), end_of(furthest)) > 0 or (end_of(each) == end_of(furthest) and each.seg_len):
            furthest = each
    step = ahead(row.seq, end_of(furthest))
    if step == 0:
        if not furthest.seg_len:
            return Reason(said("as in frame {frame}, which used no number", frame=furthest.frame))
        return Reason(said("continues where frame {frame} ended: {sum}", frame=furthest.frame, sum=sum_of(furthest)))
    if step > 0:
        return Reason(
            said(
                "{step} beyond the end of frame {frame}, {sum}: what lies between was lost, overtaken or not captured",
                step=step,
                frame=furthest.frame,
                sum=sum_of(furthest),
            )
        )
    if past.this.facts & (Fact.KEEP_ALIVE | Fact.ZERO_WINDOW_PROBE) and step == -1:
        return Reason(
            said(
                "one below the next number, {due}, on purpose: it is old, so the peer has to answer",
                due=end_of(furthest),
            ),
            "RFC 9293 section 3.8.4",
        )
    return _again(past, earlier, -step, furthest)


def _again(past: Past, earlier: list[Row], back: int, furthest: Row) -> Reason:
    row = past.this.row
    same = next((each for each in reversed(earlier) if each.seq == row.seq and each.seg_len), None)
    if row.seg_len and same is not None:
        return Reason(
            said("the number of frame {frame} once more: the same bytes, sent again", frame=same.frame),
            "RFC 9293 section 3.8.1",
        )
    return Reason(
        said(
            "{back} below the end of what this end had sent ({sum}, frame {frame}): it left earlier, or says it again",
            back=back,
            sum=sum_of(furthest),
            frame=furthest.frame,
        )
    )


def _syn_reason(past: Past) -> Reason:
    row, side = past.this.row, past.this.sender
    rule = "RFC 9293 section 3.4.1"
    same = next((each.row for each in past.before(side) if each.row.flags & Flag.SYN and each.row.seq == row.seq), None)
    if same is not None:
        return Reason(
            said("the initial sequence number of frame {frame} again: the same attempt", frame=same.frame), rule
        )
    if _is_stray(past.this):
        return Reason(said("another initial sequence number than this connection's: it belongs to another one"), rule)
    return Reason(
        said("chosen by {who}: its initial sequence number (ISN); stacks take a random one", who=past.roles.of(side)),
        rule,
    )


def _reset_reason(past: Past) -> Reason:
    row, side = past.this.row, past.this.sender
    rule = "RFC 9293 section 3.5.2"
    if row.flags & Flag.ACK and not row.seq:
        return Reason(said("none: what it answers had no acknowledgment number to take"), rule)
    for each in past.before(side.other):
        if each.row.flags & Flag.ACK and each.row.ack == row.seq and not row.flags & Flag.ACK:
            return Reason(
                said("the acknowledgment number of frame {frame}, which it answers", frame=each.row.frame), rule
            )
    earlier = [each.row for each in past.before(side) if not each.row.flags & Flag.RST and not _is_stray(each)]
    return _place_among(past, earlier) if earlier else Reason(said("follows from nothing that was captured"), rule)


def _is_stray(traced: TracedSegment) -> bool:
    return bool(traced.facts & (Fact.SYN_IN_CONNECTION | Fact.SYN_ACK_OTHER_SEQ | Fact.AFTER_RESET))


# ------------------------------------------------------------------------------- acknowledgment numbers


def acknowledged(past: Past) -> TracedSegment | None:
    """The segment of the peer that ends exactly where this one acknowledges: the latest that arrived."""
    row = past.this.row
    for each in past.before(past.this.sender.other):
        is_sent = each.row.seg_len and not each.lost and not each.row.flags & Flag.RST
        if is_sent and end_of(each.row) == row.ack:
            return each
    return None


def ack_reason(past: Past) -> Reason:
    """What the acknowledgment number acknowledges."""
    row, side = past.this.row, past.this.sender
    if not row.flags & Flag.ACK:
        return Reason(said("means nothing: the ACK flag is clear"), "RFC 9293 section 3.1")
    whole = acknowledged(past)
    if whole is not None:
        return Reason(_exactly(past, whole))
    arrived = [each.row for each in past.before(side.other) if not each.row.flags & Flag.RST]
    if not arrived:
        return Reason(said("nothing of the peer was captured before it: what this acknowledges is not known"))
    for each in arrived:
        if 0 < ahead(row.ack, each.seq) < each.seg_len:
            return Reason(_within(row, each))
    return Reason(_of_no_segment(row, arrived))


def _of_no_segment(row: Row, arrived: list[Row]) -> Said:
    """What a number means that lies in none of the peer's segments; `arrived` has the latest first."""
    if all(ahead(row.ack, end_of(each)) > 0 for each in arrived):
        furthest = max(arrived, key=lambda each: ahead(end_of(each), arrived[0].seq))
        return said(
            "{beyond} beyond all that was seen of the peer, which ends with frame {frame}: {sum}",
            beyond=ahead(row.ack, end_of(furthest)),
            frame=furthest.frame,
            sum=sum_of(furthest),
        )
    starts = next((each for each in arrived if each.seq == row.ack and each.seg_len), None)
    if starts is not None:
        return said(
            "the number at which frame {frame} begins: that one is not acknowledged; {sum} would do it",
            frame=starts.frame,
            sum=sum_of(starts),
        )
    if any(each.seq == row.ack for each in arrived):
        return said("the number that it expects next from the peer")
    return said("acknowledges what came before frame {frame}, the first of the peer's here", frame=arrived[-1].frame)


def _exactly(past: Past, whole: TracedSegment) -> Said:
    row, found = past.this.row, whole.row
    values: dict[str, int | str] = {"frame": found.frame, "sum": sum_of(found)}
    own = (each.row for each in past.before(past.this.sender))
    earlier = next((each for each in own if each.flags & Flag.ACK and not each.flags & Flag.RST), None)
    if earlier is not None and earlier.ack == row.ack:
        return _nothing_new(past, values | {"earlier": earlier.frame})
    if found.flags & Flag.FIN:
        if found.payload_len:
            return said("acknowledges the data and the FIN of frame {frame}: {sum}", **values)
        return said("acknowledges the FIN of frame {frame}: {sum}", **values)
    if found.flags & Flag.SYN and found.payload_len:
        return said("acknowledges the SYN and the data of frame {frame}: {sum}", **values)
    if found.flags & Flag.SYN:
        return said("acknowledges the SYN of frame {frame}: {sum}", **values)
    return said("acknowledges the data of frame {frame}: {sum}", **values)


def _nothing_new(past: Past, values: dict[str, int | str]) -> Said:
    """The number that its sender gave before, and what it leaves out, if anything."""
    sent = (each.row for each in past.before(past.this.sender.other) if each.row.seg_len)
    left_out = next((each for each in sent if each.seq == past.this.row.ack), None)
    if left_out is None:
        return said(
            "as in frame {earlier}: all of the peer's up to the end of frame {frame} has arrived ({sum})", **values
        )
    return said(
        "as in frame {earlier}: it expects what frame {open} begins with, which is not acknowledged;"
        " all up to the end of frame {frame} has arrived ({sum})",
        open=left_out.frame,
        **values,
    )


def _within(row: Row, found: Row) -> Said:
    """What is acknowledged of a segment of which not all is."""
    short = ahead(end_of(found), row.ack)
    values: dict[str, int | str] = {"frame": found.frame, "sum": sum_of(found)}
    if found.flags & Flag.FIN and short == 1:
        return said("acknowledges the data of frame {frame} and not its FIN; {sum} would do it", **values)
    if found.flags & Flag.SYN and ahead(row.ack, found.seq) == 1:
        return said("acknowledges the SYN of frame {frame} and not its data; {sum} would do it", **values)
    values["part"] = ahead(row.ack, found.seq)
    return said("acknowledges the first {part} of frame {frame}, and not all of it; {sum} would do it", **values)
