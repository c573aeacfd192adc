"""One declaration, two forms: a class that people read, and columns that compiled code reads.

A *record* is a `dataclass(slots=True)` whose fields are all integers, annotated with the width
of their column (`U8` ... `I64`). From that one declaration come

* the plain form: a list of instances. Reading needs no numpy, so a small capture answers at once;
* the column form: a numpy structured array, which numba reads field by field with the same syntax
  (`row.seq`), so one function serves both (see `inspector.compiled`).

The rules that keep both forms equal:

1. No column is 64 bits unsigned: numba turns uint64 with int64 into a float. Addresses are two
   signed halves.
2. What is written into a field fits its width; the plain form does not check, the tests do.
3. Numbers are integers only; what has no value has a named sentinel.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

__all__ = [
    "I32",
    "I64",
    "U8",
    "U16",
    "U32",
    "columns",
    "copied",
    "dtype_of",
    "enlarged",
    "fill_gaps",
    "instances",
    "instances_of",
    "reserved",
    "to_columns",
    "to_instance",
    "values_of",
]

U8 = Annotated[int, "u1"]
U16 = Annotated[int, "u2"]
U32 = Annotated[int, "u4"]
I32 = Annotated[int, "i4"]
I64 = Annotated[int, "i8"]

_MOVED_AT_ONCE = 4096

_DTYPES: dict[type[Any], np.dtype[np.void]] = {}
"""A class's dtype never changes, and every array of it asks for it."""


def dtype_of(record: type[Any]) -> np.dtype[np.void]:
    """The numpy dtype of a record class, its fields in the order of their declaration."""
    if record not in _DTYPES:
        import numpy as np

        hints = get_type_hints(record, include_extras=True)
        _DTYPES[record] = np.dtype(
            [(each.name, hints[each.name].__metadata__[0]) for each in fields(record)], align=True
        )
    return _DTYPES[record]


def values_of(record: type[Any]) -> attrgetter[tuple[int, ...]]:
    """Reads all fields of an instance at once, as the tuple that one column row takes."""
    return attrgetter(*(each.name for each in fields(record)))


def instances(record: type[Any], count: int) -> list[Any]:
    """`count` fresh instances in their default state: the plain form of an empty batch."""
    return [record() for _ in range(count)]


def columns(record: type[Any], count: int) -> np.ndarray[Any, Any]:
    """`count` fresh records in their default state: the column form of an empty batch."""
    import numpy as np

    return enlarged(record, np.empty(0, dtype_of(record)), count)


def reserved(record: type[Any], array: np.ndarray[Any, Any], used: int, count: int) -> np.ndarray[Any, Any]:
    """A new array of `count` records that begins with the first `used` of `array`; the others hold anything.

    Memory that nobody has touched costs nothing, so a table may be far larger than what is in it.
    """
    import numpy as np

    dtype = dtype_of(record)
    grown = np.empty(count, dtype)
    octets = grown.view(np.uint8).reshape(count, dtype.itemsize)
    octets[:used] = array[:used].view(np.uint8).reshape(used, dtype.itemsize)
    return grown


def enlarged(record: type[Any], array: np.ndarray[Any, Any], count: int) -> np.ndarray[Any, Any]:
    """A copy of `array` with room for `count` records, the further ones in their default state."""
    import numpy as np

    dtype = dtype_of(record)
    grown = np.empty(count, dtype)
    # Copied as bytes: numpy fills structured arrays field by field, ten times slower (measured).
    octets = grown.view(np.uint8).reshape(count, dtype.itemsize)
    octets[: len(array)] = array.view(np.uint8).reshape(len(array), dtype.itemsize)
    octets[len(array) :] = np.array([values_of(record)(record())], dtype).view(np.uint8)
    return grown


def copied(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A copy of records that lie side by side; as bytes, for numpy copies structured arrays field by field."""
    import numpy as np

    return array.view(np.uint8).copy().view(array.dtype)


def fill_gaps(record: type[Any], array: np.ndarray[Any, Any], each: int, gaps: Any, movers: Any) -> None:
    """Move groups of `each` records, in place: those numbered `movers` into `gaps`, one by one."""
    import numpy as np

    dtype = dtype_of(record)
    octets = array.view(np.uint8).reshape(-1, each * dtype.itemsize)
    for first in range(0, len(gaps), _MOVED_AT_ONCE):
        block = slice(first, first + _MOVED_AT_ONCE)
        octets[gaps[block]] = octets[movers[block]]


def to_columns(record: type[Any], plain: Sequence[Any], capacity: int) -> np.ndarray[Any, Any]:
    """The column form of `plain`, with room for `capacity` records."""
    array = columns(record, capacity)
    read = values_of(record)
    array[: len(plain)] = [read(instance) for instance in plain]
    return array


def to_instance(record: type[Any], array: np.ndarray[Any, Any], index: int) -> Any:
    """The plain form of one record of `array`."""
    return record(*array[index].item())


def instances_of(record: type[Any], array: np.ndarray[Any, Any]) -> list[Any]:
    """The plain form of all records of `array`."""
    return [record(*values) for values in array.tolist()]
