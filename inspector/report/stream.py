"""What a report adds where several files were read as one stream: which files, and where in them something lies.

Frames are numbered through, and so are they everywhere in a report. The text tells for every connection and example in
which files they lie, and between which of their own frames; the JSON tells file and own number for every finding.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from inspector.language import shown, shown_n
from inspector.report.escape import portable, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inspector.report.inspection import Inspection
    from inspector.report.page import Page

__all__ = ["add_origins", "files_to_json", "note_files", "place_in_file", "where"]

_MOST_FILES = 4
"""Of one conversation."""


def place_in_file(inspection: Inspection, frame: int | None) -> tuple[str, int] | None:
    """The file of a frame and its number there; None without a frame, or where there is a single file."""
    if inspection.origins is None or not frame:
        return None
    origin = inspection.origins.of(frame)
    return inspection.capture.files[origin.file].name, origin.number


def where(inspection: Inspection, frames: Iterable[int]) -> str:
    """`a.pcap frame 3; b.pcap frames 1 to 7`: nothing where there is a single file."""
    spans: dict[str, tuple[int, int]] = {}
    for frame in frames:
        place = place_in_file(inspection, frame)
        if place is not None:
            first, last = spans.get(place[0], (place[1], place[1]))
            spans[place[0]] = min(first, place[1]), max(last, place[1])
    told = [_in_file(_short(inspection, name), *span) for name, span in spans.items()]
    words, more = shown("; ").join(told[:_MOST_FILES]), len(told) - _MOST_FILES
    if more <= 0:
        return words
    return shown_n("{list}; and in {n:,} more file", "{list}; and in {n:,} more files", more, list=words)


def _in_file(name: str, first: int, last: int) -> str:
    if first == last:
        return shown("{file} frame {frame:,}", file=name, frame=first)
    return shown("{file} frames {first:,} to {last:,}", file=name, first=first, last=last)


def _short(inspection: Inspection, name: str) -> str:
    """The name without its folder, unless another file has the same."""
    short = PurePath(name).name
    is_one = sum(PurePath(file.name).name == short for file in inspection.capture.files) == 1
    return safe_text(short if is_one else name)


def note_files(page: Page, inspection: Inspection) -> None:
    """How many files make the stream, and which of them were not read."""
    files = inspection.capture.files
    if not files:
        return
    words = shown_n("read as one stream: {n:,} file", "read as one stream: {n:,} files", len(files))
    page.fact(shown("files"), words)
    for file in files:
        if file.unread:
            name, reason = safe_text(file.name), safe_text(shown(file.unread))
            page.fact("", shown("not read: {file}: {reason}", file=name, reason=reason), "bold yellow")


def files_to_json(inspection: Inspection) -> list[dict[str, Any]]:
    """The files of a stream, in the order in which they were named."""
    return [
        {
            "name": portable(file.name),
            "frames": file.frames,
            "dropped": file.dropped,
            "cut": portable(file.cut) or None,
            "unread": portable(file.unread) or None,
        }
        for file in inspection.capture.files
    ]


def add_origins(report: dict[str, Any], inspection: Inspection) -> None:
    """Tell of every finding of `report` in which file it lies, and which frame of that file it is."""
    for finding in _findings(report):
        place = place_in_file(inspection, finding["frame"])
        if place is not None:
            finding["origin"] = {"file": portable(place[0]), "frame": place[1]}


def _findings(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for conversation in (*report["connections"], *report["exchanges"]):
        yield from conversation["findings"]
        for unit in conversation.get("segments") or conversation.get("datagrams") or ():
            yield from unit["findings"]
