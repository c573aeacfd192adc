"""The catalogue keeps its promises: identifiers stay, and every entry has all that it must have, and is true."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

import inspector
from inspector.cli.main import cli
from inspector.demos.catalogue import catalogue
from inspector.expect.flags import SYN
from inspector.expect.notation import Datagram, Flags, Icmp, Line
from inspector.expect.rules import rule_of_field, rule_of_line
from inspector.explain.answer import answer
from inspector.explain.catalogue import CATALOGUE, KINDS, entries, listed, misconceptions, named, near
from inspector.explain.model import DemoNote, Entry, System, plain, sections
from inspector.explain.severity import Blamed, Severity
from inspector.findings import Blame
from inspector.report.escape import cells
from inspector.tcp import judgement, labels
from tests.explain.asking import ask, only
from tests.explain.showing import CAPTURES, fields_that_may_differ, label, replayed, shown_by

FROZEN = Path(__file__).with_name("identifiers.txt")
PACKAGE = Path(inspector.__file__).parent
OF_CATALOGUE = [entry for kind in CATALOGUE for entry in entries(kind).values()]
REASONS = ("kernel", "cross-check")
"""Of these the words are their rooms'."""
WRITTEN = [entry for entry in OF_CATALOGUE if entry.kind not in REASONS]
NO_CAPTURE = {
    "kernel": "no capture holds what a kernel said: demos show it, live",
    "cross-check": "what tshark says is no part of a capture: tests/crosscheck has those that show it",
}
NO_RFC = {"verdict": "a verdict is this program's, and its rule an exit code"}
WITH_DEMOS = System(demos=tuple(DemoNote(each, "", "tcp", ()) for each in catalogue()))
FOLDERS = sorted(path.parent.name for path in CAPTURES.glob("*/report.json"))

every_written = pytest.mark.parametrize("entry", WRITTEN, ids=lambda entry: entry.identifier)
every_misconception = pytest.mark.parametrize("entry", misconceptions(), ids=lambda entry: entry.identifier)


def identifiers() -> list[str]:
    everything = [entry.identifier for kind in KINDS for entry in entries(kind).values()]
    return everything + sorted({f"misconception.{each.misconception}" for each in misconceptions()})


# -- identifiers


def test_no_identifier_goes_or_changes_and_a_new_one_is_promised_too() -> None:
    """A line is added to identifiers.txt with a new entry; none is ever taken away or changed."""
    assert sorted(identifiers()) == FROZEN.read_text("utf-8").splitlines()


def test_no_two_entries_share_an_identifier() -> None:
    found = [each.casefold() for each in identifiers()]

    assert len(found) == len(set(found))


@pytest.mark.parametrize("identifier", identifiers())
def test_an_identifier_finds_its_entry_alone(identifier: str) -> None:
    found = named(identifier)

    if identifier.startswith("misconception."):
        assert {f"misconception.{each.misconception}" for each in found} == {identifier}
    else:
        assert [each.identifier for each in found] == [identifier]


def test_an_identifier_tells_apart_what_one_name_does_not() -> None:
    assert [each.kind for each in ask("unanswered")] == ["handshake", "close", "exchange"]
    assert [only(f"{kind}.unanswered").kind for kind in ("handshake", "close", "exchange")] == [
        "handshake",
        "close",
        "exchange",
    ]


def test_an_identifier_needs_no_capitals() -> None:
    assert only("STATE.time-wait").name == "TIME-WAIT"


def test_a_mistyped_identifier_is_answered_with_identifiers() -> None:
    assert near("finding.syn-ack-wrong")[0] == "finding.syn-ack-wrong-ack"


def test_the_reasons_of_other_rooms_do_not_crowd_a_word_that_means_something() -> None:
    assert "cross-check" not in {each.kind for each in ask("capture duplicate")}
    assert only("grouped-apart").kind == "cross-check"


# -- complete


def test_no_finding_is_made_where_its_kinds_are_not_listed() -> None:
    """`SAID_BY_THE_CODE` reads `KINDS` of these two rooms: a third that makes findings must be read as well."""
    makers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "Finding(" in (source := path.read_text("utf-8"))
        and any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"
            for node in ast.walk(ast.parse(source))
        )
    }

    assert makers == {"tcp/judgement.py", "udp/view.py"}


def test_the_fields_that_may_differ_are_found_in_the_source() -> None:
    assert fields_that_may_differ() >= {"flags", "seq", "ack", "len", "win", "icmp", "states", "time"}


@every_written
def test_an_entry_has_a_short_line_and_four_of_explanation_that_fit_a_terminal(entry: Entry) -> None:
    """Each of the four is one line at 80 columns; the short one leaves room for what it stands beside."""
    assert [line.head for line in entry.lines] == ["seen", "rule", "why", "look"]
    assert [line.text for line in entry.lines if cells(f"{'':13}{line.text}") > 80] == []
    assert 0 < cells(entry.short) <= 60


@pytest.mark.parametrize("entry", OF_CATALOGUE, ids=lambda entry: entry.identifier)
def test_an_entry_says_who_is_to_blame_and_how_grave_it_is(entry: Entry) -> None:
    assert entry.blame in set(Blamed)
    assert entry.severity in set(Severity)


@pytest.mark.parametrize("kind", [kind for kind in CATALOGUE if kind not in {*NO_RFC, *REASONS}])
def test_an_entry_names_a_section(kind: str) -> None:
    assert [each.identifier for each in entries(kind).values() if not tuple(sections(each.texts["rule"]))] == []


@every_written
def test_an_entry_has_a_capture(entry: Entry) -> None:
    """That the capture shows it is `test_entries`' to ask."""
    assert entry.captures


def test_what_has_no_capture_has_a_reason_and_really_none() -> None:
    without = {kind for kind in CATALOGUE if not any(each.captures for each in entries(kind).values())}

    assert without == NO_CAPTURE.keys()


# -- true: what stands in the code is not contradicted


def test_a_command_that_an_entry_advises_exists() -> None:
    texts = [text for kind in KINDS for each in entries(kind).values() for text in each.texts.values()]
    advised = [found for text in texts for found in re.findall(r"inspector ([a-z-]+) ([^ ;)]*[^ ;).,:])", text)]
    verbs = {verb for verb, _ in advised} - {"removes"}

    assert (
        {"demo", "replay", "check", "explain"}
        <= verbs
        <= set(cli.list_commands(click.Context(cli, **cli.context_settings)))
    )
    assert {name for verb, name in advised if verb == "demo"} <= set(catalogue())
    assert [name for verb, name in advised if verb == "explain" and answer([name], WITH_DEMOS).unknown] == []


def test_everybody_who_may_be_to_blame_for_a_finding_may_be_in_the_catalogue() -> None:
    assert {str(each) for each in Blame} < {str(each) for each in Blamed}


@pytest.mark.parametrize("rule", judgement.RULES, ids=lambda rule: rule.kind)
def test_a_finding_has_the_blame_and_the_section_of_its_rule(rule: judgement.Rule) -> None:
    entry = entries("finding")[rule.kind]

    assert entry.blame == rule.blame
    assert rule.section in {"", *entry.rules}


@pytest.mark.parametrize("name", FOLDERS)
def test_findings_of_captures_have_the_blame_and_the_section_of_their_entries(name: str) -> None:
    report = replayed(name)
    found = [each for about in (*report["connections"], *report["exchanges"]) for each in about["findings"]]

    for finding in found:
        entry = entries("finding")[finding["kind"]]
        assert entry.blame == finding["blame"]
        assert (finding["rule"] or "") in {"", *entry.rules}


def test_every_finding_occurs_in_a_capture_so_that_the_test_above_has_seen_it() -> None:
    seen = {identifier for name in FOLDERS for identifier in shown_by(name)}

    assert {each.identifier for each in entries("finding").values()} <= seen


def test_a_label_that_is_given_for_a_fault_blames_whom_the_fault_blames() -> None:
    tables = (labels._RESETS, labels._SYNS, labels._SYN_ACKS, labels._FINS, labels._REST)
    blamed = {
        name: {rule.blame for rule in judgement.RULES if bits & rule.fact}
        for table in tables
        for bits, name in table
        if any(bits & rule.fact for rule in judgement.RULES)
    }

    assert len(blamed) >= 4
    assert {name: {Blame(entries("label")[name].blame)} for name in blamed} == blamed


def test_a_field_follows_the_rule_that_a_difference_names() -> None:
    line = Line("client", "server", Flags(SYN))
    for field in fields_that_may_differ():
        rule = rule_of_field(field, line, "that of its line")
        assert rule in {"", "that of its line", *entries("difference")[f"changed.{field}"].rules}
    for carried, field in ((Datagram(), "len"), (Icmp("any"), "icmp")):
        rule = rule_of_line(Line("client", "server", carried), 0, after_fin=False)
        assert rule in entries("difference")[f"changed.{field}"].rules


# -- how grave


def test_an_error_is_what_the_verdict_fails_by() -> None:
    """And only that: over all captures, the verdict is `findings` where, and only where, a finding is an error."""
    for name in FOLDERS:
        grave = {entry.severity for each in shown_by(name) if each.startswith("finding.") for entry in named(each)}
        assert (replayed(name)["verdict"] == "findings") == (Severity.ERROR in grave), name


def test_a_label_that_is_an_error_stands_only_beside_a_fault() -> None:
    errors = {each.identifier for each in entries("label").values() if each.severity is Severity.ERROR}
    found = [
        any(finding["blame"] == "peer" for finding in segment["findings"])
        for name in FOLDERS
        for connection in replayed(name)["connections"]
        for segment in connection["segments"]
        if label(segment["label"]) in errors
    ]

    assert len(found) >= len(errors)
    assert all(found)


def test_a_difference_is_an_error_and_a_state_is_a_note() -> None:
    assert {each.severity for each in entries("difference").values()} == {Severity.ERROR}
    assert {each.severity for each in entries("state").values()} == {Severity.NOTE}


def test_who_is_blamed_is_a_warning_unless_a_peer_broke_a_rule() -> None:
    assert named("label.zero-window")[0].severity is Severity.WARNING
    assert named("finding.rst-wrong-ack")[0].severity is Severity.ERROR
    assert named("word.half-close")[0].severity is None


# -- the misconceptions


def test_all_twenty_five_misconceptions_are_answered() -> None:
    assert {each.misconception for each in misconceptions()} == set(range(1, 26))


@every_misconception
def test_a_misconception_is_answered_and_shown(entry: Entry) -> None:
    assert entry.texts["belief"]
    assert entry.rules
    assert entry.captures or entry.demos


@every_misconception
def test_a_misconception_is_met_where_a_student_looks_and_a_capture_shows_that(entry: Entry) -> None:
    met = [each for each in entry.met if not each.startswith("demo.")]
    shown = {identifier for name in (*entry.captures, *entry.demos) for identifier in shown_by(name)}

    assert met
    assert all(entry in explained.answers for each in entry.met for explained in ask(each, system=WITH_DEMOS))
    assert shown & set(met) or not any(each.partition(".")[0] in CATALOGUE for each in met)


def test_the_list_of_misconceptions_is_in_their_order() -> None:
    listing = listed("misconceptions")

    assert listing is not None
    numbers = [each.misconception for each in listing.entries]
    assert numbers == sorted(numbers)


def test_every_kind_of_the_catalogue_is_listed_by_its_plural() -> None:
    for kind in CATALOGUE:
        listing = listed(f"{kind}s")
        assert listing is not None
        assert listing.entries == tuple(entries(kind).values())


@pytest.mark.parametrize(
    ("word", "kinds"),
    [("outcomes", ("handshake", "close", "exchange")), ("words", ("word",)), ("reasons", ("kernel", "cross-check"))],
)
def test_a_plural_may_be_of_several_kinds(word: str, kinds: tuple[str, ...]) -> None:
    listing = listed(word)

    assert listing is not None
    assert listing.entries == tuple(entry for kind in kinds for entry in entries(kind).values())


def test_a_client_port_meets_what_people_believe_of_client_ports() -> None:
    assert [each.misconception for each in only("48634").answers] == [22]
    assert [each for each in ask("80") if each.answers] == []


def test_sections_are_read_one_by_one() -> None:
    assert list(sections("RFC 9293 sections 3.5.2 and 3.6, RFC 768; RFC 5961 section 3.")) == [
        "RFC 9293 section 3.5.2",
        "RFC 9293 section 3.6",
        "RFC 768",
        "RFC 5961 section 3",
    ]


def test_a_plain_name_has_letters_digits_and_hyphens() -> None:
    assert plain("FIN, ACK of FIN") == "fin-ack-of-fin"
