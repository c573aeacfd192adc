"""The script of a link: what the wire does to which frames, in words.

    script = rule { ";" rule }                                 (or a rule a line; `#` begins a comment)
    rule   = "drop" what
           | "delay" what "by" time
           | "duplicate" what [ "after" time ]                 (2 ms: the capture must not take it for its own copy)
           | "reorder" what                                    (behind the next frame of the same sender)
           | "hold" what "until" what [ sender ]               (the other end's, unless a sender is named)
    after the first `what`:  [ sender ] [ count ]
    what   = [ "1st" | "2nd" | "3rd" | "4th" ... ] kind
    kind   = "SYN" | "SYN,ACK" | "FIN" | "RST" | "data" | "ACK" | "ACK of SYN" | "ACK of FIN" | "ACK of data"
           | "segment" | "datagram" | "ICMP" | "fragment" | "anything"
    sender = "from client" | "from server"
    count  = "once" | "twice" | N "times" | "always"           (once, if nothing is said)
    time   = N "us" | N "ms" | N "s"

Laws:

1. Every rule counts its own matches, whatever other rules do; the first rule whose turn it is acts on a frame.
2. `SYN` is one without ACK; `FIN` and `RST` are all that carry the flag; `ACK` is bare: no payload, no SYN, FIN or RST.
   `ACK of SYN` is the bare ACK that completes a handshake, `ACK of FIN` a bare one that acknowledges the peer's FIN.
3. `parse_script(str(script)) == script`.

Errors name the rule, the word, and what could stand there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from inspector.errors import LinkError
from inspector.language import joined, said

__all__ = ["ALWAYS", "END_NAMES", "Action", "Kind", "Rule", "Script", "What", "parse_script"]

ALWAYS = 1 << 62
"""The number of times that "always" means."""

END_NAMES = ("client", "server")

_MOST_RULES = 100
_LONGEST_MS = 60_000
_DUPLICATE_AFTER_NS = 2_000_000
_UNITS = {"us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
_TIME = re.compile(r"(\d{1,6})(us|ms|s)")
_ORDINAL = re.compile(r"(\d{1,4})(?:st|nd|rd|th)")


class Action(StrEnum):
    """What a rule does to a frame."""

    DROP = "drop"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    HOLD = "hold"


class Kind(StrEnum):
    """What a frame may be to a rule."""

    SYN = "SYN"
    SYN_ACK = "SYN,ACK"
    FIN = "FIN"
    RST = "RST"
    DATA = "data"
    ACK = "ACK"
    ACK_OF_SYN = "ACK of SYN"
    ACK_OF_FIN = "ACK of FIN"
    ACK_OF_DATA = "ACK of data"
    SEGMENT = "segment"
    DATAGRAM = "datagram"
    ICMP = "ICMP"
    FRAGMENT = "fragment"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class What:
    """A kind of frame, and whose; `sender` is `client`, `server`, or empty for either."""

    kind: Kind
    sender: str = ""

    def __str__(self) -> str:
        return f"{self.kind} from {self.sender}" if self.sender else str(self.kind)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: act on the matches number `first` to `first + times - 1` (from 1) of `what`."""

    action: Action
    what: What
    first: int = 1
    times: int = 1
    time_ns: int = 0
    """How long `delay` keeps the frame, or after what time `duplicate` sends the second one."""
    until: What | None = None
    until_first: int = 1
    """`hold` lets go at the match of this number, counted from the moment at which it took the frame."""

    @property
    def is_about_everything(self) -> bool:
        """Whether it acts on every frame."""
        return self.what == What(Kind.ANYTHING) and self.first == 1 and self.times == ALWAYS

    def __str__(self) -> str:
        text = f"{self.action} {_ordinal(self.first)}{self.what}"
        if self.first == 1 or self.times != 1:
            text += {1: " once", 2: " twice", ALWAYS: " always"}.get(self.times, f" {self.times} times")
        if self.action is Action.DELAY:
            text += f" by {_time(self.time_ns)}"
        if self.action is Action.DUPLICATE:
            text += f" after {_time(self.time_ns)}"
        if self.until is not None:
            text += f" until {_ordinal(self.until_first)}{self.until}"
        return text


@dataclass(frozen=True, slots=True)
class Script:
    """The rules of a wire, in their order; without any, everything passes."""

    rules: tuple[Rule, ...] = ()

    def __str__(self) -> str:
        return "; ".join(map(str, self.rules))


def parse_script(text: str) -> Script:
    """The script that `text` says.

    Raises LinkError with the rule, the word, and what was expected in its place.
    """
    rules: list[Rule] = []
    for line in text.splitlines():
        for part in line.partition("#")[0].split(";"):
            if part.strip():
                rules.append(_Parser(part, len(rules) + 1).rule())
    if len(rules) > _MOST_RULES:
        raise LinkError(
            said("a script of {number} rules: expected at most {most}", number=len(rules), most=_MOST_RULES)
        )
    return Script(tuple(rules))


class _Parser:
    """Reads one rule, word by word."""

    def __init__(self, text: str, number: int) -> None:
        self._text = " ".join(text.split())
        self._number = number
        self._words = self._text.split()

    def rule(self) -> Rule:
        action = Action(self._one_of(said("an action: {known}", known=joined(Action)), list(Action)))
        first, kind = self._ordinal_and_kind()
        sender = self._sender()
        times = self._times()
        time_ns, until, until_first = 0, None, 1
        if action is Action.DELAY:
            self._expect("by")
            time_ns = self._time()
        elif action is Action.DUPLICATE:
            time_ns = self._time() if self._take("after") else _DUPLICATE_AFTER_NS
        elif action is Action.HOLD:
            self._expect("until")
            until_first, until_kind = self._ordinal_and_kind()
            until = What(until_kind, self._sender())
        if self._words:
            self._fail(said("the end of the rule"), self._words[0])
        return Rule(action, What(kind, sender), first, times, time_ns, until, until_first)

    def _ordinal_and_kind(self) -> tuple[int, Kind]:
        self._take("the")
        first = 1
        if self._words and (matched := _ORDINAL.fullmatch(self._words[0].lower())):
            self._words.pop(0)
            first = int(matched[1])
            if first < 1:
                self._fail(said("a number from 1st on"), matched[0])
        named = {str(kind).lower(): kind for kind in Kind}
        length = 3 if " ".join(self._words[:3]).lower() in named else 1
        name = " ".join(self._words[:length]).lower()
        if name not in named:
            self._fail(said("one of {known}", known=joined(Kind)), name)
        del self._words[:length]
        return first, named[name]

    def _sender(self) -> str:
        if not self._take("from"):
            return ""
        return self._one_of(said("a sender: {known}", known=joined(END_NAMES)), END_NAMES)

    def _times(self) -> int:
        for word, times in (("once", 1), ("twice", 2), ("always", ALWAYS)):
            if self._take(word):
                return times
        if len(self._words) > 1 and self._words[1].lower() == "times":
            word = self._words.pop(0)
            self._words.pop(0)
            if not word.isdecimal() or not 1 <= len(word) <= 6 or not int(word):
                self._fail(said("a number of times"), word)
            return int(word)
        return 1

    def _time(self) -> int:
        word = self._words.pop(0) if self._words else ""
        matched = _TIME.fullmatch(word.lower())
        if not matched or int(matched[1]) * _UNITS[matched[2]] > _LONGEST_MS * _UNITS["ms"]:
            self._fail(said("a time such as 50ms, at most {most}s", most=_LONGEST_MS // 1000), word)
        return int(matched[1]) * _UNITS[matched[2]]

    def _one_of(self, expected: str, known: list[Action] | tuple[str, ...]) -> str:
        word = self._words.pop(0).lower() if self._words else ""
        if word not in known:
            self._fail(expected, word)
        return word

    def _take(self, word: str) -> bool:
        if self._words and self._words[0].lower() == word:
            self._words.pop(0)
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            self._fail(f"`{word}`", self._words[0] if self._words else "")

    def _fail(self, expected: str, found: str) -> NoReturn:
        raise LinkError(
            said(
                "rule {number} of the link, {text!r}: expected {expected}, found {found}",
                number=self._number,
                text=self._text,
                expected=expected,
                found=repr(found) if found else said("its end"),
            ),
            remedies=("--link 'drop SYN once'", "--link 'hold FIN until FIN'"),
        )


def _ordinal(number: int) -> str:
    """`2nd ` before the thing that is counted; nothing before the first."""
    if number == 1:
        return ""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in {11, 12, 13} else 0, "th")
    return f"{number}{ending} "


def _time(nanoseconds: int) -> str:
    for unit in ("s", "ms", "us"):
        if nanoseconds % _UNITS[unit] == 0:
            return f"{nanoseconds // _UNITS[unit]}{unit}"
    raise AssertionError(nanoseconds)
