"""Packet lines of packetdrill's scripts, read as lines of the notation.

    +0 < S 0:0(0) win 32792 <...>     client > server  SYN      seq=x           len=0  win=32792
    +0 > S. 0:0(0) ack 1              server > client  SYN,ACK  seq=y  ack=x+1  len=0

What a script holds beside packets (system calls, shell, Python) says what a program did, which is on no wire: it is
passed over. Times are too, since a script's are those of one machine. packetdrill's numbers are relative to each
ISN, so they become sums with the symbols `x` and `y`. A list of options is whole, so that a SYN lacks what is not in
its list; `<...>` and no list at all say nothing of them. A script that ends before its connection does is a beginning.
A SYN after the end of a connection begins another one.

What the notation has no word for is told with its line and reason, never dropped in silence: the echoed segments of
ICMP errors, tunnels, AccECN counts, options other than the four.

Text of at most `parser.LONGEST` characters; time and memory follow its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from inspector.errors import ExpectationError
from inspector.expect.flags import ACK, FIN, RST, SYN
from inspector.expect.notation import (
    OPTIONS,
    Datagram,
    Field,
    Flags,
    Line,
    Linear,
    Part,
    Relation,
    Sequence,
    lines_of,
)
from inspector.expect.parser import LONGEST
from inspector.expect.several import block_of, ordinal
from inspector.expect.wholeness import MOST_BLOCKS
from inspector.language import said
from inspector.wire.flags import parse_flags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.expect.notation import ConnectionBlock
    from inspector.language import Said

__all__ = ["Imported", "LeftOut", "import_script"]

_OPENERS = re.compile(r"//|/\*|%\{|`|\"")
_CLOSERS = {"//": "\n", "/*": "*/", "%{": "}%", "`": "`", '"': '"'}
_TIME = r"(?:\*|[+]?(?:\d+\.?\d*|\.\d+)(?:(?:~|\.\.\.)[+]?(?:\d+\.?\d*|\.\d+))?)"
_PACKET = re.compile(rf"\s*{_TIME}\s*([<>])\s*(.*?)\s*")
_BEFORE_FLAGS = re.compile(r"(?:[(\[][^()\[\]]*[)\]]\s*)?(?:\d+\s*>\s*\d+\s+)?")
"""What is said of the IP header (ECN, TTL, a flow label), and the ports."""
_SEGMENT = re.compile(
    r"([FSRPUEWAC.\d-]+)\s+(\d{1,10}):(\d{1,10})\((\d{1,5})\)"
    r"(?:\s+ack\s+(\d{1,10}))?(?:\s+win\s+(\d{1,5}))?(?:\s+urg\s+(\d{1,5}))?\s*(?:<\s*(.*?)\s*>)?\s*"
)
_DATAGRAM = re.compile(r"udp\s*\(\s*(\d{1,5})\s*\)")
_OPTION = re.compile(r"(mss|wscale)\s+(\d{1,5})|(sackOK)|(TS)\s+val\s+\d+\s+ecr\s+\d+|(nop|eol)")
_CLIENT, _SERVER = "client", "server"


class LeftOut(NamedTuple):
    """A line of a script, or a part of it, that has no counterpart."""

    line: int
    reason: Said


@dataclass(frozen=True, slots=True)
class Imported:
    """The connections of a script, in the order of their first segments, and what could not be said of them."""

    sequences: tuple[Sequence, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def as_one(self) -> Sequence:
        """All of them as one file: that of the only one, or a block for each, which begins after the one before."""
        if len(self.sequences) == 1:
            return self.sequences[0]
        first = self.sequences[0]
        blocks = tuple(_blocks(self.sequences))
        if (found := len(blocks)) > MOST_BLOCKS:
            reason = said(
                "{found:,} connections, expected at most {most}: `--connection N` takes one",
                found=found,
                most=MOST_BLOCKS,
            )
            raise ExpectationError(first.path, reason)
        return Sequence(blocks, title=first.title, name=first.name, path=first.path)


def import_script(text: str, path: str = "<text>") -> Imported:
    """The sequences that the packet lines of a packetdrill script are.

    ExpectationError where there is no packet line, where one is malformed, or where the text is too long.
    """
    if len(text) > LONGEST:
        reason = said("{found:,} characters, expected at most {most:,}", found=len(text), most=LONGEST)
        raise ExpectationError(path, reason)
    script = _Script(path)
    for number, line in enumerate(_without_other_languages(text, path).split("\n"), start=1):
        if match := _PACKET.fullmatch(line):
            script.packet(number, is_injected=match[1] == "<", said_of_it=match[2])
    sequences = tuple(script.sequences())
    if not sequences:
        reason = said(
            "no packet line that can be imported; expected lines such as `{example}`", example="+0 < S 0:0(0)"
        )
        raise ExpectationError(path, reason)
    return Imported(sequences, tuple(script.left_out))


def _without_other_languages(text: str, path: str) -> str:
    """`text` without comments, code, shell and strings; every line keeps its number."""
    kept: list[str] = []
    position = 0
    while found := _OPENERS.search(text, position):
        kept.append(text[position : found.start()])
        closer = _CLOSERS[found.group()]
        end = text.find(closer, found.end())
        if end < 0 and closer != "\n":
            line = text.count("\n", 0, found.start()) + 1
            reason = said("found {opener} without {closer}, expected both", opener=found.group(), closer=closer)
            raise ExpectationError(path, reason, line=line, text=found.group())
        position = len(text) if end < 0 else end + len(closer) * (closer != "\n")
        kept.append("\n" * text.count("\n", found.start(), position))
    return "".join([*kept, text[position:]])


@dataclass(slots=True)
class _Talk:
    """One connection of a script, or its datagrams."""

    opener: bool
    """Whether its first segment is one that packetdrill injects."""
    lines: list[Line] = field(default_factory=list)
    known: set[bool] = field(default_factory=set)
    """Who (the injected side, or the kernel) has told its initial sequence number."""
    finished: set[bool] = field(default_factory=set)
    is_reset: bool = False

    @property
    def is_over(self) -> bool:
        return self.is_reset or len(self.finished) == 2


class _Script:
    def __init__(self, path: str) -> None:
        self.path = path
        self.talks: list[_Talk] = []
        self.left_out: list[LeftOut] = []

    def packet(self, number: int, *, is_injected: bool, said_of_it: str) -> None:
        """Take one packet line."""
        rest = said_of_it[_BEFORE_FLAGS.match(said_of_it).end() :]  # type: ignore[union-attr] # it matches nothing too
        if match := _DATAGRAM.fullmatch(rest):
            length = Field("len", Relation.EQUAL, _constant(int(match[1])))
            talk = self._talk(is_injected, begins=False)
            talk.lines.append(Line(*_peers(talk, is_injected), Datagram(), (length,), at=(number, 1)))
        elif match := _SEGMENT.fullmatch(rest):
            self._segment(number, is_injected, match)
        elif re.match(r"(icmp|ipv4|ipv6|gre|mpls|raw)\b|\[", rest) or "icmp" in rest or ":" in rest.split("(")[0][:3]:
            self._leave_out(number, said("only TCP segments and UDP datagrams can be imported"))
        else:
            expected = "`S 0:0(0) win 65535 <mss 1460>`, `. 1:1(0) ack 1` or `udp (10)`"
            reason = said(
                "found {found}, expected a packet such as {expected}", found=f"`{rest[:40]}`", expected=expected
            )
            raise ExpectationError(self.path, reason, line=number, text=rest[:40])

    def _leave_out(self, number: int, reason: Said) -> None:
        self.left_out.append(LeftOut(number, reason))

    def _talk(self, is_injected: bool, *, begins: bool) -> _Talk:  # noqa: FBT001 - a side is what it is
        """The connection that a line belongs to: a SYN after the end of one begins another."""
        if not self.talks or (begins and self.talks[-1].is_over):
            self.talks.append(_Talk(is_injected))
        return self.talks[-1]

    def _segment(self, number: int, is_injected: bool, match: re.Match[str]) -> None:  # noqa: FBT001 - as above
        letters, start, end, length, ack, window, urgent, options = match.groups()
        if int(end) != int(start) + int(length):
            reason = said("found {found}, expected an end of start + length", found=f"`{start}:{end}({length})`")
            raise ExpectationError(self.path, reason, line=number, text=f"{start}:{end}({length})")
        bits = parse_flags(letters) if letters != "-" else 0
        if bits is None:
            self._leave_out(number, said("the flags {letters} count (AccECN), which no line can", letters=letters))
            return
        talk = self._talk(is_injected, begins=bool(bits & SYN and not bits & ACK))
        seq = self._seq(talk, is_injected, bits, int(start))
        fields = [Field("seq", Relation.EQUAL, seq)]
        if bits & ACK and ack is not None:
            fields.append(Field("ack", Relation.EQUAL, _sum(_symbol(talk, not is_injected), int(ack))))
        fields.append(Field("len", Relation.EQUAL, _constant(int(length))))
        fields += [
            Field(name, Relation.EQUAL, _constant(int(value)))
            for name, value in (("win", window), ("urg", urgent))
            if value is not None
        ]
        fields += self._options(number, options, is_syn=bool(bits & SYN))
        talk.lines.append(Line(*_peers(talk, is_injected), Flags(bits), tuple(fields), at=(number, 1)))
        talk.is_reset |= bool(bits & RST)
        if bits & FIN:
            talk.finished.add(is_injected)

    def _seq(self, talk: _Talk, is_injected: bool, bits: int, start: int) -> Linear:  # noqa: FBT001 - as above
        """A SYN tells the ISN, whatever number it is given; a reset of who never told one has that very number."""
        symbol = _symbol(talk, is_injected)
        if bits & SYN:
            talk.known.add(is_injected)
            return _sum(symbol, 0)
        if bits & RST and is_injected not in talk.known:
            return _constant(start)
        return _sum(symbol, start)

    def _options(self, number: int, text: str | None, *, is_syn: bool) -> Iterator[Field]:
        if text is None or text == "...":
            return
        seen: set[str] = set()
        for option in text.split(","):
            match = _OPTION.fullmatch(option.strip())
            if match is None:
                self._leave_out(number, said("the option {option} is not compared", option=f"`{option.strip()[:40]}`"))
            elif match[1]:
                seen.add(match[1])
                yield Field(match[1], Relation.EQUAL, _constant(int(match[2])))
            elif match[3] or match[4]:
                seen.add("sack" if match[3] else "timestamps")
                yield Field("sack" if match[3] else "timestamps", Relation.PRESENT)
        if is_syn:
            yield from (Field(name, Relation.ABSENT) for name in sorted(OPTIONS - seen))

    def sequences(self) -> Iterator[Sequence]:
        """Each connection as a sequence."""
        stem = PurePath(self.path).stem
        for talk in self.talks:
            is_tcp = any(isinstance(line.carried, Flags) for line in talk.lines)
            yield Sequence(
                tuple(talk.lines),
                title=f"Imported from packetdrill: {stem}",
                part=Part.BEGINNING if is_tcp and not talk.is_over else Part.WHOLE,
                name=stem,
                path=self.path,
            )


def _blocks(sequences: tuple[Sequence, ...]) -> Iterator[ConnectionBlock]:
    """A connection begins after the end of the one before; datagrams beside it are a block of their own."""
    before = ""
    for number, sequence in enumerate(sequences, start=1):
        lines = tuple(lines_of(sequence.items))
        segments = tuple(line for line in lines if isinstance(line.carried, Flags))
        datagrams = tuple(line for line in lines if not isinstance(line.carried, Flags))
        if segments:
            name = ordinal(number)
            yield block_of(name, replace(sequence, items=_from_client(segments)), after=before)
            before = name
        if datagrams:
            exchange = replace(sequence, items=_from_client(datagrams), part=Part.WHOLE)
            yield block_of(f"{ordinal(number)}-exchange", exchange)


def _from_client(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The same, the client being who speaks first in them."""
    if lines[0].sender == _CLIENT:
        return lines
    return tuple(replace(line, sender=line.receiver, receiver=line.sender) for line in lines)


def _peers(talk: _Talk, is_injected: bool) -> tuple[str, str]:  # noqa: FBT001 - as above
    """Who sends and who receives; the client is who spoke first."""
    return (_CLIENT, _SERVER) if is_injected == talk.opener else (_SERVER, _CLIENT)


def _symbol(talk: _Talk, is_injected: bool) -> str:  # noqa: FBT001 - as above
    return "x" if is_injected == talk.opener else "y"


def _sum(symbol: str, number: int) -> Linear:
    return Linear(((1, symbol), (number, ""))) if number else Linear(((1, symbol),))


def _constant(number: int) -> Linear:
    return Linear(((number, ""),))
