"""From a user's words to all of their meanings.

A word may mean several things (`unanswered` is an outcome of a handshake, of a close and of a UDP exchange), and a name
may be several words (`zero window`): the longest run of words that is a name is taken as one. What nobody knows is told
with the names most like it, and with what is wrong where it is almost an address or a port. The plural of a kind
(`findings`, `misconceptions`) asks for the whole list.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.explain.addresses import explain_address, explain_prefix, read_address, read_prefix
from inspector.explain.catalogue import KINDS, listed, met_at, named, near
from inspector.explain.flags import explain_flags, flags_in
from inspector.explain.model import Answer, Explanation, Line, Listing, Unknown, plain
from inspector.explain.ports import LARGEST, explain_port, is_ephemeral, range_of
from inspector.explain.states import explain_state
from inspector.explain.tools import LARGEST_COMPLETENESS, explain_completeness, explain_history, is_history
from inspector.language import joined, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.explain.model import DemoNote, Entry, System

__all__ = ["answer"]

_MOST_WORDS_IN_A_NAME = 8
_WITH_DATA = "-with-data"
_DEMO = "demo."
_ORDER = tuple(KINDS)
_ICMP = re.compile(r"icmp(v6)?[\W_]+", re.IGNORECASE)
_NUMBER = r"[0-9]{1,19}"
_PORT = re.compile(rf":?({_NUMBER})|({_NUMBER})/(tcp|udp)|(tcp|udp)/({_NUMBER})", re.IGNORECASE)
_ENDPOINT = re.compile(rf"(?:\[([^\]]*)\]|([^:\[\]]*)):({_NUMBER})(?:/(tcp|udp))?", re.IGNORECASE)
_ALMOST_IPV4 = re.compile(r"[0-9]+(\.[0-9]+){1,}(/.*)?(:.*)?")


def answer(words: Sequence[str], system: System) -> Answer:
    """Every meaning of every word, in the order of the words."""
    explanations: list[Explanation] = []
    unknown: list[Unknown] = []
    listings: list[Listing] = []
    for phrase in _phrases(words):
        meanings, listing = _meanings(phrase, system), listed(phrase)
        explanations += [each for each in meanings if each not in explanations]
        if listing is not None:
            listings.append(listing)
        elif not meanings:
            unknown.append(Unknown(phrase, _almost(phrase), near(phrase, [note.name for note in system.demos])))
    return Answer(tuple(explanations), tuple(unknown), tuple(listings))


def _phrases(words: Sequence[str]) -> Iterator[str]:
    """The words, those that are a name together taken as one."""
    start = 0
    while start < len(words):
        longest = min(len(words), start + _MOST_WORDS_IN_A_NAME)
        runs = {end: " ".join(words[start:end]) for end in range(longest, start + 1, -1)}
        end = next((end for end, run in runs.items() if _entries_for(run)), start + 1)
        yield " ".join(words[start:end])
        start = end


def _entries_for(phrase: str) -> tuple[Entry, ...]:
    """The entries of a name; of a label on a segment with payload, and of an ICMP error, those of the bare name."""
    bare = _ICMP.sub("", phrase, count=1)
    return named(phrase) or named(plain(phrase).removesuffix(_WITH_DATA)) or named(bare)


def _meanings(phrase: str, system: System) -> list[Explanation]:
    found = [_explained(entry, phrase, system) for entry in _entries_for(phrase)]
    flags = flags_in(phrase)
    if flags is not None:
        found.append(explain_flags(flags))
    found += _numbers(phrase, system)
    found += [_demo(note) for note in system.demos if note.name == plain(phrase.removeprefix(_DEMO))]
    if is_history(phrase):
        found.append(explain_history(phrase))
    if phrase.isascii() and phrase.isdecimal() and len(phrase) <= 2 and int(phrase) <= LARGEST_COMPLETENESS:
        found.append(explain_completeness(int(phrase)))
    found = [_with_answers(each) for each in {(each.kind, each.name): each for each in found}.values()]
    return sorted(found, key=lambda each: _ORDER.index(each.kind))


def _explained(entry: Entry, phrase: str, system: System) -> Explanation:
    """What there is to say of an entry, with what is worked out for its kind."""
    if entry.kind == "state":
        return explain_state(entry)
    if entry.kind == "flag":
        return explain_flags(flags_in(entry.name) or 0)
    lines = entry.lines
    if entry.kind == "label" and plain(phrase).endswith(_WITH_DATA):
        lines = (*lines, Line("data", said("It carries payload as well, which counts in its sequence numbers.")))
    if entry.kind == "service":
        port = explain_port(int(entry.details["port"]), "", system)
        lines = (*lines, *(line for line in port.lines if line.head in {"here", "filter"}))
        name = said("{service}, port {port}", service=entry.name, port=entry.details["port"])
        return Explanation("service", name, lines, port.demos, entry=entry)
    return Explanation(entry.kind, entry.name, lines, entry.demos, entry.captures, entry)


def _with_answers(explanation: Explanation) -> Explanation:
    """With the misconceptions that are met at it: at an entry, at a demo, at a port that a client got."""
    entry = explanation.entry
    if explanation.kind == "port" and is_ephemeral(port := int(explanation.name.partition("/")[0])):
        entry = range_of(port)
    met = met_at(entry.identifier if entry else f"{explanation.kind}.{explanation.name}")
    return replace(explanation, answers=met)


def _numbers(phrase: str, system: System) -> list[Explanation]:
    """What is a number or an address: a port, an endpoint, an address, a prefix."""
    address, prefix = read_address(phrase), read_prefix(phrase)
    if address is not None:
        return [explain_address(address)]
    if prefix is not None:
        return [explain_prefix(prefix)]
    if port := _PORT.fullmatch(phrase):
        number = int(port[1] or port[2] or port[5])
        return [explain_port(number, (port[3] or port[4] or "").lower(), system)] if number <= LARGEST else []
    if (ends := _ENDPOINT.fullmatch(phrase)) and int(ends[3]) <= LARGEST:
        address = read_address(ends[1] if ends[1] is not None else ends[2])
        if address is not None and (address.version == 6) == (ends[1] is not None):
            return [explain_address(address), explain_port(int(ends[3]), (ends[4] or "").lower(), system)]
    return []


def _demo(note: DemoNote) -> Explanation:
    ports = joined((str(port) for port in note.ports), " and ")
    lines = [
        Line("seen", note.summary),
        Line("where", said("{transport}, port {ports}", transport=note.transport.upper(), ports=ports)),
        *(Line("lesson", each) for each in note.lesson),
    ]
    return Explanation("demo", note.name, tuple(lines), (note.name,))


def _almost(phrase: str) -> str:
    """What is wrong with a phrase that is almost an address or a port."""
    if (number := re.fullmatch(rf":?({_NUMBER})(/.*)?", phrase)) and int(number[1]) > LARGEST:
        return said("ports end at {port}", port=LARGEST)
    if not _ALMOST_IPV4.fullmatch(phrase):
        return ""
    numbers = re.split(r"[/:]", phrase)[0].split(".")
    if len(numbers) != 4:
        return said("an IPv4 address has four numbers")
    if any(int(each) > 255 for each in numbers):
        return said("the numbers of an IPv4 address end at 255")
    if any(len(each) > 1 and each.startswith("0") for each in numbers):
        return said("a leading zero means octal to some programs and nothing to others, so it is refused")
    return said("what follows the address is neither a prefix length (0 to 32), a netmask, nor a port")
