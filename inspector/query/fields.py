"""The one table of fields: what `--where` and `--sort` may ask, and what `--out` writes of a connection.

A name is the word of RFC 9293, then Wireshark's, then a plain noun; Zeek's have its name before them. It is stable, and
so is the order: a later version may append fields. The column of a field has its name; a time's has `_ns` behind it.

A field reads one connection (`plain`) or accounts (`columnar`), both as `reading` says, and both the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from inspector.language import marked
from inspector.query import reading
from inspector.query.reading import UNKNOWN, Texts, both, column, known_span, known_time, number_of
from inspector.tcp import completeness
from inspector.tcp.account import CLOSES, CONN_STATES, HANDSHAKES
from inspector.tcp.judgement import KINDS
from inspector.tcp.lifetimes import Ended
from inspector.tcp.model import display_filter
from inspector.tcp.states import State
from inspector.wire.row import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.tcp.model import Connection

__all__ = ["ASKED", "FIELDS", "WRITTEN", "Field", "Kind"]


class Kind(StrEnum):
    """What a field holds, and so what may be asked of it."""

    NUMBER = marked("number")
    TIME = marked("time")
    """A length of time, in nanoseconds; it may be unknown."""
    MOMENT = marked("moment")
    """A time of the capture's clock, in nanoseconds since 1970 (UTC); it may be unknown."""
    WORD = marked("word")
    WORDS = marked("words")
    """Several words at once, as bits."""
    ADDRESS = marked("address")
    TEXT = marked("text")

    @property
    def is_ordered(self) -> bool:
        """Whether one may be less than another."""
        return self in {Kind.NUMBER, Kind.TIME, Kind.MOMENT}

    @property
    def may_be_unknown(self) -> bool:
        """Whether `unknown` may be asked."""
        return self in {Kind.TIME, Kind.MOMENT}


@dataclass(frozen=True, slots=True)
class Field:
    """One field."""

    name: str
    kind: Kind
    about: str
    plain: Callable[[Connection], Any]
    columnar: Callable[[Any], Any]
    words: tuple[str, ...] = ()
    """Of a WORD by its code, of WORDS by its bit."""
    either: tuple[str, str] | None = None
    """The fields of both ends that this one asks at once; it is no column."""
    asked: bool = True
    """Whether expressions may have it. What the two speeds of a replay may answer differently is only written."""

    @property
    def column(self) -> str:
        """Its name in files."""
        return f"{self.name}_ns" if self.kind is Kind.TIME else self.name

    @property
    def is_sortable(self) -> bool:
        """Whether connections can be put in its order."""
        return self.asked and self.either is None and self.kind is not Kind.WORDS


def _number(name: str, about: str, plain: Callable[[Connection], Any], *columns: str) -> Field:
    return Field(name, Kind.NUMBER, about, plain, column(*columns))


def _word(name: str, about: str, words: tuple[str, ...], path: str, code: str) -> Field:
    read = number_of(path)
    return Field(name, Kind.WORD, about, lambda connection: words.index(str(read(connection))), column(code), words)


def _state(side: str, code: str) -> Field:
    read = number_of(f"{side}.state")
    abouts = {
        "originator": marked("the originator's state at the end, as RFC 9293 names it"),
        "responder": marked("the responder's state at the end, as RFC 9293 names it"),
    }
    about = abouts[side]
    return Field(
        f"{side}.state", Kind.WORD, about, lambda each: int(read(each)), column(code), tuple(str(one) for one in State)
    )


def _time(name: str, about: str, path: str, code: str) -> Field:
    return Field(name, Kind.TIME, about, known_time(path), known_span(code))


def _amounts(name: str, attribute: str, code: str, about: str) -> tuple[Field, Field, Field]:
    """A number of both ends together, and of each."""
    return (
        _number(name, about, both(attribute), f"orig_{code}", f"resp_{code}"),
        _number(
            f"originator.{name}",
            marked("the originator's part of them"),
            number_of(f"originator.{attribute}"),
            f"orig_{code}",
        ),
        _number(
            f"responder.{name}",
            marked("the responder's part of them"),
            number_of(f"responder.{attribute}"),
            f"resp_{code}",
        ),
    )


def _address(side: str, code: str) -> Field:
    path = f"{side}.endpoint.address"
    abouts = {
        "originator": marked("the originator's: who spoke first"),
        "responder": marked("the responder's: who was spoken to"),
    }
    about = abouts[side]
    return Field(f"{side}.address", Kind.ADDRESS, about, reading.address_of(path), reading.endpoint_columns(code))


def _either(name: str, kind: Kind) -> Field:
    pair = (f"originator.{name}", f"responder.{name}")
    about = marked("of either end: == and in ask whether one of the two is, != whether none is")
    return Field(name, kind, about, lambda _: None, lambda _: None, either=pair)


def _filter(connection: Connection) -> Texts:
    return Texts((display_filter(connection.originator.endpoint, connection.responder.endpoint),))


def _filters(accounts: Any) -> Texts:
    """Of every connection its own, for few are alike."""
    import numpy as np

    pairs = zip(_endpoints(accounts, "orig"), _endpoints(accounts, "resp"), strict=True)
    return Texts([display_filter(one, other) for one, other in pairs], np.arange(len(accounts)))


def _endpoints(accounts: Any, code: str) -> list[Endpoint]:
    texts = reading.address_texts(reading.endpoint_columns(code)(accounts))
    places, ports = texts.which.tolist(), accounts[f"{code}_port"].tolist()
    return [Endpoint(texts.values[place], port) for place, port in zip(places, ports, strict=True)]


def _letters(accounts: Any) -> Texts:
    return reading.texts_of([accounts["completeness"]], completeness.letters)


_ENDED = tuple(name.lower().replace("_", "-") for name in Ended.members())
_TEXT = Kind.TEXT

_ALL = (
    _number(
        "number", marked("the connection's, in order of their first segments, from 1"), number_of("number"), "number"
    ),
    Field(
        "tcp.stream", Kind.NUMBER,
        marked("Wireshark's number for it, so far as ours tells: number - 1; not of large captures"),
        lambda each: each.number - 1, lambda accounts: accounts["number"] * 0 + UNKNOWN, asked=False,
    ),
    _number("first_frame", marked("the frame of its first segment"), number_of("first_frame"), "first_frame"),
    Field("first", Kind.MOMENT, marked("when its first segment was seen"), number_of("first_ns"), column("first_ns")),
    Field("last", Kind.MOMENT, marked("when its last segment was seen"), number_of("last_ns"), column("last_ns")),
    Field(
        "duration", Kind.TIME, marked("from its first segment to its last"),
        lambda each: reading.span_of(each.first_ns, each.last_ns),
        lambda accounts: reading.span_of(accounts["first_ns"], accounts["last_ns"]),
    ),
    _address("originator", "orig"),
    _number("originator.port", marked("the originator's"), number_of("originator.endpoint.port"), "orig_port"),
    _address("responder", "resp"),
    _number("responder.port", marked("the responder's"), number_of("responder.endpoint.port"), "resp_port"),
    _either("address", Kind.ADDRESS),
    _either("port", Kind.NUMBER),
    Field("tunnel", Kind.WORD, marked("what carried it"), reading.tunnel_of, reading.tunnel_codes, reading.TUNNELS),
    _word("handshake", marked("how it was opened"), HANDSHAKES, "handshake", "handshake"),
    _word("close", marked("how it was closed"), CLOSES, "close", "close"),
    _state("originator", "orig_state"),
    _state("responder", "resp_state"),
    _word("zeek.conn_state", marked("Zeek's word for how it went"), CONN_STATES, "zeek.conn_state", "conn_state"),
    Field(
        "zeek.history", _TEXT, marked("Zeek's letters, upper case for the originator"),
        lambda each: Texts((each.zeek.history,)), reading.histories,
    ),
    _number("completeness", marked("Wireshark's tcp.completeness"), number_of("completeness"), "completeness"),
    Field(
        "completeness.letters", _TEXT, marked("the same in Wireshark's letters"),
        lambda each: Texts((completeness.letters(each.completeness),)), _letters, asked=False,
    ),
    _time("handshake_time", marked("from the first SYN to the end of the handshake"), "handshake_ns", "handshake_ns"),
    _time("syn_to_syn_ack", marked("from the first SYN to the SYN,ACK"), "syn_to_syn_ack_ns", "syn_to_syn_ack_ns"),
    _time("syn_ack_to_ack", marked("from the SYN,ACK to the end of it"), "syn_ack_to_ack_ns", "syn_ack_to_ack_ns"),
    _number("repeated_syns", marked("SYNs after the first"), number_of("repeated_syns"), "repeated_syns"),
    *_amounts("segments", "segments", "segments", marked("of both ends")),
    *_amounts("bytes", "payload_bytes", "bytes", marked("distinct bytes of payload, of both ends")),
    *_amounts("retransmissions", "retransmissions", "retransmissions", marked("segments sent again, of both ends")),
    _number("findings", marked("how many findings it has"), lambda each: len(each.findings), "findings"),
    _number(
        "faults", marked("findings in which a peer broke a rule"),
        lambda each: sum(one.is_fault for one in each.findings), "faults",
    ),
    Field(
        "finding", Kind.WORDS, marked("a kind of finding: == asks whether it has one, != whether it has none"),
        reading.kind_bits, column("kinds"), KINDS,
    ),
    Field(
        "ended", Kind.WORD, marked("why a large replay let go of it: of one that is crowded out there may be more"),
        lambda _: Ended.WITH_CAPTURE, column("ended"), _ENDED, asked=False,
    ),
    Field(
        "display_filter", _TEXT, marked("what shows its endpoints in Wireshark"), _filter,
        _filters, asked=False,
    ),
)  # fmt: skip

FIELDS = {field.name: field for field in _ALL}
"""All of them, in the order of the columns."""

ASKED = {name: field for name, field in FIELDS.items() if field.asked}
"""Those that an expression may have."""

WRITTEN = tuple(field for field in _ALL if field.either is None)
"""Those that are columns."""
