"""Whatever the code can say has an entry, no entry is for anything else, and what an entry points to shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inspector.crosscheck.reasons import Reason as CrossCheckReason
from inspector.demos.catalogue import catalogue
from inspector.explain.catalogue import KINDS, entries, named, near
from inspector.explain.model import HEADS, Entry, plain
from inspector.kernel.reasons import Reason as KernelReason
from inspector.report.inspection import Verdict
from inspector.tcp import judgement, labels
from inspector.tcp.model import Close, ConnState, Handshake
from inspector.tcp.states import State
from inspector.tcp.zeek_history import HISTORY_LETTERS
from inspector.udp import icmp, view
from inspector.udp.model import Outcome
from inspector.udp.zeek import udp_words
from inspector.wire.flags import flags_text, parse_flags
from inspector.wire.row import Flag
from tests.explain.showing import said_of_differences, shown_by, words_of_artefacts

CAPTURES = Path(__file__).parents[2] / "captures"
LONGEST_LINE = 140
"""Two lines of a terminal; the catalogue's are shorter, see `test_catalogue`."""
LONGEST_REASON = 260
"""Four lines: a reason is one text."""

SAID_BY_THE_CODE = {
    "state": {str(state) for state in State},
    "label": {*labels.LABELS, *view.LABELS},
    "icmp": set(icmp.ERRORS),
    "finding": {*judgement.KINDS, *view.KINDS},
    "handshake": {str(each) for each in Handshake},
    "close": {str(each) for each in Close},
    "exchange": {str(each) for each in Outcome},
    "difference": said_of_differences(),
    "verdict": {str(each) for each in Verdict},
    "kernel": {str(each) for each in KernelReason},
    "cross-check": {str(each) for each in CrossCheckReason},
    "conn_state": {str(each) for each in ConnState},
    "history": set(HISTORY_LETTERS),
}
EVERY_ENTRY = [entry for kind in KINDS for entry in entries(kind).values()]

every_entry = pytest.mark.parametrize("entry", EVERY_ENTRY, ids=lambda entry: f"{entry.kind}: {entry.name}")


# -- complete, and nothing too many


@pytest.mark.parametrize("kind", SAID_BY_THE_CODE)
def test_what_the_code_can_say_is_explained_and_nothing_else(kind: str) -> None:
    assert set(entries(kind)) == SAID_BY_THE_CODE[kind]


def test_every_artefact_is_explained_in_the_words_of_the_report() -> None:
    assert {each.details["words"] for each in entries("artefact").values()} == words_of_artefacts()


def test_a_finding_is_explained_under_the_name_that_its_rule_has() -> None:
    assert {rule.kind for rule in judgement.RULES} < set(entries("finding"))


def test_zeeks_words_for_udp_are_words_for_tcp_too() -> None:
    said = {udp_words((40000, 9), spoke) for spoke in ((True, True), (True, False), (False, True), (False, False))}

    assert {state for state, _ in said} <= set(entries("conn_state"))
    assert set("".join(history for _, history in said).upper()) <= set(entries("history"))


def test_every_flag_has_its_entry_and_a_word_for_sets_that_have_none() -> None:
    flags = entries("flag")

    assert set(Flag.members()) <= set(flags)
    assert all(flags[name].details["brief"] for name in Flag.members())


def test_a_set_of_flags_is_named_as_it_is_written_everywhere() -> None:
    for name in entries("flag"):
        bits = parse_flags(name)

        assert bits is not None
        assert flags_text(bits) == name


def test_completeness_is_explained_only_where_it_can_occur() -> None:
    assert all(0 <= int(name) <= 63 for name in entries("completeness"))


def test_the_three_ranges_of_ports_leave_out_none_and_share_none() -> None:
    limits = [(each.details["first"], each.details["last"]) for each in entries("range").values()]

    assert [port for first, last in limits for port in (first, last)] == [0, 1023, 1024, 49151, 49152, 65535]


def test_no_service_is_listed_twice() -> None:
    places = [(each.details["port"], way) for each in entries("service").values() for way in _ways(each)]

    assert len(places) == len(set(places))
    assert all(ways <= {"tcp", "udp"} for each in entries("service").values() if (ways := set(_ways(each))))


def _ways(entry: Entry) -> list[str]:
    return str(entry.details["over"]).split()


# -- the misconceptions


def test_the_misconceptions_are_all_there() -> None:
    assert sum("belief" in each.texts for each in entries("word").values()) >= 25


@pytest.mark.parametrize(
    "word",
    [
        "x+1", "relative numbers", "four-way close", "ack in fin", "FIN", "RST", "filtered", "same ISN", "ack=0",
        "third segment", "why three", "TIME-WAIT", "CLOSE-WAIT", "states", "doubled loopback", "checksum", "TSO",
        "window scale", "push", "SACK", "flags", "missing segments", "client", "ephemeral", "UDP handshake", "RTT",
        "keep-alive", "looks wrong",
    ],
)  # fmt: skip
def test_a_misconception_is_reached_by_the_word_that_one_would_type(word: str) -> None:
    assert named(word) or parse_flags(word) is not None


# -- the shape of an entry


@every_entry
def test_an_entry_has_four_lines_at_most_and_says_something(entry: Entry) -> None:
    assert 1 <= len(entry.lines) <= 4
    longest = LONGEST_REASON if entry.kind in {"kernel", "cross-check"} else LONGEST_LINE
    assert all(text.strip() and len(text) <= longest for text in entry.texts.values())
    assert set(entry.texts) <= set(HEADS)


@every_entry
def test_an_entry_has_no_key_that_nobody_reads(entry: Entry) -> None:
    read = {
        "state": {"ss", "netstat"},
        "flag": {"brief"},
        "block": {"is", "ordinary"},
        "class": {"prefix", "network"},
        "range": {"first", "last"},
        "service": {"port", "over"},
        "artefact": {"words"},
    }

    assert set(entry.details) <= read.get(entry.kind, set())


@pytest.mark.parametrize("kind", ["label", "finding", "conn_state", "state", "word"])
def test_an_entry_says_why_it_matters_or_what_to_do(kind: str) -> None:
    assert [each.name for each in entries(kind).values() if not {"why", "look"} & each.texts.keys()] == []


@pytest.mark.parametrize("kind", ["label", "finding", "icmp", "handshake", "close", "exchange", "conn_state", "flag"])
def test_an_entry_names_its_rule(kind: str) -> None:
    assert [each.name for each in entries(kind).values() if "rule" not in each.texts] == []


def test_sections_are_written_in_one_way() -> None:
    texts = [text for each in EVERY_ENTRY for text in each.texts.values()]
    cited = [found for text in texts for found in re.findall(r"RFC ?\d+,? (?:sec\w*\.?|§) ?[\d.]+", text)]

    assert cited
    assert [each for each in cited if not re.fullmatch(r"RFC \d+ sections? [\d.]+", each)] == []


# -- what an entry points to


@every_entry
def test_the_demos_and_captures_of_an_entry_exist(entry: Entry) -> None:
    assert set(entry.demos) <= set(catalogue())
    assert [name for name in entry.captures if not (CAPTURES / name / f"{name}.pcapng").is_file()] == []


@pytest.mark.parametrize(
    "entry",
    [
        each
        for each in EVERY_ENTRY
        if each.kind in {*SAID_BY_THE_CODE, "artefact", "completeness"} and each.kind != "history"
    ],
    ids=lambda entry: f"{entry.kind}: {entry.name}",
)
def test_the_captures_of_an_entry_and_of_its_demos_show_it(entry: Entry) -> None:
    """A demo's capture counts from when it has one; that there is one is `tests/captures`' to ask."""
    recorded = [name for name in entry.demos if (CAPTURES / name / "report.json").is_file()]

    assert [name for name in (*entry.captures, *recorded) if entry.identifier not in shown_by(name)] == []


# -- finding


def test_a_name_is_found_in_any_spelling() -> None:
    assert {named(word)[0].name for word in ("TIME_WAIT", "time-wait", "Time Wait", "TIMEWAIT", "time_wait ")} == {
        "TIME-WAIT"
    }


def test_names_of_one_kind_are_told_apart() -> None:
    for kind in SAID_BY_THE_CODE.keys() - {"history"}:
        names = [plain(name) for name in entries(kind)]

        assert len(names) == len(set(names))


def test_what_is_mistyped_is_suggested() -> None:
    assert "TIME-WAIT" in near("TIME_WEIT")
    assert "retransmission" in near("retransmision")
    assert near("xyzzyx") == ()


def test_nothing_is_suggested_for_what_no_name_is_long_enough_for() -> None:
    assert near("TIME-WAIT" * 1000) == ()
