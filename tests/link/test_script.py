"""The script of a link as text: what parses, what it prints as, and what is said of what does not parse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import LinkError
from inspector.link.script import ALWAYS, Action, Kind, Rule, Script, What, parse_script

WHATS = st.builds(What, st.sampled_from(Kind), st.sampled_from(["", "client", "server"]))
TIMES = st.one_of(st.just(ALWAYS), st.integers(1, 999_999))
SPANS = st.one_of(st.integers(0, 999).map(lambda n: n * 1000), st.integers(0, 60).map(lambda n: n * 1_000_000_000))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    action = draw(st.sampled_from(Action))
    timed = action in {Action.DELAY, Action.DUPLICATE}
    return Rule(
        action,
        draw(WHATS),
        draw(st.integers(1, 9999)),
        draw(TIMES),
        draw(SPANS) if timed else 0,
        draw(WHATS) if action is Action.HOLD else None,
        draw(st.integers(1, 9999)) if action is Action.HOLD else 1,
    )


@given(st.lists(rules(), max_size=5))
def test_a_script_is_read_back_from_its_own_text(made: list[Rule]) -> None:
    script = Script(tuple(made))

    assert parse_script(str(script)) == script


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("drop SYN", Rule(Action.DROP, What(Kind.SYN))),
        ("drop syn once", Rule(Action.DROP, What(Kind.SYN))),
        ("DROP the 2nd data FROM server", Rule(Action.DROP, What(Kind.DATA, "server"), first=2)),
        ("drop ACK of SYN always", Rule(Action.DROP, What(Kind.ACK_OF_SYN), times=ALWAYS)),
        ("drop SYN,ACK 3 times", Rule(Action.DROP, What(Kind.SYN_ACK), times=3)),
        ("hold FIN until FIN", Rule(Action.HOLD, What(Kind.FIN), until=What(Kind.FIN))),
        (
            "hold SYN until 2nd SYN from client",
            Rule(Action.HOLD, What(Kind.SYN), until=What(Kind.SYN, "client"), until_first=2),
        ),
        ("delay data by 50ms", Rule(Action.DELAY, What(Kind.DATA), time_ns=50_000_000)),
        ("duplicate data twice", Rule(Action.DUPLICATE, What(Kind.DATA), times=2, time_ns=2_000_000)),
        ("reorder datagram once", Rule(Action.REORDER, What(Kind.DATAGRAM))),
    ],
)
def test_a_rule_means_what_it_says(text: str, meant: Rule) -> None:
    assert parse_script(text).rules == (meant,)


def test_rules_stand_on_lines_or_behind_semicolons_and_comments_are_passed_over() -> None:
    script = parse_script("drop SYN once; drop FIN  # the first of each\n\n# nothing here\nhold RST until data\n")

    assert [rule.action for rule in script.rules] == [Action.DROP, Action.DROP, Action.HOLD]


def test_no_rules_are_a_wire_that_passes_everything() -> None:
    assert parse_script(" ; \n") == Script()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("drop SYM once", "rule 1 of the link, 'drop SYM once': expected one of SYN, SYN,ACK, "),
        ("drop FIN; lose SYN", "rule 2 of the link, 'lose SYN': expected an action: drop, delay, "),
        ("drop", "found its end"),
        ("drop SYN oncee", "expected the end of the rule, found 'oncee'"),
        ("drop SYN from nobody", "expected a sender: client, server, found 'nobody'"),
        ("delay SYN 50ms", "expected `by`, found '50ms'"),
        ("delay SYN by fifty", "expected a time such as 50ms, at most 60s, found 'fifty'"),
        ("delay SYN by 61s", "at most 60s, found '61s'"),
        ("hold SYN", "expected `until`, found its end"),
        ("hold SYN until", "found its end"),
        ("drop 0th SYN", "expected a number from 1st on"),
        ("drop SYN 0 times", "expected a number of times, found '0'"),
        ("drop SYN -1 times", "expected a number of times, found '-1'"),
        ("drop \x1b[31m", "found '\\x1b[31m'"),
    ],
)
def test_what_does_not_parse_is_told_with_the_word_and_what_could_stand_there(text: str, message: str) -> None:
    with pytest.raises(LinkError) as caught:
        parse_script(text)

    assert message in caught.value.message
    assert "\x1b" not in caught.value.message
    assert caught.value.remedies


@given(st.text(max_size=60))
def test_any_text_is_a_script_or_a_link_error(text: str) -> None:
    try:
        script = parse_script(text)
    except LinkError:
        return

    assert parse_script(str(script)) == script


def test_a_script_without_end_is_refused() -> None:
    with pytest.raises(LinkError, match="at most 100"):
        parse_script("drop SYN;" * 101)
