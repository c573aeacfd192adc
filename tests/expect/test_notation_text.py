"""The notation as text: everything that can be read can be written, and is read back as the same."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import ExpectationError
from inspector.expect import line_parser
from inspector.expect.formatter import format_sequence
from inspector.expect.notation import Repeat, Sequence, lines_of, peers_of
from inspector.expect.parser import DEEPEST, LONGEST, parse
from inspector.language import Said
from tests.expect.sequences import sequences

# ------------------------------------------------------------------------------------ any sequence


@settings(max_examples=50)
@given(sequences())
def test_what_is_written_is_read_back_as_the_same(sequence: Sequence) -> None:
    assert parse(format_sequence(sequence)) == sequence


@settings(max_examples=50)
@given(sequences())
def test_the_canonical_text_is_its_own_canonical_text(sequence: Sequence) -> None:
    text = format_sequence(sequence)
    assert format_sequence(parse(text)) == text


@given(st.text(st.sampled_from("ab >SYN,ACK=+-*{}:|.#\n seqxrpot(['0123456789"), max_size=80))
def test_any_text_is_read_or_refused_with_an_expectation_error(text: str) -> None:
    with contextlib.suppress(ExpectationError):
        assert parse(text).items


# ------------------------------------------------------------------------------------ one line


@pytest.mark.parametrize(
    "flags",
    ["SYN,ACK", "SYN, ACK", "syn,ack", "[S.]", "S.", "SA", "AS", "0x012", "0x12", "[SYN, ACK]", "·······A··S·"],
)
def test_flags_are_read_in_every_usual_way_and_written_in_one(flags: str) -> None:
    sequence = parse(f"client > server {flags}")
    assert format_sequence(sequence) == "client > server  SYN,ACK\n"


@pytest.mark.parametrize(
    ("text", "canonical"), [("[.]", "ACK"), ("[P.]", "PSH,ACK"), ("[none]", "none"), ("F+", "FIN+")]
)
def test_flags_that_are_easily_mistaken(text: str, canonical: str) -> None:
    assert format_sequence(parse(f"a > b {text}")) == f"a > b  {canonical}\n"


def test_neighbouring_lines_share_their_columns_as_on_a_board() -> None:
    text = "client -> server SYN seq = x\nserver → client [S.] seq=y ack=x + 1 # why\n"
    assert format_sequence(parse(text)) == (
        "client > server  SYN      seq=x\nserver > client  SYN,ACK  seq=y  ack=x+1  # why\n"
    )


def test_a_comment_keeps_its_place_and_loses_no_word() -> None:
    text = "# lead\ntitle: T # one\n...\n# two\n\noptional: # three\n    ...\n    # four\n# five\n"
    again = format_sequence(parse(text))
    assert [line.strip() for line in again.splitlines() if "#" in line] == [
        "title: T # one",
        "# lead",
        "# two",
        "# three",
        "# four",
        "# five",
    ]


@pytest.mark.parametrize(
    ("text", "laid_out"),
    [
        ("# of the file\ntitle: T\n\n# of the line\na > b SYN\n", "# of the file\n\n# of the line\n"),
        ("title: T\n# one\npeers: a b\n# two\na > b SYN\n", "# one\n\n# two\n"),
        ("...\n# one\n# on\n\n\n# two\na > b SYN\n", "# one\n# on\n\n# two\n"),
    ],
)
def test_comments_that_stood_apart_stay_apart(text: str, laid_out: str) -> None:
    again = format_sequence(parse(text))
    assert laid_out in again
    assert format_sequence(parse(again)) == again


def test_a_comment_at_the_margin_does_not_end_a_block() -> None:
    (repeat,) = parse("repeat *:\n    a > b  SYN\n# at the margin\n    b > a  ACK\n").items
    assert isinstance(repeat, Repeat)
    assert len(list(lines_of(repeat.items))) == 2


def test_the_first_sender_is_the_originator_and_client_always_is() -> None:
    assert peers_of(parse("left > right SYN")) == ("left", "right")
    assert peers_of(parse("server > client ACK\nclient > server ACK")) == ("client", "server")
    assert peers_of(parse("peers: b a\na > b ACK")) == ("b", "a")


def test_where_a_piece_stood_is_no_part_of_its_value() -> None:
    assert parse("\n\n  \na > b SYN", "one.seq") == parse("a > b SYN", "two.seq")
    assert parse("a > b SYN", "folder/one.seq").name == "one"


# ------------------------------------------------------------------------------------ complaints


@pytest.mark.parametrize(
    ("text", "line", "column", "offending", "could_stand"),
    [
        ("client > server  SYNX", 1, 18, "SYNX", "`SYN,ACK`"),
        ("a > b SYN\na > b ACK sq=x", 2, 11, "sq", "`seq`"),
        ("a > b SYN seq=", 1, 15, "", "a sum"),
        ("a > b SYN seq=x+", 1, 17, "", "a sum"),
        ("a > b SYN seq", 1, 11, "seq", "a sum after `seq`"),
        ("a b SYN", 1, 3, "b", "`>`"),
        ("a > b", 1, 6, "", "flags"),
        ("a > a SYN", 1, 5, "a", "other peer"),
        ("a > b SYN\na > c ACK", 2, 5, "c", "`a` or `b`"),
        ("a > b UDP seq=x", 1, 11, "seq", "`len`"),
        ("a > b ICMP nonsense", 1, 12, "nonsense", "`port-unreachable`"),
        ("a > b SYN sack=1", 1, 11, "sack=", "`no-sack`"),
        ("a > b SYN within 3", 1, 18, "3", "`200ms`"),
        ("a > b SYN | OPEN CLOSED", 1, 13, "OPEN", "SYN-SENT"),
        ("a > b SYN len=99999999999999999999999", 1, 15, "99999999999999999999999", "a sum"),
        ("repeat 3: ...", 1, 8, "3:", "`{n}`"),
        ("repeat {3,2}: ...", 1, 8, "{3,2}", "not below"),
        ("optional:", 1, 10, "", "indented block"),
        ("optional: repeat *: ...", 1, 11, "repeat", "indented below"),
        ("either: ...", 1, 12, "", "`or:`"),
        ("or: ...", 1, 1, "or", "`either:`"),
        ("...\n  ...", 2, 3, "...", "indentation"),
        ("use x(a)", 1, 5, "x", "two different peers"),
        ("use x(1=y)", 1, 7, "1=y)", "a peer's name"),
        ("part: middle\n...", 1, 7, "middle", "`beginning`"),
        ("strict\nstrict\n...", 2, 1, "strict", "once"),
        ("...\ntitle: late", 2, 1, "title:", "at the top"),
        ("nonsense", 1, 1, "nonsense", "`client > server  SYN  seq=x`"),
        ("...\nnothing", 2, 1, "nothing", "alone"),
        ("nothing\n...", 1, 1, "nothing", "alone"),
        ("optional:\n  nothing", 2, 3, "nothing", "alone"),
        ("optional: nothing", 1, 11, "nothing", "`...`"),
        ("provokes: wrong-ack\n...", 1, 11, "wrong-ack", "syn-ack-wrong-ack"),
        ("provokes: previous-segment-not-captured\n...", 1, 11, "previous-segment-not-captured", "one of"),
        ("provokes:\n...", 1, 10, "", "a kind of finding"),
        ("a > b RST or RTS", 1, 14, "RTS", "`RST,ACK`"),
        ("a > b RST or", 1, 13, "", "`RST,ACK`"),
        ("a > b RST or any", 1, 14, "any", "flags such as"),
        ("a > b" + " or".join([" SYN"] * 17), 1, 119, "SYN", "at most 16"),
        ("no segments for 1s", 1, 1, "no", "`no segment for 1s`"),
        ("no segment 1s", 1, 12, "1s", "`for`"),
        ("no segment from for 1s", 1, 21, "1s", "`for` and a duration"),
        ("no segment from a 1s", 1, 19, "1s", "`for` and a duration"),
        ("no segment for 1h", 1, 16, "1h", "`200ms`"),
        ("no segment for 1s more", 1, 19, "more", "the end of the line"),
        ("no segment for 99999999999999s", 1, 16, "99999999999999s", "`200ms`"),
        ("a > b SYN\nno segment from c for 1s", 2, 1, "c", "`a` or `b`"),
        ("nothing after that", 1, 1, "nothing", "`nothing after this`"),
        ("nothing after this too", 1, 20, "too", "the end of the line"),
        ("nothing after this\na > b SYN", 2, 1, "", "the end of the block"),
        ("| ESTABLISHED", 1, 14, "", "the responder's"),
        ("| ESTABLISHED CLOSE_WEIT", 1, 15, "CLOSE_WEIT", "did you mean `CLOSE-WAIT`?"),
        ("a > b SNY", 1, 7, "SNY", "did you mean `SYN`?"),
        ("a > b [SYN, AKC]", 1, 7, "[SYN, AKC]", "did you mean `SYN,ACK`?"),
        ("a > b SYN sek=x", 1, 11, "sek", "did you mean `seq`?"),
        ("a > b ICMP port-unreachabel", 1, 12, "port-unreachabel", "did you mean `port-unreachable`?"),
        ("titel: x\n...", 1, 1, "titel", "did you mean `title`?"),
        ("strikt\n...", 1, 1, "strikt", "did you mean `strict`?"),
        ("repaet *: ...", 1, 1, "repaet", "did you mean `repeat`?"),
        ("part: begining\n...", 1, 7, "begining", "did you mean `beginning`?"),
        ("provokes: syn-ack-wrong-akc\n...", 1, 11, "syn-ack-wrong-akc", "did you mean `syn-ack-wrong-ack`?"),
        ("parameters: x x\n...", 1, 15, "x", "each symbol once"),
        ("a > b ACK win=10..5", 1, 15, "10..5", "not below"),
        ("a > b ACK len=n+2..n+1", 1, 15, "n+2..n+1", "not below"),
        ("a > b SYN wscale=256", 1, 18, "256", "at most 255"),
        ("a > b SYN mss=65536", 1, 15, "65536", "at most 65535"),
        ("a > b ACK win>=0x10000", 1, 16, "0x10000", "at most 65535"),
        ("a > b ACK urg=65530+6", 1, 15, "65530+6", "at most 65535"),
        ("a > b SYN seq=4294967296", 1, 15, "4294967296", "at most 4294967295"),
        ("a\uff1eb SYN", 1, 2, "\uff1eb", "`\uff1e` is full-width, write the ASCII sign `>`"),
        ("a > b SYN，ACK", 1, 7, "SYN，ACK", "write the ASCII sign `,`"),
        ("optional： a > b SYN", 1, 9, "：", "write the ASCII sign `:`"),
        ("| ESTABLISHED CLOSE-WAIT LISTEN", 1, 26, "LISTEN", "the end of the line"),
        ("...\npart 1: ...", 2, 6, "1:", "a name for the part"),
        ("part one two: ...", 1, 10, "two:", "`:`"),
        ("part one:", 1, 10, "", "indented block"),
        ("any order:\n  a > b SYN\n  no segment for 1s", 3, 3, "", "`part NAME:`"),
        ("connection: ...", 1, 11, ":", "`connection first:`"),
        ("connection a(before b): ...", 1, 14, "before", "`after NAME`"),
        ("connection a(endpoints b): ...", 1, 14, "endpoints", "`endpoints of NAME`"),
        ("connection a: ...\nconnection b(after a, after a): ...", 2, 23, "after", "each once"),
        ("connection a: ...\nconnection b(after c): ...", 2, 1, "c", "`a`"),
        ("connection a(after a): ...", 1, 1, "a", "none"),
        ("connection a: ...\nconnection a: ...", 2, 1, "a", "another name"),
        ("connection a: ...\na > b SYN", 2, 1, "", "each line in the block of its connection"),
        ("a > b SYN\nconnection a: ...", 1, 1, "", "each line in the block of its connection"),
        ("part p:\n  connection a: ...", 1, 1, "", "at the top"),
        ("connection a:\n  connection b: ...", 2, 3, "b", "one below the other"),
        ("repeat *:\n  connection a: ...\nconnection b(endpoints of a): ...", 3, 1, "a", "several"),
        ("connection a: ...\n" + "connection b: ...\n" * 100, 101, 1, "connection", "at most 100"),
        ("use x(" + ",".join(f"a{n}=1" for n in range(51)) + ")", 1, 297, "a50", "at most 50"),
    ],
)
def test_a_complaint_names_the_place_the_text_and_what_could_stand_there(
    text: str, line: int, column: int, offending: str, could_stand: str
) -> None:
    with pytest.raises(ExpectationError) as raised:
        parse(text, "mine.seq")
    error = raised.value
    assert (error.path, error.line, error.column, error.text) == ("mine.seq", line, column, offending)
    assert could_stand in error.reason
    assert isinstance(error.reason, Said), "it can be said in another language"


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "title: only a header"])
def test_nothing_at_all_is_no_sequence(text: str) -> None:
    with pytest.raises(ExpectationError):
        parse(text)


@pytest.mark.parametrize("text", ["a > b ACK seq=4294967290..5", "a > b ACK win<=65536", "a > b SYN wscale=15"])
def test_what_can_be_is_no_mistake(text: str) -> None:
    assert parse(text).items


def test_states_are_read_as_programs_spell_them_and_written_in_one_way() -> None:
    assert format_sequence(parse("| SYN_SENT FIN_WAIT_1")) == "| SYN-SENT FIN-WAIT-1\n"


def test_control_characters_of_a_file_are_never_repeated_raw() -> None:
    with pytest.raises(ExpectationError) as raised:
        parse("client > server \x1b[31mSYN")
    assert "\x1b" not in raised.value.message


@pytest.mark.parametrize(
    "piece",
    ["#\n", "a > b SYN\n#\n", "no segment for 1s\n", "optional: ...\n", "part p:\n  ...\n", "| - -\n", "use x\n"],
)
def test_a_file_as_long_as_may_be_is_read_and_written_in_no_more_than_its_length(piece: str) -> None:
    """Quadratic time would take minutes here: it is seconds, and no clock is asked."""
    text = piece * (LONGEST // 8 // len(piece)) + "a > b FIN\n"
    assert format_sequence(parse(text)).endswith("a > b  FIN\n")


def test_hostile_size_and_depth_cost_no_more_than_a_complaint() -> None:
    deep = "\n".join(" " * depth + "optional:" for depth in range(DEEPEST + 200)) + "\n" + " " * 999 + "..."
    parts = "\n".join(" " * depth + f"part p{depth}:" for depth in range(DEEPEST + 200)) + "\n" + " " * 999 + "..."
    for text in (" " * (LONGEST + 1), deep, parts):
        with pytest.raises(ExpectationError):
            parse(text)


def test_flags_that_are_too_many_are_compared_with_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line as long as a file may be took half a minute to say what was probably meant."""
    asked: list[str] = []

    def nearest(word: str, _: object) -> str:
        asked.append(word)
        return ""

    monkeypatch.setattr(line_parser, "nearest", nearest)
    with pytest.raises(ExpectationError):
        parse("a > b " + "SXN," * 1_000)

    assert len(asked) < 10
