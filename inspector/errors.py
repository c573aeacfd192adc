"""The family tree of our own failures.

    InspectorError
    ├── CaptureError        frames cannot be obtained: which privilege or tool lacks, and what grants it
    ├── CaptureFileError    a capture cannot be read: path, offset, reason
    ├── ExpectationError    an expected sequence does not parse: path, line, the offending text
    ├── DemoError           a demo cannot run: a busy port, an unknown name
    ├── FilterError         a display filter is none to Wireshark
    ├── LinkError           a script of a link does not parse: the rule, the word
    ├── NoSuchConnection    a number was asked for that no connection of the capture has
    ├── NoSuchFrame         the same of a frame, or one that cannot be explained
    ├── OutputError         a file of results cannot be written: path, reason
    ├── QueryError          an expression that selects, or the name of a field, does not parse: the column, the text
    └── NothingToInspect    there was input, and nothing in it that this tool inspects

Whose fault decides the form. These are the operator's and ours, so they are exceptions. What is
wrong on the wire is a value (`wire.Undecoded`), what a peer or a capture did wrong is a
`tcp.Finding`, what an expectation missed is an `expect.Difference`.

Every message says what was expected, what was found, where, and how to mend it; it fits one line.
`remedies` are commands or steps ready to paste, most likely first. Only `cli/` turns any of
this into an exit code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.language import Said, marked, said

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "CaptureError",
    "CaptureFileError",
    "DemoError",
    "ExpectationError",
    "FilterError",
    "InspectorError",
    "LinkError",
    "NoSuchConnection",
    "NoSuchFrame",
    "NothingToInspect",
    "OutputError",
    "QueryError",
    "raised_words",
    "system_words",
]

_SYSTEM_SAYS = (
    marked("Address already in use"),
    marked("Bad file descriptor"),
    marked("Cannot assign requested address"),
    marked("Connection refused"),
    marked("File exists"),
    marked("File name too long"),
    marked("File too large"),
    marked("Input/output error"),
    marked("Invalid argument"),
    marked("Is a directory"),
    marked("Network is unreachable"),
    marked("No space left on device"),
    marked("No such device"),
    marked("No such file or directory"),
    marked("Not a directory"),
    marked("Operation not permitted"),
    marked("Permission denied"),
    marked("Read-only file system"),
    marked("Resource temporarily unavailable"),
    marked("Too many levels of symbolic links"),
    marked("Too many open files"),
    marked("timed out"),
)
"""What the system says most often; it says it in English to Python, whatever the locale."""


def system_words(error: OSError) -> str:
    """Why the system could not do it, in its words."""
    return Said(error.strerror or str(error) or type(error).__name__, {})


def raised_words(error: OSError) -> str:
    """An error as Python prints it: `[Errno 98] Address already in use`."""
    if str(error) != f"[Errno {error.errno}] {error.strerror}":
        return Said(str(error), {})
    return said("[Errno {number}] {reason}", number=error.errno, reason=system_words(error))


class InspectorError(Exception):
    """Parent of all our failures; raise a child, never this class."""

    def __init__(self, message: str, *, remedies: Sequence[str] = ()) -> None:
        if type(self) is InspectorError:
            raise TypeError("raise a child of InspectorError, not InspectorError itself")
        super().__init__(message)
        self.message = message
        self.remedies = tuple(remedies)


class CaptureError(InspectorError):
    """Frames cannot be captured here: a privilege, a device or a tool is missing."""


class CaptureFileError(InspectorError):
    """A capture file cannot be read or written.

    `path` is the file's name as the user gave it (`-` for standard input), `offset` the byte
    where reading stopped, or None where no byte is to blame. `foreign` says that it may well be a
    capture, in a format that other tools read; `links` that it is one, of link types that we do not.
    """

    def __init__(  # noqa: PLR0913 - an error's fields are its whole point
        self,
        path: str,
        reason: str,
        *,
        offset: int | None = None,
        foreign: bool = False,
        links: bool = False,
        remedies: Sequence[str] = (),
    ) -> None:
        if offset is None:
            message = said("{path}: {reason}", path=path, reason=reason)
        else:
            message = said("{path}, byte {offset}: {reason}", path=path, offset=offset, reason=reason)
        super().__init__(message, remedies=remedies)
        self.path = path
        self.offset = offset
        self.reason = reason
        self.foreign = foreign
        self.links = links


class ExpectationError(InspectorError):
    """An expected sequence is malformed or unknown.

    `line` counts from 1 and `column` from 1 (both 0 where no line is to blame); `text` is the
    offending piece.
    """

    def __init__(  # noqa: PLR0913 - an error's fields are its whole point
        self,
        path: str,
        reason: str,
        *,
        line: int = 0,
        column: int = 0,
        text: str = "",
        remedies: Sequence[str] = (),
    ) -> None:
        if column and line:
            message = said(
                "{path}, line {line}, column {column}: {reason}", path=path, line=line, column=column, reason=reason
            )
        elif line:
            message = said("{path}, line {line}: {reason}", path=path, line=line, reason=reason)
        else:
            message = said("{path}: {reason}", path=path, reason=reason)
        super().__init__(message, remedies=remedies)
        self.path = path
        self.line = line
        self.column = column
        self.text = text
        self.reason = reason


class DemoError(InspectorError):
    """A demo cannot run: unknown name, busy port, a peer that did not come in time."""


class FilterError(InspectorError):
    """A display filter is malformed, or names what Wireshark does not know."""


class LinkError(InspectorError):
    """The script of a link is malformed."""


class NoSuchConnection(InspectorError):  # noqa: N818 - named after what is wrong with the number
    """A number was asked for that no connection of the capture has."""


class NoSuchFrame(InspectorError):  # noqa: N818 - as above
    """A frame was asked for that the capture has not."""


class OutputError(InspectorError):
    """A file of results cannot be written."""

    def __init__(self, path: str, reason: str, *, remedies: Sequence[str] = ()) -> None:
        super().__init__(said("{path}: cannot be written: {reason}", path=path, reason=reason), remedies=remedies)
        self.path = path
        self.reason = reason


class QueryError(InspectorError):
    """An expression that selects connections is malformed, or names what there is not.

    `column` is where, from 1; 0 where the whole is to blame. `reason` is the message without the place.
    """

    def __init__(self, reason: str, *, option: str = "", column: int = 0, around: str = "") -> None:
        message = said("{reason}; here: {around}", reason=reason, around=around) if around else reason
        if column and option:
            message = said("{option}, column {column}: {message}", option=option, column=column, message=message)
        elif option:
            message = said("{option}: {message}", option=option, message=message)
        super().__init__(message)
        self.column = column
        self.reason = reason


class NothingToInspect(InspectorError):  # noqa: N818 - named after what happened; it is no fault
    """The input was read, and holds nothing that this tool inspects."""
