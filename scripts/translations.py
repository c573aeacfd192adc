"""What a person reads, in other languages: the catalogues below `inspector/locale`, made, filled, checked and compiled.

    scripts/translations update              bring the catalogues to what the source says today, and compile them
    scripts/translations check               nothing missing, nothing left over, every value in its place
    scripts/translations missing --json      {message: ""} of all without a translation; --part 2/3: one of three parts
    scripts/translations take FILE.json ...  enter {message: translation}; what does not fit is refused and named
    scripts/translations compile             only the .mo files

Messages are found in the source by the keywords of `inspector/language.py`, and where texts are data: the entries of
`explain/`, the library of sequences, the demos, the help of commands. A catalogue stands in the order of the source,
without numbers of lines and without dates, so that it changes where a text does. The .mo files are committed, for an
installed package has no Babel to make them with.

A translation has the very values of its message, `{name:format}` by `{name:format}`. Of a message with a plural,
`missing` names the plural; `take` knows it by either. Chinese has one form for all numbers and needs no other.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from scripts.messages import PACKAGE, extracted, unheard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from babel.messages.catalog import Message

    from scripts.messages import Key

LOCALE = PACKAGE / "locale"
LANGUAGES = ("zh_CN",)

HEADER = "Everything that a person reads. Made and checked by scripts/translations; the terms: locale/GLOSSARY.md."
WIDTH = 120
_VALUE = re.compile(r"\{\{|\}\}|\{[^{}]*\}|%\(\w+\)s")


class Undated(Catalog):
    """A catalogue whose head says nothing that changes by itself."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """What gettext has to know to read the rest."""
        return [
            ("Language", str(self.locale_identifier)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]

    @mime_headers.setter
    def mime_headers(self, value: Iterable[tuple[str, str]]) -> None:
        self._set_mime_headers(value)


# ------------------------------------------------------------------------------- catalogues


def folder(language: str) -> Path:
    """Where a language's catalogue lies."""
    return LOCALE / language / "LC_MESSAGES"


def catalogue(language: str) -> Catalog:
    """The catalogue of a language as it lies there; an empty one where there is none yet."""
    path = folder(language) / "inspector.po"
    if not path.exists():
        return Undated(locale=language)
    with path.open("rb") as stream:
        return read_po(stream, locale=language)


def renewed(language: str, taken: Mapping[str, str] | None = None) -> Undated:
    """The catalogue for today's source, with the translations that there are, and those that are `taken` in."""
    known = catalogue(language)
    fresh = Undated(locale=language, header_comment=f"# {HEADER}", fuzzy=False)
    for key, places in extracted().items():
        message = known.get(key[0] if isinstance(key, tuple) else key)
        text = (taken or {}).get(_name(key), "") or _translation(message)
        fresh.add(key, (text,) if isinstance(key, tuple) else text, [(place, 0) for place in places])
    return fresh


def _name(key: Key) -> str:
    """What a message is called in files of translations: of two forms the one for many, which has the number."""
    return key[1] if isinstance(key, tuple) else key


def _messages(of: Catalog) -> Iterator[Message]:
    return (message for message in of if message.id)


def _translation(message: Message | None) -> str:
    """What stands for it; the only form that our languages have, where there is a plural."""
    text = message.string if message is not None and not message.fuzzy else ""
    return text if isinstance(text, str) else (text or [""])[0]


def values(text: str) -> set[str]:
    """The `{values}` of a message, with their formats; click's have a form of their own."""
    return {found[0] for found in _VALUE.finditer(text) if found[0] not in {"{{", "}}"}}


def fault(key: Key, text: str) -> str:
    """Why `text` cannot stand for the message; empty if it can."""
    if not text:
        return "has no translation"
    wanted, there = values(_name(key)), values(text)
    if there != wanted and (isinstance(key, str) or there != wanted | values(key[0])):
        return f"its values are {sorted(wanted)}, the translation's {sorted(there)}"
    return ""


def faults(language: str) -> list[str]:
    """All that is wrong with the catalogue of a language; empty if it is whole."""
    said = extracted()
    there = {_key(message): message for message in _messages(catalogue(language))}
    wrong = [f"never looked up: {call}" for path in sorted(PACKAGE.rglob("*.py")) for call in unheard(path)]
    wrong += [f"new: {_name(key)!r}" for key in said if key not in there]
    wrong += [f"left over: {_name(key)!r}" for key in there if key not in said]
    for key, message in there.items():
        if message.fuzzy:
            wrong.append(f"fuzzy: {_name(key)!r}")
        elif key in said and (why := fault(key, _translation(message))):
            wrong.append(f"{_name(key)!r} {why}")
    if compiled(language) != _content(folder(language) / "inspector.mo"):
        wrong.append("inspector.mo is not made from this inspector.po")
    return wrong


def _key(message: Message) -> Key:
    identity = message.id
    return identity if isinstance(identity, str) else (identity[0], identity[1])


def compiled(language: str) -> bytes:
    """What inspector.mo must hold; what has no translation is left out, and said in English."""
    undated, buffer = Undated(locale=language), BytesIO()
    for message in _messages(catalogue(language)):
        undated.add(_key(message), message.string)
    write_mo(buffer, undated)
    return buffer.getvalue()


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def write(language: str, fresh: Catalog) -> None:
    """Write and compile the catalogue of a language."""
    folder(language).mkdir(parents=True, exist_ok=True)
    buffer = BytesIO()
    write_po(buffer, fresh, width=WIDTH, include_lineno=False, ignore_obsolete=True)
    (folder(language) / "inspector.po").write_bytes(buffer.getvalue())
    (folder(language) / "inspector.mo").write_bytes(compiled(language))


# ------------------------------------------------------------------------------- commands


def main() -> int:
    """Do what was asked for; 1 if a catalogue is not whole, or a translation does not fit."""
    asked = _arguments()
    return max([_do(asked, language) for language in LANGUAGES])


def _do(asked: argparse.Namespace, language: str) -> int:
    if asked.verb == "update":
        write(language, renewed(language))
        lacking = sum(1 for message in _messages(catalogue(language)) if not _translation(message))
        print(f"{language}: {len(catalogue(language))} messages, {lacking} of them without a translation")
        return 0
    if asked.verb == "compile":
        (folder(language) / "inspector.mo").write_bytes(compiled(language))
        return 0
    if asked.verb == "missing":
        return _list_missing(language, asked)
    return _take(language, asked.files) if asked.verb == "take" else _check(language)


def _check(language: str) -> int:
    wrong = faults(language)
    print(*(f"{language}: {each}" for each in wrong), sep="\n", end="\n" if wrong else "")
    return int(bool(wrong))


def _list_missing(language: str, asked: argparse.Namespace) -> int:
    part, parts = (int(number) for number in asked.part.split("/"))
    lacking = [_name(_key(message)) for message in _messages(renewed(language)) if not _translation(message)]
    size = -(-len(lacking) // parts)
    chosen = lacking[(part - 1) * size : part * size]
    print(json.dumps(dict.fromkeys(chosen, ""), ensure_ascii=False, indent=0) if asked.json else "\n".join(chosen))
    return 0


def _take(language: str, files: list[Path]) -> int:
    keys = {form: key for key in extracted() for form in ((key,) if isinstance(key, str) else key)}
    taken: dict[str, str] = {}
    refused = []
    for path in files:
        for name, text in json.loads(path.read_text("utf-8")).items():
            why = "is no message of today's source" if name not in keys else fault(keys[name], text)
            if why:
                refused.append(f"{path}: {name!r} {why}")
            else:
                taken[_name(keys[name])] = text
    write(language, renewed(language, taken))
    print(f"{language}: {len(taken)} translations taken")
    print(*refused, sep="\n", end="\n" if refused else "", file=sys.stderr)
    return int(bool(refused))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/translations", description=(__doc__ or "").partition("\n")[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("update", "check", "compile"):
        verbs.add_parser(verb)
    missing = verbs.add_parser("missing")
    missing.add_argument("--json", action="store_true")
    missing.add_argument("--part", default="1/1", metavar="K/N")
    verbs.add_parser("take").add_argument("files", nargs="+", type=Path, metavar="FILE.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
