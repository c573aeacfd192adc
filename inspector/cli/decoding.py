"""`--decoder` and `-Y`: who reads the frames, and which of them are inspected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import click

from inspector.pipeline import inspect
from inspector.referee.decoders import DECODERS, NATIVE, TSHARK, as_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from inspector.report.inspection import Inspection

    F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["decoding_options", "inspect_as_asked"]


def decoding_options(command: F) -> F:
    """The options that say who decodes, and what."""
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
    ):
        command = option(command)
    return command


def inspect_as_asked(
    source: str | BinaryIO, *, name: str, decoder: str, display_filter: str | None, **options: Any
) -> Inspection:
    """`pipeline.inspect`, by the decoder and of the frames that were asked for."""
    if decoder != NATIVE and options.get("verify"):
        raise click.UsageError(f"--checksums is our own decoder's; expected it without --decoder {decoder}")
    if decoder != TSHARK and display_filter is None:
        return inspect(source, name=name, decoder=decoder, **options)
    with as_file(source) as path:
        selection = None
        if display_filter is not None:
            from inspector.referee.display_filter import frames_matching

            selection = frames_matching(path, name, display_filter)
        return inspect(path, name=name, decoder=decoder, selection=selection, **options)
