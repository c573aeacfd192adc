"""Files of results: read back they are what was said of each connection, and they are there whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import CaptureError, OutputError
from inspector.export import formats
from inspector.export.atomic import AtomicFile
from inspector.export.formats import FORMATS, need_parquet
from inspector.export.results import Results, findings_path
from inspector.export.table import (
    CONNECTION_COLUMNS,
    FINDING_COLUMNS,
    Holds,
    connections_of_objects,
    file_cell,
    findings_of_objects,
)
from inspector.pipeline import inspect
from inspector.query.moments import moment_of, moment_text
from inspector.query.parser import parse
from inspector.query.selection import Selection
from tests.query.asking import HOUR_NS

if TYPE_CHECKING:
    from inspector.export.table import Column
    from inspector.report.inspection import Inspection
    from tests.conftest import Golden

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
SOME = [
    CAPTURES / name / f"{name}.pcapng" for name in ("tcp-multi", "wrong-syn-ack", "midstream", "udp-request", "refused")
]
SUFFIXES = sorted(FORMATS)


def written(path: Path, captures: list[Path], **how: Any) -> list[Inspection]:
    inspections = []
    with Results(path) as taker:
        for capture in captures:
            taker.begin(capture.name)
            inspections.append(
                inspect(capture, selection=Selection(how.get("where"), sink=taker), **how.get("options", {}))
            )
    return inspections


def rows_in(path: Path, columns: tuple[Column, ...]) -> list[list[Any]]:
    """What is in a file, with the values that were written."""
    if path.suffix == ".parquet":
        from pyarrow import parquet

        table = parquet.read_table(path)
        assert table.column_names == [column.name for column in columns]
        return [
            list(row)
            for row in zip(*(_arrow(table.column(at), column) for at, column in enumerate(columns)), strict=True)
        ]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        assert header == [column.name for column in columns]
        return [[_cell(value, column) for value, column in zip(row, columns, strict=True)] for row in rows]
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert all(list(line) == [column.name for column in columns] for line in lines)
    return [[_value(line[column.name], column) for column in columns] for line in lines]


def _arrow(values: Any, column: Column) -> list[Any]:
    if column.holds is Holds.MOMENT:
        return [None if each.value is None else int(each.value) for each in values]
    return [tuple(each) if column.holds is Holds.TEXTS else each for each in values.to_pylist()]


def _cell(text: str, column: Column) -> Any:
    if column.holds is Holds.TEXTS:
        return tuple(text.split())
    if not text:
        return None
    return int(text) if column.holds is Holds.INTEGER else _value(text, column)


def _value(value: Any, column: Column) -> Any:
    if column.holds is Holds.MOMENT and value is not None:
        return moment_of(value)
    return tuple(value) if column.holds is Holds.TEXTS else value


def transposed(*blocks: list[list[Any]]) -> list[list[Any]]:
    return [list(row) for block in blocks for row in zip(*block, strict=True)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_read_back_is_what_was_said(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    told = written(path, SOME)

    said = transposed(*(connections_of_objects(c.name, each.connections) for c, each in zip(SOME, told, strict=True)))
    found = transposed(*(findings_of_objects(c.name, each.connections) for c, each in zip(SOME, told, strict=True)))
    assert rows_in(path, CONNECTION_COLUMNS) == said
    assert rows_in(findings_path(path), FINDING_COLUMNS) == found
    assert (len(said), len(found)) == (6, 2)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([path.name, findings_path(path).name])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_both_speeds_write_the_same(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from inspector.tcp.lifetimes import Limits

    monkeypatch.setattr(formats, "ROWS_AT_ONCE", 3)
    small, large = tmp_path / f"small{suffix}", tmp_path / f"large{suffix}"
    day = 24 * HOUR_NS
    written(small, SOME)
    written(large, SOME, options={"keep": 1, "limits": Limits(day, day, day)})

    columns = [column for column in CONNECTION_COLUMNS if column.name not in ("tcp.stream", "ended")]
    kept = [CONNECTION_COLUMNS.index(column) for column in columns]
    one, other = (
        sorted([row[at] for at in kept] for row in rows_in(path, CONNECTION_COLUMNS)) for path in (small, large)
    )
    assert one == other
    assert len(one) == 6
    assert sorted(rows_in(findings_path(small), FINDING_COLUMNS), key=str) == sorted(
        rows_in(findings_path(large), FINDING_COLUMNS), key=str
    )


def test_only_those_chosen_are_written(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"

    written(path, SOME, where=parse("findings > 0"))

    assert [row[0] for row in rows_in(path, CONNECTION_COLUMNS)] == ["wrong-syn-ack.pcapng", "midstream.pcapng"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_chosen_is_a_file_without_rows(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"

    written(path, SOME, where=parse("number == 99"))

    assert rows_in(path, CONNECTION_COLUMNS) == rows_in(findings_path(path), FINDING_COLUMNS) == []


def test_the_columns_are_stable(golden: Golden) -> None:
    tables = (("connections", CONNECTION_COLUMNS), ("findings", FINDING_COLUMNS))
    text = "".join(f"{name}\n" + "".join(f"  {one.name}: {one.holds.value}\n" for one in each) for name, each in tables)

    golden(Path(__file__).parent / "golden" / "columns.txt", text)


def test_parquet_has_moments_in_nanoseconds_and_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyarrow import parquet

    monkeypatch.setattr(formats, "ROWS_AT_ONCE", 2)
    path = tmp_path / "x.parquet"
    written(path, SOME)

    file = parquet.ParquetFile(path)
    assert str(file.schema_arrow.field("first").type) == "timestamp[ns, tz=UTC]"
    assert str(file.schema_arrow.field("finding").type).startswith("list<")
    assert file.num_row_groups > 1


def test_a_moment_in_a_file_may_be_asked_for_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    (told,) = written(path, SOME[:1])
    first = json.loads(path.read_text("utf-8").splitlines()[1])["first"]

    assert first == moment_text(told.connections[1].first_ns)
    chosen = inspect(SOME[0], selection=Selection(parse(f'first == "{first}"'))).connections
    assert [each.number for each in chosen] == [2]


@given(st.text(max_size=12))
def test_no_cell_is_a_formula_whatever_the_capture_is_called(name: str) -> None:
    cell = file_cell(name)

    assert cell == "-" or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.removeprefix("./") == name.removeprefix("./") or "\\u" in cell or "\\x" in cell


def test_no_cell_of_a_capture_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    written(path, sorted(CAPTURES.glob("*/*.pcapng")))

    for each in (path, findings_path(path)):
        with each.open(encoding="utf-8", newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


def interrupted(path: Path) -> None:
    with Results(path) as taker:
        taker.begin("x")
        taker.take_connections(inspect(SOME[0]).connections)
        raise KeyboardInterrupt


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_after_an_error_there_is_nothing_and_what_was_there_is_left(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        interrupted(path)

    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_text("utf-8") == "before"


def test_what_is_there_is_replaced_and_has_the_rights_of_any_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("before", encoding="utf-8")
    (tmp_path / "any").touch()

    written(path, SOME[:1])

    assert path.read_text("utf-8").startswith("file,number,")
    assert path.stat().st_mode == (tmp_path / "any").stat().st_mode


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_one_line_and_leaves_nothing(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"x{suffix}"

    class Full:
        """A stream without room, but for the first few bytes."""

        closed = False

        def write(self, data: bytes) -> int:
            if len(data) > 4:
                raise OSError(28, "No space left on device")
            return len(data)

        def flush(self) -> None: ...

        def tell(self) -> int:
            return 0

        def close(self) -> None: ...

    real = AtomicFile.__init__

    def full(self: Any, where: Path) -> None:
        real(self, where)
        self.stream.close()
        self.stream = Full()

    monkeypatch.setattr(AtomicFile, "__init__", full)
    with pytest.raises(OutputError, match="No space left on device"):
        written(path, SOME)

    assert list(tmp_path.iterdir()) == []


def test_where_nothing_may_be_written_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for path, reason in (
        (tmp_path / "none" / "x.csv", "No such file or directory"),
        (tmp_path / "folder.csv", "expected a plain file, or none"),
    ):
        with pytest.raises(OutputError, match=reason):
            Results(path)
    (tmp_path / "y.findings.csv").mkdir()
    with pytest.raises(OutputError, match="expected a plain file"):
        Results(tmp_path / "y.csv")

    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder.csv", "y.findings.csv"]


def test_a_device_is_not_replaced() -> None:
    if not os.path.exists("/dev/null"):  # noqa: PTH110 - a device, not a path of ours
        pytest.skip("needs /dev/null")
    with pytest.raises(OutputError, match="expected a plain file"):
        AtomicFile(Path("/dev/null"))


def test_without_pyarrow_parquet_is_refused_with_the_line_that_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    with pytest.raises(CaptureError) as caught:
        need_parquet()

    assert caught.value.remedies[0] == "pip install 'handshake-inspector[parquet]'"
