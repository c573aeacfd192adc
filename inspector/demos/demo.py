"""What a demo is: a value that names two programs, and what they are meant to show.

1. A demo is data. Nothing here opens a socket, starts a thread or knows what a segment is.
2. Its two programs are ordinary functions over the plain socket API; what they are handed
   (`demos.end.End`) is the one thing that the tutorials do not have.
3. An option is declared once: its default says its type, and its bounds are checked before anything runs.
4. `expected` is the *name* of an expected sequence, `link` the *text* of a script; what they mean is the business of
   `expect/` and of `link/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from inspector.errors import DemoError
from inspector.language import joined, said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from inspector.demos.end import End

    Program: TypeAlias = Callable[[End], None]
    Setting: TypeAlias = str | int

__all__ = ["Demo", "Option", "Said", "Transport", "Verb"]

Transport = Literal["tcp", "udp"]
Verb = Literal["sent", "received", "note"]


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a program of a demo said, in the order in which it was said.

    A program says `sent` just before it sends, so that `sent` always precedes the peer's
    `received`. The n-th `sent` of a role is the n-th write of that role on the wire: `size` bytes,
    in one segment or several. `text` may hold whatever a peer sent: whoever shows it escapes it.
    """

    role: str
    """`server` or `client`, with a number where there are several (`client 2`)."""
    verb: Verb
    text: str
    size: int = 0
    """Bytes on the wire, without headers; 0 for a note."""


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of one demo: `Option("age", 20, "the student's age", least=0, most=150)` is `--age N`.

    `choices` closes a text; `least` and `most` bound a number, and `most` the length of a text.
    """

    name: str
    default: Setting
    help: str
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 200

    def read(self, given: Setting) -> Setting:
        """The setting that `given` stands for, of the default's type; DemoError if it is out of bounds."""
        return self._number(given) if isinstance(self.default, int) else self._text(str(given))

    def _number(self, given: Setting) -> int:
        try:
            number = int(given)
        except ValueError:
            number = self.least - 1
        if not self.least <= number <= self.most:
            raise DemoError(
                said(
                    "--{name}: expected a number from {least} to {most}, found {given!r}",
                    name=self.name,
                    least=self.least,
                    most=self.most,
                    given=given,
                )
            )
        return number

    def _text(self, given: str) -> str:
        if self.choices and given not in self.choices:
            raise DemoError(
                said(
                    "--{name}: expected one of {known}, found {given!r}",
                    name=self.name,
                    known=joined(self.choices),
                    given=given,
                )
            )
        if len(given) > self.most:
            raise DemoError(
                said(
                    "--{name}: expected at most {most} characters, found {found}",
                    name=self.name,
                    most=self.most,
                    found=len(given),
                )
            )
        return given


@dataclass(frozen=True, slots=True)
class Demo:
    """Two small programs that talk, where they talk, and what to look at when they have."""

    name: str
    summary: str
    """One line, for the list of demos."""
    transport: Transport
    port: int
    """Where the server waits, unless told otherwise."""
    expected: str
    """Name of its expected sequence."""
    lesson: tuple[str, ...]
    """The lines that close its report: what to see on the wire, or what there is not."""
    server: Program
    client: Program
    options: tuple[Option, ...] = ()
    ports: tuple[int, ...] = ()
    """Further ports that the demo binds, beside `port`."""
    clients: int = 1
    """Clients in one run, that is, connections of a TCP demo; `--clients` changes it where it is an option."""
    interactive: bool = False
    """Whether there are lines that a person could type."""
    link: str | None = None
    """Where the two ends stand: None for loopback, else on two hosts of a private network, with a wire between them
    that obeys this script (`inspector.link.script`; the empty one passes everything)."""
    one_host: bool = False
    """Whether both ends must stand on one host; its loopback is then the wire, wherever there is one."""
    kernel: tuple[tuple[str, str], ...] = ()
    """Kernel settings of the two hosts of the private network, below /proc/sys: `("net/ipv4/tcp_fastopen", "3")`."""
    crafted: bool = False
    """Whether one of the programs crafts frames (`End.wire`), where no program can make the kernel do it."""
    seconds: float = 1.0
    """About how long a run takes."""

    @property
    def patience(self) -> float:
        """Seconds after which a run of both ends is given up."""
        return max(10.0, 3 * self.seconds)

    def settings(self, given: Mapping[str, Setting]) -> dict[str, Setting]:
        """Every option with its value; DemoError for a name that is no option, or a value out of bounds.

        Names may be written as on the command line or as Python does (`reply-encoding`, `reply_encoding`).
        """
        asked = {name.replace("_", "-"): value for name, value in given.items()}
        unknown = sorted(asked.keys() - {option.name for option in self.options})
        if unknown:
            known = joined(f"--{option.name}" for option in self.options) or said("none")
            raise DemoError(
                said(
                    "{name} has no option --{option}; its options: {known}",
                    name=self.name,
                    option=unknown[0],
                    known=known,
                )
            )
        return {option.name: option.read(asked.get(option.name, option.default)) for option in self.options}
