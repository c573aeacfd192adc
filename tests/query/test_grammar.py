"""Text to expression and back: what there is, what there is not, and that any text ends in one of the two."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import QueryError
from inspector.query.expression import And, Condition, Node, Not, Or, text_of
from inspector.query.fields import ASKED, FIELDS
from inspector.query.moments import moment_of, moment_text
from inspector.query.parser import DEEPEST, parse
from inspector.query.scanner import LONGEST
from tests.query.asking import EXPRESSIONS

MEANINGS = [
    # (text, as it is written)
    ('handshake == "refused"', 'handshake == "refused"'),
    ("handshake=='refused'and responder.port==443", 'handshake == "refused" and responder.port == 443'),
    ("number > 1 && number < 9 || !(number == 5)", "number > 1 and number < 9 or not number == 5"),
    ("number == 1 or number == 2 and number == 3", "number == 1 or number == 2 and number == 3"),
    ("(number == 1 or number == 2) and number == 3", "(number == 1 or number == 2) and number == 3"),
    ("((number == 1))", "number == 1"),
    ("not not number == 1", "not not number == 1"),
    ("bytes >= 1_000_000", "bytes >= 1000000"),
    ("handshake_time > 1.5s", "handshake_time > 1500ms"),
    ("duration <= 2m", "duration <= 2m"),
    ("duration == 0ns", "duration == 0s"),
    ("duration == 7us", "duration == 7us"),
    ("syn_to_syn_ack == unknown", "syn_to_syn_ack == unknown"),
    ("first >= 2024-05-01", 'first >= "2024-05-01T00:00:00.000000000Z"'),
    ('first >= "2024-05-01 12:30+02:00"', 'first >= "2024-05-01T10:30:00.000000000Z"'),
    ('last < "2024-05-01T12:30:00.5Z"', 'last < "2024-05-01T12:30:00.500000000Z"'),
    ("port in (80,443)", "port in (80, 443)"),
    ("address in 10.1.2.3/8", "address in 10.0.0.0/8"),
    ("address in (10.0.0.1, 2001:DB8::/32)", "address in (10.0.0.1, 2001:db8::/32)"),
    ("originator.address in 10.0.0.1/32", "originator.address in (10.0.0.1)"),
    ('responder.address != "::1"', "responder.address != ::1"),
    ("address in 0.0.0.0/0", "address in 0.0.0.0/0"),
    ('finding != "syn-ack-wrong-ack"', 'finding != "syn-ack-wrong-ack"'),
    ('originator.state in ("TIME-WAIT", "CLOSED")', 'originator.state in ("TIME-WAIT", "CLOSED")'),
    ("zeek.history contains '\"'", "zeek.history contains '\"'"),
    ('tunnel == "none"\n\tand\rnumber == 1', 'tunnel == "none" and number == 1'),
]


@pytest.mark.parametrize(("text", "written"), MEANINGS, ids=[text for text, _ in MEANINGS])
def test_an_expression_means_what_it_says(text: str, written: str) -> None:
    assert text_of(parse(text)) == written
    assert parse(written) == parse(text)


ERRORS = [
    # (text, the column, part of the reason)
    ("", 0, "expected an expression such as"),
    ("  ", 0, "expected an expression such as"),
    ('handshake == "refussed"', 14, 'did you mean "refused"? expected one of complete, unanswered, refused,'),
    ('handshake == "REFUSED"', 14, 'did you mean "refused"?'),
    ("handshake == refused", 14, 'a word stands in quotes: "refused"'),
    ("handshake == 5", 14, "handshake is never 5"),
    ('handshake < "refused"', 11, "handshake has no order: expected ==, !=, in"),
    ('handshake contains "re"', 11, "contains nothing: expected ==, !=, in"),
    ('responder.prot == "x"', 1, "did you mean responder.port"),
    ("conn_state == 1", 1, "did you mean zeek.conn_state"),
    ("nonsense == 1", 1, "inspector replay --fields lists them all"),
    ("tcp.stream == 1", 1, "is written to files and cannot be asked"),
    ("responder.port == '443'", 19, "responder.port is a number: expected a number such as 443, found '443'"),
    ("responder.port == 443x", 19, "expected a number such as 443"),
    ("number == 99999999999999999999", 11, "at most 63 bits"),
    ("number == 9223372036854775808", 11, "at most 63 bits"),
    ("duration > 5", 12, "expected a time with its unit such as 5ms or 2s"),
    ("duration > 999999999d", 12, "at most 292 years"),
    ("duration > unknown", 12, "unknown is only asked by == and !="),
    ("number == unknown", 11, "expected a number such as 443"),
    ('first > "yesterday"', 9, "expected a moment such as"),
    ("first > 2024-13-01", 9, "expected a moment such as"),
    ("first > 9999-01-01", 9, "expected a moment such as"),
    ("address == 10.0.0.0/8", 12, "a prefix is asked by in: address in 10.0.0.0/8"),
    ("address in 10.0.0.0/33", 12, "expected an address such as 10.0.0.1"),
    ('address == "fe80::1%eth0"', 12, "expected an address such as 10.0.0.1"),
    ("address in 300.0.0.1", 12, "expected an address such as 10.0.0.1"),
    ("port in 80", 9, "expected a list in parentheses"),
    ("port in ()", 10, "expected a number such as 443, found )"),
    ("port in (80", 12, "expected , or ), found the end"),
    ("port in (80 81)", 13, "expected , or ), found 81"),
    ("port not in (80)", 6, "its negation is: not FIELD in (...)"),
    ("port =! 80", 6, "two values are compared by =="),
    ("port == 80 443", 12, "expected and, or, or the end, found 443"),
    ("port ==", 8, "expected a number such as 443, found the end"),
    ("port", 5, "after port, found the end"),
    ("(port == 80", 1, "this parenthesis is not closed"),
    ("(port == 80 81)", 13, "expected and, or, or ), found 81"),
    ("port == 80)", 11, "expected and, or, or the end, found )"),
    ("443 == port", 1, "there is no field 443"),
    ('"port" == 443', 1, "expected the name of a field"),
    ("and port == 443", 1, "expected the name of a field, found and"),
    ("port == 443 and", 16, "expected the name of a field, found the end"),
    ('handshake == "refused', 14, 'the quotation mark " is not closed'),
    ("port == 443; import os", 12, "; means nothing here"),
    ("__import__('os')", 1, "there is no field __import__"),
    ("port == 443 \x1b[2J", 13, "means nothing here"),
]


@pytest.mark.parametrize(
    ("text", "column", "reason"), ERRORS, ids=[text.replace("\x1b", "ESC") for text, _, _ in ERRORS]
)
def test_what_is_wrong_is_told_with_its_place(text: str, column: int, reason: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)

    assert (caught.value.column, caught.value.message.count("\n")) == (column, 0)
    assert reason in caught.value.reason


def test_the_place_is_marked() -> None:
    with pytest.raises(QueryError) as caught:
        parse('number == 1 and handshake == "refussed" or number == 2')

    assert caught.value.message.startswith("--where, column 30: handshake is never")
    assert caught.value.message.endswith('here: ...r == 1 and handshake == --> "refussed" <-- or number == 2')


def read(text: str) -> Node | QueryError:
    try:
        return parse(text)
    except QueryError as error:
        return error


def test_levels_and_length_are_bounded() -> None:
    parse("(" * DEEPEST + "number == 1" + ")" * DEEPEST)
    parse(" " * (LONGEST - 11) + "number == 1")
    for text in ("(" * (DEEPEST + 1) + "number == 1" + ")" * (DEEPEST + 1), "not " * (DEEPEST + 1) + "number == 1"):
        with pytest.raises(QueryError, match=f"at most {DEEPEST} levels"):
            parse(text)
    with pytest.raises(QueryError, match="at most 4,096 characters"):
        parse(" " * (LONGEST - 10) + "number == 1")


@settings(max_examples=500)
@given(EXPRESSIONS)
def test_what_is_written_is_read_as_the_same(node: Node) -> None:
    assert parse(text_of(node)) == node


WORDS = [*ASKED, *FIELDS, "and", "or", "not", "in", "contains", "==", "!=", "<", "(", ")", ",", "&&", "!", "unknown"]
WORDS += [
    '"refused"',
    "'",
    '"',
    "5ms",
    "443",
    "10.0.0.0/8",
    "::",
    "1_0",
    "0x1",
    "2024-05-01",
    "-",
    "\u202e",
    "9" * 5000,
]


@settings(max_examples=600)
@given(
    st.one_of(st.text(), st.lists(st.sampled_from(WORDS)).map(" ".join), st.lists(st.sampled_from(WORDS)).map("".join))
)
def test_any_text_is_an_expression_or_the_one_error(text: str) -> None:
    found = read(text)

    if isinstance(found, QueryError):
        assert 0 <= found.column <= len(text) + 1
        assert found.message
    else:
        assert parse(text_of(found)) == found


def test_and_binds_before_or_and_not_before_both() -> None:
    node = parse("number == 1 and (not port == 2 or port == 3)")

    assert isinstance(node, And)
    assert node.parts[1] == Or((Not(Condition("port", "==", (2,))), Condition("port", "==", (3,))))


@given(st.integers(-(1 << 63) + 1, (1 << 63) - 1))
def test_a_moment_is_read_as_it_is_written(time_ns: int) -> None:
    assert moment_of(moment_text(time_ns)) == time_ns


@given(st.text(st.sampled_from("0123456789-:.TZ+ "), max_size=40))
def test_any_text_is_a_moment_or_none(text: str) -> None:
    found = moment_of(text)

    assert found is None or moment_of(moment_text(found)) == found
