"""One function, two speeds: the door to numba.

A function marked `@compilable` is ordinary Python and stays so: called by its name it runs on lists
of records, without numpy or numba. `compiled(function)` gives the very same function as machine
code, for record arrays. Neither knows of the other, so no rule exists twice.

How: the compiled form is made from a *copy* of the function whose globals see

* other compilable functions in their compiled form,
* a `Constants` class as a module of plain integers, which numba folds into the code,

so nothing global is changed and numba is imported only by those who ask for speed. What a
compilable function may use is what numba's nopython mode takes: integers, bytes, tuples of
integers, records and other compilable functions, all *imported by name* (no `module.function`).
A default argument or a closure is refused: both would be frozen unseen.

The cache. numba knows when the file of a function changed, but not when a function that it calls
in another file did. So the folder is named after everything that the machine code depends on: the
sources of all compilable functions, numba, numpy, Python and the processor. A stale folder is
never looked into, and a broken one is thrown away and built anew. numba writes each file aside and
renames it, so several runs at once are safe. numba's index is a pickle, which is code to whoever
loads it: the folder must belong to us and be writable by nobody else, else a private
temporary one is used instead.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import platform
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Constants", "compilable", "compiled", "use_cache"]

F = TypeVar("F", bound="Callable[..., Any]")


class Constants:
    """A namespace of integers, for code that is both read and compiled: `class Flag(Constants): SYN = 2`."""

    def __init_subclass__(cls) -> None:
        for name, value in vars(cls).items():
            if not name.startswith("__") and type(value) is not int:
                raise TypeError(f"{cls.__name__}.{name} is {value!r}: a constant is a plain int")

    @classmethod
    def members(cls) -> dict[str, int]:
        """Names and values, in the order of their declaration."""
        return {name: value for name, value in vars(cls).items() if not name.startswith("__")}


_compilable: dict[FunctionType, None] = {}
_compiled: dict[FunctionType, Callable[..., Any]] = {}
_parent: list[Path] = []


def compilable(function: F) -> F:
    """Mark `function` as written in the subset that numba compiles; it is returned unchanged."""
    plain = cast("FunctionType", function)
    if plain.__defaults__ or plain.__kwdefaults__ or plain.__closure__:
        raise TypeError(f"{plain.__qualname__}: a compilable function has no defaults and no closure")
    _compilable[plain] = None
    return function


def use_cache(parent: Path) -> None:
    """Keep machine code below `parent`; called once, by the roof, before anything is compiled."""
    _parent[:] = [parent]


def compiled(function: F) -> F:
    """The machine-code form of a compilable function; compiles on first call with new types."""
    plain = cast("FunctionType", function)
    if plain not in _compilable:
        raise TypeError(f"{plain.__qualname__} is not marked @compilable")
    if not _compiled:
        _point_numba_at(_cache_folder())
    return cast("F", _compile(plain))


def _compile(plain: FunctionType) -> Callable[..., Any]:
    if plain in _compiled:
        return _compiled[plain]
    import numba

    seen = {name: _as_numba_sees(plain.__globals__[name]) for name in _global_names(plain)}
    copy = FunctionType(plain.__code__, {**plain.__globals__, **seen}, plain.__name__)
    copy.__module__ = plain.__module__
    copy.__qualname__ = plain.__qualname__
    # boundscheck and error_model: an index past the end or a division by zero must never pass in
    # silence, but no compilable function divides by data, and the differential tests run plain.
    _compiled[plain] = numba.njit(cache=True, error_model="numpy")(copy)
    return _compiled[plain]


def _global_names(plain: FunctionType) -> list[str]:
    return [name for name in plain.__code__.co_names if name in plain.__globals__]


def _as_numba_sees(value: object) -> object:
    if isinstance(value, FunctionType) and value in _compilable:
        return _compile(value)
    if isinstance(value, type) and issubclass(value, Constants):
        module = ModuleType(value.__name__)
        vars(module).update(value.members())
        return module
    return value


def _point_numba_at(folder: Path) -> None:
    from numba.core import config

    config.CACHE_DIR = str(folder)


def _cache_folder() -> Path:
    """A folder for this very code on this very machine, ours alone; made where it is missing."""
    parent = _parent[0] if _parent else Path(tempfile.gettempdir()) / f"handshake-inspector-{os.getuid()}"
    folder = parent / f"compiled-{_fingerprint()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="handshake-inspector-"))
    if not _is_ours_alone(folder):
        return Path(tempfile.mkdtemp(prefix="handshake-inspector-"))
    return folder


def _is_ours_alone(folder: Path) -> bool:
    status = folder.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _fingerprint() -> str:
    from importlib.metadata import version

    digest = hashlib.sha256()
    for part in (sys.version, platform.machine(), platform.processor(), version("numba"), version("numpy")):
        digest.update(part.encode())
    for source in sorted({inspect.getfile(plain) for plain in _compilable}):
        digest.update(Path(source).read_bytes())
    return digest.hexdigest()[:16]


def forget_broken_cache() -> None:
    """Throw away machine code that could not be loaded, so that the next call builds it anew."""
    from numba.core import config

    shutil.rmtree(config.CACHE_DIR, ignore_errors=True)
    Path(config.CACHE_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)
    _compiled.clear()
