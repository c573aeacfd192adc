"""The sequences that come with the product: a file for each, which is its documentation too.

A sequence is asked for by its name (`three-way-handshake`), or by the path of a file of your own. A file is read as
UTF-8. The header of each file here says in `about:` what it means; nothing about one is written anywhere else.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.errors import ExpectationError, system_words
from inspector.expect.parser import LONGEST, parse
from inspector.expect.scanner import either_of, quoted
from inspector.language import said

if TYPE_CHECKING:
    from inspector.expect.notation import Sequence

__all__ = ["is_of_library", "load", "names", "own_path"]

_FOLDER = Path(__file__).parent
_SUFFIX = ".seq"


@cache
def names() -> tuple[str, ...]:
    """The names of all sequences of the library, sorted."""
    return tuple(sorted(path.name.removesuffix(_SUFFIX) for path in _FOLDER.glob(f"*{_SUFFIX}")))


def load(name_or_path: str, *, beside: str = "") -> Sequence:
    """The sequence of that name in the library, or in the file of that path.

    `beside` is the path of a file that includes it: a name is looked for in its folder first. ExpectationError,
    with the nearest names and the list, where there is none, and where the file cannot be read or parsed.
    """
    neighbour = Path(beside).parent / (name_or_path.removesuffix(_SUFFIX) + _SUFFIX)
    if beside and neighbour.is_file():
        return _read(neighbour)
    if name_or_path in names():
        return _library(name_or_path)
    if path := own_path(name_or_path):
        return _read(path)
    near = get_close_matches(name_or_path, names(), n=3)
    # A typo is answered by what was meant, and only what is like nothing by the way to all there is.
    known = (
        said("did you mean {names}?", names=either_of(near))
        if near
        else said("inspector expect list tells all that there are")
    )
    raise ExpectationError(
        quoted(name_or_path),
        said(
            "no such sequence; expected a name of the library or a file that ends in {suffix}; {known}",
            suffix=_SUFFIX,
            known=known,
        ),
        text=name_or_path,
        remedies=near,
    )


def own_path(name_or_path: str) -> Path | None:
    """The file of your own that is meant; None for a name of the library, or one that is like it."""
    path = Path(name_or_path)
    is_own = path.suffix == _SUFFIX or len(path.parts) > 1 or path.is_file()
    return path if is_own and name_or_path not in names() else None


def is_of_library(path: str) -> bool:
    """Whether a sequence of that path is one of these."""
    return Path(path).parent == _FOLDER


@cache
def _library(name: str) -> Sequence:
    return _read(_FOLDER / (name + _SUFFIX))


def _read(path: Path) -> Sequence:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST + 1)
    except (OSError, ValueError) as error:
        reason = system_words(error) if isinstance(error, OSError) else said("expected text in UTF-8")
        raise ExpectationError(str(path), said("cannot be read: {reason}", reason=reason)) from error
    return parse(text, str(path))
