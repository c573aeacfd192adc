"""Machine code that was kept, and how it is called: what numba has made, without numba.

To import numba and to bring its registries up to date takes half a second of every run, and is needed only to *make*
machine code. What it made is an object file, which LLVM itself (`llvmlite`, which numba is built on) loads in a
millisecond. So it is kept with the name of its function, and called here by numba's own convention:

    int32 function(result *, exception **, argument ...)

where an integer is itself, and an array seven arguments: no owner, no parent, its length, the size of an item, where
it lies, and its shape and step, both in one dimension. 0 comes back where all went well.

Laws:

1. Signed 64-bit integers, truth values and arrays of one dimension are passed so, and only a function that gives
   nothing, one integer, or a tuple of integers is called so. All else is left to numba.
2. numba is asked for its convention, and LLVM for what the code leans on, before anything is kept. Code that would be
   called in another way, or that needs a symbol of numba's, is never kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Kept", "kept_of", "kinds_of", "loaded", "processor"]

_NOTHING = -1
_ARRAYS = 64
"""Of so many arrays it is remembered how they are passed."""
_RESULT = 2
"""Arguments before the function's own."""
_POINTER = "*"
_CONVENTION = {int: ("i64",), bool: ("i8",)}
_OF_ARRAY = (_POINTER, _POINTER, "i64", "i64", _POINTER, "i64", "i64")


class Kept(NamedTuple):
    """The machine code of one function, for one combination of types."""

    symbol: str
    results: int
    """Integers in the tuple that it gives; 0 where it gives an integer, below 0 where it gives nothing."""
    code: bytes
    """An object file."""

    def to_bytes(self) -> bytes:
        """As one file; `from_bytes` is the inverse."""
        return f"{self.symbol} {self.results}\n".encode() + self.code

    @classmethod
    def from_bytes(cls, content: bytes) -> Kept:
        """ValueError where it is no such file."""
        head, code = content.split(b"\n", 1)
        symbol, results = head.decode().split(" ")
        return cls(symbol, int(results), code)


def kinds_of(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """What machine code depends on of its arguments: equal for two calls if and only if one code serves both."""
    return tuple(
        [
            (each.dtype, each.ndim, each.flags.c_contiguous, each.flags.writeable)
            if hasattr(each, "dtype")
            else type(each)
            for each in arguments
        ]
    )


def processor() -> tuple[str, str, str]:
    """What machine code depends on of the machine: its kind, its processor, and what that one can do."""
    import llvmlite.binding as llvm

    return llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def kept_of(result: Any, kinds: tuple[Any, ...]) -> Kept | None:
    """What is to be kept of numba's `result` for arguments of these kinds; None where it cannot be."""
    library, results = result.library, _results_of(result.signature.return_type)
    if results is None:
        return None
    if result.lifted or library.has_dynamic_globals or not _is_called_so(result, kinds):
        return None
    _, form, (code, _) = library.serialize_using_object_code()
    module = library._final_module  # noqa: SLF001 - numba's own seam has no public name
    leans_on = {each.name for each in (*module.functions, *module.global_variables) if each.is_declaration}
    if form != "object" or any(not name.startswith("llvm.") for name in leans_on):
        return None
    return Kept(result.fndesc.llvm_func_name, results, code)


def _results_of(gives: Any) -> int | None:
    """`Kept.results` of a function that gives a value of this type of numba's; None where it cannot be had."""
    import numba

    if gives == numba.types.none:
        return _NOTHING
    is_tuple = isinstance(gives, numba.types.BaseTuple)
    if any(each != numba.types.int64 for each in (gives if is_tuple else (gives,))):
        return None
    return len(gives) if is_tuple else 0


def _is_called_so(result: Any, kinds: tuple[Any, ...]) -> bool:
    """Whether numba itself would call the function as `_Function` does."""
    expected: list[str] = []
    for kind in kinds:
        if isinstance(kind, tuple) and kind[1] == 1:
            expected += _OF_ARRAY
        elif kind in _CONVENTION:
            expected += _CONVENTION[kind]
        else:
            return False
    from llvmlite.ir import PointerType

    signature = result.signature
    called = result.target_context.call_conv.get_function_type(signature.return_type, signature.args)
    types = [_POINTER if isinstance(each, PointerType) else str(each) for each in called.args]
    return str(called.return_type) == "i32" and types == [_POINTER] * _RESULT + expected


def loaded(kept: Kept) -> Callable[..., Any]:
    """`kept` as a function, for arguments of its kinds. It lets go of the interpreter while it runs."""
    return _Function(kept)


class _Function:
    """Machine code, loaded."""

    def __init__(self, kept: Kept) -> None:
        import ctypes

        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        target = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine()
        # The code lives as long as its engine. Each has its own, so that no two may disagree about a name.
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(kept.code))
        self._engine.finalize_object()
        address = self._engine.get_function_address(kept.symbol)
        if not address:
            raise ValueError(f"no {kept.symbol} in its code")
        # Arguments are prepared, and ctypes takes them as they are: to convert them takes four times as long.
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32)(address)
        self._truths = [ctypes.c_uint8.from_param(truth) for truth in (0, 1)]
        self._number, self._place = ctypes.c_int64.from_param, ctypes.c_void_p.from_param
        self._arrays: dict[int, tuple[ref[Any], tuple[Any, ...]]] = {}
        self._results = kept.results
        self._room = ctypes.c_int64 * (max(kept.results, 1) + 1)
        self._byref = ctypes.byref

    def __call__(self, *arguments: Any) -> Any:
        room = self._room()
        # Its last word is where an exception would be pointed to.
        flat: list[Any] = [self._byref(room), self._byref(room, 8 * (len(room) - 1))]
        for each in arguments:
            if type(each) is int:
                flat.append(self._number(each))
            elif type(each) is bool:
                flat.append(self._truths[each])
            else:
                known = self._arrays.get(id(each))
                flat += known[1] if known is not None and known[0]() is each else self._array(each)
        if self._call(*flat):
            raise SystemError("machine code raised an exception, which no compilable function does")
        if self._results == _NOTHING:
            return None
        return tuple(room[: self._results]) if self._results else room[0]

    def _array(self, array: Any) -> tuple[Any, ...]:
        """What is passed for an array; the same arrays come again and again."""
        if len(self._arrays) >= _ARRAYS:
            self._arrays.clear()
        nobody, size = self._place(None), self._number(array.size)
        place, step = self._place(array.ctypes.data), self._number(array.strides[0])
        passed = (nobody, nobody, size, self._number(array.itemsize), place, size, step)
        self._arrays[id(array)] = ref(array), passed
        return passed
