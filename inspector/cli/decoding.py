"""`--decoder`, `-Y` and `--checksums`: who reads the frames, which of them are inspected, and how closely."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import wraps
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import click

from inspector.language import marked, shown
from inspector.referee.decoders import DECODERS, NATIVE, TSHARK, as_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeVar

    from inspector.wire.series import FileOfSeries

    F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["Decoding", "decoding_options"]


class Decoding(NamedTuple):
    """How frames were asked to be read."""

    verify: bool
    decoder: str
    display_filter: str | None

    @property
    def is_plain(self) -> bool:
        """Whether no other program is asked."""
        return self.decoder == NATIVE and self.display_filter is None

    @property
    def has_bytes(self) -> bool:
        """Whether frames come with their bytes."""
        return self.decoder == NATIVE

    @contextmanager
    def of(self, source: str | BinaryIO, name: str) -> Iterator[tuple[str | Path | BinaryIO, dict[str, Any]]]:
        """What to read, and the options of `pipeline.inspect` that say how; tshark, which takes files, gets one."""
        how: dict[str, Any] = {"verify": self.verify, "decoder": self.decoder}
        if self.decoder != TSHARK and self.display_filter is None:
            yield source, how
            return
        with as_file(source) as path:
            if self.display_filter is not None:
                from inspector.referee.display_filter import frames_matching

                how["matching"] = frames_matching(path, name, self.display_filter)
            yield path, how

    @contextmanager
    def of_series(self, files: list[FileOfSeries], name: str) -> Iterator[tuple[list[FileOfSeries], dict[str, Any]]]:
        """As `of`, for captures that are one stream; tshark gets that stream, its frames numbered through, as one file.

        Raises click.UsageError where another decoder is asked for: it reads a single capture.
        """
        if self.decoder != NATIVE:
            words = marked(
                "--decoder {decoder} reads each capture for itself, and these are one stream; expected --no-merge"
                " beside it, or one capture (mergecap -w one.pcapng FILE...)"
            )
            raise click.UsageError(shown(words, decoder=self.decoder))
        how: dict[str, Any] = {"verify": self.verify}
        if self.display_filter is None:
            yield files, how
            return
        from inspector.opening import open_source
        from inspector.referee.display_filter import frames_matching
        from inspector.wire.copying import copy_all

        with ExitStack() as stack:
            for file in files:
                if file.refused is None:
                    file.source = stack.enter_context(as_file(file.source))
            merged = stack.enter_context(NamedTemporaryFile(prefix="inspector-", suffix=".pcapng"))
            with open_source([replace(file) for file in files], name, NATIVE, None, verify=False) as reader:
                copy_all(reader, merged.name)
            how["matching"] = frames_matching(merged.name, name, self.display_filter)
            yield files, how


def decoding_options(command: F) -> F:
    """The options of a command that takes `decoding`."""

    @wraps(command)
    def with_decoding(*arguments: Any, verify: bool, decoder: str, display_filter: str | None, **others: Any) -> Any:
        if display_filter is not None and not display_filter.strip():
            raise click.UsageError(shown("-Y: expected a display filter, found nothing"))
        if decoder != NATIVE and verify:
            words = marked("--checksums is our own decoder's; expected it without --decoder {decoder}")
            raise click.UsageError(shown(words, decoder=decoder))
        return command(*arguments, decoding=Decoding(verify, decoder, display_filter), **others)

    for option in (
        click.option(
            "--decoder",
            type=click.Choice(DECODERS),
            default=NATIVE,
            show_default=True,
            help="Who decodes: scapy and tshark know links and tunnels that we do not, and are slow.",
        ),
        click.option(
            "-Y", "display_filter", metavar="FILTER", help="Inspect only frames that match Wireshark's display filter."
        ),
        click.option(
            "--checksums",
            "verify",
            is_flag=True,
            help="Verify TCP and UDP checksums: real damage, told from offloading.",
        ),
    ):
        with_decoding = option(with_decoding)
    return with_decoding  # type: ignore[return-value]  # it has the options in place of `asked`
