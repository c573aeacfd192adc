"""Both files of one command, whatever the number of captures: opened at once, whole at the end or not there at all.

The findings' file is put into its place first, so whoever waits for the one that was named finds both.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from inspector.errors import OutputError
from inspector.export import table
from inspector.export.atomic import AtomicFile, cannot_write
from inspector.export.formats import FORMATS
from inspector.language import joined, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from inspector.export.table import Column
    from inspector.tcp.model import Connection

__all__ = ["Results", "findings_path", "is_known"]

_OBJECTS_AT_ONCE = 8192


def is_known(path: Path) -> bool:
    """Whether the suffix names a format."""
    return path.suffix.lower() in FORMATS


def findings_path(path: Path) -> Path:
    """The neighbour that has the findings: `x.csv`, `x.findings.csv`."""
    return path.with_name(f"{path.stem}.findings{path.suffix}")


class _Table:
    """One of the two."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self.rows = 0
        self._file = AtomicFile(path)
        try:
            self._writer = FORMATS[path.suffix.lower()](self._file.stream, columns)
        except OSError as error:
            self._file.discard()
            raise cannot_write(path, error) from error

    def write(self, block: Sequence[list[Any]]) -> None:
        if not block[0]:
            return
        self.rows += len(block[0])
        try:
            self._writer.write(block)
        except OSError as error:
            raise cannot_write(self._file.path, error) from error

    def finish(self) -> None:
        try:
            self._writer.finish()
        except OSError as error:
            raise cannot_write(self._file.path, error) from error

    def commit(self) -> None:
        self._file.commit()

    def discard(self) -> None:
        self._writer.abandon()
        self._file.discard()


class Results:
    """Takes connections in either speed (`query.selection.Taker`).

    A context manager: if it is left without an error the files are there, else nothing is.
    """

    def __init__(self, path: Path) -> None:
        if not is_known(path):
            raise OutputError(str(path), said("expected a name that ends in {known}", known=joined(FORMATS)))
        self._file = ""
        self._connections = _Table(path, table.CONNECTION_COLUMNS)
        try:
            self._findings = _Table(findings_path(path), table.FINDING_COLUMNS)
        except OutputError:
            self._connections.discard()
            raise

    @property
    def rows(self) -> tuple[int, int]:
        """Connections and findings so far."""
        return self._connections.rows, self._findings.rows

    def begin(self, name: str) -> None:
        """What comes from now on is of this capture."""
        self._file = table.file_cell(name)

    def take_connections(self, connections: Iterable[Connection]) -> None:
        """Connections that are kept as objects, with their findings."""
        waiting = iter(connections)
        while some := list(islice(waiting, _OBJECTS_AT_ONCE)):
            self._connections.write(table.connections_of_objects(self._file, some))
            self._findings.write(table.findings_of_objects(self._file, some))

    def take_accounts(self, accounts: Any) -> None:
        """Connections that are columns."""
        self._connections.write(table.connections_of_accounts(self._file, accounts))

    def take_found(self, rows: Any) -> None:
        """Findings that are columns."""
        self._findings.write(table.findings_of_columns(self._file, rows))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        both = (self._findings, self._connections)
        try:
            if kind is None:
                for each in both:
                    each.finish()
                for each in both:
                    each.commit()
        finally:
            for each in both:
                each.discard()
