"""How a reason for a difference is known: one rule for each, tried in order.

A rule asks for the very thing that makes the difference (a SYN,ACK that crosses, a SACK block in an acknowledgment),
never for the difference alone: a rule that would explain any difference of a label explains nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from inspector.crosscheck.place import end_of
from inspector.crosscheck.reasons import Reason
from inspector.rosetta.wireshark import analysis_of
from inspector.tcp.acceptance import STRAY
from inspector.tcp.facts import Fact
from inspector.tcp.sequence import ahead, plus
from inspector.wire.row import NO_TIME, Flag, Option

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.crosscheck.place import Place

__all__ = ["RULES", "Rule", "reason_for"]

_SYN_ACK = Flag.SYN | Flag.ACK
_REPEATS = frozenset({"retransmission", "spurious_retransmission", "fast_retransmission", "out_of_order"})
_ACKS = frozenset({"duplicate_ack", "window_update"})
_MOST_UNACKED = 10_000
_HALF = 1 << 30
"""A step so large that a few of them go half round."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A known difference in what a segment is called."""

    reason: Reason
    holds: Callable[[Place], bool]
    labels: frozenset[str] = frozenset()
    """The labels that may differ so; none for any."""
    theirs: bool | None = None
    """Whether tshark has the label, or we; None for either."""

    def fits(self, place: Place) -> bool:
        """Whether this is why."""
        may = not self.labels or place.label in self.labels
        return may and self.theirs in {None, place.theirs} and self.holds(place)


def reason_for(place: Place) -> Reason:
    """Why only one of both gives this label here."""
    return next((rule.reason for rule in RULES if rule.fits(place)), Reason.UNEXPLAINED)


def _is_copy(place: Place) -> bool:
    return place.facts & Fact.DUPLICATE > 0


def _is_dropped(place: Place) -> bool:
    return place.facts & STRAY > 0


def _is_probe_or_answer(place: Place) -> bool:
    if place.label == "zero_window_probe_ack":
        latest = next(place.peers(), None)
        asked = latest is not None and latest.traced.facts & Fact.ZERO_WINDOW_PROBE
        return bool(asked and latest and latest.opinion and "keep_alive" in latest.opinion.labels)
    return place.facts & Fact.ZERO_WINDOW_PROBE > 0 and "keep_alive" in place.opinion.labels


def _is_crossing_syn_ack(place: Place) -> bool:
    return place.row.flags & _SYN_ACK == _SYN_ACK and place.facts & Fact.SYN_CROSSING > 0


def _is_first_of_its_kind(place: Place) -> bool:
    """A SYN, SYN,ACK or bare FIN that its end has not sent before, and that begins before what it has."""
    kind = place.row.flags & (_SYN_ACK if place.row.flags & Flag.SYN else Flag.FIN)
    if not kind & (Flag.SYN | Flag.FIN) or place.row.payload_len:
        return False
    was_sent = any(pair.row.flags & (kind | Flag.SYN) == kind for pair in place.mine())
    return not was_sent and any(ahead(end_of(pair.row), place.row.seq) > 0 for pair in place.mine())


def _was_passed_by_rst(place: Place) -> bool:
    unheeded = Fact.RST_CHALLENGED | Fact.RST_IGNORED | Fact.RST_WRONG_ACK
    return any(
        pair.row.flags & Flag.RST and pair.traced.facts & unheeded and ahead(pair.row.seq, place.row.seq) > 0
        for pair in place.mine()
    )


def _repeats_with_sack(place: Place) -> bool:
    """An acknowledgment that says both, or what hangs on the count of such."""
    if place.label in _ACKS:
        return place.facts & Fact.DUPLICATE_ACK > 0 and place.row.sack_count > 0
    acks = [pair for pair in place.peers() if pair.row.ack == place.row.seq]
    return sum(pair.traced.facts & Fact.DUPLICATE_ACK > 0 and pair.row.sack_count > 0 for pair in acks) > 1


def _hangs_on_their_count(place: Place) -> bool:
    """A fast retransmission to one of both: after as many duplicates as they count."""
    is_fast = place.facts & Fact.FAST_RETRANSMISSION or "fast_retransmission" in place.opinion.labels
    return bool(is_fast) and _repeats_with_sack(place)


def _was_acknowledged_unseen(place: Place) -> bool:
    """Between what was captured of its end and this segment lies a gap, and the peer had acknowledged all of it."""
    ends = place.ends()
    has_gap = bool(ends) and all(ahead(place.row.seq, end) > 0 for end in ends)
    latest = next((pair for pair in place.peers() if pair.row.flags & Flag.ACK), None)
    return has_gap and latest is not None and ahead(latest.row.ack, place.row.seq) >= 0


def _is_known_from_ack(place: Place) -> bool:
    """What the peer had acknowledged lies beyond all that was captured of its end; or so it was for what it answers."""
    if place.label in {"keep_alive_ack", "duplicate_ack"}:
        asked = next(place.peers(), None)
        is_asked = asked is not None and asked.traced.facts & Fact.KEEP_ALIVE
        if asked and is_asked and asked.opinion and "keep_alive" not in asked.opinion.labels:
            return True
    ends = place.ends()
    acks = [pair.row.ack for pair in place.peers() if pair.row.flags & Flag.ACK]
    return bool(ends) and any(all(ahead(ack, end) > 0 for end in ends) for ack in acks)


def _was_told_since(place: Place) -> bool:
    """The same end has acknowledged the unseen before, and the other has acknowledged nothing new since."""
    acks: set[int] = set()
    for pair in reversed(place.before):
        if pair.traced.sender is not place.pair.traced.sender:
            acks.add(pair.row.ack)
        elif "ack_lost_segment" in analysis_of(pair.traced):
            before = next((each.row.ack for each in place.peers() if each.row.frame < pair.row.frame), None)
            return len(acks | ({before} if before is not None else set())) <= 1
    return False


def _acknowledges_what_a_repeat_added(place: Place) -> bool:
    """Of the peer, a segment that began before its highest number and went beyond, and reaches what is acknowledged."""
    highest: int | None = None
    for pair in reversed(list(place.peers())):
        end = end_of(pair.row)
        adds = highest is not None and ahead(pair.row.seq, highest) < 0 < ahead(end, highest)
        if adds and highest is not None and ahead(place.row.ack, highest) > 0:
            return True
        if highest is None or ahead(end, highest) > 0:
            highest = end
    return False


def _follows_a_rst(place: Place) -> bool:
    """The peer's last is a RST with a window of 0, or the own last seemed a probe of it."""
    latest, own = next(place.peers(), None), next(place.mine(), None)
    if place.label == "lost_segment":
        probed = own is not None and own.opinion is not None and "zero_window_probe" in own.opinion.labels
        return probed and own is not None and not own.traced.facts & Fact.ZERO_WINDOW_PROBE
    return latest is not None and latest.row.flags & Flag.RST > 0 and latest.row.window == 0


def _was_more_acknowledged(place: Place) -> bool:
    """The peer's last acknowledgment is below another one."""
    acks = [pair.row.ack for pair in place.peers() if pair.row.flags & Flag.ACK]
    return any(ahead(ack, acks[0]) > 0 for ack in acks[1:])


def _has_no_flag_for_its_number(place: Place) -> bool:
    latest = next(place.peers(), None)
    return latest is not None and not latest.row.flags & (Flag.ACK | Flag.RST) and latest.row.ack > 0


def _acknowledges_past_a_gap(place: Place) -> bool:
    return next(place.holes(), None) is not None


def _went_half_round(place: Place) -> bool:
    """Steps between the numbers of one direction that add up to half of all numbers."""
    is_ack = place.label == "ack_lost_segment"
    numbers = [pair.row.ack if is_ack else pair.row.seq for pair in place.mine()][::-1]
    numbers.append(place.row.ack if is_ack else place.row.seq)
    return sum(abs(ahead(later, earlier)) > _HALF for earlier, later in pairwise(numbers)) > 0


def _is_alone(place: Place) -> bool:
    return next(place.peers(), None) is None


def _is_the_first(place: Place) -> bool:
    return next(place.mine(), None) is None


def _came_before_its_syn(place: Place) -> bool:
    """Of the end that the label is about, a SYN was captured after other segments."""
    about = [pair.row for pair in (place.peers() if place.label == "ack_lost_segment" else place.mine())][::-1]
    if place.label != "ack_lost_segment":
        about.append(place.row)
    return any(later.flags & Flag.SYN and not earlier.flags & Flag.SYN for earlier, later in pairwise(about))


def _has_two_syn_acks(place: Place) -> bool:
    """Its end, or the peer, has answered with two numbers, or will; or its first answer acknowledged another SYN."""
    about = place.peers() if place.label == "ack_lost_segment" else place.mine()
    answers = {pair.row.seq for pair in about if pair.row.flags & _SYN_ACK == _SYN_ACK}
    if place.row.flags & _SYN_ACK == _SYN_ACK:
        answers.add(place.row.seq)
        mine = (pair for pair in place.after if pair.traced.sender is place.pair.traced.sender)
        answers |= {pair.row.seq for pair in mine if pair.row.flags & _SYN_ACK == _SYN_ACK}
    return len(answers) > 1 or place.facts & Fact.SYN_ACK_WRONG_ACK > 0


def _acknowledges_no_syn(place: Place) -> bool:
    """A SYN,ACK without the option that acknowledges something else than a SYN that was captured before it."""
    if place.row.flags & _SYN_ACK != _SYN_ACK or place.facts & Fact.FAST_OPEN:
        return False
    syns = {plus(pair.row.seq, 1) for pair in place.peers() if pair.row.flags & _SYN_ACK == Flag.SYN}
    return place.row.ack not in syns


def _is_at_zero(place: Place) -> bool:
    row = place.row
    return row.payload_len == 0 and not row.flags & (Flag.SYN | Flag.FIN | Flag.RST) and 0 in (row.ack, row.seq)


def _is_earlier(place: Place) -> bool:
    times = [pair.row.time_ns for pair in place.mine() if pair.row.time_ns != NO_TIME]
    return place.row.time_ns != NO_TIME and any(place.row.time_ns < time for time in times)


def _repeats(place: Place) -> bool:
    return place.facts & (Fact.RETRANSMISSION | Fact.FAST_RETRANSMISSION | Fact.SPURIOUS_RETRANSMISSION) > 0


def _goes_one_back(place: Place) -> bool:
    ends = place.ends()
    return place.row.payload_len > 1 and any(plus(place.row.seq, 1) == end for end in ends)


def _asks_for_a_cookie(place: Place) -> bool:
    return place.row.flags & _SYN_ACK == Flag.SYN and place.row.fast_open_len == 0


def _has_too_many_unacked(place: Place) -> bool:
    counted = 0
    for pair in place.peers():
        counted += pair.row.payload_len > 0
        if pair.row.flags & Flag.FIN and end_of(pair.row) != place.row.ack:
            return False
    return counted >= _MOST_UNACKED


def _has_other_length(place: Place) -> bool:
    return place.opinion.payload_len not in {None, place.row.payload_len}


def _has_other_length_before(place: Place) -> bool:
    return place.opinion.payload_len is None or any(
        pair.opinion is not None and pair.opinion.payload_len != pair.row.payload_len for pair in place.before
    )


def _was_cut(place: Place) -> bool:
    return any(pair.row.options & Option.CUT for pair in (place.pair, *place.before))


RULES = (
    Rule(Reason.CAPTURE_DUPLICATE, _is_copy, theirs=True),
    Rule(Reason.GROUPED_APART, lambda place: place.is_grouped_apart),
    Rule(Reason.SEGMENTS_NOT_READ, lambda place: place.misses_segments),
    Rule(Reason.HEADER_CUT, _was_cut),
    Rule(Reason.LONGER_IP, _has_other_length),
    Rule(Reason.OTHER_LENGTH_BEFORE, _has_other_length_before),
    Rule(Reason.NOT_ACCEPTABLE, _is_dropped, theirs=True),
    Rule(
        Reason.PROBE_LIKE_KEEP_ALIVE,
        _is_probe_or_answer,
        frozenset({"keep_alive", "zero_window_probe", "zero_window_probe_ack"}),
    ),
    Rule(Reason.SIMULTANEOUS_OPEN, _is_crossing_syn_ack, frozenset({"retransmission"}), theirs=True),
    Rule(Reason.RST_MOVES_NEXT, _was_passed_by_rst, _REPEATS, theirs=True),
    Rule(Reason.OVERTAKEN_FIRST, _is_first_of_its_kind, _REPEATS, theirs=True),
    Rule(Reason.SACK_DUPLICATE_ACK, _repeats_with_sack, _ACKS | {"fast_retransmission"}),
    Rule(
        Reason.SACK_DUPLICATE_ACK,
        _hangs_on_their_count,
        frozenset({"retransmission", "out_of_order"}),
    ),
    Rule(Reason.FAST_OPEN_BY_NUMBER, _acknowledges_no_syn, frozenset({"tfo_ack"}), theirs=True),
    Rule(
        Reason.SECOND_SYN_ACK,
        _has_two_syn_acks,
        frozenset({"reused_ports", "lost_segment", "ack_lost_segment"}),
        theirs=True,
    ),
    Rule(Reason.SECOND_SYN_ACK, _has_two_syn_acks, _REPEATS, theirs=True),
    Rule(Reason.SECOND_SYN_ACK, _has_two_syn_acks, frozenset({"window_update"}), theirs=False),
    Rule(
        Reason.SYN_STARTS_OVER,
        _came_before_its_syn,
        _REPEATS | {"ack_lost_segment", "lost_segment", "reused_ports"},
    ),
    Rule(Reason.TIME_RUNS_BACK, _is_earlier, frozenset({"out_of_order", "retransmission"})),
    Rule(Reason.GAP_TOLD_AT_ACK, _was_acknowledged_unseen, frozenset({"lost_segment"}), theirs=True),
    Rule(Reason.GAP_TOLD_AT_DATA, _acknowledges_past_a_gap, frozenset({"ack_lost_segment"}), theirs=True),
    Rule(Reason.REPEAT_WITH_MORE, _acknowledges_what_a_repeat_added, frozenset({"ack_lost_segment"}), theirs=True),
    Rule(Reason.RST_CLOSES_WINDOW, _follows_a_rst, frozenset({"zero_window_probe", "lost_segment"}), theirs=True),
    Rule(Reason.PEER_NOT_CAPTURED, _is_alone, frozenset({"ack_lost_segment"}), theirs=False),
    Rule(
        Reason.ACK_GOES_BACK,
        _was_more_acknowledged,
        frozenset({"spurious_retransmission", "fast_retransmission", "retransmission"}),
    ),
    Rule(
        Reason.ACK_WITHOUT_FLAG,
        _has_no_flag_for_its_number,
        frozenset({"spurious_retransmission", "retransmission"}),
        theirs=True,
    ),
    Rule(Reason.GAP_TOLD_ONCE, _was_told_since, frozenset({"ack_lost_segment"}), theirs=False),
    Rule(
        Reason.NEXT_TOLD_BY_ACK,
        _is_known_from_ack,
        frozenset({"keep_alive", "keep_alive_ack"}),
        theirs=False,
    ),
    Rule(Reason.NEXT_TOLD_BY_ACK, _is_known_from_ack, frozenset({"duplicate_ack"}), theirs=True),
    Rule(Reason.ACK_TELLS_FIRST, _is_the_first, frozenset({"lost_segment"}), theirs=False),
    Rule(Reason.REPEAT_FILLS_WINDOW, _repeats, frozenset({"window_full"}), theirs=True),
    Rule(Reason.ONE_BACK_WITH_MORE, _goes_one_back, _REPEATS, theirs=False),
    Rule(Reason.COOKIE_ASKED_FOR, _asks_for_a_cookie, frozenset({"tfo_syn"}), theirs=False),
    Rule(Reason.ZERO_IS_NONE, _is_at_zero, _ACKS, theirs=True),
    Rule(Reason.TEN_THOUSAND_UNACKED, _has_too_many_unacked, frozenset({"ack_lost_segment"}), theirs=True),
    Rule(Reason.GAP_OF_HALF_THE_NUMBERS, _went_half_round, frozenset({"ack_lost_segment", "lost_segment"})),
)
"""In the order in which they are tried."""
