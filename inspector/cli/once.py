"""An option that counts once: where it is given again it is refused, while click would take the last in silence."""

from __future__ import annotations

from typing import Any

import click

from inspector.language import shown

__all__ = ["Once"]


class Once(click.Option):
    """`click.option(..., cls=Once)`: its value, or None."""

    def __init__(self, *names: Any, **attributes: Any) -> None:
        super().__init__(*names, **{**attributes, "multiple": True})

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """The one value that was given."""
        given = super().process_value(ctx, value) or ()
        if len(given) > 1:
            words = shown("expected {option} once, found it {number} times", option=self.opts[-1], number=len(given))
            raise click.UsageError(words, ctx)
        return given[0] if given else None
