"""What tshark says of the segments of a capture, asked once for all rooms: each time it takes longer than we do."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from inspector.referee.wireshark import bulk_opinions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from inspector.referee.opinion import Opinion

__all__ = ["captures_with_tcp", "said_by_tshark", "said_of_each"]


@cache
def said_by_tshark(path: Path) -> tuple[Opinion, ...]:
    """All its opinions on a capture."""
    return tuple(bulk_opinions(path))


def said_of_each(paths: Sequence[Path]) -> Iterator[tuple[Path, tuple[Opinion, ...]]]:
    """The same of several. Two tsharks at a time: most of their time is their start."""
    with ThreadPoolExecutor(2) as pool:
        yield from zip(paths, pool.map(said_by_tshark, paths), strict=True)


def captures_with_tcp(corpus: Path) -> list[str]:
    """The names of all captures of the corpus in which tshark saw a segment, but for the re-encodings of others."""
    with (corpus / "manifest.tsv").open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [line["path"] for line in table if line["tcp_packets"] not in {"", "0"}]
