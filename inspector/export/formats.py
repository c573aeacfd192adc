"""The formats, by the suffix of a file: each writes blocks of columns (`table`) to a stream.

* CSV as RFC 4180 has it, but for line ends of one byte: UTF-8, a header, nothing for None, words of a set between
  spaces, moments as ISO 8601 text in UTC.
* JSON Lines: an object a line, its keys the columns; null, arrays and the same moments.
* Parquet: row groups of ROWS_AT_ONCE, compressed by zstd; moments are timestamps in nanoseconds, sets are lists.
"""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from inspector.errors import CaptureError
from inspector.export.table import Holds
from inspector.language import said
from inspector.query.moments import moment_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inspector.export.table import Column

__all__ = ["FORMATS", "ROWS_AT_ONCE", "Writer", "need_parquet"]

ROWS_AT_ONCE = 65_536


class Writer(Protocol):
    """Writes the rows of one table."""

    def write(self, block: Sequence[list[Any]]) -> None:
        """Some rows, as columns."""

    def finish(self) -> None:
        """There are no more."""

    def abandon(self) -> None:
        """There will be no file: say nothing more, whatever becomes of the stream."""


class _Lines:
    """What the formats of text have in common: moments, and a buffer that is emptied with each block."""

    def __init__(self, stream: BinaryIO, columns: Sequence[Column]) -> None:
        self._stream = stream
        self._columns = columns
        self._text = io.StringIO(newline="")

    def _flush(self) -> None:
        self._stream.write(self._text.getvalue().encode("utf-8"))
        self._text.seek(0)
        self._text.truncate()

    def _rows(self, block: Sequence[list[Any]], joined: Callable[[tuple[str, ...]], Any]) -> Any:
        return zip(
            *(_told(column, values, joined) for column, values in zip(self._columns, block, strict=True)), strict=True
        )

    def finish(self) -> None:
        """All has been written."""
        self._flush()

    def abandon(self) -> None:
        """Nothing waits."""


class _Csv(_Lines):
    def __init__(self, stream: BinaryIO, columns: Sequence[Column]) -> None:
        super().__init__(stream, columns)
        self._writer = csv.writer(self._text, lineterminator="\n")
        self._writer.writerow(column.name for column in columns)

    def write(self, block: Sequence[list[Any]]) -> None:
        """A line for each row."""
        self._writer.writerows(self._rows(block, " ".join))
        self._flush()


class _JsonLines(_Lines):
    def write(self, block: Sequence[list[Any]]) -> None:
        """An object for each row."""
        names = [column.name for column in self._columns]
        encode = json.JSONEncoder(ensure_ascii=False).encode
        for row in self._rows(block, list):
            self._text.write(encode(dict(zip(names, row, strict=True))) + "\n")
        self._flush()


def _told(column: Column, values: list[Any], joined: Callable[[tuple[str, ...]], Any]) -> list[Any]:
    """The values as text formats have them."""
    if column.holds is Holds.MOMENT:
        return [None if each is None else moment_text(each) for each in values]
    return [joined(each) for each in values] if column.holds is Holds.TEXTS else values


class _Parquet:
    def __init__(self, stream: BinaryIO, columns: Sequence[Column]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        kinds = {
            Holds.INTEGER: pa.int64(),
            Holds.MOMENT: pa.timestamp("ns", tz="UTC"),
            Holds.TEXT: pa.string(),
            Holds.TEXTS: pa.list_(pa.string()),
        }
        self._schema = pa.schema([pa.field(each.name, kinds[each.holds]) for each in columns])
        self._writer = parquet.ParquetWriter(stream, self._schema, compression="zstd")
        self._waiting: list[Any] = []
        self._rows = 0

    def write(self, block: Sequence[list[Any]]) -> None:
        """Keep the rows until there are enough for a group."""
        import pyarrow as pa

        arrays = [pa.array(values, field.type) for values, field in zip(block, self._schema, strict=True)]
        self._waiting.append(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows += len(block[0])
        if self._rows >= ROWS_AT_ONCE:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=self._rows or None)
        self._waiting, self._rows = [], 0

    def finish(self) -> None:
        """Write what waits, and the index of the file."""
        self._write()
        self._writer.close()

    def abandon(self) -> None:
        """Keep the library from finishing the file by itself when it is collected, which would be told as a fault."""
        with suppress(OSError):
            self._writer.close()
        self._writer.is_open = False


def need_parquet() -> None:
    """Raises CaptureError where the library is not there; imports it where it is."""
    try:
        import pyarrow.parquet  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise CaptureError(
            said("Parquet files are written by pyarrow, which is not installed"),
            remedies=("pip install 'handshake-inspector[parquet]'", said("name a file that ends in .csv or .jsonl")),
        ) from error


FORMATS: dict[str, Callable[[BinaryIO, Sequence[Column]], Writer]] = {
    ".csv": _Csv,
    ".jsonl": _JsonLines,
    ".ndjson": _JsonLines,
    ".parquet": _Parquet,
}
"""By the suffix of the file, in small letters."""
