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

The exception, for arithmetic on long buffers alone: `@compilable_as(machine)` marks a function that plain
Python does a hundred times faster by means that numba lacks (a division of one big integer). Both forms
are of one mathematical value, stand side by side in one file, and a test holds them against each other.

The cache. numba's own knows when the file of a function changed, but not when a function that it calls
in another file did; it unpickles whatever it finds; two runs that write at once may leave an
index that points to the other's code; and to use it, numba has to be imported. So the code is kept here, one sealed
file for a function and the types it was compiled for (`inspector.machine_code`), and where all is found numba is not:

1. Its name is a hash of all that the code depends on: the sources of the function and of everything it
   calls, the values of its constants, the types, the processor, numba and Python. What is stale has another name.
2. Its content begins with its own hash. What is cut or altered is not looked into, and is built anew.
3. It is written aside and renamed, so runs at once cannot disturb each other.
4. It is machine code, for whoever loads it: the folder must belong to us and be writable by nobody
   else. Where no such folder can be had, nothing is kept, and each run compiles for itself.

Whatever goes wrong with the cache costs the time to compile, and is never an error.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from inspector.machine_code import Kept, kept_of, kinds_of, loaded, processor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Constants", "compilable", "compilable_as", "compiled", "keeps_code", "tell_when_compiling", "use_cache"]

F = TypeVar("F", bound="Callable[..., Any]")

_SEAL = 32
"""Bytes of the hash that a kept file begins with."""
_VERSIONS = 4
"""How many versions of a function's code are kept: several installations, several sets of types."""


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
_machine_forms: dict[FunctionType, FunctionType] = {}
_entries: dict[FunctionType, Callable[..., Any]] = {}
_callees: dict[FunctionType, Callable[..., Any]] = {}
_parents: list[Path] = []
_hearers: list[Callable[[], None]] = []


def compilable(function: F) -> F:
    """Mark `function` as written in the subset that numba compiles; it is returned unchanged."""
    plain = cast("FunctionType", function)
    if plain.__defaults__ or plain.__kwdefaults__ or plain.__closure__:
        raise TypeError(f"{plain.__qualname__}: a compilable function has no defaults and no closure")
    _compilable[plain] = None
    return function


def compilable_as(machine: F) -> Callable[[F], F]:
    """Mark a function whose compiled form is `machine`'s: compilable, of the same arguments and the same value."""

    def mark(function: F) -> F:
        _machine_forms[cast("FunctionType", function)] = cast("FunctionType", machine)
        return function

    return mark


def use_cache(*parents: Path) -> None:
    """Keep machine code below the first of `parents` that can be trusted; called by the roof, before any compiling."""
    _parents[:] = parents


def tell_when_compiling(hear: Callable[[], None]) -> None:
    """Call `hear` before a function is compiled that no cache had: it takes seconds, and users like to know why."""
    _hearers[:] = [hear]


def keeps_code() -> bool:
    """Whether there is a folder for it."""
    return _cache_folder() is not None


def compiled(function: F) -> F:
    """The machine-code form of a compilable function; compiles, or loads, on first call with new types."""
    plain = cast("FunctionType", function)
    if plain not in _compilable:
        raise TypeError(f"{plain.__qualname__} is not marked @compilable")
    if plain not in _entries:
        _entries[plain] = _Entry(plain)
    return cast("F", _entries[plain])


class _Entry:
    """A function for Python to call in its machine-code form: one piece of code for each combination of types."""

    def __init__(self, plain: FunctionType) -> None:
        self._plain = plain
        self._forms: dict[tuple[Any, ...], Callable[..., Any]] = {}
        self._cache = _Cache(plain)

    def __call__(self, *arguments: Any) -> Any:
        kinds = kinds_of(arguments)
        form = self._forms.get(kinds)
        if form is None:
            form = self._forms[kinds] = self._form(kinds, arguments)
        return form(*arguments)

    def _form(self, kinds: tuple[Any, ...], arguments: tuple[Any, ...]) -> Callable[..., Any]:
        form = self._cache.load(kinds)
        if form is not None:
            return form
        for hear in _hearers:
            hear()
        import numba

        typeof: Any = numba.typeof  # has no types of its own
        types = tuple(typeof(each) for each in arguments)
        machine: Any = _callee(self._plain)
        machine.compile(types)
        kept = kept_of(machine.overloads[types], kinds)
        if kept is None:
            copy = _copy(self._plain)
            _show(copy, self._plain)
            return _jitted(copy, nogil=True)
        self._cache.save(kinds, kept)
        return loaded(kept)


def _callee(plain: FunctionType) -> Callable[..., Any]:
    """The machine-code form that only machine code calls: without the doors for Python it compiles in two thirds."""
    if plain not in _callees:
        copy = _copy(plain)
        _show(copy, plain)
        _callees[plain] = _jitted(copy, no_cpython_wrapper=True, no_cfunc_wrapper=True)
    return _callees[plain]


def _copy(plain: FunctionType) -> FunctionType:
    copy = FunctionType(plain.__code__, dict(plain.__globals__), plain.__name__)
    copy.__module__ = plain.__module__
    copy.__qualname__ = plain.__qualname__
    return copy


def _show(copy: FunctionType, plain: FunctionType) -> None:
    """Give the globals of `copy` the forms in which numba is to see them."""
    copy.__globals__.update({name: _as_numba_sees(plain.__globals__[name]) for name in _global_names(plain)})


def _jitted(copy: FunctionType, **options: bool) -> Callable[..., Any]:
    import numba

    # error_model: a division by zero gives what the processor gives, and no compilable function divides by data.
    # _nrt: no compilable function makes an array, so none needs to be counted; counting them at every
    # call took a third of the decoder's time (measured).
    njit: Any = numba.njit  # whose stubs do not name `_nrt`
    return cast("Callable[..., Any]", njit(error_model="numpy", _nrt=False, **options)(copy))


def _global_names(plain: FunctionType) -> list[str]:
    return [name for name in plain.__code__.co_names if name in plain.__globals__]


def _compilable_form(value: object) -> FunctionType | None:
    """The compilable function that a name in a compilable function stands for; None if it is none."""
    if not isinstance(value, FunctionType):
        return None
    function = _machine_forms.get(value, value)
    return function if function in _compilable else None


def _as_numba_sees(value: object) -> object:
    function = _compilable_form(value)
    if function is not None:
        return _callee(function)
    if isinstance(value, type) and issubclass(value, Constants):
        module = ModuleType(value.__name__)
        vars(module).update(value.members())
        return module
    return value


class _Cache:
    """The machine code of one function, in files."""

    def __init__(self, plain: FunctionType) -> None:
        self._plain = plain
        self._depends_on: bytes | None = None

    def load(self, kinds: tuple[Any, ...]) -> Callable[..., Any] | None:
        """The code for arguments of these kinds, or None: not there, not sound, not ours."""
        try:
            path = self._path(kinds)
            if path is None:
                return None
            sealed = path.read_bytes()
            if sealed[:_SEAL] != _hash(sealed[_SEAL:]):
                return None
            return loaded(Kept.from_bytes(sealed[_SEAL:]))
        except Exception:  # noqa: BLE001 - law of this module: a cache that fails costs time, never an answer
            return None

    def save(self, kinds: tuple[Any, ...], kept: Kept) -> None:
        """Keep it, if that can be done."""
        try:
            path = self._path(kinds)
            if path is None:
                return
            code = kept.to_bytes()
            aside = path.with_name(f"{path.name}.{os.getpid()}")
            aside.write_bytes(_hash(code) + code)
            aside.replace(path)
            _drop_oldest(path)
        except Exception:  # noqa: BLE001 - as above: a full disk
            return

    def _path(self, kinds: tuple[Any, ...]) -> Path | None:
        folder = _cache_folder()
        if folder is None:
            return None
        if self._depends_on is None:
            self._depends_on = _fingerprint(self._plain)
        key = _hash(self._depends_on + repr((kinds, processor())).encode())
        return folder / f"{self._plain.__module__}.{self._plain.__qualname__}-{key.hex()[:32]}.code"


def _hash(content: bytes) -> bytes:
    from hashlib import sha256

    return sha256(content).digest()


def _drop_oldest(path: Path) -> None:
    function = path.name.rsplit("-", 1)[0]
    kept = sorted(path.parent.glob(f"{function}-*.code"), key=lambda file: file.stat().st_mtime_ns)
    for file in kept[:-_VERSIONS]:
        file.unlink(missing_ok=True)


def _fingerprint(plain: FunctionType) -> bytes:
    """A hash of all that the machine code of `plain` comes from, but for its types and the processor."""
    parts = [repr((plain.__qualname__, sys.version, *_numba())).encode()]
    files = {kept_of.__code__.co_filename}
    for function in _reachable(plain):
        files.add(function.__code__.co_filename)
        for name in _global_names(function):
            value = function.__globals__[name]
            if isinstance(value, type) and issubclass(value, Constants):
                parts.append(repr((function.__qualname__, name, value.members())).encode())
            elif isinstance(value, (int, bytes, tuple)):
                parts.append(repr((function.__qualname__, name, value)).encode())
    parts += [Path(file).read_bytes() for file in sorted(files)]
    return _hash(b"".join(_hash(part) for part in parts))


def _numba() -> tuple[str, int]:
    """Which numba is installed, without importing it: where it is, and since when."""
    from importlib.util import find_spec

    spec = find_spec("numba")
    place = "" if spec is None or spec.origin is None else spec.origin
    return place, Path(place).stat().st_mtime_ns


def _reachable(plain: FunctionType) -> Iterator[FunctionType]:
    """`plain` and every compilable function that it calls, at any depth, in the order of their names in the code."""
    seen = {plain: None}
    ahead = [plain]
    while ahead:
        function = ahead.pop()
        yield function
        for name in _global_names(function):
            callee = _compilable_form(function.__globals__[name])
            if callee is not None and callee not in seen:
                seen[callee] = None
                ahead.append(callee)


def _cache_folder() -> Path | None:
    """The first folder that is ours alone and can be written, made where it is missing; None if there is none."""
    for parent in _parents or _usual_parents():
        folder = parent / "compiled"
        try:
            parent.parent.mkdir(parents=True, exist_ok=True)
            parent.mkdir(mode=0o700, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            if _is_ours_alone(parent) and _is_ours_alone(folder) and os.access(folder, os.W_OK | os.X_OK):
                return folder
        except OSError:
            continue
    return None


def _usual_parents() -> list[Path]:
    from tempfile import gettempdir

    return [Path(gettempdir()) / f"handshake-inspector-{_user()}"]


def _user() -> int:
    # Windows has no such number, and gives each user a temporary folder of his own.
    return os.geteuid() if hasattr(os, "geteuid") else 0


def _is_ours_alone(folder: Path) -> bool:
    """Whether nobody else can put a file into `folder`; a symbolic link is never ours, whoever made it."""
    import stat

    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        return False
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid == _user() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
