"""What the tests of the situations share: a demo run as a user runs it, and what it left on the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.pipeline import inspect
from tests.cli.command import inspector, skip_without_capture

if TYPE_CHECKING:
    from inspector.report.inspection import Inspection
    from inspector.tcp.model import Connection


@dataclass(frozen=True)
class Played:
    """One run of a demo."""

    report: str
    wire: Inspection

    @property
    def connection(self) -> Connection:
        """The only one."""
        (connection,) = self.wire.connections
        return connection

    @property
    def said(self) -> list[str]:
        """What the programs said that no frame carried."""
        return [line for line in self.report.splitlines() if re.match(r"(client|server)( \d)?: ", line)]


@cache
def played(folder: Path, name: str, *words: str) -> Played:
    """One run; on a machine so busy that its kernel sent something again, which no demo asks for, one more or two."""
    for _attempt in range(3):
        path = folder / f"{name}{len(list(folder.iterdir()))}.pcapng"
        done = inspector("demo", name, "--port", "auto", "-w", path, *words, cwd=folder, COLUMNS="200")
        skip_without_capture(done)
        if done.code == 0 or "tolerated retransmissions" not in done.out:
            break

    assert done.code == 0, done.out + done.err
    return Played(done.out, inspect(path))
